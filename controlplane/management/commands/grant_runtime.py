"""Grants the runtime roles their rights."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from controlplane.embedded.roles import WEB, WORKER
from controlplane.grants import grant_runtime


class Command(BaseCommand):
    """`manage.py grant_runtime [role …]`, run as the owner after each migration."""

    help = "Grant the runtime roles their rights: all data, but the audit book only to append."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take role names; without any, the usual two."""
        parser.add_argument("roles", nargs="*", default=[WEB, WORKER])

    def handle(self, *args: Any, **options: Any) -> None:
        """Grant, and name the roles that were granted."""
        granted = grant_runtime(tuple(options["roles"]))
        if not granted:
            raise CommandError(f"None of these roles exists: {', '.join(options['roles'])}.")
        self.stdout.write(f"Granted: {', '.join(granted)}.")
