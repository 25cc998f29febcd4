"""The Sakila database of others, filled as its makers say, and asked as a real person signs in."""

import subprocess
from collections.abc import Iterable
from pathlib import Path

import psycopg

from tests.servers import WarehouseDatabase

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "sakila"
MISSING = "SAKILA IS NOT AT ../shared/data/sakila: nothing was shown about a database of others"
PASSWORD = "only-for-tests"

EUROPE = (
    "Austria", "Belarus", "Bulgaria", "Czech Republic", "Estonia", "Faroe Islands", "Finland",
    "France", "Germany", "Greece", "Holy See (Vatican City State)", "Hungary", "Italy", "Latvia",
    "Liechtenstein", "Moldova", "Netherlands", "Poland", "Romania", "Russian Federation",
    "Slovakia", "Spain", "Sweden", "Switzerland", "Ukraine", "United Kingdom", "Yugoslavia",
)  # fmt: skip
"""The countries of Sakila's own table that lie in Europe, as the United Nations divide it."""

_LOGINS = f"""
CREATE ROLE seneschal_scan LOGIN PASSWORD '{PASSWORD}';
CREATE ROLE seneschal_apply LOGIN CREATEROLE PASSWORD '{PASSWORD}';
CREATE ROLE seneschal_probe LOGIN NOINHERIT PASSWORD '{PASSWORD}';
CREATE ROLE anna LOGIN PASSWORD '{PASSWORD}';
CREATE ROLE bert LOGIN PASSWORD '{PASSWORD}';
GRANT pg_read_all_data TO seneschal_scan;
"""

_A_YEAR_MORE = """
INSERT INTO public.payment (customer_id, staff_id, rental_id, amount, payment_date)
SELECT customer_id, staff_id, rental_id, amount,
       timestamp '2007-01-05' + payment_id % 6 * interval '1 month'
FROM ONLY public.payment WHERE payment_id % 4 = 0;
"""
"""Payments of 2007: the makers' own rules put them into the children, empty in the dump."""


def load(db: WarehouseDatabase) -> None:
    """Fill the database, owned by a role of its own; our logins have no right in it yet."""
    schema = (FOLDER / "schema.sql").read_text()
    owned = schema.replace("OWNER TO postgres", "OWNER TO sakila_owner")
    rows = (FOLDER / "insert-data-using-copy.sql").read_text()
    script = f"CREATE ROLE sakila_owner;\n{owned}\n{rows}\nRESET ALL;\n{_A_YEAR_MORE}{_LOGINS}"
    script += f'ALTER DATABASE "{db.name}" OWNER TO sakila_owner;\nANALYZE;\n'
    subprocess.run(
        [db.cluster.programs.psql, "-q", "-v", "ON_ERROR_STOP=1", db.url],
        input=script,
        text=True,
        check=True,
        capture_output=True,
    )


def countries(db: WarehouseDatabase) -> frozenset[str]:
    """The names in the country table."""
    with db.connect() as admin:
        return frozenset(str(n) for (n,) in admin.execute("SELECT country FROM public.country"))


def as_login(db: WarehouseDatabase, who: str, query: str) -> list[tuple[object, ...]]:
    """What this person gets, really signed in with a password."""
    with psycopg.connect(db.url_as(who, PASSWORD), autocommit=True) as session:
        return sorted(session.execute(query.encode()).fetchall())


def refusal(db: WarehouseDatabase, who: str, query: str) -> str:
    """The server's SQLSTATE when this person asks; empty when it answers."""
    try:
        as_login(db, who, query)
    except psycopg.Error as error:
        return error.sqlstate or "?"
    return ""


def raw(db: WarehouseDatabase, query: str, *values: object) -> list[tuple[object, ...]]:
    """What really stands there, read by nobody's rules."""
    with db.connect() as admin:
        return sorted(admin.execute(query.encode(), values).fetchall())


def relations(db: WarehouseDatabase) -> list[str]:
    """Every table and view of Sakila, inheritance children included."""
    query = (
        "SELECT 'public.' || relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relkind IN ('r', 'v', 'm', 'p')"
    )
    return [str(name) for (name,) in raw(db, query)]


def run(db: WarehouseDatabase, statements: Iterable[str]) -> None:
    """Do this by hand, as the superuser would in psql."""
    with db.connect() as admin:
        for statement in statements:
            admin.execute(statement.encode())
