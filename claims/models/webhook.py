"""Endpoints of consumers that are told of verdicts, their secrets, and every event on its way to one of them."""

import secrets
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from claims.webhook_choices import PING, DeliveryState, WebhookEvent, WebhookOff

_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"


def new_message_id() -> str:
    """`msg_` and 26 characters (130 random bits): a receiver's key to do a thing once. Holds no dot."""
    return "msg_" + "".join(secrets.choice(_LETTERS) for _ in range(26))


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def kept(self) -> Self:
        """Endpoints that their owner has not removed."""
        return self.filter(removed_at__isnull=True)

    def open(self) -> Self:
        """Endpoints that are told of what happens: kept, switched on, and of a consumer that is active."""
        return self.kept().filter(off=WebhookOff.NO, consumer__active=True)


class Webhook(models.Model):
    """One endpoint of a consumer. Removed, never deleted.

    `held_by`, `held_fence` and `held_until` are the job that sends to it at the moment: one at a time, so that an
    endpoint that hangs keeps nobody else waiting. `rung_at` and `planned_at` spare jobs that would find nothing to do;
    nothing is lost by a job that they are wrong about, since what is forgotten is looked for. `failures` counts failed
    tries in a row, and `failing_since` is when the first of them was.
    """

    consumer = models.ForeignKey("claims.Consumer", on_delete=models.PROTECT, related_name="webhooks")
    made_with = models.ForeignKey("claims.ApiKey", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    public_id = models.CharField(max_length=16, unique=True)
    url = models.CharField(max_length=2000)
    description = models.CharField(max_length=200, blank=True)
    events = ArrayField(models.CharField(max_length=32), default=list)
    off = models.CharField(max_length=8, choices=WebhookOff, blank=True, default=WebhookOff.NO)
    off_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    resting_until = models.DateTimeField(null=True, blank=True)  # its circuit is open, or it asked for a pause
    last_success_at = models.DateTimeField(null=True, blank=True)
    last_failure_at = models.DateTimeField(null=True, blank=True)
    last_failure = models.CharField(max_length=300, blank=True)
    rung_at = models.DateTimeField(null=True, blank=True)  # since when a job for it waits to begin
    planned_at = models.DateTimeField(null=True, blank=True)  # when a job that was put off will begin
    held_by = models.BigIntegerField(null=True, blank=True)
    held_fence = models.BigIntegerField(null=True, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(off__in=WebhookOff.values), name="webhook_off_known"),
            models.CheckConstraint(
                condition=Q(off=WebhookOff.NO, off_at__isnull=True) | (~Q(off=WebhookOff.NO) & Q(off_at__isnull=False)),
                name="webhook_off_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(events__contained_by=sorted(WebhookEvent.values)) & ~Q(events=[]),
                name="webhook_events_known",
            ),
            models.CheckConstraint(
                condition=Q(held_by__isnull=True, held_fence__isnull=True, held_until__isnull=True)
                | Q(held_by__isnull=False, held_fence__isnull=False, held_until__isnull=False),
                name="webhook_held_as_a_whole",
            ),
            models.CheckConstraint(
                condition=Q(failures=0, failing_since__isnull=True) | Q(failures__gt=0, failing_since__isnull=False),
                name="webhook_failing_since_first_failure",
            ),
        ]
        indexes = [models.Index(fields=["consumer", "id"], name="webhook_of_consumer")]

    def __str__(self) -> str:
        return self.url


class WebhookSecretQuerySet(models.QuerySet["WebhookSecret"]):
    def valid(self) -> Self:
        """Secrets that sign now: the current one, and those replaced a while ago, the current one first."""
        valid = self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=Now()))
        return valid.order_by(F("expires_at").desc(nulls_first=True))


class WebhookSecret(models.Model):
    """A signing secret, sealed by claims/publishing/signing.py. `expires_at` None is the current one."""

    webhook = models.ForeignKey(Webhook, on_delete=models.PROTECT, related_name="secrets")
    sealed = models.CharField(max_length=300)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)

    objects = WebhookSecretQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["webhook"], condition=Q(expires_at__isnull=True), name="webhook_secret_one_current"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gte=F("created_at")),
                name="webhook_secret_ends_after_it_began",
            ),
        ]

    def __str__(self) -> str:
        return f"secret {self.pk} of webhook {self.webhook_id}"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def waiting(self) -> Self:
        """Deliveries that will be tried, now or later."""
        return self.filter(state=DeliveryState.WAITING)

    def given_up(self) -> Self:
        """Deliveries that nobody tries any more unless asked to."""
        return self.filter(state=DeliveryState.GIVEN_UP)


class Delivery(models.Model):
    """One event for one endpoint. `message_id` is the webhook-id of every try; `payload` the body, byte for byte.

    `step` is its place in the retry schedule, `tries` counts all tries. `held_version` is the older version that the
    consumer had when the event was made; such deliveries go first.
    """

    webhook = models.ForeignKey(Webhook, on_delete=models.PROTECT, related_name="deliveries")
    message_id = models.CharField(max_length=40, unique=True, default=new_message_id)
    cause = models.CharField(max_length=60)
    event = models.CharField(max_length=32)
    publication = models.ForeignKey(
        "claims.Publication", on_delete=models.PROTECT, null=True, blank=True, related_name="deliveries"
    )
    held_version = models.PositiveIntegerField(null=True, blank=True)
    priority = models.SmallIntegerField(default=0)
    payload = models.TextField()
    state = models.CharField(max_length=12, choices=DeliveryState, default=DeliveryState.WAITING)
    step = models.PositiveSmallIntegerField(default=0)
    tries = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    last_status = models.PositiveSmallIntegerField(null=True, blank=True)
    last_note = models.CharField(max_length=300, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["webhook", "cause"], name="delivery_once_per_cause"),
            models.CheckConstraint(condition=Q(event__in=[*WebhookEvent.values, PING]), name="delivery_event_known"),
            models.CheckConstraint(
                condition=Q(state=DeliveryState.WAITING, next_at__isnull=False, finished_at__isnull=True)
                | Q(
                    state__in=[DeliveryState.DELIVERED, DeliveryState.GIVEN_UP],
                    next_at__isnull=True,
                    finished_at__isnull=False,
                ),
                name="delivery_waits_or_is_over",
            ),
        ]
        indexes = [
            models.Index(
                fields=["webhook", "-priority", "next_at", "id"],
                condition=Q(state=DeliveryState.WAITING),
                name="delivery_waiting",
            ),
            models.Index(fields=["webhook", "-id"], name="delivery_of_webhook"),
            models.Index(fields=["finished_at"], condition=Q(finished_at__isnull=False), name="delivery_finished"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} {self.event}"


class DeliveryTry(models.Model):
    """One try and what came back. `answer` is the beginning of whatever the other side said: hostile, plain text."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True, blank=True)  # null where no answer came
    note = models.CharField(max_length=300, blank=True)  # why it failed, in our words
    answer = models.CharField(max_length=2000, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="delivery_try_once")]

    def __str__(self) -> str:
        return f"try {self.number} of delivery {self.delivery_id}"
