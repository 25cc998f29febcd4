"""The book's tables, in SQL: partitions, generated columns and triggers are PostgreSQL's own."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

ENTRY = (Path(__file__).parent / "entry.sql").read_text()
PLACES = """
SELECT audit_guard('audit_checkpoint', true);
SELECT audit_guard('audit_verification', true);
"""
UNDO = """
DROP FUNCTION audit_make_partitions(date, integer);
DROP TABLE audit_seal;
DROP TABLE audit_entry;
DROP FUNCTION audit_guard(regclass, boolean);
DROP FUNCTION audit_refuse();
"""


def _part(name: str, field: models.Field) -> models.GeneratedField:
    return models.GeneratedField(
        expression=Cast(KeyTextTransform(name, Cast("body", models.JSONField())), field),
        output_field=field,
        db_persist=True,
    )


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(ENTRY, UNDO)],
            state_operations=[
                migrations.CreateModel(
                    name="Entry",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True,
                                primary_key=True,
                                serialize=False,
                                verbose_name="ID",
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        ("body", models.TextField()),
                        ("uuid", _part("uuid", models.UUIDField())),
                        ("actor", _part("actor", models.TextField())),
                        ("action", _part("action", models.TextField())),
                        ("subject", _part("subject", models.TextField())),
                        ("request", _part("request", models.TextField())),
                    ],
                    options={
                        "ordering": ["-id"],
                        "verbose_name_plural": "entries",
                        "indexes": [
                            models.Index(fields=["subject", "-id"], name="audit_entry_subject"),
                            models.Index(fields=["actor", "-id"], name="audit_entry_actor"),
                            models.Index(fields=["action", "-id"], name="audit_entry_action"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Seal",
                    fields=[
                        ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                        (
                            "entry",
                            models.OneToOneField(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="seal",
                                to="audit.entry",
                            ),
                        ),
                        ("entry_at", models.DateTimeField()),
                        ("previous", models.CharField(max_length=64)),
                        ("hash", models.CharField(max_length=64)),
                        ("sealed_at", models.DateTimeField()),
                    ],
                    options={"ordering": ["-seq"]},
                ),
            ],
        ),
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("hash", models.CharField(max_length=64)),
                ("count", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("key", models.CharField(max_length=16)),
                ("signature", models.CharField(max_length=128)),
            ],
            options={"ordering": ["-seq"]},
        ),
        migrations.CreateModel(
            name="Verification",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("first", models.BigIntegerField()),
                ("last", models.BigIntegerField()),
                ("upto", models.DateTimeField(null=True)),
                ("broken", models.BigIntegerField(null=True)),
                ("reason", models.TextField(blank=True)),
            ],
            options={"ordering": ["-id"]},
        ),
        migrations.RunSQL(PLACES, migrations.RunSQL.noop),
    ]
