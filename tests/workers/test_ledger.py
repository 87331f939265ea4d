"""One job: who has it, what a stale holder may write, and when it is given up."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection

from claims.choices import EventKind, Role
from claims.errors import Conflict, NotAllowed, Transient
from claims.http import RetryLater
from claims.models import Event
from tests import factories
from tests.workers.conftest import expire_lease, jobs_with_effects, make_job
from workers import rings
from workers.clock import database_now
from workers.flight import Flight
from workers.handling import HANDLERS, LeaseLost
from workers.ledger import Result, backoff, cancel, claim, finish, requeue, run, run_now
from workers.models import Job

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("kinds")]


def operator() -> User:
    return factories.person(Role.ADMINISTRATOR)


def test_a_job_is_done_once_and_its_effect_stands_with_it():
    job = make_job()

    assert [run(job.pk), run(job.pk)] == [Result.DONE, Result.NOT_MINE]

    job.refresh_from_db()
    assert (job.state, job.attempts, job.fence, job.lease_until) == ("done", 1, 1, None)
    assert job.finished_at is not None
    assert jobs_with_effects() == [job.pk]


def test_a_claimed_job_is_nobody_elses_until_its_lease_runs_out():
    job = make_job()

    first = claim(job.pk)
    second = claim(job.pk, alone=True)
    expire_lease(job)
    third = claim(job.pk, alone=True)

    assert first is not None
    assert second is None
    assert third is not None
    assert (first.fence, third.fence, third.attempt) == (1, 2, 2)


def test_one_of_eight_claims_at_the_same_moment_wins():
    job = make_job()
    start = threading.Barrier(8)
    won: list[int] = []

    def contend() -> None:
        start.wait()
        try:
            if (claimed := claim(job.pk)) is not None:
                won.append(claimed.fence)
        finally:
            connection.close()

    threads = [threading.Thread(target=contend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert won == [1]


def test_a_job_is_not_to_be_had_before_its_time():
    job = make_job(run_at=datetime.now(UTC) + timedelta(hours=1))

    assert run(job.pk) == Result.NOT_MINE
    assert Job.objects.get().attempts == 0


def test_a_stale_fence_writes_nothing():
    job = make_job()
    frozen = claim(job.pk)
    expire_lease(job)
    successor = claim(job.pk, alone=True)
    assert frozen is not None
    assert successor is not None

    with pytest.raises(LeaseLost):
        finish(frozen, HANDLERS[frozen.kind](frozen))
    with pytest.raises(LeaseLost):
        frozen.renew()
    finish(successor, HANDLERS[successor.kind](successor))
    with pytest.raises(LeaseLost):
        finish(frozen, HANDLERS[frozen.kind](frozen))

    assert jobs_with_effects() == [job.pk]
    assert Job.objects.get().state == "done"


def test_a_worker_that_wakes_after_a_cancel_writes_nothing():
    person = operator()
    job = make_job()
    claimed = claim(job.pk)
    assert claimed is not None

    cancel(job_id=job.pk, actor=person)

    with pytest.raises(LeaseLost):
        finish(claimed, HANDLERS[claimed.kind](claimed))
    assert jobs_with_effects() == []
    assert Event.objects.get().kind == EventKind.JOB_CANCELLED


def test_renewing_starts_the_lease_anew():
    job = make_job()
    claimed = claim(job.pk)
    assert claimed is not None
    expire_lease(job)

    claimed.renew()

    job.refresh_from_db()
    assert job.lease_until is not None
    assert job.lease_until > database_now()
    assert claim(job.pk, alone=True) is None


def test_results_and_done_stand_or_fall_together(monkeypatch):
    job = make_job()
    quick = HANDLERS["test.quick"]

    def fails_after_writing(claimed):
        save = quick(claimed)

        def save_and_fail(at):
            assert save is not None
            save(at)
            raise IntegrityError("the last write failed")

        return save_and_fail

    monkeypatch.setitem(HANDLERS, "test.quick", fails_after_writing)

    assert run(job.pk) == Result.RETRY
    assert jobs_with_effects() == []
    assert "the last write failed" in Job.objects.get().last_error


def test_a_poison_job_is_given_up_after_five_errors():
    job = make_job("test.poison")

    results = [run(job.pk) for _ in range(7)]

    assert results == [Result.RETRY] * 4 + [Result.DEAD] + [Result.NOT_MINE] * 2
    job.refresh_from_db()
    assert (job.state, job.errors, job.attempts) == ("dead", 5, 5)
    assert job.last_error == "ValueError: this never works"


def test_a_job_whose_worker_vanishes_alone_five_times_is_given_up():
    job = make_job()

    for _ in range(5):
        assert claim(job.pk, alone=True) is not None
        expire_lease(job)
    given_up = claim(job.pk, alone=True)

    job.refresh_from_db()
    assert given_up is None
    assert (job.state, job.attempts, job.losses, job.losses_alone) == ("dead", 5, 5, 5)
    assert "vanished" in job.last_error


def test_a_loss_in_company_proves_nothing_and_the_next_attempt_is_alone():
    job = make_job()

    claim(job.pk, alone=False)
    expire_lease(job)

    assert claim(job.pk, alone=False) is None
    assert claim(job.pk, alone=True) is not None
    job.refresh_from_db()
    assert (job.losses, job.losses_alone) == (1, 0)


def test_a_lost_job_is_not_given_out_beside_others_before_it_is_set_aside():
    job = make_job()
    claim(job.pk, alone=True)
    Job.objects.filter(pk=job.pk).update(lease_until=database_now() - timedelta(seconds=1))

    assert [run(job.pk), claim(job.pk, alone=True)] == [Result.NOT_MINE, None]

    assert rings.set_aside_lost() == 1
    assert run(job.pk) == Result.DONE


def test_run_takes_a_lost_job_alone():
    job = make_job()
    claim(job.pk)
    expire_lease(job)

    assert run(job.pk) == Result.DONE
    assert jobs_with_effects() == [job.pk]


def test_an_exclusive_flight_waits_for_others_and_goes_before_newcomers():
    flight = Flight()
    order: list[str] = []
    inside = threading.Event()
    leave = threading.Event()

    def early() -> None:
        with flight.shared():
            inside.set()
            leave.wait()
            order.append("early")

    def exclusive() -> None:
        with flight.exclusive():
            order.append("exclusive")

    def newcomer() -> None:
        with flight.shared():
            order.append("newcomer")

    threads = [threading.Thread(target=early), threading.Thread(target=exclusive), threading.Thread(target=newcomer)]
    threads[0].start()
    inside.wait()
    threads[1].start()
    while not flight._exclusive_waiting:
        pass
    threads[2].start()
    leave.set()
    for thread in threads:
        thread.join()

    assert order == ["early", "exclusive", "newcomer"]


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(Transient("busy", after=100.0), id="transient"),
        pytest.param(RetryLater("busy", reason="status_429", after=100.0), id="retry-after"),
    ],
)
def test_a_wait_that_the_other_side_asked_for_is_kept(monkeypatch, error):
    def ask_later(claimed):
        raise error

    monkeypatch.setitem(HANDLERS, "test.quick", ask_later)
    job = make_job()

    assert run(job.pk) == Result.RETRY

    job.refresh_from_db()
    assert job.errors == 1
    assert job.run_at > database_now() + timedelta(seconds=90)


@pytest.mark.parametrize("reason", ["pace", "circuit"])
def test_waiting_for_a_turn_at_a_host_is_no_error(monkeypatch, reason: str):
    def not_yet(claimed):
        raise RetryLater("not our turn", reason=reason, after=60.0)

    monkeypatch.setitem(HANDLERS, "test.quick", not_yet)
    job = make_job()

    assert run(job.pk) == Result.POSTPONED

    job.refresh_from_db()
    assert (job.state, job.errors, job.attempts) == ("queued", 0, 0)
    assert job.run_at > database_now() + timedelta(seconds=50)


def test_a_dead_job_gets_fresh_tries_from_a_person_on_record():
    person = operator()
    job = make_job("test.poison")
    for _ in range(5):
        run(job.pk)

    requeue(job_id=job.pk, actor=person)

    job.refresh_from_db()
    assert (job.state, job.errors) == ("queued", 0)
    event = Event.objects.get()
    assert (event.kind, event.actor, event.subject_id) == (EventKind.JOB_REQUEUED, person, job.pk)
    with pytest.raises(Conflict):
        requeue(job_id=job.pk, actor=person)


def test_a_job_that_waits_for_its_next_try_runs_when_a_person_says_so():
    person = operator()
    job = make_job(run_at=database_now() + timedelta(hours=1))

    run_now(job_id=job.pk, actor=person)

    assert run(job.pk) == Result.DONE
    event = Event.objects.get()
    assert (event.kind, event.actor, event.subject_id) == (EventKind.JOB_RUN_NOW, person, job.pk)
    with pytest.raises(Conflict):
        run_now(job_id=job.pk, actor=person)


@pytest.mark.parametrize("operation", [requeue, cancel, run_now])
@pytest.mark.parametrize("role", [Role.CONTRIBUTOR, Role.FACT_CHECKER, Role.REVIEWER, Role.PUBLISHER])
def test_the_operations_themselves_refuse_whoever_may_not_manage_jobs(operation, role):
    job = make_job(run_at=database_now() + timedelta(hours=1))

    with pytest.raises(NotAllowed):
        operation(job_id=job.pk, actor=factories.person(role))

    job.refresh_from_db()
    assert job.state == "queued"
    assert not Event.objects.exists()


def test_a_job_of_an_unknown_kind_is_left_for_a_release_that_knows_it():
    job = make_job("from.the.future")

    assert run(job.pk) == Result.NOT_MINE

    job.refresh_from_db()
    assert (job.state, job.attempts) == ("queued", 0)


def test_back_off_spreads_over_the_whole_span_and_is_capped():
    waits = [backoff(20, base=10, cap=60) for _ in range(300)]

    assert min(waits) < 10
    assert 50 < max(waits) <= 60
    assert backoff(1, base=10, cap=60) <= 10


def test_an_error_that_quotes_what_no_row_can_hold_counts_like_any_other(monkeypatch):
    def fail(claimed):
        raise ValueError("bad title: \x00 \ud800")

    monkeypatch.setitem(HANDLERS, "test.quick", fail)
    job = make_job()

    assert run(job.pk) == Result.RETRY
    assert Job.objects.get().last_error.startswith("ValueError: bad title:")
