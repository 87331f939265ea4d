"""From a stored copy to title, byline, date, language and text, read in a child process with limits."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin

from django.core.files.storage import storages

from claims.capture.child import ReadingFailed, read_in_child
from claims.capture.fetch import PDF, content_type
from claims.capture.warc import BadRecord, body_of
from claims.choices import FetchState
from claims.errors import Transient
from claims.models import Capture
from claims.text import one_line, plain, sha256


@dataclass(frozen=True, slots=True)
class ReadPage:
    """What was read from one copy. `state` is `read` or `failed`; failed has a note and nothing else."""

    document_id: int
    capture_id: int | None
    state: FetchState
    note: str = ""
    title: str = ""
    byline: str = ""
    published_at: datetime | None = None
    language: str = ""
    text: str = ""
    canonical: str = ""
    site_name: str = ""
    paywalled: bool | None = None
    charset: str = ""


def read(*, document_id: int) -> ReadPage:
    """What the document's newest copy says. Writes nothing.

    A copy that cannot be read comes back as `failed` with the reason, never as an empty text. Raises Transient if the
    copy is not in storage, or not whole yet.
    """
    capture = Capture.objects.filter(document_id=document_id).order_by("-fetched_at", "-pk").first()
    if capture is None:
        return ReadPage(document_id, None, FetchState.FAILED, note="There is no copy to read.")
    body = body_in_storage(capture)
    headers = {name.lower(): value for name, value in reversed(capture.headers)}
    kind = content_type(body, headers.get("content-type", ""))
    if kind == PDF:
        note = "This is a PDF: its copy is kept, but its text is not read yet. Open the page to read it."
        return ReadPage(document_id, capture.pk, FetchState.FAILED, note=note)
    try:
        said = read_in_child(
            "page",
            body,
            url=capture.final_url,
            content_type=kind,
            charset=_charset(headers.get("content-type", "")),
        )
    except ReadingFailed as error:
        return ReadPage(document_id, capture.pk, FetchState.FAILED, note=one_line(str(error), limit=300))
    return _page(capture, said)


def body_in_storage(capture: Capture) -> bytes:
    """The decoded body of a copy, checked against its hash. Raises Transient if it is missing or not whole."""
    try:
        with storages["captures"].open(capture.storage_key) as file:
            warc = file.read()
        if sha256(warc) != capture.warc_sha256:
            raise BadRecord("The stored record does not have the hash that was recorded for it.")
        return body_of(warc, expected_sha256=capture.sha256, length=capture.length)
    except (OSError, BadRecord) as error:
        raise Transient(f"The copy {capture.storage_key} cannot be read from storage: {error}") from error


def _page(capture: Capture, said: dict[str, Any]) -> ReadPage:
    text = plain(str(said.get("text", ""))).strip()
    title = one_line(str(said.get("title", "")), limit=500)
    if not text:
        note = "No article text was found on the page."
        return ReadPage(capture.document_id, capture.pk, FetchState.FAILED, note=note, title=title)
    canonical = plain(str(said.get("canonical", ""))).strip()
    return ReadPage(
        document_id=capture.document_id,
        capture_id=capture.pk,
        state=FetchState.READ,
        title=title,
        byline=one_line(str(said.get("byline", "")), limit=300),
        published_at=next(filter(None, map(moment, map(str, said.get("published", [])))), None),
        language=_language(str(said.get("language", ""))),
        text=text,
        canonical=_joined(capture.final_url, canonical),
        site_name=one_line(str(said.get("site_name", "")), limit=200),
        paywalled=said.get("paywalled"),
        charset=str(said.get("charset", "")),
    )


def moment(text: str) -> datetime | None:
    """A page's own date as an instant, UTC where it names no zone; None if it is no date that can be meant."""
    value: datetime | None = None
    for reading in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            value = reading(text.strip())
        except (ValueError, OverflowError, TypeError):
            continue
        break
    if value is None:
        return None
    value = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
    try:
        value = value.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return value if value.year >= 1900 else None


def _charset(header: str) -> str:
    message = Message()
    message["content-type"] = header
    return message.get_content_charset("") or ""


def _language(tag: str) -> str:
    """A BCP 47 tag as pages write it (`en_GB`), or nothing if it is no tag."""
    tag = one_line(tag, limit=100).replace("_", "-")
    parts = tag.split("-")
    if not 2 <= len(parts[0]) <= 3 or not all(part.isalnum() and part.isascii() for part in parts) or len(tag) > 35:
        return ""
    return tag


def _joined(base: str, link: str) -> str:
    if not link:
        return ""
    try:
        return urljoin(base, link)
    except ValueError:
        return ""
