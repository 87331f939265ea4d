"""Pages of the web, every address they were seen under, and dated copies of them."""

from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Left

from claims.choices import CaptureKind, FetchState, UrlOrigin


class DocumentQuerySet(models.QuerySet["Document"]):
    def readable(self) -> Self:
        """Documents whose text we have."""
        return self.filter(fetch_state=FetchState.READ)


class Document(models.Model):
    """One page of the web. Title, byline and text are outside bytes kept as plain text."""

    url = models.URLField(max_length=2048)
    outlet = models.ForeignKey(
        "claims.Outlet", on_delete=models.PROTECT, null=True, blank=True, related_name="documents"
    )
    title = models.CharField(max_length=500, blank=True)
    byline = models.CharField(max_length=300, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    language = models.CharField(max_length=35, blank=True)
    text = models.TextField(blank=True)
    content_hash = models.CharField(max_length=64, blank=True)
    near_duplicate_group = models.UUIDField(
        null=True, blank=True, help_text="Pages that carry one story share it; null for a page that stands alone."
    )
    split_at = models.DateTimeField(
        null=True, blank=True, help_text="When a person said that it is a story of its own; no machine regroups it."
    )
    split_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    paywalled = models.BooleanField(null=True)
    syndicated_from = models.CharField(
        max_length=2048, blank=True, help_text="An address on another site that the page calls the original: a hint."
    )
    fetch_state = models.CharField(max_length=16, choices=FetchState, default=FetchState.WAITING)
    fetch_note = models.CharField(max_length=300, blank=True, help_text="Why it was refused or not measured.")
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    found_at = models.DateTimeField()
    search = models.GeneratedField(
        # The first 200,000 characters: a tsvector may not pass 1 MB, and an article is far shorter.
        expression=SearchVector("title", weight="A", config="english")
        + SearchVector(Left("text", 200_000), weight="B", config="english"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = DocumentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(url__startswith="http://") | Q(url__startswith="https://"), name="document_url_is_web"
            ),
            models.CheckConstraint(condition=Q(fetch_state__in=FetchState.values), name="document_fetch_state_known"),
            models.CheckConstraint(
                condition=Q(split_at__isnull=True, split_by__isnull=True)
                | Q(split_at__isnull=False, split_by__isnull=False, near_duplicate_group__isnull=True),
                name="document_split_by_a_person_stands_alone",
            ),
        ]
        indexes = [
            GinIndex(fields=["search"], name="document_search"),
            models.Index(fields=["content_hash"], condition=~Q(content_hash=""), name="document_by_content"),
            models.Index(
                fields=["near_duplicate_group", "id"],
                condition=Q(near_duplicate_group__isnull=False),
                name="document_by_story",
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.url


class TextSketch(models.Model):
    """The MinHash bands of a page's text, by which pages with the same story are found; none for a short text."""

    document = models.OneToOneField(Document, on_delete=models.PROTECT, primary_key=True, related_name="sketch")
    bands = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        indexes = [GinIndex(fields=["bands"], name="sketch_bands")]

    def __str__(self) -> str:
        return str(self.document_id)


class DocumentUrl(models.Model):
    """An address under which a document was seen; every address leads to exactly one document."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="urls")
    url = models.URLField(max_length=2048)
    url_hash = models.CharField(max_length=64, unique=True)
    how = models.CharField(max_length=16, choices=UrlOrigin)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.url


class CaptureQuerySet(models.QuerySet["Capture"]):
    def copies(self) -> Self:
        """Copies of the page itself whose bytes we still have, newest first."""
        return self.filter(kind=CaptureKind.PAGE, removal__isnull=True).order_by("-fetched_at", "-pk")


class Capture(models.Model):
    """One dated record of an answer, append-only: the row is guarded by a trigger, the bytes are named by their hash.

    Most are copies of the page; a later check also keeps the answer that the page is gone, or the page elsewhere that
    its address leads to now.
    """

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="captures")
    fetched_at = models.DateTimeField()
    kind = models.CharField(
        max_length=16, choices=CaptureKind, default=CaptureKind.PAGE, db_default=CaptureKind.PAGE.value
    )
    final_url = models.URLField(max_length=2048)
    http_status = models.PositiveSmallIntegerField()
    sha256 = models.CharField(max_length=64, help_text="Of the decoded body.")
    storage_key = models.CharField(max_length=200, help_text="Of the gzipped WARC record in the captures storage.")
    warc_sha256 = models.CharField(max_length=64)
    length = models.PositiveBigIntegerField(help_text="Bytes of the decoded body.")
    archive_url = models.URLField(max_length=2048, blank=True)
    headers = models.JSONField(default=list, help_text="[[name, value], …] as received.")

    objects = CaptureQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["document", "fetched_at"], name="capture_once_per_moment"),
            models.CheckConstraint(condition=Q(kind__in=CaptureKind.values), name="capture_kind_known"),
            models.CheckConstraint(condition=Q(http_status__range=(100, 599)), name="capture_status_is_http"),
            models.CheckConstraint(condition=Q(sha256__regex="^[0-9a-f]{64}$"), name="capture_sha256_is_hex"),
        ]

    def __str__(self) -> str:
        return f"{self.document_id} at {self.fetched_at:%Y-%m-%d %H:%M}Z"


class DocumentChange(models.Model):
    """What differs between two captures of one document."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="changes")
    before = models.ForeignKey(Capture, on_delete=models.PROTECT, related_name="+")
    after = models.ForeignKey(Capture, on_delete=models.PROTECT, related_name="+")
    difference = models.JSONField(default=dict)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["before", "after"], name="document_change_once")]

    def __str__(self) -> str:
        return f"{self.document_id}: {self.before_id} to {self.after_id}"
