"""The database entry of Django's settings: pooled in the web process, plain everywhere else."""

from typing import Any
from urllib.parse import unquote

from pydantic import PostgresDsn

from controlplane.settings.model import Settings

POOL_WAIT_SECONDS = 10
PATIENCE_OF_A_REQUEST = "-c statement_timeout=30s -c idle_in_transaction_session_timeout=30s"


def databases(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return DATABASES for this process; without an address it names one that cannot be reached."""
    url = settings.database_url
    if settings.process == "owner":
        url = settings.database_owner_url or settings.database_url
    return {"default": {**_common(), **_address(url), "OPTIONS": _options(settings, url)}}


def _common() -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.postgresql",
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": False,
    }


def _address(url: PostgresDsn | None) -> dict[str, Any]:
    if url is None:
        return {"NAME": "seneschal", "HOST": "127.0.0.1", "PORT": "1", "USER": "", "PASSWORD": ""}
    host = url.hosts()[0]
    return {
        "NAME": unquote((url.path or "/seneschal").lstrip("/")),
        "HOST": host["host"] or "",
        "PORT": str(host["port"] or 5432),
        "USER": unquote(host["username"] or ""),
        "PASSWORD": unquote(host["password"] or ""),
    }


def _options(settings: Settings, url: PostgresDsn | None) -> dict[str, Any]:
    options: dict[str, Any] = {
        "application_name": f"seneschal-{settings.process}",
        "connect_timeout": 10,
    }
    if settings.process == "web":
        options["options"] = PATIENCE_OF_A_REQUEST
        options["pool"] = {
            "min_size": 1,
            "max_size": settings.web_threads + 1,
            "timeout": POOL_WAIT_SECONDS,
        }
    return {**options, **(dict(url.query_params()) if url else {})}
