"""Policies into rules: who is meant, which columns are meant, and what is said of them; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from apps.core.refs import Ref
from apps.policies.definition import Level, Resource, Standing, Subject, SubjectKind, TagMask
from apps.policies.estate import Estate, Facts, Person
from apps.policies.expressions import holds
from apps.semantics.filters import EVERYTHING, NOTHING, Filter
from apps.semantics.masks import PLAIN, Mask, MaskFunction, strictest
from apps.semantics.rules import Effect, Rule, Tier
from apps.semantics.simplify import attributes_of, bind, is_nothing


@dataclass(frozen=True, slots=True)
class Said:
    """A policy's terms in one version; `domain` is the key of the domain it is limited to."""

    origin: Ref
    effect: Effect
    tier: Tier
    definition: Standing
    domain: str = ""
    valid_from: datetime | None = None
    until: datetime | None = None

    @property
    def gives(self) -> bool:
        """Whether leaving a rule of it out could only take access away."""
        mask = self.definition.mask
        exempts = mask is not None and mask.function is MaskFunction.NONE
        return self.effect is Effect.GRANT or exempts


def rules_for(said: Said, estate: Estate) -> tuple[Rule, ...]:
    """The rules that this policy makes in this system, in a fixed order, each with its own key.

    A restriction upon everyone is one upon every principal, also those whom we do not know; a
    grant to everyone is one to the active people with an account. Where the rows depend on the
    person, each person has a rule of their own, and whoever lacks the attribute gets no row.
    """
    rules: list[Rule] = []
    for facts in sorted(estate.datasets, key=lambda each: each.qualified):
        if said.domain and said.domain != facts.domain:
            continue
        columns = columns_meant(said.definition.resource, facts, classified=said.gives)
        if columns is not None and not columns:
            continue
        rules.extend(_for_dataset(said, estate, facts, columns))
    return tuple(rules)


def is_meant(subjects: tuple[Subject, ...], person: Person, domain: str = "") -> bool:
    """Whether the person is one of the subjects; a role counts in `domain` or held everywhere."""
    return any(_is(subject, person, domain) for subject in subjects)


def columns_meant(
    resource: Resource, facts: Facts, *, classified: bool = False
) -> frozenset[str] | None:
    """The columns of the dataset that it is about; None for all, empty for none.

    With `classified`, tags choose only columns that somebody has classified: what is not said to
    be something is not given because it is not said to be something else.
    """
    if resource.tags is None:
        for chosen in resource.datasets:
            if chosen.dataset == facts.key:
                return chosen.columns
        return frozenset()
    if not facts.chosen_by_tags:
        return frozenset()
    if resource.level is Level.DATASET:
        everything = facts.tags.union(*facts.columns.values())
        return None if holds(resource.tags, everything) else frozenset()
    return frozenset(
        column
        for column, tags in facts.columns.items()
        if (tags or not classified) and holds(resource.tags, tags | facts.tags)
    )


def masks_meant(masks: tuple[TagMask, ...], facts: Facts) -> dict[str, Mask]:
    """The strictest of the masks whose tags choose the column, by column."""
    found = {
        column: strictest(each.mask for each in masks if holds(each.tags, tags | facts.tags))
        for column, tags in facts.columns.items()
    }
    return {column: mask for column, mask in found.items() if mask != PLAIN}


def _is(subject: Subject, person: Person, domain: str) -> bool:
    match subject.kind:
        case SubjectKind.EVERYONE:
            return True
        case SubjectKind.USER:
            return subject.key == person.email
        case SubjectKind.TEAM:
            return subject.key in person.teams
        case SubjectKind.ROLE:
            return bool({(subject.key, ""), (subject.key, domain)} & person.roles)


def _for_dataset(
    said: Said, estate: Estate, facts: Facts, columns: frozenset[str] | None
) -> Iterator[Rule]:
    definition = said.definition
    subjects = definition.subjects
    meant = [
        person
        for person in estate.people
        if (person.active or not said.gives)
        and is_meant(subjects.any_of, person, said.domain)
        and not is_meant(subjects.excepted, person, said.domain)
    ]
    spared = frozenset(
        person.account
        for person in estate.people
        if is_meant(subjects.excepted, person, said.domain)
    )
    everyone = any(subject.kind is SubjectKind.EVERYONE for subject in subjects.any_of)
    upon_all = everyone and not said.gives
    if attributes_of(definition.filter):
        yield from _by_person(said, facts, columns, meant)
        if upon_all:
            known = spared | {person.account for person in meant}
            yield _rule(said, facts, columns, "others", None, known, NOTHING)
    elif upon_all:
        yield _rule(said, facts, columns, "", None, spared, definition.filter)
    elif meant:
        people = frozenset(person.account for person in meant)
        yield _rule(said, facts, columns, "", people, frozenset(), definition.filter)


def _by_person(
    said: Said, facts: Facts, columns: frozenset[str] | None, meant: list[Person]
) -> Iterator[Rule]:
    """People whose attributes choose the same rows share a rule."""
    by_rows: dict[Filter, set[str]] = {}
    for person in meant:
        rows = bind(said.definition.filter, person.attributes)
        if said.effect is not Effect.GRANT or not is_nothing(rows):
            by_rows.setdefault(rows, set()).add(person.account)
    for rows, accounts in by_rows.items():
        yield _rule(said, facts, columns, min(accounts), frozenset(accounts), frozenset(), rows)


def _rule(  # noqa: PLR0917
    said: Said,
    facts: Facts,
    columns: frozenset[str] | None,
    part: str,
    principals: frozenset[str] | None,
    excepted: frozenset[str],
    rows: Filter,
) -> Rule:
    giving = said.effect is Effect.GRANT
    masks = masks_meant(said.definition.masks, facts) if giving else {}
    return Rule(
        key=f"{facts.qualified}/{part}" if part else facts.qualified,
        origin=said.origin,
        effect=said.effect,
        dataset=facts.qualified,
        principals=principals,
        excepted=excepted,
        columns=columns,
        tier=said.tier,
        filter=rows if said.effect in (Effect.GRANT, Effect.FILTER) else EVERYTHING,
        mask=said.definition.mask,
        masks=_among(masks, columns),
        valid_from=said.valid_from,
        until=said.until,
        purpose=said.definition.purpose,
    )


def _among(
    masks: Mapping[str, Mask], columns: frozenset[str] | None
) -> tuple[tuple[str, Mask], ...]:
    return tuple(
        (column, mask) for column, mask in masks.items() if columns is None or column in columns
    )
