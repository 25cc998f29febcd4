"""The one decision over rules: what one principal may read of one dataset at one instant."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from apps.semantics.branches import Way, joined
from apps.semantics.codec import canonical_text
from apps.semantics.filters import NOTHING, Filter
from apps.semantics.masks import NULL, PLAIN, Mask
from apps.semantics.reasons import reasons_for
from apps.semantics.rules import Action, Column, Decision, Effect, Rule, Shape, Tier
from apps.semantics.simplify import both, columns_of
from apps.semantics.situation import Given, Outcome, Situation


def decide(
    rules: Iterable[Rule], *, principal: str, shape: Shape, at: datetime, purpose: str = ""
) -> Decision:
    """What `principal` may read of the dataset at that instant, and why.

    Denied unless granted. A guardrail denies against everything, an exception grants against a
    standard denial, and otherwise a denial wins. Each grant shows its own columns in its own rows
    only; every FILTER rule narrows them, and every MASK rule, the grant's own masks and the mask
    of an unclassified column (NULL) apply together, the strictest winning. An exemption lifts the
    standard MASK rules of its columns and nothing else. A guardrail grants nothing.

    `purpose` empty asks as a system does that cannot tell purposes apart: rules of every purpose
    count. Otherwise only those of this purpose, or of none, do.
    """
    situation = _situation(rules, principal, shape, at, purpose)
    outcomes = tuple(_outcome(grant, situation) for grant in situation.grants)
    return Decision(
        principal=principal,
        dataset=shape.dataset,
        at=at,
        branches=joined((way for each in outcomes for way in _ways(each)), shape),
        reasons=reasons_for(situation, outcomes),
        next_change=_next_change(situation),
    )


def _situation(
    rules: Iterable[Rule], principal: str, shape: Shape, at: datetime, purpose: str
) -> Situation:
    about = sorted(
        (
            rule
            for rule in rules
            if rule.dataset == shape.dataset
            and rule.action is Action.READ
            and rule.names(principal)
            and (not purpose or rule.purpose in ("", purpose))
        ),
        key=lambda rule: (rule.origin, rule.key),
    )
    binding = [rule for rule in about if principal not in rule.excepted and rule.in_force(at)]
    by_effect: defaultdict[Effect, list[Rule]] = defaultdict(list)
    for rule in binding:
        by_effect[rule.effect].append(rule)
    return Situation(
        principal=principal,
        shape=shape,
        at=at,
        about=tuple(about),
        grants=tuple(by_effect[Effect.GRANT]),
        denials=tuple(by_effect[Effect.DENY]),
        masks=tuple(rule for rule in by_effect[Effect.MASK] if not rule.is_exemption),
        exemptions=tuple(rule for rule in by_effect[Effect.MASK] if rule.is_exemption),
        filters=tuple(by_effect[Effect.FILTER]),
    )


def _outcome(grant: Rule, situation: Situation) -> Outcome:
    """What becomes of each column of one grant: denied by a rule, or given with mask and rows."""
    if grant.tier is Tier.GUARDRAIL:
        return Outcome(grant, {}, {})
    denied: dict[str, Rule] = {}
    given: dict[str, Given] = {}
    rows: dict[tuple[int, ...], Filter] = {}
    for column in situation.shape.columns:
        if not grant.covers(column.name):
            continue
        denial = next((d for d in situation.denials if _beats(d, grant, column.name)), None)
        if denial is not None:
            denied[column.name] = denial
            continue
        narrowing = tuple(n for n, f in enumerate(situation.filters) if f.covers(column.name))
        if narrowing not in rows:
            rules = (grant, *(situation.filters[n] for n in narrowing))
            rows[narrowing] = _rows(rules, situation.shape)
        given[column.name] = Given(_masks(grant, column, situation), rows[narrowing])
    return Outcome(grant, denied, given)


def _beats(denial: Rule, grant: Rule, column: str) -> bool:
    return denial.covers(column) and (
        denial.tier is not Tier.STANDARD or grant.tier is not Tier.EXCEPTION
    )


def _rows(rules: Iterable[Rule], shape: Shape) -> Filter:
    """The rows that all these rules leave; none where one looks at a column that is not there."""
    known = {column.name for column in shape.columns}
    filters = [rule.filter for rule in rules]
    if any(not columns_of(filter) <= known for filter in filters):
        return NOTHING
    return both(filters)


def _masks(grant: Rule, column: Column, situation: Situation) -> frozenset[Mask]:
    masks = {mask.mask for mask in situation.masks_on(column.name) if mask.mask is not None}
    masks |= {mask for name, mask in grant.masks if name == column.name}
    if not column.classified:
        masks.add(NULL)
    return frozenset(masks - {PLAIN})


def _ways(outcome: Outcome) -> Iterable[Way]:
    """One way in for each set of rows of this grant; several only by filters of some columns."""
    by_rows: defaultdict[str, dict[str, Given]] = defaultdict(dict)
    for column, given in outcome.given.items():
        by_rows[canonical_text(given.rows)][column] = given
    for group in by_rows.values():
        rows = next(iter(group.values())).rows
        if rows != NOTHING:
            masks = {column: given.masks for column, given in group.items()}
            yield Way(masks, rows, frozenset({outcome.grant.origin}))


def _next_change(situation: Situation) -> datetime | None:
    """The next instant at which a rule about the principal begins or ends."""
    bounds = (
        bound
        for rule in situation.about
        if situation.principal not in rule.excepted
        for bound in (rule.valid_from, rule.until)
    )
    return min(
        (bound for bound in bounds if bound is not None and bound > situation.at), default=None
    )
