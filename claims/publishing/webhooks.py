"""Endpoints of consumers: registered, edited, tested, switched off and on, removed; their secrets made and replaced.

Consumers do this with their own key, administrators from the admin; both through these operations. The clear secret is
in the answer of the operation that made it, and nowhere else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from claims.access.roles import Operation, require
from claims.audit.operations import record
from claims.choices import EventKind
from claims.errors import Conflict, Invalid
from claims.http import Refused, Web, WebError
from claims.models import ApiKey, Consumer, Delivery, Webhook, WebhookSecret
from claims.publishing import signing
from claims.publishing.payloads import ping_payload
from claims.text import host_of, new_public_id, one_line
from claims.webhook_choices import PING, DeliveryState, WebhookEvent, WebhookOff

MOST_ENDPOINTS = 10  # of one consumer
MOST_SECRETS = 4  # valid at once, so that the header of signatures stays short
LONGEST_URL = 2_000
DEFAULT_OVERLAP, LONGEST_OVERLAP = 24, 7 * 24  # hours for which a replaced secret goes on signing
MOST_SENT_AGAIN = 1_000


@dataclass(frozen=True, slots=True)
class Issued:
    """An endpoint with the clear secret that nobody will see again."""

    webhook: Webhook
    secret: str


@dataclass(frozen=True, slots=True)
class By:
    """Who does it: a consumer with its key, or a person of the desk."""

    consumer: Consumer | None = None
    key: ApiKey | None = None
    user: User | None = None

    def check(self) -> None:
        """Passes for a consumer, and for people whose role lets them. Raises NotAllowed."""
        if self.user is not None:
            require(self.user, Operation.MANAGE_WEBHOOKS)

    def data(self) -> dict[str, Any]:
        """What the history keeps of a consumer's key."""
        return {"key": self.key.prefix} if self.key is not None else {}


def check_address(url: str, *, web: Web) -> None:
    """Passes if events may be sent there: https, a public host, a web port. Asks the name servers, so no transaction
    may be open. Raises Invalid with the reason.
    """
    if len(url) > LONGEST_URL:
        raise _refused(f"At most {LONGEST_URL:,} characters.")
    try:
        web.check(url)
    except Refused as error:
        raise _refused(str(error)) from error
    except WebError as error:
        raise _refused(f"{error} It must be there when the endpoint is registered.") from error
    if not url.lower().startswith("https://") and not _is_named_loopback(url):
        raise _refused("Events are sent by https:// only.")


@transaction.atomic
def register(*, consumer: Consumer, url: str, events: Sequence[str], description: str, by: By, at: datetime) -> Issued:
    """Make an endpoint, with its first secret. The address passed check_address(). Raises Invalid, Conflict,
    NotAllowed."""
    by.check()
    Consumer.objects.select_for_update(no_key=True).get(pk=consumer.pk)
    kept = Webhook.objects.kept().filter(consumer=consumer)
    if kept.count() >= MOST_ENDPOINTS:
        raise Conflict(f"A consumer has at most {MOST_ENDPOINTS} endpoints. Remove one first.")
    if kept.filter(url=url).exists():
        raise Conflict("This address is registered already.")
    webhook = Webhook.objects.create(
        consumer=consumer,
        made_with=by.key,
        public_id=new_public_id(),
        url=url,
        description=one_line(description, limit=200),
        events=_checked(events),
        created_at=at,
    )
    secret = _add_secret(webhook, at=at)
    _note(EventKind.WEBHOOK_SAVED, webhook, by, at, added=True, events=webhook.events)
    return Issued(webhook=webhook, secret=secret)


@transaction.atomic
def edit(
    *,
    webhook_id: int,
    url: str | None = None,
    events: Sequence[str] | None = None,
    description: str | None = None,
    by: By,
    at: datetime,
) -> Webhook:
    """Change what is given. A new address passed check_address(), and begins with a clean record. Raises Invalid,
    Conflict, NotAllowed."""
    by.check()
    webhook = _locked(webhook_id)
    if url is not None and url != webhook.url:
        if Webhook.objects.kept().filter(consumer_id=webhook.consumer_id, url=url).exists():
            raise Conflict("This address is registered already.")
        webhook.url = url
        _clean(webhook)
    if events is not None:
        webhook.events = _checked(events)
    if description is not None:
        webhook.description = one_line(description, limit=200)
    webhook.save(update_fields=["url", "events", "description", *_RECORD])
    _note(EventKind.WEBHOOK_SAVED, webhook, by, at, added=False, events=webhook.events)
    return webhook


@transaction.atomic
def rotate_secret(*, webhook_id: int, overlap_hours: int = DEFAULT_OVERLAP, by: By, at: datetime) -> Issued:
    """Replace the secret; for the overlap, messages carry signatures of both. Raises Invalid, Conflict, NotAllowed."""
    by.check()
    if not 0 <= overlap_hours <= LONGEST_OVERLAP:
        message = f"From 0 to {LONGEST_OVERLAP} hours."
        raise Invalid("The overlap cannot be used.", fields={"overlap_hours": [message]})
    webhook = _locked(webhook_id)
    if len(webhook.secrets.valid()) >= MOST_SECRETS:
        raise Conflict("This secret was replaced several times already. Wait until the older ones have run out.")
    webhook.secrets.filter(expires_at__isnull=True).update(expires_at=at + timedelta(hours=overlap_hours))
    secret = _add_secret(webhook, at=at)
    _note(EventKind.WEBHOOK_SECRET_ROTATED, webhook, by, at, overlap_hours=overlap_hours)
    return Issued(webhook=webhook, secret=secret)


@transaction.atomic
def switch_off(*, webhook_id: int, by: By, at: datetime) -> Webhook:
    """Tell it nothing more. What still waits is given up. Raises Conflict if it is off already, NotAllowed."""
    by.check()
    webhook = _locked(webhook_id)
    if webhook.off:
        raise Conflict("This endpoint is switched off already.")
    off(webhook, WebhookOff.DESK if by.user is not None else WebhookOff.OWNER, at=at)
    _note(EventKind.WEBHOOK_SWITCHED_OFF, webhook, by, at, why=webhook.off)
    return webhook


@transaction.atomic
def switch_on(*, webhook_id: int, by: By, at: datetime) -> Webhook:
    """Tell it of what happens from now on, with a clean record. Its owner cannot undo what the desk switched off.

    Raises Conflict if it is on, or its owner may not; NotAllowed.
    """
    by.check()
    webhook = _locked(webhook_id)
    if not webhook.off:
        raise Conflict("This endpoint is switched on already.")
    if webhook.off == WebhookOff.DESK and by.user is None:
        raise Conflict("The desk switched this endpoint off. Ask them why.")
    webhook.off, webhook.off_at = WebhookOff.NO, None
    _clean(webhook)
    webhook.save(update_fields=["off", "off_at", *_RECORD])
    _note(EventKind.WEBHOOK_SWITCHED_ON, webhook, by, at)
    return webhook


@transaction.atomic
def remove(*, webhook_id: int, by: By, at: datetime) -> None:
    """End an endpoint for good; its log stays until it is past its keeping. Raises NotAllowed."""
    by.check()
    webhook = _locked(webhook_id)
    if not webhook.off:
        off(webhook, WebhookOff.DESK if by.user is not None else WebhookOff.OWNER, at=at)
    webhook.removed_at = at
    webhook.save(update_fields=["removed_at"])
    webhook.secrets.filter(expires_at__isnull=True).update(expires_at=at)
    _note(EventKind.WEBHOOK_REMOVED, webhook, by, at)


@transaction.atomic
def ping(*, webhook_id: int, by: By, at: datetime) -> Delivery:
    """Send a signed test event, before all else that waits. Raises Conflict while it is off, NotAllowed."""
    by.check()
    webhook = _locked(webhook_id)
    _must_be_on(webhook)
    delivery = Delivery.objects.create(
        webhook=webhook,
        cause=f"ping:{new_public_id()}",
        event=PING,
        priority=2,
        payload=ping_payload(webhook, at=at),
        created_at=at,
        next_at=at,
    )
    _note(EventKind.DELIVERY_REQUESTED, webhook, by, at, message=delivery.message_id, event=PING)
    return delivery


@transaction.atomic
def redeliver(*, webhook_id: int, message_id: str, by: By, at: datetime) -> Delivery:
    """Send one message again, same id and body, with a fresh set of tries; one that waits for its next try goes now.

    Raises Conflict while the endpoint is off, Delivery.DoesNotExist, NotAllowed.
    """
    by.check()
    webhook = _locked(webhook_id)
    _must_be_on(webhook)
    delivery = Delivery.objects.select_for_update(no_key=True).get(webhook=webhook, message_id=message_id)
    _again(Delivery.objects.filter(pk=delivery.pk), at)
    _note(EventKind.DELIVERY_REQUESTED, webhook, by, at, message=message_id, event=delivery.event)
    delivery.refresh_from_db()
    return delivery


@transaction.atomic
def redeliver_given_up(*, webhook_id: int, since: datetime, by: By, at: datetime) -> int:
    """Send again what was given up since then, the oldest first, at most MOST_SENT_AGAIN; gives how many. Raises
    Conflict while it is off, NotAllowed."""
    by.check()
    webhook = _locked(webhook_id)
    _must_be_on(webhook)
    lost = Delivery.objects.given_up().filter(webhook=webhook, created_at__gte=since).order_by("pk")
    ids = list(lost.values_list("pk", flat=True)[:MOST_SENT_AGAIN])
    count = _again(Delivery.objects.filter(pk__in=ids), at)
    if count:
        _note(EventKind.DELIVERY_REQUESTED, webhook, by, at, count=count)
    return count


def reseal() -> tuple[int, int]:
    """Seal under the present SECRET_KEY what still lies under a fallback; gives how many, and how many do not open."""
    done = lost = 0
    for row in WebhookSecret.objects.valid():
        try:
            opened = signing.open_sealed(row.sealed)
        except signing.Unsealable:
            lost += 1
            continue
        if opened.stale:
            done += WebhookSecret.objects.filter(pk=row.pk).update(sealed=signing.seal(opened.secret))
    return done, lost


def switched_off_at(webhook: Webhook) -> datetime | None:
    """When the first failure of a time without success makes the endpoint be switched off; None while it works."""
    since = webhook.failing_since
    return None if since is None or webhook.off else since + timedelta(days=settings.WEBHOOK_DISABLE_DAYS)


def off(webhook: Webhook, why: WebhookOff, *, at: datetime) -> None:
    """Switch the endpoint off, locked by the caller, in the caller's transaction, and give up what waits for it."""
    webhook.off, webhook.off_at = why, at
    webhook.save(update_fields=["off", "off_at"])
    Delivery.objects.waiting().filter(webhook=webhook).update(
        state=DeliveryState.GIVEN_UP, next_at=None, finished_at=at, last_note=f"{why.label}."
    )


_RECORD = ("failures", "failing_since", "resting_until")


def _clean(webhook: Webhook) -> None:
    webhook.failures, webhook.failing_since, webhook.resting_until = 0, None, None


def _again(rows: Any, at: datetime) -> int:
    count: int = rows.update(state=DeliveryState.WAITING, step=0, next_at=at, finished_at=None)
    return count


def _locked(webhook_id: int) -> Webhook:
    return (
        Webhook.objects.kept()
        .select_for_update(of=("self",), no_key=True)
        .select_related("consumer")
        .get(pk=webhook_id)
    )


def _must_be_on(webhook: Webhook) -> None:
    if webhook.off or not webhook.consumer.active:
        raise Conflict("This endpoint is switched off. Switch it on first.")


def _add_secret(webhook: Webhook, *, at: datetime) -> str:
    secret = signing.new_secret()
    WebhookSecret.objects.create(webhook=webhook, sealed=signing.seal(secret), created_at=at)
    return signing.shown(secret)


def _checked(events: Sequence[str]) -> list[str]:
    unknown = sorted(set(events) - set(WebhookEvent.values))
    if unknown or not events:
        raise Invalid("Name the events.", fields={"events": [f"Some of {', '.join(WebhookEvent.values)}."]})
    return sorted(set(events))


def _is_named_loopback(url: str) -> bool:
    """Whether the settings name this very server on loopback: development and tests, which have no certificate."""
    authority = url.partition("://")[2].partition("/")[0]
    return authority in settings.FETCH_LOOPBACK_ALLOWED


def _refused(why: str) -> Invalid:
    return Invalid("Events cannot be sent to this address.", fields={"url": [why]})


def _note(kind: EventKind, webhook: Webhook, by: By, at: datetime, **data: Any) -> None:
    # The host alone: addresses of receivers often hold what lets anybody post there, and the history is for ever.
    told = {"webhook": webhook.public_id, "consumer": webhook.consumer.name, "host": host_of(webhook.url)}
    record(kind=kind, subject=webhook, actor=by.user, at=at, data={**told, **by.data(), **data})
