"""What reviewers took away from a request by narrowing it, in words for whoever asked."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from apps.access.models import AccessRequest, RequestedItem
from apps.semantics import codec
from apps.semantics.explain import describe_filter, describe_mask, listing


def taken_away(request: AccessRequest, terms: Mapping[str, Any]) -> tuple[str, ...]:
    """One sentence for each thing that is less than what was asked; none for terms without any."""
    return tuple(_sentences(request, terms))


def _sentences(request: AccessRequest, terms: Mapping[str, Any]) -> Iterator[str]:
    until = parse_datetime(terms["until"]) if "until" in terms else None
    if until is not None:
        yield _("It ends on %(day)s instead of %(asked)s.") % {
            "day": date_format(localtime(until)),
            "asked": date_format(localtime(request.until)),
        }
    narrowed = {uuid: given for uuid, given in terms.get("items", {}).items() if given}
    if not narrowed:
        return
    for item in request.items.filter(dataset__uuid__in=narrowed).select_related("dataset"):
        yield from _of_item(item, narrowed[str(item.dataset.uuid)])


def _of_item(item: RequestedItem, terms: Mapping[str, Any]) -> Iterator[str]:
    name = item.dataset.qualified
    left_out = sorted(set(item.columns) - set(terms.get("columns", item.columns)))
    if left_out:
        yield _("%(columns)s of %(dataset)s is not given.") % {
            "columns": listing(left_out),
            "dataset": name,
        }
    for column, mask in codec.decode_masks(terms.get("masks", {})).items():
        yield _("%(column)s of %(dataset)s is %(shown)s.") % {
            "column": column,
            "dataset": name,
            "shown": describe_mask(mask),
        }
    if "filter" in terms:
        rows = describe_filter(codec.decode_filter(terms["filter"]))
        yield _("Of %(dataset)s only rows where %(rows)s.") % {"dataset": name, "rows": rows}
