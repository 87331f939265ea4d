"""Jobs that look after what published verdicts rest on: cited pages, their second copies, and what repeats."""

from datetime import UTC, datetime

from claims.capture import archive, recheck
from claims.coverage import repeats, second_copies, watching
from claims.models import ArchiveCopy
from workers.choices import JobKind
from workers.dispatch import enqueue
from workers.handling import ClaimedJob, Save, handles
from workers.hosts import web

CHECKS_AT_ONCE = 500


@handles(JobKind.PLAN_CHECKS)
def plan_checks(job: ClaimedJob) -> Save:  # noqa: ARG001 - every handler is given its job
    """Plan looks at cited pages and start those that are due. Safe to run twice: a page's turn makes one job."""

    def save(at: datetime) -> None:
        watching.plan(at=at)
        for document_id, turn in watching.due_documents(at=at, limit=CHECKS_AT_ONCE):
            cause = f"due={turn.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
            enqueue(JobKind.CHECK_DOCUMENT, subject=("document_id", document_id), cause=cause)

    return save


@handles(JobKind.CHECK_DOCUMENT)
def check_document(job: ClaimedJob) -> Save:
    """Look at one cited page again. Safe to run twice: a copy and a check are known by their page and moment."""
    looked = recheck.look(document_id=job.payload["document_id"], web=web(), at=job.claimed_at)

    def save(at: datetime) -> None:
        watching.store_looked(looked=looked, at=at)

    return save


@handles(JobKind.COMPARE_DOCUMENT)
def compare_document(job: ClaimedJob) -> Save:
    """Compare a copy with the one before. Safe to run twice: a check is known by its copy."""
    compared = watching.compare_copy(capture_id=job.payload["capture_id"])

    def save(at: datetime) -> None:
        watching.store_compared(compared=compared, at=at)

    return save


@handles(JobKind.NOTE_REPEAT)
def note_repeat(job: ClaimedJob) -> Save:
    """See whether coverage repeats what a verdict refutes. Safe to run twice: a story makes one item."""

    def save(at: datetime) -> None:
        repeats.note_repeat(coverage_id=job.payload["coverage_id"], at=at)

    return save


@handles(JobKind.REQUEST_ARCHIVE)
def request_archive(job: ClaimedJob) -> Save:
    """Note which archives to ask, and start it. Safe to run twice: one row per archive, page and day."""

    def save(at: datetime) -> None:
        for copy in second_copies.request_copies(evidence_id=job.payload["evidence_id"], at=at):
            enqueue(JobKind.ASK_ARCHIVE, subject=("copy_id", copy.pk), cause="try=0")

    return save


@handles(JobKind.ASK_ARCHIVE)
def ask_archive(job: ClaimedJob) -> Save:
    """Ask an archive once, and plan the next question. Safe to run twice: an earlier question is known."""
    copy = ArchiveCopy.objects.open().select_related("document").filter(pk=job.payload["copy_id"]).first()
    if copy is None:
        return lambda _: None
    asked_before = second_copies.sent(copy, at=job.claimed_at)
    said = archive.ask(copy=copy, web=web(), at=job.claimed_at, asked_before=asked_before)

    def save(at: datetime) -> None:
        stored = second_copies.store_said(copy_id=copy.pk, tries=copy.tries, said=said, at=at)
        if stored.next_at is not None:
            cause = f"try={stored.tries}"
            enqueue(JobKind.ASK_ARCHIVE, subject=("copy_id", stored.pk), cause=cause, run_at=stored.next_at)

    return save
