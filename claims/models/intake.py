"""What people asked to have checked, and other fact-checkers' verdicts."""

from typing import Self

from django.db import models
from django.db.models import Q

from claims.choices import SubmissionState


class Submission(models.Model):
    """A request to check something. The contact is kept apart and expires."""

    text = models.TextField()
    url = models.URLField(max_length=2048, blank=True)
    language = models.CharField(max_length=35, blank=True)
    received_at = models.DateTimeField()
    state = models.CharField(max_length=16, choices=SubmissionState, default=SubmissionState.NEW)
    claim = models.ForeignKey(
        "claims.Claim", on_delete=models.PROTECT, null=True, blank=True, related_name="submissions"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(text="") | ~Q(url=""), name="submission_not_empty"),
            models.CheckConstraint(
                condition=~Q(state=SubmissionState.LINKED) | Q(claim__isnull=False), name="submission_linked_has_claim"
            ),
        ]

    def __str__(self) -> str:
        return self.text[:80] or self.url


class SubmitterContact(models.Model):
    """How to reach whoever submitted; deleted when it expires, unlike the submission."""

    submission = models.OneToOneField(Submission, on_delete=models.CASCADE, related_name="contact")
    name = models.CharField(max_length=200, blank=True)
    email = models.EmailField(blank=True)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"contact of {self.submission_id}"


class ExternalReviewQuerySet(models.QuerySet["ExternalReview"]):
    def trusted(self) -> Self:
        """Reviews on the site of a fact-checker that the desk lists."""
        return self.filter(outlet__isnull=False)


class ExternalReview(models.Model):
    """Another fact-checker's verdict on the same claim, as it was passed on to us; every text is theirs, verbatim.

    Markup is what somebody says of themselves. `outlet` is set only where the page lies on the domain of a fact-checker
    that this desk lists and the publisher named is that one; nothing else counts as a verdict.
    """

    claim = models.ForeignKey("claims.Claim", on_delete=models.PROTECT, related_name="external_reviews")
    outlet = models.ForeignKey("claims.Outlet", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    publisher = models.CharField(max_length=200, blank=True)
    publisher_site = models.CharField(max_length=200, blank=True)
    url = models.URLField(max_length=2048)
    title = models.CharField(max_length=500, blank=True)
    claim_text = models.TextField(blank=True)
    claimant = models.CharField(max_length=200, blank=True)
    rating_text = models.CharField(max_length=300, blank=True)
    value = models.FloatField(null=True, help_text="0 false to 1 true; null where the words do not say so plainly.")
    language = models.CharField(max_length=35, blank=True)
    likeness = models.FloatField(help_text="How much the two statements share, 0 to 1.")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    found_by = models.CharField(max_length=32, help_text="The service that passed it on.")
    found_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="When it last came like this.")
    raw = models.JSONField(default=dict)
    raw_hash = models.CharField(max_length=64)

    objects = ExternalReviewQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["claim", "url"], name="external_review_once"),
            models.CheckConstraint(
                condition=Q(value__isnull=True) | Q(value__range=(0, 1)), name="external_review_value_share"
            ),
            models.CheckConstraint(condition=Q(likeness__range=(0, 1)), name="external_review_likeness_share"),
        ]

    def __str__(self) -> str:
        return f"{self.publisher}: {self.rating_text}"
