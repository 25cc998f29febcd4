"""Registers the app with Django, and listens to allauth at the door."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """The app's entry in Django's registry."""

    name = "apps.identity"
    label = "identity"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Write sign-ins into the book."""
        from apps.identity import sign_in

        sign_in.listen()
