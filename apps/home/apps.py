"""Registers the app with Django."""

from django.apps import AppConfig


class HomeConfig(AppConfig):
    """The app's entry in Django's registry."""

    name = "apps.home"
    label = "home"
    default_auto_field = "django.db.models.BigAutoField"
