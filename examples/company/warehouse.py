"""Builds the warehouse of Halden Home on a live PostgreSQL: roles, tables, rows, old grants."""

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import psycopg
from psycopg import sql

from examples.company import data

SCHEMA = Path(__file__).with_name("schema.sql")
DATABASE = "warehouse"
PASSWORD = "halden-demo"
"""Of the demo people's own logins, on loopback alone; printed by `make run`."""

GROUPS = ("warehouse_owner", "analysts", "finance")
PEOPLE = {
    "rafael": ("analysts",),
    "maya": ("finance",),
    "jonas": (),
    "svc_churn": (),
    "etl": (),
    "bi_tool": (),
}
"""Logins of the warehouse and the groups they are in; `bi_tool` reads from before."""


def build(superuser_dsn: str) -> None:
    """Create roles and the database with its rows. Raises psycopg.Error when the server refuses.

    Safe to run again: what exists in full is left alone, a half-built database is rebuilt.
    """
    with psycopg.connect(superuser_dsn, autocommit=True) as server:
        for group in GROUPS:
            _role(server, group, login=False)
        for person, groups in PEOPLE.items():
            _role(server, person, login=True)
            for group in groups:
                server.execute(
                    sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), sql.Identifier(person))
                )
        if _is_built(server, superuser_dsn):
            return
        name = sql.Identifier(DATABASE)
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        server.execute(
            sql.SQL(
                "CREATE DATABASE {} OWNER warehouse_owner ENCODING 'UTF8' TEMPLATE template0"
            ).format(name)
        )
    with psycopg.connect(superuser_dsn, dbname=DATABASE) as warehouse:
        warehouse.execute("SET ROLE warehouse_owner")
        warehouse.execute(SCHEMA.read_text())
        _partitions(warehouse)
        _rows(warehouse)
        _grants(warehouse)
        warehouse.execute("COMMENT ON SCHEMA sales IS 'Customers, orders and payments.'")
    with psycopg.connect(superuser_dsn, dbname=DATABASE, autocommit=True) as warehouse:
        warehouse.execute("ANALYZE")


def _role(server: psycopg.Connection, name: str, *, login: bool) -> None:
    exists = server.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone()
    if not exists:
        server.execute(
            sql.SQL("CREATE ROLE {} {}").format(
                sql.Identifier(name), sql.SQL("LOGIN" if login else "NOLOGIN")
            )
        )
    if login:
        server.execute(
            sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(name), sql.Literal(PASSWORD))
        )


def _is_built(server: psycopg.Connection, dsn: str) -> bool:
    exists = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
    if not exists:
        return False
    with psycopg.connect(dsn, dbname=DATABASE) as warehouse:
        done = warehouse.execute("SELECT obj_description(to_regnamespace('sales'))").fetchone()
    return bool(done and done[0])


def _partitions(warehouse: psycopg.Connection) -> None:
    for start, end in pairwise(data.QUARTERS):
        name = f"payments_{start.year}q{start.month // 3 + 1}"
        warehouse.execute(
            sql.SQL(
                "CREATE TABLE sales.{} PARTITION OF sales.payments FOR VALUES FROM ({}) TO ({})"
            ).format(sql.Identifier(name), sql.Literal(start), sql.Literal(end))
        )


def _rows(warehouse: psycopg.Connection) -> None:
    _copy(warehouse, "sales.countries", data.countries())
    people = list(data.customers())
    _copy(warehouse, "sales.customers", people)
    _copy(warehouse, "sales.products", data.products())
    _copy(warehouse, "sales.orders", data.orders(data.regions(people)))
    _copy(warehouse, "sales.payments", data.payments())
    _copy(warehouse, "support.tickets", data.tickets(data.emails(people)))
    _copy(warehouse, "hr.employees", data.employees())


def _copy(warehouse: psycopg.Connection, table: str, rows: Iterable[data.Row]) -> None:
    target = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(*table.split(".")))
    with warehouse.cursor() as cursor, cursor.copy(target) as copy:
        for row in rows:
            copy.write_row(row)


def _grants(warehouse: psycopg.Connection) -> None:
    for statement in (
        "GRANT USAGE ON SCHEMA sales, support, reporting TO bi_tool, etl, analysts, finance",
        "GRANT SELECT ON sales.orders, sales.products, sales.countries TO bi_tool, analysts",
        "GRANT SELECT ON sales.customers TO bi_tool",
        "GRANT SELECT ON reporting.revenue_by_month TO analysts, finance, bi_tool",
        "GRANT SELECT ON reporting.customer_contacts TO bi_tool",
        "GRANT INSERT, UPDATE ON sales.customers, sales.orders, sales.payments TO etl",
    ):
        warehouse.execute(statement)
