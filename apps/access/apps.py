"""Registers the app with Django, its decisions with approvals and its ears with identity."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class AccessConfig(AppConfig):
    """The app's entry in Django's registry."""

    name = "apps.access"
    label = "access"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say what decides access requests and which purposes there are; listen for eligibility."""
        from apps.access import tasks
        from apps.access.selectors.purposes import purposes_in_use
        from apps.access.services.decisions import RequestKind
        from apps.access.services.requests import KIND
        from apps.approvals.kinds import register
        from apps.core.events import subscribe
        from apps.policies import purposes

        purposes.register(purposes_in_use)
        register(KIND, RequestKind(), gettext_lazy("Requests for data"))
        subscribe("identity.eligibility_changed", tasks.recheck_later)
