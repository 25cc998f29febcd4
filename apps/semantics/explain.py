"""Decisions, filters and masks in plain sentences."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from apps.semantics.filters import (
    And,
    Compare,
    Everything,
    Exists,
    Filter,
    Hop,
    In,
    IsNull,
    Literal,
    Not,
    Operator,
    Or,
    SubjectIs,
)
from apps.semantics.masks import Mask, MaskFunction
from apps.semantics.rules import Branch, Decision, Effect, Rule

_WORDS = {
    Operator.EQ: "is",
    Operator.NE: "is not",
    Operator.LT: "is less than",
    Operator.LE: "is at most",
    Operator.GT: "is more than",
    Operator.GE: "is at least",
}
_WORDS_OF_TIME = _WORDS | {
    Operator.LT: "is before",
    Operator.LE: "is not after",
    Operator.GT: "is after",
    Operator.GE: "is not before",
}


def listing(names: Iterable[str], word: str = "and") -> str:
    """`a, b and c`."""
    *most, last = names
    return f"{', '.join(most)} {word} {last}" if most else last


def describe_instant(at: datetime) -> str:
    """An instant in UTC, to the minute unless seconds matter."""
    utc = at.astimezone(UTC)
    return utc.strftime("%Y-%m-%d %H:%M:%S UTC" if utc.second else "%Y-%m-%d %H:%M UTC")


def describe_mask(mask: Mask) -> str:
    """What becomes of a value, as the end of the sentence "the e-mail is …"."""
    match mask.function:
        case MaskFunction.PARTIAL:
            ends = [
                f"{which} character" if count == 1 else f"{which} {count} characters"
                for which, count in (("first", mask.first), ("last", mask.last))
                if count
            ]
            return f"cut to its {listing(ends)} and ***" if ends else "replaced by ***"
        case MaskFunction.BUCKET:
            return f"rounded down to a multiple of {mask.size}"
        case MaskFunction.TOKEN:
            return f"replaced by a token that is the same for the same value within {mask.domain}"
        case function:
            return _MASKS[function]


_MASKS = {
    MaskFunction.NONE: "shown in full",
    MaskFunction.YEAR: "cut to its year",
    MaskFunction.HASH: "replaced by a keyed hash that is the same for the same value in the column",
    MaskFunction.REDACT: "replaced by ***",
    MaskFunction.NULL: "left empty (NULL)",
}


def describe_literal(value: Literal) -> str:
    """Text in quotes, everything else as it is written."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return f"'{value}'" if isinstance(value, str) else str(value)


def describe_filter(filter: Filter) -> str:  # noqa: PLR0911
    """Which rows, as the end of the sentence "the rows where …"."""
    match filter:
        case Everything() | And(()):
            return "anything holds (every row)"
        case Or(()):
            return "nothing holds (no row)"
        case Compare(column, operator, value):
            words = _WORDS_OF_TIME if isinstance(value, date) else _WORDS
            return f"{column} {words[operator]} {describe_literal(value)}"
        case In(column, values):
            return _among(column, sorted(describe_literal(value) for value in values))
        case SubjectIs(column, attribute):
            return f"{column} is the person's own {attribute}"
        case IsNull(column):
            return f"{column} is empty"
        case Not(IsNull(column)):
            return f"{column} is not empty"
        case Not(part):
            return f"it is not so that {_within(part)}"
        case And(parts):
            return " and ".join(_within(part) for part in parts)
        case Or(parts):
            return " or ".join(_within(part) for part in parts)
        case Exists(path, where):
            way = ", then ".join(_step(hop) for hop in path)
            there = "" if where == Everything() else f" where {_within(where)}"
            return f"it leads by {way}{there}"


def _among(column: str, values: list[str]) -> str:
    if not values:
        return "nothing holds (no row)"
    if len(values) == 1:
        return f"{column} is {values[0]}"
    return f"{column} is one of {listing(values, 'or')}"


def _within(part: Filter) -> str:
    text = describe_filter(part)
    composed = isinstance(part, And | Or) and len(part.parts) > 1
    return f"({text})" if composed or isinstance(part, Exists) else text


def _step(hop: Hop) -> str:
    return f"{listing(hop.columns)} to {hop.to_dataset}"


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision in sentences: who and when, what they get, why, and what could change it."""

    who: str
    what: tuple[str, ...]
    why: tuple[str, ...]
    change: tuple[str, ...]

    @property
    def text(self) -> str:
        """All of it, one sentence to a line."""
        return "\n".join((self.who, *self.what, *self.why, *self.change))


def explain(decision: Decision) -> Explanation:
    """The decision in plain sentences, for the person and for whoever answers for the data."""
    when = describe_instant(decision.at)
    remedies = dict.fromkeys(reason.remedy for reason in decision.reasons if reason.remedy)
    changes = [*remedies]
    if decision.next_change is not None:
        changes.append(f"This may change by itself at {describe_instant(decision.next_change)}.")
    return Explanation(
        who=f"This is what {decision.principal} may read of {decision.dataset} at {when}.",
        what=tuple(describe_branch(branch) for branch in decision.branches) or ("Nothing.",),
        why=tuple(reason.text for reason in decision.reasons),
        change=tuple(changes),
    )


def describe_branch(branch: Branch) -> str:
    """One way in: the columns, the masks and the rows."""
    plain = [column for column, mask in branch.columns if mask.function is MaskFunction.NONE]
    masked = [
        f"{column} {describe_mask(mask)}"
        for column, mask in branch.columns
        if mask.function is not MaskFunction.NONE
    ]
    every = isinstance(branch.filter, Everything)
    rows = "In every row" if every else f"Where {describe_filter(branch.filter)}"
    shown = [*([f"{listing(plain)} in full"] if plain else []), *masked]
    return f"{rows}: {'; '.join(shown)}."


def describe_rule(rule: Rule) -> str:
    """The rule as one sentence, its origin and validity left aside."""
    columns = (
        "every column" if rule.columns is None else listing(sorted(rule.columns) or ["nothing"])
    )
    what = f"{columns} of {rule.dataset}"
    rows = "" if isinstance(rule.filter, Everything) else f" where {describe_filter(rule.filter)}"
    match rule.effect:
        case Effect.GRANT:
            masks = "".join(f"; {name} {describe_mask(mask)}" for name, mask in rule.masks)
            return f"{_people(rule)} may {rule.action} {what}{rows}{masks}."
        case Effect.DENY:
            return f"{_people(rule)} may not {rule.action} {what}."
        case Effect.MASK:
            assert rule.mask is not None
            return f"For {_people(rule, 'everyone')}, {what} is {describe_mask(rule.mask)}."
        case Effect.FILTER:
            some = "the rows of" if rule.columns is None else f"{columns} in the rows of"
            return f"{_people(rule)} may see {some} {rule.dataset} only{rows}."


def _people(rule: Rule, everyone: str = "Everyone") -> str:
    if rule.principals is not None:
        named = sorted(rule.principals - rule.excepted)
        return listing(named) if named else "nobody"
    if not rule.excepted:
        return everyone
    return f"{everyone} except {listing(sorted(rule.excepted))}"
