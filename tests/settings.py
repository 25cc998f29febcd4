"""The product's own settings, in an environment that nothing outside the test run can reach."""

import os
import secrets
import tempfile
from pathlib import Path

for _name in [name for name in os.environ if name.startswith("SENESCHAL_")]:
    if not _name.startswith(("SENESCHAL_TEST_", "SENESCHAL_PG", "SENESCHAL_SCREENSHOTS")):
        del os.environ[_name]
for _name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL"):
    os.environ.pop(_name, None)

os.environ["SENESCHAL_SECRET_KEY"] = secrets.token_urlsafe(50)
os.environ["SENESCHAL_DATA"] = str(
    Path(tempfile.gettempdir()) / f"seneschal-tests-{os.geteuid()}-{os.getpid()}" / "data"
)
os.environ["SENESCHAL_LOG_LEVEL"] = "WARNING"
os.environ["SENESCHAL_ALLOWED_HOSTS"] = "testserver,localhost,127.0.0.1"

os.environ["SENESCHAL_CHECKPOINT_FOLDER"] = os.environ["SENESCHAL_DATA"] + "/audit-checkpoints"

from controlplane.settings import *  # noqa: E402, F403

# Hashing passwords slowly is right everywhere but where a thousand users are made a minute.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_ROOT = PROJECT / "static"  # noqa: F405 (served as they are, nothing is collected)
