"""Jobs at the REST door: what waits, runs, is done or is quarantined."""

from typing import Any, cast

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.actors import Actor
from apps.core.api import ReadSet, Row
from apps.jobs import services
from apps.jobs.models import Job, State


class JobRow(Row):
    """A job."""

    uuid = serializers.UUIDField()
    name = serializers.CharField()
    key = serializers.CharField()
    state = serializers.ChoiceField(choices=State.choices)
    attempts = serializers.IntegerField()
    max_attempts = serializers.IntegerField()
    run_at = serializers.DateTimeField()
    done = serializers.IntegerField()
    total = serializers.IntegerField()
    message = serializers.CharField()
    error = serializers.CharField()
    enqueued_by = serializers.CharField()
    request_id = serializers.CharField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class JobFilters(django_filters.FilterSet):
    """By state, name and key."""

    state = django_filters.ChoiceFilter(choices=State.choices)
    name = django_filters.CharFilter(max_length=100)
    key = django_filters.CharFilter(max_length=300)

    class Meta:
        model = Job
        fields: list[str] = []


class JobSet(ReadSet):
    """Work, the newest first."""

    required = {"list": "jobs.view", "retrieve": "jobs.view", "retry": "jobs.operate"}
    serializer_class = JobRow
    filterset_class = JobFilters
    queryset = Job.objects.all()

    @extend_schema(request=None, responses=JobRow)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, uuid: Any) -> Response:
        """Put a quarantined job back into the queue, with all its attempts."""
        job = services.retry_job(job=self.get_object(), actor=cast(Actor, request.user))
        return self.respond(job)
