"""What lists of enforcement can be narrowed by."""

import django_filters

from apps.enforcement.models import Call, Drift, Enforcement, Proof, Sync, TakeOver


class _BySystem(django_filters.FilterSet):
    system = django_filters.CharFilter(field_name="system__key", max_length=63)


class EnforcementFilters(_BySystem):
    """By system, and by whether a pass is held."""

    held = django_filters.BooleanFilter()

    class Meta:
        model = Enforcement
        fields: list[str] = []


class SyncFilters(_BySystem):
    """By system and outcome."""

    outcome = django_filters.ChoiceFilter(choices=Sync.Outcome.choices)

    class Meta:
        model = Sync
        fields: list[str] = []


class DriftFilters(_BySystem):
    """By system and kind, and by whether it still stands."""

    kind = django_filters.ChoiceFilter(choices=Drift.Kind.choices)
    open = django_filters.BooleanFilter(field_name="righted_at", lookup_expr="isnull")

    class Meta:
        model = Drift
        fields: list[str] = []


class CallFilters(_BySystem):
    """By system, and by whether it went well."""

    ok = django_filters.BooleanFilter()

    class Meta:
        model = Call
        fields: list[str] = []


class ProofFilters(_BySystem):
    """By system, owner, principal and answer."""

    owner = django_filters.CharFilter(max_length=300)
    principal = django_filters.CharFilter(max_length=300)
    agrees = django_filters.BooleanFilter()

    class Meta:
        model = Proof
        fields: list[str] = []


class TakeOverFilters(_BySystem):
    """By system and state."""

    state = django_filters.ChoiceFilter(choices=TakeOver.State.choices)

    class Meta:
        model = TakeOver
        fields: list[str] = []
