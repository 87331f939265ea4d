"""From facts and due times to jobs: once each, whoever asks and whenever they die."""

import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import transaction

from claims.audit.operations import record
from claims.choices import EventKind, SuggestedStance
from claims.models import Event, Outbox, SearchTurn, Source
from tests.factories import ClaimFactory
from tests.servers.redis import RedisServer
from tests.workers.conftest import expire_lease, make_job
from tests.workers.processes import Process, environment
from workers import dispatch
from workers.clock import database_now
from workers.kinds import EVENT_WORK, Schedule
from workers.ledger import claim
from workers.models import Job, Slot

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("kinds")]


def fact(kind: EventKind, *, data: dict[str, object] | None = None) -> Event:
    """A committed fact about some source row; what it is about does not matter to the dispatcher."""
    source = Source.objects.first() or make_source()
    with transaction.atomic():
        return record(kind=kind, subject=source, actor=None, at=database_now(), data=data)


def make_source() -> Source:
    later = database_now() + timedelta(days=1)
    return Source.objects.create(name="Wire", url="http://127.0.0.1:9/feed", active=True, next_poll_at=later)


@pytest.mark.parametrize("kind", [EventKind(kind) for kind in sorted(EVENT_WORK)])
def test_a_fact_becomes_the_work_that_the_map_names_once(kind, settings):
    settings.WAYBACK_ACCESS_KEY = settings.WAYBACK_SECRET_KEY = "x"
    settings.WEBSUB_HUB = "https://hub.example/"
    event = fact(kind, data={"document_id": 7, "capture_id": 8, "suggested_stance": SuggestedStance.REPEATS})

    assert [dispatch.dispatch_outbox(), dispatch.dispatch_outbox()] == [1, 0]

    work = EVENT_WORK[kind]
    jobs = Job.objects.filter(cause=event).order_by("pk")
    assert [(job.kind, job.state) for job in jobs] == [(str(each.kind), "queued") for each in work]
    assert all(list(job.payload) == [each.names] for job, each in zip(jobs, work, strict=True))
    assert not Outbox.objects.exists()


def test_a_fact_without_work_only_leaves_the_outbox():
    fact(EventKind.NOTE_ADDED)

    dispatch.dispatch_outbox()

    assert not Outbox.objects.exists()
    assert not Job.objects.exists()


def test_work_that_a_fact_gives_no_reason_for_is_not_made():
    fact(EventKind.COVERAGE_SUGGESTED, data={"suggested_stance": SuggestedStance.UNCLEAR})
    fact(EventKind.EVIDENCE_COPIED)  # no archive has a key

    dispatch.dispatch_outbox()

    assert not Job.objects.exists()


def test_evidence_without_a_page_starts_no_fetch():
    fact(EventKind.EVIDENCE_ADDED, data={"document_id": None})

    dispatch.dispatch_outbox()

    assert not Job.objects.exists()


def test_a_rollback_starts_nothing():
    source = make_source()

    with transaction.atomic():
        record(kind=EventKind.SOURCE_POLL_REQUESTED, subject=source, actor=None, at=database_now())
        transaction.set_rollback(True)
    dispatch.dispatch_outbox()

    assert not Job.objects.exists()


def test_a_fact_of_an_unknown_kind_stays_for_a_release_that_knows_it():
    fact("from.the.future")  # type: ignore[arg-type] # a newer release's

    dispatch.dispatch_outbox()

    assert Outbox.objects.count() == 1


def test_a_fact_that_is_dispatched_again_after_a_crash_makes_no_second_job():
    event = fact(EventKind.SOURCE_POLL_REQUESTED)
    dispatch.dispatch_outbox()

    Outbox.objects.create(event=event, created_at=event.at)  # as if the deletion had not been committed
    dispatch.dispatch_outbox()

    assert Job.objects.count() == 1


def test_a_source_becomes_a_job_once_per_due_time():
    source = make_source()
    source.next_poll_at = database_now() - timedelta(minutes=1)
    source.save()

    dispatch.poll_due_sources()
    dispatch.poll_due_sources()
    source.next_poll_at = database_now() - timedelta(seconds=1)
    source.save()
    dispatch.poll_due_sources()

    assert [job.payload for job in Job.objects.order_by("pk")] == [{"source_id": source.pk}] * 2


def test_a_turn_at_a_service_becomes_a_job_once_while_there_is_budget(settings):
    settings.SEARCHES = {**settings.SEARCHES, "gdelt": {**settings.SEARCHES["gdelt"], "daily_requests": 1}}
    claims = [ClaimFactory.create(state="researching") for _ in range(2)]
    due = database_now() - timedelta(minutes=1)
    for claimed in claims:
        SearchTurn.objects.create(claim=claimed, connector="gdelt", next_at=due, period_minutes=180)

    for _ in range(2):
        dispatch.search_due_claims()

    job = Job.objects.get()
    assert (job.kind, job.payload) == ("search_web", {"turn_id": SearchTurn.objects.order_by("pk")[0].pk})


def test_three_clocks_take_each_slot_once(redis: RedisServer):
    ticking = [Process(["-m", "tests.workers.ticking", "3.0"], environment(redis.url)) for _ in range(3)]
    results = [process.wait() for process in ticking]

    slots = Slot.objects.filter(schedule="test").count()
    assert results == [0, 0, 0]
    assert slots >= 10  # one every 0.2 s for 3 s, less what a busy machine slept through
    assert Job.objects.filter(kind="test.quick").count() == slots


def test_a_crash_between_commit_and_doorbell_loses_nothing(redis: RedisServer):
    source = make_source()
    crash = f"""
import os, django; django.setup()
from django.db import transaction
from claims.audit.operations import record
from claims.models import Source
from workers.clock import database_now
with transaction.atomic():
    record(kind="source.poll_requested", subject=Source.objects.get(pk={source.pk}), actor=None, at=database_now())
    transaction.on_commit(lambda: os._exit(9))
"""
    ended = subprocess.run([sys.executable, "-c", crash], env=environment(redis.url), check=False)

    dispatch.tick()

    assert ended.returncode == 9
    assert Job.objects.filter(kind="poll_source").count() == 1


def test_due_jobs_are_rung_and_jobs_of_unknown_kinds_are_reported_once(bell: RedisServer, caplog):
    dispatch._unknown_reported.clear()
    make_job()
    make_job(run_at=database_now() + timedelta(hours=1))
    make_job("from.the.future")

    rung = [dispatch.ring_due(), dispatch.ring_due()]
    dispatch.report_unknown()
    dispatch.report_unknown()

    assert rung == [1, 0]
    with bell.client() as client:
        assert client.llen("match") == 1
    assert caplog.text.count("from.the.future") == 1


def test_a_ring_that_was_lost_and_a_lease_that_ran_out_are_rung_again(bell: RedisServer, settings):
    settings.RING_AGAIN_SECONDS = 0.0
    lost, abandoned = make_job(), make_job()
    assert dispatch.ring_due() == 2
    claim(abandoned.pk)
    expire_lease(abandoned)
    bell.flush()

    assert dispatch.ring_due() == 2
    assert Job.objects.filter(rung_at__isnull=True).count() == 0
    assert lost.pk != abandoned.pk
    with bell.client() as client:
        assert [client.llen(queue) for queue in ("match", "suspect")] == [1, 1]


def test_the_sweep_sets_lost_jobs_aside_and_rings_where_they_are_alone(bell: RedisServer, monkeypatch):
    monkeypatch.setattr(dispatch, "SCHEDULES", ())  # whose own jobs would be rung as well
    lost, held, waiting = make_job(), make_job(), make_job()
    for job in (lost, held):
        claim(job.pk)
    Job.objects.filter(pk=lost.pk).update(lease_until=database_now() - timedelta(seconds=1))

    dispatch.tick()

    queues = dict(Job.objects.filter(kind="test.quick").values_list("pk", "queue"))
    assert queues == {lost.pk: "suspect", held.pk: "match", waiting.pk: "match"}
    with bell.client() as client:
        assert [client.llen(queue) for queue in ("match", "suspect")] == [1, 1]


def test_a_queue_that_nobody_reads_gets_no_more_messages_than_its_depth(bell: RedisServer, settings, monkeypatch):
    settings.RING_AGAIN_SECONDS = 0.0
    monkeypatch.setattr(dispatch, "RING_DEPTH", 20)
    for _ in range(30):
        make_job()

    for _ in range(5):
        dispatch.ring_due()

    with bell.client() as client:
        assert client.llen("match") == 20


def test_due_times_that_nothing_ticked_at_are_made_up_for_if_the_schedule_says_so():
    minute = timedelta(minutes=1)
    forgetful = Schedule("forgetful", minute, "test.quick")
    careful = Schedule("careful", minute, "test.quick", makes_up=timedelta(minutes=10))
    current = dispatch._current_slot(careful, database_now())
    for schedule in (forgetful, careful):
        Slot.objects.create(schedule=schedule.name, due_at=current - 4 * minute)

    made = [dispatch.open_slots([forgetful]), dispatch.open_slots([careful])]

    slots = Slot.objects.filter(schedule="careful").order_by("due_at").values_list("due_at", flat=True)
    assert made in ([1, 4], [1, 5])  # a minute may have passed between the lines
    assert list(slots)[:5] == [current - n * minute for n in (4, 3, 2, 1, 0)]
    assert Job.objects.filter(key__contains="careful=").count() == len(slots) - 1


def test_a_schedule_that_never_ran_makes_up_for_nothing():
    careful = Schedule("careful", timedelta(minutes=1), "test.quick", makes_up=timedelta(hours=1))

    assert dispatch.open_slots([careful]) == 1


def test_a_slot_that_is_taken_makes_no_second_job():
    schedules = [Schedule("test", timedelta(hours=1), "test.quick")]

    assert [dispatch.open_slots(schedules), dispatch.open_slots(schedules)] == [1, 0]
    assert Job.objects.get().kind == "test.quick"
