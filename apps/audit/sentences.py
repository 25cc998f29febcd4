"""Turns an action's name into words: `access.end_grant` is “ended grant”."""

from collections.abc import Mapping
from typing import Any

IRREGULAR = {
    "begin": "began",
    "bring": "brought",
    "end": "ended",
    "find": "found",
    "give": "gave",
    "hold": "held",
    "let": "let",
    "make": "made",
    "map": "mapped",
    "put": "put",
    "read": "read",
    "scan": "scanned",
    "send": "sent",
    "set": "set",
    "submit": "submitted",
    "take": "took",
    "unmap": "unmapped",
    "withdraw": "withdrew",
    "write": "wrote",
}
LONGEST_NOTE = 160

_BAD = ("fail", "refuse", "quarantine", "deny", "miss")
_TONES = {"prove": ("ok", "shield-check"), "hold": ("warn", "pause"), "end": ("none", "calendar-x")}
_ICONS = {
    "access": "key-round",
    "approvals": "clipboard-check",
    "audit": "download",
    "catalog": "tags",
    "enforcement": "plug-zap",
    "findings": "shield-alert",
    "identity": "user-cog",
    "jobs": "timer",
    "policies": "scale",
}


def phrase(action: str) -> str:
    """What was done, in the past tense."""
    verb, _, rest = action.partition(".")[2].partition("_")
    if rest.endswith("failed"):
        return f"{verb} {rest}".replace("_", " ")
    return f"{_past(verb)} {rest}".replace("_", " ").strip()


def mark(action: str) -> tuple[str, str]:
    """The tone and the icon of an action."""
    app, _, name = action.partition(".")
    if any(word in name for word in _BAD):
        return "bad", "circle-x"
    return _TONES.get(name.partition("_")[0], ("none", _ICONS.get(app, "circle")))


def note(content: Mapping[str, Any]) -> str:
    """The first few plain facts of an entry, for the quiet line under its sentence."""
    detail = content.get("detail") or content.get("after") or {}
    facts = [
        f"{name.replace('_', ' ')} {_short(value)}"
        for name, value in detail.items()
        if isinstance(value, str | int | float) and not isinstance(value, bool) and value != ""
    ]
    return " · ".join(facts[:3])[:LONGEST_NOTE]


def _past(verb: str) -> str:
    if verb in IRREGULAR:
        return IRREGULAR[verb]
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2:-1] not in "aeiou":
        return verb[:-1] + "ied"
    return verb + "ed"


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:59] + "…"
