"""Makes the things that routes with an id are tried on: one's own, and somebody else's.

For a route with `thing = "approval"` in authorisation.toml the matrix calls `THINGS["approval"]`
twice per role, with a `Place`: once with the actor and their own domain (`mine`), once with a
stranger and another domain (`theirs`). It returns the values of the route's parameters. Add a
function for your thing here, decorated with its name; make it by your services or models.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from apps.access.models import AccessRequest, Grant, Purpose, RequestedItem
from apps.approvals import kinds
from apps.approvals import services as approvals
from apps.approvals.services import ReviewerSpec, StageSpec
from apps.audit import services as audit
from apps.catalog.models import Account, Dataset, Field, System, Tag, Tagging
from apps.enforcement.models import Drift, Enforcement, Evidence, Proof, Sync, TakeOver
from apps.findings import services as findings
from apps.identity import services as identity
from apps.identity.models import ApiToken, Domain, User
from apps.identity.permissions import Role
from apps.identity.secrets import hash_of
from apps.jobs.models import Job
from apps.policies.models import Policy
from tests.people import TESTS, machine, person, team


@dataclass(frozen=True)
class Place:
    """Whom a thing concerns and in which domain it lies."""

    who: User
    domain: Domain


Maker = Callable[[Place], dict[str, Any]]
THINGS: dict[str, Maker] = {}


def thing(name: str) -> Callable[[Maker], Maker]:
    """Say which thing the decorated function makes."""

    def declare(maker: Maker) -> Maker:
        THINGS[name] = maker
        return maker

    return declare


def soon() -> datetime:
    """Tomorrow."""
    return datetime.now(tz=UTC) + timedelta(days=1)


@thing("user")
def _user(place: Place) -> dict[str, Any]:
    return {"uuid": person().uuid}


@thing("service account")
def _service_account(place: Place) -> dict[str, Any]:
    return {"uuid": machine(f"machine-{place.who.pk}-{place.domain.pk}", place.who).uuid}


@thing("domain")
def _domain(place: Place) -> dict[str, Any]:
    return {"uuid": place.domain.uuid}


@thing("team")
def _team(place: Place) -> dict[str, Any]:
    return {"uuid": team(f"team-{place.who.pk}-{place.domain.pk}").uuid}


@thing("member")
def _member(place: Place) -> dict[str, Any]:
    member = person()
    made = team(f"team-with-{member.pk}", member)
    return {"uuid": made.uuid, "user_uuid": member.uuid}


@thing("team page")
def _team_page(place: Place) -> dict[str, Any]:
    return {"key": team(f"page-{place.who.pk}-{place.domain.pk}").key}


@thing("member page")
def _member_page(place: Place) -> dict[str, Any]:
    member = person()
    return {"key": team(f"page-with-{member.pk}", member).key, "uuid": member.uuid}


@thing("role assignment")
def _assignment(place: Place) -> dict[str, Any]:
    made = identity.assign_role(role=Role.MEMBER, domain=place.domain, to=person(), actor=TESTS)
    return {"uuid": made.uuid}


@thing("token")
def _token(place: Place) -> dict[str, Any]:
    token = ApiToken.objects.create(
        user=place.who,
        name="matrix",
        prefix="snl_matrix",
        hash=hash_of(f"{place.who.pk}/{place.domain.pk}"),
        scopes=["catalog.view"],
        created_at=datetime.now(tz=UTC),
        expires_at=soon(),
    )
    return {"uuid": token.uuid}


class _Quiet:
    """A kind of approval about which nothing is done."""

    def recheck(self, *_: Any) -> None:
        """Nothing to check."""

    def decided(self, *_: Any) -> None:
        """Nothing to do."""


@thing("approval")
def _approval(place: Place) -> dict[str, Any]:
    kinds._kinds.setdefault("tests.matrix", _Quiet())
    made = approvals.open_approval(
        kind="access.request",
        subject="dataset:matrix/a.b",
        title="Somebody wants something",
        requested_by=person(),
        stages=[StageSpec("Owner", 1, [ReviewerSpec(user=place.who)])],
        deadline=soon(),
        domain=place.domain,
        context={},
        actor=TESTS,
    )
    return {"uuid": made.uuid}


@thing("delegation")
def _delegation(place: Place) -> dict[str, Any]:
    made = approvals.delegate(
        giver=place.who,
        taker=person(),
        valid_from=datetime.now(tz=UTC),
        until=soon(),
        reason="Holiday",
        at=datetime.now(tz=UTC),
        actor=place.who,
    )
    return {"uuid": made.uuid}


@thing("finding")
def _finding(place: Place) -> dict[str, Any]:
    measured = findings.measure(
        kind="access.request",
        scope=f"{place.who.pk}-{place.domain.pk}",
        observed=[
            findings.Observed(
                subject="dataset:matrix/a.b",
                title="Something is wrong",
                text="",
                remedy="",
                severity="low",
                domain=place.domain,
            )
        ],
        at=datetime.now(tz=UTC),
        actor=TESTS,
    )
    return {"uuid": measured.opened[0].uuid}


def _system(place: Place) -> System:
    return System.objects.get_or_create(
        key=f"matrix-{place.domain.key}",
        defaults={"name": "A warehouse", "connector": "none", "domain": place.domain},
    )[0]


@thing("connection")
def _connection(place: Place) -> dict[str, Any]:
    return {"key": _system(place).key}


@thing("enforcement")
def _enforcement(place: Place) -> dict[str, Any]:
    return {"uuid": Enforcement.objects.get_or_create(system=_system(place))[0].uuid}


@thing("sync")
def _sync(place: Place) -> dict[str, Any]:
    at = datetime.now(tz=UTC)
    sync = Sync.objects.create(
        system=_system(place),
        generation=1,
        outcome=Sync.Outcome.NOOP,
        started_at=at,
        finished_at=at,
        actor=TESTS.ref,
    )
    return {"uuid": sync.uuid}


@thing("drift")
def _drift(place: Place) -> dict[str, Any]:
    drift = Drift.objects.create(
        system=_system(place),
        name=f"{place.who.pk}",
        kind=Drift.Kind.GONE,
        expected={},
        found_at=datetime.now(tz=UTC),
    )
    return {"uuid": drift.uuid}


@thing("proof")
def _proof(place: Place) -> dict[str, Any]:
    at = datetime.now(tz=UTC)
    digest = f"{place.who.pk:032x}{place.domain.pk:032x}"
    evidence, _ = Evidence.objects.get_or_create(sha256=digest, defaults={"body": b"{}", "at": at})
    proof = Proof.objects.create(
        owner=f"grant:G-{place.who.pk}",
        system=_system(place),
        dataset_name="a.b",
        principal="somebody",
        generation=1,
        agrees=True,
        allowed=True,
        checks=[],
        first_asked_at=at,
        asked_at=at,
        evidence=evidence,
    )
    return {"uuid": proof.uuid}


@thing("evidence")
def _evidence(place: Place) -> dict[str, Any]:
    proof = Proof.objects.get(uuid=_proof(place)["uuid"])
    return {"uuid": proof.evidence.uuid}


def _made_policy(place: Place) -> Policy:
    definition = {
        "subjects": {"any_of": [{"kind": "everyone"}]},
        "resource": {"tags": {"classified": True}, "level": "column"},
    }
    return Policy.objects.get_or_create(
        key=f"policy-{place.domain.key}",
        defaults={
            "name": "Nobody",
            "kind": "deny",
            "definition": definition,
            "domain": place.domain,
            "owner": place.who,
            "state": Policy.State.ACTIVE,
            "number": 1,
        },
    )[0]


@thing("policy")
def _policy(place: Place) -> dict[str, Any]:
    return {"uuid": _made_policy(place).uuid}


@thing("policy page")
def _policy_page(place: Place) -> dict[str, Any]:
    return {"key": _made_policy(place).key}


@thing("take-over")
def _take_over(place: Place) -> dict[str, Any]:
    at = datetime.now(tz=UTC)
    dataset, _ = Dataset.objects.get_or_create(
        system=_system(place),
        schema="a",
        name="b",
        defaults={"kind": "table", "first_seen_at": at, "last_seen_at": at},
    )
    take_over = TakeOver.objects.filter(dataset=dataset).first() or TakeOver.objects.create(
        system=dataset.system, dataset=dataset, plan={"losses": []}, proposed_at=at
    )
    return {"uuid": take_over.uuid}


@thing("audit entry")
def _audit_entry(place: Place) -> dict[str, Any]:
    with transaction.atomic():
        entry = audit.record(action="tests.write_entry", subject=place.who.ref, actor=TESTS)
    return {"uuid": entry.uuid}


@thing("job")
def _job(place: Place) -> dict[str, Any]:
    job = Job.objects.create(
        name="tests.work",
        key=str(place.who.uuid),
        max_attempts=1,
        enqueued_by=place.who.ref,
        state="quarantined",
        error="It was refused.",
    )
    return {"uuid": job.uuid}


@thing("system")
def _connected(place: Place) -> dict[str, Any]:
    return {"uuid": _system(place).uuid}


def _dataset_of(place: Place) -> Dataset:
    at = datetime.now(tz=UTC)
    return Dataset.objects.get_or_create(
        system=_system(place),
        schema="c",
        name="d",
        defaults={
            "kind": "table",
            "domain": place.domain,
            "first_seen_at": at,
            "last_seen_at": at,
        },
    )[0]


def _field_of(place: Place) -> Field:
    return Field.objects.get_or_create(
        dataset=_dataset_of(place), name="e", defaults={"position": 1, "type": "text"}
    )[0]


@thing("dataset")
def _dataset(place: Place) -> dict[str, Any]:
    return {"uuid": _dataset_of(place).uuid}


@thing("field")
def _field(place: Place) -> dict[str, Any]:
    return {"uuid": _field_of(place).uuid}


@thing("tag")
def _tag(place: Place) -> dict[str, Any]:
    return {"uuid": Tag.objects.get_or_create(key="matrix.tag", defaults={"name": "T"})[0].uuid}


@thing("tagging")
def _tagging(place: Place) -> dict[str, Any]:
    tag, _ = Tag.objects.get_or_create(key="matrix.tag", defaults={"name": "T"})
    return {"uuid": Tagging.objects.get_or_create(field=_field_of(place), tag=tag)[0].uuid}


@thing("account")
def _account(place: Place) -> dict[str, Any]:
    made, _ = Account.objects.get_or_create(
        system=_system(place), user=place.who, defaults={"role": f"role-{place.who.pk}"}
    )
    return {"uuid": made.uuid}


@thing("purpose")
def _purpose(place: Place) -> dict[str, Any]:
    key = f"matrix-{place.domain.key}"
    return {"uuid": Purpose.objects.get_or_create(key=key, defaults={"name": key})[0].uuid}


def _request(place: Place) -> RequestedItem:
    at = datetime.now(tz=UTC)
    asked = AccessRequest.objects.create(
        requester=place.who,
        beneficiary=place.who,
        purpose=Purpose.objects.get(uuid=_purpose(place)["uuid"]),
        justification="Needed.",
        until=soon(),
        created_at=at,
    )
    approval = approvals.open_approval(
        kind="access.request",
        subject=asked.ref,
        title="Read",
        requested_by=place.who,
        stages=[StageSpec("Steward", 1, [ReviewerSpec(user=person())])],
        deadline=soon(),
        domain=place.domain,
        context={},
        actor=TESTS,
    )
    asked.approval = approval.uuid
    asked.save()
    dataset = Dataset.objects.get(uuid=THINGS["dataset"](place)["uuid"])
    return RequestedItem.objects.create(
        request=asked, dataset=dataset, columns=["id"], filter={"kind": "everything"}
    )


@thing("access-request")
def _access_request(place: Place) -> dict[str, Any]:
    return {"uuid": _request(place).request.uuid}


@thing("grant")
def _grant(place: Place) -> dict[str, Any]:
    item, at = _request(place), datetime.now(tz=UTC)
    account = Account.objects.get_or_create(
        system=item.dataset.system, user=place.who, defaults={"role": f"r{place.who.pk}"}
    )[0]
    grant = Grant.objects.create(
        request=item.request,
        system=item.dataset.system,
        dataset=item.dataset,
        beneficiary=place.who,
        account=account,
        columns=["id"],
        filter={"kind": "everything"},
        purpose=item.request.purpose,
        starts_at=at,
        until=soon(),
        decided_at=at,
    )
    return {"uuid": grant.uuid}


@thing("grant evidence")
def _grant_evidence(place: Place) -> dict[str, Any]:
    grant = Grant.objects.get(uuid=_grant(place)["uuid"])
    proof = Proof.objects.get(uuid=_proof(place)["uuid"])
    Proof.objects.filter(pk=proof.pk).update(owner=grant.ref)
    return {"uuid": grant.uuid, "evidence": proof.evidence.uuid}
