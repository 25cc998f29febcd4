"""Registers the app with Django."""

from django.apps import AppConfig


class EnforcementConfig(AppConfig):
    """The app's entry in Django's registry."""

    name = "apps.enforcement"
    label = "enforcement"
    default_auto_field = "django.db.models.BigAutoField"
