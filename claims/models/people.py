"""Claimants: the people and organisations whose statements are checked."""

from django.db import models

from claims.choices import ClaimantKind


class Claimant(models.Model):
    """Who made a claim. In use it is never deleted; a rename makes review items, not silent changes."""

    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=16, choices=ClaimantKind, default=ClaimantKind.PERSON)
    job_title = models.CharField(max_length=200, blank=True)
    same_as = models.JSONField(default=list, blank=True, help_text="Addresses that identify them elsewhere.")
    living = models.BooleanField(default=True, help_text="A living, named claimant is owed a right of reply.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "job_title"], name="claimant_once_per_function")]

    def __str__(self) -> str:
        return f"{self.name} ({self.job_title})" if self.job_title else self.name
