"""Which fact starts which work, and how each kind of work runs. This is the whole map; there is no other."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from claims.capture import archive
from claims.choices import EventKind, SuggestedStance
from claims.models import Event
from workers.choices import JobKind, Queue

LONGEST_CARRY_ON = 1.0  # seconds
MOST_STARTS = 1000  # in one rate; each is kept in the kind's gate while it counts


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `starts` starts in any `seconds` seconds, for all workers together."""

    starts: int
    seconds: float

    def __post_init__(self) -> None:
        if not 1 <= self.starts <= MOST_STARTS or self.seconds <= 0:
            raise ValueError(f"A rate has 1 to {MOST_STARTS} starts in a time above zero.")


@dataclass(frozen=True, slots=True)
class KindSpec:
    """How one kind of job runs. Times are in seconds.

    In prefork workers the soft limit raises in the handler and the hard limit ends the process. Threads cannot be
    ended, so kinds on the fetch queue bound themselves; there the hard limit only sizes the lease.

    `priority`: higher is rung and taken first within its queue. `concurrency` bounds how many run at once, `rate` how
    many start in a while, for all workers of the installation together; None is no bound.
    """

    queue: Queue
    soft_limit: float
    hard_limit: float
    max_errors: int = 5
    max_losses: int = 5
    backoff_base: float = 10.0
    backoff_cap: float = 3600.0
    priority: int = 0
    concurrency: int | None = None
    rate: Rate | None = None

    def __post_init__(self) -> None:
        if not 0 < self.soft_limit < self.hard_limit:
            raise ValueError("A kind's soft limit must be above zero and below its hard limit.")
        if self.max_errors < 1 or self.max_losses < 1 or not 0 <= self.backoff_base <= self.backoff_cap:
            raise ValueError("A kind needs at least one try, and a back-off that does not exceed its cap.")
        if self.concurrency is not None and self.concurrency < 1:
            raise ValueError("A kind of which none may run would wait for ever; cancel its jobs instead.")

    @property
    def carry_on(self) -> float:
        """How long one message may lead from job to job before it ends."""
        return min(LONGEST_CARRY_ON, self.soft_limit / 10)

    def runs_like(self, other: "KindSpec") -> bool:
        """Whether a message sent for the other kind may lead on to a job of this one."""
        mine = (self.queue, self.soft_limit, self.hard_limit, self.limited)
        return mine == (other.queue, other.soft_limit, other.hard_limit, other.limited)

    @property
    def limited(self) -> bool:
        """Whether its jobs take turns at a gate."""
        return self.concurrency is not None or self.rate is not None

    @property
    def lease(self) -> float:
        """How long a claimed job is left alone before another worker may take it."""
        return self.hard_limit + self.carry_on + settings.LEASE_MARGIN_SECONDS


# A page may redirect five times, each hop waiting its turn at a host; hence the long limits on the fetch queue.
KINDS: dict[str, KindSpec] = {
    JobKind.POLL_SOURCE: KindSpec(queue=Queue.FETCH, soft_limit=110, hard_limit=120, backoff_base=30),
    JobKind.FETCH_DOCUMENT: KindSpec(queue=Queue.FETCH, soft_limit=110, hard_limit=120, backoff_base=30),
    JobKind.READ_DOCUMENT: KindSpec(queue=Queue.PARSE, soft_limit=45, hard_limit=60),
    JobKind.GROUP_DOCUMENT: KindSpec(queue=Queue.MATCH, soft_limit=60, hard_limit=90),
    JobKind.MATCH_DOCUMENT: KindSpec(queue=Queue.MATCH, soft_limit=60, hard_limit=90),
    JobKind.SEARCH_CLAIM: KindSpec(queue=Queue.MATCH, soft_limit=60, hard_limit=90),
    JobKind.SEARCH_LAPSED: KindSpec(queue=Queue.MATCH, soft_limit=60, hard_limit=90),
    JobKind.NOTE_REPEAT: KindSpec(queue=Queue.MATCH, soft_limit=60, hard_limit=90),
    JobKind.PLAN_CHECKS: KindSpec(queue=Queue.DEFAULT, soft_limit=60, hard_limit=90),
    JobKind.CHECK_DOCUMENT: KindSpec(queue=Queue.FETCH, soft_limit=110, hard_limit=120, backoff_base=30),
    JobKind.COMPARE_DOCUMENT: KindSpec(queue=Queue.PARSE, soft_limit=60, hard_limit=90),
    JobKind.REQUEST_ARCHIVE: KindSpec(queue=Queue.DEFAULT, soft_limit=60, hard_limit=90),
    # What the Wayback Machine lets an account ask for in a minute, with room to spare.
    JobKind.ASK_ARCHIVE: KindSpec(
        queue=Queue.FETCH, soft_limit=110, hard_limit=120, backoff_base=30, rate=Rate(starts=6, seconds=60.0)
    ),
    JobKind.PLAN_SEARCHES: KindSpec(queue=Queue.DEFAULT, soft_limit=60, hard_limit=90),
    # Several requests in one job, each of which waits its turn at a service that is asked twice a minute. A few at once
    # at most, or they would keep pages from being fetched. A person waits for a try, so it goes first.
    JobKind.SEARCH_WEB: KindSpec(queue=Queue.FETCH, soft_limit=280, hard_limit=300, backoff_base=60, concurrency=4),
    JobKind.TRY_QUERIES: KindSpec(queue=Queue.FETCH, soft_limit=140, hard_limit=150, backoff_base=10, priority=5),
    # A newsroom has announced the minute, so it goes before everything else.
    JobKind.PUBLISH_PLANNED: KindSpec(
        queue=Queue.DEFAULT, soft_limit=60, hard_limit=90, backoff_base=2, backoff_cap=60, priority=10
    ),
    JobKind.TELL_HUB: KindSpec(queue=Queue.DELIVER, soft_limit=60, hard_limit=90, backoff_base=30),
    JobKind.TELL_ENDPOINTS: KindSpec(queue=Queue.DELIVER, soft_limit=60, hard_limit=90, priority=2),
    # One job per endpoint, which sends for ten seconds and at most one try more. Endpoints that failed lately have few
    # places among them, so that however many hang, workers are left for the others.
    JobKind.SEND_WEBHOOKS: KindSpec(queue=Queue.DELIVER, soft_limit=50, hard_limit=60, priority=1),
    JobKind.TRY_WEBHOOKS: KindSpec(queue=Queue.DELIVER, soft_limit=50, hard_limit=60, concurrency=3),
    JobKind.FIND_DELIVERIES: KindSpec(queue=Queue.DEFAULT, soft_limit=60, hard_limit=90),
    JobKind.MAKE_DUMP: KindSpec(
        queue=Queue.DEFAULT, soft_limit=3500, hard_limit=3600, backoff_base=60, priority=-5, concurrency=1
    ),
    JobKind.SEAL_EVENTS: KindSpec(queue=Queue.DEFAULT, soft_limit=60, hard_limit=90),
    JobKind.PRUNE_LEDGER: KindSpec(queue=Queue.DEFAULT, soft_limit=60, hard_limit=90),
    # Needs the store of the copies, whose being away must not stop the pruning of rows.
    JobKind.REMOVE_COPIES: KindSpec(queue=Queue.DEFAULT, soft_limit=60, hard_limit=90, backoff_base=60),
}


def _subject(event: Event) -> int | None:
    return event.subject_id


def _document(event: Event) -> int | None:
    """The page behind a source or an appearance; one without a page starts no work."""
    value = (event.data or {}).get("document_id")
    return value if isinstance(value, int) else None


def _copy(event: Event) -> int | None:
    """The dated copy that a fact is about."""
    value = (event.data or {}).get("capture_id")
    return value if isinstance(value, int) else None


def _archived(event: Event) -> int | None:
    """The source, where this installation has second copies made at all."""
    return event.subject_id if archive.enabled() else None


def _repeat(event: Event) -> int | None:
    """The piece of coverage, where it seems to repeat its claim."""
    return event.subject_id if (event.data or {}).get("suggested_stance") == SuggestedStance.REPEATS else None


def _with_hub(event: Event) -> int | None:
    """The verdict, where this installation has a hub that its feeds' readers listen to."""
    return event.subject_id if settings.WEBSUB_HUB else None


@dataclass(frozen=True, slots=True)
class Work:
    """One job that a fact starts: its kind, the name of the id in its payload, and where that id comes from."""

    kind: JobKind
    names: str
    read: Callable[[Event], int | None] = _subject


_LOOK_EVERYWHERE = (Work(JobKind.SEARCH_CLAIM, "claim_id"), Work(JobKind.PLAN_SEARCHES, "claim_id"))
_TELL = (Work(JobKind.TELL_ENDPOINTS, "verdict_id"), Work(JobKind.TELL_HUB, "verdict_id", _with_hub))
EVENT_WORK: dict[str, tuple[Work, ...]] = {
    EventKind.CLAIM_ACCEPTED: _LOOK_EVERYWHERE,
    EventKind.CLAIM_REOPENED: _LOOK_EVERYWHERE,
    EventKind.CLAIM_SEARCH_REQUESTED: _LOOK_EVERYWHERE,
    EventKind.CLAIM_QUERIES_SAVED: (Work(JobKind.PLAN_SEARCHES, "claim_id"),),
    EventKind.QUERIES_TRIED: (Work(JobKind.TRY_QUERIES, "result_id"),),
    EventKind.DOCUMENT_FOUND: (Work(JobKind.FETCH_DOCUMENT, "document_id"),),
    EventKind.DOCUMENT_FETCH_REQUESTED: (Work(JobKind.FETCH_DOCUMENT, "document_id"),),
    EventKind.EVIDENCE_ADDED: (
        Work(JobKind.FETCH_DOCUMENT, "document_id", _document),
        Work(JobKind.REQUEST_ARCHIVE, "evidence_id", _archived),
    ),
    EventKind.EVIDENCE_COPIED: (Work(JobKind.REQUEST_ARCHIVE, "evidence_id", _archived),),
    EventKind.COVERAGE_SUGGESTED: (Work(JobKind.NOTE_REPEAT, "coverage_id", _repeat),),
    EventKind.DOCUMENT_REFETCHED: (Work(JobKind.COMPARE_DOCUMENT, "capture_id", _copy),),
    EventKind.APPEARANCE_ADDED: (Work(JobKind.FETCH_DOCUMENT, "document_id", _document),),
    EventKind.DOCUMENT_CAPTURED: (Work(JobKind.READ_DOCUMENT, "document_id"),),
    EventKind.DOCUMENT_READ: (
        Work(JobKind.GROUP_DOCUMENT, "document_id"),
        Work(JobKind.MATCH_DOCUMENT, "document_id"),
    ),
    EventKind.DOCUMENT_REJOINED: (Work(JobKind.GROUP_DOCUMENT, "document_id"),),
    EventKind.SOURCE_POLL_REQUESTED: (Work(JobKind.POLL_SOURCE, "source_id"),),
    EventKind.VERDICT_PUBLISHED: _TELL,
    EventKind.VERDICT_RETRACTED: _TELL,
    EventKind.DELIVERY_REQUESTED: (Work(JobKind.SEND_WEBHOOKS, "webhook_id"),),
}


@dataclass(frozen=True, slots=True)
class Schedule:
    """A job made once per due time.

    Due times that passed while nothing ticked are made up for as far back as `makes_up` says; zero is not at all.
    """

    name: str
    every: timedelta
    kind: str
    makes_up: timedelta = timedelta(0)


SCHEDULES: tuple[Schedule, ...] = (
    Schedule("seal", timedelta(minutes=1), JobKind.SEAL_EVENTS),
    Schedule("lapsed", timedelta(hours=6), JobKind.SEARCH_LAPSED),
    Schedule("checks", timedelta(minutes=10), JobKind.PLAN_CHECKS),
    Schedule("deliveries", timedelta(minutes=1), JobKind.FIND_DELIVERIES),
    Schedule("searches", timedelta(minutes=1), JobKind.PLAN_SEARCHES),
    Schedule("dump", timedelta(days=1), JobKind.MAKE_DUMP),
    Schedule("prune", timedelta(hours=6), JobKind.PRUNE_LEDGER),
    Schedule("copies", timedelta(hours=6), JobKind.REMOVE_COPIES),
)
