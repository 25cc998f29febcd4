"""How an approval went so far: on which terms, and in whose words it ended."""

from typing import Any

from apps.approvals.models import Approval, Verdict


def terms_so_far(approval: Approval) -> dict[str, Any]:
    """The terms that the approving verdicts have set together."""
    terms: dict[str, Any] = {}
    approving = Verdict.objects.filter(stage__approval=approval, answer=Verdict.Answer.APPROVE)
    for earlier in approving.order_by("at", "id").values_list("terms", flat=True):
        terms = laid_over(terms, earlier or {})
    return terms


def laid_over(earlier: dict[str, Any], later: dict[str, Any]) -> dict[str, Any]:
    """Both terms in one, for terms that do not contradict each other."""
    result = dict(earlier)
    for name, value in later.items():
        before = result.get(name)
        both = isinstance(before, dict) and isinstance(value, dict)
        result[name] = laid_over(before or {}, value) if both else value
    return result


def contradiction(earlier: dict[str, Any], later: dict[str, Any], path: str = "") -> str | None:
    """The dotted name of the first term that both set, to different values."""
    for name in sorted(earlier.keys() & later.keys()):
        where = f"{path}.{name}" if path else name
        before, value = earlier[name], later[name]
        if isinstance(before, dict) and isinstance(value, dict):
            if found := contradiction(before, value, where):
                return found
        elif before != value:
            return where
    return None


def decided_by(approval: Approval) -> Verdict | None:
    """The last answer given, with who gave it."""
    return (
        Verdict.objects.filter(stage__approval=approval)
        .select_related("by", "on_behalf_of")
        .order_by("-at", "-id")
        .first()
    )


def how_it_ended(approval: Approval) -> str:
    """One sentence for somebody who came too late."""
    when = f" at {approval.decided_at:%Y-%m-%d %H:%M} UTC" if approval.decided_at else ""
    if approval.state == Approval.State.WITHDRAWN:
        return f"{approval.requested_by.name} withdrew it{when}."
    if approval.state == Approval.State.EXPIRED:
        return f"Nobody decided in time; it was closed as not approved{when}."
    last = decided_by(approval)
    if last is None:
        return "Nobody has answered yet."
    verb = "approved" if last.answer == Verdict.Answer.APPROVE else "denied"
    return f"{last.by.name} {verb} it at {last.at:%Y-%m-%d %H:%M} UTC."
