"""Telling endpoints: which event goes to whom, one try at a time, and what its answer means.

One job at a time holds an endpoint (`take`), sends what is due there one after the other, and says when the next is
due (`leave`). So nothing is in flight twice, and an endpoint that hangs costs its own events time and nobody else's.
Whoever comes while it is held goes away again: the holder sees under the row's lock, when it leaves, what came
meanwhile.
"""

import random
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, Min, OuterRef, Q

from claims.audit.operations import record
from claims.choices import EventKind
from claims.http import Web, WebError
from claims.models import Delivery, DeliveryTry, Publication, Webhook
from claims.publishing import reach, signing
from claims.publishing.changes import changes_after
from claims.publishing.payloads import event_of, publication_data, publication_payload
from claims.publishing.webhooks import off
from claims.text import host_of, one_line, plain
from claims.webhook_choices import DeliveryState, WebhookEvent, WebhookOff

log = structlog.get_logger(__name__)

HOLD_SECONDS = 90.0  # how long a holder that fell silent keeps others away; longer than it may send without a sign
GONE = 410
LONGEST_REST = 24 * 3600.0
FAILURES_TO_DOUBT = FAILURES_TO_REST = 4  # in a row
UNSIGNED_REST = 600.0
RUNG_FOR = timedelta(minutes=1)  # a job that was made so long ago and has not begun is not relied on
_OWED = frozenset({WebhookEvent.CORRECTED, WebhookEvent.RETRACTED})
_ANSWER_KEPT = 2_000  # bytes
_JITTER = 0.1  # of the wait, added

# Whoever comes has been waited for no longer, whether it gets the endpoint or goes away.
_TAKE = """
WITH free AS (
    SELECT id, held_by IS NULL OR held_by = %(job)s OR held_until < clock_timestamp() AS mine
      FROM claims_webhook WHERE id = %(id)s FOR NO KEY UPDATE
)
UPDATE claims_webhook AS w
   SET rung_at = NULL,
       planned_at = CASE WHEN planned_at > clock_timestamp() THEN planned_at END,
       held_by = CASE WHEN mine THEN %(job)s ELSE held_by END,
       held_fence = CASE WHEN mine THEN %(fence)s ELSE held_fence END,
       held_until = CASE WHEN mine THEN clock_timestamp() + make_interval(secs => %(hold)s) ELSE held_until END
  FROM free WHERE w.id = free.id RETURNING mine::int
"""
# The next message of an endpoint that this job still holds, marked as on its way, in one statement.
_NEXT = """
WITH held AS (
    UPDATE claims_webhook SET held_until = clock_timestamp() + make_interval(secs => %(hold)s)
     WHERE id = %(id)s AND held_by = %(job)s AND held_fence = %(fence)s AND off = '' AND removed_at IS NULL
       AND coalesce(resting_until <= clock_timestamp(), true) RETURNING id
)
UPDATE claims_delivery SET sent_at = clock_timestamp()
 WHERE id = (SELECT d.id FROM claims_delivery d JOIN held ON held.id = d.webhook_id
              WHERE d.state = 'waiting' AND d.next_at <= clock_timestamp()
              ORDER BY d.priority DESC, d.next_at, d.id LIMIT 1)
RETURNING id, sent_at
"""


@dataclass(frozen=True, slots=True)
class Hold:
    """An endpoint as one job holds it; `fence` tells apart the tries of that job."""

    webhook_id: int
    job: int
    fence: int

    def values(self) -> dict[str, int | float]:
        """For the statements above."""
        return {"id": self.webhook_id, "job": self.job, "fence": self.fence, "hold": HOLD_SECONDS}


@dataclass(frozen=True, slots=True)
class Message:
    """A delivery on its way, and since when by the database's clock, which dates its signature."""

    delivery_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Settled:
    """What a try came to: whether it was written down, and whether the endpoint is in doubt now."""

    written: bool
    doubted: bool


@dataclass(frozen=True, slots=True)
class Due:
    """When an endpoint has its next message to send, and whether it is in doubt."""

    at: datetime
    doubted: bool


@dataclass(frozen=True, slots=True)
class Said:
    """What came of one try. `status` None: no answer, and `note` says why. `after`: seconds it asked us to wait."""

    delivery_id: int
    at: datetime
    milliseconds: int
    status: int | None
    note: str
    answer: str
    after: float | None = None

    @property
    def ok(self) -> bool:
        """Only 2xx is a success."""
        return self.status is not None and 200 <= self.status < 300


@transaction.atomic
def fan_out(*, verdict_id: int, at: datetime) -> list[tuple[int, bool]]:
    """Make the deliveries of what was published with this verdict; gives the endpoints that need a job to send them,
    and whether each is in doubt.

    Belongs into the caller's transaction. Safe to run twice: an endpoint is told of a publication once.
    """
    publication = (
        Publication.objects.select_related("claim").defer("claim__search", "search").filter(verdict=verdict_id).first()
    )
    if publication is None:
        return []
    event = event_of(publication)
    # Who holds an older version is told of what takes it back, whatever it chose to be told of, and before the others.
    held = reach.behind(claim_id=publication.claim_id, version=publication.version) if event in _OWED else {}
    chosen = Q(events__contains=[event]) | Q(consumer__in=list(held))
    open_ones = Webhook.objects.open().filter(chosen).order_by("pk")
    # Locked, so that a job which is waited for begins before this is committed or sees what it brings.
    wanted = list(open_ones.select_for_update(of=("self",), no_key=True))
    if not wanted:
        return []
    epoch = changes_after(after=publication.sequence, limit=1).epoch
    data = publication_data(publication, public_id=publication.claim.public_id, feed_epoch=epoch)
    rows = [
        Delivery(
            webhook=webhook,
            cause=f"publication:{publication.pk}",
            event=event,
            publication=publication,
            held_version=held.get(webhook.consumer_id),
            priority=1 if webhook.consumer_id in held else 0,
            payload=publication_payload(publication, data, held_version=held.get(webhook.consumer_id)),
            created_at=at,
            next_at=at,
        )
        for webhook in wanted
    ]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    unheard = [hook for hook in wanted if hook.rung_at is None or hook.rung_at < at - RUNG_FOR]
    Webhook.objects.filter(pk__in=[hook.pk for hook in unheard]).update(rung_at=at)
    return [(hook.pk, _doubted(hook)) for hook in unheard]


def take(hold: Hold) -> bool:
    """Hold the endpoint, unless another job does."""
    row = _asked(_TAKE, hold)
    return row is not None and row[0] == 1


def next_message(hold: Hold) -> Message | None:
    """The message to send now, marked as on its way; None where none is due, or the endpoint rests, is off, or is held
    by another by now."""
    row = _asked(_NEXT, hold)
    return None if row is None else Message(delivery_id=row[0], at=row[1])


def send(*, message: Message, web: Web) -> Said:
    """Try once: signed anew over the same id and body. Never raises for what the other side does. No transaction open.

    Raises Unsealable where we cannot sign.
    """
    delivery, at = Delivery.objects.select_related("webhook").get(pk=message.delivery_id), message.at
    body = delivery.payload.encode()
    keys = [signing.open_sealed(row.sealed).secret for row in delivery.webhook.secrets.valid()]
    timestamp = int(at.timestamp())
    headers = {
        "Content-Type": "application/json",
        "webhook-id": delivery.message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signing.signatures(
            message_id=delivery.message_id, timestamp=timestamp, body=body, keys=keys
        ),
    }
    began = time.monotonic()
    try:
        answer = web.deliver(
            delivery.webhook.url, body=body, headers=headers, limit=_ANSWER_KEPT, wall=settings.WEBHOOK_TIMEOUT_SECONDS
        )
    except WebError as error:
        return Said(delivery.pk, at, _since(began), None, one_line(str(error), limit=300), "")
    note = "" if 200 <= answer.status < 300 else _why(answer.status)
    text = plain(answer.body.decode("utf-8", "replace"))[:_ANSWER_KEPT]
    return Said(delivery.pk, at, _since(began), answer.status, note, text, after=answer.retry_after())


def settle(*, hold: Hold, said: Said) -> Settled:
    """Write down what came of a try; nothing is written if another job holds the endpoint by now.

    In a transaction of its own.
    """
    with transaction.atomic():
        webhook = Webhook.objects.select_for_update(no_key=True).get(pk=hold.webhook_id)
        if (webhook.held_by, webhook.held_fence) != (hold.job, hold.fence):
            return Settled(written=False, doubted=False)
        delivery = (
            Delivery.objects.select_for_update(of=("self",), no_key=True)
            .select_related("publication")
            .defer("payload", "publication__body", "publication__search")
            .get(pk=said.delivery_id)
        )
        delivery.tries += 1
        delivery.last_status, delivery.last_note = said.status, said.note
        DeliveryTry.objects.create(
            delivery=delivery,
            number=delivery.tries,
            at=said.at,
            milliseconds=said.milliseconds,
            status=said.status,
            note=said.note,
            answer=said.answer,
        )
        now = said.at + timedelta(milliseconds=said.milliseconds)  # the database's clock, without asking for it
        if said.ok:
            _delivered(webhook, delivery, now)
            if delivery.publication is not None and delivery.event != WebhookEvent.ERASED:
                reach.received(consumer_id=webhook.consumer_id, publication=delivery.publication, at=now)
        else:
            _failed(webhook, delivery, said, now)
        delivery.save(
            update_fields=["tries", "last_status", "last_note", "state", "step", "next_at", "finished_at", "sent_at"]
        )
        webhook.save(
            update_fields=[
                "failures", "failing_since", "resting_until", "last_success_at", "last_failure_at", "last_failure",
            ]
        )  # fmt: skip
        if webhook.off == WebhookOff.NO:
            _judge(webhook, said, now)
    return Settled(written=True, doubted=_doubted(webhook))


def cannot_sign(hold: Hold) -> None:
    """Let the endpoint rest, because this installation lost the key to its secret; no try is counted against it."""
    log.error("secret of an endpoint cannot be opened; put the old SECRET_KEY into SECRET_KEY_FALLBACKS")
    note = "Not sent: its secret cannot be opened, because SECRET_KEY was changed without its fallback."
    until = _now() + timedelta(seconds=UNSIGNED_REST)
    Webhook.objects.filter(pk=hold.webhook_id).update(resting_until=until, last_failure=note)


def leave(hold: Hold) -> Due | None:
    """Let go of the endpoint, in the caller's transaction, and say when it needs the next job; None if nothing waits, a
    job is planned in time, or another holds it by now."""
    webhook = Webhook.objects.select_for_update(no_key=True).get(pk=hold.webhook_id)
    if (webhook.held_by, webhook.held_fence) != (hold.job, hold.fence):
        return None
    webhook.held_by = webhook.held_fence = webhook.held_until = None
    webhook.save(update_fields=["held_by", "held_fence", "held_until"])
    due: datetime | None = Delivery.objects.waiting().filter(webhook=webhook).aggregate(due=Min("next_at"))["due"]
    if due is None or webhook.off or webhook.removed_at is not None:
        return None
    now, due = _now(), max(due, webhook.resting_until or due)
    if webhook.planned_at is not None and now < webhook.planned_at <= due:
        return None
    webhook.planned_at = due if due > now else None
    webhook.save(update_fields=["planned_at"])
    return Due(at=due, doubted=_doubted(webhook))


def in_doubt(webhook_id: int) -> bool:
    """Whether its newest tries failed, so that it gets one of the few places for such endpoints and no other."""
    return Webhook.objects.filter(pk=webhook_id, failures__gte=FAILURES_TO_DOUBT).exists()


def forgotten(*, before: datetime) -> list[tuple[int, bool]]:
    """Endpoints whose messages have been due since before that moment with nobody sending, and whether they are in
    doubt. There are none, unless a job was cancelled or given up."""
    rows = Webhook.objects.kept().filter(
        Q(held_until__isnull=True) | Q(held_until__lt=before),
        Q(resting_until__isnull=True) | Q(resting_until__lt=before),
        Exists(Delivery.objects.waiting().filter(webhook=OuterRef("pk"), next_at__lt=before)),
        off=WebhookOff.NO,
    )
    return [(webhook.pk, _doubted(webhook)) for webhook in rows.order_by("pk")]


def _doubted(webhook: Webhook) -> bool:
    return webhook.failures >= FAILURES_TO_DOUBT


def _delivered(webhook: Webhook, delivery: Delivery, now: datetime) -> None:
    delivery.state, delivery.next_at, delivery.finished_at = DeliveryState.DELIVERED, None, now
    webhook.failures, webhook.failing_since, webhook.resting_until = 0, None, None
    webhook.last_success_at = now


def _failed(webhook: Webhook, delivery: Delivery, said: Said, now: datetime) -> None:
    webhook.failures += 1
    webhook.failing_since = webhook.failing_since or now
    webhook.last_failure_at, webhook.last_failure = now, said.note
    _rest(webhook, said, now)
    if delivery.state != DeliveryState.WAITING:
        return  # given up while it was on its way
    waits = settings.WEBHOOK_RETRY_SECONDS
    if delivery.step >= len(waits):
        delivery.state, delivery.next_at, delivery.finished_at = DeliveryState.GIVEN_UP, None, now
        return
    wait = max(waits[delivery.step] * random.uniform(1, 1 + _JITTER), said.after or 0.0)  # noqa: S311 - spread
    delivery.step += 1
    delivery.next_at = now + timedelta(seconds=wait)


def _rest(webhook: Webhook, said: Said, now: datetime) -> None:
    """The endpoint's circuit, doubling with each further failure in a row, and the pause that it asked for itself."""
    pause = said.after or 0.0
    if webhook.failures >= FAILURES_TO_REST:
        base: float = settings.WEBHOOK_REST_SECONDS
        pause = max(pause, base * 2.0 ** min(webhook.failures - FAILURES_TO_REST, 30))
    if pause > 0:
        webhook.resting_until = now + timedelta(seconds=min(pause, LONGEST_REST))


def _judge(webhook: Webhook, said: Said, now: datetime) -> None:
    """Switch an endpoint off that says it is gone, or has only failed for days. Editors and operators see it."""
    why = None
    if said.status == GONE:
        why = WebhookOff.GONE
    elif webhook.failing_since is not None:
        lasted = now - webhook.failing_since
        if lasted >= timedelta(days=settings.WEBHOOK_DISABLE_DAYS):
            why = WebhookOff.FAILING
    if why is None:
        return
    off(webhook, why, at=now)
    data = {"webhook": webhook.public_id, "host": host_of(webhook.url), "why": why.value, "note": said.note}
    record(kind=EventKind.WEBHOOK_SWITCHED_OFF, subject=webhook, actor=None, at=now, data=data)
    log.warning("endpoint switched off; tell its owner", webhook=webhook.public_id, why=why.value)


def _why(status: int) -> str:
    if 300 <= status < 400:
        return f"Answered {status}, which sends us elsewhere; that is not followed."
    if status == GONE:
        return "Answered 410: the endpoint is gone."
    return f"Answered {status}; only 2xx counts as received."


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def _now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now


def _asked(statement: str, hold: Hold) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, hold.values())
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row
