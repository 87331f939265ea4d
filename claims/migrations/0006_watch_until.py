"""Claims that were published before the end of their watch was written down get it now."""

from datetime import timedelta

from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def write_down(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for head in apps.get_model("claims", "PublicHead").objects.select_related("publication").iterator():
        standing = apps.get_model("claims", "Claim").objects.filter(
            pk=head.claim_id, state="published", watch_until__isnull=True
        )
        standing.update(watch_until=head.publication.valid_from + timedelta(days=settings.WATCH_DAYS))


class Migration(migrations.Migration):
    dependencies = [("claims", "0005_known_values")]

    operations = [migrations.RunPython(write_down, migrations.RunPython.noop)]
