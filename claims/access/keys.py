"""API keys: issued once in clear, stored hashed, checked in constant time.

Form: `fct_live_<8-character prefix>_<43 characters of 256 random bits>`. At 256 bits a fast hash is as good as a
slow one.
"""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now

from claims.access.roles import Operation, require
from claims.audit.operations import record
from claims.choices import EventKind, Scope
from claims.errors import Conflict, Invalid
from claims.models import ApiKey, Consumer
from claims.text import one_line, sha256

MARK = "fct_live_"
_PREFIX_LETTERS = "abcdefghjkmnpqrstvwxyz0123456789"
_PREFIX_LENGTH = 8
_USE_SAMPLE = timedelta(minutes=1)


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
    actor: User | None,
    at: datetime,
) -> IssuedKey:
    """Make a key for a consumer or for a person. `actor` None is the command line.

    Raises NotAllowed, or Invalid with the fields at fault.
    """
    if actor is not None:
        require(actor, Operation.MANAGE_KEYS)
    unknown = sorted(set(scopes) - set(Scope.values))
    if unknown or not scopes:
        raise Invalid("Name what the key may do.", fields={"scopes": [f"Some of {', '.join(Scope.values)}."]})
    if (consumer is None) == (user is None):
        raise Invalid("A key belongs to a consumer or to a person.", fields={"consumer": ["Give one of the two."]})
    if consumer is not None and set(scopes) != {Scope.VERDICTS_READ.value}:
        raise Invalid("A consumer's key only reads verdicts.", fields={"scopes": [Scope.VERDICTS_READ.value]})
    if expires_at is not None and expires_at <= at:
        raise Invalid("The key would be expired at once.", fields={"expires_at": ["Lies in the past."]})
    prefix = "".join(secrets.choice(_PREFIX_LETTERS) for _ in range(_PREFIX_LENGTH))
    secret = secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        name=one_line(name, limit=200) or "key",
        prefix=prefix,
        secret_hash=sha256(secret.encode()),
        consumer=consumer,
        user=user,
        scopes=sorted(set(scopes)),
        created_at=at,
        expires_at=expires_at,
    )
    record(
        kind=EventKind.KEY_ISSUED,
        subject=key,
        actor=actor,
        at=at,
        data={"prefix": prefix, "scopes": key.scopes, "owner": str(consumer or user)},
    )
    return IssuedKey(key=key, clear=f"{MARK}{prefix}_{secret}")


def verify(clear: str) -> ApiKey | None:
    """The usable key that this clear text belongs to, with its owner joined; None if there is none."""
    if not clear.startswith(MARK):
        return None
    prefix, _, secret = clear.removeprefix(MARK).partition("_")
    if len(prefix) != _PREFIX_LENGTH or not set(prefix) <= set(_PREFIX_LETTERS):  # hostile bytes never reach SQL
        return None
    key = ApiKey.objects.usable().select_related("consumer", "user").filter(prefix=prefix).first()
    stored = key.secret_hash if key is not None else "0" * 64
    if not hmac.compare_digest(stored, sha256(secret.encode("utf-8", "replace"))) or key is None:
        return None
    if (key.user is not None and not key.user.is_active) or (key.consumer is not None and not key.consumer.active):
        return None
    return key


def note_use(*, key: ApiKey, at: datetime) -> None:
    """Remember when the key was last used, at most once a minute."""
    if key.last_used_at is None or at - key.last_used_at > _USE_SAMPLE:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=Now())


@transaction.atomic
def revoke(*, key_id: int, actor: User | None, at: datetime) -> ApiKey:
    """End a key at once. Raises NotAllowed, or Conflict if it is revoked already."""
    if actor is not None:
        require(actor, Operation.MANAGE_KEYS)
    key = ApiKey.objects.select_for_update().get(pk=key_id)
    if key.revoked_at is not None:
        raise Conflict("This key is revoked already.")
    key.revoked_at = at
    key.save(update_fields=["revoked_at"])
    record(kind=EventKind.KEY_REVOKED, subject=key, actor=actor, at=at, data={"prefix": key.prefix})
    return key
