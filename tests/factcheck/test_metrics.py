"""/metrics: what it says, and to whom."""

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from tests.workers.conftest import make_job
from workers.clock import database_now

LABELS = ("queue", "kind", "attempts", "led_by")

pytestmark = pytest.mark.django_db


def figures(client: Client) -> dict[tuple[str, ...], float]:
    text = client.get("/metrics").content.decode()
    return {
        (sample.name, *(sample.labels[name] for name in LABELS if name in sample.labels)): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_work_is_counted_from_the_rows_when_it_is_asked(client: Client):
    now = database_now()
    make_job("match_document", run_at=now.replace(year=now.year - 1))
    make_job("match_document", run_at=now.replace(year=now.year + 1))
    make_job("match_document", state="running", lease_until=now.replace(year=now.year - 1))
    make_job("match_document", state="dead", finished_at=now)
    make_job("match_document", state="done", finished_at=now, attempts=1, rung_by="doorbell")
    make_job("match_document", state="done", finished_at=now, attempts=9, rung_by="sweep")

    seen = figures(client)

    where = ("match", "match_document")
    assert seen["factcheck_jobs_due", *where] == 1
    assert seen["factcheck_jobs_later", *where] == 1
    assert seen["factcheck_jobs_running", *where] == 1
    assert seen["factcheck_jobs_expired_leases", *where] == 1
    assert seen["factcheck_jobs_dead", *where] == 1
    assert seen["factcheck_jobs_oldest_due_seconds", *where] > 300 * 24 * 3600
    assert seen["factcheck_jobs_done_last_hour", *where, "1"] == 1
    assert seen["factcheck_jobs_done_last_hour", *where, "5"] == 1
    assert seen["factcheck_jobs_started_last_hour", *where, "doorbell"] == 1
    assert seen["factcheck_jobs_started_last_hour", *where, "sweep"] == 1
    assert seen[("factcheck_outbox_waiting",)] == 0


def test_it_asks_the_database_the_same_for_many_jobs_as_for_one(client: Client, django_assert_max_num_queries):
    for _ in range(20):
        make_job("match_document", state="done", finished_at=timezone.now(), attempts=1)

    with django_assert_max_num_queries(3):
        client.get("/metrics")


def test_without_a_token_loopback_is_answered_and_nobody_else(client: Client):
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.7").status_code == 403


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Forwarded-Proto"])
def test_what_comes_through_a_proxy_on_loopback_is_not_answered(client: Client, header: str):
    assert client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 403


@pytest.mark.parametrize(
    ("given", "status"),
    [(None, 403), ("Bearer wrong", 403), ("Bearer ", 403), ("Basic s3cret", 403), ("Bearer s3cret", 200)],
)
def test_with_a_token_only_its_bearer_is_answered(client: Client, settings, given, status):
    settings.METRICS_TOKEN = "s3cret"
    headers = {} if given is None else {"Authorization": given}

    assert client.get("/metrics", headers=headers, REMOTE_ADDR="10.0.0.7").status_code == status
    assert client.get("/metrics", headers=headers).status_code == status
