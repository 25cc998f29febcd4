"""Registers the app with Django, its decisions with approvals, and its ears with those below."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class PoliciesConfig(AppConfig):
    """The app's entry in Django's registry."""

    name = "apps.policies"
    label = "policies"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say what decides proposals, and listen for what changes the meaning of policies."""
        from apps.approvals.kinds import register
        from apps.catalog.events import ACCOUNTS_CHANGED, CLASSIFIED, SCANNED
        from apps.core.events import subscribe
        from apps.identity.events import ELIGIBILITY_CHANGED
        from apps.policies import tasks
        from apps.policies.services.decisions import PolicyKind
        from apps.policies.services.proposing import KIND

        register(KIND, PolicyKind(), gettext_lazy("Changes of policies"))
        subscribe(CLASSIFIED, tasks.declare_about)
        subscribe(SCANNED, tasks.declare_in)
        subscribe(ACCOUNTS_CHANGED, tasks.declare_in)
        subscribe(ELIGIBILITY_CHANGED, tasks.declare_for)
