"""Which purposes there are: the app that keeps them says so, being above this one."""

from collections.abc import Callable, Iterable

Source = Callable[[], Iterable[str]]

_sources: list[Source] = []


def register(source: Source) -> None:
    """Have `source` asked for the keys of the purposes in use; done in `AppConfig.ready`."""
    if source not in _sources:
        _sources.append(source)


def known() -> frozenset[str]:
    """The keys of every purpose in use; none while nobody keeps any."""
    return frozenset(key for source in _sources for key in source())
