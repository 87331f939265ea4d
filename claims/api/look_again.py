"""What asks the desk to look again: items with their difference, and other fact-checkers' verdicts."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from claims.api.base import DeskViewSet, Input, Row
from claims.api.filters import ReviewItemFilter
from claims.api.public_shapes import ErrorBody
from claims.api.rows import OutletRow, PersonRow
from claims.editing.notes import close_review_item
from claims.models import ExternalReview, ReviewItem
from claims.text import web_link


class ReviewItemRow(Row):
    """Something changed under a claim. `difference` holds what is compared by name as [before, after]."""

    claim = serializers.CharField(source="claim.public_id")
    difference = serializers.DictField()
    closed_by = PersonRow(allow_null=True)

    class Meta:
        model = ReviewItem
        fields = [
            "id",
            "claim",
            "kind",
            "cause",
            "difference",
            "state",
            "opened_at",
            "closed_at",
            "closed_by",
            "closing_note",
        ]


class CloseInput(Input):
    dismissed = serializers.BooleanField(required=False, help_text="It needed nothing; without it, it is done.")
    note = serializers.CharField(required=False, allow_blank=True)


class ExternalReviewRow(Row):
    """Another fact-checker's verdict, word for word.

    `outlet` is null where the page is not on the site of a fact-checker that the desk lists: then it is only what the
    markup says of itself. `value` is null where the words do not say so plainly.
    """

    claim = serializers.CharField(source="claim.public_id")
    outlet = OutletRow(allow_null=True)
    url = serializers.SerializerMethodField(help_text="Where it stands; empty if that is no web address.")

    class Meta:
        model = ExternalReview
        fields = [
            "id",
            "claim",
            "outlet",
            "publisher",
            "publisher_site",
            "url",
            "title",
            "claim_text",
            "claimant",
            "rating_text",
            "value",
            "language",
            "likeness",
            "reviewed_at",
            "found_by",
            "found_at",
            "seen_at",
        ]

    def get_url(self, row: ExternalReview) -> str:
        """Fit to be linked, or nothing: others wrote it."""
        return web_link(row.url)


@extend_schema(tags=["Look again"])
class ReviewItemViewSet(DeskViewSet):
    """Look-again items of the whole desk."""

    queryset = ReviewItem.objects.select_related("claim", "closed_by").defer("claim__search")
    serializer_class = ReviewItemRow
    filterset_class = ReviewItemFilter

    @extend_schema(operation_id="review_items_list", summary="Look-again items, the newest first")
    def list(self, request: Request) -> Response:
        """One page of items."""
        return self.page(self.get_queryset(), ReviewItemRow)

    @extend_schema(
        operation_id="review_items_close",
        summary="Close a look-again item",
        request=CloseInput,
        responses={200: ReviewItemRow, 400: ErrorBody, 403: ErrorBody, 404: ErrorBody, 409: ErrorBody},
    )
    def close(self, request: Request, pk: int) -> Response:
        """The item, done or dismissed."""
        close_review_item(item_id=pk, **self.given(CloseInput), **self.acting())
        return Response(ReviewItemRow(self.get_queryset().get(pk=pk)).data)


@extend_schema(tags=["Look again"])
class ClaimReviewItemViewSet(DeskViewSet):
    """Look-again items of one claim."""

    queryset = ReviewItemViewSet.queryset
    serializer_class = ReviewItemRow
    filterset_class = ReviewItemFilter

    @extend_schema(operation_id="claim_review_items_list", summary="A claim's look-again items, the newest first")
    def list(self, request: Request, public_id: str) -> Response:
        """One page of items, those of merged claims too; `claim` says whose each is."""
        return self.page(self.get_queryset().filter(claim__in=self.cluster()), ReviewItemRow)


@extend_schema(tags=["Look again"])
class ExternalReviewViewSet(DeskViewSet):
    """Other fact-checkers' verdicts on one claim."""

    queryset = ExternalReview.objects.select_related("claim", "outlet").defer("claim__search", "raw")
    serializer_class = ExternalReviewRow

    @extend_schema(operation_id="external_reviews_list", summary="Other fact-checkers' verdicts, found last first")
    def list(self, request: Request, public_id: str) -> Response:
        """One page of verdicts, those of merged claims too; `claim` says whose each is."""
        return self.page(self.get_queryset().filter(claim__in=self.cluster()), ExternalReviewRow)
