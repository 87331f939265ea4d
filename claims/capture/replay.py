"""A stored copy, shown as the text that it is: nothing of it is ever run, rendered or linked."""

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from claims.capture import storage
from claims.capture.charset import codec_named
from claims.capture.warc import BadRecord
from claims.errors import Transient
from claims.models import Capture, CaptureRemoval

SHOWN_BYTES = 256 * 1024
HEADERS_SHOWN = 100
HEADER_LENGTH = 2000  # characters
_META = re.compile(rb"""charset\s*=\s*["']?([\w.:-]{2,40})""", re.IGNORECASE)
_INVISIBLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_TEXTUAL = ("text/", "application/xhtml", "application/xml", "application/json", "application/ld+json")


class Whole(StrEnum):
    """Whether the stored file is the one that was recorded."""

    YES = "yes"
    REMOVED = "removed"
    ERASED = "erased"
    MISSING = "missing"
    ALTERED = "altered"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Replay:
    """What may be shown of a copy. All but `whole` and `note` is empty unless the file is whole."""

    whole: Whole
    note: str
    request_line: str = ""
    request_headers: tuple[tuple[str, str], ...] = ()
    status_line: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    text: str = ""
    is_text: bool = False
    cut: bool = False
    length: int = 0


def replay(capture: Capture) -> Replay:
    """Read a copy out of storage and check both of its digests. Raises nothing: what is wrong is said in `note`."""
    removal = CaptureRemoval.objects.filter(capture=capture).first()
    if removal is not None and removal.lawful:
        note = f"Lawfully erased on {removal.removed_at:%Y-%m-%d}. Its digests and its size stay on record."
        return Replay(Whole.ERASED, note)
    if removal is not None:
        note = f"The file was removed on {removal.removed_at:%Y-%m-%d}: {removal.reason} Its digests stay on record."
        return Replay(Whole.REMOVED, note)
    try:
        found = storage.exchange(capture)
    except storage.Missing as error:
        return Replay(Whole.MISSING, f"{error} The row says that it should be; look into the storage's backups.")
    except BadRecord as error:
        return Replay(Whole.ALTERED, f"{error} It is not shown, because it is not what we received.")
    except Transient as error:
        return Replay(Whole.UNKNOWN, f"{error} Whether the copy is whole could not be told; try again later.")
    kind = next((value for name, value in found.headers if name.lower() == "content-type"), "")
    is_text = kind.strip().lower().startswith(_TEXTUAL) or (not kind and found.body[:512].lstrip()[:1] == b"<")
    return Replay(
        whole=Whole.YES,
        note="The stored file and the page in it have the SHA-256 that was recorded when they were fetched.",
        request_line=visible(found.request_line)[:HEADER_LENGTH],
        request_headers=_headers(found.request_headers),
        status_line=visible(found.status_line)[:HEADER_LENGTH],
        headers=_headers(found.headers),
        text=as_text(found.body[:SHOWN_BYTES], kind) if is_text else "",
        is_text=is_text,
        cut=is_text and len(found.body) > SHOWN_BYTES,
        length=len(found.body),
    )


def as_text(head: bytes, content_type: str) -> str:
    """Bytes as text to look at: by byte order mark, HTTP, the page's own word, else UTF-8; what does not fit is marked.

    No guessing as when a page is read for matching: a wrong letter is seen by whoever looks.
    """
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if head.startswith(mark):
            return visible(head[len(mark) :].decode(name, "replace"))
    for named in (_META.search(content_type.encode("latin-1", "replace")), _META.search(head[:4096])):
        codec = codec_named(named.group(1).decode("ascii", "replace")) if named else ""
        if codec:
            return visible(head.decode(codec, "replace"))
    return visible(head.decode("utf-8", "replace"))


def visible(text: str) -> str:
    """The text with what has no shape, or turns the reading direction, written out as in \\u202e."""
    return _INVISIBLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _headers(headers: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((visible(name)[:200], visible(value)[:HEADER_LENGTH]) for name, value in headers[:HEADERS_SHOWN])
