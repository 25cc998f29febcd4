"""The book: entries, the seals that chain them, and the signed and checked places in the chain."""

import json
from typing import Any, ClassVar

from django.db import models
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

ONLY_APPENDED = "The audit book is append-only."


class AppendOnlyError(Exception):
    """Somebody tried to change or delete what stands in the book."""


class Appended(models.Model):
    """Rows that are added and never changed; the database's triggers refuse it as well."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the row; raises AppendOnlyError when it stands in the book already."""
        if not self._state.adding:
            raise AppendOnlyError(ONLY_APPENDED)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Raise AppendOnlyError."""
        raise AppendOnlyError(ONLY_APPENDED)


def _part(name: str, field: models.Field) -> models.GeneratedField:
    """A column that PostgreSQL itself reads out of `body`, so that the two cannot disagree."""
    return models.GeneratedField(
        expression=Cast(KeyTextTransform(name, Cast("body", models.JSONField())), field),
        output_field=field,
        db_persist=True,
    )


class Entry(Appended):
    """Something that was decided or done: who, what, on what, and what it was before and after.

    `body` is the canonical JSON over which the chain is built; every other column but the
    partition's key is derived from it by the database. The table is partitioned by month of `at`.
    """

    at = models.DateTimeField()
    body = models.TextField()
    uuid = _part("uuid", models.UUIDField())
    actor = _part("actor", models.TextField())
    action = _part("action", models.TextField())
    subject = _part("subject", models.TextField())
    request = _part("request", models.TextField())

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "entries"
        indexes: ClassVar = [
            models.Index(fields=["subject", "-id"], name="audit_entry_subject"),
            models.Index(fields=["actor", "-id"], name="audit_entry_actor"),
            models.Index(fields=["action", "-id"], name="audit_entry_action"),
        ]

    def __str__(self) -> str:
        return f"{self.action} on {self.subject} by {self.actor}"

    @property
    def content(self) -> dict[str, Any]:
        """What `body` says."""
        said: dict[str, Any] = json.loads(self.body)
        return said


class Seal(Appended):
    """An entry's place in the chain; an entry without one is not yet sealed."""

    seq = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(
        Entry, on_delete=models.DO_NOTHING, db_constraint=False, related_name="seal"
    )
    entry_at = models.DateTimeField()
    """The entry's `at`, which names its partition."""
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    class Meta:
        ordering = ["-seq"]

    def __str__(self) -> str:
        return f"#{self.seq}"


class Checkpoint(Appended):
    """A signed statement of what the chain was at a place; the files outside are what counts."""

    seq = models.BigIntegerField(primary_key=True)
    hash = models.CharField(max_length=64)
    count = models.BigIntegerField()
    at = models.DateTimeField()
    key = models.CharField(max_length=16)
    """Id of the key that signed it."""
    signature = models.CharField(max_length=128)

    class Meta:
        ordering = ["-seq"]

    def __str__(self) -> str:
        return f"checkpoint at #{self.seq}"


class Verification(Appended):
    """One reading of a stretch of the chain, and the first place that does not hold, if any."""

    at = models.DateTimeField()
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    upto = models.DateTimeField(null=True)
    """When the last entry of the stretch was written."""
    broken = models.BigIntegerField(null=True)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"#{self.first} to #{self.last}: {self.reason or 'intact'}"
