"""Files as evidence: uploaded as a form, given back as a download."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from claims.access.transfer import attachment
from claims.api.base import DeskViewSet
from claims.api.errors import Problem
from claims.api.evidence import EvidenceWords, evidence_response
from claims.api.parsers import OneForm
from claims.api.public_shapes import ErrorBody
from claims.api.rows import EvidenceRow
from claims.editing import evidence as editing
from claims.editing.evidence import EvidenceFields
from claims.editing.files import opened
from claims.models import Evidence


class FileInput(EvidenceWords):
    """A file with what is said of it."""

    file = serializers.FileField(
        max_length=255, help_text="PDF, image, sound, film, text or office document, up to 25 MB. Never public."
    )


@extend_schema(tags=["Evidence"])
class EvidenceFileViewSet(DeskViewSet):
    """Files among the sources. Readers see the hash and the note, never the file or its name."""

    serializer_class = EvidenceRow
    parser_classes = [OneForm]

    @extend_schema(
        operation_id="evidence_upload",
        summary="Link a file to a claim",
        request={"multipart/form-data": FileInput},
        responses={201: EvidenceRow, 400: ErrorBody, 403: ErrorBody, 409: ErrorBody, 413: ErrorBody, 415: ErrorBody},
    )
    def create(self, request: Request, public_id: str) -> Response:
        """The new source."""
        claim, given = self.claim(), self.given(FileInput)
        file = given.pop("file")
        made = editing.add_file(claim_id=claim.pk, file=file, given=EvidenceFields(**given), **self.acting())
        return evidence_response(made.pk, status=201)

    @extend_schema(
        operation_id="evidence_file",
        summary="Download the file of a source",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY, 404: ErrorBody},
    )
    def download(self, request: Request, pk: int) -> Response:
        """The bytes, as an attachment."""
        row = Evidence.objects.get(pk=pk)
        file = opened(row)
        if file is None:
            raise Problem("This source has no file, or its bytes are not there.", code="not_found", status=404)
        return attachment(file=file, name=row.file_name or "evidence")  # type: ignore[return-value]  # DRF passes it on
