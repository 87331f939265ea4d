"""Jobs that find coverage."""

from datetime import datetime

from claims.coverage import polling
from workers.choices import JobKind
from workers.handling import ClaimedJob, Save, handles
from workers.hosts import web


@handles(JobKind.POLL_SOURCE)
def poll_source(job: ClaimedJob) -> Save:
    """Ask one source for news. Safe to run twice: an address leads to one document, however often a feed names it."""
    polled = polling.ask(source_id=job.payload["source_id"], web=web(), at=job.claimed_at)

    def save(at: datetime) -> None:
        polling.store_poll(polled=polled, at=at)

    return save
