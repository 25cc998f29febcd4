"""Whom the rules of a dataset govern, and in which few ways they see it."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property

from apps.connectors.contracts import Inventory, Refused, Role
from apps.connectors.postgresql.names import looks_ours
from apps.connectors.postgresql.roles import Closure
from apps.semantics.codec import canonical_text, encode_masks
from apps.semantics.decide import decide
from apps.semantics.implication import implies
from apps.semantics.masks import PLAIN, strictest
from apps.semantics.rules import Action, Branch, Decision, Effect, Rule, Shape

_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Profile:
    """One way to see a dataset, and the roles that log in and see it so."""

    key: str
    """Equal for equal ways, in canonical JSON."""
    branches: tuple[Branch, ...]
    people: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is readable in some row."""
        return tuple(dict.fromkeys(name for branch in self.branches for name, _ in branch.columns))

    @property
    def is_plain(self) -> bool:
        """Whether one set of columns, unmasked, in one set of rows is all there is to it."""
        return len(self.branches) == 1 and all(
            mask == PLAIN for _, mask in self.branches[0].columns
        )


@dataclass(frozen=True, slots=True)
class Governed:
    """The roles that log in and that the rules of a dataset are about, by the way they see it."""

    profiles: tuple[Profile, ...]
    """The widest first, so that who has several by becoming somebody else has the widest."""
    denied: tuple[str, ...]
    """Those who may see nothing of it."""

    @property
    def everybody(self) -> tuple[str, ...]:
        """All of them, in order."""
        return tuple(sorted({*self.denied, *(p for each in self.profiles for p in each.people)}))


class People:
    """The roles of a system, seen from the rules; `ours` are our own logins, never governed."""

    def __init__(self, roles: Mapping[str, Role], ours: frozenset[str]) -> None:
        self._roles = roles
        self._closure = Closure(roles)
        self._logins = tuple(
            name
            for name, role in sorted(roles.items())
            if role.login and not role.superuser and name not in ours and not looks_ours(name)
        )

    def materialised(self, rules: Iterable[Rule]) -> tuple[Rule, ...]:
        """The rules with each role replaced by all those who log in and can act as it.

        What a role is refused binds whoever is a member by any path; what it is given, or spared,
        whoever inherits it or can become it.
        """
        return tuple(
            replace(
                rule,
                principals=None if rule.principals is None else self._acting_as(rule.principals),
                excepted=self._spared(rule.excepted),
            )
            for rule in rules
        )

    def governed(self, rules: Sequence[Rule], shape: Shape) -> Governed:
        """Decide for everybody whom a grant, or a denial of the whole dataset, is about."""
        spread = self.materialised(_timeless(rules))
        names = {
            name
            for rule in spread
            if rule.effect is Effect.GRANT or (rule.effect is Effect.DENY and rule.columns is None)
            for name in (rule.principals or ())
        }
        by_way: dict[str, tuple[tuple[Branch, ...], list[str]]] = {}
        known: dict[tuple[int, ...], Decision] = {}
        for name in sorted(names):
            about = tuple(
                n for n, rule in enumerate(spread) if rule.names(name) and name not in rule.excepted
            )
            if about not in known:
                known[about] = decide(
                    (_for_anybody(spread[n]) for n in about),
                    principal=name,
                    shape=shape,
                    at=_ANY_TIME,
                )
            branches = known[about].branches
            by_way.setdefault(_key(branches), (branches, []))[1].append(name)
        profiles = [
            Profile(key, branches, tuple(people))
            for key, (branches, people) in by_way.items()
            if branches
        ]
        profiles.sort(key=lambda one: (-sum(_within(each, one) for each in profiles), one.key))
        denied = tuple(by_way.get(_key(()), ((), []))[1])
        found = Governed(tuple(profiles), denied)
        self._refuse_borrowed_ways(found, shape)
        return found

    def _acting_as(self, named: frozenset[str]) -> frozenset[str]:
        known = {login for name in named for login in self._reaching.get(name, ())}
        return frozenset(known | {name for name in named if name not in self._roles})

    def _spared(self, named: frozenset[str]) -> frozenset[str]:
        return frozenset(login for name in named for login in self._using.get(name, ()))

    @cached_property
    def _reaching(self) -> Mapping[str, frozenset[str]]:
        return _turned({login: self._closure.reaches(login) for login in self._logins})

    @cached_property
    def _using(self) -> Mapping[str, frozenset[str]]:
        return _turned({login: self._closure.uses(login) for login in self._logins})

    def _refuse_borrowed_ways(self, governed: Governed, shape: Shape) -> None:
        """Who can act as somebody else must not see more as that somebody than as decided."""
        ways = {person: each for each in governed.profiles for person in each.people}
        reasons = [
            f"{person} can act as {other}, who sees more of {shape.dataset} than was decided for "
            f"{person}; end that membership, or decide alike for both."
            for person in governed.everybody
            for other in sorted(self._closure.reaches(person) & ways.keys() - {person})
            if person not in ways or not _within(ways[other], ways[person])
        ]
        if reasons:
            raise Refused(*reasons)


def _turned(roles: Mapping[str, frozenset[str]]) -> Mapping[str, frozenset[str]]:
    """Given the roles of each login, the logins of each role."""
    found: dict[str, set[str]] = defaultdict(set)
    for login, several in roles.items():
        for role in several:
            found[role].add(login)
    return {role: frozenset(logins) for role, logins in found.items()}


def _within(inner: Profile, outer: Profile) -> bool:
    """Whether whoever sees in the outer way sees every cell of the inner one at least as well."""
    return all(any(_covers(wide, each) for wide in outer.branches) for each in inner.branches)


def _covers(wide: Branch, narrow: Branch) -> bool:
    masks = dict(wide.columns)
    return implies(narrow.filter, wide.filter) and all(
        column in masks and strictest((mask, masks[column])) == mask
        for column, mask in narrow.columns
    )


def _timeless(rules: Iterable[Rule]) -> list[Rule]:
    """Who renders has chosen the rules that are in force; PostgreSQL knows no instant."""
    return [replace(rule, valid_from=None, until=None) for rule in rules]


def _for_anybody(rule: Rule) -> Rule:
    return replace(rule, principals=None, excepted=frozenset())


def _key(branches: tuple[Branch, ...]) -> str:
    return json.dumps(
        sorted(
            [canonical_text(branch.filter), encode_masks(dict(branch.columns))]
            for branch in branches
        ),
        sort_keys=True,
    )


def unfit_subjects(
    rules: Iterable[Rule],
    governed: Governed,
    inventory: Inventory,
    dataset: str,
    closure: Closure,
) -> list[str]:
    """Why somebody whom the rules govern cannot be held to them, one sentence each."""
    named = {
        name for rule in rules if rule.effect is Effect.GRANT for name in rule.principals or ()
    }
    people = sorted(named | set(governed.everybody))
    return [reason for name in people for reason in _unfit(name, closure, inventory, dataset)]


def _unfit(name: str, closure: Closure, inventory: Inventory, dataset: str) -> list[str]:
    role = inventory.roles.get(name)
    if role is None:
        return [f"{name} is no role of this system, or the last scan did not see it."]
    if role.superuser:
        return [f"{name} is a superuser: nothing that is decided about {dataset} would hold."]
    reasons = []
    becomes = {inventory.roles[each] for each in closure.becomes(name) if each in inventory.roles}
    for other in sorted(becomes, key=lambda each: each.name):
        who = name if other.name == name else f"{name} can become {other.name}, which"
        if other.superuser:
            reasons.append(f"{who} is a superuser: nothing decided about {dataset} would hold.")
        elif other.bypass_rls:
            reasons.append(f"{who} has BYPASSRLS: row filters on {dataset} would not hold.")
    reached = closure.reaches(name)
    owner = inventory.owners.get(dataset, "")
    if owner and owner in reached:
        reasons.append(
            f"{name} owns {dataset} or can act as its owner {owner}: an owner is not held back."
        )
    if "pg_read_all_data" in reached:
        reasons.append(f"{name} is a member of pg_read_all_data, which reads {dataset} raw.")
    return reasons


def gives_writing(rules: Iterable[Rule]) -> list[str]:
    """The sentence for each rule that would let somebody write."""
    return [
        f"{rule.origin} lets somebody write {rule.dataset}; in PostgreSQL only reading is governed."
        for rule in rules
        if rule.action is Action.WRITE and rule.effect is Effect.GRANT
    ]
