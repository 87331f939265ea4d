"""Claimants: the people and organisations whose statements are checked, read, made and edited."""

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from claims.api import preconditions
from claims.api.base import DeskViewSet, Input
from claims.api.claims import IF_MATCH
from claims.api.filters import ClaimantFilter
from claims.api.public_shapes import ErrorBody
from claims.api.rows import ClaimantRow
from claims.choices import ClaimantKind
from claims.editing.people import save_claimant
from claims.models import Claimant

_KEPT = ("name", "kind", "job_title", "same_as", "living")


class ClaimantInput(Input):
    """Who they are. A change never reaches what is public by itself: it asks the desk to look again."""

    name = serializers.CharField(max_length=200)
    kind = serializers.ChoiceField(choices=ClaimantKind.choices, required=False)
    job_title = serializers.CharField(required=False, allow_blank=True, max_length=200)
    same_as = serializers.ListField(
        child=serializers.CharField(max_length=2048),
        required=False,
        max_length=20,
        help_text="Addresses that identify them elsewhere.",
    )
    living = serializers.BooleanField(required=False, help_text="Whether a reply can be asked of them.")


@extend_schema(tags=["Catalogue"])
class ClaimantViewSet(DeskViewSet):
    """The people and organisations whose statements are checked."""

    queryset = Claimant.objects.all()
    serializer_class = ClaimantRow
    filterset_class = ClaimantFilter

    @extend_schema(operation_id="claimants_list", summary="Claimants, the newest first")
    def list(self, request: Request) -> Response:
        """One page of claimants."""
        return self.page(self.get_queryset(), ClaimantRow)

    @extend_schema(
        operation_id="claimants_create",
        summary="Add a claimant",
        request=ClaimantInput,
        responses={201: ClaimantRow, 400: ErrorBody, 403: ErrorBody, 409: ErrorBody},
    )
    def create(self, request: Request) -> Response:
        """The new claimant."""
        made = save_claimant(**self.given(ClaimantInput), **self.acting())
        answer = _shown(made, status=201)
        answer.headers["Location"] = f"{request.path}/{made.pk}"
        return answer

    @extend_schema(
        operation_id="claimants_retrieve", summary="One claimant", responses={200: ClaimantRow, 404: ErrorBody}
    )
    def retrieve(self, request: Request, pk: int) -> Response:
        """The claimant."""
        return _shown(Claimant.objects.get(pk=pk))

    @extend_schema(
        operation_id="claimants_edit",
        summary="Edit a claimant",
        parameters=[IF_MATCH],
        request=ClaimantInput(partial=True),
        responses={200: ClaimantRow, 400: ErrorBody, 403: ErrorBody, 409: ErrorBody, 412: ErrorBody, 428: ErrorBody},
    )
    def partial_update(self, request: Request, pk: int) -> Response:
        """The claimant as saved. Fields that are not named stay as they are."""
        tag = preconditions.required(request)
        given = self.given(ClaimantInput, partial=True)
        with transaction.atomic():
            standing = _standing(Claimant.objects.select_for_update().get(pk=pk))
            preconditions.expect_content(tag, standing=standing, wanted=given)
            saved = save_claimant(claimant_id=pk, **{**standing, **given}, **self.acting())
        return _shown(saved)


def _standing(row: Claimant) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _KEPT}


def _shown(row: Claimant, *, status: int = 200) -> Response:
    headers = {"ETag": f'"{preconditions.content_tag(_standing(row))}"'}
    return Response(ClaimantRow(row).data, status=status, headers=headers)
