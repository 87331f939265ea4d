"""Many claims at once: each row stands or falls by itself, and the answer says which."""

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from claims.access.roles import Operation, require
from claims.api.auth import person_of
from claims.api.base import DeskViewSet, Input
from claims.api.claims import ClaimInput
from claims.api.errors import flat
from claims.api.examples import BULK, BULK_ANSWER
from claims.api.public_shapes import ErrorBody
from claims.editing.claims import ClaimFields, create_claim
from claims.errors import DomainError

MOST_ROWS = 500


class BulkInput(Input):
    claims = serializers.ListField(
        child=serializers.DictField(),
        min_length=1,
        max_length=MOST_ROWS,
        help_text="Each as POST /api/v1/claims takes it.",
    )


class RowRefused(serializers.Serializer[Any]):
    """Why a row was not taken."""

    code = serializers.CharField()
    message = serializers.CharField()
    fields = serializers.DictField(  # type: ignore[assignment]  # DRF takes declared fields off the class
        child=serializers.ListField(child=serializers.CharField())
    )


class RowResult(serializers.Serializer[Any]):
    index = serializers.IntegerField(help_text="From 0, in the order of the request.")
    status = serializers.IntegerField(help_text="201, or what the row alone would have been answered with.")
    id = serializers.CharField(allow_null=True, help_text="The new claim's; null where it was refused.")
    error = RowRefused(allow_null=True)


class BulkAnswer(serializers.Serializer[Any]):
    created = serializers.IntegerField()
    refused = serializers.IntegerField()
    results = RowResult(many=True)


@extend_schema(tags=["Claims"])
class BulkClaimViewSet(DeskViewSet):
    """Claims by the hundred."""

    serializer_class = BulkAnswer

    @extend_schema(
        operation_id="claims_create_many",
        summary=f"Put up to {MOST_ROWS} claims into the inbox",
        description="One result per row, in order. Rows that are refused hinder no other; send those again, mended.",
        request=BulkInput,
        responses={200: BulkAnswer, 400: ErrorBody, 403: ErrorBody, 413: ErrorBody},
        examples=[BULK, BULK_ANSWER],
    )
    def create(self, request: Request) -> Response:
        """What became of each row. If the service fails in the middle, none is there."""
        require(person_of(request), Operation.CREATE_CLAIM)
        rows = self.given(BulkInput)["claims"]
        acting = self.acting()
        with transaction.atomic():
            results = [{"index": index, **_created(row, acting)} for index, row in enumerate(rows)]
        created = sum(result["error"] is None for result in results)
        answer = {"created": created, "refused": len(results) - created, "results": results}
        return Response(BulkAnswer(answer).data)


def _created(row: dict[str, Any], acting: dict[str, Any]) -> dict[str, Any]:
    read = ClaimInput(data=row)
    if not read.is_valid():
        error = {"code": "invalid", "message": "Some fields cannot be taken as they are.", "fields": flat(read.errors)}
        return {"status": 400, "id": None, "error": error}
    try:
        made = create_claim(given=ClaimFields(**read.validated_data), **acting)
    except DomainError as refused:
        error = {"code": refused.code, "message": refused.message, "fields": refused.fields}
        return {"status": refused.status, "id": None, "error": error}
    return {"status": 201, "id": made.public_id, "error": None}
