"""Django's settings, made from Seneschal's own (`model.py`), which come from the environment."""

import contextlib
import logging
from typing import Any

from controlplane.settings import http, mail
from controlplane.settings.cache import caches
from controlplane.settings.database import databases
from controlplane.settings.logs import logging_settings
from controlplane.settings.model import PROJECT, read

SENESCHAL = read()

# --- Identity of the installation -------------------------------------------------------------

BASE_DIR = PROJECT
DEBUG = SENESCHAL.debug
# Without a key Django refuses to sign anything, which is right: there is no default.
SECRET_KEY = SENESCHAL.secret_key.get_secret_value() if SENESCHAL.secret_key else ""
if not SECRET_KEY:
    with contextlib.suppress(OSError):
        SECRET_KEY = (SENESCHAL.folder / "secrets" / "secret-key").read_text().strip()
ALLOWED_HOSTS = [name.strip() for name in SENESCHAL.allowed_hosts.split(",") if name.strip()]
ROOT_URLCONF = "controlplane.urls"
WSGI_APPLICATION = "controlplane.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
SITE_NAME = "Seneschal"
STYLE_GUIDE = DEBUG or SENESCHAL.style_guide

# --- What it is made of, from the ground up ---------------------------------------------------

INSTALLED_APPS = [
    "apps.core",
    "apps.audit",
    "apps.jobs",
    "apps.identity",
    "apps.approvals",
    "apps.findings",
    "apps.catalog",
    "apps.enforcement",
    "apps.policies",
    "apps.access",
    "apps.home",
    "controlplane",
    "examples",
    "django.forms",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "django_htmx",
    "django_cotton.apps.SimpleAppConfig",
    "template_partials.apps.SimpleAppConfig",
    "django_celery_beat",
    "django_structlog",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "apps.core.middleware.Door",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PROJECT / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "controlplane.components.Loader",
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "template_partials.templatetags.partials",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.home.navigation.context",
            ],
        },
    }
]
COTTON_DIR = "components"
# A component sees its attributes, slots and the context processors, never its page's variables.
COTTON_ISOLATE_BY_DEFAULT = True
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Where state lives ------------------------------------------------------------------------

DATABASES = databases(SENESCHAL)
REDIS = str(SENESCHAL.redis_url) if SENESCHAL.redis_url else ""
CACHES = caches(REDIS)
SESSION_ENGINE = "django.contrib.sessions.backends.db"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- People -----------------------------------------------------------------------------------

AUTH_USER_MODEL = "identity.User"
AUTHENTICATION_BACKENDS = ["apps.identity.backends.RoleBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "apps.identity.sign_in.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = SITE_NAME

# --- HTTP -------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = http.CONTENT_SECURITY_POLICY
PERMISSIONS_POLICY = http.PERMISSIONS_POLICY
REST_FRAMEWORK = http.REST_FRAMEWORK
SPECTACULAR_SETTINGS = http.SPECTACULAR_SETTINGS
globals().update(http.transport(SENESCHAL))
API_BODY_LIMIT = 1_000_000  # bytes; a view may ask for more with `body_limit`
CSRF_FAILURE_VIEW = "apps.core.views.csrf_failed"
DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
STATIC_URL = "static/"
STATIC_ROOT = SENESCHAL.folder / "static"
STATICFILES_DIRS = [PROJECT / "static"]
# Ours alone: what libraries bring (a browsable API, an admin) is not served.
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
WHITENOISE_USE_FINDERS = DEBUG

# --- Durable work -----------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS or "memory://"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = SENESCHAL.job_seconds
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # An unacknowledged wake-up comes back after this long: later than the longest job.
    "visibility_timeout": 2 * SENESCHAL.job_seconds,
    "global_keyprefix": "seneschal:",
    # A broker that is away costs whoever changes something two seconds at most: what was not told
    # is found by the sweep.
    "socket_connect_timeout": 1,
    "socket_timeout": 2,
    "max_retries": 0,
}
CELERY_BEAT_SCHEDULER = "controlplane.beat.Scheduler"
CELERY_TIMEZONE = TIME_ZONE

# --- Systems that may be connected -------------------------------------------------------------

CONNECTABLE_NETWORKS = [
    part.strip() for part in SENESCHAL.allowed_networks.split(",") if part.strip()
]
if SENESCHAL.warehouse_url:  # the demo company's
    CONNECTABLE_NETWORKS += ["127.0.0.0/8", "::1/128"]
# Within the data folder, only what lies here may be referred to as the secret of a system.
DATA_FOLDER = SENESCHAL.folder
SYSTEM_SECRETS_FOLDER = SENESCHAL.folder / "systems"

# --- Evidence ---------------------------------------------------------------------------------

AUDIT_KEY = SENESCHAL.audit_key or f"file:{SENESCHAL.folder / 'keys' / 'audit.pem'}"
AUDIT_CHECKPOINT_FOLDERS = [
    SENESCHAL.folder / "checkpoints",
    SENESCHAL.checkpoint_folder
    or SENESCHAL.folder.with_name(f"{SENESCHAL.folder.name}-checkpoints"),
]

# --- What is told -----------------------------------------------------------------------------

LOGGING = logging_settings(SENESCHAL.log_format, SENESCHAL.log_level)
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG
DJANGO_STRUCTLOG_CELERY_DEFAULT_LOG_LEVEL = logging.DEBUG
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
globals().update(mail.mail_settings(SENESCHAL.email_url, SENESCHAL.email_from))
