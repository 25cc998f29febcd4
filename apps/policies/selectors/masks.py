"""What the policies in force do to each column of a dataset, and would do to what is proposed."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.catalog.models import Dataset, Field, Tagging, TagState
from apps.identity.models import User
from apps.policies.compile import columns_meant, masks_meant
from apps.policies.definition import Requesting, Standing
from apps.policies.estate import Facts
from apps.policies.models import Kind, Policy
from apps.policies.parsing import parse
from apps.policies.selectors.estates import facts_of, wider_tags
from apps.policies.selectors.policies import in_force, visible_policies
from apps.policies.sentences import people
from apps.semantics.explain import describe_filter, describe_mask
from apps.semantics.filters import EVERYTHING
from apps.semantics.masks import Mask, MaskFunction, strictest


@dataclass(frozen=True, slots=True)
class Cover:
    """What one policy does to a column: a mask, or a limit to some rows, and for whom.

    `name` is empty and `key` too where the policy is not for the reader to see. `asked` is so of
    a mask that only access given upon a request carries.
    """

    key: str
    name: str
    who: str
    mask: Mask | None = None
    rows: str = ""
    asked: bool = False

    @property
    def exempts(self) -> bool:
        """Whether it takes people out of the standard masks."""
        return self.mask is not None and self.mask.function is MaskFunction.NONE

    @property
    def words(self) -> str:
        """What becomes of a value."""
        return describe_mask(self.mask) if self.mask else ""


@dataclass(frozen=True, slots=True)
class Covered:
    """A column with what covers it; `proposed`: as it would be once its proposals are confirmed."""

    field: Field
    covers: tuple[Cover, ...]
    proposed: bool

    @property
    def masks(self) -> tuple[Cover, ...]:
        """The covers that mask it."""
        return tuple(each for each in self.covers if each.mask and not each.exempts)

    @property
    def exempts(self) -> tuple[Cover, ...]:
        """The covers that spare somebody the masks."""
        return tuple(each for each in self.covers if each.exempts)

    @property
    def limits(self) -> tuple[Cover, ...]:
        """The covers that limit the rows in which it is seen."""
        return tuple(each for each in self.covers if each.rows)

    @property
    def mask(self) -> Mask:
        """What all of its masks come to together."""
        return strictest(each.mask for each in self.masks if each.mask)

    @property
    def short(self) -> str:
        """What is left of a value, in a word or two for a cell; empty without a mask."""
        mask = self.mask
        if mask.function is MaskFunction.PARTIAL:
            said = ", ".join(_ends(mask))
            return f"{said[:1].upper()}{said[1:]}" or "***"
        if mask.function is MaskFunction.BUCKET:
            return _("In steps of %(size)s") % {"size": mask.size}
        return str(_SHORT[mask.function])


_SHORT = {
    MaskFunction.NONE: "",
    MaskFunction.YEAR: gettext_lazy("Year only"),
    MaskFunction.TOKEN: gettext_lazy("Token"),
    MaskFunction.HASH: gettext_lazy("Keyed hash"),
    MaskFunction.REDACT: "***",
    MaskFunction.NULL: gettext_lazy("Nothing (NULL)"),
}


def _ends(mask: Mask) -> Iterator[str]:
    """What a partial mask leaves of either end."""
    if mask.first:
        yield ngettext("first character", "first %(n)s", mask.first) % {"n": mask.first}
    if mask.last:
        yield ngettext("last character", "last %(n)s", mask.last) % {"n": mask.last}


def masks_on(dataset: Dataset, user: User, at: datetime) -> list[Covered]:
    """The classified and the proposed columns of the dataset, each with what covers it."""
    facts, proposed = facts_of(dataset), _proposed(dataset)
    supposed = replace(
        facts,
        columns={
            name: tags | proposed.get(name, frozenset()) for name, tags in facts.columns.items()
        },
    )
    seen = set(visible_policies(user).values_list("key", flat=True))
    covers: defaultdict[str, list[Cover]] = defaultdict(list)
    for policy in in_force(at):
        for column, cover in _covers(policy, supposed, seen):
            covers[column].append(cover)
    fields = Field.objects.filter(dataset=dataset, vanished_at=None).order_by("position")
    return [
        Covered(field, tuple(covers[field.name]), field.name in proposed)
        for field in fields
        if facts.columns.get(field.name) or field.name in proposed
    ]


def _proposed(dataset: Dataset) -> dict[str, frozenset[str]]:
    wider = wider_tags()
    found: defaultdict[str, frozenset[str]] = defaultdict(frozenset)
    waiting = Tagging.objects.filter(
        field__dataset=dataset, field__vanished_at=None, state=TagState.PROPOSED
    )
    for name, tag in waiting.values_list("field__name", "tag_id"):
        found[name] |= wider[tag]
    return dict(found)


def _covers(policy: Policy, facts: Facts, seen: set[str]) -> Iterator[tuple[str, Cover]]:
    domain = policy.domain.key if policy.domain else ""
    if domain and domain != facts.domain:
        return
    definition = parse(policy.kind, policy.definition)
    chosen = columns_meant(definition.resource, facts)
    columns = frozenset(facts.columns) if chosen is None else chosen
    readable = policy.key in seen
    cover = Cover(
        key=policy.key if readable else "",
        name=policy.name if readable else "",
        who=people(definition.subjects).removesuffix(","),
        asked=isinstance(definition, Requesting),
    )
    yield from _of_definition(policy, definition, facts, columns, cover)


def _of_definition(
    policy: Policy,
    definition: Standing | Requesting,
    facts: Facts,
    columns: frozenset[str],
    cover: Cover,
) -> Iterator[tuple[str, Cover]]:
    for column, mask in masks_meant(definition.masks, facts).items():
        if column in columns:
            yield column, replace(cover, mask=mask)
    if isinstance(definition, Standing) and definition.mask is not None:
        yield from ((column, replace(cover, mask=definition.mask)) for column in columns)
    limits = policy.kind == Kind.FILTER or isinstance(definition, Requesting)
    if limits and definition.filter != EVERYTHING:
        rows = describe_filter(definition.filter)
        yield from ((column, replace(cover, rows=rows)) for column in columns)
