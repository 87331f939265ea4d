"""Jobs that copy pages and read their text."""

from datetime import datetime

from claims.capture import extract
from claims.capture import fetch as capture_fetch
from claims.coverage import operations
from workers.choices import JobKind
from workers.handling import ClaimedJob, Save, handles
from workers.hosts import web


@handles(JobKind.FETCH_DOCUMENT)
def fetch_document(job: ClaimedJob) -> Save:
    """Fetch one page. Safe to run twice: a copy is known by its page and moment, its record by its hash."""
    fetched = capture_fetch.fetch(document_id=job.payload["document_id"], web=web(), at=job.claimed_at)

    def save(at: datetime) -> None:
        operations.store_fetched(fetched=fetched, at=at)

    return save


@handles(JobKind.READ_DOCUMENT)
def read_document(job: ClaimedJob) -> Save:
    """Read the newest copy's text. Safe to run twice: the same bytes give the same text in the same fields."""
    read = extract.read(document_id=job.payload["document_id"])

    def save(at: datetime) -> None:
        operations.store_read(read=read, at=at)

    return save
