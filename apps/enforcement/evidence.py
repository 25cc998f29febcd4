"""The bytes that are kept of a proof: canonical JSON, without any value of the data; pure."""

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

import rfc8785

from apps.connectors.contracts import Answer
from apps.semantics.rules import Decision


@dataclass(frozen=True, slots=True)
class Body:
    """Bytes and their SHA-256 in hexadecimal."""

    data: bytes
    sha256: str


def body_of(*, system: str, generation: int, decision: Decision, answer: Answer) -> Body:
    """What was decided, what was asked and what the system said, as bytes that hash the same."""
    data = rfc8785.dumps(
        {
            "format": "seneschal.proof/1",
            "system": system,
            "server": answer.server,
            "generation": generation,
            "principal": answer.principal,
            "dataset": answer.dataset,
            "asked_at": answer.asked_at.isoformat(),
            "agrees": answer.agrees,
            "decision": {
                "allowed": decision.allowed,
                "at": decision.at.isoformat(),
                "origins": sorted({o for branch in decision.branches for o in branch.origins}),
                "masked": _masked(decision),
                "reasons": [
                    {
                        "rule": reason.rule,
                        "origin": reason.origin,
                        "contributed": reason.contributed,
                        "text": reason.text,
                    }
                    for reason in decision.reasons
                ],
            },
            "checks": checks_of(answer),
        }
    )
    return Body(data, hashlib.sha256(data).hexdigest())


def checks_of(answer: Answer) -> list[dict[str, Any]]:
    """The lines of the proof matrix as JSON."""
    return [asdict(check) for check in answer.checks]


def _masked(decision: Decision) -> list[dict[str, str]]:
    pairs = {
        (column, mask.function.value)
        for branch in decision.branches
        for column, mask in branch.columns
    }
    return [{"column": column, "mask": mask} for column, mask in sorted(pairs)]
