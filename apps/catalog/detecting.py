"""What a detector is given and gives, how evidence is weighed, and which detectors there are."""

import hashlib
import importlib
import pkgutil
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from apps.catalog.tokens import phrase_in, tokens

NAMED_AND_FEW = 5
"""So few values contradict nothing: below it, a name alone decides."""
ALONE_VALUES, ALONE_DISTINCT, ALONE_RATE = 10, 5, 0.9
"""What values must come to before they speak without a name that says the same."""
CONTRADICTED = 0.5
"""Below this share of fitting values, a name is taken to mean something else."""

_FAMILIES: tuple[tuple[str, str], ...] = (
    (r"character|text|varchar|citext|name|bpchar", "text"),
    (r"timestamp", "timestamp"),
    (r"date", "date"),
    (r"smallint|integer|bigint", "integer"),
    (r"numeric|real|double precision|money", "number"),
    (r"boolean", "boolean"),
    (r"inet", "inet"),
    (r"bytea", "bytes"),
    (r"uuid", "uuid"),
    (r"jsonb?", "json"),
    (r"point|geometry|geography", "point"),
)


def phrases(text: str) -> frozenset[str]:
    """The phrases in a text that divides them by commas."""
    return frozenset(phrase.strip() for phrase in text.split(","))


@dataclass(frozen=True, slots=True)
class KnownTag:
    """A tag that a detector can propose; ranks are those of `Tag.rank`."""

    key: str
    name: str
    rank: int
    description: str
    personal: bool = True


@dataclass(frozen=True)
class Look:
    """A column as a detector sees it; `values` None means that no value may be looked at."""

    name: str
    type: str
    comment: str = ""
    dataset: str = ""
    values: tuple[Any, ...] | None = None

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words of the column's name."""
        return tokens(self.name)

    @cached_property
    def dataset_words(self) -> frozenset[str]:
        """The words of the dataset's own name, in the singular as far as an `s` tells."""
        found = tokens(self.dataset.rpartition(".")[2])
        return frozenset(found) | {word[:-1] for word in found if word.endswith("s")}

    @cached_property
    def family(self) -> str:
        """What kind of value the type holds: text, date, integer … or `` for anything else."""
        if self.type.endswith("[]"):
            return ""
        for pattern, family in _FAMILIES:
            if re.match(rf"({pattern})\b", self.type):
                return family
        return ""

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The values that are not empty, as text without blanks around them."""
        if self.values is None:
            return ()
        found = (str(value).strip() for value in self.values if value is not None)
        return tuple(text for text in found if text)

    def named(self, phrases: frozenset[str], *, but: frozenset[str] = frozenset()) -> str:
        """The phrase among the words of the name, unless one of the words in `but` is there too."""
        if but.intersection(self.words):
            return ""
        return phrase_in(self.words, phrases)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a detector thinks a column holds; the evidence never contains a value."""

    tag: str
    confidence: float
    evidence: dict[str, Any] = field(default_factory=dict)


Detect = Callable[[Look], Proposal | None]

NOT_THE_THING = phrases(
    "count, counts, number_of, total, type, types, status, state, flag, verified, enabled, "
    "valid, template, subject, sent, format, length, size, changed, expires, updated, "
    "created, deleted, required, allowed, opt, optin, consent, preference, preferences, "
    "frequency, version, model, brand"
)
"""Words that turn a name into one about the thing: `email_count` holds no address."""


@dataclass(frozen=True, slots=True)
class Detector:
    """One way to recognise something, with the tags that it can propose."""

    name: str
    tags: tuple[KnownTag, ...]
    detect: Detect
    says: str


_detectors: dict[str, Detector] = {}


def detector(*tags: KnownTag) -> Callable[[Detect], Detect]:
    """Declare the decorated function as the detector of its module.

    Raises ValueError when the module has one already, or the function says nothing of itself.
    """

    def declare(detect: Detect) -> Detect:
        name = detect.__module__.rpartition(".")[2]
        if name in _detectors and _detectors[name].detect.__module__ != detect.__module__:
            raise ValueError(f"two detectors called {name}")
        if not detect.__doc__:
            raise ValueError(f"the detector {name} does not say what it detects")
        _detectors[name] = Detector(name, tags, detect, detect.__doc__.splitlines()[0])
        return detect

    return declare


@cache
def detectors() -> tuple[Detector, ...]:
    """Every detector there is: one for each module of the package `detectors`."""
    from apps.catalog import detectors as package

    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return tuple(_detectors[name] for name in sorted(_detectors))


@cache
def edition() -> str:
    """Sixteen characters that change whenever a detector, or what weighs for them, does."""
    files = {importlib.import_module(one.detect.__module__).__file__ for one in detectors()}
    digest = hashlib.sha256()
    for file in sorted(str(one) for one in (*files, __file__)):
        digest.update(Path(file).read_bytes())
    return digest.hexdigest()[:16]


NOTHING = KnownTag(
    "public.none", "Nothing to protect", 0, "Looked at, and harmless.", personal=False
)


def known_tags() -> tuple[KnownTag, ...]:
    """Every tag that some detector can propose, once each, and the one for harmless columns."""
    found = {tag.key: tag for one in detectors() for tag in one.tags} | {NOTHING.key: NOTHING}
    return tuple(found[key] for key in sorted(found))


def look_at(look: Look) -> list[tuple[Detector, Proposal]]:
    """What the detectors propose for a column; of several for one tag the surest."""
    best: dict[str, tuple[Detector, Proposal]] = {}
    for one in detectors():
        proposal = one.detect(look)
        if proposal is None:
            continue
        before = best.get(proposal.tag)
        if before is None or proposal.confidence > before[1].confidence:
            best[proposal.tag] = (one, proposal)
    return [best[key] for key in sorted(best)]


def weigh(
    look: Look,
    tag: KnownTag,
    *,
    named: str,
    test: Callable[[str], bool],
    what: str,
    alone: bool = False,
) -> Proposal | None:
    """Propose the tag where name and values agree, or where one speaks and the other is silent.

    `named` is what in the name says so, or empty. `test` tells of one value whether it fits, and
    `what` calls those that fit ("valid e-mail addresses"). `alone` lets values speak without a
    name. Abstains (None) when name and values contradict each other, or neither speaks.
    """
    texts = look.texts
    if not texts:
        return by_name(look, tag, named) if named else None
    fitting = sum(map(test, texts))
    rate, distinct = fitting / len(texts), len(set(texts))
    evidence = {
        "basis": "values",
        "named": named,
        "what": what,
        "rate": round(rate, 4),
        "sampled": len(look.values or ()),
        "empty": round(1 - len(texts) / len(look.values or texts), 4),
        "distinct": distinct,
        "shapes": shapes(text for text in texts if test(text)),
    }
    if named and rate >= CONTRADICTED:
        return Proposal(tag.key, round(0.6 + 0.39 * rate, 2), evidence)
    if named and len(texts) < NAMED_AND_FEW and fitting:
        return Proposal(tag.key, 0.5, evidence)
    enough = len(texts) >= ALONE_VALUES and distinct >= ALONE_DISTINCT
    if alone and not named and enough and rate >= ALONE_RATE:
        return Proposal(tag.key, round(0.5 + 0.4 * rate, 2), evidence)
    return None


def by_name(look: Look, tag: KnownTag, named: str, *, confidence: float = 0.6) -> Proposal:
    """A proposal from the name alone: no value was there, or none may be looked at."""
    evidence = {
        "basis": "name",
        "named": named,
        "sampled": len(look.values or ()),
        "sampling": look.values is not None,
    }
    return Proposal(tag.key, confidence, evidence)


def shapes(texts: Iterable[str], most: int = 3) -> list[str]:
    """The commonest forms of these values: runs of letters as `a`, of digits as `9`."""
    found = Counter(_shape(text) for text in texts)
    return [shape for shape, _ in found.most_common(most)]


def _shape(text: str) -> str:
    reduced = re.sub(r"[^\W\d_]+", "a", text)
    reduced = re.sub(r"\d+", "9", reduced)
    reduced = re.sub(r"\s+", " ", reduced)
    return reduced if len(reduced) <= 40 else reduced[:39] + "…"


def share(texts: Sequence[str], test: Callable[[str], bool]) -> float:
    """The share of these texts that fit."""
    return sum(map(test, texts)) / len(texts) if texts else 0.0
