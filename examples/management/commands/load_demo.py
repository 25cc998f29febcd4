"""Loads the demo company: its warehouse, its people, its rules."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from psycopg.conninfo import conninfo_to_dict

from examples.company import logins, people, warehouse
from examples.company.people import PASSWORD
from examples.founding import Warehouse, found


class Command(BaseCommand):
    """`manage.py load_demo`."""

    help = "Build the demo company's warehouse and found the company in Seneschal."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load it; what exists already is kept."""
        url = settings.SENESCHAL.warehouse_url
        if url is None:
            raise CommandError(
                "Set SENESCHAL_WAREHOUSE_URL to a superuser connection of the PostgreSQL server "
                "on which the demo's warehouse may be built."
            )
        dsn = str(url)
        warehouse.build(dsn)
        references = logins.create(dsn, settings.SYSTEM_SECRETS_FOLDER)
        address = conninfo_to_dict(dsn)
        found(
            warehouse=Warehouse(
                address={
                    "host": address.get("host", "127.0.0.1"),
                    "port": int(address.get("port") or 5432),
                    "dbname": warehouse.DATABASE,
                    "sslmode": "prefer",
                },
                secrets=references,
            ),
            password=PASSWORD,
            say=self.stderr.write,
        )
        self._tell(address)

    def _tell(self, address: dict[str, Any]) -> None:
        port = address.get("port", 5432)
        self.stdout.write(f"Sign in with any of these and the password {PASSWORD}:")
        for person in people.PEOPLE:
            self.stdout.write(f"  {person.email:<34} {person.name}, {person.title.lower()}")
        self.stdout.write(
            f"Rafael's own login to the warehouse: "
            f"psql 'postgresql://rafael:{warehouse.PASSWORD}@127.0.0.1:{port}/"
            f"{warehouse.DATABASE}'"
        )
