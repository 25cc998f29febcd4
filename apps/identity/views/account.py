"""One's own account: what one may, how one signs in, and the tokens one has."""

from datetime import timedelta
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.forms import carried_out
from apps.core.rest.permissions import SIGNED_IN
from apps.core.views import redirect, require
from apps.identity import selectors, services
from apps.identity.forms import TokenForm
from apps.identity.models import User
from apps.identity.permissions import EVERY_PERMISSION
from apps.identity.who import user_of
from apps.identity.wording import grouped


@require_safe
@require(SIGNED_IN)
def account(request: HttpRequest) -> HttpResponse:
    """Who I am here."""
    user = user_of(request)
    factors = {one.type: one.wrap() for one in Authenticator.objects.filter(user=user)}
    tokens = selectors.tokens_answered_for(user).filter(revoked_at=None)
    return render(
        request,
        "identity/account.html",
        {
            "roles": selectors.assignments_of(user),
            "teams": selectors.teams_of(user),
            "may": grouped(name for name in EVERY_PERMISSION if user.has_perm(name)),
            "app": factors.get(Authenticator.Type.TOTP),
            "recovery": factors.get(Authenticator.Type.RECOVERY_CODES),
            "tokens": tokens,
            "machines": user.service_accounts.filter(is_active=True),
            "at": timezone.now(),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@require(SIGNED_IN)
def new_token(request: HttpRequest) -> HttpResponse:
    """Issue a token, and show its secret this once."""
    user, at = user_of(request), timezone.now()
    holder = _holder(user, request.GET.get("for", ""))
    form = TokenForm(request.POST or None, user=holder)
    issued = carried_out(
        form,
        lambda: services.issue_token(
            user=holder,
            name=form.cleaned_data["name"],
            scopes=form.cleaned_data["scopes"],
            expires_at=at + timedelta(days=form.cleaned_data["days"]),
            at=at,
            actor=user,
        ),
    )
    if issued is None:
        status = 422 if form.is_bound else 200
        told = {"form": form, "holder": holder, "mine": holder == user}
        return render(request, "identity/new_token.html", told, status=status)
    token, secret = issued
    shown = {"token": token, "secret": secret, "here": request.build_absolute_uri("/api/v1/me")}
    response = render(request, "identity/token.html", shown)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@require(SIGNED_IN)
def revoke_token(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """End a token now."""
    user = user_of(request)
    token = get_object_or_404(selectors.visible_tokens(user), uuid=uuid)
    services.revoke_token(token=token, at=timezone.now(), actor=user)
    messages.success(request, _("Revoked. It opens nothing any more."))
    if user in (token.user, token.user.owner):
        return redirect(request, "identity:account")
    return redirect(request, "identity:person", token.user.uuid)


def _holder(user: User, uuid: str) -> User:
    """Oneself, or the service account with this uuid. Raises Http404 unless one answers for it."""
    if not uuid:
        return user
    mine = {str(machine.uuid): machine for machine in user.service_accounts.filter(is_active=True)}
    if uuid not in mine:
        raise Http404
    return mine[uuid]
