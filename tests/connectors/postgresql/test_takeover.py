"""What others gave is taken away by name, and comes back exactly as it was."""

import pytest

from apps.connectors.contracts import Refused
from tests.connectors.postgresql.estate import EU, Estate, grant

ORDERS = "sales.orders"

GIVEN = """
CREATE ROLE analysts; GRANT analysts TO bob;
GRANT USAGE ON SCHEMA sales TO alice, bob, carol;
SET ROLE loader;
GRANT SELECT ON sales.orders TO analysts;
GRANT SELECT ON sales.orders TO carol WITH GRANT OPTION;
GRANT SELECT (id), INSERT ON sales.orders TO alice;
RESET ROLE;
SET ROLE carol;
GRANT SELECT ON sales.orders TO bob;
RESET ROLE;
"""

ACL = """
SELECT a.grantor::regrole::text, a.grantee::regrole::text, a.privilege_type, a.is_grantable, ''
FROM pg_class c CROSS JOIN aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a
WHERE c.oid = 'sales.orders'::regclass
UNION ALL
SELECT a.grantor::regrole::text, a.grantee::regrole::text, a.privilege_type, a.is_grantable,
       t.attname FROM pg_attribute t CROSS JOIN aclexplode(t.attacl) a
WHERE t.attrelid = 'sales.orders'::regclass ORDER BY 1, 2, 3, 4, 5
"""


@pytest.fixture
def given(estate: Estate) -> Estate:
    """The table, read through a group, a grant option passed on, and a column."""
    estate.sql(GIVEN)
    estate.sql("GRANT carol TO sen_apply")
    return estate


def test_everybody_who_would_lose_is_named_with_the_way_they_have_it(given: Estate) -> None:
    plan = given.target.plan_take_over(ORDERS)
    told = {(loss.principal, loss.through, loss.text) for loss in plan.losses}
    assert told == {
        ("alice", "", "SELECT on id"),
        ("bob", "", "SELECT on every column"),
        ("bob", "analysts", "SELECT on every column"),
        ("carol", "", "SELECT on every column"),
    }


def test_it_is_taken_away_and_given_back_exactly(given: Estate) -> None:
    before = given.sql(ACL)
    plan = given.target.plan_take_over(ORDERS)
    given.target.take_over(plan.original)
    for who in ("alice", "bob", "carol"):
        assert given.refuses(who, "SELECT id FROM sales.orders") == "42501"
    assert given.refuses("alice", "INSERT INTO sales.orders (id) VALUES (99)") == ""
    assert not given.target.plan_take_over(ORDERS).original
    given.target.take_over(plan.original)
    given.target.give_back(plan.original)
    assert given.sql(ACL) == before
    given.target.give_back(plan.original)
    assert given.sql(ACL) == before


def test_public_loses_and_gets_it_back_like_anybody(given: Estate) -> None:
    given.sql("GRANT SELECT ON sales.orders TO PUBLIC")
    before = given.sql(ACL)
    plan = given.target.plan_take_over(ORDERS)
    assert ("loader", "PUBLIC") in {(loss.principal, loss.through) for loss in plan.losses}
    given.target.take_over(plan.original)
    assert given.refuses("bob", "SELECT id FROM sales.orders") == "42501"
    given.target.give_back(plan.original)
    assert given.sql(ACL) == before


def test_what_is_given_later_is_not_ours_to_take(given: Estate) -> None:
    plan = given.target.plan_take_over(ORDERS)
    given.target.take_over(plan.original)
    given.sql("GRANT SELECT (email) ON sales.orders TO bob")
    given.target.take_over(plan.original)
    assert given.refuses("bob", "SELECT email FROM sales.orders") == ""


def test_our_own_rules_are_no_foreign_rights(given: Estate) -> None:
    given.target.take_over(given.target.plan_take_over(ORDERS).original)
    given.sql("REVOKE INSERT ON sales.orders FROM alice")
    given.apply(grant("alice", ["id"], EU))
    assert not given.target.plan_take_over(ORDERS).original


def test_what_was_passed_on_does_not_come_back_without_who_passed_it_on(given: Estate) -> None:
    plan = given.target.plan_take_over(ORDERS)
    given.target.take_over(plan.original)
    rights = [right for right in plan.original["rights"] if right["grantee"] != "carol"]
    with pytest.raises(Refused, match="carol"):
        given.target.give_back({**plan.original, "rights": rights})
