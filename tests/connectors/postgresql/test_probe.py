"""The live system is asked as the person: it says what was decided, or the proof says so."""

from apps.connectors.contracts import Answer
from apps.semantics.masks import NULL, REDACT, Mask, MaskFunction
from tests.connectors.postgresql.estate import EU, US, Estate, grant

ORDERS = "sales.orders"
TOKEN = Mask(MaskFunction.TOKEN, domain="person")


def differing(answer: Answer) -> dict[str, str]:
    return {check.asked: check.answered for check in answer.checks if not check.agrees}


def test_row_security_answers_as_decided(estate: Estate) -> None:
    rule = grant("alice", ["id", "region"], EU)
    estate.apply(rule)
    answer = estate.ask("alice", ORDERS, rule)
    assert differing(answer) == {}
    lines = {check.asked: (check.expected, check.answered) for check in answer.checks}
    assert lines["Rows of sales.orders"] == ("10 of 40", "10 of 40")
    assert lines["id"] == ("plain, 10 values", "plain, 10 values")
    assert lines["email"] == ("refused", "refused")
    assert lines["A row that is outside, asked for by its key"] == ("not found", "not found")


def test_a_masked_view_answers_as_decided(estate: Estate) -> None:
    masks = {"email": TOKEN, "note": NULL, "region": REDACT}
    rule = grant("alice", None, EU, masks=masks)
    other = grant(
        "bob", ["id", "amount"], US, masks={"amount": Mask(MaskFunction.BUCKET, size=100)}
    )
    estate.apply(rule, other)
    for who in ("alice", "bob"):
        assert differing(estate.ask(who, ORDERS, rule, other)) == {}
    answer = estate.ask("alice", ORDERS, rule, other)
    lines = {check.asked: (check.expected, check.answered) for check in answer.checks}
    assert lines["email"] == ("masked (token), 10 values", "masked (token), 10 values")
    assert lines["sales.orders, the table itself"] == ("refused", "refused")
    assert lines["orders, without a schema"] == (
        "led to gov.orders, or refused",
        "led to gov.orders",
    )


def test_a_write_is_refused_for_want_of_the_right_and_not_of_the_column(estate: Estate) -> None:
    """`region` is hidden from alice: that it is not there would say nothing about writing."""
    rule = grant("alice", ["id", "email", "note"], EU, masks={"email": REDACT})
    estate.apply(rule)
    answer = estate.ask("alice", ORDERS, rule)
    errors = [check.error for check in answer.checks if check.asked.startswith("UPDATE on")]
    assert len(errors) == 2
    assert all(error.startswith("42501 ") for error in errors), errors


def test_nothing_decided_and_nothing_shown_agree(estate: Estate) -> None:
    rule = grant("alice", ["id"], EU)
    estate.apply(rule)
    assert differing(estate.ask("carol", ORDERS, rule)) == {}
    estate.target.remove(ORDERS)
    assert differing(estate.ask("alice", ORDERS)) == {}


def test_a_grant_that_somebody_else_made_is_seen(estate: Estate) -> None:
    rule = grant("alice", ["id", "note"], EU, masks={"note": REDACT})
    estate.apply(rule)
    estate.sql("GRANT USAGE ON SCHEMA sales TO alice, carol; GRANT SELECT ON sales.orders TO alice")
    found = differing(estate.ask("alice", ORDERS, rule))
    assert found["sales.orders, the table itself"] == "answered"
    estate.sql("REVOKE SELECT ON sales.orders FROM alice; GRANT SELECT ON sales.orders TO carol")
    assert differing(estate.ask("carol", ORDERS, rule)) == {"Rows of sales.orders": "40 of 40"}
