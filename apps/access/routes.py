"""Works out, for what is asked, the terms, the reviewers and whether it can be given at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.access.compile import rule_of
from apps.access.models import Grant, Purpose
from apps.access.terms import Terms
from apps.approvals.services import StageSpec
from apps.catalog import selectors as catalog
from apps.catalog.models import Account, Dataset
from apps.core.errors import Refused
from apps.enforcement import selectors as enforcement
from apps.identity.models import User
from apps.policies import selectors as policies
from apps.policies.selectors import Route
from apps.semantics import codec
from apps.semantics.decide import decide
from apps.semantics.filters import EVERYTHING, Filter
from apps.semantics.rules import Decision, Rule
from apps.semantics.simplify import bind, both


@dataclass(frozen=True, slots=True)
class Asked:
    """One dataset asked for; `columns` None means all that there are."""

    dataset: Dataset
    columns: frozenset[str] | None = None
    filter: Filter = EVERYTHING


@dataclass(frozen=True, slots=True)
class Routed:
    """One item with the account that would receive it, its terms and its way to a decision."""

    asked: Asked
    account: Account
    terms: Terms
    route: Route


def route_items(
    *,
    beneficiary: User,
    items: Sequence[Asked],
    purpose: Purpose,
    until: datetime,
    at: datetime,
    renews: Grant | None = None,
) -> list[Routed]:
    """The route and terms of each item.

    Raises Refused with the reason when no request policy lets this person ask, when the time is
    too long, when there is no account, when it would change nothing, or when the system cannot
    express it.
    """
    routed = [route_item(beneficiary, item, purpose, until, at) for item in items]
    for one in routed:
        draft = draft_grant(one.account, one.asked.dataset, one.terms, purpose, at)
        must_be_tellable(draft, at, renews=renews)
        must_have_effect(draft, at, renews=renews)
        enforcement.preview_plan(
            system=one.asked.dataset.system,
            extra=(rule_of(draft),),
            without=(renews.ref,) if renews else (),
            at=at,
        )
    return routed


def route_item(
    beneficiary: User, item: Asked, purpose: Purpose, until: datetime, at: datetime
) -> Routed:
    """The route, account and terms of one item. Raises Refused."""
    account = account_for(beneficiary, item)
    columns = item.columns or frozenset(c.name for c in catalog.shape_of(item.dataset).columns)
    route = policies.route_for(
        requester=beneficiary, dataset=item.dataset, columns=columns, purpose=purpose.key, at=at
    )
    if until - at > route.longest:
        raise Refused(
            f"{item.dataset.qualified} may be had for {route.longest.days} days at the longest; "
            "ask for a nearer end and renew.",
            fields={"until": f"at most {route.longest.days} days"},
        )
    masks = {column: mask for column, mask in route.masks.items() if column in columns}
    rows = bind(both((item.filter, route.filter)), beneficiary.attributes)
    terms = Terms(columns=columns, filter=rows, masks=masks, until=until)
    return Routed(asked=item, account=account, terms=terms, route=route)


def account_for(beneficiary: User, item: Asked) -> Account:
    """The role of this person in the dataset's system, mapped by hand and never guessed."""
    account = catalog.account_of(beneficiary, item.dataset.system)
    if account is None:
        raise Refused(
            f"{beneficiary.name} has no account in {item.dataset.system.name}. Ask an operator to "
            "map the database role that belongs to them, then ask again."
        )
    return account


def draft_grant(
    account: Account, dataset: Dataset, terms: Terms, purpose: Purpose, at: datetime
) -> Grant:
    """The grant as it would be, never saved: what previews and guards compute with."""
    return Grant(
        id=0,
        system=account.system,
        dataset=dataset,
        beneficiary=account.user,
        account=account,
        columns=sorted(terms.columns),
        filter=codec.encode_filter(terms.filter),
        masks=codec.encode_masks(terms.masks),
        purpose=purpose,
        starts_at=at,
        until=terms.until,
        decided_at=at,
    )


def must_be_tellable(draft: Grant, at: datetime, *, renews: Grant | None) -> None:
    """Refuse other terms for another purpose: the database cannot tell why somebody reads."""
    others = (
        Grant.objects.live(at)
        .filter(account=draft.account, dataset=draft.dataset)
        .exclude(purpose=draft.purpose)
        .select_related("purpose")
    )
    for other in others:
        if other == renews or _same_terms(other, draft):
            continue
        raise Refused(
            f"{other.key} gives {draft.beneficiary.name} {draft.dataset.qualified} for "
            f"{other.purpose.name} on other terms, and {draft.system.name} cannot tell purposes "
            f"apart: end {other.key} first, or ask on the same terms."
        )


def _same_terms(one: Grant, other: Grant) -> bool:
    return (sorted(one.columns), one.filter, one.masks) == (
        sorted(other.columns),
        other.filter,
        other.masks,
    )


def must_have_effect(draft: Grant, at: datetime, *, renews: Grant | None) -> None:
    """Refuse what would change nothing that the person can see, with the reason."""
    if renews is not None:
        return
    rules = enforcement.rules_on(draft.dataset)
    before = decision_for(draft, rules, at)
    after = decision_for(draft, (*rules, rule_of(draft)), at)
    if not after.allowed:
        losing = " ".join(reason.text for reason in after.reasons if not reason.contributed)
        raise Refused(f"It would give nothing: {losing}")
    if _seen(before) == _seen(after):
        raise Refused(
            f"{draft.beneficiary.name} can read this of {draft.dataset.qualified} already; "
            "renew the grant to keep it longer."
        )


def _seen(decision: Decision) -> frozenset[tuple[object, object]]:
    return frozenset((branch.columns, branch.filter) for branch in decision.branches)


def decision_for(grant: Grant, rules: Sequence[Rule], at: datetime) -> Decision:
    """What these rules let the grant's account read of its dataset at that instant."""
    return decide(rules, principal=grant.account.role, shape=catalog.shape_of(grant.dataset), at=at)


def stages_of(routed: Sequence[Routed]) -> list[StageSpec]:
    """The stages of all items one after another, each once."""
    stages: list[StageSpec] = []
    for one in routed:
        stages.extend(stage for stage in one.route.stages if stage not in stages)
    return stages
