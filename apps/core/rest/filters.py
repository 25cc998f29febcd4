"""Narrows lists by the query string, and refuses what is neither yes nor no where that is asked."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django_filters import BooleanFilter
from django_filters.rest_framework import DjangoFilterBackend

from apps.core.errors import Invalid

YES_OR_NO = ("true", "false")


class Filters(DjangoFilterBackend):
    """The library's, in which a boolean that cannot be understood would not narrow anything."""

    def get_filterset(self, request: HttpRequest, queryset: QuerySet[Any], view: Any) -> Any:
        """The filters of the view with what was asked for. Raises Invalid."""
        found = super().get_filterset(request, queryset, view)
        for name, one in getattr(found, "filters", {}).items():
            asked = request.GET.get(name)
            if isinstance(one, BooleanFilter) and asked is not None and asked not in YES_OR_NO:
                raise Invalid(f"{name} is true or false.", fields={name: "must be true or false"})
        return found
