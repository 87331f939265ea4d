"""Real worker processes against a real Redis: killed, cut off, wiped. Nothing is lost, nothing is done twice."""

import signal
import time

import pytest
from django.db import connection

from tests.servers.redis import RedisServer
from tests.workers.conftest import jobs_with_effects, make_job
from tests.workers.processes import wait_until, worker
from workers.models import Job, JobQuerySet

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("effects")]

START = 20.0  # seconds that a worker may need to start on a busy machine


def ours() -> JobQuerySet:
    """The jobs that the test made; the service's own schedules make some too."""
    return Job.objects.filter(kind__startswith="test.")


def done() -> int:
    return ours().filter(state="done").count()


def starts(job_id: int) -> list[int]:
    """The processes that began the job, in order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM test_start WHERE job_id = %s ORDER BY id", [job_id])
        return [row[0] for row in cursor.fetchall()]


def make_jobs(number: int, kind: str = "test.slow", **payload: object) -> set[int]:
    return {make_job(kind, key=f"{kind}:{time.monotonic_ns()}:{n}", payload=payload).pk for n in range(number)}


def test_a_worker_killed_mid_job_is_replaced_by_another_that_finishes_it_once(redis: RedisServer, figure):
    [job_id] = make_jobs(1, seconds=60, first_only=True)
    with worker(redis.url) as victim:
        wait_until(lambda: bool(starts(job_id)), seconds=START, message="the job did not start")
        victim.kill()

    with worker(redis.url):
        took = wait_until(lambda: done() == 1, seconds=START, message="nobody took the job over")

    job = ours().get()
    first, second = starts(job_id)
    figure("seconds from the next worker's start to the result", round(took, 1))
    assert first != second
    assert jobs_with_effects() == [job_id]
    assert (job.attempts, job.losses) == (2, 1)


def test_a_worker_stopped_past_its_lease_comes_back_too_late(redis: RedisServer):
    [job_id] = make_jobs(1, seconds=0.7, first_only=True)
    with worker(redis.url, beat=False) as sleeper, worker(redis.url):
        wait_until(lambda: bool(starts(job_id)), seconds=START, message="the job did not start")
        sleeper.send(signal.SIGSTOP)
        wait_until(lambda: done() == 1, seconds=START, message="nobody finished the job")
        sleeper.send(signal.SIGCONT)
        time.sleep(1.5)

    assert jobs_with_effects() == [job_id]


def test_redis_wiped_frozen_killed_and_back_leaves_no_job_undone_and_no_worker_deaf(redis: RedisServer, figure):
    with worker(redis.url) as running:
        make_jobs(60)
        wait_until(lambda: done() >= 10, seconds=START, message="work did not start")
        redis.flush()
        wiped = wait_until(lambda: done() == 60, seconds=20, message="work lost in the wiped Redis")

        redis.freeze()
        make_jobs(20)
        time.sleep(3)
        redis.thaw()
        frozen = wait_until(lambda: done() == 80, seconds=30, message="the worker is deaf after the freeze")

        redis.kill()
        make_jobs(20)
        time.sleep(1)
        redis.start()
        killed = wait_until(lambda: done() == 100, seconds=30, message="the worker is deaf after the restart")
        running.send(signal.SIGTERM)

    figure("seconds until done after wipe, freeze, kill", [round(wiped, 1), round(frozen, 1), round(killed, 1)])
    assert sorted(jobs_with_effects()) == sorted(ours().values_list("pk", flat=True))


def test_a_worker_that_could_acknowledge_nothing_while_redis_was_away_hears_again(redis: RedisServer):
    first = make_jobs(2, seconds=0.7)
    with worker(redis.url, beat=False, queues="match"), worker(redis.url, queues="default"):
        wait_until(lambda: all(starts(job) for job in first), seconds=START, message="work did not start")
        redis.kill()
        wait_until(lambda: done() == 2, seconds=10, message="the jobs at hand were not finished")
        time.sleep(0.5)
        redis.start()
        make_jobs(4)
        wait_until(lambda: done() == 6, seconds=30, message="the worker is deaf after the restart")

    assert len(jobs_with_effects()) == 6


def test_a_job_that_kills_its_process_is_given_up_and_the_others_are_done(redis: RedisServer):
    deadly = make_jobs(1, "test.deadly")
    others = make_jobs(20)
    with worker(redis.url):
        wait_until(lambda: done() == 20, seconds=START + 20, message="healthy jobs were held up")
        wait_until(lambda: ours().dead().exists(), seconds=40, message="the deadly job was not given up")

    job = Job.objects.get(pk__in=deadly)
    assert (job.state, job.attempts, job.losses_alone) == ("dead", 5, 5)
    assert set(jobs_with_effects()) == others


def test_jobs_on_threads_are_done_once_each(redis: RedisServer):
    jobs = make_jobs(40)
    with worker(redis.url, pool="threads", concurrency=8):
        wait_until(lambda: done() == 40, seconds=START + 10, message="work was not done")

    assert sorted(jobs_with_effects()) == sorted(jobs)
