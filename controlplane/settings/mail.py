"""Where mail goes, from one address such as `smtps://user:password@host:465`."""

from typing import Any
from urllib.parse import unquote, urlsplit


def mail_settings(url: str, sender: str) -> dict[str, Any]:
    """Return Django's mail settings for *url*.

    Raises SystemExit with one sentence when it is neither `console` nor an SMTP address.
    """
    common = {"DEFAULT_FROM_EMAIL": sender, "SERVER_EMAIL": sender, "EMAIL_TIMEOUT": 10}
    if url == "console":
        return {**common, "EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise SystemExit("SENESCHAL_EMAIL_URL: it is `console`, or smtp://… or smtps://host:port.")
    implicit = parts.scheme == "smtps"
    return {
        **common,
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if implicit else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": implicit,
        "EMAIL_USE_TLS": not implicit and parts.username is not None,
    }
