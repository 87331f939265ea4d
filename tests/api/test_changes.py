"""The change feed: every publication once, in order; numbers of another history are refused, not answered."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from claims.models import FeedHead, Publication
from claims.publishing import changes
from claims.publishing.operations import new_epoch
from tests import factories
from tests.api.conftest import Api, expect
from tests.api.test_pagination import many_verdicts

FEED = "/verdicts/changes"


def replay(api: Api, size: int = 500) -> list[dict[str, Any]]:
    """Every entry from 0 on, following `next`."""
    path, found = f"{FEED}?page_size={size}", []
    while page := expect(api.get(path), 200):
        found += page["changes"]
        if not page["changes"]:
            break
        path = FEED + "?" + urlsplit(page["next"]).query
    return found


def standing(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """What a consumer holds after applying the entries in order."""
    held: dict[str, Any] = {}
    for entry in entries:
        if entry["kind"] == "tombstone":
            held.pop(entry["id"])
        else:
            held[entry["id"]] = entry["document"]
    return held


def test_an_entry_says_what_changed_with_the_stored_bytes(anybody: Api):
    claim = factories.corrected(factories.published_claim(statement="Ein „Zitat“ \\ von Zoë\u2028 kostet 50 %."))
    stored = [bytes(p.body or b"") for p in Publication.objects.order_by("sequence")]

    answer = anybody.get(FEED)

    body = expect(answer, 200)
    first, second = body["changes"]
    assert list(first) == ["sequence", "id", "version", "kind", "change_type", "note", "at", "document"]
    assert (first["sequence"], first["id"], first["version"], first["kind"]) == (1, claim.public_id, 1, "initial")
    assert (second["sequence"], second["kind"], second["change_type"]) == (2, "update", "correction")
    assert (first["note"], second["note"]) == ("", "A figure was wrong.")
    assert all(b',"document":' + document + b"}" in answer.content for document in stored)
    assert second["at"] == expect(anybody.get(f"/verdicts/{claim.public_id}"), 200)["published_at"]
    assert body["head"] == 2
    assert body["next"].endswith(f"/api/v1{FEED}?after=2")


def test_replayed_from_0_it_gives_what_is_live(anybody: Api):
    kept, gone, fixed = (factories.published_claim() for _ in range(3))
    factories.retracted(gone)
    factories.corrected(fixed)

    entries = replay(anybody, size=2)

    listed = {row["id"]: row["document"] for row in expect(anybody.get("/verdicts"), 200)["results"]}
    assert [entry["sequence"] for entry in entries] == [1, 2, 3, 4, 5]
    assert standing(entries) == listed
    assert set(listed) == {kept.public_id, fixed.public_id}
    assert [entry["note"] for entry in entries if entry["kind"] == "tombstone"] == [
        "The table itself was withdrawn by its office."
    ]


def test_3000_entries_come_once_and_in_order(anybody: Api):
    newest_first = many_verdicts(3_000)
    FeedHead.objects.update(n=3_000)

    entries = replay(anybody)

    assert [entry["id"] for entry in entries] == newest_first[::-1]
    assert [entry["sequence"] for entry in entries] == list(range(1, 3_001))


def test_a_page_ends_before_it_grows_too_large_and_goes_on(anybody: Api, monkeypatch: pytest.MonkeyPatch):
    for _ in range(5):
        factories.published_claim()
    one = len(Publication.objects.get(sequence=1).body or b"")
    monkeypatch.setattr(changes, "PAGE_BYTES", one + one // 2)

    page = expect(anybody.get(FEED), 200)

    assert [entry["sequence"] for entry in page["changes"]] == [1, 2]
    assert page["head"] == 5
    assert [entry["sequence"] for entry in replay(anybody)] == [1, 2, 3, 4, 5]


def test_nothing_new_is_an_empty_page_that_says_where_the_head_is(anybody: Api):
    assert expect(anybody.get(FEED), 200)["head"] == 0
    factories.published_claim()

    answer = anybody.get(f"{FEED}?after=1")

    body = expect(answer, 200)
    assert (body["changes"], body["head"], body["next"].rpartition("?")[2]) == ([], 1, "after=1")
    assert "Retry-After" not in answer
    assert anybody.get(f"{FEED}?after=1", if_none_match=answer["ETag"]).status_code == 304


def test_a_number_past_the_head_is_refused(anybody: Api):
    factories.published_claim()

    body = expect(anybody.get(f"{FEED}?after=2"), 409, "ahead_of_feed")

    assert body["details"]["head"] == 1
    assert body["details"]["feed_epoch"] == expect(anybody.get(FEED), 200)["feed_epoch"]


def test_a_reader_of_another_epoch_is_told(anybody: Api):
    factories.published_claim()
    before = expect(anybody.get(FEED), 200)["feed_epoch"]
    expect(anybody.get(f"{FEED}?after=1&feed_epoch={before}"), 200)

    new_epoch(at=factories.NOON)

    body = expect(anybody.get(f"{FEED}?after=1&feed_epoch={before}"), 409, "feed_epoch_changed")
    after = expect(anybody.get(FEED), 200)["feed_epoch"]
    assert body["details"] == {"feed_epoch": after, "head": 1}
    assert after != before


def test_an_epoch_is_kept_over_readings_and_publications(anybody: Api):
    first = expect(anybody.get(FEED), 200)["feed_epoch"]
    factories.published_claim()

    assert expect(anybody.get(FEED), 200)["feed_epoch"] == first


def test_an_erased_document_is_null_in_its_place(anybody: Api, raw: Callable[..., Any]):
    factories.corrected(factories.published_claim())
    raw("SET CONSTRAINTS ALL IMMEDIATE")
    raw("ALTER TABLE claims_publication DISABLE TRIGGER USER")  # as an erasure would; rolled back with the test
    Publication.objects.filter(version=1).update(body=None)

    found = expect(anybody.get(FEED), 200)["changes"]

    assert [entry["document"] is None for entry in found] == [True, False]


def test_a_key_makes_the_answer_private_and_no_cache_keeps_it_unasked(anybody: Api, consumer: Api):
    factories.published_claim()

    open_answer, keyed = anybody.get(FEED), consumer.get(FEED)

    assert (open_answer["Cache-Control"], keyed["Cache-Control"]) == ("public, no-cache", "private, no-cache")
    assert open_answer["ETag"].startswith('W/"')
    assert open_answer["Access-Control-Allow-Origin"] == "*"
    assert json.loads(open_answer.content) == json.loads(keyed.content)


@pytest.mark.parametrize(
    "query",
    [
        "after=-1",
        "after=x",
        "after=",
        "after=1.0",
        "after=9223372036854775808",
        "after=%D9%A1",
        "page_size=0",
        "page_size=501",
        "wait=31",
        "wait=-1",
        "feed_epoch=x",
        "feed_epoch=",
    ],
)
def test_what_cannot_be_read_is_400(anybody: Api, query: str):
    body = expect(anybody.get(f"{FEED}?{query}"), 400, "invalid")

    assert list(body["fields"]) == [query.partition("=")[0]]


def test_an_unknown_parameter_is_400(anybody: Api):
    expect(anybody.get(f"{FEED}?since=1"), 400, "unknown_parameter")
