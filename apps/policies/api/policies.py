"""Policies at the REST door: read them and what they make, propose, revise, retire."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import WriteSet
from apps.core.errors import Conflict
from apps.identity.selectors import domain_named
from apps.identity.who import user_of
from apps.jobs.idempotency import IdempotentCreate
from apps.policies import services
from apps.policies.api.shapes import (
    MadeRow,
    NewPolicyInput,
    PolicyRow,
    ProposalInput,
    RetirementInput,
    VersionRow,
)
from apps.policies.models import Policy, PolicyVersion
from apps.policies.selectors.pages import made_by
from apps.policies.selectors.policies import proposal_of, visible_policies


class PolicySet(IdempotentCreate, WriteSet):
    """Policies that the user may read."""

    required = {
        "list": "policies.view",
        "retrieve": "policies.view",
        "versions": "policies.view",
        "rules": "policies.view",
        "create": "policies.propose",
        "revise": "policies.propose",
        "retire": "policies.propose",
        "withdraw_proposal": "policies.propose",
    }
    idempotent = frozenset({"create", "revise", "retire"})
    if_match = frozenset({"revise", "retire"})
    serializer_class = PolicyRow
    filterset_fields = ("kind", "state", "tier")
    queryset = Policy.objects.none()

    def get_queryset(self) -> QuerySet[Policy]:
        """Only what this user may see."""
        return visible_policies(user_of(self.request))

    @extend_schema(request=NewPolicyInput, responses={201: VersionRow})
    def create(self, request: Request) -> Response:
        """Propose a new policy; it stands once somebody else has approved it."""
        given = self.read(NewPolicyInput)
        key, reason = given.pop("key"), given.pop("reason")
        version = services.propose_policy(
            key=key,
            proposal=_proposal(given),
            reason=reason,
            at=timezone.now(),
            actor=user_of(request),
        )
        return _proposed(version)

    @extend_schema(request=ProposalInput, responses={201: VersionRow})
    @action(detail=True, methods=["post"])
    def revise(self, request: Request, uuid: Any) -> Response:
        """Propose another version; until it is approved, the policy says what it says."""
        policy, seen = self.get_object(), self.version_seen()
        given = self.read(ProposalInput)
        reason = given.pop("reason")
        version = services.revise_policy(
            policy=policy,
            proposal=_proposal(given),
            reason=reason,
            version=seen,
            at=timezone.now(),
            actor=user_of(request),
        )
        return _proposed(version)

    @extend_schema(request=RetirementInput, responses={201: VersionRow})
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, uuid: Any) -> Response:
        """Propose that it no longer stand."""
        policy, seen = self.get_object(), self.version_seen()
        version = services.propose_retirement(
            policy=policy,
            reason=self.read(RetirementInput)["reason"],
            version=seen,
            at=timezone.now(),
            actor=user_of(request),
        )
        return _proposed(version)

    @extend_schema(request=None, responses=VersionRow)
    @action(detail=True, methods=["post"], url_path="withdraw-proposal")
    def withdraw_proposal(self, request: Request, uuid: Any) -> Response:
        """Take back one's own proposal that waits for a decision."""
        version = proposal_of(self.get_object())
        if version is None:
            raise Conflict("No proposal of this policy waits for a decision.")
        done = services.withdraw_proposal(
            version=version, at=timezone.now(), actor=user_of(request)
        )
        return Response(VersionRow(done).data)

    @extend_schema(responses=VersionRow(many=True))
    @action(detail=True, methods=["get"])
    def versions(self, request: Request, uuid: Any) -> Response:
        """Every version of it, the newest first."""
        found = self.get_object().versions.select_related("policy", "domain", "proposed_by")
        return Response(VersionRow(found, many=True).data)

    @extend_schema(responses=MadeRow(many=True))
    @action(detail=True, methods=["get"])
    def rules(self, request: Request, uuid: Any) -> Response:
        """The rules that it makes now, by system: of the version in force, or else the proposed."""
        policy = self.get_object()
        shown = policy if policy.state == Policy.State.ACTIVE else proposal_of(policy)
        return Response(MadeRow(made_by(shown) if shown else (), many=True).data)


def _proposal(given: dict[str, Any]) -> services.Proposal:
    return services.Proposal(**given | {"domain": domain_named(given["domain"])})


def _proposed(version: PolicyVersion) -> Response:
    return Response(VersionRow(version).data, status=201)
