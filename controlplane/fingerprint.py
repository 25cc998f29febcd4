"""A fingerprint of the files that decide what a database must look like."""

import hashlib
from pathlib import Path

from controlplane.settings.model import PROJECT

DECISIVE = ("apps/*/migrations/*.py", "apps/*/grants.py", "controlplane/grants.py", "static/**/*")


def fingerprint(project: Path = PROJECT) -> str:
    """Return a digest that changes when a migration, a grant, a static file or a library does."""
    digest = hashlib.sha256()
    files = {project / "requirements.txt"}
    for pattern in DECISIVE:
        files.update(path for path in project.glob(pattern) if path.is_file())
    for path in sorted(files):
        stat = path.stat()
        name = path.relative_to(project)
        digest.update(f"{name}:{stat.st_size}:{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()
