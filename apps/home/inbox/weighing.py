"""What approving an access request on the terms chosen would do, dataset by dataset."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import NoReverseMatch, reverse

from apps.access.models import AccessRequest
from apps.access.selectors.consequence import ItemConsequence, consequence_of
from apps.access.selectors.leeway import Leeway, leeway_of
from apps.access.selectors.taken import taken_away
from apps.access.selectors.ways import Way, ways_of
from apps.approvals import selectors as approvals
from apps.core.errors import Problem
from apps.core.refs import key_of, kind_of
from apps.enforcement.plan import Plan
from apps.home.inbox.choosing import DatasetChoice, choices_of
from apps.semantics.rules import Branch


@dataclass(frozen=True, slots=True)
class Item:
    """What approving would do to one dataset.

    `narrowed` says whether anything is less than was asked, `taken` what is not given at all.
    """

    uuid: str
    name: str
    system: str
    account: str
    was: int
    will_be: int
    ways: tuple[Way, ...]
    narrowed: bool
    taken: tuple[str, ...]
    until: datetime
    plan: Plan
    holders: tuple[Any, ...]
    reasons: tuple[str, ...]
    policy_url: str
    owner: str


@dataclass(frozen=True, slots=True)
class Weighed:
    """What approving would do on the terms chosen, or what the service says to them."""

    items: tuple[Item, ...] = ()
    refusal: str = ""
    choices: tuple[DatasetChoice, ...] = ()
    problem: Problem | None = None


def weigh(
    request: AccessRequest | None,
    earlier: dict[str, Any],
    terms: dict[str, Any],
    at: datetime,
) -> Weighed:
    """What approving on these terms, over those that earlier reviewers set, would do now."""
    if request is None or request.state != AccessRequest.State.PENDING:
        return Weighed()
    try:
        leeway = leeway_of(request, earlier, at)
        items, problem = _items(request, earlier, terms, at)
    except Problem as refusal:
        return Weighed(refusal=refusal.detail)
    return Weighed(
        items=items,
        choices=choices_of(leeway, _asked(request, leeway), terms.get("items", {}), problem),
        problem=problem,
    )


def _items(
    request: AccessRequest, earlier: dict[str, Any], terms: dict[str, Any], at: datetime
) -> tuple[tuple[Item, ...], Problem | None]:
    """What approving would do; on the terms without those chosen now, where they are refused."""
    try:
        found = consequence_of(request, approvals.laid_over(earlier, terms), at)
        chosen = terms.get("items", {})
        return tuple(_item(one, request, chosen) for one in found), None
    except Problem as problem:
        if not terms:
            raise
        return tuple(
            _item(one, request, {}) for one in consequence_of(request, earlier, at)
        ), problem


def _asked(request: AccessRequest, leeway: tuple[Leeway, ...]) -> dict[str, list[str]]:
    by_dataset = dict(request.items.values_list("dataset", "columns"))
    return {str(one.dataset.uuid): by_dataset[one.dataset.pk] for one in leeway}


def _item(one: ItemConsequence, request: AccessRequest, chosen: Mapping[str, Any]) -> Item:
    dataset = one.routed.asked.dataset
    mine = dict(chosen.get(str(dataset.uuid), {}))
    left_out = {name: term for name, term in mine.items() if name != "masks"}
    return Item(
        uuid=str(dataset.uuid),
        name=dataset.qualified,
        system=dataset.system.name,
        account=one.routed.account.role,
        was=_readable(one.before.branches),
        will_be=_readable(one.after.branches),
        ways=ways_of(one.after.branches),
        narrowed=bool(mine),
        taken=taken_away(request, {"items": {str(dataset.uuid): left_out}}),
        until=one.routed.terms.until,
        plan=one.plan,
        holders=one.holders,
        reasons=tuple(one.routed.route.reasons),
        policy_url=url_of(one.routed.route.policy),
        owner=dataset.owner.name if dataset.owner else "",
    )


def _readable(branches: tuple[Branch, ...]) -> int:
    return len({column for branch in branches for column, _mask in branch.columns})


def url_of(subject: str) -> str:
    """Where the page of a thing is, when it has one."""
    names = {"policy": "policies:policy"}
    name = names.get(kind_of(subject))
    try:
        return reverse(name, args=[key_of(subject)]) if name else ""
    except NoReverseMatch:
        return ""
