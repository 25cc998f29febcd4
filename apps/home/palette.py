"""The answers of the palette: assets, columns, tags and people by what somebody types."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from apps.catalog.selectors.search import Found, search
from apps.core.rest.permissions import SIGNED_IN
from apps.core.views import require
from apps.identity.models import User
from apps.identity.who import user_of

LONGEST = 200
GROUPS: tuple[tuple[str, str | Promise, str], ...] = (
    ("dataset", _("Data assets"), "table-2"),
    ("field", _("Columns"), "columns-3"),
    ("tag", _("Classifications"), "tag"),
    ("person", _("People"), "user"),
)


@dataclass(frozen=True, slots=True)
class Answers:
    """What was found of one kind, each with where it leads."""

    label: str | Promise
    icon: str
    rows: list[tuple[Found, str]]


@require_GET
@require(SIGNED_IN)
def palette(request: HttpRequest) -> HttpResponse:
    """Groups of answers for `?q=`, as a fragment."""
    user = user_of(request)
    text = request.GET.get("q", "")[:LONGEST].strip().replace("\0", "")
    found = search(user, text, limit=5) if text and user.has_perm("catalog.view") else []
    groups = [
        Answers(
            label,
            icon,
            [(one, url) for one in found if one.kind == kind and (url := _to(one, user))],
        )
        for kind, label, icon in GROUPS
    ]
    return render(request, "home/_palette.html", {"groups": [one for one in groups if one.rows]})


def _to(found: Found, user: User) -> str:
    """The page that an answer leads to; empty when there is none that this user may open."""
    try:
        if found.kind == "person":
            may = user.has_perm("identity.view")
            return reverse("identity:person", args=[found.uuid]) if may else ""
        if found.kind in ("dataset", "field"):
            return reverse("catalog:dataset", args=[found.uuid])
        if found.kind == "tag":
            return f"{reverse('catalog:datasets')}?tag={found.where}"
    except NoReverseMatch:
        return ""
    return ""
