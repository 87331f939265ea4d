"""Which consumer holds which version of a claim, as far as we were told or saw it served."""

from django.db import models
from django.db.models import F, Q

from claims.webhook_choices import HeldBy


class Holding(models.Model):
    """The newest version of a claim that a consumer is known to have, and how we know."""

    consumer = models.ForeignKey("claims.Consumer", on_delete=models.PROTECT, related_name="holdings")
    claim = models.ForeignKey("claims.Claim", on_delete=models.PROTECT, related_name="holdings")
    version = models.PositiveIntegerField()
    how = models.CharField(max_length=12, choices=HeldBy)
    at = models.DateTimeField()
    acknowledged_version = models.PositiveIntegerField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["claim", "consumer"], name="holding_once"),
            models.CheckConstraint(condition=Q(how__in=HeldBy.values), name="holding_how_known"),
            models.CheckConstraint(condition=Q(version__gte=1), name="holding_version_counts_from_one"),
            models.CheckConstraint(
                condition=Q(acknowledged_version__isnull=True, acknowledged_at__isnull=True)
                | Q(acknowledged_version__lte=F("version"), acknowledged_at__isnull=False),
                name="holding_acknowledged_is_held",
            ),
        ]

    def __str__(self) -> str:
        return f"consumer {self.consumer_id} holds version {self.version} of claim {self.claim_id}"


class FeedPosition(models.Model):
    """How far a consumer has read the change feed: it asked for what comes after this number, so it has all to it."""

    consumer = models.OneToOneField(
        "claims.Consumer", on_delete=models.PROTECT, primary_key=True, related_name="feed_position"
    )
    after = models.BigIntegerField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"consumer {self.consumer_id} has read to {self.after}"


class ReachLoss(models.Model):
    """Served rows that no process had room to remember, by day: so much less is known of who holds what."""

    day = models.DateField(primary_key=True)
    rows = models.PositiveBigIntegerField()

    class Meta:
        verbose_name_plural = "reach losses"

    def __str__(self) -> str:
        return f"{self.rows} on {self.day}"
