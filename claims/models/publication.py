"""What the public reads: insert-only publications, the newest per claim, and the head of the feed."""

import uuid
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now, Upper

from claims.choices import PublicationKind


class Publication(models.Model):
    """One version of a claim's public document, as bytes. Insert-only by trigger, and only of approved bytes.

    Live means that it has no successor and is no tombstone. `valid_to` is the successor's `valid_from`.
    """

    sequence = models.BigIntegerField(unique=True)
    claim = models.ForeignKey("claims.Claim", on_delete=models.PROTECT, related_name="publications")
    public_id = models.CharField(max_length=16, help_text="The claim's, here so that the feed is read from one table.")
    version = models.PositiveIntegerField()
    kind = models.CharField(max_length=16, choices=PublicationKind)
    change_type = models.CharField(max_length=16)
    public_note = models.TextField(blank=True)
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )
    verdict = models.OneToOneField("claims.Verdict", on_delete=models.PROTECT, related_name="publication")
    body = models.BinaryField(null=True, help_text="UTF-8 JSON; null only after a lawful erasure.")
    body_hash = models.CharField(max_length=64)
    valid_from = models.DateTimeField()
    statement = models.CharField(max_length=500)
    language = models.CharField(max_length=35)
    rating = models.CharField(max_length=60, blank=True)
    rating_value = models.FloatField(null=True, blank=True)
    claimant = models.CharField(max_length=200, blank=True)
    claimed_on = models.DateField(null=True, blank=True)
    topics = ArrayField(models.CharField(max_length=60), default=list)
    search = models.GeneratedField(
        expression=SearchVector("statement", config="english"),
        output_field=SearchVectorField(),
        db_persist=True,
    )
    feed_opening = models.GeneratedField(
        expression=Func(
            "sequence",
            "public_id",
            "version",
            "kind",
            "change_type",
            "public_note",
            "valid_from",
            function="claims_feed_opening",
        ),
        output_field=models.BinaryField(),
        db_persist=True,
        help_text="What stands before the document in the change feed, as JSON in UTF-8.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["claim", "version"], name="publication_version_once"),
            models.CheckConstraint(condition=Q(kind__in=PublicationKind.values), name="publication_kind_known"),
            models.CheckConstraint(condition=Q(version__gte=1, sequence__gte=1), name="publication_counts_from_one"),
            models.CheckConstraint(
                condition=Q(version=1, kind=PublicationKind.INITIAL, supersedes__isnull=True)
                | (Q(version__gt=1, supersedes__isnull=False) & ~Q(kind=PublicationKind.INITIAL)),
                name="publication_first_is_initial",
            ),
        ]
        indexes = [
            GinIndex(fields=["search"], name="publication_search"),
            GinIndex(fields=["topics"], name="publication_topics"),
            models.Index(fields=["rating", "-sequence"], name="publication_rating"),
            models.Index(fields=["valid_from"], name="publication_valid_from"),
            models.Index(fields=["-sequence"], condition=Q(version__gt=1), name="publication_changes"),
            models.Index(Upper("claimant"), F("sequence").desc(), name="publication_claimant"),
        ]

    def __str__(self) -> str:
        return f"{self.claim_id} version {self.version}"


class PublicHeadQuerySet(models.QuerySet["PublicHead"]):
    def live(self) -> Self:
        """Heads that the public sees; a retracted claim's head is its tombstone."""
        return self.filter(live=True)


class PublicHead(models.Model):
    """The newest publication of each claim, for the one indexed read that serves the public.

    `outlets` are the folded names and hosts of where the claim appeared; `reviewed_at` is when version 1 came out.
    `original_id` is the claim that this one is published as a translation of, or its own; `translations` the live
    verdicts of the same original, as JSON that is served as it is, and `translated_at` when that last changed.
    """

    claim = models.OneToOneField("claims.Claim", on_delete=models.PROTECT, primary_key=True, related_name="public_head")
    public_id = models.CharField(max_length=16, unique=True)
    publication = models.OneToOneField(Publication, on_delete=models.PROTECT, related_name="head")
    sequence = models.BigIntegerField(unique=True)
    live = models.BooleanField()
    outlets = ArrayField(models.CharField(max_length=255), default=list, db_default=[])
    reviewed_at = models.DateTimeField(db_default=Now())
    original_id = models.BigIntegerField(null=True)
    translations = models.TextField(default="[]", db_default="[]")
    translated_at = models.DateTimeField(null=True)

    objects = PublicHeadQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["-sequence"], condition=Q(live=True), name="public_head_live"),
            models.Index(fields=["reviewed_at"], name="public_head_reviewed"),
            models.Index(fields=["original_id"], name="public_head_original"),
            GinIndex(fields=["outlets"], name="public_head_outlets"),
        ]

    def __str__(self) -> str:
        return f"{self.public_id} at {self.sequence}"


class FeedHead(models.Model):
    """One row: the last sequence given out and its instant. Its lock is the last one a publisher takes."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    n = models.BigIntegerField(default=0)
    at = models.DateTimeField(null=True)
    feed_epoch = models.UUIDField(default=uuid.uuid4)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="feed_head_is_one")]

    def __str__(self) -> str:
        return str(self.n)
