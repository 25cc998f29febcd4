"""The PostgreSQL target keeps the contract, on a live server, in both of its modes."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pytest

from apps.connectors.contracts import Document, Inventory
from apps.connectors.postgresql.target import PostgresTarget
from apps.semantics.masks import REDACT
from apps.semantics.rules import Rule
from tests.connectors.contract import TargetContract, agree
from tests.connectors.postgresql.estate import EU, ORDERS, US, Estate, grant, make_estate
from tests.servers import WarehouseDatabase, sized

MORE = """
SET ROLE loader;
CREATE TABLE sales.customers (id int PRIMARY KEY, region text, email varchar(60));
INSERT INTO sales.customers
SELECT n, (ARRAY['EU', 'US'])[1 + n % 2], 'c' || n || '@example.org' FROM generate_series(1, 20) n;
CREATE TABLE sales.theirs (id int);
ALTER TABLE sales.theirs ENABLE ROW LEVEL SECURITY;
CREATE POLICY theirs ON sales.theirs USING (id > 0);
GRANT SELECT, INSERT ON sales.theirs TO carol;
GRANT SELECT (id) ON sales.customers TO carol;
RESET ROLE;
"""

ACL = "concat_ws(' ', a.grantor::regrole, a.grantee::regrole, a.privilege_type, a.is_grantable)"

STANDS = f"""
SELECT 'relation', n.nspname || '.' || c.relname, c.relkind::text || c.relrowsecurity
       || c.relforcerowsecurity || coalesce(c.reloptions::text, '') || pg_get_userbyid(c.relowner),
       ARRAY(SELECT {ACL} FROM aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a
             ORDER BY 1)::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('sales', 'gov', 'govk') AND c.relkind IN ('r', 'v')
UNION ALL
SELECT 'column', t.attrelid::regclass::text, t.attname::text,
       ARRAY(SELECT {ACL} FROM aclexplode(t.attacl) a ORDER BY 1)::text
FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('sales', 'gov') AND t.attacl IS NOT NULL AND t.attacl <> '{{}}'
UNION ALL
SELECT 'policy', polrelid::regclass::text, polname::text,
       pg_get_expr(polqual, polrelid) || polcmd::text || polpermissive
FROM pg_policy
UNION ALL
SELECT 'view', c.oid::regclass::text, pg_get_viewdef(c.oid), ''
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'gov' AND c.relkind = 'v'
UNION ALL
SELECT 'schema', n.nspname::text, pg_get_userbyid(n.nspowner),
       ARRAY(SELECT {ACL} FROM aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
             ORDER BY 1)::text
FROM pg_namespace n WHERE n.nspname IN ('sales', 'gov', 'govk')
UNION ALL
SELECT 'role', rolname::text, rolcanlogin::text || rolsuper || rolbypassrls, '' FROM pg_roles
UNION ALL
SELECT 'member', roleid::regrole::text, member::regrole::text, admin_option::text
FROM pg_auth_members
UNION ALL
SELECT 'setting', coalesce(d.datname, '') || s.setrole::regrole::text, s.setconfig::text, ''
FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase
ORDER BY 1, 2, 3, 4
"""

THEIRS = """
SELECT 'relation', c.oid::regclass::text, pg_get_userbyid(c.relowner), a::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
     aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a
WHERE n.nspname = 'sales' AND c.relkind = 'r'
  AND (a.grantee = 0 OR pg_get_userbyid(a.grantee) NOT LIKE 'gov\\_%')
UNION ALL
SELECT 'column', c.oid::regclass::text, t.attname::text, a::text
FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid, aclexplode(t.attacl) a
WHERE a.grantee = 0 OR pg_get_userbyid(a.grantee) NOT LIKE 'gov\\_%'
UNION ALL
SELECT 'policy', polrelid::regclass::text, polname::text, pg_get_expr(polqual, polrelid)
FROM pg_policy WHERE polname NOT IN ('gov_row', 'gov_pass')
UNION ALL
SELECT 'security', c.oid::regclass::text, c.relrowsecurity::text, c.relforcerowsecurity::text
FROM pg_class c WHERE c.oid = 'sales.theirs'::regclass
UNION ALL
SELECT 'member', roleid::regrole::text, member::regrole::text, admin_option::text
FROM pg_auth_members WHERE roleid::regrole::text NOT LIKE 'gov\\_%'
UNION ALL
SELECT 'setting', s.setrole::regrole::text, setting, ''
FROM pg_db_role_setting s, unnest(s.setconfig) setting
WHERE setting NOT LIKE '%gov%' AND s.setrole::regrole::text NOT LIKE 'sen%'
ORDER BY 1, 2, 3, 4
"""


class Died(BaseException):
    """The process ended inside a transaction, or between two."""


class PostgresBench:
    """A live warehouse: a table in each mode, people, and rights that others gave."""

    died = Died

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        estate.sql(ORDERS + MORE)
        self.inventory: Inventory = estate.inventory()
        self.warm()
        self.foreign = self.foreign_snapshot()

    def warm(self) -> None:
        """Make what every governed database keeps for good: the owner of our views."""
        target = self.target()
        for name, document in target.render(self.rules(), self.inventory).items():
            target.write(name, document)
        for name in sorted(target.read().own, key=lambda name: name == "database"):
            target.remove(name)

    def target(self) -> PostgresTarget:
        target = self.estate.target
        target.before_commit = lambda: None
        return target

    def rules(self) -> Sequence[Rule]:
        return [
            grant("alice", ["id", "region"], EU),
            grant("bob", dataset="sales.customers", masks={"email": REDACT}),
        ]

    def narrower(self) -> Sequence[Rule]:
        return [
            grant("alice", ["id"], EU),
            grant("bob", dataset="sales.customers", masks={"email": REDACT}),
        ]

    def otherwise(self) -> Sequence[Rule]:
        return [
            grant("alice", ["id", "email"], masks={"email": REDACT}),
            grant("bob", ["id", "region"], US, dataset="sales.customers"),
        ]

    def refused(self) -> Sequence[Rule]:
        return [grant("carol", dataset="sales.nowhere")]

    def snapshot(self) -> object:
        return self.estate.sql(STANDS)

    def foreign_snapshot(self) -> object:
        return self.estate.sql(THEIRS)

    def calls(self) -> int:
        return 0

    def dying_at(self, point: int) -> PostgresTarget:
        seen = 0

        def die_here() -> None:
            nonlocal seen
            seen += 1
            if seen == point:
                raise Died

        class Dying(PostgresTarget):
            """Dies before a commit, or right after one."""

            def write(self, name, document):  # type: ignore[no-untyped-def]
                super().write(name, document)
                die_here()

            def remove(self, name):  # type: ignore[no-untyped-def]
                super().remove(name)
                die_here()

        target = self.estate.target
        dying = Dying(apply=target.apply, probe=target.asker, mark=target.home.mark)
        dying.key, dying.ours = target.key, target.ours
        dying.before_commit = die_here
        return dying

    def heal(self, desired: Mapping[str, Document]) -> None:
        healer = PostgresTarget(
            apply=replace(
                self.estate.target.apply,
                user="postgres",
                secret="env:ROOT",
                secrets=Root(self.estate.db.cluster.password),
            ),
            probe=self.estate.target.asker,
            mark=self.estate.target.home.mark,
        )
        healer.key, healer.ours = self.estate.target.key, self.estate.target.ours
        agree(healer, desired)

    def tamper(self, rng: random.Random, number: int) -> str:
        own = self.estate.target.read().own
        edits = [
            sql
            for edit in EDITS
            for _, document in sorted(own.items())
            if document["kind"] == "table" and (sql := edit(document))
        ]
        sql = edits[number % len(edits)] if number < len(edits) else rng.choice(edits)
        self.estate.sql(sql)
        return sql


class Root:
    """The superuser's password, by any reference."""

    def __init__(self, password: str) -> None:
        self.password = password

    def resolve(self, reference: str) -> str:
        """The password."""
        return self.password


Edit = Callable[[Document], str | None]


def _role(document: Document) -> str:
    roles = document["roles"]
    assert isinstance(roles, dict)
    return f'"{min(roles)}"'


def _rows(sql: str) -> Edit:
    return lambda d: sql.format(table=d["dataset"], role=_role(d)) if d["mode"] == "rows" else None


def _view(sql: str) -> Edit:
    def edit(document: Document) -> str | None:
        view = document.get("view")
        if not isinstance(view, dict):
            return None
        return sql.format(
            view=f"gov.{view['name']}", role=_role(document), table=document["dataset"]
        )

    return edit


def _any(sql: str) -> Edit:
    return lambda d: sql.format(table=d["dataset"], role=_role(d))


EDITS: list[Edit] = [
    _rows("ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"),
    _rows("DROP POLICY gov_row ON {table}"),
    _rows("DROP POLICY IF EXISTS gov_pass ON {table}; DROP POLICY gov_row ON {table}"),
    _rows("ALTER POLICY gov_row ON {table} USING (true)"),
    _rows("ALTER POLICY gov_row ON {table} TO alice"),
    _rows("GRANT SELECT (note) ON {table} TO {role}"),
    _rows("REVOKE SELECT (id) ON {table} FROM {role}"),
    _rows("GRANT SELECT ON {table} TO {role}"),
    _rows("GRANT DELETE ON {table} TO {role}"),
    _any("GRANT {role} TO carol"),
    _any("GRANT {role} TO carol WITH ADMIN OPTION"),
    _any("ALTER ROLE {role} LOGIN"),
    _any("ALTER ROLE {role} BYPASSRLS"),
    _any(
        "DO $$ BEGIN EXECUTE (SELECT string_agg("
        "format('REVOKE %s FROM %s CASCADE', roleid::regrole, member::regrole), ';')"
        " FROM pg_auth_members WHERE roleid = '{role}'::regrole); END $$"
    ),
    _view("DROP VIEW {view}"),
    _view("ALTER VIEW {view} RESET (security_barrier)"),
    _view("ALTER VIEW {view} OWNER TO loader"),
    _view("CREATE OR REPLACE VIEW {view} AS SELECT id, region, email::text FROM {table}"),
    _view("GRANT SELECT ON {view} TO carol"),
    _view("GRANT SELECT ON {view} TO PUBLIC"),
    _view("REVOKE SELECT (id) ON {view} FROM {role}"),
    _view("REVOKE USAGE ON SCHEMA gov FROM {role}"),
    _view(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET search_path',"
        " current_database()); END $$"
    ),
    _view("GRANT gov_owner TO carol"),
    _view("DROP SCHEMA gov CASCADE"),
]


class TestPostgres(TargetContract):
    EDITS = sized(40, 1000)
    MAY_REFUSE = True

    @pytest.fixture
    def bench(self, warehouse_db: WarehouseDatabase) -> PostgresBench:  # type: ignore[override]
        return PostgresBench(make_estate(warehouse_db))


@pytest.mark.heavy
class TestPostgresBySuperuser(TestPostgres):
    MAY_REFUSE = False

    @pytest.fixture
    def bench(self, warehouse_db: WarehouseDatabase) -> PostgresBench:  # type: ignore[override]
        return PostgresBench(make_estate(warehouse_db, superuser=True))
