"""Datasets and what is in them, at the REST door."""

from typing import Any

import django_filters
from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from apps.catalog import selectors, services
from apps.catalog.api.shapes import DatasetDetail, DatasetRow, PlaceInput
from apps.catalog.models import Dataset, DatasetKind, Field
from apps.catalog.selectors.search import datasets_matching
from apps.core.api import WriteSet
from apps.core.errors import Invalid
from apps.identity.models import User
from apps.identity.selectors import domain_named
from apps.identity.who import user_of


class DatasetFilters(django_filters.FilterSet):
    """By system, schema, kind, tag, domain, and by beginnings of words."""

    system = django_filters.CharFilter(field_name="system__key", max_length=63)
    schema = django_filters.CharFilter(max_length=63)
    kind = django_filters.ChoiceFilter(choices=DatasetKind.choices)
    domain = django_filters.CharFilter(field_name="domain__key", max_length=63)
    tag = django_filters.CharFilter(method="tagged", max_length=63)
    q = django_filters.CharFilter(method="matching", max_length=200)

    class Meta:
        model = Dataset
        fields: list[str] = []

    def tagged(self, datasets: QuerySet[Dataset], name: str, value: str) -> QuerySet[Dataset]:
        """With a column on which the tag is confirmed."""
        carrying = Field.objects.filter(taggings__tag__key=value, taggings__state="confirmed")
        return datasets.filter(pk__in=carrying.values("dataset"))

    def matching(self, datasets: QuerySet[Dataset], name: str, value: str) -> QuerySet[Dataset]:
        """With the words in their name, schema or comment."""
        return datasets_matching(datasets, value)


class DatasetSet(WriteSet):
    """Datasets that the user may know of; vanished ones only by their own address."""

    required = {
        "list": "catalog.view",
        "retrieve": "catalog.view",
        "place": "catalog.manage",
    }
    if_match = frozenset({"place"})
    filterset_class = DatasetFilters
    serializer_class = DatasetRow
    ordering = ("schema", "name", "id")
    queryset = Dataset.objects.none()

    def get_queryset(self) -> QuerySet[Dataset]:
        """Only what this user may know of."""
        found = selectors.visible_datasets(user_of(self.request)).select_related(
            "system", "domain", "owner", "steward"
        )
        if self.action == "list":
            return found.filter(vanished_at__isnull=True)
        there = Field.objects.filter(vanished_at__isnull=True).order_by("position", "id")
        return found.prefetch_related(Prefetch("fields", there.prefetch_related("taggings__tag")))

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        """Rows in lists, with columns and tags in details."""
        return DatasetRow if self.action == "list" else DatasetDetail

    @extend_schema(request=PlaceInput, responses=DatasetDetail)
    @action(detail=True, methods=["post"])
    def place(self, request: Request, uuid: Any) -> Response:
        """Say in which domain it lies, who owns it and who looks after it."""
        dataset, version, actor = self.get_object(), self.version_seen(), user_of(request)
        given = self.read(PlaceInput)
        if "domain" in given:
            domain = domain_named(given["domain"])
            dataset = services.assign_domain(
                dataset=dataset, domain=domain, version=version, actor=actor
            )
        if "owner" in given:
            owner = _person("owner", given["owner"])
            dataset = services.assign_owner(
                dataset=dataset, owner=owner, version=dataset.version, actor=actor
            )
        if "steward" in given:
            steward = _person("steward", given["steward"])
            services.assign_steward(
                dataset=dataset, steward=steward, version=dataset.version, actor=actor
            )
        return self.respond(self.get_object())


def _person(field: str, uuid: Any) -> User | None:
    if uuid is None:
        return None
    person = User.objects.filter(uuid=uuid).first()
    if person is None:
        raise Invalid("There is no such person.", fields={field: "unknown"})
    return person
