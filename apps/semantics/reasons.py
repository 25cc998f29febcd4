"""Why a decision is as it is: one sentence for each rule about it, winners and losers alike."""

from collections.abc import Iterator, Sequence

from apps.semantics.explain import describe_filter, describe_instant, describe_mask, listing
from apps.semantics.filters import EVERYTHING, NOTHING
from apps.semantics.masks import strictest
from apps.semantics.rules import Effect, Reason, Rule, Tier
from apps.semantics.simplify import columns_of
from apps.semantics.situation import Outcome, Situation


def reasons_for(situation: Situation, outcomes: Sequence[Outcome]) -> tuple[Reason, ...]:
    """One reason for each rule about the principal and dataset, in the order of the rules' names.

    What no rule says (nobody granted anything, a column is unclassified) comes last.
    """
    by_grant = {id(outcome.grant): outcome for outcome in outcomes}
    reasons = [
        _idle(rule, situation) or _reason(rule, situation, outcomes, by_grant.get(id(rule)))
        for rule in situation.about
    ]
    return (*reasons, *_without_rule(situation, outcomes))


def _reason(
    rule: Rule, situation: Situation, outcomes: Sequence[Outcome], own: Outcome | None
) -> Reason:
    if own is not None:
        return _grant(rule, situation, own)
    if rule.effect is Effect.DENY:
        return _denial(rule, situation, outcomes)
    if rule.effect is Effect.FILTER:
        return _filter(rule, situation, outcomes)
    return (
        _exemption(rule, situation, outcomes)
        if rule.is_exemption
        else _mask(rule, situation, outcomes)
    )


def _say(rule: Rule, text: str, *, contributed: bool, remedy: str = "") -> Reason:
    return Reason(rule.key, rule.origin, contributed, f"{rule.origin} {text}.", remedy)


def _columns(rule: Rule) -> str:
    return "every column" if rule.columns is None else listing(sorted(rule.columns) or ["nothing"])


def _idle(rule: Rule, situation: Situation) -> Reason | None:
    """The reason of a rule that is about the principal but does not bind them now."""
    what = f"({rule.effect.value} of {_columns(rule)})"
    if situation.principal in rule.excepted:
        return _say(
            rule, f"{what} does not apply, as {situation.principal} is excepted", contributed=False
        )
    if rule.until is not None and rule.until <= situation.at:
        ended = describe_instant(rule.until)
        asking = "Ask for it again." if rule.effect is Effect.GRANT else ""
        return _say(rule, f"{what} ended at {ended}", contributed=False, remedy=asking)
    if rule.valid_from is not None and situation.at < rule.valid_from:
        begins = describe_instant(rule.valid_from)
        return _say(rule, f"{what} begins at {begins} only", contributed=False)
    return None


def _grant(rule: Rule, situation: Situation, outcome: Outcome) -> Reason:
    who, dataset = situation.principal, situation.shape.dataset
    if rule.tier is Tier.GUARDRAIL:
        return _say(rule, "grants nothing, as a guardrail can only restrict", contributed=False)
    shown = [name for name, given in outcome.given.items() if given.rows != NOTHING]
    if shown:
        rows = "" if rule.filter == EVERYTHING else f" where {describe_filter(rule.filter)}"
        end = "" if rule.until is None else f" until {describe_instant(rule.until)}"
        return _say(
            rule, f"lets {who} read {listing(shown)} of {dataset}{rows}{end}", contributed=True
        )
    return _say(
        rule,
        f"gives {who} nothing, since {_why_nothing(rule, situation, outcome)}",
        contributed=False,
    )


def _why_nothing(rule: Rule, situation: Situation, outcome: Outcome) -> str:
    if outcome.denied and not outcome.given:
        by = sorted({denial.origin for denial in outcome.denied.values()})
        return f"{listing(by)} denies all of it"
    if outcome.given:
        known = {column.name for column in situation.shape.columns}
        for each in (rule, *situation.filters):
            if missing := sorted(columns_of(each.filter) - known):
                return f"its rows depend on {listing(missing)}, which is not a column any more"
        return "no row can satisfy all the filters"
    return f"{_columns(rule)} is not in {situation.shape.dataset}"


def _denial(rule: Rule, situation: Situation, outcomes: Sequence[Outcome]) -> Reason:
    won = sorted({name for outcome in outcomes for name in outcome.denied if rule.covers(name)})
    over = sorted(
        {
            outcome.grant.origin
            for outcome in outcomes
            if any(rule.covers(name) for name in outcome.given)
        }
    )
    says = f"denies {situation.principal} {_columns(rule)} of {situation.shape.dataset}"
    if over and not won:
        return _say(rule, f"{says}, but the exception {listing(over)} prevails", contributed=False)
    remedy = (
        f"{rule.origin} is a guardrail: it would have to be changed itself."
        if rule.tier is Tier.GUARDRAIL
        else f"{rule.origin} would have to change, or an exception be approved over it."
    )
    return _say(rule, says, contributed=True, remedy=remedy)


def _readable(rule: Rule, outcomes: Sequence[Outcome]) -> list[str]:
    return sorted(
        {
            name
            for outcome in outcomes
            for name, given in outcome.given.items()
            if rule.covers(name) and given.rows != NOTHING
        }
    )


def _filter(rule: Rule, situation: Situation, outcomes: Sequence[Outcome]) -> Reason:
    says = f"leaves {situation.principal} only the rows where {describe_filter(rule.filter)}"
    narrowed = any(rule.covers(name) for outcome in outcomes for name in outcome.given)
    if not narrowed:
        return _say(rule, f"{says}, of nothing that is granted", contributed=False)
    return _say(
        rule, says, contributed=True, remedy=f"For other rows, {rule.origin} would have to change."
    )


def _mask(rule: Rule, situation: Situation, outcomes: Sequence[Outcome]) -> Reason:
    assert rule.mask is not None
    columns = _readable(rule, outcomes)
    if not columns:
        return _say(
            rule, f"masks {_columns(rule)}, of which nothing is readable anyway", contributed=False
        )
    lifted = {name: situation.lifted(rule, name) for name in columns}
    by = sorted({exemption.origin for exemption in lifted.values() if exemption is not None})
    says = f"has {listing(columns)} {describe_mask(rule.mask)}"
    if by and all(lifted.values()):
        return _say(rule, f"{says}, which {listing(by)} lifts", contributed=False)
    stricter = all(
        strictest(given.masks) != rule.mask
        for outcome in outcomes
        for name, given in outcome.given.items()
        if rule.covers(name) and not lifted.get(name)
    )
    if stricter:
        says = f"{says}; together with others a stricter mask prevails"
    return _say(rule, says, contributed=True, remedy=_unmasking(rule))


def _unmasking(rule: Rule) -> str:
    if rule.tier is Tier.GUARDRAIL:
        return f"The mask of {rule.origin} is a guardrail, from which nobody is exempted."
    return f"To see it in full, an exemption from {rule.origin} would have to be approved."


def _exemption(rule: Rule, situation: Situation, outcomes: Sequence[Outcome]) -> Reason:
    lifting = sorted(
        {
            name
            for name in _readable(rule, outcomes)
            if any(mask.covers(name) and situation.lifted(mask, name) for mask in situation.masks)
        }
    )
    if not lifting:
        return _say(rule, f"exempts {_columns(rule)} from no mask that applies", contributed=False)
    return _say(rule, f"exempts {listing(lifting)} from the standard masks", contributed=True)


def _without_rule(situation: Situation, outcomes: Sequence[Outcome]) -> Iterator[Reason]:
    dataset = situation.shape.dataset
    if not situation.grants:
        yield Reason(
            "",
            "",
            False,
            f"Nothing grants {situation.principal} access to {dataset}.",
            f"Ask for access to {dataset}.",
        )
    given = {name for outcome in outcomes for name in outcome.given}
    unknown = [c.name for c in situation.shape.columns if not c.classified and c.name in given]
    if unknown:
        names = listing(unknown)
        text = f"{names} of {dataset} is left empty (NULL), as nobody has classified it yet."
        yield Reason("", "", True, text, f"Classify {names} of {dataset}.")
