"""The pages of the inbox: the list, one approval, live rows, and the answer."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.access.models import Grant
from apps.access.selectors.rows import Table
from apps.access.services.previews import preview_item
from apps.approvals import selectors as approvals
from apps.approvals import services
from apps.approvals.models import Approval, Verdict
from apps.core.errors import Conflict, Forbidden, Invalid, Problem, Refused, Stale
from apps.core.rest.permissions import SIGNED_IN
from apps.core.views import redirect, require, version_seen
from apps.findings import selectors as findings
from apps.home.inbox.detail import detail_of, request_behind
from apps.home.inbox.lists import sections, segments, tab_of
from apps.home.inbox.narrowing import Narrowing, narrowing_of
from apps.identity.who import user_of


@require_GET
@require(SIGNED_IN)
def inbox(request: HttpRequest) -> HttpResponse:
    """What needs this user, what waits for others, and what was decided."""
    return _page(request, None)


@require_GET
@require("approvals.view")
def approval(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One approval beside the list, with what approving it would do, narrowed as the query says."""
    found = _approval(request, uuid)
    return _page(request, found, narrowing_of(request.GET, request_behind(found)))


@require_POST
@require("approvals.decide")
def preview(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A few live rows as the requester would see them; only for who may decide. Audited."""
    found, user, at = _approval(request, uuid), user_of(request), timezone.now()
    asked = request_behind(found)
    if asked is None:
        raise Invalid("This is not about rows that somebody would see.")
    if not approvals.may_decide(user, found, at):
        raise Forbidden("Only who decides the request may look at the rows.")
    chosen = narrowing_of(request.POST, asked).terms(asked, at)
    shown = preview_item(
        request=asked,
        dataset_uuid=request.POST.get("dataset", ""),
        terms=approvals.laid_over(approvals.terms_so_far(found), chosen),
        viewer=user,
        at=at,
        actor=user,
    )
    return render(request, "access/_rows.html", {"table": Table(shown)})


@require_POST
@require("approvals.decide")
def decide(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Approve or deny, on the version that was shown and narrowed as it was chosen."""
    found, user, at = _approval(request, uuid), user_of(request), timezone.now()
    answer, asked = request.POST.get("answer", ""), request_behind(found)
    approving = answer == Verdict.Answer.APPROVE
    narrowing, version = narrowing_of(request.POST, asked), version_seen(request)
    try:
        services.decide(
            approval=found,
            answer=answer,
            note=request.POST.get("note", "").replace("\0", ""),
            terms=narrowing.terms(asked, at) if approving else {},
            version=version,
            at=at,
            actor=user,
        )
    except (Conflict, Stale, Invalid, Refused) as problem:
        return _page(request, _approval(request, uuid), narrowing, problem)
    messages.success(request, _said(_approval(request, uuid), approving))
    return redirect(request, "home:inbox")


def _page(
    request: HttpRequest,
    found: Approval | None,
    narrowing: Narrowing | None = None,
    problem: Problem | None = None,
) -> HttpResponse:
    user, at = user_of(request), timezone.now()
    tab = tab_of(request.GET.get("tab"))
    detail = detail_of(found, user, narrowing or Narrowing(), at) if found else None
    context = {
        "tab": tab,
        "segments": segments(user, tab, at),
        "sections": sections(user, tab, at, found),
        "detail": detail,
        "critical": findings.critical(user),
        "problem": problem,
        "late": isinstance(problem, Conflict | Stale),
        "note": request.POST.get("note", ""),
    }
    said = problem or (detail.problem if detail else None)
    return render(request, "home/inbox.html", context, status=_status(said))


def _status(problem: Problem | None) -> int:
    """422 for a form that is shown again; what came too late says so itself."""
    if problem is None:
        return 200
    return problem.status if isinstance(problem, Conflict | Stale) else 422


def _approval(request: HttpRequest, uuid: UUID) -> Approval:
    return get_object_or_404(approvals.visible_to(user_of(request)), uuid=uuid)


def _said(decided: Approval, approving: bool) -> str:
    if not approving:
        return _("Denied. %(who)s is told why.") % {"who": decided.requested_by.name}
    if decided.is_pending:
        return _("Approved. The next reviewers are asked now.")
    asked = request_behind(decided)
    grant = Grant.objects.filter(request=asked).first() if asked else None
    if grant is None:
        return _("Approved.")
    try:
        url = reverse("access:grant", args=[grant.uuid])
    except NoReverseMatch:
        return _("Approved: %(grant)s. It is applied now and proven on the live system.") % {
            "grant": grant.key
        }
    return format_html(
        '{} <a class="s-link" href="{}">{}</a>',
        _("Approved. It is applied now and proven on the live system:"),
        url,
        grant.key,
    )
