"""Search finds assets, columns, tags and people by the beginnings of words, as somebody types."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from apps.catalog.models import Dataset, Field, System
from apps.catalog.selectors.search import search
from apps.identity.models import User
from apps.identity.permissions import Role
from tests import people

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def steward(db: None) -> User:
    return people.person("Ingrid Solberg", Role.STEWARD)


@pytest.fixture(autouse=True)
def _catalog(db: None) -> None:
    system = System.objects.create(key="wh", name="Warehouse")
    for name, comment in (("customerOrders", ""), ("payments", "Who paid for an order")):
        dataset = Dataset.objects.create(
            system=system, schema="sales", name=name, kind="table", comment=comment,
            first_seen_at=AT, last_seen_at=AT,
        )  # fmt: skip
        Field.objects.create(dataset=dataset, name="billing_contact", position=1, type="text")


def found(user: User, text: str) -> list[tuple[str, str]]:
    return [(one.kind, one.name) for one in search(user, text)]


@pytest.mark.parametrize("text", ["cust", "customerOrd", "order cust", "sales.customerorders"])
def test_names_are_found_by_the_beginnings_of_their_words(steward: User, text: str) -> None:
    assert ("dataset", "sales.customerOrders") in found(steward, text)


def test_a_name_comes_before_a_comment(steward: User) -> None:
    assert found(steward, "order")[:2] == [
        ("dataset", "sales.customerOrders"),
        ("dataset", "sales.payments"),
    ]


def test_columns_tags_and_people_are_found_too(steward: User) -> None:
    assert ("field", "billing_contact") in found(steward, "contact")
    assert ("tag", "E-mail address") in found(steward, "e-mail")
    assert ("person", "Ingrid Solberg") in found(steward, "solb")


@pytest.mark.parametrize("text", ["", "  ", "'", "!&|():*", "a' | 'b", "\\", "ord:* & !x", "%"])
def test_nothing_that_is_typed_breaks_the_query(steward: User, text: str) -> None:
    search(steward, text)


def test_what_is_gone_is_not_found_nor_are_its_columns(steward: User) -> None:
    Dataset.objects.update(vanished_at=AT)
    assert [kind for kind, _ in found(steward, "contact")] == []
    assert [kind for kind, _ in found(steward, "payments")] == []


def test_nobody_finds_what_they_may_not_know_of(db: None) -> None:
    assert found(people.person("Nobody Here"), "payments") == []


def test_the_number_of_queries_does_not_grow_with_what_is_found(
    steward: User, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    with django_assert_max_num_queries(6):  # type: ignore[attr-defined]
        search(steward, "sales")
