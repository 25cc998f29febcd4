"""Log lines: one event each, with the request id, and nothing in them that looks like a secret."""

import re
from collections.abc import MutableMapping
from typing import Any

import structlog

HIDDEN = "[hidden]"
_SECRET_NAME = re.compile(
    r"passw|secret|token(?!s?_(id|count|prefix))|api_?key|private_?key|secret_?key|authorization"
    r"|cookie|session_?key|credential|passphrase|\bdsn\b|otp",
    re.IGNORECASE,
)
_URL_PASSWORD = re.compile(r"(?P<before>[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s@]+(?=@)", re.IGNORECASE)
_IN_QUERY = re.compile(r"(?P<before>[?&][\w-]*(?:token|key|secret|passw\w*|code)=)[^&\s'\"]+", re.I)
_BEARER = re.compile(r"(?P<before>\b(?:bearer|basic|token)\s+)[\w.~+/=-]{12,}", re.IGNORECASE)


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> Any:
    """Hide the value of every key that names a secret, and passwords inside addresses."""
    return {key: _hidden(key, value) for key, value in event.items()}


def _hidden(key: object, value: object) -> object:
    if isinstance(key, str) and _SECRET_NAME.search(key) and value is not None:
        return HIDDEN
    if isinstance(value, str):
        return _without_passwords(value)
    if isinstance(value, dict):
        return {inner: _hidden(inner, deeper) for inner, deeper in value.items()}
    if isinstance(value, (list, tuple)):
        return [_hidden(None, deeper) for deeper in value]
    return value


def _without_passwords(text: str) -> str:
    for pattern in (_URL_PASSWORD, _IN_QUERY, _BEARER):
        text = pattern.sub(rf"\g<before>{HIDDEN}", text)
    return text


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]


def logging_settings(form: str, level: str) -> dict[str, Any]:
    """Return LOGGING for Django, and make structlog write the same lines."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    redact,
                    _renderer(form),
                ],
            }
        },
        "handlers": {"stream": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stream"], "level": level},
        "loggers": {
            "django.server": {"handlers": ["stream"], "level": "WARNING", "propagate": False},
            "celery.utils.functional": {"level": "WARNING"},
        },
    }


def _renderer(form: str) -> Any:
    if form == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=False)
