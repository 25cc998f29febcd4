"""Prints `docs/settings.md`."""

from typing import Any

from django.core.management.base import BaseCommand

from controlplane.settings.reference import reference


class Command(BaseCommand):
    """`manage.py settings_reference > docs/settings.md`."""

    help = "Print every setting with its meaning, as docs/settings.md."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it."""
        self.stdout.write(reference(), ending="")
