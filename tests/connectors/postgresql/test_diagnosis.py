"""Why a PostgreSQL could not be connected to is said in a sentence, as the live server shows it."""

import socket
from collections.abc import Callable
from dataclasses import replace

import pytest

from apps.connectors.contracts import Unreachable
from apps.connectors.postgresql.connect import Login
from apps.connectors.postgresql.diagnosis import sentence
from tests.servers import WarehouseDatabase


@pytest.fixture
def login(warehouse_db: WarehouseDatabase, monkeypatch: pytest.MonkeyPatch) -> Login:
    monkeypatch.setenv("RIGHT", "pw")
    monkeypatch.setenv("WRONG", "hunter2")
    with warehouse_db.connect() as admin:
        admin.execute("CREATE ROLE scanner LOGIN PASSWORD 'pw'; CREATE ROLE shut NOLOGIN")
        admin.execute("ALTER ROLE shut PASSWORD 'pw'")
    port = warehouse_db.cluster.port
    return Login("127.0.0.1", port, warehouse_db.name, "scanner", "env:RIGHT", connect_timeout=2)


def why(login: Login) -> str:
    with pytest.raises(Unreachable) as raised, login.reading():
        pass
    return str(raised.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda one: replace(one, secret="env:WRONG"), "The password of scanner is not the one"),
        (lambda one: replace(one, user="nobody"), "or it has no role nobody"),
        (lambda one: replace(one, user="shut"), "not permitted to log in"),
        (lambda one: replace(one, dbname="nowhere"), "has no database nowhere"),
        (lambda one: replace(one, host="name.invalid"), "cannot be resolved"),
        (lambda one: replace(one, port=1), "Nothing listens at 127.0.0.1:1"),
        (lambda one: replace(one, sslmode="require"), "does not speak TLS"),
        (lambda one: replace(one, sslmode="verify-full"), "TLS|cannot be checked"),
    ],
)
def test_each_way_to_fail_has_a_sentence(
    login: Login, change: Callable[[Login], Login], words: str
) -> None:
    with login.reading() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    said = why(change(login))
    assert any(part in said for part in words.split("|")), said
    assert "\n" not in said
    assert "pw" not in said
    assert "hunter2" not in said


def test_a_server_that_says_nothing_is_a_matter_of_time(login: Login) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        said = why(replace(login, port=silent.getsockname()[1], connect_timeout=2))
    assert "did not answer in time" in said


def test_what_nobody_foresaw_is_passed_on_in_one_line() -> None:
    said = sentence("a thing\n  happened", host="db", port=1, dbname="d", user="u")
    assert said == "db:1/d did not answer u: a thing happened"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('no pg_hba.conf entry for host "1", user "u", database "d", no encryption', "with TLS"),
        ('no pg_hba.conf entry for host "1", user "u", database "d", SSL encryption', "nobody in"),
        ("SSL error: certificate verify failed", "not signed by anybody trusted"),
        ('server certificate for "a" does not match host name "b"', "another name"),
        ("FATAL:  sorry, too many clients already", "no connection left"),
        ("FATAL:  the database system is starting up", "starting or shutting down"),
        ("canceling statement due to statement timeout", "did not finish in time"),
        ("received invalid response to SSL negotiation: H", "may not be a PostgreSQL"),
    ],
)
def test_what_this_server_does_not_show_is_known_too(text: str, words: str) -> None:
    assert words in sentence(text, host="db", port=1, dbname="d", user="u")
