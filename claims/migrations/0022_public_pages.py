"""Where readers report an error, and indexes for the corrections page and for feeds of one claimant."""

import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("claims", "0021_media_authenticity")]

    operations = [
        migrations.AddField(
            model_name="organisation",
            name="contact",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Where readers report an error: an e-mail address, or the address of a page.",
                max_length=300,
            ),
        ),
        migrations.AddIndex(
            model_name="publication",
            index=models.Index(
                condition=models.Q(("version__gt", 1)), fields=["-sequence"], name="publication_changes"
            ),
        ),
        migrations.AddIndex(
            model_name="publication",
            index=models.Index(
                django.db.models.functions.text.Upper("claimant"),
                models.OrderBy(models.F("sequence"), descending=True),
                name="publication_claimant",
            ),
        ),
    ]
