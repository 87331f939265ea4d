"""The operators' pages: for administrators, to look at, with two buttons that go through the ledger."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from claims.choices import EventKind
from claims.models import Event, Organisation
from tests.workers.conftest import make_job
from workers.models import Host, Job

pytestmark = pytest.mark.django_db


def client_of(role: str) -> Client:
    person = User.objects.create_user(role)
    person.groups.add(Group.objects.get_or_create(name=role)[0])
    client = Client()
    client.force_login(person)
    return client


@pytest.mark.parametrize(
    ("zone", "shown"), [("Europe/Lisbon", "1 Jul 2026, 20:05"), ("Asia/Tokyo", "2 Jul 2026, 04:05")]
)
def test_stock_pages_write_instants_as_our_own_do(zone: str, shown: str):
    Organisation.objects.update_or_create(pk=1, defaults={"time_zone": zone})
    job, at = dead_job(), datetime(2026, 7, 1, 19, 5, tzinfo=UTC)
    Job.objects.filter(pk=job.pk).update(finished_at=at)
    Host.objects.create(scheme="https", host="slow.example", port=443, last_at=at)
    client = client_of("administrator")

    pages = [
        client.get(path).content.decode() for path in (f"/admin/workers/job/{job.pk}/change/", "/admin/workers/host/")
    ]

    assert [shown in page for page in pages] == [True, True]
    assert not any(re.search(r"\b(?:a\.m\.|p\.m\.|noon|midnight)", page) for page in pages)


def dead_job() -> Job:
    return make_job(
        "match_document",
        state="dead",
        finished_at=timezone.now(),
        errors=5,
        last_error="ValueError: <b>boom</b>",
        payload={"document_id": 41},
    )


@pytest.mark.parametrize(
    ("role", "status"), [("administrator", 200), ("publisher", 403), ("fact_checker", 403), ("contributor", 403)]
)
def test_only_administrators_see_the_work(role, status):
    client = client_of(role)
    job = dead_job()

    assert client.get("/admin/workers/job/").status_code == status
    assert client.get(f"/admin/workers/job/{job.pk}/change/").status_code == status
    assert client.post(f"/admin/workers/job/{job.pk}/requeue/").status_code == (302 if status == 200 else 403)


def test_a_dead_letter_shows_its_error_and_payload_as_text():
    job = dead_job()

    page = client_of("administrator").get(f"/admin/workers/job/{job.pk}/change/").content.decode()

    assert "&lt;b&gt;boom&lt;/b&gt;" in page
    assert "document_id" in page
    assert "Try again" in page
    assert "Cancel this job" not in page


def test_trying_again_is_a_post_and_on_record():
    client = client_of("administrator")
    job = dead_job()

    assert client.get(f"/admin/workers/job/{job.pk}/requeue/").status_code == 405
    client.post(f"/admin/workers/job/{job.pk}/requeue/")

    job.refresh_from_db()
    assert (job.state, job.errors) == ("queued", 0)
    assert Event.objects.get().kind == EventKind.JOB_REQUEUED


def test_trying_again_what_is_not_dead_says_why_not():
    job = make_job("match_document")

    page = client_of("administrator").post(f"/admin/workers/job/{job.pk}/requeue/", follow=True).content.decode()

    assert "is queued, not dead" in page
    assert not Event.objects.exists()


def test_several_dead_letters_are_tried_again_at_once():
    dead = [dead_job(), dead_job()]
    waiting = make_job("match_document")
    client = client_of("administrator")

    client.post(
        "/admin/workers/job/",
        {"action": "requeue_selected", "_selected_action": [job.pk for job in (*dead, waiting)]},
    )

    assert Job.objects.filter(state="queued").count() == 3
    assert Event.objects.filter(kind=EventKind.JOB_REQUEUED).count() == 2


def test_a_waiting_job_can_be_cancelled():
    job = make_job("match_document")
    client = client_of("administrator")

    client.post(f"/admin/workers/job/{job.pk}/cancel/")

    job.refresh_from_db()
    assert (job.state, job.last_error) == ("dead", "Cancelled by administrator.")


def test_a_job_that_waits_for_its_time_is_told_to_run_now():
    job = make_job("match_document", run_at=timezone.now() + timedelta(hours=1))
    client = client_of("administrator")
    assert "Run now" in client.get(f"/admin/workers/job/{job.pk}/change/").content.decode()

    assert client.get(f"/admin/workers/job/{job.pk}/run-now/").status_code == 405
    client.post(f"/admin/workers/job/{job.pk}/run-now/")

    job.refresh_from_db()
    assert job.run_at <= timezone.now()
    assert Event.objects.get().kind == EventKind.JOB_RUN_NOW
    assert "Run now" not in client.get(f"/admin/workers/job/{job.pk}/change/").content.decode()


@pytest.mark.parametrize("role", ["publisher", "fact_checker", "contributor"])
def test_only_administrators_see_how_the_work_stands(role):
    assert client_of(role).get("/admin/workers/job/overview/").status_code == 403


def test_the_operators_page_shows_age_depth_attempts_leases_and_who_rang():
    now = timezone.now()
    make_job("match_document", run_at=now - timedelta(seconds=4000))
    make_job("match_document", state="running", lease_until=now - timedelta(hours=1))
    make_job("match_document", state="done", finished_at=now, attempts=2, rung_by="sweep")
    make_job("match_document", state="done", finished_at=now, attempts=1, rung_by="doorbell")
    make_job("from.the.future<b>")

    page = client_of("administrator").get("/admin/workers/job/overview/").content.decode()

    cells = re.findall(r"<td>([^<]*)</td>", page.split("Match a page with the watched claims", 2)[1].split("</tr>")[0])
    lately = re.findall(r"<td>([^<]*)</td>", page.split("Match a page with the watched claims", 2)[2].split("</tr>")[0])
    assert cells[0].startswith("400")
    assert cells[1:5] == ["1", "0", "1", "1"]
    assert lately == ["2", "1", "1", "0", "0", "0", "1", "1", "0", "0.50"]
    assert "from.the.future&lt;b&gt;" in page
    assert "unknown to this release" in page


def test_the_operators_page_says_when_there_is_nothing_to_see():
    page = client_of("administrator").get("/admin/workers/job/overview/").content.decode()

    assert "Nothing waits and nothing runs" in page


def test_kinds_that_this_release_does_not_know_are_shown_as_waiting():
    make_job("from.the.future")
    client = client_of("administrator")

    page = client.get("/admin/workers/job/?kind=unknown").content.decode()

    assert "1 of kind <code>from.the.future</code>, which this release does not know" in page


def test_nobody_adds_changes_or_deletes_rows_here():
    job = dead_job()
    client = client_of("administrator")

    assert client.get("/admin/workers/job/add/").status_code == 403
    assert client.post(f"/admin/workers/job/{job.pk}/change/", {"state": "done"}).status_code == 403
    assert client.post(f"/admin/workers/job/{job.pk}/delete/", {"post": "yes"}).status_code == 403


def test_the_list_asks_the_database_the_same_for_many_jobs_as_for_one(django_assert_max_num_queries):
    client = client_of("administrator")
    for _ in range(30):
        dead_job()

    with django_assert_max_num_queries(12):
        client.get("/admin/workers/job/")


def test_hosts_are_listed():
    Host.objects.create(scheme="https", host="example.org", port=443)

    assert "https://example.org:443" in client_of("administrator").get("/admin/workers/host/").content.decode()
