"""Narrows lists by the query string, and refuses a value that would narrow nothing."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django_filters import BooleanFilter, ChoiceFilter
from django_filters.rest_framework import DjangoFilterBackend

from apps.core.errors import Invalid

YES_OR_NO = ("true", "false")


class Filters(DjangoFilterBackend):
    """The library's, which takes no choice and what is neither true nor false for anything."""

    def get_filterset(self, request: HttpRequest, queryset: QuerySet[Any], view: Any) -> Any:
        """The filters of the view with what was asked for. Raises Invalid."""
        found = super().get_filterset(request, queryset, view)
        for name, one in getattr(found, "filters", {}).items():
            asked = request.GET.get(name)
            if asked is None:
                continue
            if isinstance(one, BooleanFilter) and asked not in YES_OR_NO:
                raise Invalid(f"{name} is true or false.", fields={name: "must be true or false"})
            if isinstance(one, ChoiceFilter) and not asked:
                raise Invalid(f"{name} names no choice.", fields={name: "is empty"})
        return found
