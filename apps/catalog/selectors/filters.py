"""What a list of datasets was narrowed to, as its address says it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from urllib.parse import urlencode

from django.db.models import Q, QuerySet

from apps.catalog.models import Dataset, Field
from apps.catalog.selectors.search import datasets_matching
from apps.core.errors import Invalid

LONGEST = 200


@dataclass(frozen=True, slots=True)
class Chosen:
    """The filters of a list of datasets; empty is every one."""

    q: str = ""
    system: str = ""
    kind: str = ""
    tag: str = ""
    without: str = ""
    """`owner`: those without an owner or a steward."""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Chosen":
        """The filters in an address. Raises Invalid for text that no row can hold."""
        found = {one.name: given.get(one.name, "").strip()[:LONGEST] for one in fields(cls)}
        if any("\x00" in value for value in found.values()):
            raise Invalid("Text may not contain the NUL character.")
        return cls(**found)

    @property
    def any(self) -> bool:
        """Whether anything is chosen."""
        return self != Chosen()

    @property
    def query(self) -> str:
        """The same again, for an address: with its question mark, or nothing."""
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        said = {name: value for name, value in given.items() if value}
        return f"?{urlencode(said)}" if said else ""

    def narrowed(self, found: QuerySet[Dataset]) -> QuerySet[Dataset]:
        """Those of the datasets that are there now and are meant."""
        found = datasets_matching(found.filter(vanished_at__isnull=True), self.q)
        if self.system:
            found = found.filter(system__key=self.system)
        if self.kind:
            found = found.filter(kind=self.kind)
        if self.tag:
            tagged = Field.objects.filter(
                taggings__tag__key=self.tag, taggings__state__in=("confirmed", "proposed")
            )
            found = found.filter(pk__in=tagged.values("dataset"))
        if self.without == "owner":
            found = found.filter(Q(owner=None) | Q(steward=None))
        return found
