"""Asking a live system as the people concerned, and keeping what it answered."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from apps.audit import services as audit
from apps.catalog import connections
from apps.catalog import selectors as catalog
from apps.catalog.models import System, SystemState
from apps.connectors.contracts import Answer, Check, Inventory, Question, Target, Unreachable
from apps.connectors.contracts import Refused as SystemRefused
from apps.core.actors import Actor
from apps.core.errors import Conflict, NotFound, Unavailable
from apps.core.refs import Ref
from apps.enforcement.models import Declaration, Enforcement, Proof, Sync
from apps.enforcement.plan import Plan
from apps.enforcement.recording import RecordedTarget
from apps.enforcement.rendering import datasets_named, render
from apps.enforcement.selectors import (
    Ask,
    Sight,
    asks_of,
    datasets_of,
    oldest,
    owned,
    rules_of,
    standing,
    standing_about,
    unproven,
)
from apps.enforcement.services.calls import note_calls
from apps.enforcement.services.proofs import Answered, keep_answers
from apps.enforcement.work import RECONCILE
from apps.jobs import services as jobs
from apps.semantics.decide import decide
from apps.semantics.rules import Rule

MOST_AT_ONCE = 500
"""So many questions one pass asks; the rest is asked by the pass that follows at once."""

MOST_TOUCHED = 200
"""Owners whose document changed though their own rules did not: so many are asked at once."""

ASK_AGAIN_AFTER = timedelta(minutes=5)
"""Standing proofs older than this are asked for again, the oldest first."""

MOST_AGAIN = 50
"""So many old proofs are asked for again at once."""


@dataclass(frozen=True, slots=True)
class Asking:
    """The live system, and what it must answer by: rules that stand, shapes they meet."""

    system: System
    target: Target
    inventory: Inventory
    rules: Sequence[Rule]
    generation: int
    sync: Sync | None = None


def prove_pass(
    *, sync: Sync, sight: Sight, plan: Plan, target: Target, at: datetime, actor: Actor
) -> list[Proof]:
    """Ask as everybody whose rules are not proven yet or whose documents this pass changed.

    Raises Unavailable when the system stops answering; whatever was answered is kept.
    """
    rendered = sight.rendered
    asks = asks_of(unproven(sync.system), rendered.rules)
    touched = _touched(sight, plan)
    if touched:
        new = {ask.owner for ask in asks}
        about = (each for each in standing(sync.system) if touched & datasets_of(each))
        others = asks_of(about, rendered.rules)
        asks += [a for a in others if a.dataset in touched and a.owner not in new][:MOST_TOUCHED]
    refused = {(each.owner, each.dataset) for each in rendered.refusals}
    known = sight.inventory.shapes
    asks = [a for a in asks if (a.owner, a.dataset) not in refused and a.dataset in known]
    if len(asks) > MOST_AT_ONCE:
        jobs.enqueue(name=RECONCILE, key=sync.system.key, actor=actor)
    asking = Asking(sync.system, target, sight.inventory, rendered.rules, sync.generation, sync)
    return _ask(asking, asks[:MOST_AT_ONCE], at, actor)


def ask_again(*, owner: Ref, at: datetime, actor: Actor) -> list[Proof]:
    """Ask the live systems now as everybody whom this owner's rules concern.

    Raises NotFound when the owner declared nothing, Conflict when a system is paused, Refused when
    a person must mend the connection first, Unavailable when the system does not answer.
    """
    declarations = list(Declaration.objects.filter(owner=owner).select_related("system"))
    if not declarations:
        raise NotFound(f"{owner} declared nothing, so there is nothing to ask.")
    with transaction.atomic():
        audit.record(action="enforcement.ask_again", subject=owner, actor=actor)
    proofs: list[Proof] = []
    for declaration in declarations:
        with _connected(declaration.system, at) as target:
            about = {rule.dataset for rule in rules_of(declaration)}
            asking = _asking(declaration.system, target, about, at)
            asks = asks_of([declaration], asking.rules)
            proofs.extend(_ask(asking, asks, at, actor))
    return proofs


def keep_proving(*, system: System, at: datetime, actor: Actor) -> list[Proof]:
    """Ask again for the proofs that were asked for longest ago. Raises as `ask_again`."""
    asks = oldest(system, before=at - ASK_AGAIN_AFTER, limit=MOST_AGAIN)
    if not asks:
        return []
    with _connected(system, at) as target:
        about = {ask.dataset for ask in asks}
        return _ask(_asking(system, target, about, at), asks, at, actor)


@contextmanager
def _connected(system: System, at: datetime) -> Iterator[RecordedTarget]:
    """The system's target while the block lasts; its calls are noted, its failures ours."""
    if system.state == SystemState.PAUSED:
        raise Conflict(f"{system.name} is paused, so it is not asked.")
    with connections.answering(system):
        target = RecordedTarget(connections.target(system), at)
    try:
        with target.session():
            yield target
    finally:
        note_calls(system=system, calls=tuple(target.calls))


def _asking(system: System, target: Target, datasets: Collection[str], at: datetime) -> Asking:
    state = Enforcement.objects.get(system=system)
    about = [
        each
        for each in owned(standing_about(system, datasets), at)
        if each.rule.dataset in datasets
    ]
    inventory = catalog.inventory(system, datasets_named(about) | frozenset(datasets))
    rendered = render(target, about, inventory)
    return Asking(system, target, inventory, rendered.rules, state.observed)


def _ask(asking: Asking, asks: Iterable[Ask], at: datetime, actor: Actor) -> list[Proof]:
    """Ask each question once, however many owners it serves; keep an owner's answers together."""
    rules: defaultdict[str, list[Rule]] = defaultdict(list)
    for rule in asking.rules:
        rules[rule.dataset].append(rule)
    by_owner: defaultdict[Ref, list[Ask]] = defaultdict(list)
    for ask in asks:
        if ask.dataset in asking.inventory.shapes:
            by_owner[ask.owner].append(ask)
    answered: dict[tuple[str, str], Answered] = {}
    proofs: list[Proof] = []
    for owner, questions in by_owner.items():
        for ask in questions:
            key = (ask.dataset, ask.principal)
            if key not in answered:
                answered[key] = _answer(asking, ask, rules[ask.dataset], at)
        answers = [answered[ask.dataset, ask.principal] for ask in questions]
        proofs += keep_answers(
            owner=owner,
            system=asking.system,
            generation=asking.generation,
            sync=asking.sync,
            answers=answers,
            at=at,
            actor=actor,
        )
    return proofs


def _answer(asking: Asking, ask: Ask, rules: Sequence[Rule], at: datetime) -> Answered:
    shape = asking.inventory.shapes[ask.dataset]
    decision = decide(rules, principal=ask.principal, shape=shape, at=at)
    try:
        answer = asking.target.probe(ask.principal, Question(decision, shape))
    except SystemRefused as refused:
        answer = _refused_to_answer(ask, str(refused), at)
    except Unreachable as silent:
        raise Unavailable(f"{asking.system.name} did not answer: {silent}") from silent
    return Answered(decision, answer)


def _refused_to_answer(ask: Ask, reason: str, at: datetime) -> Answer:
    """Not being let to ask is an answer, and never the one that was decided."""
    line = Check(
        asked=f"To be asked as {ask.principal}",
        expected="an answer",
        answered="refused",
        agrees=False,
        error=reason,
    )
    return Answer(ask.principal, ask.dataset, at, (line,))


def _touched(sight: Sight, plan: Plan) -> frozenset[str]:
    """The datasets whose documents the plan changed."""
    known = sight.believed
    return frozenset(
        sight.rendered.datasets.get(change.name)
        or (known[change.name].dataset if change.name in known else "")
        for change in plan.changes
    )
