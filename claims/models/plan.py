"""When an approved revision is to become public."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from claims.choices import PlanState


class PublicationPlanQuerySet(models.QuerySet["PublicationPlan"]):
    def waiting(self) -> Self:
        """Times that were set and have neither come to something nor been taken back."""
        return self.filter(state=PlanState.WAITING)


class PublicationPlan(models.Model):
    """A time that a publisher set for an approved revision. At most one waits per claim.

    Until `embargo_until` nobody publishes it by hand either; a trigger says the same to everyone else.
    """

    claim = models.ForeignKey("claims.Claim", on_delete=models.PROTECT, related_name="plans")
    verdict = models.ForeignKey("claims.Verdict", on_delete=models.PROTECT, related_name="plans")
    publish_at = models.DateTimeField()
    embargo_until = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=16, choices=PlanState, default=PlanState.WAITING)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    note = models.TextField(blank=True, help_text="Why it was stopped or taken back.")

    objects = PublicationPlanQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["claim"], condition=Q(state=PlanState.WAITING), name="publication_plan_one_waits"
            ),
            models.CheckConstraint(condition=Q(state__in=PlanState.values), name="publication_plan_state_known"),
            models.CheckConstraint(
                condition=Q(state=PlanState.WAITING, ended_at__isnull=True)
                | (~Q(state=PlanState.WAITING) & Q(ended_at__isnull=False)),
                name="publication_plan_ended_iff_over",
            ),
            models.CheckConstraint(
                condition=Q(embargo_until__isnull=True) | Q(embargo_until__lte=F("publish_at")),
                name="publication_plan_embargo_ends_before",
            ),
        ]
        indexes = [
            models.Index(fields=["publish_at"], condition=Q(state=PlanState.WAITING), name="publication_plan_due")
        ]

    def __str__(self) -> str:
        return f"{self.claim_id} at {self.publish_at:%Y-%m-%dT%H:%M:%SZ}"
