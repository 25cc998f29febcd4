"""Findings at the REST door: read only, because they are opened and closed by measurement."""

import django_filters
from django.db.models import QuerySet
from rest_framework import serializers

from apps.core.api import ReadSet, Row
from apps.findings import selectors
from apps.findings.models import Finding, Severity
from apps.identity.who import user_of


class FindingRow(Row):
    """A finding."""

    uuid = serializers.UUIDField()
    kind = serializers.CharField()
    scope = serializers.CharField()
    severity = serializers.ChoiceField(choices=Severity.choices)
    subject = serializers.CharField()
    title = serializers.CharField()
    text = serializers.CharField()
    remedy = serializers.CharField()
    evidence = serializers.JSONField()
    domain = serializers.CharField(source="domain.key", allow_null=True)
    state = serializers.ChoiceField(choices=Finding.State.choices)
    version = serializers.IntegerField()
    opened_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    times_opened = serializers.IntegerField()


class FindingFilters(django_filters.FilterSet):
    """By state, severity, kind, scope and subject."""

    state = django_filters.ChoiceFilter(choices=Finding.State.choices)
    severity = django_filters.ChoiceFilter(choices=Severity.choices)
    kind = django_filters.CharFilter(max_length=60)
    scope = django_filters.CharFilter(max_length=200)
    subject = django_filters.CharFilter(max_length=300)

    class Meta:
        model = Finding
        fields: list[str] = []


class FindingSet(ReadSet):
    """What somebody must look at, in the domains the caller looks after."""

    required = {"list": "findings.view", "retrieve": "findings.view"}
    serializer_class = FindingRow
    filterset_class = FindingFilters
    queryset = Finding.objects.none()

    def get_queryset(self) -> QuerySet[Finding]:
        """Only what this user may see."""
        return selectors.visible_to(user_of(self.request))
