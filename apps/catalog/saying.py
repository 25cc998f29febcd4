"""Says in words where a tag comes from, what its evidence is and which rights are lacking."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.catalog.models import Tagging
from apps.connectors.contracts import Right


@dataclass(frozen=True, slots=True)
class Measure:
    """What was counted among sampled values; `shapes` are their commonest forms, no values.

    `fitting` and `empty` are shares from 0 to 1, the first among the values that are not empty.
    """

    fitting: float
    what: str
    sampled: int
    distinct: int
    empty: float
    shapes: tuple[str, ...]

    @property
    def percent(self) -> str:
        """The share that fits, in per cent."""
        return _percent(self.fitting)

    @property
    def empty_percent(self) -> str:
        """The share that is empty, in per cent."""
        return _percent(self.empty)

    @property
    def unfit(self) -> int:
        """How many values do not fit."""
        return round(self.sampled * (1 - self.empty) * (1 - self.fitting))


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a column has a tag: a sentence, a quieter one, and the icon of where it comes from.

    `measure` is there where values were looked at.
    """

    text: str
    note: str
    icon: str
    measure: Measure | None = None


@dataclass(frozen=True, slots=True)
class Rights:
    """The rights found in a system, and the SQL that gives what is lacking."""

    found: tuple[Right, ...]

    @property
    def lacking(self) -> int:
        """How many we do not hold."""
        return sum(not right.held for right in self.found)

    @property
    def sql(self) -> str:
        """One script that gives all of them, as far as SQL can."""
        lacking = [right.remedy for right in self.found if not right.held and right.remedy]
        return "\n".join(f"{remedy};" for remedy in lacking)


def evidence_of(tagging: Tagging) -> Evidence:
    """The evidence of one tagging."""
    if not tagging.detector:
        return Evidence(_("Set by hand"), tagging.note, "user-check")
    found = tagging.evidence
    if found.get("basis") != "values":
        text = _("Named “%(words)s”") % {"words": found.get("named", "")}
        if found.get("sampling"):
            return Evidence(text, _("no value was there to look at"), "ruler")
        return Evidence(text, _("values were not looked at"), "ruler")
    measure = _measure(found)
    text = _("%(rate)s %% %(what)s") % {"rate": measure.percent, "what": measure.what}
    return Evidence(text, _numbers(found), "scan-search", measure)


def _measure(found: dict[str, Any]) -> Measure:
    return Measure(
        fitting=float(found.get("rate", 0)),
        what=str(found.get("what", "")),
        sampled=int(found.get("sampled", 0)),
        distinct=int(found.get("distinct", 0)),
        empty=float(found.get("empty", 0)),
        shapes=tuple(map(str, found.get("shapes", ()))),
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f}".removesuffix(".0")


def _numbers(found: dict[str, object]) -> str:
    sampled = int(str(found.get("sampled", 0)))
    note = ngettext(
        "%(distinct)s distinct in %(sampled)s sampled row",
        "%(distinct)s distinct in %(sampled)s sampled rows",
        sampled,
    ) % {"distinct": found.get("distinct", 0), "sampled": sampled}
    met = found.get("met")
    if isinstance(met, dict) and met:
        note += " · " + _("in them: %(what)s") % {"what": ", ".join(met)}
    return note
