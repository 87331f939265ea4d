"""Pages of the web, and what a person says about which of them carry one story."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from claims.api.base import DeskViewSet
from claims.api.moves import Nothing
from claims.api.public_shapes import ErrorBody
from claims.api.rows import DocumentRow
from claims.coverage import stories
from claims.models import Document

ANSWERS = {200: DocumentRow, 403: ErrorBody, 404: ErrorBody, 409: ErrorBody}


@extend_schema(tags=["Coverage"], responses=ANSWERS)
class DocumentViewSet(DeskViewSet):
    """One page of the web. Pages that carry one story form a group, which counts as one independent voice."""

    serializer_class = DocumentRow

    @extend_schema(operation_id="documents_retrieve", summary="One page of the web")
    def retrieve(self, request: Request, pk: int) -> Response:
        """The page."""
        return self._shown(pk)

    @extend_schema(
        operation_id="documents_split",
        summary="Say that a page is a story of its own",
        description="It leaves its group, and no machine puts it into one again.",
        request=Nothing,
    )
    def split(self, request: Request, pk: int) -> Response:
        """The page, alone."""
        self.given(Nothing)
        stories.split(document_id=pk, **self.acting())
        return self._shown(pk)

    @extend_schema(
        operation_id="documents_rejoin",
        summary="Take a split back",
        description="A worker groups the page anew in the background.",
        request=Nothing,
    )
    def rejoin(self, request: Request, pk: int) -> Response:
        """The page, which may be grouped again."""
        self.given(Nothing)
        stories.rejoin(document_id=pk, **self.acting())
        return self._shown(pk)

    def _shown(self, pk: int) -> Response:
        rows = Document.objects.select_related("outlet").defer("text", "search")
        return Response(DocumentRow(rows.get(pk=pk)).data)
