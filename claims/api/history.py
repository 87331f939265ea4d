"""The history of a claim: every fact, as it was written in the transaction that made it true."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from claims.api.base import DeskViewSet, Row
from claims.api.rows import PersonRow
from claims.models import Event


class EventRow(Row):
    """One fact. `actor` is null where the service did it, `data` after a lawful erasure."""

    actor = PersonRow(allow_null=True)
    data = serializers.DictField(allow_null=True)  # type: ignore[assignment]  # DRF takes declared fields off the class

    class Meta:
        model = Event
        fields = ["id", "kind", "subject_kind", "subject_id", "actor", "at", "data", "data_hash"]


@extend_schema(tags=["Claims"])
class HistoryViewSet(DeskViewSet):
    """What happened to one claim."""

    queryset = Event.objects.select_related("actor")
    serializer_class = EventRow

    @extend_schema(operation_id="history_list", summary="A claim's history, the newest first")
    def list(self, request: Request, public_id: str) -> Response:
        """One page of facts."""
        return self.page(self.get_queryset().filter(claim=self.claim()), EventRow)
