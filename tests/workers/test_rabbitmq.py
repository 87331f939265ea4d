"""Another broker by BROKER_URL alone: the same promises, with RabbitMQ as the doorbell."""

import pytest
from django.db import transaction

from claims.audit.operations import record
from claims.choices import EventKind
from factcheck.celery import app
from tests.servers.rabbitmq import PROGRAM, running_rabbitmq
from tests.workers.conftest import jobs_with_effects
from tests.workers.processes import wait_until, worker
from tests.workers.test_dispatch import make_source
from tests.workers.test_workers import done, make_jobs
from workers import doorbell
from workers.clock import database_now
from workers.doorbell import publisher
from workers.models import Job

pytestmark = [
    pytest.mark.services,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("effects"),
    pytest.mark.skipif(not PROGRAM.exists(), reason="needs Debian's rabbitmq-server"),
]


def test_work_is_rung_for_and_done_with_rabbitmq(monkeypatch):
    with running_rabbitmq() as address:
        monkeypatch.setitem(app.conf, "broker_url", address)
        monkeypatch.setattr(doorbell, "_process", doorbell._Process())
        source = make_source()
        with worker("redis://127.0.0.1:1/0", BROKER_URL=address):
            jobs = make_jobs(60)
            with transaction.atomic():
                record(kind=EventKind.SOURCE_POLL_REQUESTED, subject=source, actor=None, at=database_now())
            wait_until(lambda: done() == 60, seconds=60, message="the work was not done")
            wait_until(lambda: Job.objects.filter(kind="poll_source").exists(), seconds=20, message="no fact was heard")
            # Messages of jobs that a worker carried on with lead to nothing, and are taken off all the same.
            wait_until(lambda: publisher().waiting("match") == 0, seconds=30, message="messages were left")
        connection = publisher()._connection
        assert connection is not None
        connection.release()

    assert sorted(jobs_with_effects()) == sorted(jobs)
