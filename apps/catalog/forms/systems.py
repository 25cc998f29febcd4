"""How a PostgreSQL is called and reached, as a form: references to secrets and never secrets."""

from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from apps.catalog.addresses import LOGINS, checked_address, checked_secrets, is_reference
from apps.catalog.models import System
from apps.catalog.services.systems import KEY
from apps.core.errors import Invalid
from apps.identity.models import Domain, User
from apps.identity.selectors import domains_with_permission, domains_within

TLS = (
    ("verify-full", _("TLS, the certificate checked and made out to this host (verify-full)")),
    ("verify-ca", _("TLS, the certificate checked (verify-ca)")),
    ("require", _("TLS, whatever the certificate says (require)")),
    ("prefer", _("TLS if the server offers it (prefer)")),
    ("allow", _("TLS only if the server insists (allow)")),
    ("disable", _("No TLS: passwords are hashed, rows are not (disable)")),
)
MEANT = {
    "address.host": "host",
    "address.port": "port",
    "address.dbname": "dbname",
    "address.sslmode": "sslmode",
    "secrets.mask_key": "mask_key",
    **{f"secrets.{name}": f"{name}_user" for name in LOGINS},
    **{
        f"secrets.{name}.{part}": f"{name}_{part}" for name in LOGINS for part in ("user", "secret")
    },
}
"""The form's field for each part that a service may find at fault."""


class ReferenceInput(forms.TextInput):
    """Shows a reference again and nothing else: what was pasted instead may be the secret."""

    def format_value(self, value: Any) -> str | None:
        """The value, when it is a reference."""
        return str(value) if value and is_reference(value) else None


class HostInput(forms.TextInput):
    """Shows a host again, and nothing that holds more than one: an address may hold a password."""

    def format_value(self, value: Any) -> str | None:
        """The value, when it cannot hold a password."""
        return None if not value or set(str(value)) & set("@/") else str(value)


def _reference(label: Any, *, required: bool = False) -> forms.CharField:
    attrs = {"autocomplete": "off", "spellcheck": "false", "placeholder": "env:NAME or file:/path"}
    return forms.CharField(
        label=label, required=required, max_length=500, widget=ReferenceInput(attrs=attrs)
    )


def _role(example: str, *, required: bool = False) -> forms.CharField:
    attrs = {"autocomplete": "off", "spellcheck": "false", "placeholder": example}
    return forms.CharField(
        label=_("Role"), required=required, max_length=63, widget=forms.TextInput(attrs=attrs)
    )


class SystemForm(forms.Form):
    """How a PostgreSQL is called and reached, and what we log in with; references, no secrets."""

    name = forms.CharField(
        max_length=200, label=_("Name"), help_text=_("As people call it: “Warehouse”.")
    )
    host = forms.CharField(
        max_length=255,
        label=_("Host"),
        widget=HostInput(attrs={"autocomplete": "off", "placeholder": "db.example.org"}),
        help_text=_("A name or an IP address, without a scheme, a user or a password."),
    )
    port = forms.IntegerField(min_value=1, max_value=65535, initial=5432, label=_("Port"))
    dbname = forms.CharField(max_length=63, label=_("Database"))
    sslmode = forms.ChoiceField(choices=TLS, initial="verify-full", label=_("Encryption"))
    scan_user = _role("seneschal_scan", required=True)
    scan_secret = _reference(_("Its password is kept in"), required=True)
    apply_user = _role("seneschal_apply")
    apply_secret = _reference(_("Its password is kept in"))
    probe_user = _role("seneschal_probe")
    probe_secret = _reference(_("Its password is kept in"))
    mask_key = _reference(_("Key for hashes and tokens"))
    sampling = forms.BooleanField(
        required=False,
        label=_("Look at up to 500 rows of a table to classify its columns"),
        help_text=_("Values are never stored. Without it, names and types alone speak."),
    )

    def clean(self) -> dict[str, Any]:
        """Say at each field what is wrong with the address and the logins."""
        given = super().clean() or {}
        if not set(self.errors) & {"host", "port", "dbname", "sslmode"}:
            self._check(checked_address, self.address)
        self._check(checked_secrets, self.secrets)
        return given

    @property
    def address(self) -> dict[str, Any]:
        """The address as services take it."""
        return {name: self.cleaned_data[name] for name in ("host", "port", "dbname", "sslmode")}

    @property
    def secrets(self) -> dict[str, Any]:
        """The logins and the key as services take them."""
        given = {name: self.cleaned_data.get(name, "") for name in MEANT.values()}
        found: dict[str, Any] = {
            name: {"user": given[f"{name}_user"], "secret": given[f"{name}_secret"]}
            for name in LOGINS
            if given[f"{name}_user"] or given[f"{name}_secret"]
        }
        return found | ({"mask_key": given["mask_key"]} if given["mask_key"] else {})

    def _check(self, check: Any, given: dict[str, Any]) -> None:
        try:
            check(given)
        except Invalid as invalid:
            for part, text in invalid.fields.items():
                field = MEANT.get(part)
                if field not in self.errors:
                    self.add_error(field, f"{text[:1].upper()}{text[1:]}.")


class ConnectForm(SystemForm):
    """A PostgreSQL to be connected."""

    key = forms.CharField(
        max_length=63,
        required=False,
        label=_("Key"),
        help_text=_("Names it in rules, references and commands, for good; made from the name."),
    )
    domain = forms.ModelChoiceField(
        Domain.objects.none(),
        required=False,
        to_field_name="key",
        label=_("Domain"),
        empty_label=_("None: for those who may everywhere"),
        help_text=_("Who may see and operate the connection."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        somewhere = domains_with_permission(user, "enforcement.operate") is not None
        choice = self.fields["domain"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = domains_within(user, "enforcement.operate")
        choice.required = somewhere
        if somewhere:
            choice.empty_label = _("Choose one")

    def clean_key(self) -> str:
        """The key given, or the one made from the name."""
        made = slugify(str(self.cleaned_data.get("name", "")))[:63].strip("-")
        key = str(self.cleaned_data["key"] or made)
        if not KEY.fullmatch(key):
            raise forms.ValidationError(
                _("A key is lower-case letters, digits and hyphens, a letter first.")
            )
        if System.objects.filter(key=key).exists():
            raise forms.ValidationError(_("There is a connection of this key already."))
        return key


def filled_in(system: System) -> dict[str, Any]:
    """What the form of a connected system begins with."""
    logins = {name: system.secrets.get(name) or {} for name in LOGINS}
    return {
        "name": system.name,
        "sampling": system.sampling,
        "mask_key": system.secrets.get("mask_key", ""),
        **system.address,
        **{
            f"{name}_{part}": login.get(part, "")
            for name, login in logins.items()
            for part in ("user", "secret")
        },
    }
