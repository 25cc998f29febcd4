"""What others gave is taken away by name, and comes back exactly as it was."""

import pytest

from apps.connectors.contracts import Beside, Refused
from apps.semantics.masks import Mask, MaskFunction
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


def told(estate: Estate, kind: str) -> list[Beside]:
    """What the plan says of this kind beside rights to read."""
    plan = estate.target.plan_take_over(ORDERS)
    return [each for each in plan.beside if each.kind == kind]


def test_rights_to_write_stay_and_are_told_with_who_has_them(given: Estate) -> None:
    given.sql("SET ROLE loader; GRANT UPDATE (note), DELETE ON sales.orders TO analysts")
    kept = {each.principals: each.text for each in told(given, "writing")}
    assert kept["alice",].startswith("alice keeps INSERT:")
    assert kept["bob",].startswith("analysts keeps DELETE, UPDATE (note):")
    before = given.sql(ACL)
    plan = given.target.plan_take_over(ORDERS)
    given.target.take_over(plan.original)
    assert given.refuses("bob", "DELETE FROM sales.orders") == ""
    given.target.give_back(plan.original)
    assert given.sql(ACL) == before


POLICIES = "SELECT polname, polcmd, polroles::text, pg_get_expr(polqual, polrelid) FROM pg_policy"


def test_row_policies_of_others_stay_and_are_told_with_whom_they_concern(given: Estate) -> None:
    given.sql("""SET ROLE loader; ALTER TABLE sales.orders ENABLE ROW LEVEL SECURITY;
        CREATE POLICY own ON sales.orders FOR SELECT TO analysts USING (region = 'EU')""")
    before = given.sql(POLICIES)
    (policy,) = told(given, "policy")
    assert policy.principals == ("bob",)
    assert "own (permissive, SELECT, for analysts) stays, USING ((region = 'EU'" in policy.text
    plan = given.target.plan_take_over(ORDERS)
    given.target.take_over(plan.original)
    given.target.give_back(plan.original)
    assert given.sql(POLICIES) == before
    given.sql("ALTER TABLE sales.orders DISABLE ROW LEVEL SECURITY")
    assert "though row security is off" in told(given, "policy")[0].text


def test_a_policy_that_hides_rows_from_our_view_is_found_when_asked(given: Estate) -> None:
    given.sql("""SET ROLE loader; ALTER TABLE sales.orders ENABLE ROW LEVEL SECURITY;
        CREATE POLICY own ON sales.orders FOR SELECT TO analysts USING (region = 'EU')""")
    given.target.take_over(given.target.plan_take_over(ORDERS).original)
    rule = grant("carol", None, masks={"email": Mask(MaskFunction.NULL)})
    given.apply(rule)
    wrong = [check for check in given.ask("carol", ORDERS, rule).checks if not check.agrees]
    assert any(check.answered == "0 of 40" for check in wrong)


def test_default_privileges_stay_and_are_told(given: Estate) -> None:
    given.sql("""ALTER DEFAULT PRIVILEGES FOR ROLE loader IN SCHEMA sales
        GRANT SELECT ON TABLES TO analysts""")
    (default,) = told(given, "default")
    assert default.principals == ("bob",)
    assert "Whatever loader creates in sales" in default.text


PATHS = """
SELECT coalesce(r.rolname, ''), s.setdatabase <> 0, s.setconfig FROM pg_db_role_setting s
LEFT JOIN pg_roles r ON r.oid = s.setrole
WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
ORDER BY 1, 2
"""


def test_who_has_a_path_of_their_own_is_led_to_our_view_and_back(given: Estate) -> None:
    here = f"IN DATABASE {given.db.name}"
    given.sql(f"""ALTER ROLE bob SET search_path = sales, "Odd, one"; ALTER ROLE bob SET jit = off;
        ALTER ROLE carol {here} SET search_path = sales; GRANT bob, carol TO sen_apply
        WITH ADMIN OPTION""")
    rule = grant("bob", ["id", "email"], masks={"email": Mask(MaskFunction.NULL)})
    before = given.sql(PATHS)
    plan = given.target.plan_take_over(ORDERS)
    changed = {each.principals: each.text for each in told(given, "setting") if each.changed}
    assert 'becomes gov, sales, "Odd, one"' in changed["bob",]
    assert changed["carol",].startswith("carol's own search_path in this database, sales, becomes")
    given.target.take_over(plan.original)
    given.apply(rule)
    assert given.rows_as("bob", "SELECT count(id), count(email) FROM orders") == [(40, 0)]
    assert not given.target.plan_take_over(ORDERS).original
    given.target.take_over(plan.original)
    given.apply()
    given.target.remove("database")
    given.target.give_back(plan.original)
    assert given.sql(PATHS) == before


def test_a_path_that_was_set_anew_meanwhile_is_left(given: Estate) -> None:
    given.sql("ALTER ROLE bob SET search_path = sales; GRANT bob TO sen_apply WITH ADMIN OPTION")
    plan = given.target.plan_take_over(ORDERS)
    given.target.take_over(plan.original)
    given.sql("ALTER ROLE bob SET search_path = public")
    given.target.give_back(plan.original)
    assert given.sql("SELECT rolconfig FROM pg_roles WHERE rolname = 'bob'") == [
        (["search_path=public"],)
    ]


def test_a_governed_person_with_a_path_of_their_own_can_be_led_without_losing_anything(
    estate: Estate,
) -> None:
    estate.sql("""ALTER ROLE alice SET search_path = sales;
        GRANT USAGE ON SCHEMA sales TO alice; GRANT alice TO sen_apply WITH ADMIN OPTION""")
    rule = grant("alice", ["id", "email"], masks={"email": Mask(MaskFunction.NULL)})
    estate.apply(rule)
    assert estate.refuses("alice", "SELECT id FROM orders") == "42501"
    plan = estate.target.plan_take_over(ORDERS)
    assert plan.losses == ()
    estate.target.take_over(plan.original)
    assert estate.ask("alice", ORDERS, rule).agrees
    assert estate.rows_as("alice", "SELECT count(id), count(email) FROM orders") == [(40, 0)]


def test_the_databases_own_path_is_told_before_ours_goes_before_it(given: Estate) -> None:
    given.sql(f"ALTER DATABASE {given.db.name} SET search_path = sales, public")
    (setting,) = told(given, "setting")
    assert "sales, public, becomes gov, sales, public" in setting.text
