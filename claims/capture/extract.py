"""From a stored copy to title, byline, date, language and text, read in a child process with limits."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from claims.capture import storage
from claims.capture.addresses import publisher_address, same_site
from claims.capture.child import ReadingFailed, read_in_child
from claims.capture.fetch import PDF, content_type
from claims.capture.warc import BadRecord
from claims.choices import FetchState
from claims.errors import Transient
from claims.models import Capture
from claims.text import ADDRESS_LIMIT, one_line, plain

TEASER = 250  # characters; a page that is marked up as an article and shows less of it is closed to us


@dataclass(frozen=True, slots=True)
class ReadPage:
    """What was read from one copy. `state` is `read` or `failed`.

    Failed has a note and no text; what a closed page says in its head about itself may stand beside it. `canonical` and
    `amp` are further addresses of this page on its own site; `syndicated_from` is an address on another site that it
    names as the original, which is a hint and nothing more.
    """

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
    amp: str = ""
    syndicated_from: str = ""
    site_name: str = ""
    paywalled: bool | None = None
    charset: str = ""
    charset_from: str = ""  # bom, http, meta or guess


def read(*, document_id: int) -> ReadPage:
    """What the document's newest copy says. Writes nothing.

    A copy that cannot be read comes back as `failed` with the reason, never as an empty text. Raises Transient if the
    copy is not in storage, or not whole yet.
    """
    capture = Capture.objects.copies().filter(document_id=document_id).first()
    if capture is None:
        return ReadPage(document_id, None, FetchState.FAILED, note="There is no copy to read.")
    return read_capture(capture)


def read_capture(capture: Capture) -> ReadPage:
    """What this copy says; otherwise like read()."""
    document_id = capture.document_id
    body = body_in_storage(capture)
    headers = {name.lower(): value for name, value in reversed(capture.headers)}
    kind = content_type(body, headers.get("content-type", ""))
    try:
        said = read_in_child(
            "pdf" if kind == PDF else "page",
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
        return storage.body(capture)
    except (storage.Missing, BadRecord) as error:
        raise Transient(f"The copy {capture.storage_key} cannot be read from storage: {error}") from error


def _page(capture: Capture, said: dict[str, Any]) -> ReadPage:
    text = plain(str(said.get("text", ""))).strip()
    canonical, elsewhere = canonical_of(capture.final_url, said)
    page = ReadPage(
        document_id=capture.document_id,
        capture_id=capture.pk,
        state=FetchState.READ,
        title=one_line(str(said.get("title", "")), limit=500),
        byline=one_line(str(said.get("byline", "")), limit=300),
        published_at=next(filter(None, map(moment, map(str, said.get("published", [])))), None),
        language=_language(str(said.get("language", ""))),
        text=text,
        canonical=canonical,
        amp=_own(capture.final_url, said, "amp"),
        syndicated_from=elsewhere,
        site_name=one_line(str(said.get("site_name", "")), limit=200),
        paywalled=said.get("paywalled"),
        charset=str(said.get("charset", "")),
        charset_from=str(said.get("charset_from", "")),
    )
    if said.get("is_article") and page.paywalled is not False and len(text) < TEASER:
        note = "Only the beginning of the article, or nothing of it, is shown to readers without an account."
        return replace(page, state=FetchState.FAILED, note=note, text="", paywalled=True)
    if not text:
        return replace(page, state=FetchState.FAILED, note="No article text was found on the page.")
    return page


def canonical_of(final_url: str, said: dict[str, Any]) -> tuple[str, str]:
    """The page's own name for itself on its own site, and an address elsewhere that it calls the original.

    Only a site's owner says which of its addresses is the page's; anybody may claim to be a copy of something.
    """
    own = next(filter(None, (_own(final_url, said, name) for name in ("canonical", "og_url"))), "")
    named = _joined(final_url, str(said.get("canonical", "")))
    return own, "" if own or not named else named


def _own(final_url: str, said: dict[str, Any], name: str) -> str:
    address = _joined(final_url, str(said.get(name, "")))
    return address if same_site(publisher_address(final_url), address) else ""


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
    """The address that a link leads to, if it is one of a web page; else ""."""
    link = plain(link).strip()
    try:
        address = urljoin(base, link) if link else ""
        web = urlsplit(address).scheme in {"http", "https"} and urlsplit(address).hostname
    except ValueError:
        return ""
    return address if web and len(address) <= ADDRESS_LIMIT else ""
