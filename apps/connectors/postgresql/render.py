"""Rules into documents: what must stand in a PostgreSQL for them to be true; pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from psycopg.sql import SQL

from apps.connectors.contracts import Document, Inventory, Refused
from apps.connectors.names import parts
from apps.connectors.postgresql import names, statements
from apps.connectors.postgresql.cells import Cells, has, rows_of, scope
from apps.connectors.postgresql.facts import OPTIONS_SINCE
from apps.connectors.postgresql.keys import MaskKey
from apps.connectors.postgresql.masks import KEYED
from apps.connectors.postgresql.names import Home
from apps.connectors.postgresql.people import (
    Governed,
    People,
    Profile,
    gives_writing,
    unfit_subjects,
)
from apps.connectors.postgresql.roles import Closure
from apps.connectors.postgresql.sql import Filters, joined, text_of
from apps.semantics.filters import And, Exists, Filter, Not, Or
from apps.semantics.rules import Effect, Rule, Shape

ROWS, VIEW = "rows", "view"
"""The two modes: row security on the table itself, or a view of it under its own name."""

_TABLES = ("table", "partitioned_table")
_REFUSED_KINDS = {
    "materialized_view": "a materialised view keeps the rows that its refresher saw",
    "foreign_table": "a foreign table shows what its own server allows the mapped login",
    "partition": "a partition is read through its parent; decide about the parent",
}


@dataclass(frozen=True, slots=True)
class Scene:
    """What every table's document is made from."""

    home: Home
    inventory: Inventory
    people: People
    closure: Closure
    namesakes: Mapping[str, frozenset[str]]
    """The schemas that have something of a name."""
    key: MaskKey | None


def render(
    rules: Iterable[Rule],
    inventory: Inventory,
    *,
    home: Home,
    ours: frozenset[str],
    key: MaskKey | None,
) -> dict[str, Document]:
    """A document per governed table, and one about what their views share.

    Raises Refused with every reason found, not the first alone.
    """
    closure = Closure(inventory.roles)
    people = People(inventory.roles, ours)
    scene = Scene(home, inventory, people, closure, _schemas_by_name(inventory), key)
    by_dataset: dict[str, list[Rule]] = defaultdict(list)
    for rule in rules:
        by_dataset[rule.dataset].append(rule)
    documents: dict[str, Document] = {}
    reasons: list[str] = []
    for dataset, about in sorted(by_dataset.items()):
        try:
            document = _table(scene, dataset, about)
        except Refused as refused:
            reasons += refused.reasons
            continue
        if document is not None:
            documents[dataset] = document
    if reasons:
        raise Refused(*dict.fromkeys(reasons))
    if any(document["mode"] == VIEW for document in documents.values()):
        documents[names.DATABASE] = _database(scene, ours)
    return documents


def _table(scene: Scene, dataset: str, rules: Sequence[Rule]) -> Document | None:
    shape = scene.inventory.shapes.get(dataset)
    if shape is None:
        raise Refused(f"{dataset} is not there, or the last scan did not see it.")
    if any(rule.effect is Effect.GRANT and rule.principals is None for rule in rules):
        raise Refused(f"A grant on {dataset} does not say to whom, and nobody is assumed.")
    governed = scene.people.governed(rules, shape)
    unfit = unfit_subjects(rules, governed, scene.inventory, dataset, scene.closure)
    if not governed.everybody and not unfit:
        return None
    reasons = [
        *gives_writing(rules),
        *unfit,
        *_open_children(scene, governed, dataset),
    ]
    if shape.kind in _REFUSED_KINDS:
        reasons.append(f"{dataset} cannot be governed: {_REFUSED_KINDS[shape.kind]}.")
    if reasons:
        raise Refused(*reasons)
    if _mode(scene.inventory, shape, governed) == ROWS:
        return _rows_document(scene, shape, governed)
    return _view_document(scene, shape, governed) if governed.profiles else None


def _mode(inventory: Inventory, shape: Shape, governed: Governed) -> str:
    """Row security on the table, unless a cell, a path or somebody's COPY FROM forbids it."""
    on_the_table = (
        shape.kind in _TABLES
        and all(profile.is_plain for profile in governed.profiles)
        and not any(_follows(rows_of(profile)) for profile in governed.profiles)
        and not _copiers(inventory, shape.dataset)
    )
    return ROWS if on_the_table else VIEW


def _follows(filter: Filter) -> bool:
    match filter:
        case Exists():
            return True
        case Not(part):
            return _follows(part)
        case And(parts_) | Or(parts_):
            return any(_follows(each) for each in parts_)
        case _:
            return False


def _copiers(inventory: Inventory, dataset: str) -> bool:
    """Whether somebody beside the owner may INSERT: COPY FROM fails where row security is on."""
    return any(
        right.privilege == "INSERT" and not names.looks_ours(right.grantee)
        for right in inventory.privileges.get(dataset, ())
    )


def _open_children(scene: Scene, governed: Governed, dataset: str) -> Iterable[str]:
    """The governed people who may read a partition or child table directly."""
    inventory, closure = scene.inventory, scene.closure
    for child in inventory.bypasses.get(dataset, ()):
        shape = inventory.shapes.get(child)
        if shape is None or shape.kind not in (*_TABLES, "partition", "foreign_table"):
            continue
        readers = {
            right.grantee
            for right in inventory.privileges.get(child, ())
            if right.privilege == "SELECT"
        }
        for person in governed.everybody:
            if readers & (closure.reaches(person) | {""}):
                yield (
                    f"{person} may read {child} directly, which holds rows of {dataset} and knows "
                    f"none of its rules; revoke that first."
                )


def _rows_document(scene: Scene, shape: Shape, governed: Governed) -> Document:
    dataset = shape.dataset
    filters = Filters(shape, scene.inventory.shapes)
    subject = scene.home.everybody(dataset)
    by_role = _by_role(scene, dataset, governed)
    scopes = [scope(role, rows_of(profile), filters) for role, profile in by_role.items()]
    outside = SQL("(NOT {})").format(has(subject, "MEMBER"))
    return _finished(
        {
            "kind": "table",
            "dataset": dataset,
            "mode": ROWS,
            "options": _has_options(scene.inventory),
            "row_security": True,
            "subject": subject,
            "governed": list(governed.everybody),
            "roles": _roles(by_role),
            "row_policy": text_of(joined(" OR ", [outside, *scopes])),
            "pass_policy": True,
            "usage": parts(dataset)[0],
        }
    )


def _view_document(scene: Scene, shape: Shape, governed: Governed) -> Document:
    dataset = shape.dataset
    by_role = _by_role(scene, dataset, governed)
    key = _key(scene, dataset, governed)
    select, reads = Cells(shape, scene.inventory.shapes, by_role, key).select()
    return _finished(
        {
            "kind": "table",
            "dataset": dataset,
            "mode": VIEW,
            "options": _has_options(scene.inventory),
            "roles": _roles(by_role),
            "view": {
                "name": names.view_name(*parts(dataset), _namesakes(scene, dataset)),
                "owner": names.OWNER,
                "barrier": True,
                "select": select,
            },
            "reads": reads,
            "key": key,
            "usage": names.SCHEMA,
        }
    )


def _has_options(inventory: Inventory) -> bool:
    """Whether memberships have options; unknown is taken for a version that is new enough."""
    major = inventory.version.partition(".")[0]
    return not major.isdigit() or int(major) * 10000 >= OPTIONS_SINCE


def _by_role(scene: Scene, dataset: str, governed: Governed) -> dict[str, Profile]:
    return {scene.home.profile(dataset, each.key): each for each in governed.profiles}


def _roles(by_role: Mapping[str, Profile]) -> dict[str, Document]:
    return {
        role: {"members": list(profile.people), "columns": sorted(profile.columns)}
        for role, profile in by_role.items()
    }


def _key(scene: Scene, dataset: str, governed: Governed) -> str:
    keyed = sorted(
        {
            name
            for profile in governed.profiles
            for branch in profile.branches
            for name, mask in branch.columns
            if mask.function in KEYED
        }
    )
    if not keyed:
        return ""
    if scene.key is None:
        raise Refused(
            f"{', '.join(keyed)} of {dataset} would be hashed, and the system has no mask key."
        )
    return scene.key.id


def _namesakes(scene: Scene, dataset: str) -> frozenset[str]:
    """The other schemas that have something of the same name."""
    schema, name = parts(dataset)
    return scene.namesakes.get(name, frozenset()) - {schema}


def _schemas_by_name(inventory: Inventory) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for schema, name in map(parts, inventory.shapes):
        found[name].add(schema)
    return {name: frozenset(schemas) for name, schemas in found.items()}


def _database(scene: Scene, ours: frozenset[str]) -> Document:
    pinned = sorted(
        name for name, role in scene.inventory.roles.items() if role.superuser and role.login
    )
    return _finished(
        {
            "kind": names.DATABASE,
            "database": scene.home.dbname,
            "owner": {"name": names.OWNER, "plain": True, "member_of": [], "members": []},
            "schema": names.SCHEMA,
            "search_path": True,
            "unaffected": pinned,
        }
    )


def _finished(document: Document) -> Document:
    return {**document, "statements": statements.to_make(document)}
