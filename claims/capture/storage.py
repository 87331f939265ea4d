"""Where records lie: on disk, or in S3 by setting. Written once under their own SHA-256, checked when they are read."""

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from claims.capture.warc import BadRecord, Exchange, body_of, exchange_of
from claims.errors import Transient
from claims.models import Capture
from claims.text import sha256

RECORD_LIMIT = 64 * 1024 * 1024  # bytes; a page has at most 10 MB, so what is larger is no record of ours
_AWAY = (BotoCoreError, ClientError, OSError)


class Missing(Exception):
    """The file is not in storage. The message is a sentence for an editor."""


def put(warc: bytes) -> str:
    """Put a record into storage; its key. Twice the same is one file. Raises Transient if the storage is away."""
    digest = sha256(warc)
    key = f"{digest[:2]}/{digest[2:4]}/{digest}.warc.gz"
    storage = storages["captures"]
    try:
        # A writer that died half way left a shorter file under the right name; anything else is already complete.
        if not storage.exists(key) or storage.size(key) != len(warc):
            storage.save(key, ContentFile(warc))
    except _AWAY as error:
        raise Transient(f"The storage of copies cannot be written to: {type(error).__name__}.") from error
    return key


def load(capture: Capture) -> bytes:
    """The record of a copy, whole. Raises Missing, BadRecord if it has not the hash on record, or Transient."""
    try:
        with storages["captures"].open(capture.storage_key) as file:
            warc: bytes = file.read(RECORD_LIMIT + 1)
    except FileNotFoundError as error:
        raise Missing("The file of this copy is not in storage.") from error
    except _AWAY as error:
        raise Transient(f"The storage of copies cannot be read: {type(error).__name__}.") from error
    if sha256(warc) != capture.warc_sha256:
        raise BadRecord("The stored file does not have the SHA-256 that was recorded for it: it was altered or cut.")
    return warc


def body(capture: Capture) -> bytes:
    """The decoded body of a copy. Raises Missing, BadRecord or Transient."""
    return body_of(load(capture), expected_sha256=capture.sha256, length=capture.length)


def exchange(capture: Capture) -> Exchange:
    """The whole exchange of a copy. Raises Missing, BadRecord or Transient."""
    return exchange_of(load(capture), expected_sha256=capture.sha256, length=capture.length)


def remove(key: str) -> None:
    """Take a file out of storage; one that is gone already is no error. Raises Transient if the storage is away."""
    try:
        storages["captures"].delete(key)
    except _AWAY as error:
        raise Transient(f"The storage of copies cannot be written to: {type(error).__name__}.") from error
