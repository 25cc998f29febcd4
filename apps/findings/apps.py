"""Registers the app with Django and its ears with the audit book."""

from django.apps import AppConfig


class FindingsConfig(AppConfig):
    """The app's entry in Django's registry."""

    name = "apps.findings"
    label = "findings"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Look again when the audit book is found not to hold."""
        from apps.audit.events import BROKEN
        from apps.core.events import subscribe
        from apps.findings import tasks

        subscribe(BROKEN, tasks.look_now)
