"""The statements that the PostgreSQL page tells an administrator to run are enough."""

import re

import pytest

from apps.connectors.postgresql.connect import Login
from apps.connectors.postgresql.scan import PostgresScanner
from tests.docs.tables import PAGE
from tests.servers import WarehouseDatabase

PASSWORDS = {"scan": "one password", "apply": "another password", "probe": "a third password"}
BEFORE = """
CREATE ROLE shop_owner; CREATE ROLE anna LOGIN;
ALTER DATABASE {name} OWNER TO shop_owner;
CREATE SCHEMA sales AUTHORIZATION shop_owner;
SET ROLE shop_owner; CREATE TABLE sales.customers (id int); RESET ROLE;
"""


def statements(major: int) -> str:
    """The first block of SQL, as the page says that it is to be run on this version."""
    (block, *_) = re.findall(r"```sql\n(.*?)```", PAGE.read_text(), re.DOTALL)
    if major < 16:
        block = re.sub(r" WITH ADMIN TRUE,[^;]*", " WITH ADMIN OPTION", block)
        block = re.sub(r" WITH INHERIT[^;]*", "", block)
    return block


def test_nothing_is_lacking_after_the_statements_of_the_page(
    warehouse_db: WarehouseDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = warehouse_db.name
    logins = {}
    for login, password in PASSWORDS.items():
        monkeypatch.setenv(f"WAREHOUSE_{login.upper()}", password)
        port, secret = warehouse_db.cluster.port, f"env:WAREHOUSE_{login.upper()}"
        logins[login] = Login("127.0.0.1", port, name, f"seneschal_{login}", secret)
    with warehouse_db.connect() as admin:
        admin.execute(BEFORE.format(name=name).encode())
        admin.execute(
            statements(warehouse_db.major).replace("DATABASE shop ", f"DATABASE {name} ").encode()
        )
    rights = PostgresScanner(**logins).rights()
    assert len(rights) >= 12
    assert [right.name for right in rights if not right.held] == []
