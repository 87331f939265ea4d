"""Jobs that find coverage."""

from datetime import datetime

from claims.coverage import polling, search_schedule, searching, trials
from claims.matching import alike, query
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


@handles(JobKind.PLAN_SEARCHES)
def plan_searches(job: ClaimedJob) -> Save:
    """Give claims their turns at the services. Safe to run twice: a claim has one turn per service."""

    def save(at: datetime) -> None:
        search_schedule.plan_searches(at=at, claim_id=job.payload.get("claim_id"))

    return save


@handles(JobKind.SEARCH_WEB)
def search_web(job: ClaimedJob) -> Save:
    """Ask one service about one claim. Safe to run twice: an address leads to one document, a search has one row."""
    searched = searching.search_turn(
        turn_id=job.payload["turn_id"], lines_of=query.lines_of, web=web(), at=job.claimed_at
    )

    def save(at: datetime) -> None:
        if searched is not None:
            searching.store_search(searched=searched, likeness=alike.likeness, at=at)

    return save


@handles(JobKind.TRY_QUERIES)
def try_queries(job: ClaimedJob) -> Save:
    """Ask one service what it would find. Safe to run twice: the first answer stands, and nothing else is stored."""
    searched = trials.try_service(result_id=job.payload["result_id"], web=web(), at=job.claimed_at)

    def save(at: datetime) -> None:
        if searched is not None:
            trials.store_trial(result_id=job.payload["result_id"], searched=searched, at=at)

    return save
