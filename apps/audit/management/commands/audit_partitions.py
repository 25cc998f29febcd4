"""`manage.py audit_partitions`: makes the partitions of the coming months."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.audit.services import make_partitions
from apps.core.actors import SystemActor


class Command(BaseCommand):
    help = "Make the audit book's partitions of the coming months."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the names of the new partitions."""
        made = make_partitions(at=timezone.now(), actor=SystemActor("audit.command"))
        self.stdout.write("\n".join(made) or "Nothing is missing.")
