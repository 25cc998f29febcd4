"""Describes our own habits in the API's schema: problems, versions, and what keys are needed."""

from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from apps.core.problems import MEDIA_TYPE


class FieldProblem(serializers.Serializer[Any]):
    """One input at fault."""

    field = serializers.CharField()
    detail = serializers.CharField()


class ProblemShape(serializers.Serializer[Any]):
    """What went wrong (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField()
    request_id = serializers.CharField()
    errors = FieldProblem(many=True)  # type: ignore[assignment]


class Schema(AutoSchema):
    """drf-spectacular's description with a problem on every operation and our headers."""

    def get_override_parameters(self) -> list[Any]:
        """The headers that the view asks for."""
        action = getattr(self.view, "action", "")
        parameters = list(super().get_override_parameters())
        if action in getattr(self.view, "if_match", ()):
            parameters.append(
                OpenApiParameter(
                    "If-Match",
                    str,
                    OpenApiParameter.HEADER,
                    required=True,
                    description="ETag of the version that you decide on.",
                )
            )
        if action in getattr(self.view, "idempotent", ()):
            parameters.append(
                OpenApiParameter(
                    "Idempotency-Key",
                    {"type": "string", "minLength": 1, "maxLength": 200},
                    OpenApiParameter.HEADER,
                    description="Sent again with the same key, a request gives the same answer.",
                )
            )
        return parameters

    def get_filter_backends(self) -> list[Any]:
        """What narrows the list; other actions of a viewset that answer many take nothing of it."""
        return super().get_filter_backends() if self._is_the_list() else []

    def _get_paginator(self) -> Any:
        found = super()._get_paginator()  # type: ignore[no-untyped-call]
        return found if self._is_the_list() else None

    def _is_the_list(self) -> bool:
        return getattr(self.view, "action", "") == "list"

    def _get_response_bodies(
        self, direction: Literal["request", "response"] = "response"
    ) -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        if direction == "response":
            shape = self.resolve_serializer(ProblemShape(), direction).ref
            bodies["default"] = {
                "description": "What went wrong.",
                "content": {MEDIA_TYPE: {"schema": shape}},
            }
        return bodies
