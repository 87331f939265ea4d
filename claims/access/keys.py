"""API keys: issued once in clear, stored hashed, checked in constant time.

Form: `fct_live_<8-character prefix>_<43 characters of 256 random bits>`. At 256 bits a fast hash is as good as a
slow one.
"""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Q

from claims.access import uses
from claims.access.roles import Operation, require
from claims.audit.operations import record
from claims.choices import CONSUMER_SCOPES, EventKind, Scope
from claims.errors import Conflict, Invalid
from claims.models import ApiKey, Consumer
from claims.prepared import prepared_cursor
from claims.text import one_line, sha256

MARK = "fct_live_"
_PREFIX_LETTERS = "abcdefghjkmnpqrstvwxyz0123456789"
_PREFIX_LENGTH = 8
LONGEST_OVERLAP = timedelta(days=7)
MOST_PER_MINUTE = 100_000


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key just made: the row, and the clear text that nobody will see again."""

    key: ApiKey
    clear: str


@transaction.atomic
def issue(
    *,
    name: str,
    scopes: Sequence[str],
    consumer: Consumer | None = None,
    user: User | None = None,
    expires_at: datetime | None = None,
    requests_per_minute: int | None = None,
    actor: User | None,
    at: datetime,
) -> IssuedKey:
    """Make a key for a consumer or for a person. `actor` None is the command line.

    `requests_per_minute` is a limit of its own; None is that of its kind of key.

    Raises NotAllowed, or Invalid with the fields at fault.
    """
    if actor is not None:
        require(actor, Operation.MANAGE_KEYS)
    unknown = sorted(set(scopes) - set(Scope.values))
    if unknown or not scopes:
        raise Invalid("Name what the key may do.", fields={"scopes": [f"Some of {', '.join(Scope.values)}."]})
    if (consumer is None) == (user is None):
        raise Invalid("A key belongs to a consumer or to a person.", fields={"consumer": ["Give one of the two."]})
    if consumer is not None and not set(scopes) <= CONSUMER_SCOPES:
        allowed = ", ".join(sorted(CONSUMER_SCOPES))
        raise Invalid("A consumer's key reads verdicts and manages its webhooks.", fields={"scopes": [allowed]})
    if user is not None and Scope.WEBHOOKS_MANAGE in scopes:
        message = "Webhooks belong to consumers; people manage them in the admin."
        raise Invalid("A person's key has no webhooks.", fields={"scopes": [message]})
    if expires_at is not None and expires_at <= at:
        raise Invalid("The key would be expired at once.", fields={"expires_at": ["Lies in the past."]})
    _sound_limit(requests_per_minute)
    issued = _made(
        ApiKey(
            name=one_line(name, limit=200) or "key",
            consumer=consumer,
            user=user,
            scopes=sorted(set(scopes)),
            created_at=at,
            expires_at=expires_at,
            requests_per_minute=requests_per_minute,
        )
    )
    key = issued.key
    record(
        kind=EventKind.KEY_ISSUED,
        subject=key,
        actor=actor,
        at=at,
        data={"prefix": key.prefix, "scopes": key.scopes, "owner": str(consumer or user)},
    )
    return issued


@transaction.atomic
def rotate(*, key_id: int, overlap: timedelta, actor: User | None, own: bool = False, at: datetime) -> IssuedKey:
    """Make a key that takes another's place, with the same owner, scopes, limit and lifetime.

    The old one works for `overlap` more (at most a week; nothing ends it at once), and both count as one towards the
    limit. `own` is the holder itself, who needs no role. Raises NotAllowed, Invalid, or Conflict where the key is over
    or an older one still overlaps with it.
    """
    if actor is not None and not own:
        require(actor, Operation.MANAGE_KEYS)
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise Invalid("The old key works on for a week at most.", fields={"overlap_hours": ["From 0 to 168."]})
    old = ApiKey.objects.select_for_update(of=("self",)).select_related("consumer", "user").get(pk=key_id)
    if not ApiKey.objects.usable().filter(pk=key_id).exists():
        raise Conflict("This key is over already. Issue a new one.")
    first_id = old.first_id or old.pk
    family = ApiKey.objects.usable().filter(Q(pk=first_id) | Q(first_id=first_id)).exclude(pk=key_id)
    if family.exists():
        raise Conflict("A key of this line works beside it still. Wait until that one ends, or revoke it, then rotate.")
    lifetime = old.expires_at - old.created_at if old.expires_at is not None else None
    issued = _made(
        ApiKey(
            name=old.name,
            consumer=old.consumer,
            user=old.user,
            scopes=old.scopes,
            created_at=at,
            expires_at=at + lifetime if lifetime is not None else None,
            requests_per_minute=old.requests_per_minute,
            first_id=first_id,
        )
    )
    if not overlap:
        old.revoked_at = at
    else:
        old.expires_at = min(at + overlap, old.expires_at) if old.expires_at is not None else at + overlap
    old.save(update_fields=["revoked_at", "expires_at"])
    ends_at = old.revoked_at or old.expires_at
    record(
        kind=EventKind.KEY_ROTATED,
        subject=issued.key,
        actor=actor,
        at=at,
        data={"prefix": issued.key.prefix, "replaces": old.prefix, "until": ends_at.isoformat() if ends_at else None},
    )
    return issued


@transaction.atomic
def set_limit(*, key_id: int, requests_per_minute: int | None, actor: User, at: datetime) -> ApiKey:
    """Give a key a limit of its own, or None for that of its kind. Raises NotAllowed or Invalid."""
    require(actor, Operation.MANAGE_KEYS)
    _sound_limit(requests_per_minute)
    key = ApiKey.objects.select_for_update().get(pk=key_id)
    before = key.requests_per_minute
    if before != requests_per_minute:
        key.requests_per_minute = requests_per_minute
        key.save(update_fields=["requests_per_minute"])
        data = {"prefix": key.prefix, "before": before, "after": requests_per_minute}
        record(kind=EventKind.KEY_LIMIT_SET, subject=key, actor=actor, at=at, data=data)
    return key


def _made(key: ApiKey) -> IssuedKey:
    """The key stored under a new prefix and the hash of a new secret."""
    key.prefix = "".join(secrets.choice(_PREFIX_LETTERS) for _ in range(_PREFIX_LENGTH))
    secret = secrets.token_urlsafe(32)
    key.secret_hash = sha256(secret.encode())
    key.save(force_insert=True)
    return IssuedKey(key=key, clear=f"{MARK}{key.prefix}_{secret}")


def _sound_limit(requests_per_minute: int | None) -> None:
    if requests_per_minute is not None and not 1 <= requests_per_minute <= MOST_PER_MINUTE:
        message = f"From 1 to {MOST_PER_MINUTE:,}; empty for the limit of its kind."
        raise Invalid("That is no limit.", fields={"requests_per_minute": [message]})


def verify(clear: str) -> ApiKey | None:
    """The usable key that this clear text belongs to, with its owner joined; None if there is none."""
    if not clear.startswith(MARK):
        return None
    prefix, _, secret = clear.removeprefix(MARK).partition("_")
    if len(prefix) != _PREFIX_LENGTH or not set(prefix) <= set(_PREFIX_LETTERS):  # hostile bytes never reach SQL
        return None
    key = _usable(prefix)
    stored = key.secret_hash if key is not None else "0" * 64
    if not hmac.compare_digest(stored, sha256(secret.encode("utf-8", "replace"))) or key is None:
        return None
    if (key.user is not None and not key.user.is_active) or (key.consumer is not None and not key.consumer.active):
        return None
    return key


@lru_cache(maxsize=1)
def _question() -> str:
    """The SQL that finds a usable key by its prefix, owners joined. Every keyed read asks it: composed once."""
    rows = ApiKey.objects.usable().select_related("consumer", "user").filter(prefix="")
    sql, _ = rows.query.sql_with_params()
    return str(sql)


def _usable(prefix: str) -> ApiKey | None:
    with prepared_cursor(binary=True) as cursor:
        cursor.execute(_question(), [prefix])
        row = cursor.fetchone()
    if row is None:
        return None
    found: list[Any] = []
    begin = 0
    for model, names in _joined():
        values = row[begin : begin + len(names)]
        begin += len(names)
        found.append(model.from_db(connection.alias, names, values) if values[0] is not None else None)
    key: ApiKey = found[0]
    ApiKey.consumer.field.set_cached_value(key, found[1])
    ApiKey.user.field.set_cached_value(key, found[2])
    return key


@lru_cache(maxsize=1)
def _joined() -> list[tuple[Any, list[str]]]:
    """The models in the order in which they are joined, with their columns."""
    return [(model, [field.attname for field in model._meta.concrete_fields]) for model in (ApiKey, Consumer, User)]


def note_use(*, key: ApiKey, at: datetime, refused: bool = False) -> None:
    """Remember that the key was used, or refused for its limit; written down with others within KEY_USE_SECONDS."""
    uses.note(key_id=key.pk, at=at, refused=refused)


@transaction.atomic
def revoke(*, key_id: int, actor: User | None, own: bool = False, at: datetime) -> ApiKey:
    """End a key at once; `own` is the holder itself, who needs no role.

    Raises NotAllowed, or Conflict if it is revoked already.
    """
    if actor is not None and not own:
        require(actor, Operation.MANAGE_KEYS)
    key = ApiKey.objects.select_for_update().get(pk=key_id)
    if key.revoked_at is not None:
        raise Conflict("This key is revoked already.")
    key.revoked_at = at
    key.save(update_fields=["revoked_at"])
    record(kind=EventKind.KEY_REVOKED, subject=key, actor=actor, at=at, data={"prefix": key.prefix})
    return key
