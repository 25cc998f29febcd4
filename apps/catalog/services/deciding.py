"""What a steward says of tags, confirmed, rejected or set by hand; it stands until unsaid."""

from datetime import datetime
from typing import Any

from django.db import transaction

from apps.audit import services as audit
from apps.catalog.events import CLASSIFIED
from apps.catalog.models import (
    MOVES,
    NOTHING_PERSONAL,
    Dataset,
    Field,
    Tag,
    Tagging,
    TagState,
)
from apps.core.errors import Conflict, Invalid, Stale
from apps.core.events import announce
from apps.identity.models import User

LONGEST_NOTE = 2000


@transaction.atomic
def decide_tagging(
    *,
    tagging: Tagging,
    confirm: bool,
    version: int,
    note: str = "",
    at: datetime,
    actor: User,
) -> Tagging:
    """Confirm or reject a tagging, for good: no scan and no detector moves it afterwards.

    Raises Stale when it has changed since `version`, Conflict when it says so already, or when
    it would contradict another tag of the column.
    """
    tagging = _locked(tagging)
    if tagging.version != version:
        raise Stale("This tag has changed since you looked.")
    _check_note(note)
    to = TagState.CONFIRMED if confirm else TagState.REJECTED
    if confirm:
        _refuse_contradiction(tagging.field, tagging.tag)
    before = {"state": tagging.state}
    _move(tagging, to, note, at, actor)
    return _told(tagging, f"catalog.{'confirm' if confirm else 'reject'}_tag", before, actor)


@transaction.atomic
def tag_field(*, field: Field, tag: Tag, note: str = "", at: datetime, actor: User) -> Tagging:
    """Set a tag on a column by hand; one that was proposed or rejected is confirmed so.

    Raises Conflict when it has the tag already or the tag contradicts another.
    """
    return _tag({"field": field}, tag, note, at, actor)


@transaction.atomic
def tag_dataset(
    *, dataset: Dataset, tag: Tag, note: str = "", at: datetime, actor: User
) -> Tagging:
    """Set a tag on a whole dataset by hand. Raises Conflict when it has it already."""
    return _tag({"dataset": dataset}, tag, note, at, actor)


@transaction.atomic
def settle_rest(*, dataset: Dataset, at: datetime, actor: User) -> list[Tagging]:
    """Say of every column without a tag or a waiting proposal that it holds nothing to protect.

    Raises Conflict when there is no such column.
    """
    Dataset.objects.select_for_update().get(pk=dataset.pk)
    nothing = Tag.objects.get(key=NOTHING_PERSONAL)
    rest = list(
        Field.objects.filter(dataset=dataset, vanished_at__isnull=True).exclude(
            taggings__state__in=[TagState.PROPOSED, TagState.CONFIRMED]
        )
    )
    if not rest:
        raise Conflict(f"Every column of {dataset.qualified} has a tag or a proposal.")
    Tagging.objects.filter(field__in=rest, tag=nothing).delete()  # rejected before, said anew
    made = Tagging.objects.bulk_create(
        [
            Tagging(
                field=field,
                tag=nothing,
                state=TagState.CONFIRMED,
                confidence=1,
                decided_by=actor,
                decided_at=at,
            )
            for field in rest
        ]
    )
    audit.record(
        action="catalog.settle_rest",
        subject=dataset.ref,
        actor=actor,
        detail={"columns": [field.name for field in rest]},
    )
    announce(CLASSIFIED, str(dataset.uuid))
    return made


def _tag(on: dict[str, Any], tag: Tag, note: str, at: datetime, actor: User) -> Tagging:
    _check_note(note)
    field: Field | None = on.get("field")
    if field is not None:
        Field.objects.select_for_update().get(pk=field.pk)
        _refuse_contradiction(field, tag)
    tagging = Tagging.objects.filter(**on, tag=tag).select_related("tag").first()
    before = None
    if tagging is None:
        tagging = Tagging(
            **on,
            tag=tag,
            state=TagState.CONFIRMED,
            confidence=1,
            decided_by=actor,
            decided_at=at,
            note=note,
        )
        tagging.save()
    else:
        before = {"state": tagging.state}
        _move(tagging, TagState.CONFIRMED, note, at, actor)
    return _told(tagging, "catalog.set_tag", before, actor)


def _locked(tagging: Tagging) -> Tagging:
    return (
        Tagging.objects.select_for_update(of=("self",))
        .select_related("tag", "field__dataset__system", "dataset__system")
        .get(pk=tagging.pk)
    )


def _move(tagging: Tagging, to: TagState, note: str, at: datetime, actor: User) -> None:
    if to not in MOVES[TagState(tagging.state)]:
        raise Conflict(f"{tagging.tag.name} is {tagging.get_state_display().lower()} already.")
    tagging.state, tagging.note = to, note
    tagging.decided_by, tagging.decided_at = actor, at
    tagging.version += 1
    tagging.save(update_fields=["state", "note", "decided_by", "decided_at", "version"])


def _refuse_contradiction(field: Field | None, tag: Tag) -> None:
    """A column cannot hold something and nothing to protect at once."""
    if field is None:
        return
    confirmed = Tagging.objects.filter(field=field, state=TagState.CONFIRMED)
    if tag.key == NOTHING_PERSONAL:
        other = confirmed.exclude(tag=tag).select_related("tag").first()
        if other:
            raise Conflict(f"{field.name} is tagged {other.tag.name}; reject that first.")
    elif confirmed.filter(tag__key=NOTHING_PERSONAL).exists():
        raise Conflict(f"{field.name} is said to hold nothing to protect; reject that first.")


def _check_note(note: str) -> None:
    if len(note) > LONGEST_NOTE:
        raise Invalid(
            "The note is too long.", fields={"note": f"at most {LONGEST_NOTE} characters"}
        )


def _told(tagging: Tagging, action: str, before: dict[str, Any] | None, actor: User) -> Tagging:
    dataset = tagging.field.dataset if tagging.field else tagging.dataset
    assert dataset is not None  # tagging_on_one_thing
    audit.record(
        action=action,
        subject=dataset.ref,
        actor=actor,
        detail={
            "column": tagging.field.name if tagging.field else None,
            "tag": tagging.tag.key,
            "note": tagging.note,
        },
        before=before,
        after={"state": tagging.state},
    )
    announce(CLASSIFIED, str(dataset.uuid))
    return tagging
