"""Addresses of pages of higher apps, which the catalog's pages lead to without knowing them."""

from django.urls import NoReverseMatch, reverse


def link(name: str, **arguments: object) -> str:
    """The address of a page of a higher app, or nothing while there is none."""
    try:
        return reverse(name, kwargs=arguments or None)
    except NoReverseMatch:
        return ""
