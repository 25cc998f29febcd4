"""Looks again at a request when it is decided: today's people, tags and rules, narrowed terms."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from apps.access.models import AccessRequest, RequestedItem
from apps.access.routes import (
    Asked,
    Routed,
    draft_grant,
    must_be_tellable,
    must_have_effect,
    route_item,
)
from apps.access.terms import Terms, narrow, stricter
from apps.approvals.models import Approval
from apps.core.errors import Invalid, Refused
from apps.semantics import codec


def request_of(approval: Approval) -> AccessRequest:
    """The request that this approval decides."""
    return AccessRequest.objects.select_related(
        "requester", "beneficiary", "purpose", "renews"
    ).get(approval=approval.uuid)


def routed_again(request: AccessRequest, terms: Mapping[str, Any], at: datetime) -> list[Routed]:
    """Each item with its terms as narrowed, checked against today's people, tags and rules.

    `terms` is `{"until": instant, "items": {dataset uuid: {columns, filter, masks}}}`, all
    optional. Raises Refused or Invalid.
    """
    items = list(request.items.select_related("dataset__system", "dataset__domain"))
    wanted = _by_item(terms, items)
    if not request.purpose.active:
        raise Refused(f"{request.purpose.name} is no longer a purpose that data is used for.")
    if request.until <= at:
        raise Refused(f"The end asked for, {request.until.isoformat()}, has passed.")
    return [_item_again(request, item, wanted[str(item.dataset.uuid)], at) for item in items]


def _item_again(
    request: AccessRequest, item: RequestedItem, wanted: Mapping[str, Any], at: datetime
) -> Routed:
    if item.dataset.vanished_at is not None:
        raise Refused(f"{item.dataset.qualified} no longer exists.")
    asked = Asked(dataset=item.dataset, columns=frozenset(item.columns))
    routed = route_item(request.beneficiary, asked, request.purpose, at, at)
    before = Terms(
        columns=frozenset(item.columns),
        filter=codec.decode_filter(item.filter),
        masks=stricter(codec.decode_masks(item.masks), routed.terms.masks),
        until=request.until,
    )
    now = narrow(before, wanted, at=f"terms.items.{item.dataset.uuid}")
    if now.until <= at:
        raise Invalid("The end lies in the past.", fields={"terms.until": "must be in the future"})
    draft = draft_grant(routed.account, item.dataset, now, request.purpose, at)
    must_be_tellable(draft, at, renews=request.renews)
    must_have_effect(draft, at, renews=request.renews)
    return replace(routed, terms=now)


def _by_item(terms: Mapping[str, Any], items: list[RequestedItem]) -> dict[str, dict[str, Any]]:
    unknown = sorted(set(terms) - {"until", "items"})
    if unknown:
        raise Invalid(f"Terms have no {unknown[0]}.", fields={f"terms.{unknown[0]}": "unknown"})
    by_item: dict[str, dict[str, Any]] = {str(item.dataset.uuid): {} for item in items}
    given = terms.get("items", {})
    if not isinstance(given, Mapping) or not all(isinstance(v, Mapping) for v in given.values()):
        raise Invalid("Terms by item are objects.", fields={"terms.items": "must be an object"})
    strangers = sorted(set(given) - set(by_item))
    if strangers:
        raise Invalid(
            "These terms name a dataset that was not asked for.",
            fields={f"terms.items.{strangers[0]}": "was not asked for"},
        )
    for key, wanted in given.items():
        by_item[key].update(wanted)
    if "until" in terms:
        for wanted in by_item.values():
            wanted.setdefault("until", terms["until"])
    return by_item
