"""The pages of findings: what somebody must look at, and one of them with its evidence."""

import json
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.core.refs import key_of, kind_of
from apps.core.views import require
from apps.findings import selectors
from apps.findings.models import Finding, FindingQuerySet, Severity
from apps.identity.who import user_of

PER_PAGE = 50


@require_safe
@require("findings.view")
def findings(request: HttpRequest) -> HttpResponse:
    """Those that are open, or were; the worst first."""
    visible = selectors.visible_to(user_of(request))
    state = _chosen(request, "state", Finding.State.values) or Finding.State.OPEN
    severity = _chosen(request, "severity", Severity.values)
    kinds = selectors.kinds(visible)
    kind = _chosen(request, "kind", kinds)
    found = _filtered(visible.filter(state=state), severity, kind).worst_first()
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "findings/findings.html",
        {
            "page": page,
            "tabs": _tabs(request, state, selectors.open_by_severity(user_of(request))),
            "state": state,
            "severity": severity,
            "severities": reversed(Severity.choices),
            "kind": kind,
            "kinds": kinds,
            "filtered": bool(severity or kind),
        },
    )


@require_safe
@require("findings.view")
def finding(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One finding: what is wrong, what to do, and what was measured."""
    visible = selectors.visible_to(user_of(request))
    found = get_object_or_404(visible, uuid=uuid)
    return render(
        request,
        "findings/finding.html",
        {
            "finding": found,
            "evidence": [(name, _shown(value)) for name, value in found.evidence.items()],
            "system": key_of(found.subject) if kind_of(found.subject) == "source" else "",
            "others": visible.filter(subject=found.subject, state=Finding.State.OPEN)
            .exclude(pk=found.pk)
            .worst_first(),
            "may_audit": request.user.has_perm("audit.view"),
        },
    )


def _chosen(request: HttpRequest, name: str, values: list[str]) -> str:
    value = request.GET.get(name, "")
    return value if value in values else ""


def _filtered(findings: FindingQuerySet, severity: str, kind: str) -> FindingQuerySet:
    if severity:
        findings = findings.filter(severity=severity)
    if kind:
        findings = findings.filter(kind=kind)
    return findings


def _tabs(request: HttpRequest, state: str, open_ones: dict[str, int]) -> list[dict[str, object]]:
    labels = ((Finding.State.OPEN, _("Open")), (Finding.State.CLOSED, _("Closed")))
    return [
        {
            "label": label,
            "url": f"{request.path}?state={value}",
            "count": sum(open_ones.values()) if value == Finding.State.OPEN else None,
            "current": value == state,
        }
        for value, label in labels
    ]


def _shown(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(one, str | int | float) for one in value):
        return ", ".join(str(one) for one in value)
    return value if isinstance(value, str) else json.dumps(value, indent=1, ensure_ascii=False)
