"""The sidebar: the places of the product that exist and that this person may open."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Label = str | Promise


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the sidebar; `due` makes its count stand out."""

    label: Label
    icon: str
    url: str = ""
    count: int | None = None
    due: bool = False
    current: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A page of the product by its URL name, with who may open it and what waits there."""

    label: Label
    icon: str
    name: str
    permission: str = ""
    count: Callable[[HttpRequest], int] | None = None
    due: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Lines of the sidebar under one heading."""

    label: Label
    items: list[Item] = field(default_factory=list)


PLACES: list[tuple[Label, list[Place]]] = [
    (
        "",
        [
            Place(_("Inbox"), "inbox", "home:inbox", due=True),
            Place(_("My requests"), "file-check", "access:requests"),
            Place(_("Ask for access"), "key-round", "access:ask"),
        ],
    ),
    (_("Catalog"), [Place(_("Data assets"), "database", "catalog:datasets")]),
    (
        _("Control"),
        [
            Place(_("Policies"), "scale", "policies:policies"),
            Place(_("Grants"), "badge-check", "access:grants"),
            Place(_("Connections"), "plug-zap", "enforcement:connections"),
            Place(_("Findings"), "shield-alert", "findings:findings"),
        ],
    ),
    (_("Evidence"), [Place(_("Audit trail"), "scroll-text", "audit:trail")]),
]


def context(request: HttpRequest) -> dict[str, object]:
    """What the shell of every page needs: `navigation` and `systems_status`."""
    if not request.user.is_authenticated:
        return {"navigation": [], "systems_status": None}
    return {"navigation": groups(request), "systems_status": None}


def groups(request: HttpRequest) -> list[Group]:
    """The sidebar for this request; the place with the longest matching address is current."""
    shown = [
        Group(label, [item for place in places if (item := _item(place, request))])
        for label, places in PLACES
    ]
    here = max(
        (item.url for group in shown for item in group.items if _within(request.path, item.url)),
        key=len,
        default=None,
    )
    return [
        Group(group.label, [replace(item, current=item.url == here) for item in group.items])
        for group in shown
        if group.items
    ]


def _item(place: Place, request: HttpRequest) -> Item | None:
    if place.permission and not request.user.has_perm(place.permission):
        return None
    try:
        url = reverse(place.name)
    except NoReverseMatch:
        return None
    count = place.count(request) if place.count else None
    return Item(place.label, place.icon, url, count, place.due)


def _within(path: str, url: str) -> bool:
    if url == "/":
        return path == "/"
    return path == url or path.startswith(url.rstrip("/") + "/")
