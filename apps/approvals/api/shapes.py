"""What the addresses of approvals take and show."""

from typing import Any

from rest_framework import serializers

from apps.approvals.models import Approval, Stage, Verdict
from apps.core.api import Input, Row


class WhoRow(Row):
    """Enough of a person to name them."""

    uuid = serializers.UUIDField()
    name = serializers.CharField()
    email = serializers.CharField()


class ApprovalRow(Row):
    """An approval in a list."""

    uuid = serializers.UUIDField()
    kind = serializers.CharField()
    subject = serializers.CharField()
    title = serializers.CharField()
    requested_by = WhoRow()
    beneficiary = WhoRow(allow_null=True)
    domain = serializers.CharField(source="domain.key", allow_null=True)
    state = serializers.ChoiceField(choices=Approval.State.choices)
    version = serializers.IntegerField()
    deadline = serializers.DateTimeField()
    created_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)


class VerdictRow(Row):
    """What somebody answered."""

    by = WhoRow()
    on_behalf_of = WhoRow(allow_null=True)
    answer = serializers.ChoiceField(choices=Verdict.Answer.choices)
    note = serializers.CharField()
    terms = serializers.JSONField()
    at = serializers.DateTimeField()


class StageRow(Row):
    """A step of the way."""

    position = serializers.IntegerField()
    name = serializers.CharField()
    needed = serializers.IntegerField()
    state = serializers.ChoiceField(choices=Stage.State.choices)
    escalated_at = serializers.DateTimeField(allow_null=True)
    reviewers = serializers.SerializerMethodField()
    verdicts = serializers.SerializerMethodField()

    def get_reviewers(self, stage: Stage) -> list[str]:
        """Who may answer, in words."""
        return [str(reviewer) for reviewer in stage.reviewers.all()]

    def get_verdicts(self, stage: Stage) -> list[dict[str, Any]]:
        """What was answered."""
        row = VerdictRow()
        return [row.to_representation(verdict) for verdict in stage.verdicts.all()]


class ApprovalDetail(ApprovalRow):
    """An approval with its way, and whether the caller's answer is asked for."""

    stages = serializers.SerializerMethodField()
    may_decide = serializers.SerializerMethodField()

    def get_stages(self, approval: Approval) -> list[dict[str, Any]]:
        """The steps in order."""
        row = StageRow()
        return [row.to_representation(stage) for stage in approval.stages.all()]

    def get_may_decide(self, approval: Approval) -> bool:
        """Whether the caller's answer would be taken now."""
        return bool(self.context["may_decide"])


class DecisionInput(Input):
    """One answer; `terms` narrow what was asked for and depend on the kind."""

    answer = serializers.ChoiceField(choices=Verdict.Answer.choices)
    note = serializers.CharField(max_length=4000, default="", allow_blank=True)
    terms = serializers.DictField(default=dict)


class DelegationRow(Row):
    """A seat lent for a while."""

    uuid = serializers.UUIDField()
    giver = WhoRow()
    taker = WhoRow()
    valid_from = serializers.DateTimeField()
    until = serializers.DateTimeField()
    domain = serializers.CharField(source="domain.key", allow_null=True)
    kind = serializers.CharField(allow_blank=True)
    reason = serializers.CharField()
    ended_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class DelegationInput(Input):
    """Who answers in the caller's place, from when (now) until when, about what (all), and why."""

    taker = serializers.UUIDField()
    valid_from = serializers.DateTimeField(allow_null=True, default=None)
    until = serializers.DateTimeField()
    domain = serializers.SlugField(max_length=63, allow_null=True, default=None)
    kind = serializers.CharField(max_length=50, allow_blank=True, default="")
    reason = serializers.CharField(max_length=300)
