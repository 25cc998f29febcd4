"""Who answers for data and whose a login is, as forms."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from apps.catalog.models import Dataset, System
from apps.identity.models import Domain, User, UserKind
from apps.identity.selectors import domains_with_permission, domains_within


def _people() -> QuerySet[User]:
    """The people who can answer for data."""
    active = User.objects.filter(is_active=True, kind=UserKind.PERSON)
    return active.order_by("name", "id")


class _Placing(forms.Form):
    """A domain, an owner and a steward."""

    domain = forms.ModelChoiceField(
        Domain.objects.none(), required=False, to_field_name="key", label=_("Domain")
    )
    owner = forms.ModelChoiceField(
        User.objects.none(),
        required=False,
        to_field_name="uuid",
        label=_("Owner"),
        help_text=_("Answers for the data, and decides who may have it."),
    )
    steward = forms.ModelChoiceField(
        User.objects.none(),
        required=False,
        to_field_name="uuid",
        label=_("Steward"),
        help_text=_("Looks after it day by day: says what columns hold."),
    )

    nobody: Any = ""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = _people()
        for name in ("owner", "steward"):
            self.choice(name).queryset = people
            self.choice(name).empty_label = self.nobody
        self.everywhere = domains_with_permission(user, "catalog.manage") is None
        self.choice("domain").queryset = domains_within(user, "catalog.manage")
        self.choice("domain").empty_label = self.nobody

    def choice(self, name: str) -> "forms.ModelChoiceField[Any]":
        """The field of this name, which chooses among rows."""
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        return field


class PlaceForm(_Placing):
    """Where one dataset lies and who answers for it; whoever is responsible now can stay."""

    nobody = _("Nobody")

    def __init__(self, *args: Any, user: User, dataset: Dataset, **kwargs: Any) -> None:
        initial = {
            "domain": dataset.domain.key if dataset.domain else None,
            "owner": dataset.owner.uuid if dataset.owner else None,
            "steward": dataset.steward.uuid if dataset.steward else None,
        }
        super().__init__(*args, user=user, initial=initial, **kwargs)
        now = User.objects.filter(Q(owned_datasets=dataset) | Q(stewarded_datasets=dataset))
        for name in ("owner", "steward"):
            self.choice(name).queryset = User.objects.filter(
                Q(pk__in=_people().values("pk")) | Q(pk__in=now.values("pk"))
            ).order_by("name", "id")
        domain = self.choice("domain")
        domain.empty_label, domain.required = _("None"), not self.everywhere


class PlaceManyForm(_Placing):
    """Where several datasets lie and who answers for them; what is left out stays."""

    nobody = _("Leave as it is")


class AccountForm(forms.Form):
    """Whose a login is."""

    system = forms.ModelChoiceField(System.objects.none(), to_field_name="key")
    role = forms.CharField(max_length=63, strip=False)
    person = forms.ModelChoiceField(
        User.objects.filter(is_active=True),
        to_field_name="email",
        error_messages={"invalid_choice": _("There is nobody with that e-mail address.")},
    )

    def __init__(self, *args: Any, systems: QuerySet[System], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["system"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = systems
