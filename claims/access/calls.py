"""Calls that a client may repeat: the effect and its answer are one transaction; neither exists without the other."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import connection, transaction

from claims.errors import DomainError
from claims.models import IdempotentCall
from claims.text import sha256

KEPT = timedelta(hours=24)
ROWS_AT_ONCE = 10_000


class InFlight(DomainError):
    """The same key is at work in another request at this moment."""

    code = "in_flight"
    status = 409


class KeyReused(DomainError):
    """The key came before with another request."""

    code = "idempotency_key_reused"
    status = 422


@dataclass(frozen=True, slots=True)
class Answered:
    """What a call answered: its status, the headers that belong to it, and the bytes of its body."""

    status: int
    headers: dict[str, str]
    body: bytes


@transaction.atomic
def once(*, user: User, key: str, request_hash: str, call: Callable[[], Answered], at: datetime) -> Answered | None:
    """Make the call and keep its answer for KEPT. Where it was made before: the answer of then, and the call is not.

    None means that the call was made now. A call that raises leaves nothing behind and may be repeated under its key.
    Raises InFlight while another request is at it, KeyReused where the key came with another request.
    """
    place = int.from_bytes(bytes.fromhex(sha256(f"{user.pk}:{key}".encode()))[:8], signed=True)
    with connection.cursor() as cursor:  # held until the transaction ends, whichever way
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [place])
        row = cursor.fetchone()
    if row is None or not row[0]:
        raise InFlight("A request with this key is at work. Wait a second, then repeat it.")
    known = IdempotentCall.objects.filter(user=user, key=key).first()
    if known is not None and known.at > at - KEPT:
        if known.request_hash != request_hash:
            raise KeyReused("This key came before with another request. Take a new key for each.")
        return Answered(status=known.status, headers=known.headers, body=bytes(known.body))
    if known is not None:
        known.delete()
    answered = call()
    IdempotentCall.objects.create(
        user=user,
        key=key,
        request_hash=request_hash,
        status=answered.status,
        headers=answered.headers,
        body=answered.body,
        at=at,
    )
    return None


def prune(*, at: datetime) -> None:
    """Remove answers that are kept no longer."""
    old = IdempotentCall.objects.filter(at__lte=at - KEPT).order_by("pk")
    IdempotentCall.objects.filter(pk__in=old.values("pk")[:ROWS_AT_ONCE]).delete()
