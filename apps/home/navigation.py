"""The sidebar: the places of the product that exist and that this person may open."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, resolve, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.access.models import AccessRequest
from apps.approvals import selectors as approvals
from apps.core.rest.permissions import SIGNED_IN
from apps.core.views import PUBLIC
from apps.findings import selectors as findings
from apps.identity.models import User

Label = str | Promise
Count = Callable[[User, datetime], int]


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
    """A page of the product by its URL name, and what waits for somebody there."""

    label: Label
    icon: str
    name: str
    count: Count | None = None
    due: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Lines of the sidebar under one heading."""

    label: Label
    items: list[Item]


def _to_decide(user: User, at: datetime) -> int:
    return approvals.inbox(user, at).count()


def _asked_for(user: User, at: datetime) -> int:
    return AccessRequest.objects.filter(requester=user, state=AccessRequest.State.PENDING).count()


def _open_findings(user: User, at: datetime) -> int:
    return sum(findings.open_by_severity(user).values())


PLACES: list[tuple[Label, list[Place]]] = [
    (
        "",
        [
            Place(_("Inbox"), "inbox", "home:inbox", _to_decide, due=True),
            Place(_("My requests"), "file-check", "access:requests", _asked_for),
            Place(_("Ask for access"), "key-round", "access:ask"),
        ],
    ),
    (
        _("Catalog"),
        [
            Place(_("Data assets"), "database", "catalog:datasets"),
            Place(_("Logins"), "users", "catalog:accounts"),
        ],
    ),
    (
        _("Control"),
        [
            Place(_("Policies"), "scale", "policies:policies"),
            Place(_("Grants"), "badge-check", "access:grants"),
            Place(_("Connections"), "plug-zap", "enforcement:connections"),
            Place(_("Findings"), "shield-alert", "findings:findings", _open_findings),
        ],
    ),
    (
        _("People"),
        [
            Place(_("People"), "user", "identity:people"),
            Place(_("Teams and domains"), "building-2", "identity:teams"),
        ],
    ),
    (
        _("Evidence"),
        [
            Place(_("Audit trail"), "scroll-text", "audit:trail"),
            Place(_("Jobs"), "timer", "jobs:jobs"),
        ],
    ),
]


def context(request: HttpRequest) -> dict[str, object]:
    """What the shell of every page needs: `navigation`, and where the systems' state is told."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {"navigation": [], "systems_url": ""}
    systems = _address("home:systems", settings.ROOT_URLCONF)
    return {
        "navigation": groups(user, request.path, timezone.now()),
        "systems_url": systems[0] if systems and _may_open(user, systems[1]) else "",
    }


def groups(user: User, path: str, at: datetime) -> list[Group]:
    """The sidebar for somebody on a page; the place with the longest fitting address is current."""
    shown = [
        (label, [item for place in places if (item := _item(place, user, at))])
        for label, places in PLACES
    ]
    fitting = [item.url for _, items in shown for item in items if _within(path, item.url)]
    here = max(fitting, key=len, default=None)
    return [
        Group(label, [replace(item, current=item.url == here) for item in items])
        for label, items in shown
        if items
    ]


def _item(place: Place, user: User, at: datetime) -> Item | None:
    address = _address(place.name, settings.ROOT_URLCONF)
    if address is None or not _may_open(user, address[1]):
        return None
    count = place.count(user, at) if place.count else None
    return Item(place.label, place.icon, address[0], count, place.due)


@lru_cache
def _address(name: str, root: str) -> tuple[str, str] | None:
    """Where the page is and the permission that it declares; None when there is no such page."""
    try:
        url = reverse(name)
    except NoReverseMatch:
        return None
    declared: dict[str, str] = getattr(resolve(url).func, "required", {})
    return url, declared.get("get", declared.get("", ""))


def _may_open(user: User, permission: str) -> bool:
    return permission in (SIGNED_IN, PUBLIC) or (bool(permission) and user.has_perm(permission))


def _within(path: str, url: str) -> bool:
    if url == "/":
        return path == "/"
    return path == url or path.startswith(url.rstrip("/") + "/")
