"""Registers the app with Django."""

from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    """The app's entry in Django's registry."""

    name = "apps.approvals"
    label = "approvals"
    default_auto_field = "django.db.models.BigAutoField"
