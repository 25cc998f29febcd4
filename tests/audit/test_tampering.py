"""Ten thousand ways to tamper with the book: each is found, at its place, and none is imagined.

The tables are changed by their owner with all triggers lifted; the exported file by whoever holds
it. A cut-off end and a chain that was rewritten can only be seen against the checkpoints outside.
"""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from apps.audit import services
from apps.audit.chain import GENESIS, digest_of, link
from apps.audit.selectors import Search
from apps.audit.signing import Storage
from apps.core.actors import SystemActor
from cli import seneschal_verify
from tests.servers import sized

ACTOR = SystemActor("test")
ENTRIES, CHECKPOINT_EVERY = 60, 20
TAMPERINGS = sized(60, 10_000)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("signed_book")]

Range = range
"""The places, one of which must be named: a rewritten chain is only located between checkpoints."""


def exactly(seq: int) -> Range:
    return range(seq, seq + 1)


def from_checkpoint_to(seq: int) -> Range:
    """Where a rewriting from `seq` on begins to be noticed: after the checkpoint before it."""
    sure = (seq - 1) // CHECKPOINT_EVERY * CHECKPOINT_EVERY + 1
    return exactly(sure)


def run(sql: str, *parameters: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def bodies() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.body FROM audit_seal AS s JOIN audit_entry AS e ON e.id = s.entry_id "
            "ORDER BY s.seq"
        )
        return [body for (body,) in cursor.fetchall()]


# --- The tables ---------------------------------------------------------------------------------


def flip_a_bit_of_an_entry(rng: random.Random) -> Range:
    seq = rng.randint(1, ENTRIES)
    body = bytearray(bodies()[seq - 1].encode())
    body[rng.randrange(len(body))] ^= 1 << rng.randrange(7)
    set_body(seq, body.decode())
    return exactly(seq)


def change_a_digit_of_a_seal(rng: random.Random) -> Range:
    seq, column, place = (
        rng.randint(1, ENTRIES),
        rng.choice(["hash", "previous"]),
        rng.randint(1, 64),
    )
    run(
        f"UPDATE audit_seal SET {column} = overlay({column} PLACING translate("
        f"substr({column}, %s, 1), '0123456789abcdef', '123456789abcdef0') FROM %s FOR 1) "
        "WHERE seq = %s",
        place,
        place,
        seq,
    )
    return exactly(seq)


def edit_an_entry(rng: random.Random) -> Range:
    seq = rng.randint(1, ENTRIES)
    set_body(seq, bodies()[seq - 1].replace('"system:test"', '"user:else"'))
    return exactly(seq)


def predate_an_entry(rng: random.Random) -> Range:
    seq = rng.randint(1, ENTRIES)
    run(
        "UPDATE audit_entry SET at = at - interval '40 days', body = jsonb_set(body::jsonb, "
        "'{at}', to_jsonb(at - interval '40 days'))::text WHERE id = (SELECT entry_id "
        "FROM audit_seal WHERE seq = %s)",
        seq,
    )
    return exactly(seq)


def delete_an_entry(rng: random.Random) -> Range:
    seq = rng.randint(1, ENTRIES)
    run("DELETE FROM audit_entry WHERE id = (SELECT entry_id FROM audit_seal WHERE seq = %s)", seq)
    return exactly(seq)


def delete_an_entry_with_its_seal(rng: random.Random) -> Range:
    seq = rng.randint(1, ENTRIES)
    run("DELETE FROM audit_entry WHERE id = (SELECT entry_id FROM audit_seal WHERE seq = %s)", seq)
    run("DELETE FROM audit_seal WHERE seq = %s", seq)
    return exactly(seq)


def delete_an_entry_and_close_the_gap(rng: random.Random) -> Range:
    seq = rng.randint(1, ENTRIES - 1)
    delete_an_entry_with_its_seal(Fixed(seq))
    run("UPDATE audit_seal SET seq = seq + 1000 WHERE seq > %s", seq)
    run("UPDATE audit_seal SET seq = seq - 1001 WHERE seq > 1000")
    return exactly(seq)


def insert_a_seal(rng: random.Random) -> Range:
    seq = rng.randint(1, ENTRIES + 1)
    run("UPDATE audit_seal SET seq = seq + 1000 WHERE seq >= %s", seq)
    run("UPDATE audit_seal SET seq = seq - 999 WHERE seq > 1000")
    run("INSERT INTO audit_entry (at, body) SELECT at, body FROM audit_entry ORDER BY id LIMIT 1")
    run(
        "INSERT INTO audit_seal SELECT %s, id, at, repeat('1', 64), repeat('2', 64), '0', now() "
        "FROM audit_entry ORDER BY id DESC LIMIT 1",
        seq,
    )
    return exactly(seq)


def swap_two_entries(rng: random.Random) -> Range:
    first, second = sorted(rng.sample(range(1, ENTRIES + 1), 2))
    run(
        "UPDATE audit_seal AS s SET entry_id = -o.entry_id, entry_at = o.entry_at "
        "FROM audit_seal AS o WHERE s.seq IN (%s, %s) AND o.seq = %s + %s - s.seq",
        first,
        second,
        first,
        second,
    )
    run("UPDATE audit_seal SET entry_id = -entry_id WHERE entry_id < 0")
    return exactly(first)


def swap_two_seals(rng: random.Random) -> Range:
    first, second = sorted(rng.sample(range(1, ENTRIES + 1), 2))
    run("UPDATE audit_seal SET seq = seq + 1000 WHERE seq IN (%s, %s)", first, second)
    run("UPDATE audit_seal SET seq = %s + %s - seq + 1000 WHERE seq > 1000", first, second)
    return exactly(first)


def cut_off_the_end(rng: random.Random) -> Range:
    left = rng.randint(0, ENTRIES - 1)
    run("DELETE FROM audit_seal WHERE seq > %s", left)
    run("DELETE FROM audit_entry WHERE id NOT IN (SELECT entry_id FROM audit_seal)")
    return exactly(left + 1)


def rewrite_from_a_place_on(rng: random.Random) -> Range:
    seq = rng.randint(1, ENTRIES)
    edit_an_entry(Fixed(seq))
    chain_anew()
    return from_checkpoint_to(seq)


def write_the_whole_book_anew(rng: random.Random) -> Range:
    run("UPDATE audit_entry SET body = replace(body, 'system:test', 'user:else')")
    chain_anew()
    return exactly(1)


IN_THE_TABLES: list[Callable[[random.Random], Range]] = [
    flip_a_bit_of_an_entry,
    change_a_digit_of_a_seal,
    edit_an_entry,
    predate_an_entry,
    delete_an_entry,
    delete_an_entry_with_its_seal,
    delete_an_entry_and_close_the_gap,
    insert_a_seal,
    swap_two_entries,
    swap_two_seals,
    cut_off_the_end,
    rewrite_from_a_place_on,
    write_the_whole_book_anew,
]


class Fixed(random.Random):
    """Draws one given number, for a tampering that is part of another."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def randint(self, a: int, b: int) -> int:
        return self.number


def set_body(seq: int, body: str) -> None:
    run(
        "UPDATE audit_entry SET body = %s WHERE id = (SELECT entry_id FROM audit_seal "
        "WHERE seq = %s)",
        body,
        seq,
    )


def chain_anew() -> None:
    """What a skilled forger does: every hash right again, all the way to the end."""
    previous = GENESIS
    run("UPDATE audit_seal SET hash = md5('a' || seq) || md5('b' || seq)")
    for seq, body in enumerate(bodies(), start=1):
        found = link(previous=previous, digest=digest_of(body.encode()), seq=seq)
        run("UPDATE audit_seal SET previous = %s, hash = %s WHERE seq = %s", previous, found, seq)
        previous = found


def tampered(tamper: Callable[[random.Random], Range], rng: random.Random) -> Range:
    """Tamper; draw again when the database does not take such a value at all."""
    refused: Exception | None = None
    for _ in range(100):
        try:
            with transaction.atomic():
                return tamper(rng)
        except (DatabaseError, UnicodeDecodeError) as error:
            refused = error
    raise AssertionError(f"{tamper.__name__} is never taken") from refused


@pytest.mark.usefixtures("unguarded")
def test_every_tampering_with_the_tables_is_found_at_its_place() -> None:
    missed = []
    for number in range(TAMPERINGS):
        tamper = IN_THE_TABLES[number % len(IN_THE_TABLES)]
        with transaction.atomic():
            places = tampered(tamper, random.Random(number))
            found = services.verify(at=timezone.now(), actor=ACTOR, whole=True)
            transaction.set_rollback(True)
        if found.broken not in places:
            missed.append((number, tamper.__name__, places, found.broken, found.reason))
        if number % 10 == 0:
            untouched = services.verify(at=timezone.now(), actor=ACTOR, whole=True)
            assert untouched.broken is None, f"false alarm after {number}: {untouched.reason}"
    assert missed == []


# --- The exported file --------------------------------------------------------------------------

Lines = list[bytes]


def flip_a_bit(rng: random.Random, lines: Lines) -> Range:
    seq = rng.randint(1, ENTRIES)
    line = bytearray(lines[seq])
    line[rng.randrange(len(line))] ^= 1 << rng.randrange(8)
    lines[seq] = bytes(line)
    return exactly(seq)


def drop_a_line(rng: random.Random, lines: Lines) -> Range:
    seq = rng.randint(1, ENTRIES)
    del lines[seq]
    return exactly(seq)


def repeat_a_line(rng: random.Random, lines: Lines) -> Range:
    seq = rng.randint(1, ENTRIES)
    lines.insert(seq, lines[seq])
    return exactly(seq + 1)


def swap_two_lines(rng: random.Random, lines: Lines) -> Range:
    first, second = sorted(rng.sample(range(1, ENTRIES + 1), 2))
    lines[first], lines[second] = lines[second], lines[first]
    return exactly(first)


def cut_the_file(rng: random.Random, lines: Lines) -> Range:
    seq = rng.randint(1, ENTRIES)
    del lines[seq:]
    return exactly(seq)


def cut_the_file_and_its_first_line(rng: random.Random, lines: Lines) -> Range:
    seq = rng.randint(2, ENTRIES)
    del lines[seq:]
    set_header(lines, seq - 1)
    return exactly(seq)


def cut_within_a_line(rng: random.Random, lines: Lines) -> Range:
    seq = rng.randint(1, ENTRIES)
    del lines[seq + 1 :]
    lines[seq] = lines[seq][: rng.randrange(1, len(lines[seq]))]
    return exactly(seq)


def rewrite_the_file(rng: random.Random, lines: Lines) -> Range:
    seq = rng.randint(1, ENTRIES)
    lines[seq] = lines[seq].replace(b"system:test", b"user:else", 1)
    previous = GENESIS
    for place in range(1, len(lines)):
        cut = len(lines[place]) - len(b'","seq":%d}\n' % place) - 64
        body = lines[place][len(b'{"entry":') : cut - len(b',"hash":"')]
        previous = link(previous=previous, digest=digest_of(body), seq=place)
        lines[place] = lines[place][:cut] + previous.encode() + lines[place][cut + 64 :]
    return from_checkpoint_to(seq)


def set_header(lines: Lines, last: int) -> None:
    total = b"%d" % (len(ALL_LINES) - 1)
    lines[0] = lines[0].replace(b'"last":' + total, b'"last":%d' % last)
    lines[0] = lines[0].replace(b'"entries":' + total, b'"entries":%d' % last)


ALL_LINES: Lines = []

IN_THE_FILE: list[Callable[[random.Random, Lines], Range]] = [
    flip_a_bit,
    drop_a_line,
    repeat_a_line,
    swap_two_lines,
    cut_the_file,
    cut_the_file_and_its_first_line,
    cut_within_a_line,
    rewrite_the_file,
]


def test_every_tampering_with_an_export_is_found_at_its_place(outside: Storage) -> None:
    stretch = services.export(search=Search(), at=timezone.now(), actor=ACTOR)
    ALL_LINES[:] = list(stretch)
    key = seneschal_verify.read_key(outside.public)
    stated = list(seneschal_verify.read_checkpoints(Path(outside.folders[1]), key, 1, 61))
    seneschal_verify.verify(ALL_LINES, stated, whole=True)
    missed = []
    for number in range(TAMPERINGS):
        tamper, lines = IN_THE_FILE[number % len(IN_THE_FILE)], list(ALL_LINES)
        places = tamper(random.Random(number), lines)
        # What was cut or split is read as a file would be.
        split = b"".join(lines).splitlines(keepends=True)
        try:
            seneschal_verify.verify(split, stated, whole=True)
        except seneschal_verify.Broken as broken:
            if broken.seq in places:
                continue
            missed.append((number, tamper.__name__, places, broken.seq, str(broken)))
        else:
            missed.append((number, tamper.__name__, places, 0, "not found"))
    assert missed == []
