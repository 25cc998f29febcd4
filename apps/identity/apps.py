"""Registers the app with Django."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """The app's entry in Django's registry."""

    name = "apps.identity"
    label = "identity"
    default_auto_field = "django.db.models.BigAutoField"
