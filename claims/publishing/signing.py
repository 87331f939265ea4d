"""Standard Webhooks 1.0: how a message is signed, and how the secrets that sign are kept.

A secret must be usable, so it cannot be hashed; it lies in the database sealed under a key made from SECRET_KEY, so a
copy of the database alone signs nothing. Sealing is encrypt-then-MAC with HMAC-SHA256 as the pseudorandom function in
counter mode over a random nonce: nothing but the standard library, and no secret longer than two of its blocks.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

MARK = "whsec_"
SECRET_BYTES = 32
_NONCE_BYTES = 16
_TAG_BYTES = 32
_FORM = "1:"


class Unsealable(Exception):
    """A stored secret opens under none of this installation's keys: SECRET_KEY was changed without its fallback."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A secret in use. `stale` says that it was sealed under an older key and should be sealed anew."""

    secret: bytes
    stale: bool


def new_secret() -> bytes:
    """A secret of 256 random bits; the standard asks for 24 to 64 bytes."""
    return secrets.token_bytes(SECRET_BYTES)


def shown(secret: bytes) -> str:
    """The secret as its owner gets it: `whsec_` and Base64."""
    return MARK + base64.b64encode(secret).decode()


def signatures(*, message_id: str, timestamp: int, body: bytes, keys: Sequence[bytes]) -> str:
    """The value of `webhook-signature`: one `v1,…` per key, with spaces between (Standard Webhooks 1.0)."""
    signed = b".".join([message_id.encode(), str(timestamp).encode(), body])
    made = [base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in keys]
    return " ".join(f"v1,{signature}" for signature in made)


def seal(secret: bytes) -> str:
    """The secret as it may be stored."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    hiding, proving = _keys(settings.SECRET_KEY)
    hidden = _mixed(secret, hiding, nonce)
    tag = hmac.digest(proving, nonce + hidden, hashlib.sha256)
    return _FORM + base64.b64encode(nonce + tag + hidden).decode()


def open_sealed(sealed: str) -> Opened:
    """What seal() was given. Raises Unsealable if it was altered, or sealed under a key that is not ours."""
    try:
        raw = base64.b64decode(sealed.removeprefix(_FORM).encode(), validate=True)
    except ValueError as error:
        raise Unsealable from error
    nonce, tag = raw[:_NONCE_BYTES], raw[_NONCE_BYTES : _NONCE_BYTES + _TAG_BYTES]
    hidden = raw[_NONCE_BYTES + _TAG_BYTES :]
    for number, key in enumerate([settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]):
        hiding, proving = _keys(key)
        if hmac.compare_digest(tag, hmac.digest(proving, nonce + hidden, hashlib.sha256)):
            return Opened(secret=_mixed(hidden, hiding, nonce), stale=number > 0)
    raise Unsealable


def _keys(secret_key: str) -> tuple[bytes, bytes]:
    """Two keys of different use from one."""
    root = secret_key.encode()
    return tuple(  # type: ignore[return-value]  # two of them
        hmac.digest(root, b"claims.publishing.signing " + use, hashlib.sha256) for use in (b"hide", b"prove")
    )


def _mixed(data: bytes, key: bytes, nonce: bytes) -> bytes:
    """The data combined with the key's stream for this nonce; the same again gives it back."""
    blocks = range(-(-len(data) // hashlib.sha256().digest_size))
    stream = b"".join(hmac.digest(key, nonce + number.to_bytes(4, "big"), hashlib.sha256) for number in blocks)
    return bytes(one ^ other for one, other in zip(data, stream, strict=False))
