"""What claims refer to: topics, outlets and rating scales."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from claims.api.base import DeskViewSet
from claims.api.filters import OutletFilter
from claims.api.rows import OutletRow, RatingScaleRow, TopicRow
from claims.models import Outlet, RatingScale, Topic


@extend_schema(tags=["Catalogue"])
class TopicViewSet(DeskViewSet):
    """What claims are filed under."""

    queryset = Topic.objects.all()
    serializer_class = TopicRow

    @extend_schema(operation_id="topics_list", summary="Topics, the newest first")
    def list(self, request: Request) -> Response:
        """One page of topics."""
        return self.page(self.get_queryset(), TopicRow)


@extend_schema(tags=["Catalogue"])
class OutletViewSet(DeskViewSet):
    """Publishers of pages."""

    queryset = Outlet.objects.all()
    serializer_class = OutletRow
    filterset_class = OutletFilter

    @extend_schema(operation_id="outlets_list", summary="Outlets, the newest first")
    def list(self, request: Request) -> Response:
        """One page of outlets."""
        return self.page(self.get_queryset(), OutletRow)


@extend_schema(tags=["Catalogue"])
class RatingScaleViewSet(DeskViewSet):
    """Published methodologies with their ratings."""

    queryset = RatingScale.objects.prefetch_related("ratings")
    serializer_class = RatingScaleRow

    @extend_schema(operation_id="rating_scales_list", summary="Rating scales with their ratings, the newest first")
    def list(self, request: Request) -> Response:
        """One page of scales."""
        return self.page(self.get_queryset(), RatingScaleRow)
