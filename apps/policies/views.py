"""The pages of policies: the list, and one policy with what it says and makes."""

from uuid import UUID

from django.contrib import messages
from django.contrib.postgres.search import SearchVector
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from apps.catalog.selectors import current_fields, visible_datasets
from apps.catalog.selectors.search import matching
from apps.core.errors import Conflict
from apps.core.views import redirect, require, version_seen
from apps.identity.who import user_of
from apps.policies import services
from apps.policies.models import Kind, Policy
from apps.policies.selectors.masks import masks_on
from apps.policies.selectors.pages import policy_page, says
from apps.policies.selectors.policies import proposal_of, visible_policies
from apps.policies.selectors.readers import readers_of

PER_PAGE = 50
_TABS = (
    (Policy.State.ACTIVE, gettext_lazy("In force")),
    (Policy.State.DRAFT, gettext_lazy("Proposed")),
    (Policy.State.RETIRED, gettext_lazy("Retired")),
)


@require_GET
@require("policies.view")
def policies(request: HttpRequest) -> HttpResponse:
    """Every policy that the user may read, with its first sentence."""
    visible = visible_policies(user_of(request))
    state = request.GET.get("state", Policy.State.ACTIVE)
    kind, words = request.GET.get("kind", ""), request.GET.get("q", "").strip()
    found = _filtered(visible.filter(state=state), kind, words)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "policies/policies.html",
        {
            "page": page,
            "rows": [(policy, says(policy)[0]) for policy in page],
            "tabs": [
                {
                    "label": label,
                    "url": f"?state={name}",
                    "count": visible.filter(state=name).count(),
                    "current": name == state,
                }
                for name, label in _TABS
            ],
            "kinds": Kind.choices,
            "kind": kind,
            "state": state,
            "q": words,
            "filtered": bool(kind or words),
        },
    )


@require_GET
@require("policies.view")
def policy(request: HttpRequest, key: str) -> HttpResponse:
    """One policy: its sentences, its rules by system, its versions, and what is proposed."""
    found = _policy(request, key)
    page = policy_page(found)
    may_propose = request.user.has_perm("policies.propose", found)
    own = page.proposal is not None and page.proposal.proposed_by_id == request.user.pk
    context = {"page": page, "policy": found, "may_propose": may_propose, "own_proposal": own}
    return render(request, "policies/policy.html", context)


@require_POST
@require("policies.propose")
def retire(request: HttpRequest, key: str) -> HttpResponse:
    """Propose that the policy no longer stand."""
    found = _policy(request, key)
    services.propose_retirement(
        policy=found,
        reason=request.POST.get("reason", ""),
        version=version_seen(request),
        at=timezone.now(),
        actor=user_of(request),
    )
    messages.success(request, _("Proposed. It stands until somebody else approves."))
    return redirect(request, "policies:policy", key=key)


@require_POST
@require("policies.propose")
def withdraw(request: HttpRequest, key: str) -> HttpResponse:
    """Take back one's own proposal."""
    version = proposal_of(_policy(request, key))
    if version is None:
        raise Conflict("No proposal of this policy waits for a decision.")
    services.withdraw_proposal(version=version, at=timezone.now(), actor=user_of(request))
    messages.success(request, _("Taken back."))
    return redirect(request, "policies:policy", key=key)


@require_GET
@require("policies.view")
def dataset_masks(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """What the policies in force do to each column of a dataset: a part of its page."""
    user = user_of(request)
    dataset = get_object_or_404(visible_datasets(user), uuid=uuid)
    at = timezone.now()
    covered = masks_on(dataset, user, at)
    column = request.GET.get("column", "")
    readers = readers_of(dataset, at) or {}
    decided = current_fields(dataset).exclude(pk__in=[e.field.pk for e in covered if e.proposed])
    context = {
        "covered": covered,
        "opened": next((each for each in covered if each.field.name == column), None),
        "counted": [(each, readers.get(each.name)) for each in decided],
    }
    return render(request, "policies/_masks.html", context)


def _policy(request: HttpRequest, key: str) -> Policy:
    return get_object_or_404(visible_policies(user_of(request)), key=key)


def _filtered(policies: QuerySet[Policy], kind: str, words: str) -> QuerySet[Policy]:
    if kind:
        policies = policies.filter(kind=kind)
    if query := matching(words):
        vector = SearchVector("name", "key", "description", config="simple")
        policies = policies.annotate(words=vector).filter(words=query)
    return policies
