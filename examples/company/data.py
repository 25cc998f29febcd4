"""Makes the rows of Halden Home: the same ones every time, and nobody's real data."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

from stdnum import iban, luhn

from examples.company import words

Row = tuple[object, ...]

CUSTOMERS = 12_000
ORDERS = 34_000
PAYMENTS = 40_000
TICKETS = 13_000
EMPLOYEES = 240
FIRST_DAY = datetime(2025, 1, 1, tzinfo=UTC)
DAYS = 690
QUARTERS = tuple(date(2025 + n // 4, 1 + 3 * (n % 4), 1) for n in range(9))
"""Starts of the quarters that payments are partitioned by; the last only ends the one before."""


def countries() -> Iterator[Row]:
    """(code, name, region)."""
    yield from words.COUNTRIES


def customers() -> Iterator[Row]:
    """Customers, two thirds of them in the EU."""
    random = Random("customers")
    for number in range(1, CUSTOMERS + 1):
        code, _, region = random.choices(words.COUNTRIES, words.COUNTRY_WEIGHTS)[0]
        first, last = random.choice(words.FIRST_NAMES), random.choice(words.LAST_NAMES)
        born = date(1945, 1, 1) + timedelta(days=random.randrange(365 * 60))
        yield (
            number,
            f"{first} {last}",
            f"{_plain(first)}.{_plain(last)}{number}@{random.choice(words.MAIL_DOMAINS)}",
            _phone(random, code) if random.random() < 0.9 else None,
            born if random.random() < 0.8 else None,
            f"{random.choice(words.STREETS)} {random.randrange(1, 180)}",
            random.choice(words.CITIES[code]),
            code,
            region,
            _iban(random, code) if random.random() < 0.6 else None,
            random.choices(("none", "silver", "gold"), (70, 22, 8))[0],
            Decimal(random.randrange(0, 900_000)) / 100,
            _instant(random),
        )


def regions(people: Iterable[Row]) -> dict[int, str]:
    """Customer's id → region."""
    return {int(str(row[0])): str(row[8]) for row in people}


def emails(people: Iterable[Row]) -> dict[int, str]:
    """Customer's id → e-mail address."""
    return {int(str(row[0])): str(row[2]) for row in people}


def products() -> Iterator[Row]:
    """Furniture."""
    random = Random("products")
    for number in range(1, 241):
        category = random.choice(tuple(words.PRODUCTS))
        name = f"{random.choice(words.LINES)} {random.choice(words.PRODUCTS[category])}"
        yield (
            number,
            f"HH-{number:04d}",
            name,
            category,
            Decimal(random.randrange(900, 190_000)) / 100,
        )


def orders(region_of: dict[int, str]) -> Iterator[Row]:
    """Orders of the customers whose region is given by id."""
    random = Random("orders")
    for number in range(1, ORDERS + 1):
        customer = random.randrange(1, CUSTOMERS + 1)
        items = random.choices((1, 2, 3, 4, 7), (52, 26, 12, 7, 3))[0]
        yield (
            number,
            customer,
            _instant(random),
            random.choices(("delivered", "shipped", "open", "cancelled"), (82, 7, 5, 6))[0],
            region_of[customer],
            items,
            Decimal(items * random.randrange(1_900, 48_000)) / 100,
        )


def payments() -> Iterator[Row]:
    """Payments; some orders are paid in two parts."""
    random = Random("payments")
    for number in range(1, PAYMENTS + 1):
        method = random.choices(("card", "transfer", "wallet"), (62, 26, 12))[0]
        yield (
            number,
            random.randrange(1, ORDERS + 1),
            _instant(random),
            method,
            _card(random) if method == "card" else None,
            _iban(random, "DE") if method == "transfer" else None,
            Decimal(random.randrange(900, 160_000)) / 100,
        )


def tickets(email_of: dict[int, str]) -> Iterator[Row]:
    """What customers wrote, now and then with their address in the middle of it."""
    random = Random("tickets")
    for number in range(1, TICKETS + 1):
        customer = random.randrange(1, CUSTOMERS + 1)
        subject, body = random.choice(words.COMPLAINTS)
        if random.random() < 0.3:
            body = f"{body} Please answer to {email_of[customer]}."
        yield (
            number,
            customer,
            _instant(random),
            subject,
            body,
            random.choices((0, 1, 2, 3), (60, 28, 9, 3))[0],
            random.random() < 0.88,
        )


def employees() -> Iterator[Row]:
    """The people of the shop itself."""
    random = Random("employees")
    for number in range(1, EMPLOYEES + 1):
        first, last = random.choice(words.FIRST_NAMES), random.choice(words.LAST_NAMES)
        yield (
            number,
            f"{first} {last}",
            f"{_plain(first)}.{_plain(last)}{number}@haldenhome.example",
            random.choice(words.DEPARTMENTS),
            date(1962, 1, 1) + timedelta(days=random.randrange(365 * 40)),
            Decimal(random.randrange(2_800_000, 11_500_000)) / 100,
            date(2012, 1, 1) + timedelta(days=random.randrange(365 * 13)),
        )


def _instant(random: Random) -> datetime:
    return FIRST_DAY + timedelta(days=random.randrange(DAYS), seconds=random.randrange(86_400))


def _plain(name: str) -> str:
    return name.lower().translate(words.ASCII)


def _phone(random: Random, code: str) -> str:
    return f"{words.PHONE_PREFIXES[code]}{random.randrange(10**6, 10**7)}"


def _iban(random: Random, code: str) -> str:
    template = words.IBANS.get(code, words.IBANS["DE"])
    country, digits = template[:2], template[2:]
    account = "".join(str(random.randrange(10)) if c == "n" else c for c in digits)
    return f"{country}{iban.calc_check_digits(f'{country}00{account}')}{account}"


def _card(random: Random) -> str:
    start = "400000" + "".join(str(random.randrange(10)) for _ in range(9))
    return start + luhn.calc_check_digit(start)
