"""Registers the app with Django."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """The app's entry in Django's registry."""

    name = "apps.core"
    label = "core"
    default_auto_field = "django.db.models.BigAutoField"
