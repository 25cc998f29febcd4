"""Registers the app with Django."""

from django.apps import AppConfig


class PoliciesConfig(AppConfig):
    """The app's entry in Django's registry."""

    name = "apps.policies"
    label = "policies"
    default_auto_field = "django.db.models.BigAutoField"
