"""What can be done durably: handlers by name, and what is to be done again and again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar


class Progress(Protocol):
    """How a handler tells how far it is."""

    def __call__(self, done: int, total: int, message: str = "") -> None:
        """Say that `done` of `total` is finished, with a sentence for people."""


Work = Callable[[str, Progress], None]
W = TypeVar("W", bound=Work)

DEFAULT_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Handler:
    """A function that does the work of one name, and how it is to be run.

    `attempts` is how often it is begun before it is given up and quarantined. `atomic` runs it in
    one transaction with the mark that it is done, so that its effects in our own database happen
    exactly once; without it, it may run twice and must recognise by its key what is done already.
    `keep` leaves the row when it has succeeded; unsaid, what is periodic leaves none.
    """

    name: str
    work: Work
    attempts: int = DEFAULT_ATTEMPTS
    atomic: bool = False
    keep: bool | None = None

    @property
    def leaves_row(self) -> bool:
        """Whether the row stays when the work has succeeded."""
        return self.name not in _periodic if self.keep is None else self.keep


_handlers: dict[str, Handler] = {}
_periodic: dict[str, float] = {}
_every: dict[Work, float] = {}


def handles(
    name: str, *, attempts: int = DEFAULT_ATTEMPTS, atomic: bool = False, keep: bool | None = None
) -> Callable[[W], W]:
    """Declare the decorated function `(key, progress)` as the one that does `name`.

    Raises ValueError when the name is taken by another function.
    """

    def declare(work: W) -> W:
        known = _handlers.get(name)
        if known is not None and known.work is not work:
            raise ValueError(f"two handlers for {name!r}")
        _handlers[name] = Handler(name, work, attempts, atomic, keep)
        if work in _every:
            _periodic[name] = _every[work]
        return work

    return declare


def periodic(name: str = "", *, every: float) -> Callable[[W], W]:
    """Have `name` done every so many seconds, with the key `periodic`.

    Called with a name it takes effect at once; beneath `@handles(name)`, as a decorator without
    one, it takes that name.
    """
    if name:
        _periodic[name] = every

    def declare(work: W) -> W:
        if not name:
            _every[work] = every
        return work

    return declare


def handler(name: str) -> Handler:
    """The handler of `name`. Raises LookupError when nobody declared one."""
    try:
        return _handlers[name]
    except KeyError:
        raise LookupError(f"nothing handles {name!r}") from None


def names() -> list[str]:
    """Every name that can be done."""
    return sorted(_handlers)


def schedule() -> dict[str, float]:
    """Name → seconds between two beginnings, of all that is done again and again."""
    return dict(_periodic)
