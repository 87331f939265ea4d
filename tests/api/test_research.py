"""What workers and the history know of a claim: queries, tries, look-again items, reviews, copies and events."""

import json
from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from claims.choices import ReviewItemKind, Role
from claims.models import (
    ArchiveCopy,
    Capture,
    DocumentChange,
    ExternalReview,
    QueryTrialResult,
    ReviewItem,
    Verdict,
)
from tests import factories
from tests.api.conftest import Api, expect
from tests.factories import NOON


@pytest.fixture
def one_service(settings: Any) -> None:
    settings.SEARCHES = {**settings.SEARCHES, "wikipedia": {**settings.SEARCHES["wikipedia"], "daily_requests": 10}}


def test_queries_are_read_and_written_with_if_match(checker: Api):
    claim = factories.researching_claim(statement="The district of Northham lost 3,100 jobs in 2025.")
    path = f"/claims/{claim.public_id}/queries"
    before = checker.get(path)
    body = expect(before, 200)
    assert (before["ETag"], body["written"], body["lines"]) == ('"0"', False, body["built"])

    saved = checker.patch(path, {"lines": ['"3,100 jobs" Northham']}, if_match='"0"')
    stale = expect(checker.patch(path, {"lines": ["other words"]}, if_match='"0"'), 412, "stale_write")

    after = expect(saved, 200)
    assert (saved["ETag"], after["written"], after["lines"]) == ('"1"', True, ['"3,100 jobs" Northham'])
    assert after["saved_by"]["username"] == "standing-fact_checker"
    assert "other words" in stale["fields"]["lines"][1]
    expect(checker.patch(path, {"lines": ["x"] * 4}, if_match='"1"'), 400, "invalid")
    expect(checker.patch(path, {"lines": ["x"]}), 428, "precondition_required")
    assert expect(checker.patch(path, {"lines": []}, if_match='"1"'), 200)["written"] is False


@pytest.mark.usefixtures("one_service")
def test_queries_are_tried_without_storing_what_they_find(checker: Api):
    claim = factories.researching_claim()
    path = f"/claims/{claim.public_id}/queries/tries"

    made = checker.post(path, {"lines": ["jobs Northham"]})
    row = expect(made, 202)
    assert [(one["connector"], one["outcome"]) for one in row["results"]] == [("wikipedia", None)]
    expect(checker.post(path, {"lines": ["jobs Northham"]}), 409, "conflict")
    QueryTrialResult.objects.update(
        outcome="found",
        count=1,
        found=[{"url": "https://en.wikipedia.org/wiki/Northham", "title": "Northham"}],
        finished_at=timezone.now(),
    )

    shown = expect(checker.get(made["Location"].removeprefix("/api/v1")), 200)
    assert shown["results"][0]["outcome"] == "found"
    assert shown["results"][0]["found"][0]["title"] == "Northham"
    assert [one["id"] for one in expect(checker.get(path), 200)["results"]] == [row["id"]]


def test_look_again_items_are_listed_and_closed(checker: Api, as_role: Any):
    claim = factories.published_claim()
    for number in (1, 2):
        _item(claim, number)
    listed = expect(checker.get("/review-items?state=open&kind=source_gone"), 200)["results"]
    own = expect(checker.get(f"/claims/{claim.public_id}/review-items"), 200)["results"]
    assert listed == own
    assert [row["cause"] for row in listed] == ["document:2", "document:1"]
    assert listed[0]["difference"] == {"status": [200, 404]}

    path = f"/review-items/{listed[0]['id']}/close"
    expect(as_role(Role.CONTRIBUTOR).post(path), 403, "not_allowed")
    closed = expect(checker.post(path, {"dismissed": True, "note": "A copy stands."}), 200)
    expect(checker.post(path), 409, "conflict")

    assert (closed["state"], closed["closing_note"]) == ("dismissed", "A copy stands.")
    assert ReviewItem.objects.open().count() == 1


def _item(claim: Any, number: int) -> ReviewItem:
    return ReviewItem.objects.create(
        claim=claim,
        kind=ReviewItemKind.SOURCE_GONE,
        cause=f"document:{number}",
        difference={"status": [200, 404]},
        opened_at=NOON,
    )


def test_other_fact_checkers_verdicts_are_shown_word_for_word(checker: Api):
    claim = factories.researching_claim()
    ExternalReview.objects.create(
        claim=claim,
        publisher="Check!",
        url="https://check.example/1",
        rating_text="Pants on <b>fire</b>",
        value=0.0,
        likeness=0.9,
        found_by="google_factcheck",
        found_at=NOON,
        seen_at=NOON,
        raw={"secret": "kept to ourselves"},
        raw_hash="0" * 64,
    )

    row = expect(checker.get(f"/claims/{claim.public_id}/external-reviews"), 200)["results"][0]

    assert (row["rating_text"], row["value"], row["outlet"]) == ("Pants on <b>fire</b>", 0.0, None)
    assert "raw" not in row


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "http://[", "//check.example/1", "https:"])
def test_where_another_verdict_stands_is_an_address_to_link_or_nothing(checker: Api, url: str):
    claim = factories.researching_claim()
    for number, address in enumerate([url, "https://check.example/1?a=[1]"]):
        ExternalReview.objects.create(
            claim=claim,
            url=address,
            likeness=0.9,
            found_by="google_factcheck",
            found_at=NOON,
            seen_at=NOON,
            raw_hash=str(number) * 64,
        )

    rows = expect(checker.get(f"/claims/{claim.public_id}/external-reviews"), 200)["results"]

    assert sorted(row["url"] for row in rows) == ["", "https://check.example/1?a=[1]"]


def test_copies_changes_and_archives_of_a_page(checker: Api):
    document = factories.DocumentFactory.create()
    captures = [
        Capture.objects.create(
            document=document,
            fetched_at=NOON.replace(hour=hour),
            final_url=document.url,
            http_status=200,
            sha256=str(hour % 10) * 64,
            storage_key=f"k{hour}",
            warc_sha256="a" * 64,
            length=10,
        )
        for hour in (1, 2)
    ]
    DocumentChange.objects.create(
        document=document, before=captures[0], after=captures[1], difference={"headline": ["A", "B"]}, seen_at=NOON
    )
    ArchiveCopy.objects.create(
        document=document, capture=captures[0], service="wayback", day=date(2026, 3, 2), requested_at=NOON
    )
    path = f"/documents/{document.pk}"

    assert [row["id"] for row in expect(checker.get(f"{path}/captures"), 200)["results"]] == [
        captures[1].pk,
        captures[0].pk,
    ]
    assert expect(checker.get(f"{path}/changes"), 200)["results"][0]["difference"] == {"headline": ["A", "B"]}
    assert expect(checker.get(f"{path}/archives"), 200)["results"][0]["state"] == "requested"
    for name in ("captures", "changes", "archives"):
        expect(checker.get(f"/documents/0/{name}"), 404, "not_found")


def test_the_history_of_a_claim_is_read_newest_first(checker: Api):
    claim = factories.researching_claim()

    rows = expect(checker.get(f"/claims/{claim.public_id}/history"), 200)["results"]

    assert {row["kind"] for row in rows} >= {"claim.created", "claim.accepted"}
    assert rows[-1]["kind"] == "claim.created"
    assert rows[-1]["actor"]["username"] == "standing-fact_checker"
    assert rows[-1]["data"]["statement"] == claim.statement


def test_the_preview_is_the_document_that_would_be_public(checker: Api):
    claim = factories.written_claim()
    path = f"/claims/{claim.public_id}/verdict/preview"
    draft = expect(checker.get(path), 200)
    assert draft["verdict"]["headline"] == "It fell by far less"

    submitted = factories.claim_in_review()
    shown = expect(checker.get(f"/claims/{submitted.public_id}/verdict/preview"), 200)

    candidate = Verdict.objects.get(claim=submitted).candidate
    assert candidate is not None
    assert shown == json.loads(bytes(candidate))
    expect(checker.get(f"/claims/{factories.inbox_claim().public_id}/verdict/preview"), 404, "not_found")


def test_a_source_that_changed_since_it_was_read_is_not_withdrawn_unseen(checker: Api):
    claim = factories.researching_claim()
    page = {"url": "https://statistics.example/table-7", "stance": "refutes"}
    made = checker.post(f"/claims/{claim.public_id}/evidence", page)
    path = f"/evidence/{expect(made, 201)['id']}"
    expect(checker.patch(path, {"note": "Shows 3.2."}, if_match=made["ETag"]), 200)

    expect(checker.post(f"{path}/withdraw", {"reason": "Wrong."}, if_match=made["ETag"]), 412, "stale_write")
    expect(checker.post(f"{path}/withdraw", {"reason": "Wrong."}, if_match=checker.get(path)["ETag"]), 200)
