"""Registers the app with Django, and finds the handlers that the apps declare."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    """The app's entry in Django's registry."""

    name = "apps.jobs"
    label = "jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import every app's `tasks`, so that each process knows what can be enqueued."""
        autodiscover_modules("tasks")
