"""What was lawfully erased says so: revisions without their bytes, copies without their file, claims without words."""

from django.db import migrations, models
from django.db.models import Q

DRAFT = Q(submitted_at__isnull=True, candidate__isnull=True, candidate_hash="")
NAME = "verdict_candidate_iff_submitted"


class Migration(migrations.Migration):
    dependencies = [("claims", "0027_endpoints_waited_for")]

    operations = [
        migrations.AddField(
            "claim",
            "erased_at",
            models.DateTimeField(
                null=True,
                blank=True,
                editable=False,
                help_text="When the words of this row were lawfully erased.",
            ),
        ),
        migrations.AddField(
            "captureremoval",
            "lawful",
            models.BooleanField(
                default=False,
                db_default=False,
                help_text="Erased because the law asked for it, whoever cites the page.",
            ),
        ),
        migrations.AddField(
            "verdict",
            "erased_at",
            models.DateTimeField(
                null=True, blank=True, help_text="When its words were lawfully erased; candidate_hash stays."
            ),
        ),
        migrations.RemoveConstraint("verdict", NAME),
        migrations.AddConstraint(
            "verdict",
            models.CheckConstraint(
                condition=DRAFT
                | (
                    Q(submitted_at__isnull=False, candidate_hash__regex="^[0-9a-f]{64}$")
                    & (Q(candidate__isnull=False) | Q(erased_at__isnull=False))
                ),
                name=NAME,
            ),
        ),
    ]
