"""Where a claim was made, and how else it is worded."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from claims.api.base import DeskViewSet, Input
from claims.api.public_shapes import ErrorBody
from claims.api.rows import AliasRow, AppearanceRow
from claims.editing import claims as editing
from claims.models import Appearance, ClaimAlias, Outlet

REFUSED = {400: ErrorBody, 403: ErrorBody, 409: ErrorBody}


class AppearanceInput(Input):
    """An address, or an outlet or words where there is none."""

    url = serializers.CharField(required=False, allow_blank=True, max_length=2048)
    outlet = serializers.SlugRelatedField[Outlet](
        slug_field="slug", queryset=Outlet.objects.all(), required=False, allow_null=True, help_text="An outlet's slug."
    )
    description = serializers.CharField(required=False, allow_blank=True, max_length=300)
    quote = serializers.CharField(required=False, allow_blank=True)
    is_first = serializers.BooleanField(required=False)


class AliasInput(Input):
    text = serializers.CharField(allow_blank=True, max_length=500)
    language = serializers.RegexField(
        r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z", required=False, max_length=35, help_text="BCP 47."
    )


@extend_schema(tags=["Appearances and wordings"])
class AppearanceViewSet(DeskViewSet):
    """Where a claim was made."""

    queryset = Appearance.objects.select_related("document__outlet", "outlet", "claim").defer(
        "document__text", "document__search", "claim__search"
    )
    serializer_class = AppearanceRow

    @extend_schema(operation_id="appearances_list", summary="Where a claim was made, noted last first")
    def list(self, request: Request, public_id: str) -> Response:
        """One page of appearances, those of merged claims too; `claim` says whose each is."""
        return self.page(self.get_queryset().filter(claim__in=self.cluster()), AppearanceRow)

    @extend_schema(
        operation_id="appearances_create",
        summary="Note where a claim was made",
        request=AppearanceInput,
        responses={201: AppearanceRow, **REFUSED},
    )
    def create(self, request: Request, public_id: str) -> Response:
        """The new appearance."""
        made = editing.add_appearance(claim_id=self.claim().pk, **self.given(AppearanceInput), **self.acting())
        return Response(AppearanceRow(made).data, status=201)

    @extend_schema(
        operation_id="appearances_remove",
        summary="Take a wrongly noted appearance away",
        responses={204: None, 403: ErrorBody, 404: ErrorBody, 409: ErrorBody},
    )
    def remove(self, request: Request, pk: int) -> Response:
        """Nothing; the history keeps what it said."""
        editing.remove_appearance(appearance_id=pk, **self.acting())
        return Response(status=204)


@extend_schema(tags=["Appearances and wordings"])
class AliasViewSet(DeskViewSet):
    """Other wordings of a claim, for matching."""

    queryset = ClaimAlias.objects.select_related("claim").defer("claim__search")
    serializer_class = AliasRow

    @extend_schema(operation_id="aliases_list", summary="Other wordings, noted last first")
    def list(self, request: Request, public_id: str) -> Response:
        """One page of wordings, those of merged claims too; `claim` says whose each is."""
        return self.page(self.get_queryset().filter(claim__in=self.cluster()), AliasRow)

    @extend_schema(
        operation_id="aliases_create",
        summary="Note another wording",
        request=AliasInput,
        responses={201: AliasRow, **REFUSED},
    )
    def create(self, request: Request, public_id: str) -> Response:
        """The new wording."""
        made = editing.add_alias(claim_id=self.claim().pk, **self.given(AliasInput), **self.acting())
        return Response(AliasRow(made).data, status=201)
