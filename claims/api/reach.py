"""What a consumer holds of a verdict: noted as it is served, said by itself, and shown to it."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from claims.api.auth import KeyAuthentication, key_of
from claims.api.base import Checked, Input, Instant, now
from claims.api.permissions import ReadsVerdicts
from claims.api.public_shapes import ErrorBody
from claims.models import Consumer
from claims.publishing import reach, served
from claims.publishing.queries import PublicVersion
from claims.publishing.reach import Held
from claims.webhook_choices import HeldBy


def note_served(request: Request, version: PublicVersion) -> None:
    """A version is given to whoever asks; noted where that is a consumer. Touches no database."""
    key = key_of(request)
    if key is not None and key.consumer_id is not None:
        served.note_version(consumer_id=key.consumer_id, public_id=version.public_id, version=version.version, at=now())


def note_followed(request: Request, after: int) -> None:
    """A consumer reads on in the feed after this number; noted likewise."""
    key = key_of(request)
    if after > 0 and key is not None and key.consumer_id is not None:
        served.note_feed(consumer_id=key.consumer_id, after=after, at=now())


class AcknowledgementInput(Input):
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, help_text="The version that you hold now.")


class HeldVersion(serializers.Serializer[Held]):
    """What you hold of a verdict, as far as the desk knows."""

    current = serializers.IntegerField(help_text="The newest version; a retraction counts as one.")
    version = serializers.IntegerField(allow_null=True, help_text="Null: none that the desk knows of.")
    how = serializers.ChoiceField(choices=HeldBy.choices, allow_null=True)
    at = Instant(allow_null=True)
    acknowledged_version = serializers.IntegerField(allow_null=True)
    acknowledged_at = Instant(allow_null=True)


@extend_schema(tags=["Public verdicts"])
class AcknowledgementView(Checked):
    """Consumers say which version they hold, and see what the desk thinks they hold."""

    authentication_classes = [KeyAuthentication]
    permission_classes = [ReadsVerdicts]

    def parameters(self) -> Sequence[str]:
        """None."""
        return ()

    @extend_schema(
        operation_id="acknowledgements_retrieve",
        summary="What you hold of a verdict",
        responses={200: HeldVersion, 401: ErrorBody, 403: ErrorBody, 404: ErrorBody},
    )
    def get(self, request: Request, public_id: str) -> Response:
        """Version and how the desk knows. What was served in the last seconds may not be in it yet."""
        return self._answer(reach.held_by(consumer=_consumer(request), public_id=public_id))

    @extend_schema(
        operation_id="acknowledgements_create",
        summary="Say which version you hold",
        description=(
            "After a correction or retraction the desk sees who holds the current version and who does not. Reading it "
            "with your key, or taking its webhook, says so too; this says that you dealt with it. May be repeated."
        ),
        request=AcknowledgementInput,
        responses={200: HeldVersion, 400: ErrorBody, 401: ErrorBody, 403: ErrorBody, 404: ErrorBody},
    )
    def post(self, request: Request, public_id: str) -> Response:
        """What you hold now."""
        given = AcknowledgementInput(data=request.data)
        given.is_valid(raise_exception=True)
        consumer, version = _consumer(request), given.validated_data["version"]
        return self._answer(reach.acknowledge(consumer=consumer, public_id=public_id, version=version, at=now()))

    def _answer(self, held: Held) -> Response:
        return Response(HeldVersion(held).data, headers={"Cache-Control": "private, no-store"})


def _consumer(request: Request) -> Consumer:
    key: Any = key_of(request)
    consumer = key.consumer
    assert isinstance(consumer, Consumer), "the permission lets only consumers' keys in"
    return consumer
