"""The people of Halden Home, what they are here to do, and which database role is theirs."""

from dataclasses import dataclass

DOMAIN = "haldenhome.example"
PASSWORD = "rivers-meet-at-noon"
"""For signing in to the demo, which listens on loopback alone; printed by `make run`."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in; `roles` are (role, domain key or everywhere)."""

    login: str
    name: str
    title: str
    roles: tuple[tuple[str, str], ...] = (("member", ""),)
    team: str = ""
    account: str = ""

    @property
    def email(self) -> str:
        """What they sign in with."""
        return f"{self.login}@{DOMAIN}"


DOMAINS = {
    "sales": "Sales",
    "support": "Customer support",
    "people": "People",
}
TEAMS = {
    "commercial-analysts": "Commercial analysts",
    "finance": "Finance",
    "data-office": "Data office",
}
PURPOSES = {
    "churn-analysis": ("Churn analysis", "Who leaves us, and why."),
    "reconciliation": ("Reconciliation", "Books and payments must agree."),
    "service-quality": ("Service quality", "How well we answer our customers."),
}
PEOPLE = (
    Person(
        "elena",
        "Elena Varga",
        "Data steward",
        (("steward", "sales"), ("steward", "support"), ("member", "")),
        "data-office",
    ),
    Person("lena", "Lena Brandt", "Head of data", (("steward", ""),), "data-office"),
    Person("ingrid", "Ingrid Solberg", "Head of sales", (("owner", "sales"), ("member", ""))),
    Person("henrik", "Henrik Dahl", "Head of people", (("owner", "people"), ("steward", "people"))),
    Person("rafael", "Rafael Costa", "Commercial analyst", team="commercial-analysts",
           account="rafael"),
    Person("maya", "Maya Okafor", "Financial controller", team="finance", account="maya"),
    Person("jonas", "Jonas Weber", "Support lead", account="jonas"),
    Person("tomas", "Tomas Lind", "Platform engineer", (("operator", ""),), "data-office"),
    Person("aiko", "Aiko Tanaka", "Internal auditor", (("auditor", ""),)),
    Person("nora", "Nora Haugen", "Administrator", (("admin", ""),)),
)  # fmt: skip
SERVICE = ("svc-churn", "Churn model", "rafael", "svc_churn")
"""Login, name, who answers for it, database role."""
