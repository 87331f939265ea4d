"""The rows that exist exactly once, and a Django group per role."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

ROLES = ["contributor", "fact_checker", "reviewer", "publisher", "administrator"]


def make(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("claims", "Organisation").objects.get_or_create(pk=1)
    apps.get_model("claims", "FeedHead").objects.get_or_create(pk=1)
    for role in ROLES:
        apps.get_model("auth", "Group").objects.get_or_create(name=role)


class Migration(migrations.Migration):
    dependencies = [("claims", "0002_triggers"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
