"""What the page of delegations asks for: who, from which day to which, about what, and why."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.approvals.kinds import known
from apps.identity.models import Domain, User, UserKind


class ColleagueField(forms.ModelChoiceField):
    """A choice among the people who are here, told apart by their address."""

    def label_from_instance(self, obj: Any) -> str:
        """The name and the address."""
        return f"{obj.name} · {obj.email}"


class DelegationForm(forms.Form):
    """A seat to be lent; the days are whole days where the giver is."""

    taker = ColleagueField(
        User.objects.none(),
        to_field_name="uuid",
        empty_label=_("Choose a colleague"),
        label=_("Who answers in your place"),
    )
    valid_from = forms.DateField(
        label=_("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label=_("Up to and with"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    domain = forms.ModelChoiceField(
        Domain.objects.order_by("name"),
        to_field_name="key",
        required=False,
        empty_label=_("Every domain"),
        label=_("In which domain"),
    )
    kind = forms.ChoiceField(required=False, label=_("What about"))
    reason = forms.CharField(max_length=300, label=_("Why"))

    def __init__(self, *args: Any, giver: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True, kind=UserKind.PERSON).exclude(pk=giver.pk)
        taker, kind = self.fields["taker"], self.fields["kind"]
        assert isinstance(taker, forms.ModelChoiceField)
        assert isinstance(kind, forms.ChoiceField)
        taker.queryset = people.order_by("name", "pk")
        kind.choices = [("", _("Everything")), *known()]

    def begins(self, at: datetime) -> datetime:
        """The instant from which it holds: now when that day has begun."""
        return max(at, _midnight(self.cleaned_data["valid_from"]))

    def ends(self) -> datetime:
        """The instant at which the last day is over."""
        return _midnight(self.cleaned_data["until"] + timedelta(days=1))


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
