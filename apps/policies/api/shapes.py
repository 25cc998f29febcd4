"""What goes in and comes out of the REST door of policies."""

from typing import Any

from rest_framework import serializers

from apps.core.api import Input, Row
from apps.policies.models import Kind, Policy, PolicyTier, PolicyVersion
from apps.policies.selectors.pages import Made, says
from apps.semantics.codec import encode_rule
from apps.semantics.explain import describe_rule


class ProposalInput(Input):
    """What a policy is to say from now on, and why."""

    name = serializers.CharField(max_length=150)
    kind = serializers.ChoiceField(choices=Kind.choices)
    tier = serializers.ChoiceField(choices=PolicyTier.choices, default=PolicyTier.STANDARD)
    description = serializers.CharField(
        max_length=4000, required=False, allow_blank=True, default=""
    )
    domain = serializers.SlugField(max_length=63, required=False, allow_null=True, default=None)
    definition = serializers.JSONField()
    valid_from = serializers.DateTimeField(required=False, allow_null=True, default=None)
    until = serializers.DateTimeField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(max_length=4000)


class NewPolicyInput(ProposalInput):
    """A policy that does not exist yet."""

    key = serializers.SlugField(max_length=63)


class RetirementInput(Input):
    """Why a policy should no longer stand."""

    reason = serializers.CharField(max_length=4000)


class RuleRow(serializers.Serializer[Any]):
    """A rule that a policy makes, exactly and as a sentence."""

    sentence = serializers.CharField()
    rule = serializers.JSONField()


class MadeRow(serializers.Serializer[Any]):
    """The rules that a policy makes in one system."""

    system = serializers.CharField(source="system.key")
    enforceable = serializers.BooleanField()
    rules = serializers.SerializerMethodField()

    def get_rules(self, made: Made) -> list[dict[str, Any]]:
        """All of them."""
        return [{"sentence": describe_rule(r), "rule": encode_rule(r)} for r in made.rules]


class _Terms(Row):
    name = serializers.CharField()
    description = serializers.CharField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    tier = serializers.ChoiceField(choices=PolicyTier.choices)
    domain = serializers.CharField(source="domain.key", allow_null=True)
    definition = serializers.JSONField()
    says = serializers.SerializerMethodField()
    valid_from = serializers.DateTimeField(allow_null=True)
    until = serializers.DateTimeField(allow_null=True)

    def get_says(self, terms: Policy | PolicyVersion) -> list[str]:
        """What it says, in sentences."""
        return list(says(terms))


class PolicyRow(_Terms):
    """A policy; `number` is the version in force, 0 before the first."""

    uuid = serializers.UUIDField()
    key = serializers.CharField()
    state = serializers.ChoiceField(choices=Policy.State.choices)
    number = serializers.IntegerField()
    version = serializers.IntegerField()
    owner = serializers.CharField(source="owner.email")
    created_at = serializers.DateTimeField()


class VersionRow(_Terms):
    """A version of a policy; `approval` is where it is decided."""

    uuid = serializers.UUIDField()
    policy = serializers.CharField(source="policy.key")
    number = serializers.IntegerField()
    change = serializers.ChoiceField(choices=PolicyVersion.Change.choices)
    state = serializers.ChoiceField(choices=PolicyVersion.State.choices)
    reason = serializers.CharField()
    proposed_by = serializers.CharField(source="proposed_by.email")
    proposed_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    approval = serializers.UUIDField(allow_null=True)
