"""Looking at a cited page again: one request, and what its answer shows. Nothing is compared here."""

from dataclasses import dataclass, field
from datetime import datetime

from claims.capture.addresses import is_front_page, same_site
from claims.capture.erased import NOT_AGAIN, bytes_were_erased, newest_was_erased
from claims.capture.fetch import ACCEPT, DEAD, KEPT_TYPES, WITHHELD, content_type, header_list
from claims.capture.storage import put
from claims.capture.warc import record_pair
from claims.choices import CaptureKind
from claims.http import Answer, NotMeasured, Refused, RetryLater, Web
from claims.models import Document, DocumentWatch
from claims.text import ADDRESS_LIMIT, one_line, sha256


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look came to. `kind` says what the record shows; None means that nothing was learnt, as `note` says."""

    document_id: int
    looked_at: datetime
    kind: CaptureKind | None
    note: str = ""
    http_status: int | None = None
    final_url: str = ""
    sha256: str = ""
    storage_key: str = ""
    warc_sha256: str = ""
    length: int = 0
    headers: list[list[str]] = field(default_factory=list)


def look(*, document_id: int, web: Web, at: datetime) -> Looked:
    """Ask for the page once and put what came into storage; nothing else is written.

    Timeouts, refusals, paywalls and a server's own faults come back as "nothing learnt" with the reason. Raised is only
    RetryLater from pacing, because then nobody was asked, and Transient if the storage is away. Safe to run twice.
    A page whose newest copy was lawfully erased is not asked for: what it says must not come back by itself.
    """
    document = Document.objects.get(pk=document_id)
    if newest_was_erased(document_id):
        return Looked(document_id, at, None, note=NOT_AGAIN)
    watch = DocumentWatch.objects.select_related("baseline").filter(pk=document_id).first()
    known = [document.url, *([watch.baseline.final_url] if watch is not None and watch.baseline is not None else [])]
    try:
        answer = web.get(document.url, accept=ACCEPT)
    except RetryLater as error:
        if error.reason == "pace":
            raise
        return Looked(document_id, at, None, note=one_line(str(error), limit=300))
    except (Refused, NotMeasured) as error:
        return Looked(document_id, at, None, note=one_line(str(error), limit=300))
    return _seen(answer, document_id=document_id, known=known)


def leads_elsewhere(final_url: str, known: list[str]) -> bool:
    """Whether an answer came from another site than every known address, or from a front door that none of them is."""
    if not any(same_site(final_url, url) for url in known):
        return True
    return is_front_page(final_url) and not any(is_front_page(url) for url in known)


def _seen(answer: Answer, *, document_id: int, known: list[str]) -> Looked:
    at, status = answer.started_at, answer.status
    if status in DEAD:
        return _kept(answer, CaptureKind.GONE, document_id, DEAD[status])
    if status in WITHHELD:
        return Looked(document_id, at, None, WITHHELD[status], status)
    if status not in {200, 203}:
        fault = "had a fault of its own" if status >= 500 else "answered with no page"
        return Looked(document_id, at, None, f"The site {fault} ({status}).", status)
    if len(answer.url) > ADDRESS_LIMIT:
        return Looked(document_id, at, None, "The page redirects to an address that is too long to be kept.", status)
    if leads_elsewhere(answer.url, known):
        return _kept(answer, CaptureKind.ELSEWHERE, document_id, one_line(f"It leads to {answer.url}", limit=300))
    kind = content_type(answer.body, answer.header("content-type"))
    if bytes_were_erased(sha256(answer.body)):
        return Looked(document_id, at, None, NOT_AGAIN, status)
    if kind not in KEPT_TYPES:
        note = one_line(f"The address holds {kind or 'bytes of no known kind'}, not a page of text.", limit=300)
        return Looked(document_id, at, None, note, status)
    return _kept(answer, CaptureKind.PAGE, document_id, "")


def _kept(answer: Answer, kind: CaptureKind, document_id: int, note: str) -> Looked:
    warc = record_pair(answer)
    return Looked(
        document_id=document_id,
        looked_at=answer.started_at,
        kind=kind,
        note=note,
        http_status=answer.status,
        final_url=answer.url[:ADDRESS_LIMIT],
        sha256=sha256(answer.body),
        storage_key=put(warc),
        warc_sha256=sha256(warc),
        length=len(answer.body),
        headers=header_list(answer.headers),
    )
