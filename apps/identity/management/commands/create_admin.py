"""Makes the first administrator."""

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from apps.core.actors import SystemActor
from apps.core.errors import Problem
from apps.identity import services
from apps.identity.permissions import Role


class Command(BaseCommand):
    help = "Make an administrator. The password is asked for, or read from standard input."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The address and the name."""
        parser.add_argument("email")
        parser.add_argument("name")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the account with the role, both or neither."""
        actor = SystemActor("identity.create_admin")
        try:
            with transaction.atomic():
                user = services.create_user(
                    email=options["email"], name=options["name"], password=_password(), actor=actor
                )
                services.assign_role(role=Role.ADMIN, domain=None, to=user, actor=actor)
        except Problem as problem:
            raise CommandError(problem.detail) from None
        self.stdout.write(f"{user.name} <{user.email}> is an administrator.")


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if password != getpass.getpass("Again: "):
        raise CommandError("The two passwords differ.")
    return password
