"""Second copies: what the archives really send, errors inside answers of status 200 among it, and what it means."""

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from claims.capture import archive
from claims.choices import ArchiveService, ArchiveState, EventKind
from claims.coverage.second_copies import request_copies, sent, store_said
from claims.http import Web
from claims.models import ArchiveCopy, Capture, Event, Evidence
from claims.text import sha256
from tests.factories import NOON, DocumentFactory, EvidenceFactory
from tests.servers.loopback import Request, Site, Wire

pytestmark = pytest.mark.django_db
PAGE = "https://paper.example/story?a=1&b=2"
Answer = tuple[int, Any]


def says(site: Site, path: str, *answers: Answer, headers: dict[str, str] | None = None) -> None:
    """Answer the path with these, one after the other; the last one stays."""
    left = list(answers)

    def handler(request: Request, wire: Wire) -> None:
        status, body = left.pop(0) if len(left) > 1 else left[0]
        packed = body if isinstance(body, bytes) else json.dumps(body).encode()
        wire.answer(packed, status=status, headers={"Content-Type": "application/json", **(headers or {})})

    site.handle(path, handler)


@pytest.fixture
def evidence(site: Site, settings: Any) -> Evidence:
    settings.WAYBACK_ACCESS_KEY, settings.WAYBACK_SECRET_KEY = "AccessSentinel", "SecretSentinel"
    settings.WAYBACK_URL = site.url("").rstrip("/")
    settings.WAYBACK_AVAILABLE_URL = site.url("/wayback/available")
    settings.PERMA_API_KEY, settings.PERMA_FOLDER = "PermaSentinel", "27109"
    settings.PERMA_API_URL, settings.PERMA_URL = site.url("/v1"), "https://perma.cc"
    document = DocumentFactory.create(url=PAGE)
    capture = Capture.objects.create(
        document=document,
        fetched_at=NOON,
        final_url=PAGE,
        http_status=200,
        sha256=sha256(b"x"),
        storage_key="x",
        warc_sha256=sha256(b"y"),
        length=1,
    )
    made: Evidence = EvidenceFactory.create(document=document, capture=capture)
    return made


@pytest.fixture
def asking(evidence: Evidence, web: Web) -> Callable[..., ArchiveCopy]:
    """Asks the service until its answer is final, or so many times, as the jobs do; the copy."""

    def run(service: ArchiveService, *, times: int = 1) -> ArchiveCopy:
        request_copies(evidence_id=evidence.pk, at=NOON)
        copy = ArchiveCopy.objects.get(service=service)
        at = NOON
        for _ in range(times):
            copy = ArchiveCopy.objects.select_related("document").get(pk=copy.pk)
            at = max(at, copy.next_at or at)
            before = sent(copy, at=at)
            said = archive.ask(copy=copy, web=web, at=at, asked_before=before)
            copy = store_said(copy_id=copy.pk, tries=copy.tries, said=said, at=at)
            if copy.finished_at is not None:
                break
        return copy

    return run


def test_without_keys_nothing_is_asked_for(evidence: Evidence, settings: Any):
    settings.WAYBACK_SECRET_KEY = settings.PERMA_API_KEY = ""

    assert archive.enabled() == []
    assert request_copies(evidence_id=evidence.pk, at=NOON) == []


def test_one_request_per_archive_page_and_day_whoever_cites_it(evidence: Evidence):
    other = EvidenceFactory.create(document=evidence.document, capture=evidence.capture)
    for one in (evidence, evidence, other):
        request_copies(evidence_id=one.pk, at=NOON)
    request_copies(evidence_id=evidence.pk, at=NOON + timedelta(days=1))

    assert ArchiveCopy.objects.count() == 4


def test_evidence_without_our_own_copy_waits(evidence: Evidence):
    bare = EvidenceFactory.create(document=DocumentFactory.create())

    assert request_copies(evidence_id=bare.pk, at=NOON) == []


def test_the_wayback_machine_is_asked_and_asked_after(asking, site: Site):
    says(site, "/save", (200, {"url": PAGE, "job_id": "spn2-0fa5"}))
    pending = {"status": "pending", "job_id": "spn2-0fa5", "resources": []}
    done = {"status": "success", "timestamp": "20260302120107", "original_url": PAGE, "duration_sec": 6.2}
    says(site, "/save/status/spn2-0fa5", (200, pending), (200, done))

    copy = asking(ArchiveService.WAYBACK, times=5)

    assert (copy.state, copy.job_id) == (ArchiveState.DONE, "spn2-0fa5")
    assert copy.archive_url == site.url(f"/web/20260302120107/{PAGE}")
    (posted,) = site.requests("/save")
    assert posted.method == "POST"
    assert parse_qs(posted.body.decode())["url"] == [PAGE]
    assert posted.headers["authorization"] == "LOW AccessSentinel:SecretSentinel"
    assert posted.headers["accept"] == "application/json"
    assert site.requests("/robots.txt") == []
    event = Event.objects.get(kind=EventKind.DOCUMENT_ARCHIVED)
    assert (event.data or {})["state"] == "done"


def test_nobody_waits_for_an_archive(asking, site: Site):
    says(site, "/save", (200, {"url": PAGE, "job_id": "spn2-1"}))

    copy = asking(ArchiveService.WAYBACK)

    assert (copy.state, copy.finished_at) == (ArchiveState.PENDING, None)
    assert copy.next_at is not None
    assert copy.next_at - NOON == archive.FIRST_WAIT


@pytest.mark.parametrize("code", sorted(archive.PERMANENT))
@pytest.mark.parametrize("when", ["at once", "later"])
def test_what_cannot_be_archived_is_refused_with_the_reason(asking, site: Site, code: str, when: str):
    error = {"status": "error", "status_ext": code, "message": f"No: {code}"}
    says(site, "/save", (200, error if when == "at once" else {"url": PAGE, "job_id": "j"}))
    says(site, "/save/status/j", (200, error))

    copy = asking(ArchiveService.WAYBACK, times=4)

    assert (copy.state, copy.note) == (ArchiveState.REFUSED, f"No: {code}")


@pytest.mark.parametrize(
    "answer",
    [
        (200, {"status": "error", "status_ext": "error:too-many-requests", "message": "Later."}),
        (200, {"status": "error", "status_ext": "error:user-session-limit", "message": "Later."}),
        (200, {"status": "error", "status_ext": "error:cannot-fetch", "message": "Later."}),
        (200, {"message": "You need to wait."}),
        (200, b"<html>502 from a proxy</html>"),
        (200, b'["not", "an object"]'),
        (200, b"[" * 100_000),
        (500, b""),
        (503, b""),
        (429, b""),
    ],
)
def test_what_may_pass_is_asked_again_later_and_given_up_with_the_reason(asking, site: Site, answer: Answer):
    says(site, "/save", answer)

    first = asking(ArchiveService.WAYBACK)
    assert (first.state, first.finished_at, bool(first.note)) == (ArchiveState.REQUESTED, None, True)
    last = asking(ArchiveService.WAYBACK, times=20)

    assert last.state == ArchiveState.FAILED
    assert last.tries == archive.MOST_TRIES
    assert last.note.startswith("Given up after")


def test_a_job_that_failed_for_now_is_asked_for_anew(asking, site: Site):
    says(site, "/save", (200, {"url": PAGE, "job_id": "one"}), (200, {"url": PAGE, "job_id": "two"}))
    error = {"status": "error", "status_ext": "error:soft-time-limit-exceeded", "message": "Too slow."}
    says(site, "/save/status/one", (200, error))
    says(site, "/save/status/two", (200, {"status": "success", "timestamp": "20260302130000", "original_url": PAGE}))

    copy = asking(ArchiveService.WAYBACK, times=6)

    assert (copy.state, copy.job_id) == (ArchiveState.DONE, "two")
    assert len(site.requests("/save")) == 2


@pytest.mark.parametrize(
    ("available", "address"),
    [
        (
            {"archived_snapshots": {"closest": {"available": True, "timestamp": "20260302091500", "status": "200"}}},
            f"/web/20260302091500/{PAGE}",
        ),
        ({"archived_snapshots": {"closest": {"available": True, "timestamp": "20190101000000"}}}, ""),
        ({"archived_snapshots": {}}, ""),
        ({}, ""),
    ],
)
def test_archived_already_today_counts_and_its_address_is_looked_up(asking, site: Site, available: Any, address: str):
    says(site, "/save", (200, {"status": "error", "status_ext": archive.TODAY_ALREADY, "message": "10 today."}))
    says(site, "/wayback/available", (200, available))

    copy = asking(ArchiveService.WAYBACK)

    assert copy.state == ArchiveState.ALREADY
    assert copy.archive_url == (site.url(address) if address else "")
    assert "already today" in copy.note


def test_a_job_that_the_archive_forgot_is_not_called_done(asking, site: Site):
    says(site, "/save", (200, {"url": PAGE, "job_id": "j"}))
    says(site, "/save/status/j", (200, {"status": "pending"}))

    copy = asking(ArchiveService.WAYBACK, times=20)

    assert (copy.state, copy.archive_url) == (ArchiveState.FAILED, "")
    assert "within an hour" in copy.note


def test_a_wrong_key_says_so_and_ends(asking, site: Site):
    says(site, "/save", (401, {"message": "You need to be logged in."}))
    says(site, "/v1/archives/", (401, {"detail": "Invalid token."}))

    for service in ArchiveService:
        copy = asking(service)
        assert (copy.state, copy.note) == (ArchiveState.FAILED, "The archive does not accept our key.")


def test_a_retry_after_is_obeyed(asking, site: Site):
    says(site, "/save", (429, b""), headers={"Retry-After": "3600"})

    copy = asking(ArchiveService.WAYBACK)

    assert copy.next_at is not None
    assert copy.next_at - NOON >= timedelta(hours=1)


def test_perma_makes_a_link_in_the_folder_that_pays(asking, site: Site):
    says(site, "/v1/archives/", (201, {"guid": "AB12-CD34", "url": PAGE, "title": "", "captures": []}))
    progress = {"guid": "AB12-CD34", "status": "in_progress", "message": None, "step_count": 2.0}
    says(site, "/v1/capture_jobs/AB12-CD34/", (200, progress), (200, {**progress, "status": "completed"}))

    copy = asking(ArchiveService.PERMA, times=5)

    assert (copy.state, copy.archive_url) == (ArchiveState.DONE, "https://perma.cc/AB12-CD34")
    (posted,) = [request for request in site.requests("/v1/archives/") if request.method == "POST"]
    assert json.loads(posted.body) == {"url": PAGE, "folder": "27109"}
    assert posted.headers["authorization"] == "ApiKey PermaSentinel"


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        ((400, {"error": "You've reached your usage limit."}), ArchiveState.REFUSED, "usage limit"),
        ((400, {"url": ["Not a valid URL."]}), ArchiveState.REFUSED, "url: Not a valid URL."),
        ((403, {"detail": "No."}), ArchiveState.FAILED, "key"),
        ((500, b""), ArchiveState.REQUESTED, "500"),
        ((201, {"no": "guid"}), ArchiveState.REQUESTED, "201"),
    ],
)
def test_what_perma_answers_instead(asking, site: Site, answer: Answer, state: ArchiveState, words: str):
    says(site, "/v1/archives/", answer)

    copy = asking(ArchiveService.PERMA)

    assert copy.state == state
    assert words in copy.note


@pytest.mark.parametrize("status", ["failed", "deleted"])
def test_a_capture_that_perma_could_not_make_has_failed(asking, site: Site, status: str):
    says(site, "/v1/archives/", (201, {"guid": "AB12-CD34"}))
    says(site, "/v1/capture_jobs/AB12-CD34/", (200, {"status": status, "message": "Robots."}))

    copy = asking(ArchiveService.PERMA, times=3)

    assert copy.state == ArchiveState.FAILED
    assert "Robots." in copy.note


def test_a_link_whose_answer_was_lost_is_found_and_not_paid_twice(evidence: Evidence, site: Site, web: Web):
    posts: list[Request] = []

    def handler(request: Request, wire: Wire) -> None:
        if request.method == "POST":
            posts.append(request)
            return  # made, and the line went dead
        wire.answer(json.dumps({"meta": {"total_count": 1}, "objects": [{"guid": "AB12-CD34", "url": PAGE}]}).encode())

    site.handle("/v1/archives/", handler)
    request_copies(evidence_id=evidence.pk, at=NOON)
    for _ in range(2):
        copy = ArchiveCopy.objects.select_related("document").get(service=ArchiveService.PERMA)
        before = sent(copy, at=NOON)
        said = archive.ask(copy=copy, web=web, at=NOON, asked_before=before)
        store_said(copy_id=copy.pk, tries=copy.tries, said=said, at=NOON)

    copy.refresh_from_db()
    assert (copy.state, copy.job_id, len(posts)) == (ArchiveState.PENDING, "AB12-CD34", 1)
    looked_up = next(request for request in site.requests("/v1/archives/") if request.method == "GET")
    assert parse_qs(looked_up.path.partition("?")[2])["url"] == [PAGE]


def test_keys_stand_in_no_row_no_event_and_no_log(asking, site: Site, caplog: pytest.LogCaptureFixture):
    says(site, "/save", (200, b"broken"))
    says(site, "/v1/archives/", (500, b"broken"))

    rows: Sequence[Any] = [asking(service, times=20) for service in ArchiveService]

    written = caplog.text + repr([row.__dict__ for row in rows]) + repr(list(Event.objects.values_list("data")))
    assert "Sentinel" not in written


def test_an_outcome_that_is_known_stays(asking, site: Site):
    says(site, "/save", (200, {"status": "error", "status_ext": "error:blocked-url", "message": "No."}))
    copy = asking(ArchiveService.WAYBACK)

    again = store_said(copy_id=copy.pk, tries=1, said=archive.Said(ArchiveState.PENDING, job_id="x"), at=NOON)

    assert (again.state, again.tries) == (ArchiveState.REFUSED, 1)
