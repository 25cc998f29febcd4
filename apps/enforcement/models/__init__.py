"""What enforcement keeps: intentions, what it saw out there, and the proof that both agree."""

from apps.enforcement.models.declarations import Declaration, Enforcement, Refusal
from apps.enforcement.models.passes import AppliedDocument, Call, Drift, Sync
from apps.enforcement.models.proofs import Evidence, Proof
from apps.enforcement.models.takeovers import TakeOver

__all__ = [
    "AppliedDocument",
    "Call",
    "Declaration",
    "Drift",
    "Enforcement",
    "Evidence",
    "Proof",
    "Refusal",
    "Sync",
    "TakeOver",
]
