"""What the pages of identity ask for."""

import json
from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from apps.identity.models import Domain, Team, User, UserKind
from apps.identity.permissions import EVERY_PERMISSION, Role
from apps.identity.services import LONGEST_TOKEN
from apps.identity.wording import Group, grouped

DAYS = LONGEST_TOKEN // timedelta(days=1)


class PeopleField(forms.ModelChoiceField):
    """A choice among the people who are here, who are told apart by their address."""

    def __init__(self, **kwargs: Any) -> None:
        people = User.objects.filter(is_active=True, kind=UserKind.PERSON)
        super().__init__(people, to_field_name="uuid", empty_label=_("Choose…"), **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        """The name and the address."""
        return f"{obj.name} · {obj.email}"


class AttributesField(forms.CharField):
    """What policies may ask about a person, one `name = value` a line."""

    widget = forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "class": "font-mono"})

    def prepare_value(self, value: Any) -> Any:
        """Lines for a mapping; what was typed, as it was typed."""
        if not isinstance(value, dict):
            return value
        return "\n".join(f"{name} = {_written(each)}" for name, each in value.items())

    def to_python(self, value: Any) -> Any:
        """The mapping that these lines say. Raises ValidationError for a line without `=`."""
        found = {}
        for line in str(value or "").splitlines():
            name, equals, said = line.partition("=")
            if not line.strip():
                continue
            if not equals:
                raise forms.ValidationError(_("Write each line as name = value."))
            found[name.strip()] = _meant(said.strip())
        return found


def _meant(said: str) -> Any:
    try:
        return json.loads(said)
    except ValueError:
        return said


def _written(value: Any) -> str:
    plain = isinstance(value, str) and _meant(value) == value
    return value if plain else json.dumps(value, ensure_ascii=False)


class TokenForm(forms.Form):
    """A token for oneself or for a service account one answers for."""

    name = forms.CharField(
        max_length=100, label=_("What it is for"), help_text=_("Such as “nightly export”.")
    )
    days = forms.IntegerField(
        min_value=1,
        max_value=DAYS,
        initial=30,
        label=_("Days it is valid"),
        help_text=_("At most %(days)s. The shorter, the better.") % {"days": DAYS},
    )
    scopes = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple, label=_("What it may do")
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = (name for name in EVERY_PERMISSION if user.has_perm(name))
        self.groups: list[Group] = grouped(held)
        self.fields["scopes"].choices = self.groups  # type: ignore[attr-defined]

    def chosen(self) -> list[str]:
        """The scopes that are ticked, valid or not."""
        return [str(one) for one in self["scopes"].value() or []]


class PersonForm(forms.Form):
    """A person to be."""

    name = forms.CharField(max_length=150, label=_("Name"))
    email = forms.EmailField(
        max_length=254, label=_("E-mail address"), help_text=_("What they sign in with.")
    )
    title = forms.CharField(
        max_length=150, required=False, label=_("Title"), help_text=_("Such as “Analyst, Finance”.")
    )


class ProfileForm(forms.Form):
    """What is known of somebody."""

    name = forms.CharField(max_length=150, label=_("Name"))
    title = forms.CharField(max_length=150, required=False, label=_("Title"))
    attributes = AttributesField(
        required=False,
        label=_("Attributes"),
        help_text=_("What policies may ask about them, one a line, such as region = EU."),
    )


class MachineForm(forms.Form):
    """A service account to be."""

    name = forms.CharField(max_length=150, label=_("Name"))
    email = forms.CharField(
        max_length=254,
        label=_("Account name"),
        help_text=_("Like nightly-load@services; it is never mailed to."),
    )
    owner = PeopleField(
        label=_("Who answers for it"), help_text=_("They issue its tokens and are asked about it.")
    )


class RoleForm(forms.Form):
    """A role to give."""

    role = forms.ChoiceField(choices=Role.choices, initial=Role.MEMBER, label=_("Role"))
    domain = forms.ModelChoiceField(
        Domain.objects.all(),
        required=False,
        empty_label=_("Everywhere"),
        to_field_name="key",
        label=_("Where"),
    )


class PasswordForm(forms.Form):
    """A password for somebody else."""

    password = forms.CharField(
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        label=_("New password"),
        help_text=_("Their sign-ins end. Tell it to them in person; they change it themselves."),
    )


class OwnerForm(forms.Form):
    """Who is to answer for a service account."""

    owner = PeopleField(label=_("Who answers for it from now on"))


class MemberForm(forms.Form):
    """Who is to be in a team."""

    user = PeopleField(label=_("Person"))

    def __init__(self, *args: Any, among: QuerySet[User] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if among is not None:
            field = self.fields["user"]
            field.queryset = field.queryset & among  # type: ignore[attr-defined]


class KeyedForm(forms.Form):
    """A team or domain to be."""

    name = forms.CharField(max_length=150, label=_("Name"))
    key = forms.SlugField(
        max_length=63,
        label=_("Key"),
        help_text=_("Lower-case letters, digits and dashes; it stays as it is."),
    )


class DomainForm(KeyedForm):
    """A domain to be."""

    description = forms.CharField(
        required=False,
        label=_("What it answers for"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class TeamChoiceForm(forms.Form):
    """A team for somebody to join."""

    team = forms.ModelChoiceField(
        Team.objects.all(), to_field_name="key", empty_label=_("Choose…"), label=_("Team")
    )

    def __init__(self, *args: Any, among: QuerySet[Team] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if among is not None:
            self.fields["team"].queryset = among  # type: ignore[attr-defined]
