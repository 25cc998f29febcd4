"""The way of a request to a decision, by the request policies in force."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.approvals.specs import ReviewerSpec, StageSpec
from apps.catalog.models import Dataset, Tag
from apps.core.errors import Refused
from apps.core.refs import Ref
from apps.identity.models import Domain, Team, User
from apps.identity.permissions import Role
from apps.policies.definition import Requesting, ReviewerKind, Reviewing, StageOf
from apps.policies.expressions import RANKS
from apps.policies.models import Kind
from apps.policies.parsing import parse
from apps.policies.routing import NoRoute, RequestPolicy, route
from apps.policies.selectors.estates import facts_of, person_of
from apps.policies.selectors.policies import in_force
from apps.semantics.filters import Filter
from apps.semantics.masks import Mask


@dataclass(frozen=True, slots=True)
class Route:
    """Who decides, how long it may last, and the masks and rows that are obligatory.

    `policy` is the ref of the request policy of the strictest tag; `reasons` say in sentences why
    each policy binds. `decide_within` is how long the decision may take.
    """

    stages: tuple[StageSpec, ...]
    longest: timedelta
    masks: Mapping[str, Mask]
    filter: Filter
    policy: Ref
    reasons: tuple[str, ...]
    decide_within: timedelta

    def decide_by(self, at: datetime) -> datetime:
        """Until when a request made at that instant must be decided; no answer is a no."""
        return at + self.decide_within


def route_for(
    *, requester: User, dataset: Dataset, columns: Iterable[str], purpose: str, at: datetime
) -> Route:
    """The route for these columns, for whoever is to receive them; a service account may be asked
    for by whoever answers for it.

    Raises Refused with the reason when no request policy lets them ask.
    """
    askers = [requester, requester.owner] if requester.owner is not None else [requester]
    try:
        found = route(
            request_policies(at),
            askers=[person_of(asker) for asker in askers],
            facts=facts_of(dataset),
            columns=frozenset(columns),
            purpose=purpose,
            ranks=dict(Tag.objects.values_list("key", "rank")) | RANKS,
        )
    except NoRoute as reason:
        raise Refused(str(reason)) from reason
    return Route(
        stages=tuple(_stage(stage, dataset, askers) for stage in found.stages),
        longest=found.longest,
        masks=found.masks,
        filter=found.filter,
        policy=found.policy.ref,
        reasons=found.reasons,
        decide_within=found.decide_within,
    )


def request_policies(at: datetime) -> list[RequestPolicy]:
    """The request policies in force at that instant."""
    found = []
    for policy in in_force(at).filter(kind=Kind.REQUEST):
        definition = parse(policy.kind, policy.definition)
        assert isinstance(definition, Requesting)
        domain = policy.domain.key if policy.domain else ""
        found.append(RequestPolicy(policy.origin, policy.name, definition, domain))
    return found


def _stage(stage: StageOf, dataset: Dataset, askers: list[User]) -> StageSpec:
    reviewers: list[ReviewerSpec] = []
    for reviewing in stage.reviewers:
        reviewers += [
            spec for spec in _reviewers(reviewing, dataset, askers) if spec not in reviewers
        ]
    if not reviewers:
        raise Refused(
            f"The stage {stage.name} names nobody who could decide about {dataset.qualified}."
        )
    return StageSpec(name=stage.name, needed=stage.needed, reviewers=tuple(reviewers))


def _reviewers(reviewing: Reviewing, dataset: Dataset, askers: list[User]) -> list[ReviewerSpec]:
    """Who decides; where the dataset's own owner or steward cannot, those of its domain do."""
    if reviewing.kind is ReviewerKind.OWNER:
        return [_of_dataset(dataset.owner, Role.OWNER, dataset, askers)]
    if reviewing.kind is ReviewerKind.STEWARD:
        return [_of_dataset(dataset.steward, Role.STEWARD, dataset, askers)]
    if reviewing.kind is ReviewerKind.USER:
        people = User.objects.filter(email=reviewing.key, is_active=True)
        return [ReviewerSpec(user=person) for person in people if person not in askers]
    if reviewing.kind is ReviewerKind.TEAM:
        return [ReviewerSpec(team=team) for team in Team.objects.filter(key=reviewing.key)]
    domain = dataset.domain
    if reviewing.domain:
        domain = Domain.objects.filter(key=reviewing.domain).first()
    return [ReviewerSpec(role=Role(reviewing.key), domain=domain)]


def _of_dataset(
    person: User | None, role: Role, dataset: Dataset, askers: list[User]
) -> ReviewerSpec:
    if person is None or not person.is_active or person in askers:
        return ReviewerSpec(role=role, domain=dataset.domain)
    return ReviewerSpec(user=person)
