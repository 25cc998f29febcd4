"""Brings database and static files up to this version; run as the owner before a start."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from controlplane.grants import grant_runtime
from controlplane.staticfiles import collect_if_changed


class Command(BaseCommand):
    """`manage.py prepare`: migrate, grant the runtime roles, collect static files."""

    help = "Migrate, grant the runtime roles their rights and collect the static files."

    def handle(self, *args: Any, **options: Any) -> None:
        """Do only what is not done yet, and say what was done."""
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if waiting:
            call_command("migrate", interactive=False, verbosity=0)
            self.stdout.write(f"{len(waiting)} migrations applied")
        roles = grant_runtime()
        if not roles:
            self.stdout.write(
                "no runtime roles: the audit book is not protected from the product's own role"
            )
        if collect_if_changed():
            self.stdout.write("static files collected")
