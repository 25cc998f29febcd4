"""Ways past a rule on one dataset: what else holds or shows its rows, and rights beside SELECT."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from apps.connectors.contracts import Bypass, Role, ScannedPrivilege
from apps.connectors.names import parts
from apps.connectors.postgresql.leaks_roles import gaining, statement
from apps.connectors.postgresql.listing import OURS, Function, Listing
from apps.connectors.postgresql.names import mark_in
from apps.connectors.postgresql.roles import Closure

_WORD = re.compile(r'"((?:[^"]|"")+)"|([A-Za-z_\u0080-\uffff][\w$]*)')
_DYNAMIC = re.compile(r"\bexecute\b", re.IGNORECASE)

_SIDE_RIGHTS = {
    "TRIGGER": (
        "trigger",
        "can put a trigger on {dataset}, and a trigger sees every row that anybody writes there",
    ),
    "REFERENCES": (
        "key_oracle",
        "can reference {dataset}, and so try out which keys exist in it",
    ),
    "TRUNCATE": (
        "truncate",
        "can empty {dataset}: TRUNCATE is not held back by a row filter",
    ),
}


@dataclass(slots=True)
class _Scene:
    """What the searches below share: relations, rights and who reaches whom."""

    listing: Listing
    names: dict[int, str]
    roles: Mapping[str, Role]
    closure: Closure
    readers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    holders: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    owner: dict[str, str] = field(default_factory=dict)
    kind: dict[str, str] = field(default_factory=dict)
    ours: set[str] = field(default_factory=set)
    invoker: set[str] = field(default_factory=set)
    shows: dict[str, str] = field(default_factory=dict)
    """The dataset that each view of ours is of."""

    def people(self, grantees: Iterable[str]) -> tuple[str, ...]:
        return gaining(set(grantees), self.closure)

    def may_read(self, role: str, dataset: str) -> bool:
        """Whether this role sees the dataset, be it as its owner, by a right or as a superuser."""
        known = self.roles.get(role)
        if known is None or known.superuser or self.owner[dataset] == role:
            return True
        reached = self.closure.uses(role) | {""}
        return bool(
            self.readers[dataset] & reached
            or self.owner[dataset] in reached
            or "pg_read_all_data" in reached
        )


def over_datasets(
    listing: Listing,
    names: dict[int, str],
    roles: Mapping[str, Role],
    closure: Closure,
    privileges: tuple[ScannedPrivilege, ...],
) -> Iterator[Bypass]:
    """Everything about single datasets that is not our own work."""
    scene = _Scene(listing, names, roles, closure)
    for oid, schema, _, kind, _, owner, comment, invoker, _, _ in listing.relations:
        name = names[oid]
        scene.owner[name], scene.kind[name] = owner, kind
        if schema in OURS:
            scene.ours.add(name)
            scene.shows[name] = str(mark_in(comment).get("dataset", ""))
        if invoker:
            scene.invoker.add(name)
    for right in privileges:
        if right.privilege == "SELECT":
            scene.readers[right.dataset].add(right.grantee)
        scene.holders[right.dataset, right.privilege].add(right.grantee)
    for search in (_views, _relatives, _side_rights, _public, _functions, _published):
        yield from search(scene)
    for search in (_foreign, _rules, _cascades):
        yield from search(scene)


def _views(scene: _Scene) -> Iterator[Bypass]:
    """Views and materialised views that read a dataset as somebody other than their reader."""
    above: dict[str, set[str]] = defaultdict(set)
    for oid, relation, is_view, _ in scene.listing.reads:
        if is_view and oid in scene.names and relation in scene.names:
            above[scene.names[oid]].add(scene.names[relation])
    shown: dict[str, tuple[frozenset[str], frozenset[str]]] = {}
    for view in sorted(above):
        if view in scene.ours:
            continue
        _, as_others = _seen_through(view, above, scene, shown)
        people = scene.people(scene.readers[view])
        stored = scene.kind[view] == "m"
        for dataset in sorted(as_others):
            yield Bypass(
                kind="materialized_view" if stored else "definer_view",
                dataset=dataset,
                through=view,
                principals=people,
                text=(
                    f"{view} keeps a copy of rows of {dataset} as its owner saw them."
                    if stored
                    else f"{view} reads {dataset} with its owner's rights, not its reader's."
                ),
                remedy=_revoke_select(view, scene.readers[view])
                if stored or scene.listing.version < 150000
                else statement("ALTER VIEW {}.{} SET (security_invoker = true)", *parts(view)),
            )


def _seen_through(
    name: str,
    above: Mapping[str, set[str]],
    scene: _Scene,
    shown: dict[str, tuple[frozenset[str], frozenset[str]]],
) -> tuple[frozenset[str], frozenset[str]]:
    """What is read behind `name`: as the one who asks, and as somebody else."""
    if name not in above:
        return frozenset({name}), frozenset()
    if name not in shown:
        shown[name] = frozenset(), frozenset()  # a view cannot read itself, but be safe
        below = [_seen_through(one, above, scene, shown) for one in above[name]]
        asker = frozenset().union(*(one[0] for one in below))
        others = frozenset().union(*(one[1] for one in below))
        if name in scene.ours:  # tests the caller itself: what it shows is what was decided
            asker, others = frozenset({name}), frozenset()
        elif name not in scene.invoker:
            asker, others = frozenset(), others | asker
        shown[name] = asker, others
    return shown[name]


def _relatives(scene: _Scene) -> Iterator[Bypass]:
    """Children asked directly, which know no rule of the parent, and parents, the other way."""
    lineage: dict[int, list[int]] = defaultdict(list)
    for child, parent in scene.listing.parents:
        if child in scene.names and parent in scene.names:
            lineage[child].append(parent)
    for child, parents in lineage.items():
        waiting, seen = list(parents), set[int]()
        while waiting:
            parent = waiting.pop()
            if parent in seen:
                continue
            seen.add(parent)
            waiting += lineage.get(parent, [])
            yield from _between(scene, scene.names[parent], scene.names[child])


def _between(scene: _Scene, parent: str, child: str) -> Iterator[Bypass]:
    yield Bypass(
        kind="child",
        dataset=parent,
        through=child,
        principals=scene.people(scene.readers[child]),
        text=f"{child} holds rows of {parent} and can be asked directly, past {parent}'s rules.",
        remedy=_revoke_select(child, scene.readers[child]),
    )
    people = scene.people(scene.readers[parent])
    if people:
        yield Bypass(
            kind="parent",
            dataset=child,
            through=parent,
            principals=people,
            text=f"{parent} shows the rows of {child} under {parent}'s rules, not under its own.",
            remedy=f"Govern {parent} instead of {child}.",
        )


def _side_rights(scene: _Scene) -> Iterator[Bypass]:
    for (dataset, privilege), grantees in scene.holders.items():
        if privilege not in _SIDE_RIGHTS or dataset in scene.ours or scene.kind[dataset] in "vm":
            continue
        kind, does = _SIDE_RIGHTS[privilege]
        people = scene.people(grantees)
        if people:
            who = ", ".join(sorted(grantee or "PUBLIC" for grantee in grantees))
            yield Bypass(
                kind=kind,
                dataset=dataset,
                through=privilege,
                principals=people,
                text=f"{who} {does.format(dataset=dataset)}.",
                remedy=_revoke(privilege, dataset, grantees),
            )


def _public(scene: _Scene) -> Iterator[Bypass]:
    for dataset, grantees in scene.readers.items():
        if "" in grantees and dataset not in scene.ours:
            yield Bypass(
                kind="public",
                dataset=dataset,
                through="PUBLIC",
                principals=("PUBLIC",),
                text=f"Everybody who can connect may read {dataset}, whoever they are.",
                remedy=_revoke_select(dataset, {""}),
            )


def _functions(scene: _Scene) -> Iterator[Bypass]:
    """SECURITY DEFINER functions: certain where PostgreSQL knows what they read, else possible."""
    by_name: dict[str, list[str]] = defaultdict(list)
    for name in scene.names.values():
        by_name[parts(name)[1]].append(name)
    for function in scene.listing.functions:
        people = scene.people(function.callers)
        if not people or function.schema in OURS:
            continue
        certain = {scene.names[oid] for oid in function.reads if oid in scene.names}
        possible = set() if function.parsed else _mentioned(function, by_name) - certain
        for name in sorted(certain | possible):
            # A view of ours shows a function what its owner may see, whoever calls it.
            dataset = scene.shows.get(name, "") if name in scene.ours else name
            if dataset and scene.may_read(function.owner, name):
                yield _through_function(function, dataset, people, name in certain)
        if not function.parsed and _DYNAMIC.search(function.source):
            yield _through_function(function, "", people, False)


def _mentioned(function: Function, by_name: Mapping[str, list[str]]) -> set[str]:
    """The datasets whose names stand in the body, within the schemas that the function sees.

    Names are compared folded as PostgreSQL folds them; strings are read too, for what they may
    hold is dynamic SQL.
    """
    words = {
        quoted.replace('""', '"') if quoted else plain.lower()
        for quoted, plain in _WORD.findall(function.source)
    }
    path = {one.strip().strip('"') for one in function.search_path.split(",") if one.strip()}
    schemas = (path or {"public", function.schema, *OURS}) | words
    return {
        name
        for word in words & by_name.keys()
        for name in by_name[word]
        if parts(name)[0] in schemas
    }


def _through_function(
    function: Function, dataset: str, people: tuple[str, ...], certain: bool
) -> Bypass:
    what = dataset or "whatever it puts together, for it runs dynamic SQL"
    verb = "reads" if certain else "may read"
    return Bypass(
        kind="definer_function" if dataset else "dynamic_function",
        dataset=dataset,
        through=function.name,
        principals=people,
        text=f"The function {function.name} {verb} {what} with the rights of {function.owner}.",
        remedy=f"ALTER FUNCTION {function.name} SECURITY INVOKER",
    )


def _published(scene: _Scene) -> Iterator[Bypass]:
    people = tuple(sorted(person for person in scene.closure.people if _replicates(scene, person)))
    for publication, relation in scene.listing.publications:
        if people and relation in scene.names and scene.names[relation] not in scene.ours:
            dataset = scene.names[relation]
            yield Bypass(
                kind="publication",
                dataset=dataset,
                through=publication,
                principals=people,
                text=f"The publication {publication} hands every changed row of {dataset} to "
                "whoever may replicate, with no SELECT and no filter.",
                remedy=statement(
                    "ALTER PUBLICATION {} DROP TABLE {}.{}", publication, *parts(dataset)
                ),
            )


def _replicates(scene: _Scene, person: str) -> bool:
    return any(
        role in scene.roles and scene.roles[role].replication
        for role in scene.closure.becomes(person)
    )


def _foreign(scene: _Scene) -> Iterator[Bypass]:
    """Foreign tables that may lead back into this very database, past the reader's own rights."""
    known = set(scene.names.values())
    for table, server, wrapper, database, schema, name in scene.listing.foreign:
        if wrapper != "postgres_fdw" or database not in ("", scene.listing.database):
            continue
        if table not in scene.names:
            continue
        through = scene.names[table]
        own_schema, own_name = parts(through)
        dataset = f"{schema or own_schema}.{name or own_name}"
        people = scene.people(scene.readers[through])
        if dataset in known and dataset != through:
            yield Bypass(
                kind="foreign_table",
                dataset=dataset,
                through=through,
                principals=people,
                text=f"The foreign table {through} may read {dataset} through the server {server} "
                "with the rights of its user mapping.",
                remedy=_revoke_select(through, scene.readers[through]),
            )


def _rules(scene: _Scene) -> Iterator[Bypass]:
    """Rewrite rules that touch a dataset with the rights of another table's owner."""
    for relation, read, is_view, rule in scene.listing.reads:
        if is_view or relation not in scene.names or read not in scene.names:
            continue
        on, dataset = scene.names[relation], scene.names[read]
        writers: set[str] = set()
        for privilege in ("INSERT", "UPDATE", "DELETE"):
            writers |= scene.holders[on, privilege]
        people = scene.people(writers)
        if people and dataset not in scene.ours:
            yield Bypass(
                kind="rule",
                dataset=dataset,
                through=f"{rule} on {on}",
                principals=people,
                text=f"The rule {rule} on {on} touches {dataset} with the rights of {on}'s owner.",
                remedy=statement("DROP RULE {} ON {}.{}", rule, *parts(on)),
            )


def _cascades(scene: _Scene) -> Iterator[Bypass]:
    """Deletes and updates that a foreign key carries on into rows which the caller cannot see."""
    for child, name, kind, _, parent, _, action in scene.listing.keys:
        if kind != "f" or action not in "cnd" or child not in scene.names:
            continue
        if parent not in scene.names:
            continue
        dataset, above = scene.names[child], scene.names[parent]
        deleters = scene.holders[above, "DELETE"]
        people = scene.people(deleters)
        if people and dataset not in scene.ours:
            yield Bypass(
                kind="cascade",
                dataset=dataset,
                through=f"{name} to {above}",
                principals=people,
                text=f"Deleting a row of {above} changes rows of {dataset} that are hidden from "
                "the one who deletes.",
                remedy=_revoke("DELETE", above, deleters),
            )


def _revoke_select(dataset: str, grantees: Iterable[str]) -> str:
    return _revoke("SELECT", dataset, grantees)


def _revoke(privilege: str, dataset: str, grantees: Iterable[str]) -> str:
    return "; ".join(
        statement(
            f"REVOKE {privilege} ON {{}}.{{}} FROM " + ("{}" if grantee else "PUBLIC"),
            *parts(dataset),
            *([grantee] if grantee else []),
        )
        for grantee in sorted(grantees)
    )
