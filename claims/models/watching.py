"""Pages that published verdicts rest on, looked at again."""

from django.db import models
from django.db.models import Q

from claims.choices import CheckOutcome, Standing


class DocumentWatch(models.Model):
    """When a cited page is looked at next, and what it is compared with."""

    document = models.OneToOneField("claims.Document", on_delete=models.PROTECT, primary_key=True, related_name="watch")
    since = models.DateTimeField(help_text="The newest publication that cites it; the schedule counts from here.")
    baseline = models.ForeignKey(
        "claims.Capture",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The last copy that could be read; null while there is none.",
    )
    standing = models.CharField(max_length=16, choices=Standing, default=Standing.THERE)
    moved_to = models.CharField(max_length=255, blank=True, help_text="The site that its address led to last.")
    first_gone_at = models.DateTimeField(null=True, blank=True, help_text="Of the answers in a row that it is gone.")
    doubtful = models.PositiveSmallIntegerField(default=0, help_text="Checks in a row after which we look again soon.")
    next_check_at = models.DateTimeField(null=True, blank=True, help_text="Null while nothing public cites it.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(standing__in=Standing.values), name="document_watch_standing_known")
        ]
        indexes = [
            models.Index(fields=["next_check_at"], condition=Q(next_check_at__isnull=False), name="document_watch_due")
        ]

    def __str__(self) -> str:
        return f"{self.document_id}: {self.standing}"


class DocumentCheck(models.Model):
    """One later look at a cited page, and what it came to; a check that failed is recorded as that."""

    document = models.ForeignKey("claims.Document", on_delete=models.PROTECT, related_name="checks")
    checked_at = models.DateTimeField()
    outcome = models.CharField(max_length=16, choices=CheckOutcome)
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)
    capture = models.ForeignKey("claims.Capture", on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["document", "checked_at"], name="document_check_once_per_moment"),
            models.CheckConstraint(condition=Q(outcome__in=CheckOutcome.values), name="document_check_outcome_known"),
        ]

    def __str__(self) -> str:
        return f"{self.document_id} {self.outcome}"
