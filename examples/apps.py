"""Registers the examples with Django, for their command."""

from django.apps import AppConfig


class ExamplesConfig(AppConfig):
    """The examples' entry in Django's registry."""

    name = "examples"
