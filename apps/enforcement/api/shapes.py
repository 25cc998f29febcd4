"""How enforcement looks on the wire."""

from rest_framework import serializers

from apps.core.api import Row
from apps.enforcement.models import Drift, Sync, TakeOver


class EnforcementRow(Row):
    """How far a system has come; `held_plan` is the pass that waits for a person."""

    uuid = serializers.UUIDField()
    system = serializers.CharField(source="system.key")
    system_uuid = serializers.UUIDField(source="system.uuid")
    generation = serializers.IntegerField()
    observed = serializers.IntegerField()
    observed_at = serializers.DateTimeField(allow_null=True)
    held = serializers.BooleanField()
    held_at = serializers.DateTimeField(allow_null=True)
    held_plan = serializers.JSONField(allow_null=True)
    held_digest = serializers.CharField()
    last_error = serializers.CharField()
    error_at = serializers.DateTimeField(allow_null=True)
    rights = serializers.JSONField()
    tested_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()


class SyncRow(Row):
    """A pass of the reconciler; `plan` holds each document before and after."""

    uuid = serializers.UUIDField()
    system = serializers.CharField(source="system.key")
    generation = serializers.IntegerField()
    outcome = serializers.ChoiceField(choices=Sync.Outcome.choices)
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    passes = serializers.IntegerField()
    changes = serializers.IntegerField()
    writes = serializers.IntegerField()
    reason = serializers.CharField()
    actor = serializers.CharField()


class SyncDetail(SyncRow):
    """A pass with its plan."""

    plan = serializers.JSONField()


class DriftRow(Row):
    """A document of ours that somebody else changed."""

    uuid = serializers.UUIDField()
    system = serializers.CharField(source="system.key")
    name = serializers.CharField()
    dataset = serializers.CharField()
    kind = serializers.ChoiceField(choices=Drift.Kind.choices)
    expected = serializers.JSONField(allow_null=True)
    found = serializers.JSONField(allow_null=True)
    found_at = serializers.DateTimeField()
    righted_at = serializers.DateTimeField(allow_null=True)


class CallRow(Row):
    """One of the last calls to a system; no values, no secrets."""

    system = serializers.CharField(source="system.key")
    number = serializers.IntegerField()
    verb = serializers.CharField()
    about = serializers.CharField()
    at = serializers.DateTimeField()
    ms = serializers.FloatField()
    ok = serializers.BooleanField()
    error = serializers.CharField()
    times = serializers.IntegerField()


class ProofRow(Row):
    """What a live system answered, asked as somebody."""

    uuid = serializers.UUIDField()
    owner = serializers.CharField()
    system = serializers.CharField(source="system.key")
    dataset = serializers.UUIDField(source="dataset.uuid", allow_null=True)
    dataset_name = serializers.CharField()
    principal = serializers.CharField()
    generation = serializers.IntegerField()
    agrees = serializers.BooleanField()
    allowed = serializers.BooleanField()
    checks = serializers.JSONField()
    server = serializers.CharField()
    first_asked_at = serializers.DateTimeField()
    asked_at = serializers.DateTimeField()
    times = serializers.IntegerField()
    evidence = serializers.UUIDField(source="evidence.uuid")
    evidence_sha256 = serializers.CharField(source="evidence.sha256")


class TakeOverRow(Row):
    """A plan that changes what others made about a dataset."""

    uuid = serializers.UUIDField()
    key = serializers.CharField()
    system = serializers.CharField(source="system.key")
    dataset = serializers.UUIDField(source="dataset.uuid")
    dataset_name = serializers.CharField(source="dataset.qualified")
    state = serializers.ChoiceField(choices=TakeOver.State.choices)
    plan = serializers.JSONField()
    approval = serializers.UUIDField(allow_null=True)
    reason = serializers.CharField()
    proposed_at = serializers.DateTimeField()
    applied_at = serializers.DateTimeField(allow_null=True)
    undone_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()
