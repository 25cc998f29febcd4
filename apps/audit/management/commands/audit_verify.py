"""`manage.py audit_verify`: reads the chain in the live tables and names the first bad place."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from apps.audit.services import seal, verify
from apps.core.actors import SystemActor

COMMAND = SystemActor("audit.command")


class Command(BaseCommand):
    help = "Verify the audit book in the database against the signed checkpoints."

    def add_arguments(self, parser: CommandParser) -> None:
        """Offer to read only what came since the last checkpoint."""
        parser.add_argument(
            "--recent", action="store_true", help="only what came since the last checkpoint"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one sentence; exit with 1 when the chain does not hold."""
        at = timezone.now()
        seal(at=at, actor=COMMAND, everything=not options["recent"])
        found = verify(at=at, actor=COMMAND, whole=not options["recent"])
        if found.broken is not None:
            self.stderr.write(f"BROKEN at #{found.broken}: {found.reason}")
            sys.exit(1)
        if found.last < found.first:
            self.stdout.write(f"OK, nothing is new since #{found.last}.")
        else:
            self.stdout.write(f"OK, #{found.first} to #{found.last} hold.")
