"""What going from one document to another does to access; pure."""

from apps.connectors.contracts import Direction, Document
from apps.connectors.postgresql import names


def direction(old: Document | None, new: Document | None) -> Direction:
    """TIGHTEN where it surely gives nobody more, LOOSEN where it surely takes from nobody."""
    if old == new:
        return Direction.TIGHTEN
    if old is None or new is None:
        return _whole(old, new)
    if names.DATABASE in (old["kind"], new["kind"]):
        return Direction.BOTH
    gains, losses = _gains(old, new), _gains(new, old)
    if _shown_otherwise(old, new):
        return Direction.BOTH
    if gains and losses:
        return Direction.BOTH
    return Direction.LOOSEN if gains else Direction.TIGHTEN


def _whole(old: Document | None, new: Document | None) -> Direction:
    """A document gives to its members and restricts, with row security, those it governs."""
    document = new if new is not None else old
    assert document is not None
    if document["kind"] == names.DATABASE:
        return Direction.LOOSEN if new is not None else Direction.TIGHTEN
    gives = any(each["members"] for each in document["roles"].values())
    restricts = bool(document.get("governed"))
    if gives and restricts:
        return Direction.BOTH
    if new is not None:
        return Direction.LOOSEN if gives else Direction.TIGHTEN
    return Direction.TIGHTEN if gives else Direction.LOOSEN


def _gains(old: Document, new: Document) -> bool:
    """Whether somebody belongs to a role anew, a role has a column more, or a restriction ends."""
    for role, each in new["roles"].items():
        before = old["roles"].get(role, {"members": [], "columns": []})
        if set(each["members"]) - set(before["members"]):
            return True
        if set(each["columns"]) - set(before["columns"]):
            return True
    return bool(set(old.get("governed", ())) - set(new.get("governed", ())))


def _shown_otherwise(old: Document, new: Document) -> bool:
    parts = ("mode", "view", "reads", "row_policy", "row_security", "pass_policy", "amiss", "usage")
    return any(old.get(part) != new.get(part) for part in parts)
