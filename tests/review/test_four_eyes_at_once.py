"""Four eyes between two connections: whoever comes second sees the first, whichever of the two came first."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction

from claims.choices import ClaimState
from claims.editing.evidence import EvidenceFields, edit_evidence
from claims.errors import FourEyes, IllegalMove
from claims.models import Approval, Claim, Verdict, VerdictContributor
from claims.review import operations as moves
from tests.review.conftest import Desk, stored

PATIENCE = 20.0  # seconds until a test that hangs is called a failure
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def frozen_of(claim: Claim) -> Verdict:
    return Verdict.objects.revisions().filter(claim=claim).order_by("-number")[0]


def approve_by_hand(revision: Verdict, user_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO claims_approval (verdict_id, reviewer_id, decision, comment, candidate_hash, at) "
            "VALUES (%s, %s, 'approved', '', %s, now())",
            [revision.pk, user_id, revision.candidate_hash],
        )


def contribute_by_hand(revision: Verdict, user_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO claims_verdictcontributor (verdict_id, user_id, at) VALUES (%s, %s, now())",
            [revision.pk, user_id],
        )


BOTH_ORDERS = pytest.mark.parametrize(
    ("first", "second"), [(approve_by_hand, contribute_by_hand), (contribute_by_hand, approve_by_hand)]
)


def blocked() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees one and the same answer
        cursor.execute(WAITING)
        return bool(cursor.fetchone()[0])


def second_while_first_is_in_flight(
    first: Callable[[], object], second: Callable[[], object], *, commit: bool = True
) -> "Future[object]":
    """Runs `first` in a transaction of this connection; lets it end once `second`, on another, waits for it."""

    def elsewhere() -> object:
        try:
            return second()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=1) as pool:
        with transaction.atomic():
            first()
            running = pool.submit(elsewhere)
            done = threading.Event()
            running.add_done_callback(lambda _: done.set())
            rounds = int(PATIENCE / 0.02)
            assert any(blocked() or done.wait(0.02) for _ in range(rounds)), "the second never came to wait"
            assert not running.done(), "the second did not wait for the first"
            if not commit:
                transaction.set_rollback(True)
        running.exception(timeout=PATIENCE)
    return running


@BOTH_ORDERS
def test_raw_sql_on_two_connections_cannot_make_an_approver_a_contributor(committed_desk: Desk, first, second):
    revision, both = frozen_of(committed_desk.in_review()), committed_desk.reviewer.pk

    outcome = second_while_first_is_in_flight(lambda: first(revision, both), lambda: second(revision, both))

    assert isinstance(outcome.exception(), IntegrityError)
    assert ("cannot have a hand in it" if first is approve_by_hand else "cannot approve it") in str(outcome.exception())
    approved = Approval.objects.filter(verdict=revision, reviewer=both).count()
    contributed = VerdictContributor.objects.filter(verdict=revision, user=both).count()
    assert (approved, contributed) == ((1, 0) if first is approve_by_hand else (0, 1))


@BOTH_ORDERS
def test_the_second_passes_where_the_first_came_to_nothing(committed_desk: Desk, first, second):
    revision, both = frozen_of(committed_desk.in_review()), committed_desk.reviewer.pk

    outcome = second_while_first_is_in_flight(
        lambda: first(revision, both), lambda: second(revision, both), commit=False
    )

    assert outcome.exception() is None
    assert (
        Approval.objects.filter(verdict=revision, reviewer=both).count()
        + VerdictContributor.objects.filter(verdict=revision, user=both).count()
        == 1
    )


def test_a_hand_that_comes_in_while_somebody_approves_bars_them_kindly(committed_desk: Desk):
    desk = committed_desk
    claim = desk.in_review()
    revision, reviewer = frozen_of(claim), desk.reviewer
    at = desk.at()

    outcome = second_while_first_is_in_flight(
        lambda: contribute_by_hand(revision, reviewer.pk),
        lambda: moves.approve(claim_id=claim.pk, actor=reviewer, at=at),
    )

    assert isinstance(outcome.exception(), FourEyes)
    assert Claim.objects.get(pk=claim.pk).state == ClaimState.IN_REVIEW
    assert not Approval.objects.exists()


def test_of_an_approval_and_an_edit_by_the_same_person_the_second_finds_the_state_changed(committed_desk: Desk):
    desk = committed_desk
    claim = desk.in_review()
    reviewer, source = desk.reviewer, claim.evidence.order_by("pk")[0]
    before, at = stored(frozen_of(claim).candidate), desk.at()

    def edit() -> object:
        given = EvidenceFields(stance="supports")
        return edit_evidence(evidence_id=source.pk, given=given, lock_version=None, actor=reviewer, at=at)

    outcome = second_while_first_is_in_flight(lambda: moves.approve(claim_id=claim.pk, actor=reviewer, at=at), edit)

    assert isinstance(outcome.exception(), IllegalMove)
    approved = frozen_of(claim)
    assert (approved.approvals.get().reviewer, stored(approved.candidate)) == (reviewer, before)
    assert not approved.contributors.filter(user=reviewer).exists()


def test_an_edit_in_flight_is_in_what_is_submitted_and_bars_its_maker(committed_desk: Desk):
    desk = committed_desk
    claim = desk.written()
    reviewer, writer, source = desk.reviewer, desk.writer, claim.evidence.order_by("pk")[0]
    at, later = desk.at(), desk.at()

    def edit() -> object:
        given = EvidenceFields(stance="supports", note="Changed at the last moment.", archive_url=source.archive_url)
        return edit_evidence(evidence_id=source.pk, given=given, lock_version=None, actor=reviewer, at=at)

    outcome = second_while_first_is_in_flight(edit, lambda: moves.submit(claim_id=claim.pk, actor=writer, at=later))

    assert outcome.exception() is None
    frozen = frozen_of(claim)
    assert b"Changed at the last moment." in stored(frozen.candidate)
    with pytest.raises(FourEyes):
        moves.approve(claim_id=claim.pk, actor=reviewer, at=desk.at())
