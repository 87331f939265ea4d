"""What one message leads to: its job, what is more urgent, and what is due beside it."""

import pytest
from django.db.models import F

from tests.servers.redis import RedisServer
from tests.workers.conftest import jobs_with_effects, make_job
from workers.choices import Queue
from workers.clock import database_now
from workers.dispatch import NEARLY_EMPTY
from workers.doorbell import publisher
from workers.handling import HANDLERS
from workers.kinds import KINDS, KindSpec
from workers.models import Job
from workers.shift import work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("kinds", "bell")]


@pytest.fixture(autouse=True)
def time_to_carry_on(kinds, monkeypatch):
    for kind in ("test.quick", "test.poison"):
        monkeypatch.setitem(KINDS, kind, KindSpec(queue=Queue.MATCH, soft_limit=50, hard_limit=60))


def test_a_quick_worker_carries_on_with_what_is_due_in_order():
    named = make_job()
    others = [make_job(), make_job(priority=-1), make_job()]

    work(named.pk)

    assert jobs_with_effects() == [named.pk, others[0].pk, others[2].pk, others[1].pk]
    assert set(Job.objects.exclude(pk=named.pk).values_list("rung_by", flat=True)) == {"worker"}


def test_what_is_more_urgent_goes_first_and_the_named_job_is_done_too():
    named = make_job()
    urgent = make_job(priority=3)

    work(named.pk)

    assert jobs_with_effects() == [urgent.pk, named.pk]


def test_jobs_with_other_limits_wait_for_a_message_of_their_own(monkeypatch):
    monkeypatch.setitem(KINDS, "test.slow", KindSpec(queue=Queue.MATCH, soft_limit=10, hard_limit=20))
    named, other = make_job(), make_job("test.slow")

    work(named.pk)

    assert jobs_with_effects() == [named.pk]
    other.refresh_from_db()
    assert other.state == "queued"


def test_jobs_that_were_lost_before_are_not_taken_along():
    named = make_job()
    lost = make_job(losses=1)

    work(named.pk)

    assert lost.pk not in jobs_with_effects()


def test_jobs_without_results_follow_each_other_and_each_is_done_once(monkeypatch):
    began: list[int] = []
    monkeypatch.setitem(HANDLERS, "test.quick", lambda job: began.append(job.id))
    jobs = [make_job() for _ in range(4)]

    work(jobs[0].pk)

    assert began == [job.pk for job in jobs]
    states = Job.objects.filter(kind="test.quick").values_list("state", "attempts", "fence", "lease_until")
    assert set(states) == {("done", 1, 1, None)}


def test_a_job_that_was_taken_away_meanwhile_is_not_marked_done_and_the_next_one_is(monkeypatch):
    jobs = [make_job() for _ in range(3)]

    def handle(job):
        if job.id == jobs[1].pk:  # as another worker does whose claim came after the lease
            Job.objects.filter(pk=job.id).update(fence=F("fence") + 1)

    monkeypatch.setitem(HANDLERS, "test.quick", handle)

    work(jobs[0].pk)

    assert [Job.objects.get(pk=job.pk).state for job in jobs] == ["done", "running", "done"]


def test_a_suspect_leads_to_no_other_suspect():
    suspects = [make_job(queue="suspect", losses=1) for _ in range(2)]

    work(suspects[0].pk)

    assert [Job.objects.get(pk=job.pk).attempts for job in suspects] == [1, 0]


def test_an_error_in_one_job_does_not_end_the_others():
    named = make_job("test.poison")
    other = make_job()

    work(named.pk)

    assert jobs_with_effects() == [other.pk]
    assert Job.objects.get(pk=named.pk).errors == 1


def test_when_the_moment_is_over_the_rest_is_rung_for(bell: RedisServer, monkeypatch):
    monkeypatch.setattr(KindSpec, "carry_on", 0.0)
    named, rest = make_job(), [make_job() for _ in range(3)]

    work(named.pk)

    assert jobs_with_effects() == [named.pk]
    with bell.client() as client:
        assert client.llen("match") == len(rest)
    assert set(Job.objects.filter(state="queued").values_list("rung_by", flat=True)) == {"worker"}


def test_while_messages_wait_a_worker_out_of_time_adds_none(bell: RedisServer, monkeypatch):
    monkeypatch.setattr(KindSpec, "carry_on", 0.0)
    named, _ = make_job(), make_job()
    for number in range(NEARLY_EMPTY):
        publisher().publish("workers.run", queue="match", args=(number,))

    work(named.pk)

    with bell.client() as client:
        assert client.llen("match") == NEARLY_EMPTY


def test_a_message_whose_job_is_done_or_gone_still_leads_on():
    done = make_job(state="done", finished_at=database_now())
    waiting = make_job()

    work(done.pk)
    work(10**9)

    assert jobs_with_effects() == [waiting.pk]
