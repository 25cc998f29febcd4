"""Announcements: a lower floor says a key, and whoever subscribed looks again for itself."""

from collections import defaultdict
from collections.abc import Callable

from django.db import transaction

Listener = Callable[[str], None]

_listeners: dict[str, list[Listener]] = defaultdict(list)


def subscribe(name: str, listener: Listener) -> None:
    """Call `listener(key)` after each announcement of `name`; done in `AppConfig.ready`.

    A listener may run twice or, when the process dies, never: it only wakes work that a sweep
    would find as well.
    """
    if listener not in _listeners[name]:
        _listeners[name].append(listener)


def announce(name: str, key: str) -> None:
    """Tell every subscriber of `name`, once the surrounding transaction has committed."""
    for listener in tuple(_listeners[name]):
        transaction.on_commit(lambda listener=listener: listener(key), robust=True)  # type: ignore[misc]
