"""What kind of content a claim about media shows; revisions that are there say nothing."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("claims", "0020_webhooks")]

    operations = [
        migrations.AddField(
            model_name="verdict",
            name="media_authenticity",
            field=models.CharField(
                blank=True,
                choices=[
                    ("decontextualised", "Real, shown in a false context"),
                    ("edited_or_cropped", "Edited or cropped so that it misleads"),
                    ("original", "Original, as it was taken"),
                    ("satire_or_parody", "Satire or parody"),
                    ("staged", "Staged"),
                    ("transformed", "Transformed or made up"),
                ],
                db_default="",
                default="",
                help_text="Of claims about media only.",
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="verdict",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "media_authenticity__in",
                        [
                            "",
                            "decontextualised",
                            "edited_or_cropped",
                            "original",
                            "satire_or_parody",
                            "staged",
                            "transformed",
                        ],
                    )
                ),
                name="verdict_authenticity_known",
            ),
        ),
    ]
