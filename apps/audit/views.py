"""The pages of the book: the trail with one entry beside it, and handing out a stretch."""

from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from apps.audit import presenting
from apps.audit.api.book import SEARCH, hand_out
from apps.audit.models import Entry
from apps.audit.selectors import verify_state
from apps.audit.selectors.entries import COLUMNS, Search, count_up_to, entries, parse
from apps.audit.selectors.one import context
from apps.audit.signing import storage
from apps.core.actors import Actor
from apps.core.errors import NotFound
from apps.core.views import require

PAGE = 50
MOST_COUNTED = 10_000
VERIFY = "seneschal-verify book.jsonl --checkpoints checkpoints --key key.pem"
LABELS = {"who": _("Who"), "what": _("What"), "on": _("On what")}
VIEWS = [
    (_("Everything"), ""),
    (_("Decisions"), "approvals.*,access.*"),
    (_("Policies"), "policies.*"),
    (_("Systems"), "enforcement.*"),
    (_("Catalog"), "catalog.*"),
    (_("People"), "identity.*"),
    (_("Exports"), "audit.*,access.preview_rows"),
]


@require_GET
@require("audit.view")
def trail(request: HttpRequest) -> HttpResponse:
    """What was decided and done, narrowed by the address, with one entry beside the list."""
    params = _params(request)
    if "pattern" in request.GET:
        return HttpResponseRedirect(_with_new_filter(request, params))
    search = parse(params)
    chosen = request.GET.get("event", "")
    rows = list(_older_than(entries(search), request.GET.get("before", ""))[: PAGE + 1])
    shown = presenting.events(rows[:PAGE], params, chosen)
    matching = count_up_to(search, MOST_COUNTED + 1)
    return render(
        request,
        "audit/trail.html",
        {
            "days": presenting.by_day(shown),
            "earlier": presenting.link(params, before=str(rows[PAGE - 1].pk))
            if len(rows) > PAGE
            else "",
            "newest": presenting.link(params) if "before" in request.GET else "",
            "chips": list(presenting.chips(search, params)),
            "views": _views(params),
            "words": list(COLUMNS),
            "params": params,
            "matching": min(matching, MOST_COUNTED),
            "more": matching > MOST_COUNTED,
            "filtered": not search.everything,
            "state": verify_state(),
            "chosen": _chosen(chosen, search, params) if chosen else None,
            "export_url": reverse("audit:export") + presenting.link(params),
            "may_export": request.user.has_perm("audit.export"),
            "command": VERIFY,
        },
    )


@require_http_methods(["GET", "POST"])
@require("audit.export")
def export(request: HttpRequest) -> HttpResponseBase:
    """How much would be handed out, and on POST the stretch itself."""
    params = _params(request)
    search = parse(params)
    if request.method == "POST":
        return hand_out(search, cast(Actor, request.user))
    return render(
        request,
        "audit/export.html",
        {
            "count": entries(search).count(),
            "chips": list(presenting.chips(search, params)),
            "back": reverse("audit:trail") + presenting.link(params),
            "here": request.path + presenting.link(params),
            "state": verify_state(),
            "command": VERIFY,
        },
    )


@require_GET
@require("audit.view")
def public_key(request: HttpRequest) -> HttpResponse:
    """The public key with which checkpoints are verified."""
    try:
        pem = storage().public.read_bytes()
    except OSError:
        raise NotFound("Nothing has been signed yet, so there is no key.") from None
    return HttpResponse(
        pem,
        content_type="application/x-pem-file",
        headers={"Content-Disposition": 'attachment; filename="key.pem"'},
    )


def _params(request: HttpRequest) -> dict[str, str]:
    """The filters in the address."""
    given = request.GET.dict()
    return {name: str(value) for name, value in given.items() if name in SEARCH and value}


def _with_new_filter(request: HttpRequest, params: Mapping[str, str]) -> str:
    """The address with the filter that the form adds."""
    word = request.GET.get("word", "")
    pattern = request.GET.get("pattern", "").strip()
    if word not in COLUMNS or not pattern:
        return request.path + presenting.link(params)
    prefix = "not_" if request.GET.get("sign") == "out" else ""
    return request.path + presenting.added(params, prefix + word, pattern)


def _older_than(found: Any, before: str) -> Any:
    return found.filter(pk__lt=int(before)) if before.isascii() and before.isdigit() else found


def _views(params: Mapping[str, str]) -> list[dict[str, object]]:
    return [
        {
            "label": label,
            "url": presenting.link(params, what=what) if params or what else "?",
            "current": params.get("what", "") == what,
        }
        for label, what in VIEWS
    ]


def _chosen(uuid: str, search: Search, params: Mapping[str, str]) -> dict[str, object]:
    """The entry beside the list. Raises Http404 when there is none."""
    try:
        found = context(UUID(uuid), search)
    except ValueError:
        found = None
    if found is None:
        raise Http404
    content = found.entry.content
    line = presenting.events([found.entry], params)[0]
    return {
        "line": line,
        "context": found,
        "newer": presenting.link(params, event=str(found.newer.uuid)) if found.newer else "",
        "older": presenting.link(params, event=str(found.older.uuid)) if found.older else "",
        "close": presenting.link(params) or "?",
        "together": presenting.events(found.same_request, params),
        "before": presenting.pretty(content.get("before")),
        "after": presenting.pretty(content.get("after")),
        "detail": presenting.pretty(content.get("detail")),
        "narrow": _narrow(found.entry, params),
    }


def _narrow(entry: Entry, params: Mapping[str, str]) -> list[dict[str, object]]:
    """Links that show only what shares something with the entry, or leave that out."""
    found: list[dict[str, object]] = []
    for word, column in COLUMNS.items():
        value = getattr(entry, column)
        found.append(
            {
                "label": LABELS[word],
                "value": value,
                "only": presenting.added(params, word, value),
                "without": presenting.added(params, f"not_{word}", value),
            }
        )
    return found
