"""A time that was set, as the workers see it: one job per time, and the verdict is out when it is done."""

from datetime import timedelta

import pytest

import workers.publishing  # noqa: F401 - its handler
from claims.choices import Role
from claims.models import Publication
from claims.review.scheduling import schedule, unschedule
from tests import factories
from workers import dispatch, ledger
from workers.choices import JobKind, JobState
from workers.clock import database_now
from workers.models import Job

pytestmark = pytest.mark.django_db(transaction=True)
SECOND = timedelta(seconds=1)


def _due() -> int:
    claim, now = factories.approved_claim(), database_now()
    plan = schedule(
        claim_id=claim.pk, publish_at=now - SECOND, actor=factories.person(Role.PUBLISHER), at=now - 2 * SECOND
    )
    return plan.claim_id


def test_a_due_plan_becomes_one_job_that_publishes():
    claim_id = _due()

    dispatch.publish_due_plans()
    dispatch.publish_due_plans()
    job = Job.objects.get(kind=JobKind.PUBLISH_PLANNED)
    ledger.run(job.pk)

    assert Job.objects.get(pk=job.pk).state == JobState.DONE
    assert Publication.objects.filter(claim_id=claim_id).count() == 1


def test_one_taken_back_before_its_job_ran_publishes_nothing():
    claim_id = _due()
    dispatch.publish_due_plans()

    unschedule(claim_id=claim_id, actor=factories.person(Role.PUBLISHER), at=database_now())
    job = Job.objects.get(kind=JobKind.PUBLISH_PLANNED)
    ledger.run(job.pk)

    assert Job.objects.get(pk=job.pk).state == JobState.DONE
    assert not Publication.objects.exists()
