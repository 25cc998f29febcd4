"""Registers the app with Django, and makes the tags of new detectors known after a migration."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CatalogConfig(AppConfig):
    """The app's entry in Django's registry."""

    name = "apps.catalog"
    label = "catalog"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have the tags declared whenever the tables have been made or changed."""
        post_migrate.connect(_declare_tags, sender=self, dispatch_uid="catalog.tags")


def _declare_tags(using: str = "default", **_: Any) -> None:
    from apps.catalog.services import declare_tags
    from apps.core.actors import SystemActor

    declare_tags(actor=SystemActor("catalog.detectors"))
