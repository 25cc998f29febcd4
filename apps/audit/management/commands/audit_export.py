"""`manage.py audit_export`: writes a stretch of the book into a file for `seneschal-verify`."""

from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.audit.selectors import Search
from apps.audit.selectors.entries import COLUMNS
from apps.audit.services import export
from apps.core.actors import SystemActor
from apps.core.errors import Problem

COMMAND = SystemActor("audit.command")


class Command(BaseCommand):
    help = "Export entries of the audit book as JSON lines that can be verified offline."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take a file, and what is looked for."""
        parser.add_argument("file", type=Path, help="where to write; it must not exist")
        for word in COLUMNS:
            parser.add_argument(f"--{word}", action="append", default=[], metavar="PATTERN")
            parser.add_argument(f"--not-{word}", action="append", default=[], metavar="PATTERN")
        parser.add_argument("--since", type=_instant, help="from this instant on (ISO 8601)")
        parser.add_argument("--until", type=_instant, help="before this instant (ISO 8601)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file and say what is in it."""
        search = Search(
            within={word: options[word] for word in COLUMNS if options[word]},
            without={word: options[f"not_{word}"] for word in COLUMNS if options[f"not_{word}"]},
            since=options["since"],
            until=options["until"],
        )
        try:
            with options["file"].open("xb") as file:
                stretch = export(search=search, at=timezone.now(), actor=COMMAND)
                file.writelines(stretch)
        except FileExistsError:
            raise CommandError(f"{options['file']} exists already.") from None
        except Problem as problem:
            options["file"].unlink(missing_ok=True)
            raise CommandError(problem.detail) from None
        header = stretch.header
        self.stdout.write(f"{header.entries} entries, #{header.first} to #{header.last}.")


def _instant(text: str) -> datetime:
    """An instant; one without a zone is meant in UTC."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=timezone.get_default_timezone())
