"""Whether what somebody proposes holds together, names what there is, and can be enforced."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import CharField, F, Value
from django.db.models.functions import Concat

from apps.catalog import selectors as catalog
from apps.catalog.models import Dataset, Field, System, Tag
from apps.core.errors import Invalid, Refused
from apps.enforcement import selectors as enforcement
from apps.identity.models import Domain, Team, User
from apps.identity.permissions import Role
from apps.policies import purposes
from apps.policies.definition import Definition, Standing
from apps.policies.models import Kind, PolicyTier, PolicyVersion
from apps.policies.parsing import parse
from apps.policies.references import Named, Reference, references
from apps.policies.selectors.estates import active_systems
from apps.policies.selectors.policies import rules_in
from apps.semantics.conflicts import find_conflicts
from apps.semantics.masks import MaskFunction
from apps.semantics.rules import Rule


def must_hold(version: PolicyVersion, at: datetime) -> None:
    """Raise Invalid, with the fields named, for a proposal that says what no policy can say."""
    definition = parse(version.kind, version.definition)
    _tier_fits(version, definition)
    _time_fits(version, at)
    _names_what_there_is(definition)


def must_be_enforceable(version: PolicyVersion, at: datetime) -> None:
    """Raise Refused, with every reason, when its rules contradict others or cannot be expressed.

    Looked at in every system in which we can enforce; nothing is asked of the systems.
    """
    reasons: list[str] = []
    for system in enforceable_systems():
        rules = rules_in(version, system)
        if rules:
            reasons += contradictions(version, system, rules) or inexpressible(
                version, system, rules, at
            )
    if reasons:
        raise Refused(" ".join(dict.fromkeys(reasons)), fields={"definition": reasons[0]})


def enforceable_systems() -> list[System]:
    """The systems in which we have the logins to enforce and to prove."""
    return [system for system in active_systems() if is_enforceable(system)]


def is_enforceable(system: System) -> bool:
    """Whether the system has logins of ours to apply rules and to ask as others."""
    return all(system.secrets.get(login) for login in ("apply", "probe"))


def contradictions(version: PolicyVersion, system: System, rules: Iterable[Rule]) -> list[str]:
    """The contradictions of these rules among themselves and with all others in the system."""
    mine = tuple(rules)
    datasets = frozenset(rule.dataset for rule in mine)
    own = f"{version.policy.ref}@"
    others = [
        rule
        for rule in enforcement.desired(system, datasets=datasets)
        if not rule.origin.startswith(own)
    ]
    shapes = {name: shape for name, shape in catalog.shapes_of(system).items() if name in datasets}
    return [
        conflict.text
        for conflict in find_conflicts((*mine, *others), shapes)
        if any(rule in mine for rule in conflict.rules)
    ]


def inexpressible(
    version: PolicyVersion, system: System, rules: Iterable[Rule], at: datetime
) -> list[str]:
    """Why the system cannot express these rules in place of those of the version in force."""
    try:
        enforcement.preview_plan(system, extra=tuple(rules), without=(version.policy.ref,), at=at)
    except Refused as refused:
        return [refused.detail]
    return []


def _tier_fits(version: PolicyVersion, definition: Definition) -> None:
    exempts = (
        isinstance(definition, Standing)
        and definition.mask is not None
        and definition.mask.function is MaskFunction.NONE
    )
    if version.kind == Kind.REQUEST and version.tier != PolicyTier.STANDARD:
        _invalid("tier", "A request policy is a standard one.")
    if version.kind == Kind.GRANT and version.tier == PolicyTier.GUARDRAIL:
        _invalid("tier", "A guardrail can only restrict.")
    if exempts and version.tier != PolicyTier.EXCEPTION:
        _invalid("tier", "Only an exception exempts from masks.")
    if version.tier == PolicyTier.EXCEPTION and version.until is None:
        _invalid("until", "An exception ends at an instant.")
    if any(each.mask.function is MaskFunction.NONE for each in definition.masks):
        _invalid("definition.masks", "An obligatory mask hides something.")


def _time_fits(version: PolicyVersion, at: datetime) -> None:
    if version.until is None:
        return
    if version.until <= at:
        _invalid("until", "The end lies in the past.")
    if version.valid_from is not None and version.until <= version.valid_from:
        _invalid("until", "The end comes before the beginning.")


def _invalid(field: str, sentence: str) -> None:
    raise Invalid(f"{field}: {sentence}", fields={field: sentence})


def _names_what_there_is(definition: Definition) -> None:
    named = list(references(definition))
    known = {kind: _known(kind, named) for kind in {reference.kind for reference in named}}
    unknown = {
        reference.path: f"There is no {reference.kind} {reference.key}."
        for reference in named
        if reference.key not in known[reference.kind]
    }
    if unknown:
        raise Invalid(" ".join(dict.fromkeys(unknown.values())), fields=unknown)


def _known(kind: Named, named: Iterable[Reference]) -> frozenset[str]:
    keys = {reference.key for reference in named if reference.kind is kind}
    if kind is Named.ROLE:
        return frozenset(Role.values)
    if kind is Named.PURPOSE:
        return purposes.known()
    if kind is Named.USER:
        return frozenset(User.objects.filter(email__in=keys).values_list("email", flat=True))
    if kind in (Named.DATASET, Named.COLUMN):
        return _known_assets(kind, keys)
    model = {Named.TEAM: Team, Named.DOMAIN: Domain, Named.TAG: Tag}[kind]
    return frozenset(model.objects.filter(key__in=keys).values_list("key", flat=True))  # type: ignore[attr-defined]


def _known_assets(kind: Named, keys: Iterable[str]) -> frozenset[str]:
    if kind is Named.DATASET:
        found = Dataset.objects.filter(vanished_at=None).annotate(
            path=_path("system__key", "schema", "name")
        )
        return frozenset(found.filter(path__in=keys).values_list("path", flat=True))
    columns = Field.objects.filter(vanished_at=None, dataset__vanished_at=None).annotate(
        path=_path("dataset__system__key", "dataset__schema", "dataset__name", "name")
    )
    return frozenset(columns.filter(path__in=keys).values_list("path", flat=True))


def _path(system: str, schema: str, name: str, column: str = "") -> Concat:
    parts = [F(system), Value("/"), F(schema), Value("."), F(name)]
    if column:
        parts += [Value("/"), F(column)]
    return Concat(*parts, output_field=CharField())
