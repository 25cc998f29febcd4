"""The rights that our three logins hold and lack, and the SQL that gives what is lacking."""

from collections.abc import Iterator
from typing import Any

import psycopg

from apps.connectors.contracts import Refused, Right, Unreachable
from apps.connectors.postgresql import names, settings, statements
from apps.connectors.postgresql.connect import Login
from apps.connectors.postgresql.facts import OPTIONS_SINCE
from apps.connectors.postgresql.leaks_roles import statement

_FACTS = """
SELECT r.rolsuper, r.rolbypassrls, r.rolcreaterole, r.rolinherit, current_database(),
       has_database_privilege(r.oid, current_database(), 'CREATE'),
       pg_has_role(r.oid, d.datdba, 'USAGE'), o.rolname, o.rolsuper
FROM pg_catalog.pg_roles r
JOIN pg_catalog.pg_database d ON d.datname = current_database()
JOIN pg_catalog.pg_roles o ON o.oid = d.datdba
WHERE r.rolname = %s
"""

_TABLES = """
SELECT o.rolname, count(*), count(*) FILTER (WHERE has_table_privilege(r.oid, c.oid, 'SELECT')),
       pg_has_role(r.oid, o.oid, 'USAGE'), o.rolsuper
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_roles o ON o.oid = c.relowner
JOIN pg_catalog.pg_roles r ON r.rolname = %s
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
  AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('gov', 'govk')
GROUP BY o.rolname, o.rolsuper, r.oid, o.oid ORDER BY o.rolname
"""

_PEOPLE = """
SELECT p.rolname, pg_has_role(r.oid, p.oid, %s),
       pg_has_role(r.oid, p.oid, 'MEMBER WITH ADMIN OPTION')
FROM pg_catalog.pg_roles p JOIN pg_catalog.pg_roles r ON r.rolname = %s
WHERE p.rolcanlogin AND NOT p.rolsuper AND NOT p.rolname = ANY(%s) ORDER BY p.rolname
"""

_SUPERUSERS = """
SELECT r.rolname, ARRAY(
  SELECT unnest(s.setconfig) FROM pg_catalog.pg_db_role_setting s
  WHERE s.setrole = r.oid AND s.setdatabase IN
    (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())))
FROM pg_catalog.pg_roles r WHERE r.rolsuper AND r.rolcanlogin ORDER BY r.rolname
"""

_OWNERS_ADMINS = """
SELECT m.rolname FROM pg_catalog.pg_auth_members a
JOIN pg_catalog.pg_roles r ON r.oid = a.roleid JOIN pg_catalog.pg_roles m ON m.oid = a.member
WHERE r.rolname = %s AND a.admin_option GROUP BY 1 ORDER BY 1
"""


def of(scan: Login, apply: Login | None, probe: Login | None) -> tuple[Right, ...]:
    """Every right that matters, login by login. Raises Unreachable when even scan cannot ask."""
    ours = [login.user for login in (scan, apply, probe) if login is not None]
    found: list[Right] = [Right(f"scan: sign in as {scan.user}", True, "list what is there")]
    with scan.reading() as connection:
        try:
            found += _scan_rights(connection, scan.user)
            if apply is not None:
                found += _apply_rights(connection, apply, ours)
            if probe is not None:
                found += _probe_rights(connection, probe, ours)
        except psycopg.Error as error:
            raise Unreachable(f"Our rights could not be read: {error}") from error
    return tuple(found)


def _scan_rights(connection: psycopg.Connection[Any], user: str) -> Iterator[Right]:
    tables = connection.execute(_TABLES.encode(), (user,)).fetchall()
    unreadable = sum(total - readable for _, total, readable, *_ in tables)
    yield Right(
        f"scan: SELECT on tables ({unreadable} unreadable)"
        if unreadable
        else "scan: SELECT on every table",
        held=not unreadable,
        needed_for="classify by values; without it, by names and types alone",
        remedy=statement("GRANT pg_read_all_data TO {}", user) if unreadable else "",
    )
    yield from _no_more_than_needed(connection, "scan", user)


def _apply_rights(
    connection: psycopg.Connection[Any], login: Login, ours: list[str]
) -> Iterator[Right]:
    user = login.user
    facts = connection.execute(_FACTS.encode(), (user,)).fetchone()
    yield _sign_in("apply", login, "write rules", exists=facts is not None)
    if facts is None:
        return
    superuser, _, create_role, _, database, create, owns_database, owner, all_powerful = facts
    yield Right(
        "apply: CREATE on the database",
        bool(create),
        "make the schema that holds our views",
        "" if create else statement("GRANT CREATE ON DATABASE {} TO {}", database, user),
    )
    yield Right(
        "apply: rights of the database's owner",
        bool(owns_database),
        "set the search_path that leads governed roles to our views",
        "" if owns_database else _own_database(database, owner, user, all_powerful),
    )
    yield from _of_owners(connection, user)
    yield _superusers_paths(connection, database, superuser=bool(superuser))
    yield Right(
        "apply: CREATEROLE",
        bool(superuser or create_role),
        "make the group roles by which rules are told apart",
        "" if superuser or create_role else statement("ALTER ROLE {} CREATEROLE", user),
    )
    yield from _people(connection, user, ours, apply=True, superuser=bool(superuser))
    yield from _of_our_owner(connection, user, superuser=bool(superuser))
    yield from _no_more_than_needed(connection, "apply", user)


def _of_our_owner(
    connection: psycopg.Connection[Any], user: str, *, superuser: bool
) -> Iterator[Right]:
    """What only the login that made the owner of our views has, for all databases of a server."""
    others = [name for (name,) in connection.execute(_OWNERS_ADMINS.encode(), (names.OWNER,))]
    if others and user not in others and not superuser:
        yield Right(
            f"apply: ADMIN on {names.OWNER}",
            held=False,
            needed_for="make views: their owner is one for all databases of a server",
            remedy=f"-- {', '.join(others)} made {names.OWNER}. The databases of one server are\n"
            "-- connected with one apply login: use that one here.",
        )


def _of_owners(connection: psycopg.Connection[Any], user: str) -> Iterator[Right]:
    """Whether apply may do to each owner's tables what their owner may."""
    found = connection.execute(_TABLES.encode(), (user,)).fetchall()
    for owner, total, _, member, all_powerful in found:
        remedy = _own_tables(owner) if all_powerful else statement("GRANT {} TO {}", owner, user)
        yield Right(
            f"apply: rights of {owner}, owner of {total} tables",
            bool(member),
            f"enable row security and revoke on the tables of {owner}",
            "" if member else remedy,
        )


def _own_database(database: str, owner: str, user: str, all_powerful: bool) -> str:
    """Who is a member of a superuser can become it: the database is given an owner instead."""
    if not all_powerful:
        return statement("GRANT {} TO {}", owner, user)
    return statement("ALTER DATABASE {} OWNER TO {}", database, user)


def _own_tables(owner: str) -> str:
    """In words: which role is to own them, a person must say."""
    return (
        f"-- {owner} is a superuser, and who is a member of it can do everything. Give its tables\n"
        "-- an owner of their own, that cannot log in: ALTER TABLE … OWNER TO … for each."
    )


def _superusers_paths(
    connection: psycopg.Connection[Any], database: str, *, superuser: bool
) -> Right:
    """Whether superusers, who may use every schema, keep their path when others are led to ours."""
    found = connection.execute(_SUPERUSERS.encode()).fetchall()
    led = [name for name, config in found if not settings.keeps_away(config)]
    return Right(
        "apply: superusers have a search_path of their own",
        superuser or not led,
        "lead governed roles to our views without leading superusers there",
        ""
        if superuser
        else ";\n".join(
            statements.keep_path(name, database, settings.USUAL).as_string(None) for name in led
        ),
    )


def _probe_rights(
    connection: psycopg.Connection[Any], login: Login, ours: list[str]
) -> Iterator[Right]:
    user = login.user
    facts = connection.execute(_FACTS.encode(), (user,)).fetchone()
    yield _sign_in("probe", login, "ask as the person affected", exists=facts is not None)
    if facts is None:
        return
    superuser, _, _, inherits, *_ = facts
    yield Right(
        "probe: NOINHERIT",
        not inherits,
        "be governed by nobody's rules when it does not ask as them",
        statement("ALTER ROLE {} NOINHERIT", user) if inherits else "",
    )
    yield from _people(connection, user, ours, apply=False, superuser=bool(superuser))
    yield from _no_more_than_needed(connection, "probe", user)


def _people(
    connection: psycopg.Connection[Any],
    user: str,
    ours: list[str],
    *,
    apply: bool,
    superuser: bool,
) -> Iterator[Right]:
    """Whether apply may administer, and probe become, each role that can log in."""
    modern = connection.info.server_version >= OPTIONS_SINCE
    mode = "SET" if modern else "MEMBER"
    people = connection.execute(_PEOPLE.encode(), (mode, user, ours)).fetchall()
    lacking = [name for name, sets, admin in people if not (admin if apply else sets)]
    if superuser or (apply and not modern):
        lacking = []
    if apply:
        options, verb, needed = " WITH ADMIN OPTION", "ADMIN on", "put people into group roles"
    else:
        options = " WITH INHERIT FALSE, SET TRUE" if modern else ""
        verb, needed = "SET ROLE to", "prove what each person sees"
    login = "apply" if apply else "probe"
    yield Right(
        f"{login}: {verb} {len(people) - len(lacking)} of {len(people)} roles that can log in",
        held=not lacking,
        needed_for=needed,
        remedy=";\n".join(statement("GRANT {} TO {}", name, user) + options for name in lacking),
    )


def _no_more_than_needed(
    connection: psycopg.Connection[Any], login: str, user: str
) -> Iterator[Right]:
    facts = connection.execute(_FACTS.encode(), (user,)).fetchone()
    if facts is None:
        return
    too_much = [name for name, held in (("SUPERUSER", facts[0]), ("BYPASSRLS", facts[1])) if held]
    yield Right(
        f"{login}: no more than it needs",
        held=not too_much,
        needed_for="do little harm if its password is lost",
        remedy=statement(f"ALTER ROLE {{}} NO{' NO'.join(too_much)}", user) if too_much else "",
    )


def _sign_in(name: str, login: Login, needed_for: str, *, exists: bool) -> Right:
    """Whether the login gets in; what it lacks is SQL too, and what SQL cannot say a comment."""
    called = f"{name}: sign in as {login.user}"
    try:
        with login.reading():
            return Right(called, True, needed_for)
    except (Unreachable, Refused) as error:
        verb = "ALTER" if exists else "CREATE"
        remedy = (
            f"-- {error}\n-- Its password is to be what {login.secret} holds.\n"
            f"{statement(f'{verb} ROLE {{}} LOGIN', login.user)}"
        )
        return Right(called, False, needed_for, remedy)
