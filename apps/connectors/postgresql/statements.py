"""Documents as the statements that make them, in the order in which they are sent; pure."""

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache

from psycopg import sql
from psycopg.sql import SQL, Composable, Identifier

from apps.connectors.contracts import Document
from apps.connectors.names import parts
from apps.connectors.postgresql import names, settings
from apps.connectors.postgresql.sql import joined, table, text_of

_KNOWN = 1 << 15
"""So many documents are remembered in words, at some three kilobytes each."""


def to_make(document: Document) -> list[str]:
    """The statements that make this document from nothing, for people to read before they run.

    The comments that carry our mark are left out: they repeat what is there already.
    """
    return list(_written(json.dumps(document, sort_keys=True)))


@lru_cache(maxsize=_KNOWN)
def _written(canonical: str) -> tuple[str, ...]:
    """A pass comes by the same document three times: as wanted, as it stands, and read back."""
    document: Document = json.loads(canonical)
    if document["kind"] == names.DATABASE:
        return tuple(text_of(each) for each in _to_share(document))
    made = [*roles(document), *_memberships(document)]
    if "row_policy" in document:
        made += [*row_rights(document), *row_policies(document, passing=True)]
    if "view" in document:
        made += [*reading(document), *view(document), *view_rights(document)]
    texts = (text_of(each) for each in made)
    return tuple(text for text in texts if not text.startswith("COMMENT ON "))


# Roles


def roles(document: Document) -> Iterator[Composable]:
    """Make the roles of a document."""
    for role in role_names(document):
        yield SQL("CREATE ROLE {} NOLOGIN").format(Identifier(role))


def role_names(document: Document) -> list[str]:
    """The roles that a document needs, that of everybody it restricts last."""
    subject = document.get("subject", "")
    return [*sorted(document["roles"]), *([subject] if subject else [])]


def mark_role(role: str, dataset: str) -> Composable:
    """Say whose and for what the role is."""
    mark = names.mark_of(dataset=dataset)
    return SQL("COMMENT ON ROLE {} IS {}").format(Identifier(role), sql.Literal(mark))


def _memberships(document: Document) -> Iterator[Composable]:
    for role, members in members_of(document).items():
        for member in members:
            yield add_member(role, member, options=document["options"])


def members_of(document: Document) -> dict[str, list[str]]:
    """Who belongs to each role of a document.

    The roles themselves are restricted too: before 16 their members can SET ROLE to them.
    """
    found = {role: list(each["members"]) for role, each in sorted(document["roles"].items())}
    if subject := document.get("subject", ""):
        found[subject] = [*document["governed"], *sorted(document["roles"])]
    return found


def add_member(role: str, member: str, *, options: bool) -> Composable:
    """Make a person a member, to have the role's rights and never to act as it."""
    statement = "GRANT {} TO {} WITH INHERIT TRUE, SET FALSE" if options else "GRANT {} TO {}"
    return SQL(statement).format(Identifier(role), Identifier(member))


def end_member(role: str, member: str, grantor: str, *, options: bool) -> Composable:
    """End a membership; since 16 each grantor's is one of its own, before there is one in all."""
    by = SQL(" GRANTED BY {}").format(Identifier(grantor)) if options else SQL("")
    return SQL("REVOKE {} FROM {}{} CASCADE").format(Identifier(role), Identifier(member), by)


# Row security on the table itself


def row_rights(document: Document) -> Iterator[Composable]:
    """Let each role read its columns of the table."""
    for role, each in sorted(document["roles"].items()):
        yield use_schema(document["usage"] or parts(document["dataset"])[0], role)
        yield select(table(document["dataset"]), each["columns"], role)


def row_policies(document: Document, *, passing: bool) -> Iterator[Composable]:
    """Restrict the governed; `passing` keeps the table open for others where it was not closed."""
    on = table(document["dataset"])
    if passing:
        yield SQL(
            "CREATE POLICY {} ON {} AS PERMISSIVE FOR ALL TO PUBLIC USING (true) WITH CHECK (true)"
        ).format(Identifier(names.PASS_POLICY), on)
        mark = names.mark_of(dataset=document["dataset"])
        yield mark_policy(names.PASS_POLICY, on, mark)
    yield SQL("CREATE POLICY {} ON {} AS RESTRICTIVE FOR ALL TO PUBLIC USING ({})").format(
        Identifier(names.ROW_POLICY), on, SQL(document["row_policy"])
    )
    mark = names.mark_of(
        dataset=document["dataset"], using=document["row_policy"], **{"pass": passing}
    )
    yield mark_policy(names.ROW_POLICY, on, mark)
    yield SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(on)


def mark_policy(policy: str, on: Composable, mark: str) -> Composable:
    """Say whose and for what the policy is."""
    return SQL("COMMENT ON POLICY {} ON {} IS {}").format(Identifier(policy), on, sql.Literal(mark))


# A view of the table


def reading(document: Document) -> Iterator[Composable]:
    """Let the owner of our views read what the view reads."""
    for dataset, columns in document["reads"].items():
        yield use_schema(parts(dataset)[0], names.OWNER)
        yield select(table(dataset), columns, names.OWNER)


def view(document: Document, *, replace: bool = False) -> Iterator[Composable]:
    """Make the view; always with its barrier, which a replacement would otherwise lose."""
    wanted = document["view"]
    on = Identifier(names.SCHEMA, wanted["name"])
    create = "CREATE OR REPLACE VIEW" if replace else "CREATE VIEW"
    yield SQL(create + " {} WITH (security_barrier = true) AS {}").format(on, SQL(wanted["select"]))
    mark = names.mark_of(dataset=document["dataset"], select=wanted["select"], key=document["key"])
    yield SQL("COMMENT ON VIEW {} IS {}").format(on, sql.Literal(mark))


def view_rights(document: Document) -> Iterator[Composable]:
    """Let each role read its columns of the view."""
    for role, each in sorted(document["roles"].items()):
        yield use_schema(names.SCHEMA, role)
        yield select(Identifier(names.SCHEMA, document["view"]["name"]), each["columns"], role)


# What both modes need


def use_schema(schema: str, role: str) -> Composable:
    """Let the role name things in the schema."""
    return SQL("GRANT USAGE ON SCHEMA {} TO {}").format(Identifier(schema), Identifier(role))


def select(on: Composable, columns: Iterable[str], role: str) -> Composable:
    """Let the role read these columns and none that come later."""
    listed = joined(", ", (Identifier(column) for column in columns))
    return SQL("GRANT SELECT ({}) ON {} TO {}").format(listed, on, Identifier(role))


def _to_share(document: Document) -> Iterator[Composable]:
    owner = Identifier(names.OWNER)
    yield SQL("CREATE ROLE {} NOLOGIN").format(owner)
    yield SQL("CREATE SCHEMA {} AUTHORIZATION {}").format(Identifier(names.SCHEMA), owner)
    database = document["database"]
    yield lead_to_ours(database, settings.with_ours(None))
    for role in document["unaffected"]:
        yield keep_path(role, database, settings.USUAL)


def lead_to_ours(database: str, path: str) -> Composable:
    """Set the path of a database; roles that may not use a schema in it skip that schema."""
    return SQL("ALTER DATABASE {} SET search_path = {}").format(
        Identifier(database), path_list(path)
    )


def keep_path(role: str, database: str, path: str) -> Composable:
    """Keep the path of a role that may use every schema as it was."""
    return SQL("ALTER ROLE {} IN DATABASE {} SET search_path = {}").format(
        Identifier(role), Identifier(database), path_list(path)
    )


def path_list(path: str) -> Composable:
    """The schemas of a path, each by itself: as one string they would be one odd name."""
    return joined(", ", (sql.Literal(schema) for schema in settings.schemas_of(path)))
