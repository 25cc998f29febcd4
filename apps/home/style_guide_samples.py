"""What the style guide fills its components with; nothing here is used anywhere else."""

from datetime import datetime, timedelta

from django import forms
from django.core.paginator import Paginator

from apps.home.navigation import Group, Item

BEFORE = """GRANT SELECT ON sales.customers
  TO dg_customers_masked;

GRANT dg_customers_masked
  TO "m.okafor", "s.haddad";
COMMENT ON ROLE dg_customers_masked IS 'seneschal';
"""
AFTER = """GRANT SELECT ON sales.customers
  TO dg_customers_masked;

GRANT dg_customers_masked
  TO "m.okafor", "rafael.costa", "s.haddad";
INSERT INTO dg_row_scope VALUES ('rafael.costa', 'EMEA');
COMMENT ON ROLE dg_customers_masked IS 'seneschal';
"""


class SampleForm(forms.Form):
    """A form with each kind of control, one of them in error."""

    ticket = forms.CharField(help_text="The ticket this is for, such as CRM-902.", required=False)
    reason = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}))
    system = forms.ChoiceField(choices=[("pg", "PostgreSQL warehouse"), ("trino", "Trino")])
    purpose = forms.ChoiceField(
        choices=[("churn", "Churn analysis"), ("recon", "Reconciliation"), ("bi", "Reporting")],
        widget=forms.RadioSelect,
    )
    remind = forms.BooleanField(label="Remind me 14 days before it ends", required=False)


def everything(at: datetime) -> dict[str, object]:
    """The context of the style guide, as of an instant."""
    return {
        "at": at,
        "navigation": navigation(),
        "systems_url": "",
        "line": {"tone": "ok", "label": "6 of 6 systems in sync", "checked": at},
        "form": SampleForm({"reason": "", "purpose": "churn", "system": "pg"}),
        "page": Paginator(range(412), 25).page(3),
        "before": BEFORE,
        "after": AFTER,
        "history": ["ok"] * 21 + ["warn"] + ["ok"] * 17 + ["bad"],
        "steps": [
            {"label": "Decided", "note": "13:51:07 · by you", "state": "done", "gap": "1.9 s"},
            {"label": "Applied", "note": "13:51:09 · 2 systems", "state": "done", "gap": "0.8 s"},
            {"label": "Effective", "note": "asking", "state": "now", "gap": "90 days"},
            {"label": "Ends 22 Feb", "note": "23:59", "state": "ahead"},
        ],
        "tabs": [
            {"label": "Overview", "url": "#", "current": False},
            {"label": "Columns", "url": "#", "count": 24, "current": True},
            {"label": "Access", "url": "#", "count": 48, "current": False},
            {"label": "History", "url": "#", "current": False},
        ],
        "segments": [
            {"label": "Needs you", "url": "#", "count": 11, "current": True},
            {"label": "Waiting", "url": "#", "count": 6, "current": False},
            {"label": "Decided", "url": "#", "current": False},
        ],
        "events": events(at),
        "tones": ["none", "accent", "ok", "warn", "bad", "vio", "teal"],
    }


def navigation() -> list[Group]:
    """A sidebar as a steward sees it."""
    return [
        Group(
            "",
            [
                Item("Inbox", "inbox", "#", 11, due=True),
                Item("My requests", "file-check", "#", 4),
                Item("Ask for access", "key-round", "#"),
            ],
        ),
        Group("Catalog", [Item("Data assets", "database", "#", current=True)]),
        Group(
            "Control",
            [
                Item("Policies", "scale", "#"),
                Item("Grants", "badge-check", "#"),
                Item("Connections", "plug-zap", "#"),
                Item("Findings", "shield-alert", "#", 2),
            ],
        ),
        Group("Evidence", [Item("Audit trail", "scroll-text", "#")]),
    ]


def events(at: datetime) -> list[dict[str, object]]:
    """Some entries of an audit trail before an instant."""
    return [
        {
            "at": at - timedelta(seconds=4),
            "number": "#418,966",
            "icon": "shield-check",
            "tone": "ok",
            "text": "PostgreSQL refused t.nowak the column, the removal is proven",
            "note": "ERROR: permission denied for table customers",
        },
        {
            "at": at - timedelta(minutes=7),
            "number": "#418,965",
            "person": "Elena Varga",
            "text": "Elena Varga removed a grant made by hand on sales.customers.email",
            "note": "PostgreSQL, reason “not requested, export by mistake”",
            "current": True,
        },
        {
            "at": at - timedelta(minutes=19),
            "number": "#418,958",
            "icon": "zap",
            "tone": "warn",
            "text": "Trino host trino-w-09 fell 3 versions behind",
            "note": "enforces 1184, the fleet 1187",
        },
    ]
