"""`manage.py audit_export`: writes a stretch of the book into a file for `seneschal-verify`."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.audit.selectors.entries import COLUMNS, parse
from apps.audit.services import export
from apps.core.actors import SystemActor
from apps.core.errors import Problem

COMMAND = SystemActor("audit.command")
_LEFT_OUT = tuple(f"not_{word}" for word in COLUMNS)


class Command(BaseCommand):
    help = "Export entries of the audit book as JSON lines that can be verified offline."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take a file, and what is looked for."""
        parser.add_argument("file", type=Path, help="where to write; it must not exist")
        for word in COLUMNS:
            parser.add_argument(f"--{word}", action="append", default=[], metavar="PATTERN")
            parser.add_argument(f"--not-{word}", action="append", default=[], metavar="PATTERN")
        parser.add_argument("--since", help="from this instant on (ISO 8601)")
        parser.add_argument("--until", help="before this instant (ISO 8601)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file and say what is in it."""
        given = {name: ",".join(options[name]) for name in (*COLUMNS, *_LEFT_OUT)}
        given |= {name: options[name] for name in ("since", "until") if options[name]}
        try:
            with options["file"].open("xb") as file:
                stretch = export(search=parse(given), at=timezone.now(), actor=COMMAND)
                file.writelines(stretch)
        except FileExistsError:
            raise CommandError(f"{options['file']} exists already.") from None
        except Problem as problem:
            options["file"].unlink(missing_ok=True)
            raise CommandError(problem.detail) from None
        header = stretch.header
        self.stdout.write(f"{header.entries} entries, #{header.first} to #{header.last}.")
