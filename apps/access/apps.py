"""Registers the app with Django, its decisions with approvals and its ears with identity."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """The app's entry in Django's registry."""

    name = "apps.access"
    label = "access"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say what decides access requests, and listen for lost eligibility."""
        from apps.access import tasks
        from apps.access.services.decisions import RequestKind
        from apps.access.services.requests import KIND
        from apps.approvals.kinds import register
        from apps.core.events import subscribe

        register(KIND, RequestKind())
        subscribe("identity.eligibility_changed", tasks.recheck_later)
