"""What people are called, looked up by ref when an entry is shown; the book itself keeps refs."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model

from apps.core.refs import Ref, key_of, kind_of


@dataclass(frozen=True, slots=True)
class Who:
    """An actor as a page shows it."""

    ref: Ref
    name: str
    is_person: bool
    is_service: bool


def whos(refs: Iterable[Ref]) -> dict[Ref, Who]:
    """Everybody behind `refs`; whoever is not known any more is called by the ref's key."""
    wanted = set(refs)
    emails = [key_of(name) for name in wanted if kind_of(name) == "user"]
    people: Any = get_user_model()._default_manager.filter(email__in=emails)
    names = {f"user:{one.email}": one for one in people}
    return {name: _who(name, names.get(name)) for name in wanted}


def _who(name: Ref, person: Any) -> Who:
    if person is not None:
        return Who(name, person.name, is_person=True, is_service=person.is_service)
    is_user = kind_of(name) == "user"
    shown = key_of(name) if is_user else f"Seneschal ({key_of(name)})"
    return Who(name, shown, is_person=is_user, is_service=False)
