"""What becomes of our copies: second ones elsewhere, and files past their keeping."""

from typing import Self

from django.db import models
from django.db.models import Q

from claims.choices import OPEN_ARCHIVE_STATES, ArchiveService, ArchiveState


class ArchiveCopyQuerySet(models.QuerySet["ArchiveCopy"]):
    def open(self) -> Self:
        """Those whose outcome is not known yet."""
        return self.filter(state__in=OPEN_ARCHIVE_STATES)


class ArchiveCopy(models.Model):
    """A second copy of a cited page at an archive: asked for once per service, page and day, outcome included."""

    document = models.ForeignKey("claims.Document", on_delete=models.PROTECT, related_name="archive_copies")
    capture = models.ForeignKey(
        "claims.Capture", on_delete=models.PROTECT, related_name="+", help_text="Our own copy that it stands beside."
    )
    service = models.CharField(max_length=16, choices=ArchiveService)
    day = models.DateField(help_text="UTC.")
    state = models.CharField(max_length=16, choices=ArchiveState, default=ArchiveState.REQUESTED)
    job_id = models.CharField(max_length=200, blank=True, help_text="How the archive calls its job; opaque.")
    archive_url = models.URLField(max_length=2300, blank=True)
    note = models.CharField(max_length=300, blank=True)
    requested_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True, help_text="When it was first sent off, before any answer.")
    tries = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(null=True, blank=True, help_text="When the archive is asked next; null when over.")
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ArchiveCopyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["service", "document", "day"], name="archive_copy_once_a_day"),
            models.CheckConstraint(condition=Q(service__in=ArchiveService.values), name="archive_copy_service_known"),
            models.CheckConstraint(condition=Q(state__in=ArchiveState.values), name="archive_copy_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=OPEN_ARCHIVE_STATES, finished_at__isnull=True)
                | (~Q(state__in=OPEN_ARCHIVE_STATES) & Q(finished_at__isnull=False)),
                name="archive_copy_finished_when_over",
            ),
            models.CheckConstraint(
                condition=~Q(state=ArchiveState.DONE) | ~Q(archive_url=""), name="archive_copy_done_has_address"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_id} at {self.service}: {self.state}"


class CaptureRemoval(models.Model):
    """That a copy's file is past its keeping, or was lawfully erased.

    The row of the copy stays with its digests; its bytes go soon after.
    """

    capture = models.OneToOneField("claims.Capture", on_delete=models.PROTECT, primary_key=True, related_name="removal")
    removed_at = models.DateTimeField()
    reason = models.CharField(max_length=200)
    lawful = models.BooleanField(
        default=False, db_default=False, help_text="Erased because the law asked for it, whoever cites the page."
    )
    file_gone_at = models.DateTimeField(null=True, blank=True, help_text="When the file was taken out of storage.")

    def __str__(self) -> str:
        return f"{self.capture_id}: {self.reason}"
