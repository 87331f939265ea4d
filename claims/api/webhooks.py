"""A consumer's own endpoints: registered, tested, their secrets replaced, and what became of every message."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from claims.api.auth import KeyAuthentication, key_of
from claims.api.base import DeskViewSet, Input, Instant, Row, now
from claims.api.errors import Problem
from claims.api.examples import NEW_WEBHOOK, WEBHOOK_REFUSED
from claims.api.permissions import ManagesWebhooks
from claims.api.public_shapes import ErrorBody
from claims.http import NO_PACE, Web
from claims.models import ApiKey, Consumer, Delivery, DeliveryTry, Webhook
from claims.publishing import webhooks
from claims.publishing.webhooks import By, Issued
from claims.webhook_choices import DeliveryState, WebhookEvent

REFUSED = {400: ErrorBody, 401: ErrorBody, 403: ErrorBody, 404: ErrorBody, 409: ErrorBody}
_ID = OpenApiParameter("webhook_id", str, "path", description="The endpoint's id.")
_MESSAGE = OpenApiParameter("message_id", str, "path", description="The message's id, as in `webhook-id`.")
_LAST_DAYS = timedelta(days=3)


class WebhookInput(Input):
    url = serializers.CharField(
        max_length=webhooks.LONGEST_URL,
        help_text="Where events are posted: https, a public host, port 443. Redirects are not followed.",
    )
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=WebhookEvent.choices),
        required=False,
        help_text="What it is told of; everything unless told.",
    )
    description = serializers.CharField(max_length=200, required=False, allow_blank=True)


class SecretInput(Input):
    overlap_hours = serializers.IntegerField(
        min_value=0,
        max_value=webhooks.LONGEST_OVERLAP,
        required=False,
        help_text=f"For how long the old secret goes on signing beside the new one; {webhooks.DEFAULT_OVERLAP} unless "
        "told.",
    )


class RedeliverInput(Input):
    since = Instant(required=False, help_text="What was given up since then; three days ago unless told.")


class WebhookRow(Row):
    """An endpoint and how it is doing."""

    id = serializers.CharField(source="public_id")
    off = serializers.CharField(help_text="Empty while it is on, else why it is off: owner, desk, gone or failing.")
    failing_since = Instant(
        allow_null=True, help_text="Since when every try has failed; null while the newest one worked."
    )
    switched_off_at_latest = serializers.SerializerMethodField(
        help_text="When it is switched off if nothing but failures goes on; null while it works."
    )

    class Meta:
        model = Webhook
        fields = [
            "id",
            "url",
            "description",
            "events",
            "off",
            "off_at",
            "created_at",
            "failures",
            "failing_since",
            "switched_off_at_latest",
            "resting_until",
            "last_success_at",
            "last_failure_at",
            "last_failure",
        ]

    @extend_schema_field(Instant(allow_null=True))
    def get_switched_off_at_latest(self, row: Webhook) -> str | None:
        """The end of its patience, as an instant."""
        ends = webhooks.switched_off_at(row)
        return None if ends is None else Instant().to_representation(ends)


class IssuedWebhook(WebhookRow):
    """An endpoint with its secret, which is shown this once."""

    secret = serializers.SerializerMethodField(help_text="`whsec_…`; verify every message with it.")

    class Meta(WebhookRow.Meta):
        fields = [*WebhookRow.Meta.fields, "secret"]

    def get_secret(self, row: Webhook) -> str:
        """The clear secret."""
        return str(self.context["secret"])


class DeliveryRow(Row):
    """One message to the endpoint."""

    id = serializers.CharField(source="message_id")
    state = serializers.ChoiceField(choices=DeliveryState.choices)

    class Meta:
        model = Delivery
        fields = [
            "id",
            "event",
            "state",
            "tries",
            "created_at",
            "next_at",
            "finished_at",
            "last_status",
            "last_note",
        ]


class TryRow(Row):
    """One try and the beginning of what came back."""

    class Meta:
        model = DeliveryTry
        fields = ["number", "at", "milliseconds", "status", "note", "answer"]


class DeliveryDetail(DeliveryRow):
    """A message with its body as it is sent, and its newest tries."""

    attempts = serializers.SerializerMethodField()

    class Meta(DeliveryRow.Meta):
        fields = [*DeliveryRow.Meta.fields, "payload", "attempts"]

    @extend_schema_field(TryRow(many=True))
    def get_attempts(self, row: Delivery) -> list[dict[str, Any]]:
        """The newest first."""
        return list(TryRow(row.attempts.order_by("-number")[:50], many=True).data)


class SentAgain(serializers.Serializer[Any]):
    """How many messages wait to be sent again."""

    count = serializers.IntegerField()


class ConsumerViewSet(DeskViewSet):
    """Views of a consumer's own things."""

    authentication_classes = [KeyAuthentication]
    permission_classes = [ManagesWebhooks]
    repeatable = False  # some answers hold secrets, and some look an address up

    def key(self) -> ApiKey:
        """The key that is asking."""
        key = key_of(self.request)
        assert key is not None, "the permission lets only keys in"
        return key

    def consumer(self) -> Consumer:
        """Whose key it is."""
        consumer = self.key().consumer
        assert consumer is not None, "the permission lets only consumers' keys in"
        return consumer

    def by(self) -> dict[str, Any]:
        """Who does it and when, as operations on endpoints want it."""
        return {"by": By(consumer=self.consumer(), key=self.key()), "at": now()}

    def webhook(self) -> Webhook:
        """The endpoint that the address names, if it is this consumer's. Raises Webhook.DoesNotExist."""
        return Webhook.objects.kept().get(consumer=self.consumer(), public_id=self.kwargs["webhook_id"])


@extend_schema(tags=["Webhooks"])
class WebhookViewSet(ConsumerViewSet):
    """Endpoints by Standard Webhooks 1.0."""

    serializer_class = WebhookRow
    queryset = Webhook.objects.none()

    @extend_schema(operation_id="webhooks_list", summary="Your endpoints, the newest first")
    def list(self, request: Request) -> Response:
        """One page."""
        return self.page(Webhook.objects.kept().filter(consumer=self.consumer()), WebhookRow)

    @extend_schema(
        operation_id="webhooks_create",
        summary="Register an endpoint",
        description="The answer holds the secret, this once. Ask for a ping to see that it arrives.",
        request=WebhookInput,
        responses={201: IssuedWebhook, **REFUSED},
        examples=[NEW_WEBHOOK, WEBHOOK_REFUSED],
    )
    def create(self, request: Request) -> Response:
        """The endpoint with its secret."""
        given = {"events": list(WebhookEvent.values), "description": "", **self.given(WebhookInput)}
        webhooks.check_address(given["url"], web=Web(pace=NO_PACE))
        return _issued(webhooks.register(consumer=self.consumer(), **given, **self.by()), status=201)

    @extend_schema(operation_id="webhooks_retrieve", summary="One endpoint", parameters=[_ID])
    def retrieve(self, request: Request, webhook_id: str) -> Response:
        """How it is doing."""
        return Response(WebhookRow(self.webhook()).data)

    @extend_schema(
        operation_id="webhooks_update",
        summary="Change an endpoint",
        parameters=[_ID],
        request=WebhookInput,
        responses={200: WebhookRow, **REFUSED},
    )
    def partial_update(self, request: Request, webhook_id: str) -> Response:
        """The endpoint as it is now."""
        found, given = self.webhook(), self.given(WebhookInput, partial=True)
        if "url" in given and given["url"] != found.url:
            webhooks.check_address(given["url"], web=Web(pace=NO_PACE))
        return Response(WebhookRow(webhooks.edit(webhook_id=found.pk, **given, **self.by())).data)

    @extend_schema(
        operation_id="webhooks_remove", summary="Remove an endpoint", parameters=[_ID], responses={204: None, **REFUSED}
    )
    def remove(self, request: Request, webhook_id: str) -> Response:
        """Nothing; it is told nothing more."""
        webhooks.remove(webhook_id=self.webhook().pk, **self.by())
        return Response(status=204)

    @extend_schema(
        operation_id="webhooks_rotate",
        summary="Replace the secret",
        description="For the overlap, messages carry signatures by the old secret and by the new one.",
        parameters=[_ID],
        request=SecretInput,
        responses={200: IssuedWebhook, **REFUSED},
    )
    def rotate_secret(self, request: Request, webhook_id: str) -> Response:
        """The endpoint with its new secret, this once."""
        return _issued(
            webhooks.rotate_secret(webhook_id=self.webhook().pk, **self.given(SecretInput), **self.by()), status=200
        )

    @extend_schema(
        operation_id="webhooks_ping",
        summary="Send a test",
        parameters=[_ID],
        request=None,
        responses={202: DeliveryRow, **REFUSED},
    )
    def ping(self, request: Request, webhook_id: str) -> Response:
        """The message; look at it again to see what came back."""
        return Response(DeliveryRow(webhooks.ping(webhook_id=self.webhook().pk, **self.by())).data, status=202)

    @extend_schema(
        operation_id="webhooks_switch_off",
        summary="Switch an endpoint off",
        parameters=[_ID],
        request=None,
        responses={200: WebhookRow, **REFUSED},
    )
    def switch_off(self, request: Request, webhook_id: str) -> Response:
        """The endpoint; what waited for it is given up."""
        return Response(WebhookRow(webhooks.switch_off(webhook_id=self.webhook().pk, **self.by())).data)

    @extend_schema(
        operation_id="webhooks_switch_on",
        summary="Switch an endpoint on again",
        parameters=[_ID],
        request=None,
        responses={200: WebhookRow, **REFUSED},
    )
    def switch_on(self, request: Request, webhook_id: str) -> Response:
        """The endpoint; what was missed is read from the change feed, or asked for again."""
        return Response(WebhookRow(webhooks.switch_on(webhook_id=self.webhook().pk, **self.by())).data)

    @extend_schema(
        operation_id="webhooks_redeliver",
        summary="Send again what was given up",
        parameters=[_ID],
        request=RedeliverInput,
        responses={202: SentAgain, **REFUSED},
    )
    def redeliver(self, request: Request, webhook_id: str) -> Response:
        """How many wait now."""
        given = self.given(RedeliverInput)
        since = given.get("since") or now() - _LAST_DAYS
        count = webhooks.redeliver_given_up(webhook_id=self.webhook().pk, since=since, **self.by())
        return Response({"count": count}, status=202)


@extend_schema(tags=["Webhooks"])
class DeliveryViewSet(ConsumerViewSet):
    """Every message to an endpoint, kept for as long as the desk keeps them."""

    serializer_class = DeliveryRow
    queryset = Delivery.objects.none()

    def rows(self) -> QuerySet[Delivery]:
        """Messages of the endpoint that the address names."""
        return Delivery.objects.filter(webhook=self.webhook())

    @extend_schema(
        operation_id="webhook_deliveries_list", summary="Messages to an endpoint, the newest first", parameters=[_ID]
    )
    def list(self, request: Request, webhook_id: str) -> Response:
        """One page, without the bodies."""
        return self.page(self.rows().defer("payload"), DeliveryRow)

    @extend_schema(
        operation_id="webhook_deliveries_retrieve",
        summary="One message with its body and tries",
        parameters=[_ID, _MESSAGE],
        responses={200: DeliveryDetail, 404: ErrorBody},
    )
    def retrieve(self, request: Request, webhook_id: str, message_id: str) -> Response:
        """The message."""
        return Response(DeliveryDetail(self._message(message_id)).data)

    @extend_schema(
        operation_id="webhook_deliveries_redeliver",
        summary="Send a message again",
        description="Same id, same body, signed anew. One that waits for its next try goes now.",
        parameters=[_ID, _MESSAGE],
        request=None,
        responses={202: DeliveryRow, **REFUSED},
    )
    def redeliver(self, request: Request, webhook_id: str, message_id: str) -> Response:
        """The message, waiting again."""
        webhook = self.webhook()
        sent = webhooks.redeliver(webhook_id=webhook.pk, message_id=message_id, **self.by())
        return Response(DeliveryRow(sent).data, status=202)

    def _message(self, message_id: str) -> Delivery:
        found = self.rows().filter(message_id=message_id).first()
        if found is None:
            raise Problem("There is no such message.", code="not_found", status=404)
        return found


def _issued(made: Issued, *, status: int) -> Response:
    return Response(IssuedWebhook(made.webhook, context={"secret": made.secret}).data, status=status)
