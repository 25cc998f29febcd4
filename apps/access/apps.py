"""Registers the app with Django."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """The app's entry in Django's registry."""

    name = "apps.access"
    label = "access"
    default_auto_field = "django.db.models.BigAutoField"
