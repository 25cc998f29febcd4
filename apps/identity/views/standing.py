"""What administrators change of somebody: roles, teams, password, owner, and whether they may."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.core.errors import Invalid
from apps.core.forms import carried_out
from apps.core.views import redirect, require
from apps.identity import selectors, services
from apps.identity.forms import OwnerForm, PasswordForm, RoleForm, TeamChoiceForm
from apps.identity.models import RoleAssignment, User
from apps.identity.views.asking import asked
from apps.identity.views.people import found, shown
from apps.identity.who import user_of


@require_POST
@require("identity.manage")
def give_role(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Give a role."""
    user, form = found(request, uuid), RoleForm(request.POST)
    if carried_out(
        form, lambda: services.assign_role(**form.cleaned_data, to=user, actor=user_of(request))
    ):
        messages.success(request, _("Given. It counts from now on."))
        return redirect(request, "identity:person", uuid)
    return shown(request, user, role=form)


@require_POST
@require("identity.manage")
def withdraw_role(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Withdraw a role from whoever holds it."""
    every = RoleAssignment.objects.select_related("user", "team", "domain")
    assignment = get_object_or_404(every, uuid=uuid)
    services.withdraw_role(assignment=assignment, actor=user_of(request))
    messages.success(request, _("Withdrawn. What they had by it is looked at again."))
    if assignment.user:
        return redirect(request, "identity:person", assignment.user.uuid)
    return redirect(request, "identity:team", assignment.team.key)  # type: ignore[union-attr]


@require_POST
@require("identity.manage")
def join_team(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Put somebody into a team."""
    user, form = found(request, uuid), TeamChoiceForm(request.POST)
    if carried_out(
        form,
        lambda: services.add_to_team(
            user=user, team=form.cleaned_data["team"], at=timezone.now(), actor=user_of(request)
        ),
    ):
        messages.success(request, _("Put in. What the team may is theirs within moments."))
        return redirect(request, "identity:person", uuid)
    return shown(request, user, team=form)


@require_http_methods(["GET", "HEAD", "POST"])
@require("identity.manage")
def set_password(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Give somebody else a new password."""
    user, form = found(request, uuid), PasswordForm(request.POST or None)
    if carried_out(
        form, lambda: services.set_password(user=user, **form.cleaned_data, actor=user_of(request))
    ):
        messages.success(request, _("Set. Their sign-ins have ended; tell them in person."))
        return redirect(request, "identity:person", uuid)
    return asked(
        request,
        form,
        title=_("A new password for %(name)s") % {"name": user.name},
        act=_("Set it"),
        back=_page_of(user),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@require("identity.manage")
def hand_over(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Let another person answer for a service account."""
    user, form = found(request, uuid), OwnerForm(request.POST or None)
    if carried_out(
        form, lambda: services.hand_over(user=user, **form.cleaned_data, actor=user_of(request))
    ):
        messages.success(request, _("Handed over."))
        return redirect(request, "identity:person", uuid)
    return asked(
        request,
        form,
        title=_("Hand %(name)s over") % {"name": user.name},
        sub=_("Its tokens stay valid; whoever answers for it can revoke them and issue others."),
        act=_("Hand it over"),
        back=_page_of(user),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@require("identity.manage")
def switch(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Shut an account or open it again, after showing what that causes."""
    user, act = found(request, uuid), request.POST.get("act")
    if request.method != "POST":
        return _consequence(request, user)
    if act == "shut":
        services.deactivate_user(user=user, actor=user_of(request))
        messages.success(request, _("Shut. Sign-ins and tokens have ended; grants are ending."))
    elif act == "open":
        services.reactivate_user(user=user, actor=user_of(request))
        messages.success(request, _("Open again, with the roles and teams it had."))
    else:
        raise Invalid("Shut it or open it.", fields={"act": "must be shut or open"})
    return redirect(request, "identity:person", uuid)


def _consequence(request: HttpRequest, user: User) -> HttpResponse:
    at = timezone.now()
    told = {
        "person": user,
        "back": _page_of(user),
        "roles": selectors.assignments_of(user),
        "tokens": user.tokens.filter(revoked_at=None, expires_at__gt=at).count(),
        "machines": user.service_accounts.filter(is_active=True),
    }
    return render(request, "identity/switch.html", told)


def _page_of(user: User) -> str:
    return reverse("identity:person", args=[user.uuid])
