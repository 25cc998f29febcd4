"""People and service accounts: who is here, one of them, and the making of new ones."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.audit import presenting
from apps.core.errors import Invalid
from apps.core.forms import carried_out
from apps.core.views import redirect, require
from apps.identity import selectors, services
from apps.identity.forms import MachineForm, PersonForm, ProfileForm, RoleForm, TeamChoiceForm
from apps.identity.models import Team, User, UserKind
from apps.identity.views.asking import asked
from apps.identity.who import user_of

PER_PAGE, ENTRIES, LONGEST = 50, 15, 200


@require_safe
@require("identity.view")
def people(request: HttpRequest) -> HttpResponse:
    """Everybody, narrowed by name or address, kind and whether the account is open."""
    words = request.GET.get("q", "").strip()[:LONGEST]
    kind = request.GET.get("kind", "")
    shut = request.GET.get("state") == "shut"
    if "\0" in words:
        raise Invalid("Text may not contain the NUL character.")
    everybody = selectors.visible_users(user_of(request))
    found = _narrowed(everybody.filter(is_active=not shut), words, kind)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    held = selectors.roles_by_person(page.object_list)
    return render(
        request,
        "identity/people.html",
        {
            "page": page,
            "rows": [(each, held.get(each.pk, [])) for each in page],
            "q": words,
            "kind": kind,
            "kinds": UserKind.choices,
            "shut": shut,
            "tabs": _tabs(request, shut, everybody),
            "filtered": bool(words or kind),
            "may_manage": request.user.has_perm("identity.manage"),
        },
    )


@require_safe
@require("identity.view")
def person(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One person or service account."""
    return shown(request, found(request, uuid))


@require_http_methods(["GET", "HEAD", "POST"])
@require("identity.manage")
def new_person(request: HttpRequest) -> HttpResponse:
    """Make the account of a person; it holds no role yet."""
    form = PersonForm(request.POST or None)
    made = carried_out(
        form, lambda: services.create_user(**form.cleaned_data, actor=user_of(request))
    )
    if made:
        messages.success(request, _("Made. Give a role next, and a password to sign in with."))
        return redirect(request, "identity:person", made.uuid)
    return asked(
        request,
        form,
        title=_("New person"),
        sub=_("Without a role they may do nothing; you give one in the next step."),
        act=_("Make the account"),
        back=reverse("identity:people"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@require("identity.manage")
def new_machine(request: HttpRequest) -> HttpResponse:
    """Make a service account."""
    form = MachineForm(request.POST or None)
    made = carried_out(
        form,
        lambda: services.create_service_account(**form.cleaned_data, actor=user_of(request)),
    )
    if made:
        messages.success(request, _("Made. Give it a role; whoever answers for it issues tokens."))
        return redirect(request, "identity:person", made.uuid)
    return asked(
        request,
        form,
        title=_("New service account"),
        sub=_("For a pipeline or a script. It has no password; it calls the API with tokens."),
        act=_("Make the account"),
        back=reverse("identity:people"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@require("identity.manage")
def edit_profile(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Change what is known of somebody."""
    user = found(request, uuid)
    known = {"name": user.name, "title": user.title, "attributes": user.attributes}
    form = ProfileForm(request.POST or None, initial=known)
    if carried_out(
        form,
        lambda: services.update_profile(user=user, **form.cleaned_data, actor=user_of(request)),
    ):
        messages.success(request, _("Changed. Policies look at them again."))
        return redirect(request, "identity:person", uuid)
    return asked(
        request,
        form,
        title=_("What is known of %(name)s") % {"name": user.name},
        act=_("Save"),
        back=reverse("identity:person", args=[uuid]),
    )


def found(request: HttpRequest, uuid: UUID) -> User:
    """Who is meant. Raises Http404 for somebody that the viewer may not look up."""
    return get_object_or_404(selectors.visible_users(user_of(request)), uuid=uuid)


def shown(
    request: HttpRequest,
    user: User,
    *,
    role: RoleForm | None = None,
    team: TeamChoiceForm | None = None,
) -> HttpResponse:
    """The page about somebody; with status 422 when one of its forms was refused."""
    viewer = user_of(request)
    told = {
        "person": user,
        "roles": selectors.assignments_of(user),
        "teams": selectors.teams_of(user),
        "machines": user.service_accounts.all(),
        "tokens": selectors.visible_tokens(viewer).filter(user=user, revoked_at=None),
        "may_manage": viewer.has_perm("identity.manage"),
        "history": presenting.history(user.ref, ENTRIES) if viewer.has_perm("audit.view") else None,
        "is_me": user == viewer,
        "at": timezone.now(),
        "role_form": role or RoleForm(),
        "team_form": team or _teams_to_join(user),
    }
    return render(request, "identity/person.html", told, status=422 if role or team else 200)


def _teams_to_join(user: User) -> TeamChoiceForm | None:
    """The teams that somebody is not in yet; None when there are none."""
    left = Team.objects.exclude(memberships__user=user)
    return TeamChoiceForm(among=left) if left.exists() else None


def _narrowed(everybody: QuerySet[User], words: str, kind: str) -> QuerySet[User]:
    if kind in UserKind.values:
        everybody = everybody.filter(kind=kind)
    return selectors.people_matching(everybody, words.split()).prefetch_related("teams")


def _tabs(request: HttpRequest, shut: bool, everybody: QuerySet[User]) -> list[dict[str, object]]:
    here = request.path
    counts = {state: everybody.filter(is_active=state).count() for state in (True, False)}
    return [
        {"label": _("Open"), "url": here, "count": counts[True], "current": not shut},
        {"label": _("Shut"), "url": f"{here}?state=shut", "count": counts[False], "current": shut},
    ]
