"""Limits per kind and the order of work: exact across processes, and in nobody else's way."""

import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, transaction

from tests.servers.redis import RedisServer
from tests.workers.conftest import expire_lease, make_job
from workers import dispatch, gates
from workers.choices import Queue
from workers.clock import database_now
from workers.doorbell import Publisher
from workers.handling import HANDLERS, LeaseLost
from workers.kinds import KINDS, KindSpec, Rate
from workers.ledger import Result, claim, finish, run
from workers.models import Gate, Job

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("kinds")]


@pytest.fixture
def limit(monkeypatch):
    """Limits the kind `test.slow`; the other kinds of its queue have no limit."""

    def set_limit(**limits):
        spec = KindSpec(queue=Queue.MATCH, soft_limit=1, hard_limit=2, **limits)
        monkeypatch.setitem(KINDS, "test.slow", spec)

    return set_limit


def limited(**fields) -> Job:
    return make_job("test.slow", **fields)


def test_no_more_run_at_once_than_the_kind_allows(limit):
    limit(concurrency=2)
    jobs = [limited() for _ in range(3)]

    taken = [claim(job.pk) for job in jobs]

    assert [one is not None for one in taken] == [True, True, False]
    first = taken[0]
    assert first is not None
    finish(first, None)
    assert claim(jobs[2].pk) is not None


def test_of_sixteen_claims_at_the_same_moment_only_the_allowed_number_wins(limit):
    limit(concurrency=3)
    jobs = [limited() for _ in range(16)]
    start = threading.Barrier(16)
    won: list[int] = []

    def contend(job_id: int) -> None:
        start.wait()
        try:
            if claim(job_id) is not None:
                won.append(job_id)
        finally:
            connection.close()

    threads = [threading.Thread(target=contend, args=(job.pk,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(won) == 3
    assert Job.objects.filter(state="running").count() == 3


def test_a_worker_that_vanished_holds_no_place_for_longer_than_its_lease(limit):
    limit(concurrency=1)
    lost, waiting = limited(), limited()
    claim(lost.pk)
    assert claim(waiting.pk) is None

    expire_lease(lost)

    assert claim(waiting.pk) is not None


def test_a_worker_that_wakes_after_its_place_was_given_on_does_not_take_it_back(limit):
    limit(concurrency=1)
    frozen, next_one = limited(), limited()
    held = claim(frozen.pk)
    expire_lease(frozen)
    claim(next_one.pk)
    assert held is not None

    with pytest.raises(LeaseLost):
        held.renew()

    assert Job.objects.filter(state="running", lease_until__gte=database_now()).count() == 1


def test_no_more_start_in_a_while_than_the_rate_allows(limit):
    limit(rate=Rate(2, 60.0))
    jobs = [limited() for _ in range(3)]

    results = [run(job.pk) for job in jobs]
    with connection.cursor() as cursor:  # as if a minute had passed since the first start
        cursor.execute("UPDATE workers_gate SET starts[1] = starts[1] - interval '1 minute'")
    again = run(jobs[2].pk)

    assert results == [Result.DONE, Result.DONE, Result.NOT_MINE]
    assert again == Result.DONE
    assert len(Gate.objects.get().starts) == 2


def test_a_second_message_for_a_job_that_is_being_finished_does_not_hold_up_its_kind(limit):
    limit(rate=Rate(1, 60.0))
    job = limited()
    held = claim(job.pk)
    assert held is not None
    finishing, over = threading.Event(), threading.Event()

    def finish_slowly() -> None:
        def save(_: object) -> None:
            finishing.set()
            over.wait()

        finish(held, save)
        connection.close()

    thread = threading.Thread(target=finish_slowly)
    thread.start()
    finishing.wait()
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '2s'")
    try:
        assert claim(job.pk) is None
    finally:
        over.set()
        thread.join()
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = 0")

    job.refresh_from_db()
    assert job.state == "done"


def test_kinds_without_a_limit_do_not_wait_at_a_full_gate(limit):
    limit(concurrency=1)
    claim(limited().pk)
    free = make_job("test.quick")

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    holder = threading.Event()
    held = threading.Event()

    def hold_the_gate() -> None:
        with transaction.atomic():
            gates.lock_gate("test.slow")
            held.set()
            holder.wait()
        connection.close()

    thread = threading.Thread(target=hold_the_gate)
    thread.start()
    held.wait()
    try:
        result = run(free.pk)
    finally:
        holder.set()
        thread.join()

    assert result == Result.DONE


def test_only_as_many_of_a_limited_kind_are_rung_as_may_start_and_others_pass_them(limit, bell: RedisServer):
    limit(concurrency=2, priority=9)
    for _ in range(300):
        limited(priority=9)
    free = [make_job("test.quick") for _ in range(5)]

    rung = [dispatch.ring_due(), dispatch.ring_due()]

    assert rung == [7, 0]
    marked = Counter(Job.objects.exclude(rung_at=None).values_list("kind", flat=True))
    assert marked == {"test.slow": 2, "test.quick": 5}
    assert all(run(job.pk) == Result.DONE for job in free)


def test_a_job_that_found_no_room_is_rung_again_when_there_is(limit, bell: RedisServer):
    limit(concurrency=1)
    first, second = limited(), limited()
    running = claim(first.pk)
    Job.objects.filter(pk=second.pk).update(rung_at=database_now())  # its message came when the place was taken
    assert running is not None

    assert run(second.pk) == Result.NOT_MINE
    assert dispatch.ring_due() == 0
    finish(running, None)

    assert dispatch.ring_due() == 1
    assert run(second.pk) == Result.DONE


def test_jobs_are_rung_most_urgent_first_then_longest_due(bell: RedisServer, monkeypatch):
    now = database_now()
    late = make_job(run_at=now - timedelta(minutes=1))
    early = make_job(run_at=now - timedelta(minutes=9))
    urgent = make_job(priority=5, run_at=now - timedelta(seconds=1))
    order: list[int] = []

    def note(self: Publisher, task: str, *, args: tuple[int, ...], **_: object) -> bool:
        order.extend(args)
        return True

    monkeypatch.setattr(Publisher, "publish", note)

    dispatch.ring_due()

    assert order == [urgent.pk, early.pk, late.pk]


def test_a_job_has_its_kinds_priority(monkeypatch):
    monkeypatch.setitem(KINDS, "test.quick", KindSpec(queue=Queue.MATCH, soft_limit=1, hard_limit=2, priority=7))

    dispatch.enqueue("test.quick", subject=("document_id", 1), cause="x")

    assert Job.objects.get().priority == 7


def test_limits_that_let_nothing_run_are_refused():
    with pytest.raises(ValueError, match="none may run"):
        KindSpec(queue=Queue.MATCH, soft_limit=1, hard_limit=2, concurrency=0)
    for starts, seconds in [(0, 1.0), (1, 0.0), (5000, 1.0)]:
        with pytest.raises(ValueError, match="A rate has"):
            Rate(starts, seconds)


def test_handlers_that_find_nothing_to_write_still_finish(monkeypatch):
    monkeypatch.setitem(HANDLERS, "test.quick", lambda claimed: None)
    job = make_job()

    assert run(job.pk) == Result.DONE
    assert Job.objects.get().state == "done"
