"""What the public list is filtered by: where the claim appeared, taken from the published bytes, and when it was first
reviewed. On the head, which is the row that a list reads; publications stay as they were written."""

import json
from typing import Any
from urllib.parse import urlsplit

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models.functions import Now

BATCH = 500


def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    heads = apps.get_model("claims", "PublicHead")
    publications = apps.get_model("claims", "Publication")
    last = 0
    while rows := list(
        heads.objects.filter(sequence__gt=last).order_by("sequence").values_list(
            "pk", "sequence", "publication__body"
        )[:BATCH]
    ):
        for claim_id, sequence, body in rows:
            first = publications.objects.filter(claim_id=claim_id, version=1).values_list("valid_from", flat=True)[0]
            found = _outlets(json.loads(bytes(body))) if body is not None else []
            heads.objects.filter(pk=claim_id).update(outlets=found, reviewed_at=first)
            last = sequence


def _outlets(body: dict[str, Any]) -> list[str]:
    names: set[str] = set()
    for item in body.get("claim", {}).get("appearances", []):
        host = (urlsplit(item["url"] or "").hostname or "").removeprefix("www.")
        names |= {name for name in ((item["outlet"] or "").casefold(), host) if name}
    return sorted(names)


class Migration(migrations.Migration):
    dependencies = [("claims", "0011_where_the_feed_lives")]

    operations = [
        migrations.AddField(
            model_name="publichead",
            name="outlets",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=255), db_default=[], default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="publichead", name="reviewed_at", field=models.DateTimeField(db_default=Now())
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="publichead",
            index=django.contrib.postgres.indexes.GinIndex(fields=["outlets"], name="public_head_outlets"),
        ),
        migrations.AddIndex(
            model_name="publichead",
            index=models.Index(fields=["reviewed_at"], name="public_head_reviewed"),
        ),
        migrations.AddIndex(
            model_name="publication",
            index=django.contrib.postgres.indexes.GinIndex(fields=["topics"], name="publication_topics"),
        ),
        migrations.AddIndex(
            model_name="publication",
            index=models.Index(fields=["rating", "-sequence"], name="publication_rating"),
        ),
    ]
