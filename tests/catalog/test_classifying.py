"""Detectors propose, people decide, and what people decided outlives every scan."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from apps.audit.models import Entry
from apps.catalog import services
from apps.catalog.models import NOTHING_PERSONAL, Dataset, Field, System, Tag, Tagging, TagState
from apps.catalog.selectors import shape_of, unexamined
from apps.core import events
from apps.core.actors import SystemActor
from apps.core.errors import Conflict, Stale
from apps.identity.models import User
from tests.servers import WarehouseDatabase

ACTOR = SystemActor("test")
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
WORLD = """
CREATE SCHEMA s;
CREATE TABLE s.people (id int PRIMARY KEY, email text, contact text, phone text, dob date);
INSERT INTO s.people SELECT g, 'person' || g || '@example.org', 'p' || g || '@example.org',
  'not a number', '1980-01-01'::date + g FROM generate_series(1, 40) g;
"""


@pytest.fixture
def system(warehouse_db: WarehouseDatabase, connected: Callable[..., System]) -> System:
    with warehouse_db.connect() as admin:
        admin.execute(WORLD)
    return scanned(connected(sampling=True))


def scanned(system: System) -> System:
    services.scan_system(system=system, at=AT, actor=ACTOR)
    system.refresh_from_db()
    return system


def proposed(system: System) -> set[tuple[str, str]]:
    for dataset in unexamined(system):
        services.propose_tags(dataset=dataset, actor=ACTOR)
    return states(TagState.PROPOSED)


def states(state: str) -> set[tuple[str, str]]:
    return set(Tagging.objects.filter(state=state).values_list("field__name", "tag__key"))


@pytest.fixture
def steward(db: None) -> User:
    return User.objects.create(email="steward@example.org", name="Steward")


def test_values_speak_where_they_may_be_looked_at_and_names_where_they_agree(
    system: System,
) -> None:
    assert proposed(system) == {
        ("email", "pii.email"),
        ("contact", "pii.email"),
        ("dob", "pii.date_of_birth"),
    }
    evidence = Tagging.objects.get(field__name="contact").evidence
    assert evidence["rate"] == 1.0
    assert evidence["sampled"] == evidence["distinct"] == 40
    assert evidence["shapes"] == ["a9@a.a"]


def test_no_sampled_value_is_kept_anywhere(system: System) -> None:
    proposed(system)
    kept = str(list(Tagging.objects.values())) + str(list(Entry.objects.values()))
    assert "example.org" not in kept
    assert "1980" not in kept


def test_names_alone_speak_where_sampling_is_forbidden(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    system.sampling = False
    system.save()
    monkeypatch.setattr(
        "apps.connectors.postgresql.scan.PostgresScanner.sample",
        lambda *_: pytest.fail("a value was looked at"),
    )
    assert proposed(system) == {
        ("email", "pii.email"),
        ("phone", "pii.phone"),
        ("dob", "pii.date_of_birth"),
    }
    assert Tagging.objects.get(field__name="email").evidence["basis"] == "name"


def test_a_scan_login_that_may_not_read_leaves_it_to_the_names(
    system: System, warehouse_db: WarehouseDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    with warehouse_db.connect() as admin:
        admin.execute("CREATE ROLE lister LOGIN PASSWORD 'pw'")
    monkeypatch.setenv("WAREHOUSE_LISTER", "pw")
    system.secrets = {"scan": {"user": "lister", "secret": "env:WAREHOUSE_LISTER"}}
    system.save()
    assert ("phone", "pii.phone") in proposed(system)


def test_the_same_dataset_is_not_looked_at_twice(
    system: System, warehouse_db: WarehouseDatabase
) -> None:
    proposed(system)
    assert list(unexamined(system)) == []
    with warehouse_db.connect() as admin:
        admin.execute("ALTER TABLE s.people ADD iban text")
    scanned(system)
    assert [dataset.name for dataset in unexamined(system)] == ["people"]
    assert ("iban", "pii.bank_account") in proposed(system)


def test_a_decision_survives_every_rescan_and_every_detector(
    system: System, warehouse_db: WarehouseDatabase, steward: User
) -> None:
    proposed(system)
    for name, confirm in (("email", True), ("contact", False)):
        tagging = Tagging.objects.get(field__name=name)
        services.decide_tagging(
            tagging=tagging, confirm=confirm, version=tagging.version, at=AT, actor=steward
        )
    with warehouse_db.connect() as admin:
        admin.execute("ALTER TABLE s.people RENAME email TO gone; DELETE FROM s.people")
    proposed(scanned(system))
    with warehouse_db.connect() as admin:
        admin.execute("ALTER TABLE s.people RENAME gone TO email")
    proposed(scanned(system))
    Dataset.objects.update(examined="")
    proposed(system)
    assert ("email", "pii.email") in states(TagState.CONFIRMED)
    assert ("contact", "pii.email") in states(TagState.REJECTED)
    assert Tagging.objects.get(field__name="email").decided_by == steward


def test_a_proposal_that_nothing_supports_any_more_goes(
    system: System, warehouse_db: WarehouseDatabase
) -> None:
    assert ("contact", "pii.email") in proposed(system)
    with warehouse_db.connect() as admin:
        admin.execute("UPDATE s.people SET contact = 'by post'; ALTER TABLE s.people ADD x int")
    assert ("contact", "pii.email") not in proposed(scanned(system))


def test_a_confirmed_tag_classifies_and_is_told(
    system: System,
    steward: User,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    proposed(system)
    told: list[str] = []
    monkeypatch.setitem(events._listeners, "catalog.classified", [told.append])
    tagging = Tagging.objects.get(field__name="email")
    with django_capture_on_commit_callbacks(execute=True):
        services.decide_tagging(tagging=tagging, confirm=True, version=1, at=AT, actor=steward)
    people = Dataset.objects.get(name="people")
    assert told == [str(people.uuid)]
    classified = {column.name for column in shape_of(people).columns if column.classified}
    assert classified == {"email"}
    entry = Entry.objects.get(action="catalog.confirm_tag")
    assert (entry.subject, entry.actor) == ("dataset:warehouse/s.people", steward.ref)


def test_a_decision_on_an_older_version_is_stale_and_the_same_twice_a_conflict(
    system: System, steward: User
) -> None:
    proposed(system)
    tagging = Tagging.objects.get(field__name="email")
    with pytest.raises(Stale):
        services.decide_tagging(tagging=tagging, confirm=True, version=7, at=AT, actor=steward)
    services.decide_tagging(tagging=tagging, confirm=True, version=1, at=AT, actor=steward)
    with pytest.raises(Conflict, match="confirmed already"):
        services.decide_tagging(tagging=tagging, confirm=True, version=2, at=AT, actor=steward)
    services.decide_tagging(tagging=tagging, confirm=False, version=2, at=AT, actor=steward)
    assert states(TagState.REJECTED) == {("email", "pii.email")}


def test_a_tag_set_by_hand_stands_beside_those_proposed(system: System, steward: User) -> None:
    proposed(system)
    phone = Field.objects.get(name="phone")
    tag = Tag.objects.get(key="pii.phone")
    services.tag_field(field=phone, tag=tag, note="it will be", at=AT, actor=steward)
    assert states(TagState.CONFIRMED) == {("phone", "pii.phone")}
    with pytest.raises(Conflict):
        services.tag_field(field=phone, tag=tag, at=AT, actor=steward)


def test_a_column_cannot_hold_something_and_nothing(system: System, steward: User) -> None:
    field = Field.objects.get(name="email")
    nothing, email = Tag.objects.get(key=NOTHING_PERSONAL), Tag.objects.get(key="pii.email")
    services.tag_field(field=field, tag=nothing, at=AT, actor=steward)
    with pytest.raises(Conflict, match="nothing to protect"):
        services.tag_field(field=field, tag=email, at=AT, actor=steward)
    assert ("email", "pii.email") not in proposed(system)


def test_the_rest_is_settled_in_one_go_and_what_waits_is_left_waiting(
    system: System, steward: User
) -> None:
    waiting = proposed(system)
    people = Dataset.objects.get(name="people")
    services.settle_rest(dataset=people, at=AT, actor=steward)
    assert states(TagState.CONFIRMED) == {("id", NOTHING_PERSONAL), ("phone", NOTHING_PERSONAL)}
    assert states(TagState.PROPOSED) == waiting
    with pytest.raises(Conflict):
        services.settle_rest(dataset=people, at=AT, actor=steward)
