"""Rating scales, and verdict revisions with who had a hand in them."""

from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from claims.choices import ChangeType, ChecklistLine, MediaAuthenticity


class RatingScale(models.Model):
    """A published methodology: its ratings, the kinds of claim it fits, and what its checklist asks for."""

    slug = models.SlugField(max_length=60)
    version = models.PositiveIntegerField(default=1)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    claim_kinds = ArrayField(models.CharField(max_length=16), default=list)
    minimum_evidence = models.PositiveSmallIntegerField(default=1)
    minimum_outlets = models.PositiveSmallIntegerField(default=2)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["slug", "version"], name="rating_scale_version_once")]

    def __str__(self) -> str:
        return f"{self.name} (version {self.version})"


class Rating(models.Model):
    """One step of a scale. `value` runs from 0, false, to 1, true; null means it lies not on that axis."""

    scale = models.ForeignKey(RatingScale, on_delete=models.PROTECT, related_name="ratings")
    slug = models.SlugField(max_length=60)
    value = models.FloatField(null=True, blank=True)
    labels = models.JSONField(default=dict, help_text="{language: {name, definition}}")
    colour = models.CharField(max_length=7, default="#555555")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scale", "slug"], name="rating_once_per_scale"),
            models.CheckConstraint(condition=Q(value__isnull=True) | Q(value__range=(0, 1)), name="rating_value_share"),
            models.CheckConstraint(condition=Q(colour__regex="^#[0-9a-fA-F]{6}$"), name="rating_colour_is_hex"),
        ]

    def __str__(self) -> str:
        return self.name()

    def name(self, language: str = "en") -> str:
        """The rating's name in the language, else in English, else its slug."""
        return str(self._label(language).get("name") or self.slug)

    def definition(self, language: str = "en") -> str:
        """What the rating means, in the language, else in English, else nothing."""
        return str(self._label(language).get("definition") or "")

    def _label(self, language: str) -> dict[str, str]:
        found: dict[str, str] = self.labels.get(language) or self.labels.get("en") or {}
        return found


class VerdictQuerySet(models.QuerySet["Verdict"]):
    def revisions(self) -> Self:
        """Revisions of the text; proposals to retract are apart from them."""
        return self.exclude(change_type=ChangeType.RETRACTION)

    def retractions(self) -> Self:
        """Proposals to retract."""
        return self.filter(change_type=ChangeType.RETRACTION)

    def drafts(self) -> Self:
        """Revisions that may still be written."""
        return self.filter(submitted_at__isnull=True)


class Verdict(models.Model):
    """One revision of a claim's verdict. Once submitted it is frozen, by trigger, with its candidate bytes."""

    claim = models.ForeignKey("claims.Claim", on_delete=models.PROTECT, related_name="verdicts")
    number = models.PositiveIntegerField()
    rating = models.ForeignKey(Rating, on_delete=models.PROTECT, null=True, blank=True, related_name="verdicts")
    headline = models.CharField(max_length=200, blank=True)
    summary = models.TextField(blank=True)
    explanation = models.TextField(blank=True, help_text="Markdown.")
    byline = models.CharField(max_length=200, blank=True)
    media_authenticity = models.CharField(
        max_length=20,
        choices=MediaAuthenticity,
        blank=True,
        default="",
        db_default="",
        help_text="Of claims about media only.",
    )
    change_type = models.CharField(max_length=16, choices=ChangeType, default=ChangeType.INITIAL)
    public_note = models.TextField(blank=True, help_text="What changed and why, for the public.")
    superseded_by = models.ForeignKey(
        "claims.Claim",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="A retraction of a duplicate: the claim whose verdict stands.",
    )
    copied_from = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    candidate = models.BinaryField(null=True, blank=True, help_text="The public document, as it was reviewed.")
    candidate_hash = models.CharField(max_length=64, blank=True)
    erased_at = models.DateTimeField(
        null=True, blank=True, help_text="When its words were lawfully erased; candidate_hash stays."
    )
    opened_at = models.DateTimeField()
    saved_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    lock_version = models.PositiveIntegerField(default=1)

    objects = VerdictQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["claim", "number"], name="verdict_number_once"),
            models.CheckConstraint(condition=Q(change_type__in=ChangeType.values), name="verdict_change_type_known"),
            models.CheckConstraint(
                condition=Q(media_authenticity__in=["", *MediaAuthenticity.values]), name="verdict_authenticity_known"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="verdict_number_from_one"),
            models.CheckConstraint(
                condition=Q(submitted_at__isnull=True, candidate__isnull=True, candidate_hash="")
                | (
                    Q(submitted_at__isnull=False, candidate_hash__regex="^[0-9a-f]{64}$")
                    & (Q(candidate__isnull=False) | Q(erased_at__isnull=False))
                ),
                name="verdict_candidate_iff_submitted",
            ),
        ]

    def __str__(self) -> str:
        return f"revision {self.number} of {self.claim_id}"


class VerdictContributor(models.Model):
    """Somebody who had a hand in a revision. Insert-only; they may not approve it."""

    verdict = models.ForeignKey(Verdict, on_delete=models.PROTECT, related_name="contributors")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["verdict", "user"], name="verdict_contributor_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.verdict_id}"


class ChecklistWaiver(models.Model):
    """A checklist line that a revision does not meet, and the written reason why it may go to review all the same."""

    verdict = models.ForeignKey(Verdict, on_delete=models.PROTECT, related_name="waivers")
    line = models.CharField(max_length=16, choices=ChecklistLine)
    reason = models.TextField()
    public = models.BooleanField(default=False, help_text="Publish the reason with the verdict.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["verdict", "line"], name="checklist_waiver_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="checklist_waiver_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.line}: {self.reason}"
