"""Grants for pages: lists with their filters, and one with all that it rests on."""

import json
import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.contrib.postgres.search import SearchVector
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from apps.access.models import Grant
from apps.access.routes import decision_for
from apps.access.selectors.requests import verdicts_on
from apps.access.selectors.standing import Standing
from apps.access.selectors.ways import Way, way_of, ways_of
from apps.approvals.models import Verdict
from apps.audit import presenting
from apps.audit.selectors import entries_about
from apps.catalog import selectors as catalog
from apps.catalog.models import Dataset, Tag
from apps.catalog.selectors.search import datasets_matching, matching
from apps.enforcement import selectors as enforcement
from apps.enforcement.models import Evidence, Proof
from apps.enforcement.selectors import ProofPage
from apps.identity.models import User
from apps.semantics import codec
from apps.semantics.masks import PLAIN, MaskFunction

SOON = timedelta(days=14)
"""A grant with less time left than this is ending soon."""
DAY, EVENTS = 86_400, 12


@dataclass(frozen=True, slots=True)
class GrantPage:
    """A grant with its proof, what may be read by it, and who decided it."""

    standing: Standing
    proof: ProofPage
    live: bool
    ways: tuple[Way, ...]
    columns: int
    strictest: Tag | None
    verdicts: tuple[Verdict, ...]
    reasons: tuple[str, ...]
    days: int
    days_left: int
    events: tuple[presenting.Event, ...]
    command: str

    @property
    def readable(self) -> int:
        """How many columns may be read, in full or masked."""
        return len({name for way in self.ways for name in (*way.plain, *dict(way.masked))})

    @property
    def masked(self) -> int:
        """How many columns are never seen in full."""
        plain = {name for way in self.ways for name in way.plain}
        return len({name for way in self.ways for name in dict(way.masked)} - plain)

    @property
    def rows(self) -> str:
        """Which rows, when every column is read in the same ones; empty for every row."""
        found = {way.rows for way in self.ways}
        return found.pop() if len(found) == 1 else ""

    @property
    def days_over(self) -> int:
        """How many days of it have passed."""
        return self.days - self.days_left


def grant_page(grant: Grant, at: datetime) -> GrantPage:
    """Everything that the page of this grant shows."""
    live = grant.ended_at is None and grant.until > at
    proof = grant_proof(grant)
    return GrantPage(
        standing=Standing(grant, proof.status),
        proof=proof,
        live=live,
        ways=_ways(grant, at) if live else (_had(grant),),
        columns=catalog.current_fields(grant.dataset).count(),
        strictest=catalog.strictest_tag(grant.dataset, grant.columns),
        verdicts=tuple(verdicts_on(grant.request)),
        reasons=_reasons(grant),
        days=_days(grant.until - grant.starts_at),
        days_left=_days(grant.until - at) if live else 0,
        events=tuple(presenting.events(entries_about(grant.ref)[:EVENTS], {})),
        command=_command(grant) if live else "",
    )


def grant_proof(grant: Grant) -> ProofPage:
    """The proof of the grant, with its end as the last step on the way."""
    proof = enforcement.proof_page(grant.ref)
    if proof.status.withdrawn:
        return proof
    ends = {"label": _("Ends"), "at": grant.until, "as": "moment", "state": "ahead"}
    steps = (*proof.steps[:-1], {**proof.steps[-1], "gap": _gap(grant)}, ends)
    return replace(proof, steps=steps)


def evidence_of(grant: Grant) -> QuerySet[Evidence]:
    """What was kept of every proof of this grant."""
    return Evidence.objects.filter(pk__in=Proof.objects.filter(owner=grant.ref).values("evidence"))


def may_renew(user: User, grant: Grant) -> bool:
    """Whether this user may ask for the grant to last longer: its holder or who answers for it."""
    return user.pk in (grant.beneficiary_id, grant.beneficiary.owner_id)


def of(user: User) -> Q:
    """The condition that a grant is this user's own or of a service account of theirs."""
    return Q(beneficiary=user) | Q(beneficiary__owner=user)


def by_state(grants: QuerySet[Grant], state: str, at: datetime) -> QuerySet[Grant]:
    """Those that are `live`, `soon` over or `ended` then; those that end soonest first."""
    live = Q(ended_at=None, until__gt=at)
    if state == "ended":
        return grants.exclude(live).order_by("-until", "-id")
    if state == "soon":
        live &= Q(until__lte=at + SOON)
    return grants.filter(live).order_by("until", "id")


def about(grants: QuerySet[Grant], words: str) -> QuerySet[Grant]:
    """Those whose dataset or person has words that begin so, or the one with this key."""
    query = matching(words)
    if query is None:
        return grants
    people = User.objects.annotate(words=SearchVector("name", "email", "title", config="simple"))
    datasets = datasets_matching(Dataset.objects.all(), words)
    wanted = Q(beneficiary__in=people.filter(words=query).values("pk"))
    wanted |= Q(dataset__in=datasets.values("pk"))
    number = words.upper().removeprefix("G-")
    if number.isascii() and number.isdecimal() and len(number) < 18:
        wanted |= Q(pk=int(number))
    return grants.filter(wanted)


def _ways(grant: Grant, at: datetime) -> tuple[Way, ...]:
    """What the account reads by this grant under every rule that stands."""
    decision = decision_for(grant, enforcement.rules_on(grant.dataset), at)
    return ways_of(branch for branch in decision.branches if grant.ref in branch.origins)


def _had(grant: Grant) -> Way:
    """What an ended grant gave: its own terms, under the masks that were proven last."""
    masks = codec.decode_masks(grant.masks)
    columns = {name: masks.get(name, PLAIN) for name in grant.columns}
    own = way_of(columns, codec.decode_filter(grant.filter))
    proven = Proof.objects.filter(owner=grant.ref, allowed=True).order_by("-id").first()
    kept = json.loads(bytes(proven.evidence.body))["decision"]["masked"] if proven else []
    further = {
        one["column"]: _("masked (%(how)s)") % {"how": one["mask"]}
        for one in kept
        if one["mask"] != MaskFunction.NONE and one["column"] in own.plain
    }
    plain = tuple(name for name in own.plain if name not in further)
    return Way(plain, (*own.masked, *further.items()), own.rows)


def _command(grant: Grant) -> str:
    """How its holder connects from a terminal; empty where the system has no such way."""
    at = grant.system.address
    if not {"host", "port", "dbname"} <= at.keys():
        return ""
    return f"psql -h {at['host']} -p {at['port']} -d {at['dbname']} -U {grant.account.role}"


def _reasons(grant: Grant) -> tuple[str, ...]:
    item = grant.request.items.filter(dataset=grant.dataset).first()
    return tuple(item.route.get("reasons", ())) if item else ()


def _days(length: timedelta) -> int:
    return max(0, math.ceil(length.total_seconds() / DAY))


def _gap(grant: Grant) -> str:
    days = _days(grant.until - grant.starts_at)
    return _("%(days)d days") % {"days": days} if days > 1 else ""
