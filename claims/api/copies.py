"""The dated copies of a page, what changed between them, and second copies at archives."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from claims.api.base import DeskViewSet, Row
from claims.api.rows import CaptureRow
from claims.models import ArchiveCopy, Capture, Document, DocumentChange


class ArchiveCopyRow(Row):
    """A copy of the page at an archive, asked for once a day at most; its outcome may still be open."""

    class Meta:
        model = ArchiveCopy
        fields = ["id", "service", "day", "state", "archive_url", "note", "requested_at", "finished_at", "capture"]


class ChangeRow(Row):
    """What differs between two copies: by name as [before, after], `quotes` as a list of such pairs."""

    difference = serializers.DictField()

    class Meta:
        model = DocumentChange
        fields = ["id", "before", "after", "difference", "seen_at"]


class _OfDocument(DeskViewSet):
    """Rows that belong to one page."""

    def of_document(self, pk: int, kind: type[Row]) -> Response:
        """One page of rows. Raises Document.DoesNotExist."""
        document = Document.objects.only("pk").get(pk=pk)
        return self.page(self.get_queryset().filter(document=document), kind)


@extend_schema(tags=["Copies"])
class CaptureViewSet(_OfDocument):
    """Our own copies."""

    queryset = Capture.objects.all()
    serializer_class = CaptureRow

    @extend_schema(operation_id="captures_list", summary="Our dated copies of a page, the newest first")
    def list(self, request: Request, pk: int) -> Response:
        """One page of copies."""
        return self.of_document(pk, CaptureRow)


@extend_schema(tags=["Copies"])
class DocumentChangeViewSet(_OfDocument):
    """Changes between copies."""

    queryset = DocumentChange.objects.all()
    serializer_class = ChangeRow

    @extend_schema(operation_id="changes_list", summary="What changed on a page, the newest first")
    def list(self, request: Request, pk: int) -> Response:
        """One page of changes."""
        return self.of_document(pk, ChangeRow)


@extend_schema(tags=["Copies"])
class ArchiveCopyViewSet(_OfDocument):
    """Copies elsewhere."""

    queryset = ArchiveCopy.objects.all()
    serializer_class = ArchiveCopyRow

    @extend_schema(operation_id="archives_list", summary="Second copies of a page at archives, the newest first")
    def list(self, request: Request, pk: int) -> Response:
        """One page of copies."""
        return self.of_document(pk, ArchiveCopyRow)
