"""What is past its keeping goes, and nothing that anybody cited, published, or still needs."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import IntegrityError, transaction

from claims.choices import CaptureKind, CoverageState, Outcome
from claims.coverage import retention
from claims.models import (
    Capture,
    CaptureRemoval,
    ClaimSearch,
    Consumer,
    Coverage,
    Evidence,
    Source,
    SourcePoll,
    Submission,
    SubmitterContact,
    Webhook,
)
from claims.text import sha256
from tests.factories import NOON, ClaimFactory, CoverageFactory, DocumentFactory, EvidenceFactory, UserFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def ago(days: float):
    return NOON - days * DAY


def kept_copy(name: str, **fields: Any) -> Capture:
    """A page with one coverage, dismissed 200 days ago unless said otherwise, and a copy whose file is in storage."""
    document = DocumentFactory.create()
    decided = {"state": CoverageState.DISMISSED, "found_at": ago(300), "decided_at": ago(200)}
    CoverageFactory.create(document=document, **{**decided, **fields})
    return copy_of(document, name)


def copy_of(document: Any, name: str, **fields: Any) -> Capture:
    key = storages["captures"].save(f"{name}.warc.gz", ContentFile(b"file"))
    capture: Capture = Capture.objects.create(
        document=document,
        **{"fetched_at": ago(290), **fields},
        final_url=document.url,
        http_status=200,
        sha256=sha256(name.encode()),
        storage_key=key,
        warc_sha256=sha256(b"file"),
        length=1,
    )
    return capture


def run(*, times: int = 1) -> None:
    """What the maintenance job does."""
    for _ in range(times):
        gone = retention.remove_files()
        with transaction.atomic():
            retention.store_removed(gone, at=NOON)
            retention.mark_past_keeping(at=NOON)
            retention.prune_rows(at=NOON)


def on_disk(capture: Capture) -> bool:
    return storages["captures"].exists(capture.storage_key)


def test_the_file_of_a_copy_dismissed_long_ago_goes_and_its_row_stays():
    capture = kept_copy("old")

    run(times=2)

    assert not on_disk(capture)
    row = Capture.objects.get(pk=capture.pk)
    assert (row.sha256, row.warc_sha256) == (capture.sha256, capture.warc_sha256)
    assert CaptureRemoval.objects.get().file_gone_at == NOON
    assert not Capture.objects.copies().filter(pk=capture.pk).exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"decided_at": ago(179)},
        {"state": CoverageState.KEPT},
        {"state": CoverageState.SUGGESTED, "decided_at": None},
    ],
)
def test_what_was_kept_waits_or_was_dismissed_lately_stays(fields: dict[str, Any]):
    capture = kept_copy("young", **fields)

    run(times=2)

    assert on_disk(capture)


def test_a_page_that_one_claim_dismissed_and_another_kept_stays():
    capture = kept_copy("both")
    CoverageFactory.create(document=capture.document, state=CoverageState.KEPT, found_at=ago(300), decided_at=ago(250))

    run(times=2)

    assert on_disk(capture)


@pytest.mark.parametrize("withdrawn", [False, True])
def test_what_was_ever_cited_stays_for_ever(withdrawn: bool):
    capture = kept_copy("cited")
    EvidenceFactory.create(
        document=capture.document, capture=capture, added_at=ago(250), withdrawn_at=ago(240) if withdrawn else None
    )

    run(times=2)

    assert on_disk(capture)


def test_a_page_without_any_coverage_is_not_dismissed():
    capture = copy_of(DocumentFactory.create(), "unmatched")

    run(times=2)

    assert on_disk(capture)


def test_a_copy_that_is_cited_between_mark_and_removal_is_taken_back():
    capture = kept_copy("late")
    run()
    Evidence.objects.create(
        claim=ClaimFactory.create(),
        document=capture.document,
        capture=capture,
        stance="refutes",
        accessed_at=NOON,
        added_by=UserFactory.create(),
        added_at=NOON,
    )

    run(times=2)

    assert on_disk(capture)
    assert Capture.objects.copies().filter(pk=capture.pk).exists()


def test_a_copy_whose_coverage_is_kept_after_all_is_taken_back():
    capture = kept_copy("a")
    retention.mark_past_keeping(at=NOON)
    Coverage.objects.update(state=CoverageState.KEPT)

    run(times=2)

    assert storages["captures"].exists(capture.storage_key)
    assert not CaptureRemoval.objects.exists()


def test_a_slow_store_gets_as_far_as_the_time_allows_and_goes_on_in_the_next_run(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(retention, "LONGEST_REMOVAL", 0.0)
    copies = [kept_copy(name) for name in ("a", "b")]
    retention.mark_past_keeping(at=NOON)

    run()
    after_one = sum(map(on_disk, copies))
    run()

    assert (after_one, sum(map(on_disk, copies))) == (1, 0)
    assert not CaptureRemoval.objects.filter(file_gone_at__isnull=True).exists()


def test_a_removed_copy_is_never_given_to_evidence():
    capture = kept_copy("gone")
    newest = copy_of(capture.document, "answer", kind=CaptureKind.GONE, fetched_at=ago(280))
    run(times=2)

    assert list(Capture.objects.copies().filter(document=capture.document)) == []
    assert newest.pk


def test_zero_days_keep_for_ever(settings: Any):
    settings.RETENTION_DAYS = dict.fromkeys(settings.RETENTION_DAYS, 0.0)
    capture = kept_copy("for-ever")
    poll, _ = polls()

    run(times=2)

    assert on_disk(capture)
    assert SourcePoll.objects.filter(pk=poll.pk).exists()


def polls() -> tuple[SourcePoll, SourcePoll]:
    source = Source.objects.create(name="Post", url="https://paper.example/feed.xml")
    made = [
        SourcePoll.objects.create(source=source, started_at=ago(days), outcome=Outcome.NONE, entries=0)
        for days in (100, 91)
    ]
    return made[0], made[1]


def test_old_polls_go_and_the_newest_of_a_source_stays_however_old():
    old, newest = polls()

    run()

    assert list(SourcePoll.objects.all()) == [newest]
    assert old.pk != newest.pk


def test_old_searches_go_and_the_newest_of_a_claim_stays():
    claim = ClaimFactory.create()
    for days in (200, 120, 10):
        ClaimSearch.objects.create(
            claim=claim, connector="library", query="x", started_at=ago(days), outcome=Outcome.NONE, count=0
        )
    only = ClaimSearch.objects.create(
        claim=ClaimFactory.create(),
        connector="library",
        query="x",
        started_at=ago(300),
        outcome=Outcome.NONE,
        count=0,
    )

    run()

    assert set(ClaimSearch.objects.values_list("started_at", flat=True)) == {ago(10), only.started_at}


@pytest.mark.parametrize(("received", "expires", "stays"), [(10, -10, True), (10, 1, False), (91, -10, False)])
def test_contacts_go_when_they_expire_and_after_their_keeping_and_submissions_stay(
    received: int, expires: int, stays: bool
):
    submission = Submission.objects.create(text="Is it so?", received_at=ago(received))
    SubmitterContact.objects.create(submission=submission, email="a@example.org", expires_at=ago(expires))

    run()

    assert SubmitterContact.objects.exists() is stays
    assert Submission.objects.exists()


def test_messages_to_endpoints_go_when_they_are_over_and_old():
    owner = Consumer.objects.create(name="Another newsroom")
    hook = Webhook.objects.create(
        consumer=owner, public_id="x", url="https://x.example/", events=["verdict.published"], created_at=ago(99)
    )
    for n, (state, over) in enumerate([("delivered", ago(31)), ("given_up", ago(29)), ("waiting", None)]):
        waits = None if over is not None else ago(40)
        message = hook.deliveries.create(
            cause=str(n),
            event="webhook.ping",
            payload="{}",
            created_at=ago(40),
            next_at=waits,
            finished_at=over,
            state=state,
        )
        message.attempts.create(number=1, at=ago(40), milliseconds=1)

    run()

    assert set(hook.deliveries.values_list("state", flat=True)) == {"given_up", "waiting"}


def test_rows_of_copies_cannot_be_deleted_at_all():
    capture = kept_copy("row")
    Coverage.objects.all().delete()

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        capture.delete()
