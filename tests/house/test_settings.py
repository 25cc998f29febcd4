"""Settings: documented, typed, and safe when nothing is set."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from controlplane.settings.database import databases
from controlplane.settings.logs import HIDDEN, redact
from controlplane.settings.mail import mail_settings
from controlplane.settings.model import PROJECT, Settings
from controlplane.settings.reference import reference


def test_the_reference_of_settings_is_current() -> None:
    """`python manage.py settings_reference > docs/settings.md` makes it so."""
    assert (PROJECT / "docs" / "settings.md").read_text() == reference()


def test_every_setting_says_what_it_means() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description.endswith((".", "!")), name


@pytest.mark.parametrize(("process", "pooled"), [("web", True), ("worker", False), ("beat", False)])
def test_only_the_web_process_keeps_a_pool(process: str, pooled: bool) -> None:
    given = {
        "process": process,
        "DATABASE_URL": "postgresql://a:b@db:5433/seneschal?sslmode=require",
    }
    entry = databases(Settings(**given))["default"]
    assert ("pool" in entry["OPTIONS"]) is pooled
    assert (entry["HOST"], entry["PORT"], entry["NAME"]) == ("db", "5433", "seneschal")
    assert entry["OPTIONS"]["sslmode"] == "require"


def test_the_owner_connects_as_the_owner_and_others_never_do() -> None:
    urls = {
        "DATABASE_URL": "postgresql://web:w@db/seneschal",
        "DATABASE_OWNER_URL": "postgresql://owner:p%40ss@db/seneschal",
    }
    owner = databases(Settings(**urls, process="owner"))["default"]
    worker = databases(Settings(**urls, process="worker"))["default"]
    assert (owner["USER"], owner["PASSWORD"]) == ("owner", "p@ss")
    assert worker["USER"] == "web"


def test_secrets_do_not_reach_a_log_line() -> None:
    planted = "pl4nted-canary"
    line = redact(
        None,
        "info",
        {
            "event": f"to postgresql://web:{planted}@db/x with Bearer {planted}{planted}",
            "password": planted,
            "headers": {"Authorization": planted, "Cookie": planted, "Host": "here"},
            "tried": [{"api_key": planted}, f"redis://:{planted}@cache:6379"],
            "error": f"smtp://u:{planted}@mail failed",
            "request": f"GET /reset?next=/&token={planted}&page=2",
            "token_count": 3,
        },
    )
    assert planted not in str(line)
    assert line["password"] == HIDDEN
    assert line["headers"]["Host"] == "here"
    assert line["token_count"] == 3
    assert str(line["request"]).endswith("&page=2")


@pytest.mark.parametrize(
    ("url", "port", "ssl", "tls"),
    [
        ("smtps://me:p%40ss@mail.example.com", 465, True, False),
        ("smtp://me:p%40ss@mail.example.com", 587, False, True),
    ],
)
def test_a_mail_address_becomes_djangos_settings(url: str, port: int, ssl: bool, tls: bool) -> None:
    made = mail_settings(url, "a@b")
    assert (made["EMAIL_PORT"], made["EMAIL_USE_SSL"], made["EMAIL_USE_TLS"]) == (port, ssl, tls)
    assert made["EMAIL_HOST_PASSWORD"] == "p@ss"


def test_a_wrong_mail_address_is_one_sentence() -> None:
    with pytest.raises(SystemExit, match="SENESCHAL_EMAIL_URL"):
        mail_settings("mail.example.com", "a@b")


def test_without_a_secret_key_nothing_is_signed(tmp_path: Path) -> None:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SENESCHAL_", "DJANGO_"))}
    script = (
        "import django; django.setup(); from django.core import signing; print(signing.dumps('x'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=PROJECT,
        env=kept
        | {"SENESCHAL_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "controlplane.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "SECRET_KEY setting must not be empty" in done.stderr
