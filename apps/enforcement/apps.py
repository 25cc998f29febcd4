"""Registers the app with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class EnforcementConfig(AppConfig):
    """The app's entry in Django's registry."""

    name = "apps.enforcement"
    label = "enforcement"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Decide about take-overs; look again when what a system holds, or means, has changed."""
        from apps.approvals.kinds import register
        from apps.catalog.events import CLASSIFIED, SCANNED
        from apps.core.events import subscribe
        from apps.enforcement import tasks
        from apps.enforcement.services.takeovers import KIND, TakeOverKind

        register(KIND, TakeOverKind(), gettext_lazy("Take-overs of existing rights"))
        subscribe(SCANNED, tasks.look_again)
        subscribe(CLASSIFIED, tasks.look_again_at_dataset)
