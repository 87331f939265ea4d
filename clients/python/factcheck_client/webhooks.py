"""Messages from the desk, verified by Standard Webhooks 1.0 before anything in them is believed.

message = verify(body, headers, secrets=[SECRET])
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from factcheck_client.errors import UnexpectedAnswer, WebhookRefused
from factcheck_client.parts import Part

TOLERANCE = 300  # seconds between the sender's clock and ours (Standard Webhooks 1.0)
_MARK = "whsec_"
_DIGITS = re.compile(r"[0-9]{1,15}")
_MOST_SIGNATURES = 20


@dataclass(frozen=True, slots=True)
class Message:
    """A verified message. `id` is the same on every try: drop one that you have dealt with.

    `data` has the verdict's `id`, `version`, `sequence` and so on; a message whose version is not above the one that
    you have comes late and is dropped. Its parts are typed by nobody: the whole verdict is read by Client.verdict().
    """

    id: str
    type: str
    timestamp: datetime
    data: Mapping[str, Any]


def verify(
    body: bytes,
    headers: Mapping[str, str],
    *,
    secrets: Sequence[str],
    now: Callable[[], float] = time.time,
) -> Message:
    """The message, if one of its signatures is by one of the secrets and its time within five minutes of ours.

    `body` is what came in, byte for byte, not parsed and written again. Give both secrets while one is being rotated.
    Raises WebhookRefused, and ValueError where a secret cannot be one.
    """
    keys = [_key(secret) for secret in secrets]
    if not keys:
        raise ValueError("Without a secret nothing can be verified.")
    found = {name.lower(): value for name, value in headers.items()}
    message_id, stamp = found.get("webhook-id", ""), found.get("webhook-timestamp", "")
    if not message_id or not _DIGITS.fullmatch(stamp):
        raise WebhookRefused("webhook-id or webhook-timestamp is missing or cannot be read.")
    if abs(now() - int(stamp)) > TOLERANCE:
        raise WebhookRefused("The message was sent more than five minutes from now.")
    signed = b".".join([message_id.encode(errors="surrogateescape"), stamp.encode(), body])
    wanted = [hmac.digest(key, signed, hashlib.sha256) for key in keys]
    # Every pair is compared, in constant time each, so that nothing can be read off how long it took.
    matches = [hmac.compare_digest(one, other) for one in _signatures(found) for other in wanted]
    if not any(matches):
        raise WebhookRefused("No signature is by a secret of ours.")
    return _message(message_id, body)


def _message(message_id: str, body: bytes) -> Message:
    try:
        part = Part.of(json.loads(body))
        return Message(
            id=message_id, type=part.needed("type"), timestamp=part.instant("timestamp"), data=part.part("data").raw
        )
    except (ValueError, RecursionError, UnexpectedAnswer) as error:
        raise WebhookRefused("The message is signed, but no message of the desk.") from error


def _signatures(headers: Mapping[str, str]) -> list[bytes]:
    """The signatures of the kind that we know; others may stand beside them."""
    found = []
    for one in headers.get("webhook-signature", "").split(" ")[:_MOST_SIGNATURES]:
        version, _, value = one.partition(",")
        try:
            raw = base64.b64decode(value.encode("ascii", "replace"), validate=True)
        except binascii.Error:
            continue
        if version == "v1":
            found.append(raw)
    return found


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_MARK).encode("ascii", "replace"), validate=True)
    except binascii.Error as error:
        raise ValueError("A secret is whsec_ and Base64, as the desk showed it.") from error
    if not key:
        raise ValueError("A secret is not empty.")
    return key
