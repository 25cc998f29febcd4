"""The whole loop told once, through REST and through PostgreSQL itself; false claims end it.

`make demo` starts a product of its own and runs this against it. Everything printed after `=>` is
what a server answered. Exits with 1 at the first claim that is not true.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from examples.client import Client
from examples.company import people, warehouse
from examples.company.people import PASSWORD

PATIENCE = 45.0
"""Seconds in which the live system must follow a decision."""
LIFE = 15
"""Seconds that the demo's grant lives."""

NOT_SEEN = (
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedTable,
)
"""How PostgreSQL says that somebody may not see something, or that there is none for them."""


class Untrue(Exception):
    """A claim of ours that a server contradicts."""


def main() -> int:
    """Tell the story; 0 when every claim was true."""
    data = Path(os.environ["SENESCHAL_DATA"])
    published = json.loads((data / "connections.json").read_text())
    url = os.environ.get("SENESCHAL_URL", published["web_url"])
    story = Story(url=url, superuser=published["warehouse_url"], data=data)
    try:
        story.tell()
    except Untrue as claim:
        print(f"\nNOT TRUE: {claim}", file=sys.stderr)
        return 1
    print("\nEvery claim was true.")
    return 0


class Story:
    """The people of the story, signed in, and what they find."""

    def __init__(self, *, url: str, superuser: str, data: Path) -> None:
        address = conninfo_to_dict(superuser)
        self.login = make_conninfo(
            host=str(address["host"]),
            port=str(address["port"]),
            dbname=warehouse.DATABASE,
            user="rafael",
            password=warehouse.PASSWORD,
        )
        self.data = data
        self.rafael = Client(url, f"rafael@{people.DOMAIN}", PASSWORD)
        self.elena = Client(url, f"elena@{people.DOMAIN}", PASSWORD)
        self.aiko = Client(url, f"aiko@{people.DOMAIN}", PASSWORD)

    def tell(self) -> None:
        """Before, asking, deciding, effective, gone, written down."""
        self.before()
        request = self.ask()
        self.refuse_oneself(request)
        grant = self.decide(request)
        self.prove(grant)
        self.read_as_rafael()
        self.expire(grant)
        self.verify()

    def before(self) -> None:
        """The warehouse has been scanned, and Rafael sees nothing of the customers."""
        say("A warehouse was scanned and classified")
        found = self.rafael.get("/datasets", system="warehouse", q="customers")["results"]
        self.dataset = next(row for row in found if row["name"] == "sales.customers")
        answer("catalog", f"{self.dataset['name']} is known, {len(found)} results for customers")
        say("Before anything is decided, Rafael asks PostgreSQL")
        self.refused("SELECT email FROM sales.customers LIMIT 1")

    def ask(self) -> dict[str, Any]:
        """Rafael asks for EU customers; what he asked in an earlier telling he takes back."""
        for earlier in self.rafael.get("/access-requests", state="pending")["results"]:
            self.rafael.post(f"/access-requests/{earlier['uuid']}/withdraw")
        say("Rafael asks for the customers of the EU")
        until = datetime.now(UTC) + timedelta(days=30)
        request = self.rafael.post(
            "/access-requests",
            {
                "items": [
                    {
                        "dataset": self.dataset["uuid"],
                        "columns": ["id", "full_name", "email", "iban", "region", "lifetime_eur"],
                        "filter": {
                            "kind": "compare",
                            "column": "region",
                            "operator": "=",
                            "value": "EU",
                        },
                    }
                ],
                "purpose": "churn-analysis",
                "justification": "Which customers of the EU are about to leave us?",
                "ticket": "CRM-884",
                "until": until.isoformat(),
            },
        )
        item = request["items"][0]
        answer(request["key"], " ".join(item["route"]["reasons"]))
        return dict(request)

    def refuse_oneself(self, request: dict[str, Any]) -> None:
        """Nobody decides for themselves."""
        say("He cannot approve it himself")
        status, problem = self.rafael.try_decide(request["approval"], {})
        claim(status == 403, f"self-approval was answered with {status}")
        answer("403", problem["detail"])

    def decide(self, request: dict[str, Any]) -> dict[str, Any]:
        """Elena sees the consequence, and decides for a short time."""
        say("Elena, the steward, looks at what her approval would do")
        consequence = self.elena.get(f"/access-requests/{request['uuid']}/consequence")[0]
        for document in consequence["documents"]:
            answer("document", f"{document['verb']} {document['name']}")
        for branch in consequence["after"]["branches"]:
            masked = {
                c: v["text"]
                for c, v in branch["columns"].items()
                if v["mask"]["function"] != "none"
            }
            answer("rows", branch["rows"])
            answer("masked", json.dumps(masked))
        preview = self.elena.post(
            f"/access-requests/{request['uuid']}/preview", {"dataset": self.dataset["uuid"]}
        )
        answer("live rows", f"{preview['visible_rows']} of {preview['total_rows']} rows")
        answer("a row", " | ".join(str(value) for value in preview["rows"][0]))
        say(f"She approves, for {LIFE} seconds")
        self.until = datetime.now(UTC) + timedelta(seconds=LIFE)
        status, decided = self.elena.try_decide(
            request["approval"], {"until": self.until.isoformat()}
        )
        claim(
            status == 200 and decided["state"] == "approved", f"approving gave {status} {decided}"
        )
        request = self.rafael.get(f"/access-requests/{request['uuid']}")
        grant: dict[str, Any] = self.rafael.get(f"/grants/{request['grants'][0]}")
        answer(grant["key"], f"{grant['name']} for {grant['account']} until {grant['until']}")
        return grant

    def prove(self, grant: dict[str, Any]) -> None:
        """Effective is what the live system answered as Rafael."""
        say("Seneschal enforces it and asks PostgreSQL as Rafael")
        started = time.monotonic()
        status = until(lambda: self._status(grant, "in_force"), "the grant came into force")
        for proof in status["proofs"]:
            for check in proof["checks"]:
                sign = "=" if check["agrees"] else "DIFFERS"
                answer(sign, f"{check['asked']}: {check['answered']}")
                claim(check["agrees"], check["asked"])
        answer("effective", f"{time.monotonic() - started:.1f} s after the decision")

    def read_as_rafael(self) -> None:
        """Rafael signs in with his own password and sees what was decided."""
        say("Rafael himself, with his own password")
        rows = self.rows("SELECT id, full_name, email, iban, region FROM customers ORDER BY id")
        answer("rows", f"{len(rows)}, the first: {' | '.join(map(str, rows[0]))}")
        claim({row[4] for row in rows} == {"EU"}, "rows outside the EU were seen")
        claim(all("***" in row[2] and "@" not in row[2] for row in rows), "a plain e-mail was seen")
        claim(all(row[3] in (None, "***") for row in rows), "a plain IBAN was seen")
        self.refused("SELECT email FROM sales.customers LIMIT 1")
        self.refused("SELECT birth_date FROM customers LIMIT 1")
        self.refused("SELECT 1 FROM reporting.customer_contacts LIMIT 1")

    def expire(self, grant: dict[str, Any]) -> None:
        """The time is over, and it is proven gone."""
        say("Its time runs out")
        until(lambda: self._status(grant, "gone"), "the grant was proven gone", PATIENCE + LIFE)
        ended = until(lambda: self._ended(grant), "the grant ended", PATIENCE)
        answer("ended", f"{ended['ended_at']}: {ended['end_reason']}")
        self.refused("SELECT email FROM sales.customers LIMIT 1")
        self.refused("SELECT email FROM gov.customers LIMIT 1")

    def verify(self) -> None:
        """An outsider verifies the book, and finds the byte that was changed."""
        say("The auditor takes the book away and verifies it offline")
        until(lambda: self.aiko.get("/audit/state")["unsealed"] == 0, "the book was sealed")
        with tempfile.TemporaryDirectory() as folder:
            segment, key = Path(folder) / "book.jsonl", Path(folder) / "key.pem"
            segment.write_bytes(self.aiko.download("/api/v1/audit/export", post=True))
            key.write_bytes(self.aiko.download("/audit/key.pem"))
            code, said = self._verify(segment, key)
            claim(code == 0, f"the book did not verify: {said}")
            answer("verifier", said.splitlines()[-1])
            altered = segment.read_bytes().replace(b"CRM-884", b"CRM-885", 1)
            claim(altered != segment.read_bytes(), "the request is not in the book")
            segment.write_bytes(altered)
            code, said = self._verify(segment, key)
            claim(code != 0, "a changed byte was not noticed")
            answer("one byte changed", said.splitlines()[-1])

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What PostgreSQL answers to Rafael's own login."""
        with psycopg.connect(self.login) as connection:
            return connection.execute(statement.encode()).fetchall()

    def refused(self, statement: str) -> None:
        """PostgreSQL must refuse this to Rafael's own login."""
        try:
            self.rows(statement)
        except NOT_SEEN as error:
            answer(f"{error.sqlstate}", f"{statement}: {str(error).splitlines()[0]}")
        else:
            raise Untrue(f"PostgreSQL answered: {statement}")

    def _status(self, grant: dict[str, Any], wanted: str) -> dict[str, Any] | None:
        status: dict[str, Any] = self.rafael.get(f"/grants/{grant['uuid']}/status")
        return status if status["state"] == wanted else None

    def _ended(self, grant: dict[str, Any]) -> dict[str, Any] | None:
        shown: dict[str, Any] = self.rafael.get(f"/grants/{grant['uuid']}")
        return shown if shown["ended_at"] else None

    def _verify(self, segment: Path, key: Path) -> tuple[int, str]:
        command = [sys.executable, "cli/seneschal_verify.py", str(segment), "--key", str(key)]
        places = self.data / "checkpoints"
        done = subprocess.run(
            [*command, "--checkpoints", str(places)], capture_output=True, text=True, check=False
        )
        return done.returncode, (done.stdout + done.stderr).strip()


def say(sentence: str) -> None:
    """A step of the story."""
    print(f"\n{sentence}.")


def answer(who: str, text: str) -> None:
    """What a server said."""
    print(f"  => {who}: {text}")


def claim(true: bool, otherwise: str) -> None:
    """Raise Untrue with the sentence unless it is true."""
    if not true:
        raise Untrue(otherwise)


def until(look: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """What `look` finds, once it finds something; Untrue when it does not in time."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.3)
    raise Untrue(f"{what}: not within {patience:.0f} seconds")


if __name__ == "__main__":
    sys.exit(main())
