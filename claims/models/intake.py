"""What people asked to have checked, and other fact-checkers' verdicts."""

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
