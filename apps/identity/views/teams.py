"""Teams and domains: who works together, and which parts of the company answer for data."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.audit import presenting
from apps.core.forms import carried_out
from apps.core.views import redirect, require
from apps.identity import selectors, services
from apps.identity.forms import DomainForm, KeyedForm, MemberForm, RoleForm
from apps.identity.models import Team, User
from apps.identity.views.asking import asked
from apps.identity.who import user_of

PER_PAGE, ENTRIES = 50, 15


@require_safe
@require("identity.view")
def teams(request: HttpRequest) -> HttpResponse:
    """All teams and all domains."""
    return render(
        request,
        "identity/teams.html",
        {
            "teams": selectors.teams_with_people(),
            "domains": selectors.domains_with_people(),
            "may_manage": request.user.has_perm("identity.manage"),
        },
    )


@require_safe
@require("identity.view")
def team(request: HttpRequest, key: str) -> HttpResponse:
    """One team with its people and roles."""
    return _shown(request, get_object_or_404(Team, key=key))


@require_http_methods(["GET", "HEAD", "POST"])
@require("identity.manage")
def new_team(request: HttpRequest) -> HttpResponse:
    """Make a team."""
    form = KeyedForm(request.POST or None)
    made = carried_out(
        form, lambda: services.create_team(**form.cleaned_data, actor=user_of(request))
    )
    if made:
        messages.success(request, _("Made. Put people into it next."))
        return redirect(request, "identity:team", made.key)
    return asked(
        request,
        form,
        title=_("New team"),
        sub=_("People who work together. A role that a team holds, everybody in it holds."),
        act=_("Make the team"),
        back=reverse("identity:teams"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@require("identity.manage")
def new_domain(request: HttpRequest) -> HttpResponse:
    """Make a domain."""
    form = DomainForm(request.POST or None)
    if carried_out(
        form, lambda: services.create_domain(**form.cleaned_data, actor=user_of(request))
    ):
        messages.success(request, _("Made. Make somebody its steward next."))
        return redirect(request, "identity:teams")
    return asked(
        request,
        form,
        title=_("New domain"),
        sub=_("A part of the company that answers for its data, such as finance."),
        act=_("Make the domain"),
        back=reverse("identity:teams"),
    )


@require_POST
@require("identity.manage")
def add_member(request: HttpRequest, key: str) -> HttpResponse:
    """Put somebody into the team."""
    joined, form = get_object_or_404(Team, key=key), MemberForm(request.POST)
    if carried_out(
        form,
        lambda: services.add_to_team(
            user=form.cleaned_data["user"],
            team=joined,
            at=timezone.now(),
            actor=user_of(request),
        ),
    ):
        messages.success(request, _("Put in. What the team may is theirs within moments."))
        return redirect(request, "identity:team", key)
    return _shown(request, joined, member=form)


@require_POST
@require("identity.manage")
def remove_member(request: HttpRequest, key: str, uuid: UUID) -> HttpResponse:
    """Take somebody out of the team."""
    left = get_object_or_404(Team, key=key)
    user = get_object_or_404(User, uuid=uuid, memberships__team=left)
    services.remove_from_team(user=user, team=left, actor=user_of(request))
    messages.success(request, _("Taken out. What they had by it is looked at again."))
    if request.POST.get("from") == "person":
        return redirect(request, "identity:person", uuid)
    return redirect(request, "identity:team", key)


@require_POST
@require("identity.manage")
def give_role(request: HttpRequest, key: str) -> HttpResponse:
    """Give the team a role."""
    holder, form = get_object_or_404(Team, key=key), RoleForm(request.POST)
    if carried_out(
        form, lambda: services.assign_role(**form.cleaned_data, to=holder, actor=user_of(request))
    ):
        messages.success(request, _("Given. It counts from now on for everybody in the team."))
        return redirect(request, "identity:team", key)
    return _shown(request, holder, role=form)


def _shown(
    request: HttpRequest,
    shown: Team,
    *,
    member: MemberForm | None = None,
    role: RoleForm | None = None,
) -> HttpResponse:
    members = shown.memberships.select_related("user").order_by("user__name", "user_id")
    viewer = user_of(request)
    told = {
        "team": shown,
        "page": Paginator(members, PER_PAGE).get_page(request.GET.get("page")),
        "roles": shown.assignments.select_related("domain"),
        "may_manage": viewer.has_perm("identity.manage"),
        "history": presenting.history(shown.ref, ENTRIES)
        if viewer.has_perm("audit.view")
        else None,
        "member_form": member or MemberForm(among=User.objects.exclude(memberships__team=shown)),
        "role_form": role or RoleForm(),
    }
    return render(request, "identity/team.html", told, status=422 if member or role else 200)
