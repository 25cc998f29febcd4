"""Tags and the decisions about them, at the REST door."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.catalog import selectors, services
from apps.catalog.api.shapes import TaggingInput, TaggingRow, TagRow, VerdictInput
from apps.catalog.models import Field, Tag, Tagging, TagState
from apps.core.api import ReadSet, WriteSet
from apps.core.errors import Forbidden, Invalid
from apps.identity.who import user_of
from apps.jobs.idempotency import IdempotentCreate


class TagSet(ReadSet):
    """Every tag there is."""

    required = {"list": "catalog.view", "retrieve": "catalog.view"}
    serializer_class = TagRow
    filterset_fields = ("personal",)
    ordering = ("key",)
    queryset = Tag.objects.all()


class TaggingFilters(django_filters.FilterSet):
    """By state, tag and dataset."""

    state = django_filters.ChoiceFilter(choices=TagState.choices)
    tag = django_filters.CharFilter(field_name="tag__key", max_length=63)
    dataset = django_filters.UUIDFilter(method="on_dataset")

    class Meta:
        model = Tagging
        fields: list[str] = []

    def on_dataset(self, taggings: QuerySet[Tagging], name: str, value: Any) -> QuerySet[Tagging]:
        """On the dataset or one of its columns."""
        return taggings.filter(Q(dataset__uuid=value) | Q(field__dataset__uuid=value))


class TaggingSet(IdempotentCreate, WriteSet):
    """Tags on datasets and columns that the user may know of."""

    required = {
        "list": "catalog.view",
        "retrieve": "catalog.view",
        "create": "catalog.classify",
        "confirm": "catalog.classify",
        "reject": "catalog.classify",
    }
    if_match = frozenset({"confirm", "reject"})
    serializer_class = TaggingRow
    filterset_class = TaggingFilters
    queryset = Tagging.objects.none()

    def get_queryset(self) -> QuerySet[Tagging]:
        """Only on what this user may know of."""
        seen = selectors.visible_datasets(user_of(self.request)).values("pk")
        return Tagging.objects.filter(
            Q(dataset__in=seen) | Q(field__dataset__in=seen)
        ).select_related("tag", "field__dataset__system", "dataset__system")

    @extend_schema(request=TaggingInput, responses={201: TaggingRow})
    def create(self, request: Request) -> Response:
        """Set a tag on a column by hand."""
        given, user = self.read(TaggingInput), user_of(request)
        seen = selectors.visible_datasets(user).values("pk")
        field = (
            Field.objects.filter(uuid=given["field"], dataset__in=seen)
            .select_related("dataset__system")
            .first()
        )
        if field is None:
            raise Invalid("There is no such column.", fields={"field": "unknown"})
        if not user.has_perm("catalog.classify", field.dataset):
            raise Forbidden("You classify the datasets of your own domains.")
        tag = Tag.objects.filter(key=given["tag"]).first()
        if tag is None:
            raise Invalid(f"There is no tag {given['tag']}.", fields={"tag": "unknown"})
        made = services.tag_field(
            field=field, tag=tag, note=given["note"], at=timezone.now(), actor=user
        )
        return self.respond(made, status=201)

    @extend_schema(request=VerdictInput, responses=TaggingRow)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, uuid: Any) -> Response:
        """Say that it is so, for good."""
        return self._decide(request, confirm=True)

    @extend_schema(request=VerdictInput, responses=TaggingRow)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, uuid: Any) -> Response:
        """Say that it is not so, for good."""
        return self._decide(request, confirm=False)

    def _decide(self, request: Request, *, confirm: bool) -> Response:
        tagging, version, user = self.get_object(), self.version_seen(), user_of(request)
        on = tagging.dataset or tagging.field.dataset
        if not user.has_perm("catalog.classify", on):
            raise Forbidden("You classify the datasets of your own domains.")
        services.decide_tagging(
            tagging=tagging,
            confirm=confirm,
            version=version,
            note=self.read(VerdictInput)["note"],
            at=timezone.now(),
            actor=user,
        )
        return self.respond(self.get_object())
