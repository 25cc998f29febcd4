"""Policies are proposed, decided, stated and retired, and each step is in the book."""

from datetime import timedelta
from typing import Any

import pytest

from apps.approvals.models import Approval
from apps.audit.models import Entry
from apps.catalog.models import Account, Field, System
from apps.core.errors import Conflict, Forbidden, Invalid, Refused, Stale
from apps.enforcement.models import Declaration
from apps.identity import services as identity
from apps.policies import tasks
from apps.policies.models import Policy, PolicyVersion
from apps.policies.services import (
    Proposal,
    declare_system,
    end_expired,
    propose_retirement,
    revise_policy,
    withdraw_proposal,
)
from apps.semantics.masks import REDACT as REDACTED
from apps.semantics.rules import Effect
from tests import people
from tests.policies.conftest import (
    AT,
    EMAILS,
    EVERYONE,
    IN_OWN_REGION,
    ORDERS,
    REDACT,
    Company,
    request_terms,
)

MASK: dict[str, Any] = {"subjects": EVERYONE, "resource": EMAILS, "mask": REDACT}
PARTIAL = {"function": "partial", "first": 1, "last": 0}


def actions() -> list[str]:
    """What the book says was done about policies, oldest first."""
    bodies = [entry.body for entry in Entry.objects.order_by("id")]
    names = ("propose_policy", "activate_policy", "retire_policy", "end_policy", "refuse_proposal")
    return [name for body in bodies for name in names if f'"policies.{name}"' in body]


def test_a_proposal_changes_nothing_until_somebody_else_approves_it(company: Company) -> None:
    version = company.propose("mask-email", "mask", MASK)
    assert version.policy.state == Policy.State.DRAFT
    assert company.rules() == ()
    policy = company.decide(version)
    (rule,) = company.rules()
    assert (policy.state, policy.number, policy.owner) == ("active", 1, company.steward)
    assert (rule.effect, rule.mask, rule.columns) == (Effect.MASK, REDACTED, {"email"})
    assert rule.origin == "policy:mask-email@1"
    assert actions() == ["propose_policy", "activate_policy"]


def test_a_proposer_cannot_approve_their_own_policy(company: Company) -> None:
    version = company.propose("mask-email", "mask", MASK)
    company.other_steward = company.steward
    with pytest.raises(Forbidden):
        company.decide(version)
    assert company.rules() == ()


def test_a_proposal_that_is_denied_never_stands(company: Company) -> None:
    policy = company.decide(company.propose("mask-email", "mask", MASK), "deny")
    assert policy.state == Policy.State.RETIRED
    assert policy.versions.get().state == PolicyVersion.State.REFUSED
    assert company.rules() == ()
    assert actions() == ["propose_policy", "refuse_proposal"]


def test_a_proposal_can_be_taken_back_by_its_proposer_alone(company: Company) -> None:
    version = company.propose("mask-email", "mask", MASK)
    with pytest.raises(Forbidden):
        withdraw_proposal(version=version, at=AT, actor=company.other_steward)
    withdraw_proposal(version=version, at=AT, actor=company.steward)
    assert version.state == PolicyVersion.State.REFUSED


def test_a_policy_says_what_it_said_until_its_new_version_is_approved(company: Company) -> None:
    policy = company.enact("mask-email", "mask", MASK)
    second = revise_policy(
        policy=policy,
        proposal=Proposal(name="Mask e-mail", kind="mask", definition=MASK | {"mask": PARTIAL}),
        reason="Support needs the first letter.",
        version=policy.version,
        at=AT,
        actor=company.steward,
    )
    assert company.rules()[0].mask == REDACTED
    company.decide(second)
    (rule,) = company.rules()
    assert rule.origin == "policy:mask-email@2"
    assert rule.mask is not None
    assert rule.mask.first == 1
    states = dict(policy.versions.values_list("number", "state"))
    assert states == {1: "superseded", 2: "active"}


def test_a_second_proposal_or_one_upon_an_old_look_is_refused(company: Company) -> None:
    policy = company.enact("mask-email", "mask", MASK)
    proposal = Proposal(name="Mask", kind="mask", definition=MASK)
    about: dict[str, Any] = {"policy": policy, "proposal": proposal, "at": AT, "reason": "r"}
    with pytest.raises(Stale):
        revise_policy(**about, version=policy.version - 1, actor=company.steward)
    revise_policy(**about, version=policy.version, actor=company.steward)
    with pytest.raises(Conflict, match="waits for a decision"):
        revise_policy(**about, version=policy.version, actor=company.steward)
    with pytest.raises(Conflict, match="already"):
        company.propose("mask-email", "mask", MASK)


def test_retiring_is_approved_as_well_and_takes_the_rules_away(company: Company) -> None:
    policy = company.enact("mask-email", "mask", MASK)
    version = propose_retirement(
        policy=policy, reason="No longer.", version=policy.version, at=AT, actor=company.steward
    )
    assert len(company.rules()) == 1
    policy = company.decide(version)
    assert policy.state == Policy.State.RETIRED
    assert company.rules() == ()
    assert actions()[-1] == "retire_policy"


def test_a_policy_ends_at_its_instant(company: Company) -> None:
    policy = company.enact("mask-email", "mask", MASK, until=AT + timedelta(days=1))
    assert end_expired(at=AT + timedelta(hours=23), actor=people.TESTS) == []
    assert end_expired(at=AT + timedelta(days=1), actor=people.TESTS) == [policy]
    assert company.rules() == ()


def test_a_steward_of_one_domain_proposes_for_that_domain_alone(company: Company) -> None:
    local = people.person("Lea Local", "steward", domain=company.sales)
    with pytest.raises(Forbidden, match="whole company"):
        company.propose("mask-email", "mask", MASK, actor=local)
    other = people.domain("finance")
    with pytest.raises(Forbidden, match="Finance"):
        company.propose("mask-email", "mask", MASK, actor=local, domain=other)
    assert company.propose("mask-email", "mask", MASK, actor=local, domain=company.sales)
    with pytest.raises(Forbidden):
        company.propose("other", "mask", MASK, actor=company.anna)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "grant", "tier": "guardrail"}, "tier"),
        ({"kind": "mask", "mask": {"function": "none"}}, "tier"),
        ({"kind": "grant", "tier": "exception"}, "until"),
        ({"kind": "grant", "until": AT}, "until"),
        (
            {
                "kind": "grant",
                "valid_from": AT + timedelta(days=2),
                "until": AT + timedelta(days=1),
            },
            "until",
        ),
        ({"kind": "sod"}, "kind"),
        ({"kind": "grant", "tier": "boss"}, "tier"),
        ({"kind": "grant", "name": " "}, "name"),
        ({"kind": "grant", "purpose": "fun"}, "definition.purpose"),
    ],
)
def test_terms_that_no_policy_can_have_are_refused_with_the_field(
    company: Company, change: dict[str, Any], field: str
) -> None:
    definition: dict[str, Any] = {"subjects": EVERYONE, "resource": EMAILS}
    more = dict(change)
    definition |= {name: more.pop(name) for name in ("mask", "purpose") if name in more}
    with pytest.raises(Invalid) as refusal:
        company.propose("p", more.pop("kind"), definition, **more)
    assert list(refusal.value.fields) == [field]
    assert not Policy.objects.exists()


def test_what_is_named_must_be_there(company: Company) -> None:
    definition = request_terms(
        subjects={"any_of": [{"kind": "team", "key": "no"}], "except": [
            {"kind": "user", "key": "no@x"}]},
        resource={"datasets": [
            {"dataset": "warehouse/sales.no"},
            {"dataset": "warehouse/sales.orders", "columns": ["id", "no"]},
        ]},
        purposes=["audit", "fun"],
        masks=[{"tags": {"tag": "no"}, "mask": REDACT}],
        stages=[{"name": "S", "needed": 1, "reviewers": [
            {"kind": "role", "key": "king"}, {"kind": "role", "key": "owner", "domain": "no"}]}],
    )  # fmt: skip
    with pytest.raises(Invalid) as refusal:
        company.propose("p", "request", definition)
    assert refusal.value.fields == {
        "definition.subjects.any_of[0].key": "There is no team no.",
        "definition.subjects.except[0].key": "There is no user no@x.",
        "definition.resource.datasets[0].dataset": "There is no dataset warehouse/sales.no.",
        "definition.resource.datasets[1].columns": (
            "There is no column warehouse/sales.orders/no."
        ),
        "definition.masks[0].tags": "There is no tag no.",
        "definition.purposes": "There is no purpose fun.",
        "definition.stages[0].reviewers[0].key": "There is no role king.",
        "definition.stages[0].reviewers[1].domain": "There is no domain no.",
    }


def test_a_policy_that_contradicts_another_is_refused_before_anybody_is_asked(
    company: Company,
) -> None:
    grant = {"subjects": EVERYONE, "resource": ORDERS, "filter": IN_OWN_REGION}
    company.enact("own-region", "grant", grant)
    hides_region = {
        "subjects": EVERYONE,
        "resource": {"datasets": [{"dataset": "warehouse/sales.orders", "columns": ["region"]}]},
        "mask": REDACT,
    }
    with pytest.raises(Refused, match="which rows are there would tell what the mask hides"):
        company.propose("hide-region", "mask", hides_region)
    assert Approval.objects.count() == 1
    assert not Policy.objects.filter(key="hide-region").exists()


def test_a_mask_that_does_not_fit_a_column_is_refused_with_the_reason(company: Company) -> None:
    on_numbers = {
        "subjects": EVERYONE,
        "resource": {"datasets": [{"dataset": "warehouse/sales.orders", "columns": ["id"]}]},
        "mask": REDACT,
    }
    with pytest.raises(Refused, match="the column is integer"):
        company.propose("hide-id", "mask", on_numbers)


def test_what_a_system_cannot_express_is_refused_before_anybody_is_asked(company: Company) -> None:
    company.system.roles.filter(name="anna").update(superuser=True)
    grant = {
        "subjects": {"any_of": [{"kind": "user", "key": company.anna.email}]},
        "resource": ORDERS,
    }
    with pytest.raises(Refused, match="anna is a superuser, whom nothing binds"):
        company.propose("anna-reads", "grant", grant)


def test_what_became_inexpressible_meanwhile_cannot_be_approved(company: Company) -> None:
    grant = {"subjects": EVERYONE, "resource": ORDERS}
    version = company.propose("all-read", "grant", grant)
    company.system.roles.filter(name="anna").update(superuser=True)
    with pytest.raises(Refused, match="superuser"):
        company.decide(version)
    version.refresh_from_db()
    assert version.state == PolicyVersion.State.PROPOSED


def test_a_system_without_our_logins_is_left_out(company: Company) -> None:
    System.objects.update(secrets={})
    company.enact("mask-email", "mask", MASK)
    assert company.rules() == ()


def test_a_column_that_becomes_personal_is_masked_when_the_policies_are_stated_anew(
    company: Company,
) -> None:
    policy = company.enact("mask-email", "mask", MASK)
    company.tag("note", "pii.email")
    tasks.declare("warehouse", lambda *_: None)
    assert company.rules()[0].columns == {"email", "note"}
    assert declare_system(system=company.system, actor=people.TESTS) == []
    Field.objects.filter(name="note").update(vanished_at=AT)
    assert declare_system(system=company.system, actor=people.TESTS) == [policy]


def test_stating_the_same_again_raises_no_generation(company: Company) -> None:
    company.enact("mask-email", "mask", MASK)
    before = Declaration.objects.get().generation
    tasks.sweep("periodic", lambda *_: None)
    assert Declaration.objects.get().generation == before


def test_whoever_leaves_a_team_loses_what_the_team_was_given(company: Company) -> None:
    team = people.team("sales", company.anna, company.ben)
    subjects = {"any_of": [{"kind": "team", "key": "sales"}]}
    company.enact("sales-reads", "grant", {"subjects": subjects, "resource": ORDERS})
    assert company.rules()[0].principals == {"anna", "ben"}
    identity.remove_from_team(user=company.ben, team=team, actor=people.TESTS)
    declare_system(system=company.system, actor=people.TESTS)
    assert company.rules()[0].principals == {"anna"}
    identity.deactivate_user(user=company.anna, actor=people.TESTS)
    declare_system(system=company.system, actor=people.TESTS)
    assert company.rules() == ()


def test_a_new_account_is_granted_what_its_person_was_promised(company: Company) -> None:
    company.enact("all-read", "grant", {"subjects": EVERYONE, "resource": ORDERS})
    new = people.person("Nora", "member")
    Account.objects.create(system=company.system, user=new, role="nora")
    declare_system(system=company.system, actor=people.TESTS)
    assert company.rules()[0].principals == {"anna", "ben", "nora"}


@pytest.mark.django_db(transaction=True)
def test_announcements_from_below_have_the_policies_stated_anew(
    company: Company, django_capture_on_commit_callbacks: Any
) -> None:
    from apps.core.events import announce
    from apps.jobs.models import Job

    for name, key in (
        ("catalog.classified", str(company.orders.uuid)),
        ("catalog.scanned", "warehouse"),
        ("catalog.accounts_changed", "warehouse"),
        ("identity.eligibility_changed", str(company.anna.uuid)),
    ):
        Job.objects.all().delete()
        announce(name, key)
        assert Job.objects.filter(name=tasks.DECLARE, key="warehouse").exists(), name
