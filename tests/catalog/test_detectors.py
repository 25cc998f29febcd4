"""What each detector recognises, and what it must leave alone."""

import importlib
import pkgutil
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql
from stdnum.it import codicefiscale

from apps.catalog import detectors as package
from apps.catalog.detecting import Look, detectors, known_tags, look_at
from apps.catalog.tokens import phrase_in, tokens
from tests.servers import WarehouseDatabase

SAKILA = Path(__file__).parents[3] / "shared" / "data" / "sakila"


def tags(name: str, type: str = "text", values: Any = None, dataset: str = "s.t") -> set[str]:
    """The tags that are proposed for a column of that name, type and values."""
    given_values = tuple(values) if values is not None else None
    return {one.tag for _, one in look_at(Look(name, type, "", dataset, given_values))}


EMAILS = [f"some.one{n}@mail{n % 3}.example.org" for n in range(30)]
PHONES = [f"+47 22 {n:02} 34 56" for n in range(30)]
FIRST = ["Ingrid", "Omar", "María José", "O'Neil", "Zoë", "Jean-Luc", "Li", "Ana", "Per", "Eva"]
BIRTHS = [f"19{50 + n}-03-12" for n in range(30)]
IBANS = [
    "NO9386011117947",
    "DE89370400440532013000",
    "GB29NWBK60161331926819",
    "NL91ABNA0417164300",
    "FR1420041010050500013M02606",
    "BE68539007547034",
    "ES9121000418450200051332",
    "DK5000400440116243",
    "IT60X0542811101000000123456",
    "SE4550000000058398257466",
    "CH9300762011623852957",
    "AT611904300234573201",
]
CARDS = [
    "4111111111111111", "5500005555555559", "340000000000009", "6011000000000004",
    "4012888888881881", "5105105105105100", "378282246310005", "371449635398431",
    "4222222222222", "5555555555554444", "4000056655665556", "2223003122003222",
]  # fmt: skip
PERSONAL_CODES = [
    code + codicefiscale.calc_check_digit(code)
    for code in (f"RSSMRA{60 + n}A{10 + n}H501" for n in range(15))
]
IPS = [f"10.0.{n}.{255 - n}" for n in range(20)] + ["2001:db8::1"]
SENTENCES = [
    f"The customer called on day {n} about the parcel number {n * 37} and was not happy"
    for n in range(20)
]
HASHES = [f"$2b$12${chr(97 + n % 20) * 22}{chr(65 + n % 20) * 31}" for n in range(20)]

POSITIVE: list[tuple[str, str, str, list[str] | None]] = [
    ("pii.email", "email", "character varying(80)", EMAILS),
    ("pii.email", "contact", "text", EMAILS),
    ("pii.email", "BillingEMail", "text", None),
    ("pii.email", "e-mail", "text", None),
    ("pii.phone", "mobilePhone", "text", PHONES),
    ("pii.phone", "contact", "text", PHONES),
    ("pii.phone", "phone", "bigint", ["28303384290", "838635286649", "448477190408"] * 3),
    ("pii.name", "first_name", "text", FIRST),
    ("pii.name", "LastName", "text", None),
    ("pii.date_of_birth", "dob", "date", BIRTHS),
    ("pii.date_of_birth", "dateOfBirth", "timestamp without time zone", None),
    ("pii.date_of_birth", "birth_year", "integer", ["1980", "1999"] * 5),
    ("pii.bank_account", "iban", "text", None),
    ("pii.bank_account", "pay_to", "text", IBANS),
    ("pii.payment_card", "reference", "text", CARDS),
    ("pii.payment_card", "card_number", "numeric(19,0)", CARDS),
    ("pii.national_id", "SSN", "text", None),
    ("pii.national_id", "code", "text", PERSONAL_CODES),
    ("pii.national_id", "passport_no", "text", ["X1234567", "N0098765"] * 10),
    ("pii.ip_address", "remote_addr", "text", None),
    ("pii.ip_address", "seen_from", "inet", None),
    ("pii.ip_address", "origin", "text", IPS),
    ("pii.address", "street", "text", ["12 High Street", "Storgata 4"] * 10),
    ("pii.address", "billing_address", "text", None),
    ("pii.postal_code", "zip", "character(5)", ["90210", "10115"] * 10),
    ("pii.postal_code", "PostCode", "text", ["SW1A 1AA", "EC2V 7HN"] * 10),
    ("pii.city", "city", "text", ["Oslo", "New York", "Århus"] * 5),
    ("pii.coordinates", "latitude", "double precision", ["59.91", "-33.86"] * 10),
    ("pii.coordinates", "lng", "numeric(9,6)", ["151.20", "10.75"] * 10),
    ("pii.gender", "gender", "character(1)", ["F", "M", "X"] * 10),
    ("content.free_text", "notes", "text", None),
    ("content.free_text", "info", "text", SENTENCES),
    ("secret.credential", "password_hash", "text", None),
    ("secret.credential", "api_key", "text", ["k" + "x" * n for n in range(20, 40)]),
    ("secret.credential", "data", "text", HASHES),
    ("pii.salary", "monthly_salary", "numeric(10,2)", ["52000.00", "61000.50"] * 10),
    ("finance.amount", "amount", "numeric(10,2)", ["1.99", "-4.20"] * 10),
    ("pii.health", "diagnosis", "text", None),
    ("pii.health", "blood_type", "text", ["A+", "0-"] * 10),
    ("pii.special_category", "religion", "text", None),
    ("pii.user_name", "username", "text", ["ingrid", "omar.d"] * 10),
    ("pii.online_identifier", "device_id", "uuid", None),
    ("pii.online_identifier", "hw", "text", [f"00:1B:44:11:3A:{n:02X}" for n in range(20)]),
]

NOTHING: list[tuple[str, str, list[str] | None]] = [
    ("ACADEMIC_YEAR_CODE", "character varying(9)", ["2023/24", "2024/25"] * 20),
    ("SCN-125", "text", [f"SCN-{n}" for n in range(40)]),
    ("acid_level", "numeric(4,2)", ["6.5", "7.1"] * 20),
    ("incident_count", "integer", [str(n) for n in range(40)]),
    ("decoder_ring", "text", ["A", "B", "C"] * 10),
    ("email_count", "integer", ["3", "4"] * 20),
    ("email_verified", "boolean", ["true"] * 20),
    ("email_status", "text", ["sent", "bounced"] * 20),
    ("email", "text", ["weekly", "never"] * 20),
    ("phone_type", "text", ["mobile", "home"] * 20),
    ("phone", "text", ["iPhone 15", "Pixel 9"] * 20),
    ("file_name", "text", ["a.pdf", "b.pdf"] * 20),
    ("name", "text", ["Chair", "Table", "Lamp"] * 10),
    ("product_name", "text", ["Chair", "Table", "Lamp"] * 10),
    ("birth_country", "text", ["Norway", "Chile"] * 10),
    ("order_date", "date", ["2024-05-01"] * 20),
    ("account", "text", [f"4000{n}" for n in range(20)]),
    ("invoice", "text", [f"{4111111111111000 + n}" for n in range(40)]),
    ("card_type", "text", ["visa", "amex"] * 20),
    ("isbn", "text", ["9780306406157", "9783161484100"] * 20),
    ("ean", "text", [f"40{n:011}" for n in range(40)]),
    ("version", "text", [f"1.{n}.0.{n}" for n in range(40)]),
    ("ip_address_id", "integer", ["1", "2"] * 20),
    ("address_id", "integer", ["1", "2"] * 20),
    ("web_address", "text", ["https://example.org/a"] * 20),
    ("city_id", "integer", ["1", "2"] * 20),
    ("velocity", "numeric", ["1.0"] * 20),
    ("plate", "text", ["large", "small"] * 20),
    ("lateral", "text", ["yes", "no"] * 20),
    ("sextant", "text", ["a", "b"] * 20),
    ("password_changed_at", "timestamp with time zone", None),
    ("token_count", "integer", ["12", "40"] * 20),
    ("salary_grade", "text", ["A", "B"] * 20),
    ("race_time", "text", ["1:02", "1:04"] * 20),
    ("mailbox_size", "bigint", ["100", "200"] * 20),
    ("status", "text", ["open", "closed"] * 20),
    ("created_at", "timestamp with time zone", ["2024-05-01 10:00:00+00"] * 20),
    ("id", "uuid", ["0b9f2b7e-6f7e-4b3e-9a3e-3f1d1f0a1b2c"] * 20),
    ("active", "boolean", ["true", "false"] * 20),
    ("sku", "text", [f"AB-{n:05}" for n in range(40)]),
]


@pytest.mark.parametrize(
    ("tag", "name", "type", "values"), POSITIVE, ids=[f"{p[0]}-{p[1]}" for p in POSITIVE]
)
def test_recognised(tag: str, name: str, type: str, values: list[str] | None) -> None:
    assert tag in tags(name, type, values)


@pytest.mark.parametrize(("name", "type", "values"), NOTHING, ids=[n[0] for n in NOTHING])
def test_left_alone(name: str, type: str, values: list[str] | None) -> None:
    assert tags(name, type, values) == set()


@pytest.mark.parametrize(
    "name", ["ACADEMIC_YEAR_CODE", "SCN-125", "acid_level", "incident_count", "decoder_ring"]
)
@pytest.mark.parametrize("type", ["text", "integer", "numeric(8,2)", "character varying(20)"])
@pytest.mark.parametrize("values", [None, (), (None,) * 9, ("125", "7", "SCN-125", "A1", "2024")])
def test_names_that_users_complained_about_are_no_personal_data(
    name: str, type: str, values: Any
) -> None:
    assert tags(name, type, values) == set()


def test_name_in_a_table_of_people_is_a_name_of_people() -> None:
    assert tags("name", "text", FIRST, "s.customers") == {"pii.name"}
    assert tags("name", "text", FIRST, "s.products") == set()


def test_every_detector_has_a_positive_case_and_a_tag_of_its_own() -> None:
    modules = {module.name for module in pkgutil.iter_modules(package.__path__)}
    assert {one.name for one in detectors()} == modules
    assert {tag.key for one in detectors() for tag in one.tags} == {case[0] for case in POSITIVE}
    for module in modules:
        assert importlib.import_module(f"{package.__name__}.{module}").__doc__


def test_tags_have_ranks_of_the_scale() -> None:
    assert {tag.rank for tag in known_tags()} <= {0, 10, 20, 30}


@pytest.mark.parametrize(
    ("identifier", "words"),
    [
        ("ACADEMIC_YEAR_CODE", ("academic", "year", "code")),
        ("SCN-125", ("scn", "125")),
        ("billingEMailAddress2", ("billing", "e", "mail", "address", "2")),
        ("HTTPServerID", ("http", "server", "id")),
        ("größe.cm", ("größe", "cm")),
        ("", ()),
    ],
)
def test_identifiers_are_split_into_words(identifier: str, words: tuple[str, ...]) -> None:
    assert tokens(identifier) == words


def test_a_phrase_is_whole_words_in_order() -> None:
    assert phrase_in(("home", "e", "mail"), frozenset({"e mail", "mail"})) == "e mail"
    assert phrase_in(("mail", "e"), frozenset({"e mail"})) == ""


ANY_TEXT = st.text(max_size=60) | st.from_regex(r"[0-9²٣ +().-]{0,24}", fullmatch=True)


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from([case[1] for case in POSITIVE]) | st.text(max_size=20),
    type=st.sampled_from(["text", "bigint", "numeric", "inet", "date", "bytea", "text[]", "point"]),
    values=st.none() | st.lists(st.none() | ANY_TEXT, max_size=12).map(tuple),
)
def test_no_value_makes_a_detector_fail_and_none_is_in_its_evidence(
    name: str, type: str, values: tuple[str | None, ...] | None
) -> None:
    for _, proposal in look_at(Look(name, type, "", "s.t", values)):
        assert 0 < proposal.confidence <= 1
        said = str(proposal.evidence)
        for value in values or ():
            letters = "".join(filter(str.isalpha, value or ""))
            assert len(letters) < 5 or letters in name or letters not in said


@pytest.mark.skipif(not SAKILA.exists(), reason="the foreign data is not there")
def test_sakila_is_classified_as_a_person_would(warehouse_db: WarehouseDatabase) -> None:
    for file in ("schema.sql", "insert-data-using-copy.sql"):
        psql = [str(warehouse_db.cluster.programs.psql), "-q", warehouse_db.url]
        subprocess.run([*psql, "-f", str(SAKILA / file)], check=True, capture_output=True)
    with warehouse_db.connect() as admin:
        found = {
            (table, column): proposed
            for table, column, type in admin.execute(COLUMNS).fetchall()
            if (proposed := tags(column, type, _values(admin, table, column), f"public.{table}"))
        }
    assert {where for where, what in found.items() if "pii.email" in what} == {
        ("customer", "email"),
        ("staff", "email"),
    }
    assert {where for where, what in found.items() if "pii.name" in what} == {
        *((table, f"{part}_name") for table in ("actor", "actor_info", "customer", "staff")
          for part in ("first", "last")),
        ("customer_list", "name"),
        ("staff_list", "name"),
        ("sales_by_store", "manager"),
    }  # fmt: skip
    assert found[("address", "phone")] == found[("customer_list", "phone")] == {"pii.phone"}
    assert found[("address", "postal_code")] == {"pii.postal_code"}
    assert found[("address", "address")] == {"pii.address"}
    assert found[("customer_list", "city")] == {"pii.city"}
    assert found[("staff", "password")] == {"secret.credential"}
    assert found[("staff", "username")] == {"pii.user_name"}
    assert found[("payment", "amount")] == {"finance.amount"}
    harmless = {"film", "language", "category", "country", "city", "inventory", "rental", "store"}
    assert {where for where in found if where[0] in harmless} == {
        ("film", "description"),  # free text: somebody has to look
        ("film", "replacement_cost"),
    }


COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
  AND c.relkind IN ('r', 'v')
"""


def _values(admin: psycopg.Connection[Any], table: str, column: str) -> list[Any]:
    query = sql.SQL("SELECT {}::text FROM public.{} LIMIT 200")
    found = admin.execute(query.format(sql.Identifier(column), sql.Identifier(table)))
    return [value for (value,) in found.fetchall()]
