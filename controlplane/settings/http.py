"""What a browser and a client of the API may do: headers, cookies, content security, throttles."""

from typing import Any

from csp.constants import NONE, SELF

from controlplane.settings.model import Settings

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

_NEVER_NEEDED = (
    "accelerometer camera display-capture geolocation gyroscope magnetometer microphone midi "
    "payment usb"
)
PERMISSIONS_POLICY: dict[str, list[str]] = {feature: [] for feature in _NEVER_NEEDED.split()}


def transport(settings: Settings) -> dict[str, Any]:
    """Return the settings that depend on whether HTTPS is in front."""
    secure = settings.secure
    return {
        "SECURE_SSL_REDIRECT": secure,
        "SECURE_HSTS_SECONDS": 31_536_000 if secure else 0,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": secure,
        "SECURE_HSTS_PRELOAD": secure,
        "SECURE_REDIRECT_EXEMPT": [r"^healthz/"],
        "SECURE_PROXY_SSL_HEADER": (
            ("HTTP_X_FORWARDED_PROTO", "https") if settings.trusted_proxy else None
        ),
        "SECURE_CONTENT_TYPE_NOSNIFF": True,
        "SECURE_REFERRER_POLICY": "same-origin",
        "SECURE_CROSS_ORIGIN_OPENER_POLICY": "same-origin",
        "X_FRAME_OPTIONS": "DENY",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_AGE": 12 * 3600,
        "SESSION_COOKIE_NAME": "__Host-session" if secure else "seneschal_session",
        "CSRF_COOKIE_SECURE": secure,
        "CSRF_COOKIE_HTTPONLY": False,  # htmx reads it to set the header
        "CSRF_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_NAME": "__Host-csrf" if secure else "seneschal_csrf",
    }


REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.identity.api_auth.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["apps.core.rest.permissions.DeclaredPermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.core.rest.parsers.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "apps.core.rest.schema.Schema",
    "DEFAULT_FILTER_BACKENDS": ["apps.core.rest.filters.Filters"],
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
        "rest_framework.throttling.ScopedRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {"anon": "60/min", "user": "6000/min", "sign-in": "10/min"},
    "DEFAULT_PAGINATION_CLASS": "apps.core.pagination.KeysetPagination",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "apps.core.rest.handler.problem_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "NUM_PROXIES": 0,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Seneschal",
    "DESCRIPTION": "The control plane of a data platform: who may read what, proven.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": r"/api/v[0-9]+",
    "SORT_OPERATIONS": True,
    "ENUM_NAME_OVERRIDES": {
        "PersonKind": "apps.identity.models.UserKind",
        "DatasetKind": "apps.catalog.models.DatasetKind",
        "PolicyKind": "apps.policies.models.Kind",
        "DriftKind": "apps.enforcement.models.Drift.Kind",
        "DecisionState": "apps.approvals.models.Approval.State",
    },
    "ENABLE_DJANGO_DEPLOY_CHECK": False,  # `make check` validates the schema by itself
}
