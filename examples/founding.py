"""Founds Halden Home in Seneschal through the services that everybody uses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from apps.access.models import Purpose
from apps.access.services.purposes import add_purpose
from apps.approvals.selectors import approval_of
from apps.approvals.services import decide
from apps.catalog import services as catalog
from apps.catalog.models import Dataset, System, Tagging
from apps.core.actors import SystemActor
from apps.identity import services as identity
from apps.identity.models import Domain, Team, User
from apps.policies.models import Policy
from apps.policies.services.proposing import Proposal, propose_policy
from examples.company import people, policies

ACTOR = SystemActor("examples.founding")
SCHEMAS = {
    "sales": ("sales", "ingrid", "elena"),
    "reporting": ("sales", "ingrid", "elena"),
    "support": ("support", "ingrid", "elena"),
    "hr": ("people", "henrik", "henrik"),
}
"""Schema of the warehouse → domain, owner, steward."""
CLASSIFIED = ("sales",)
"""Schemas whose proposals the steward has confirmed; the others wait for somebody to look."""
REJECTED = frozenset({("products", "name")})

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Warehouse:
    """Where the demo's warehouse is, and the references to our logins in it."""

    address: Mapping[str, Any]
    secrets: Mapping[str, Any]


def found(*, warehouse: Warehouse, password: str, say: Say) -> System:
    """Make everybody and everything that the demo shows; what is there already is kept."""
    staff = _people(password)
    say(f"{len(staff)} people, {Team.objects.count()} teams")
    system = _system(warehouse)
    catalog.scan_system(system=system, at=timezone.now(), actor=ACTOR)
    system.refresh_from_db()
    _accounts(system, staff)
    _place(system, staff)
    say(f"{system.datasets.count()} datasets found in {system.server}")
    _classify(system, staff["elena"], say)
    _purposes(staff["elena"])
    _policies(staff, say)
    return system


def _people(password: str) -> dict[str, User]:
    domains = {
        key: Domain.objects.filter(key=key).first()
        or identity.create_domain(key=key, name=name, actor=ACTOR)
        for key, name in people.DOMAINS.items()
    }
    teams = {
        key: Team.objects.filter(key=key).first()
        or identity.create_team(key=key, name=name, actor=ACTOR)
        for key, name in people.TEAMS.items()
    }
    staff = {}
    for person in people.PEOPLE:
        user = User.objects.filter(email=person.email).first()
        if user is None:
            user = _person(person, password, domains, teams)
        staff[person.login] = user
    login, name, owner, _ = people.SERVICE
    email = f"{login}@{people.DOMAIN}"
    staff[login] = User.objects.filter(email=email).first() or identity.create_service_account(
        email=email, name=name, owner=staff[owner], actor=ACTOR
    )
    return staff


def _person(
    person: people.Person, password: str, domains: dict[str, Domain], teams: dict[str, Team]
) -> User:
    user = identity.create_user(
        email=person.email, name=person.name, title=person.title, password=password, actor=ACTOR
    )
    for role, domain in person.roles:
        identity.assign_role(role=role, domain=domains.get(domain), to=user, actor=ACTOR)
    if person.team:
        identity.add_to_team(user=user, team=teams[person.team], at=timezone.now(), actor=ACTOR)
    return user


def _system(warehouse: Warehouse) -> System:
    system = System.objects.filter(key="warehouse").first()
    if system is not None:
        return system
    return catalog.connect_system(
        key="warehouse",
        name="Warehouse",
        address=dict(warehouse.address),
        secrets=dict(warehouse.secrets),
        sampling=True,
        actor=ACTOR,
    )


def _accounts(system: System, staff: dict[str, User]) -> None:
    roles = {person.login: person.account for person in people.PEOPLE if person.account}
    roles[people.SERVICE[0]] = people.SERVICE[3]
    for login, role in roles.items():
        if not system.accounts.filter(user=staff[login]).exists():
            catalog.map_account(system=system, user=staff[login], role=role, actor=ACTOR)


def _place(system: System, staff: dict[str, User]) -> None:
    for dataset in system.datasets.filter(domain=None):
        if dataset.schema not in SCHEMAS:
            continue
        domain, owner, steward = SCHEMAS[dataset.schema]
        for assign, value in (
            (catalog.assign_domain, {"domain": Domain.objects.get(key=domain)}),
            (catalog.assign_owner, {"owner": staff[owner]}),
            (catalog.assign_steward, {"steward": staff[steward]}),
        ):
            dataset.refresh_from_db()
            assign(dataset=dataset, version=dataset.version, actor=ACTOR, **value)


def _classify(system: System, steward: User, say: Say) -> None:
    at = timezone.now()
    for dataset in system.datasets.filter(vanished_at=None).order_by("id"):
        catalog.propose_tags(dataset=dataset, actor=ACTOR)
        if dataset.schema in CLASSIFIED:
            _decide_tags(dataset, steward, at)
    waiting = Tagging.objects.filter(state="proposed").count()
    confirmed = Tagging.objects.filter(state="confirmed").count()
    say(f"{confirmed} columns classified, {waiting} proposals wait for a steward")


def _decide_tags(dataset: Dataset, steward: User, at: datetime) -> None:
    for tagging in Tagging.objects.filter(field__dataset=dataset, state="proposed"):
        named = (dataset.name, tagging.field.name if tagging.field else "")
        catalog.decide_tagging(
            tagging=tagging,
            confirm=named not in REJECTED,
            version=tagging.version,
            at=at,
            actor=steward,
        )
    untagged = dataset.fields.filter(vanished_at=None).exclude(
        taggings__state__in=["proposed", "confirmed"]
    )
    if untagged.exists():
        catalog.settle_rest(dataset=dataset, at=at, actor=steward)


def _purposes(steward: User) -> None:
    for key, (name, description) in people.PURPOSES.items():
        if not Purpose.objects.filter(key=key).exists():
            add_purpose(key=key, name=name, description=description, actor=steward)


def _policies(staff: dict[str, User], say: Say) -> None:
    proposer, reviewer = staff["lena"], staff["nora"]
    for policy in policies.POLICIES:
        if Policy.objects.filter(key=policy["key"]).exists():
            continue
        version = propose_policy(
            key=policy["key"],
            proposal=Proposal(
                name=policy["name"],
                kind=policy["kind"],
                tier=policy["tier"],
                definition=policy["definition"],
            ),
            reason="Agreed by the data office.",
            at=timezone.now(),
            actor=proposer,
        )
        approval = approval_of(version.approval)
        decide(
            approval=approval,
            answer="approve",
            note="As agreed.",
            terms={},
            version=approval.version,
            at=timezone.now(),
            actor=reviewer,
        )
    say(f"{Policy.objects.filter(state='active').count()} policies in force")
