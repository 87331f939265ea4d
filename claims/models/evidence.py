"""Where a claim was made, and the sources that a verdict rests on."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from claims.choices import EvidenceKind, QuoteFound, Stance


class Appearance(models.Model):
    """A place where the claim was made (schema.org `appearance`; `is_first` is `firstAppearance`)."""

    claim = models.ForeignKey("claims.Claim", on_delete=models.PROTECT, related_name="appearances")
    document = models.ForeignKey(
        "claims.Document", on_delete=models.PROTECT, null=True, blank=True, related_name="appearances"
    )
    outlet = models.ForeignKey("claims.Outlet", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    description = models.CharField(max_length=300, blank=True, help_text="Where, if there is no address.")
    quote = models.TextField(blank=True)
    is_first = models.BooleanField(default=False)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["claim"], condition=Q(is_first=True), name="appearance_one_first"),
            models.UniqueConstraint(fields=["claim", "document"], name="appearance_once_per_document"),
            models.CheckConstraint(
                condition=Q(document__isnull=False) | Q(outlet__isnull=False) | ~Q(description=""),
                name="appearance_is_somewhere",
            ),
        ]

    def __str__(self) -> str:
        return self.description or f"appearance {self.pk}"


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    def live(self) -> Self:
        """Evidence a reader may see: not withdrawn by an editor."""
        return self.filter(withdrawn_at__isnull=True)

    def with_sources(self) -> Self:
        """Joins what a card or the public document shows of each source."""
        return self.select_related("document__outlet", "capture__removal", "added_by")


class Evidence(models.Model):
    """A source that a person linked to a claim, with its stance. Withdrawn, never deleted."""

    claim = models.ForeignKey("claims.Claim", on_delete=models.PROTECT, related_name="evidence")
    kind = models.CharField(max_length=16, choices=EvidenceKind, default=EvidenceKind.WEB)
    document = models.ForeignKey(
        "claims.Document", on_delete=models.PROTECT, null=True, blank=True, related_name="evidence"
    )
    capture = models.ForeignKey("claims.Capture", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    archive_url = models.URLField(max_length=2048, blank=True, help_text="A copy elsewhere that the editor looked at.")
    file = models.FileField(upload_to="evidence/", max_length=300, blank=True)
    file_sha256 = models.CharField(max_length=64, blank=True)
    file_name = models.CharField(max_length=120, blank=True, help_text="As it was called, made safe; never public.")
    file_type = models.CharField(max_length=100, blank=True)
    file_size = models.PositiveIntegerField(null=True, blank=True, help_text="In bytes.")
    stated_by = models.CharField(max_length=200, blank=True, help_text="A statement: who made it.")
    stated_at = models.DateTimeField(null=True, blank=True, help_text="A statement: when.")
    stated_how = models.CharField(max_length=200, blank=True, help_text="A statement: by telephone, by e-mail …")
    stance = models.CharField(max_length=16, choices=Stance)
    quote = models.TextField(blank=True)
    quote_found = models.CharField(max_length=16, choices=QuoteFound, default=QuoteFound.NOT_CHECKED)
    note = models.TextField(blank=True, help_text="What it shows, in our own words.")
    is_primary = models.BooleanField(default=False)
    accessed_at = models.DateTimeField()
    coverage = models.ForeignKey(
        "claims.Coverage", on_delete=models.PROTECT, null=True, blank=True, related_name="evidence"
    )
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.CharField(max_length=300, blank=True)
    lock_version = models.PositiveIntegerField(default=1)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["claim", "document"], condition=Q(withdrawn_at__isnull=True), name="evidence_once_while_live"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=F("added_at")),
                name="evidence_withdrawn_after_added",
            ),
            models.CheckConstraint(
                condition=Q(kind=EvidenceKind.WEB, document__isnull=False)
                | (Q(kind=EvidenceKind.FILE) & ~Q(file="") & ~Q(file_sha256=""))
                | (Q(kind=EvidenceKind.STATEMENT, stated_at__isnull=False) & ~Q(stated_by="") & ~Q(stated_how="")),
                name="evidence_has_what_its_kind_needs",
            ),
            models.CheckConstraint(condition=Q(quote_found__in=QuoteFound.values), name="evidence_quote_found_known"),
            models.CheckConstraint(condition=Q(stance__in=Stance.values), name="evidence_stance_known"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.stance} {self.document_id or self.kind}"

    def has_copy(self) -> bool:
        """Whether a reader could still see this source if it went away."""
        own = self.capture is not None and getattr(self.capture, "removal", None) is None  # else lawfully erased
        return own or bool(self.archive_url) or bool(self.file_sha256)
