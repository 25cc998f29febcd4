"""Where an owner's rules stand out there: derived from what was seen and proven, never stored."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Case, DateTimeField, F, OuterRef, QuerySet, Subquery, When

from apps.core.refs import Ref
from apps.enforcement.models import Declaration, Drift, Enforcement, Proof, Refusal, Sync


class State(StrEnum):
    """Where rules stand, the one that needs a person first."""

    REFUSED = "refused"
    """The system cannot express them, or did not take them."""
    HELD = "held"
    """The pass that would apply them waits for a person."""
    DRIFTED = "drifted"
    """The live system does not answer as decided."""
    PENDING = "pending"
    """Not applied yet, or applied and not proven yet."""
    UNASKED = "unasked"
    """They stand there, and there is nobody yet whom they concern and who could be asked as."""
    IN_FORCE = "in_force"
    """The live system answers as decided."""
    GONE = "gone"
    """The live system, asked as those they were for, no longer gives anything by them."""
    UNDECLARED = "undeclared"
    """Nothing was ever declared by this owner."""


_WORST_FIRST = tuple(State)


@dataclass(frozen=True, slots=True)
class Status:
    """Where one owner's rules stand, in all systems together.

    `decided_at` is when they were declared or withdrawn last, `applied_at` when that was read back
    from every system, `effective_at` when every system first answered so; each None until then.
    `proofs` are the latest answers, one per system, dataset and principal.
    """

    owner: Ref
    state: State
    decided_at: datetime | None = None
    applied_at: datetime | None = None
    effective_at: datetime | None = None
    withdrawn: bool = False
    reasons: tuple[str, ...] = ()
    proofs: tuple[Proof, ...] = ()

    @property
    def asked_at(self) -> datetime | None:
        """When the live systems were last asked; the oldest of the latest answers."""
        return min((proof.asked_at for proof in self.proofs), default=None)

    @property
    def proven(self) -> bool:
        """Whether somebody was asked as, and everything was as decided."""
        return bool(self.proofs) and all(proof.agrees for proof in self.proofs)

    def as_json(self) -> dict[str, Any]:
        """The status as the REST door shows it."""
        return {
            "owner": self.owner,
            "state": self.state.value,
            "decided_at": _wire(self.decided_at),
            "applied_at": _wire(self.applied_at),
            "effective_at": _wire(self.effective_at),
            "asked_at": _wire(self.asked_at),
            "withdrawn": self.withdrawn,
            "reasons": list(self.reasons),
            "proofs": [_proof_json(proof) for proof in self.proofs],
        }


def _wire(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()


def _proof_json(proof: Proof) -> dict[str, Any]:
    return {
        "uuid": str(proof.uuid),
        "dataset": proof.dataset_name,
        "principal": proof.principal,
        "agrees": proof.agrees,
        "allowed": proof.allowed,
        "server": proof.server,
        "checks": proof.checks,
        "first_asked_at": _wire(proof.first_asked_at),
        "asked_at": _wire(proof.asked_at),
        "times": proof.times,
        "evidence": {"uuid": str(proof.evidence.uuid), "sha256": proof.evidence.sha256},
    }


def status_of(owner: Ref) -> Status:
    """Where this owner's rules stand."""
    return statuses_of([owner])[owner]


def statuses_of(owners: Iterable[Ref]) -> dict[Ref, Status]:
    """Where each owner's rules stand, in a constant number of queries."""
    wanted = list(dict.fromkeys(owners))
    declarations: defaultdict[Ref, list[Declaration]] = defaultdict(list)
    for declaration in Declaration.objects.filter(owner__in=wanted).order_by("system_id"):
        declarations[declaration.owner].append(declaration)
    around = _Around.of(wanted, declarations)
    return {
        owner: _combined(owner, [around.standing(each) for each in declarations[owner]])
        for owner in wanted
    }


@dataclass(frozen=True, slots=True)
class _Standing:
    """One declaration and what became of it."""

    declaration: Declaration
    state: State
    applied_at: datetime | None
    effective_at: datetime | None
    reasons: tuple[str, ...]
    proofs: tuple[Proof, ...]


@dataclass(frozen=True, slots=True)
class _Around:
    """Everything else that says how declarations stand, by what it is looked up with."""

    applied: dict[int, datetime | None]
    refusals: dict[tuple[Ref, int], list[Refusal]]
    states: dict[int, Enforcement]
    proofs: dict[tuple[Ref, int], list[Proof]]
    drifts: dict[tuple[int, str], Drift]

    @classmethod
    def of(cls, owners: Sequence[Ref], declared: dict[Ref, list[Declaration]]) -> "_Around":
        systems = {each.system_id for several in declared.values() for each in several}
        refusals: defaultdict[tuple[Ref, int], list[Refusal]] = defaultdict(list)
        for refusal in Refusal.objects.filter(owner__in=owners):
            refusals[refusal.owner, refusal.system_id].append(refusal)
        proofs: defaultdict[tuple[Ref, int], list[Proof]] = defaultdict(list)
        for proof in _proofs(owners):
            proofs[proof.owner, proof.system_id].append(proof)
        open_drifts = Drift.objects.filter(system__in=systems, righted_at=None)
        return cls(
            _applied_at(owners),
            refusals,
            {state.system_id: state for state in Enforcement.objects.filter(system__in=systems)},
            proofs,
            {(drift.system_id, drift.dataset): drift for drift in open_drifts},
        )

    def standing(self, declaration: Declaration) -> _Standing:
        """What became of one declaration."""
        key = (declaration.owner, declaration.system_id)
        proofs = [p for p in self.proofs.get(key, ()) if p.generation >= declaration.generation]
        latest = {(p.dataset_name, p.principal): p for p in proofs}
        state, reasons = self._state(declaration, list(latest.values()))
        return _Standing(
            declaration=declaration,
            state=state,
            applied_at=self.applied[declaration.pk],
            effective_at=_first_agreement(proofs, latest),
            reasons=reasons,
            proofs=tuple(latest.values()),
        )

    def _state(
        self, declaration: Declaration, latest: Sequence[Proof]
    ) -> tuple[State, tuple[str, ...]]:
        refusals = self.refusals.get((declaration.owner, declaration.system_id))
        if refusals:
            return State.REFUSED, tuple(text for each in refusals for text in each.reasons)
        state = self.states[declaration.system_id]
        if not latest:
            return _unproven(declaration, state)
        differing = [proof for proof in latest if not proof.agrees]
        if differing:
            return State.DRIFTED, tuple(_difference(proof) for proof in differing)
        drifts = [
            self.drifts[declaration.system_id, rule["dataset"]]
            for rule in declaration.rules
            if (declaration.system_id, rule["dataset"]) in self.drifts
        ]
        if drifts:
            return State.DRIFTED, tuple(f"{d.name}: {d.get_kind_display()}." for d in drifts)
        if declaration.withdrawn_at or not _gives_anything(declaration, latest):
            return State.GONE, ()
        return State.IN_FORCE, ()


def _proofs(owners: Sequence[Ref]) -> QuerySet[Proof]:
    """The owners' proofs, oldest first, each with the name of its evidence and not its bytes."""
    found = Proof.objects.filter(owner__in=owners).select_related("system", "evidence")
    return found.defer("evidence__body").order_by("id")


def _unproven(declaration: Declaration, state: Enforcement) -> tuple[State, tuple[str, ...]]:
    if state.held:
        return State.HELD, ("The pass that would apply it waits for a person to release it.",)
    if state.observed >= declaration.generation and not any(
        rule["principals"] for rule in declaration.rules
    ):
        return State.UNASKED, ()
    return State.PENDING, (state.last_error,) if state.last_error else ()


def _gives_anything(declaration: Declaration, latest: Sequence[Proof]) -> bool:
    grants = any(rule["effect"] == "grant" for rule in declaration.rules)
    return not grants or any(proof.allowed for proof in latest)


def _difference(proof: Proof) -> str:
    wrong = [check["asked"] for check in proof.checks if not check["agrees"]]
    asked = ", ".join(wrong) or "nothing could be examined"
    return f"Asked as {proof.principal}, {proof.dataset_name} is not as decided: {asked}."


def _first_agreement(
    proofs: Sequence[Proof], latest: dict[tuple[str, str], Proof]
) -> datetime | None:
    """When the last of the questions was first answered as decided; None while one never was."""
    first: dict[tuple[str, str], datetime] = {}
    for proof in proofs:
        if proof.agrees:
            first.setdefault((proof.dataset_name, proof.principal), proof.first_asked_at)
    return max(first.values()) if latest and first.keys() == latest.keys() else None


def _applied_at(owners: Sequence[Ref]) -> dict[int, datetime | None]:
    """By declaration, the instant at which it was first read back from its system."""
    done = (Sync.Outcome.APPLIED, Sync.Outcome.NOOP, Sync.Outcome.REFUSED)
    first = (
        Sync.objects.filter(
            system=OuterRef("system"), generation__gte=OuterRef("generation"), outcome__in=done
        )
        .order_by("generation", "id")
        .annotate(
            instant=Case(
                When(outcome=Sync.Outcome.NOOP, then=F("started_at")),
                default=F("finished_at"),
                output_field=DateTimeField(),
            )
        )
    )
    declared = Declaration.objects.filter(owner__in=owners)
    return dict(declared.values_list("pk", Subquery(first.values("instant")[:1])))


def _combined(owner: Ref, standings: Sequence[_Standing]) -> Status:
    if not standings:
        return Status(owner, State.UNDECLARED)
    return Status(
        owner=owner,
        state=min((each.state for each in standings), key=_WORST_FIRST.index),
        decided_at=max(
            each.declaration.withdrawn_at or each.declaration.declared_at for each in standings
        ),
        applied_at=_last([each.applied_at for each in standings]),
        effective_at=_last([each.effective_at for each in standings]),
        withdrawn=all(each.declaration.withdrawn_at for each in standings),
        reasons=tuple(reason for each in standings for reason in each.reasons),
        proofs=tuple(proof for each in standings for proof in each.proofs),
    )


def _last(instants: Sequence[datetime | None]) -> datetime | None:
    """The last of these instants, None when one of them is missing."""
    known = [instant for instant in instants if instant is not None]
    return max(known) if len(known) == len(instants) else None
