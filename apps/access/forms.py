"""What people fill in on the pages of access."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.access.models import Purpose
from apps.identity.models import User

LONGEST_TEXT, LONGEST_TICKET, LONGEST_DAYS = 4000, 80, 3650
A_DATE = "date"
DAYS = (
    ("7", gettext_lazy("7 d")),
    ("30", gettext_lazy("30 d")),
    ("90", gettext_lazy("90 d")),
    ("180", gettext_lazy("180 d")),
    (A_DATE, gettext_lazy("Until a date")),
)
FIRST_DAYS = "30"


class AskForm(forms.Form):
    """Why, for whom and how long; what is asked for stands in the basket."""

    use_required_attribute = False

    beneficiary = forms.ModelChoiceField(
        label=gettext_lazy("For whom"),
        queryset=User.objects.none(),
        to_field_name="uuid",
        required=False,
    )
    purpose = forms.ModelChoiceField(
        label=gettext_lazy("Purpose"),
        queryset=Purpose.objects.none(),
        to_field_name="key",
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={"required": gettext_lazy("Say what it is for.")},
    )
    justification = forms.CharField(
        label=gettext_lazy("In your words"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("Say why you need it.")},
    )
    ticket = forms.CharField(
        label=gettext_lazy("Ticket"), max_length=LONGEST_TICKET, required=False
    )
    days = forms.ChoiceField(
        label=gettext_lazy("How long"),
        choices=DAYS,
        initial=FIRST_DAYS,
        required=False,
        widget=forms.RadioSelect,
    )
    until = forms.DateField(
        label=gettext_lazy("Until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, data: object, *, user: User, initial: Mapping[str, object]) -> None:
        super().__init__(data, initial=initial)  # type: ignore[arg-type]
        self.user = user
        self.fields["purpose"].queryset = Purpose.objects.filter(active=True)  # type: ignore[attr-defined]
        machines = user.service_accounts.filter(is_active=True)
        self.fields["beneficiary"].queryset = machines  # type: ignore[attr-defined]
        self.fields["beneficiary"].empty_label = _("For me")  # type: ignore[attr-defined]

    @property
    def machines(self) -> bool:
        """Whether it may be asked for somebody else than oneself."""
        return self.user.service_accounts.filter(is_active=True).exists()

    def clean(self) -> None:
        """A date must be given where one is chosen."""
        if self.cleaned_data.get("days") == A_DATE and not self.cleaned_data.get("until"):
            self.add_error("until", _("Choose the last day."))

    def chosen_purpose(self) -> Purpose | None:
        """The purpose, as far as one is chosen; for what is shown before anything is sent."""
        key = str(self["purpose"].value() or "").replace("\0", "")
        return Purpose.objects.filter(active=True, key=key).first()

    def chosen_beneficiary(self) -> User:
        """Whom it is for; oneself while nobody else is chosen."""
        found: User | None = self.cleaned_data.get("beneficiary") if self.is_bound else None
        return found or self.user

    def chosen_until(self, at: datetime) -> datetime:
        """When it would end: so many days from now, or at the end of the day chosen."""
        days = self["days"].value() or FIRST_DAYS
        day = self.cleaned_data.get("until") if self.is_bound else None
        if days == A_DATE and day is not None:
            return timezone.make_aware(datetime.combine(day, time(23, 59)))
        return at + timedelta(days=int(days) if days in dict(DAYS[:-1]) else int(FIRST_DAYS))


class RenewForm(forms.Form):
    """For how much longer, and why still."""

    use_required_attribute = False

    days = forms.IntegerField(
        label=gettext_lazy("For how many days from today"),
        min_value=1,
        max_value=LONGEST_DAYS,
        help_text=gettext_lazy("The same people decide as for a new request."),
    )
    justification = forms.CharField(
        label=gettext_lazy("Why still"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def until(self, at: datetime) -> datetime:
        """The instant asked for."""
        days: int = self.cleaned_data["days"]
        return at + timedelta(days=days)
