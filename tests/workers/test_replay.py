"""Every kind of job, run twice: the second run changes no row. Real pages from a loopback site, real readers."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction

from claims.capture import child, recheck
from claims.choices import ClaimState, EventKind, Role
from claims.coverage import second_copies, watching
from claims.coverage.trials import request_trial
from claims.models import (
    CaptureRemoval,
    Claim,
    Coverage,
    Document,
    Evidence,
    Publication,
    QueryTrialResult,
    SearchTurn,
    Source,
    Webhook,
)
from claims.publishing.deliveries import FAILURES_TO_DOUBT, fan_out
from claims.review.scheduling import schedule
from tests.coverage.cited import cited, published_on
from tests.coverage.services import as_settings, body, serve
from tests.factories import (
    NOON,
    ClaimFactory,
    CoverageFactory,
    approved_claim,
    person,
    published_claim,
    researching_claim,
)
from tests.publishing.endpoints import endpoint
from tests.servers.loopback import Site
from tests.servers.receiver import Receiver
from tests.workers.conftest import expire_lease
from workers import hosts
from workers.choices import JobKind
from workers.clock import database_now
from workers.dispatch import dispatch_outbox
from workers.handling import HANDLERS, ClaimedJob
from workers.ledger import Result, claim, finish, run
from workers.models import Job
from workers.tasks import run as run_task

pytestmark = pytest.mark.django_db(transaction=True)

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>The Harbour Post</title>
<item><title>Harbour tunnel toll fell by half</title><link>{page}</link></item></channel></rss>"""
PAGE = """<!doctype html><html lang="en"><head><title>Harbour tunnel toll fell by half</title></head><body><article>
<h1>Harbour tunnel toll fell by half, council figures show</h1>
<p>The toll for the harbour tunnel at Oldhaven fell by half in 2025, figures of the council show. Councillor Ada
Lindqvist had claimed that the Oldhaven tunnel toll doubled in 2025, which the published figures contradict.</p>
<p>Drivers paid 2.40 for a crossing in January and 1.20 in December. The council publishes the toll each month, and
the harbour master confirmed the numbers to this newspaper on Friday.</p></article></body></html>"""
CLAIM = "The toll of the Oldhaven harbour tunnel doubled in 2025."
# The ledger's own, whose turn it is at a host, and how often a service was asked, which asking again must count.
NOT_COMPARED = {"workers_job", "workers_host", "claims_connectoruse"}


@pytest.fixture
def press(settings: Any, tmp_path: Any) -> Iterator[Site]:
    """A newspaper on loopback that the workers' own web client may reach, and a storage that is thrown away."""
    storages = {name: dict(value) for name, value in settings.STORAGES.items()}
    storages["captures"]["OPTIONS"] = {**storages["captures"]["OPTIONS"], "location": tmp_path / "captures"}
    settings.STORAGES = storages
    with Site() as site:
        settings.FETCH_LOOPBACK_ALLOWED = [site.host_port]
        site.page("/feed.xml", FEED.format(page=site.url("/story")).encode(), content_type="application/rss+xml")
        site.page("/story", PAGE.encode())
        site.page("/save", b'{"url": "x", "job_id": "spn2-1"}', content_type="application/json")
        settings.WAYBACK_ACCESS_KEY = settings.WAYBACK_SECRET_KEY = "key"
        settings.WAYBACK_URL = site.url("").rstrip("/")
        settings.SEARCHES = as_settings(site, "gdelt")
        serve("gdelt", site, body("gdelt", [site.url("/found")]))
        hosts.web.cache_clear()
        yield site
        hosts.web.cache_clear()
        child.close()


@pytest.fixture
def story(press: Site) -> Claim:
    """A watched claim, a feed that is due, and an endpoint that wants to be told; nothing has been fetched."""
    claimed = researching_claim(statement=CLAIM)
    ClaimFactory.create(state=ClaimState.RESEARCHING, watch_until=NOON)  # not watched any more
    Source.objects.create(name="Harbour Post", url=press.url("/feed.xml"), next_poll_at=database_now())
    endpoint(Receiver(press))
    request_trial(claim_id=claimed.pk, lines=["Harbour"], actor=person(Role.FACT_CHECKER), at=database_now())
    dispatch_outbox()
    Job.objects.all().delete()  # the search that accepting started; each test makes the job that it is about
    return claimed


def payload_for(kind: str, story: Claim) -> dict[str, int]:
    match kind:
        case JobKind.POLL_SOURCE:
            return {"source_id": Source.objects.get().pk}
        case JobKind.SEARCH_CLAIM | JobKind.PLAN_SEARCHES:
            return {"claim_id": story.pk}
        case JobKind.SEARCH_WEB:
            return {"turn_id": SearchTurn.objects.get().pk}
        case JobKind.TRY_QUERIES:
            return {"result_id": QueryTrialResult.objects.get().pk}
        case JobKind.FETCH_DOCUMENT | JobKind.READ_DOCUMENT | JobKind.GROUP_DOCUMENT | JobKind.MATCH_DOCUMENT:
            return {"document_id": Document.objects.get().pk}
        case JobKind.CHECK_DOCUMENT:
            return {"document_id": cited(public(story)).pk}
        case JobKind.COMPARE_DOCUMENT:
            looked = recheck.look(document_id=cited(public(story)).pk, web=hosts.web(), at=database_now())
            kept = watching.store_looked(looked=looked, at=database_now())
            assert kept is not None
            return {"capture_id": kept.pk}
        case JobKind.NOTE_REPEAT:
            page = Document.objects.create(url="https://paper.example/again", found_at=database_now())
            coverage = CoverageFactory.create(claim=public(story), document=page, suggested_stance="repeats")
            return {"coverage_id": coverage.pk}
        case JobKind.REQUEST_ARCHIVE | JobKind.ASK_ARCHIVE:
            evidence = Evidence.objects.exclude(quote="").get(claim=public(story))
            if kind == JobKind.REQUEST_ARCHIVE:
                return {"evidence_id": evidence.pk}
            (copy,) = second_copies.request_copies(evidence_id=evidence.pk, at=database_now())
            return {"copy_id": copy.pk}
        case JobKind.PUBLISH_PLANNED:
            planned, now = approved_claim(), database_now()
            plan = schedule(
                claim_id=planned.pk,
                publish_at=now - timedelta(seconds=1),
                actor=person(Role.PUBLISHER),
                at=now - timedelta(seconds=2),
            )
            return {"plan_id": plan.pk}
        case JobKind.TELL_ENDPOINTS | JobKind.TELL_HUB:
            return {"verdict_id": Publication.objects.get(claim=published_claim()).verdict_id}
        case JobKind.SEND_WEBHOOKS | JobKind.TRY_WEBHOOKS:
            hook = Webhook.objects.get()
            verdict_id = Publication.objects.get(claim=published_claim()).verdict_id
            with transaction.atomic():
                fan_out(verdict_id=verdict_id, at=database_now())
            if kind == JobKind.TRY_WEBHOOKS:  # it failed lately
                Webhook.objects.filter(pk=hook.pk).update(failures=FAILURES_TO_DOUBT, failing_since=database_now())
            return {"webhook_id": hook.pk}
        case JobKind.PLAN_CHECKS:
            published_on(url_of(story), hosts.web(), quote="")
            return {}
        case _:
            return {}


def url_of(story: Claim) -> str:
    """Where the newspaper's page is."""
    feed: str = Source.objects.get().url
    return feed.replace("/feed.xml", "/story")


def public(story: Claim) -> Claim:
    """A published claim that cites the newspaper's page, watched."""
    claim = published_on(url_of(story), hosts.web(), quote="Drivers paid 2.40 for a crossing in January")
    watching.plan(at=database_now())
    return claim


# What must have happened before a job of the kind has anything to do.
BEFORE: dict[str, list[str]] = {
    JobKind.POLL_SOURCE: [],
    JobKind.FETCH_DOCUMENT: [JobKind.POLL_SOURCE],
    JobKind.READ_DOCUMENT: [JobKind.POLL_SOURCE, JobKind.FETCH_DOCUMENT],
    JobKind.GROUP_DOCUMENT: [JobKind.POLL_SOURCE, JobKind.FETCH_DOCUMENT, JobKind.READ_DOCUMENT],
    JobKind.MATCH_DOCUMENT: [JobKind.POLL_SOURCE, JobKind.FETCH_DOCUMENT, JobKind.READ_DOCUMENT],
    JobKind.SEARCH_CLAIM: [JobKind.POLL_SOURCE, JobKind.FETCH_DOCUMENT, JobKind.READ_DOCUMENT],
    JobKind.SEARCH_LAPSED: [JobKind.POLL_SOURCE, JobKind.FETCH_DOCUMENT, JobKind.READ_DOCUMENT],
    JobKind.PLAN_SEARCHES: [],
    JobKind.SEARCH_WEB: [JobKind.PLAN_SEARCHES],
    JobKind.TRY_QUERIES: [],
    JobKind.SEAL_EVENTS: [JobKind.POLL_SOURCE],
    JobKind.PRUNE_LEDGER: [JobKind.POLL_SOURCE],
    JobKind.REMOVE_COPIES: [],
}
# Nothing is past its keeping here, what finds forgotten messages only makes jobs, and what is told is not ours.
OF_THE_LEDGER_ONLY = {JobKind.PRUNE_LEDGER, JobKind.REMOVE_COPIES, JobKind.FIND_DELIVERIES, JobKind.TELL_HUB}


def make(kind: str, story: Claim) -> Job:
    number = Job.objects.count()
    return Job.objects.create(kind=kind, key=f"{kind}:{number}", queue="default", payload=payload_for(kind, story))


def claimed(job: Job) -> ClaimedJob:
    taken = claim(job.pk, alone=True)
    assert taken is not None
    return taken


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the service but the ledger's own."""
    rows = {}
    with connection.cursor() as cursor:
        for model in apps.get_models():
            table = model._meta.db_table
            if table not in NOT_COMPARED and model._meta.app_label in {"claims", "workers"}:
                cursor.execute(f"SELECT t::text FROM {table} AS t ORDER BY 1")
                rows[table] = cursor.fetchall()
    return rows


@pytest.mark.parametrize("kind", list(JobKind))
def test_a_job_that_is_done_again_changes_nothing(kind, story):
    for earlier in BEFORE.get(kind, []):
        assert run(make(earlier, story).pk) == Result.DONE
    job = make(kind, story)
    mine = claimed(job)
    untouched = everything()
    save = HANDLERS[kind](mine)
    assert save is not None or kind == JobKind.TELL_HUB
    finish(mine, save)
    once = everything()

    HANDLERS[kind](mine)  # the work without its result, as when a worker dies before it can save
    if save is not None:
        with transaction.atomic():
            save(database_now())  # the result once more, as if "done" had not been noticed

    assert run(job.pk) == Result.NOT_MINE
    assert everything() == once
    assert kind in OF_THE_LEDGER_ONLY or once != untouched


@pytest.mark.parametrize("kind", list(JobKind))
def test_a_job_whose_worker_was_lost_before_saving_is_done_once(kind, story):
    for earlier in BEFORE.get(kind, []):
        run(make(earlier, story).pk)
    job = make(kind, story)
    lost = claimed(job)
    HANDLERS[kind](lost)
    expire_lease(job)

    run_task(job.pk)
    once = everything()
    run_task(job.pk)

    job.refresh_from_db()
    assert (job.state, job.attempts) == ("done", 2)
    assert everything() == once


def test_a_feed_leads_to_a_suggestion_through_facts_alone(story):
    run(make(JobKind.POLL_SOURCE, story).pk)
    for _ in range(4):
        dispatch_outbox()
        for job_id in Job.objects.due().order_by("pk").values_list("pk", flat=True):
            assert run(job_id) == Result.DONE

    suggestion = Coverage.objects.get(claim=story)
    assert suggestion.document.title.startswith("Harbour tunnel toll fell by half")
    causes = list(Job.objects.exclude(cause=None).order_by("pk").values_list("kind", "cause__kind"))
    assert causes == [
        (JobKind.FETCH_DOCUMENT, EventKind.DOCUMENT_FOUND),
        (JobKind.READ_DOCUMENT, EventKind.DOCUMENT_CAPTURED),
        (JobKind.GROUP_DOCUMENT, EventKind.DOCUMENT_READ),
        (JobKind.MATCH_DOCUMENT, EventKind.DOCUMENT_READ),
    ]


def test_pruning_removes_old_finished_work_and_nothing_else(story, settings):
    old = database_now() - timedelta(days=40)
    for number, (state, finished) in enumerate(
        [("done", old), ("dead", old), ("done", database_now()), ("queued", None)]
    ):
        Job.objects.create(kind="match_document", key=str(number), queue="match", state=state, finished_at=finished)

    run(make(JobKind.PRUNE_LEDGER, story).pk)

    assert sorted(Job.objects.filter(kind="match_document").values_list("key", flat=True)) == ["1", "2", "3"]


def test_rows_are_pruned_while_the_store_of_the_copies_is_away(story, settings):
    for kind in (JobKind.POLL_SOURCE, JobKind.FETCH_DOCUMENT):
        run(make(kind, story).pk)
    long_ago = database_now() - timedelta(days=300)
    CoverageFactory.create(
        claim=story, document=Document.objects.get(), state="dismissed", found_at=long_ago, decided_at=long_ago
    )
    run(make(JobKind.REMOVE_COPIES, story).pk)  # marks the copy, whose file goes with the next run
    old = Job.objects.create(
        kind="match_document", key="old", queue="match", state="done", finished_at=database_now() - timedelta(days=40)
    )
    folder = Path(settings.STORAGES["captures"]["OPTIONS"]["location"])
    folder.rename(folder.with_name("elsewhere"))
    folder.write_bytes(b"a file where the folder was")

    assert run(make(JobKind.REMOVE_COPIES, story).pk) == Result.RETRY
    assert run(make(JobKind.PRUNE_LEDGER, story).pk) == Result.DONE

    assert not Job.objects.filter(pk=old.pk).exists()
    assert CaptureRemoval.objects.get().file_gone_at is None
