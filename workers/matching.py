"""Jobs that bring claims and pages together."""

from datetime import datetime

from claims.coverage import near_duplicates
from claims.matching import operations
from workers.choices import JobKind
from workers.handling import ClaimedJob, Save, handles


@handles(JobKind.GROUP_DOCUMENT)
def group_document(job: ClaimedJob) -> Save:
    """Put a page among those that carry its story. Safe to run twice: the same texts make the same groups."""

    def save(at: datetime) -> None:
        near_duplicates.group_document(document_id=job.payload["document_id"], at=at)

    return save


@handles(JobKind.MATCH_DOCUMENT)
def match_document(job: ClaimedJob) -> Save:
    """Suggest a page to the claims it fits. Safe to run twice: a claim has one row of coverage per page."""

    def save(at: datetime) -> None:
        operations.match_document(document_id=job.payload["document_id"], at=at)

    return save


@handles(JobKind.SEARCH_LAPSED)
def search_lapsed(job: ClaimedJob) -> Save:  # noqa: ARG001 - every handler is given its job
    """Ask for the monthly searches that are due. Safe to run twice: what was asked for within a month is left alone."""

    def save(at: datetime) -> None:
        operations.request_lapsed_searches(at=at)

    return save


@handles(JobKind.SEARCH_CLAIM)
def search_claim(job: ClaimedJob) -> Save:
    """Look for pages that fit a claim. Safe to run twice: one row of coverage per page, one search per claiming."""

    def save(_: datetime) -> None:
        operations.search_claim(claim_id=job.payload["claim_id"], at=job.claimed_at)

    return save
