"""From an address to a dated copy: one request through the only way out, one WARC record in storage."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NoReturn

from claims.capture.erased import NOT_AGAIN, bytes_were_erased
from claims.capture.storage import put
from claims.capture.warc import record_pair
from claims.choices import FetchState
from claims.errors import Transient
from claims.http import Answer, NotMeasured, Refused, RetryLater, Web
from claims.models import Document
from claims.text import ADDRESS_LIMIT, one_line, sha256

ACCEPT = "text/html,application/xhtml+xml,application/pdf;q=0.5,text/plain;q=0.5"
PDF = "application/pdf"
KEPT_TYPES = frozenset({"text/html", "application/xhtml+xml", "text/plain", PDF})
WITHHELD = {
    401: "The site asks for a login (401): a paywall, or closed to programs.",
    402: "The site asks for payment (402): a paywall.",
    403: "The site answered 403: a paywall, or closed to programs.",
    451: "The page is withheld for legal reasons (451).",
}
PAYWALLS = frozenset({401, 402, 403})
_MAGIC = (
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"RIFF", "application/x-riff"),
    (b"OggS", "application/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"MZ", "application/x-msdownload"),
    (b"\x7fELF", "application/x-executable"),
    (b"\xca\xfe\xba\xbe", "application/java-vm"),
    (b"\x00asm", "application/wasm"),
    (b"SQLite format 3\x00", "application/vnd.sqlite3"),
)
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
DEAD = {404: "The page was not found (404).", 410: "The page is gone for good (410)."}


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one request for a document came to. The fields of the copy are empty unless `state` is `fetched`."""

    document_id: int
    state: FetchState  # fetched, gone, failed or refused
    fetched_at: datetime
    note: str = ""
    final_url: str = ""
    hops: tuple[str, ...] = ()
    http_status: int | None = None
    paywalled: bool = False
    sha256: str = ""
    storage_key: str = ""
    warc_sha256: str = ""
    length: int = 0
    headers: list[list[str]] = field(default_factory=list)


def fetch(*, document_id: int, web: Web, at: datetime) -> Fetched:
    """Ask for the document's page once and put what came into storage; nothing else is written.

    A page that could not be asked for now is marked "not measured" with the reason, unless we have it already, and
    the error goes on to the caller, who tries again: RetryLater, NotMeasured, or Transient for a server's own fault.
    Safe to run twice: a record is named by its hash.
    """
    document = Document.objects.get(pk=document_id)
    try:
        answer = web.get(document.url, accept=ACCEPT)
    except Refused as error:
        return Fetched(document_id, FetchState.REFUSED, at, note=one_line(str(error), limit=300))
    except RetryLater as error:
        if error.reason != "pace":
            _not_yet(document_id, str(error))
        raise
    except NotMeasured as error:
        _not_yet(document_id, str(error))
        raise
    return outcome_of(answer, document_id=document_id)


def outcome_of(answer: Answer, *, document_id: int) -> Fetched:
    """What an answer means for the document; a page that is kept is put into storage. Raises Transient for a 5xx."""
    final_url = answer.url
    hops = tuple(hop.url for hop in answer.hops)
    if answer.status in DEAD:
        return Fetched(
            document_id, FetchState.GONE, answer.started_at, DEAD[answer.status], final_url, hops, answer.status
        )
    if answer.status in WITHHELD:
        note = WITHHELD[answer.status]
        paywalled = answer.status in PAYWALLS
        return Fetched(
            document_id, FetchState.FAILED, answer.started_at, note, final_url, hops, answer.status, paywalled
        )
    if answer.status >= 500 or answer.status == 408:
        _fail_for_now(document_id, answer.status)
    if answer.status not in {200, 203}:
        note = f"The site answered {answer.status}, which is no page."
        return Fetched(document_id, FetchState.FAILED, answer.started_at, note, final_url, hops, answer.status)
    kind = content_type(answer.body, answer.header("content-type"))
    if kind not in KEPT_TYPES:
        note = one_line(f"The address holds {kind or 'bytes of no known kind'}, not a page of text.", limit=300)
        return Fetched(document_id, FetchState.REFUSED, answer.started_at, note, final_url, hops, answer.status)
    if len(final_url) > ADDRESS_LIMIT:
        note = "The page redirects to an address that is too long to be kept."
        return Fetched(document_id, FetchState.REFUSED, answer.started_at, note, "", hops, answer.status)
    if bytes_were_erased(sha256(answer.body)):
        return Fetched(document_id, FetchState.FAILED, answer.started_at, NOT_AGAIN, final_url, hops, answer.status)
    warc = record_pair(answer)
    return Fetched(
        document_id=document_id,
        state=FetchState.FETCHED,
        fetched_at=answer.started_at,
        final_url=final_url,
        hops=hops,
        http_status=answer.status,
        sha256=sha256(answer.body),
        storage_key=put(warc),
        warc_sha256=sha256(warc),
        length=len(answer.body),
        headers=header_list(answer.headers),
    )


def content_type(body: bytes, declared: str) -> str:
    """The kind of content, by its first bytes where they leave no doubt, else as declared; "" if nobody says.

    What is declared is not believed against the bytes: neither an archive or a program that calls itself a page, nor a
    page that calls itself a PDF.
    """
    start = body[:1024]
    shown = start.lstrip()
    if shown.startswith(b"%PDF-"):
        return PDF
    for magic, kind in _MAGIC:
        if start.startswith(magic):
            return kind
    named = declared.partition(";")[0].strip().lower()
    if named in {PDF, ""} or "/" not in named:
        return "text/html" if shown[:1] == b"<" else "application/octet-stream" if named else ""
    binary = b"\x00" in start and not shown.startswith(b"<") and not start.startswith(_WIDE) and not _is_wide(declared)
    return "application/octet-stream" if named in KEPT_TYPES and binary else named


def _is_wide(declared: str) -> bool:
    """Whether the header names a charset in which ordinary letters have a zero byte."""
    return any(name in declared.lower() for name in ("utf-16", "utf16", "utf-32", "utf32", "ucs-2"))


def header_list(headers: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Headers as JSON that Postgres takes: no NUL, bounded."""
    return [[name[:200], value.replace("\x00", "")[:4000]] for name, value in headers[:200]]


def _fail_for_now(document_id: int, status: int) -> NoReturn:
    note = f"The site had a fault of its own ({status})."
    _not_yet(document_id, note)
    raise Transient(note)


def _not_yet(document_id: int, note: str) -> None:
    Document.objects.filter(pk=document_id, fetch_state__in=[FetchState.WAITING, FetchState.FAILED]).update(
        fetch_state=FetchState.FAILED, fetch_note=one_line(note, limit=300)
    )
