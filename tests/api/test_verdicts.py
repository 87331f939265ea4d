"""The public read: stored bytes, validators, versions, instants, retractions."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.choices import Role
from claims.models import Claim, Publication
from claims.review import operations as moves
from tests import factories
from tests.api.conftest import Api, expect


def test_the_document_is_served_byte_for_byte(anybody: Api):
    claim = factories.published_claim()
    stored = bytes(Publication.objects.get(claim=claim).body or b"")

    answer = anybody.get(f"/verdicts/{claim.public_id}")

    body = expect(answer, 200)
    assert answer.content.endswith(b',"document":' + stored + b"}")
    assert list(body) == [
        "id",
        "version",
        "sequence",
        "status",
        "kind",
        "change_type",
        "published_at",
        "valid_to",
        "translations",
        "document",
    ]
    assert (body["version"], body["status"], body["kind"], body["valid_to"]) == (1, "live", "initial", None)
    assert body["document"]["licence"] == "CC BY 4.0"
    assert body["document"]["verdict"]["rating"]["definition"]
    assert len(body["document"]["evidence"]) == 2


def test_the_hot_read_is_one_query(anybody: Api):
    claim = factories.published_claim()

    with CaptureQueriesContext(
        connection,
    ) as queries:
        expect(anybody.get(f"/verdicts/{claim.public_id}"), 200)

    assert len(queries) == 1


@pytest.mark.parametrize("header", ["{}", "W/{}", '"other", {}', "*"])
def test_an_etag_that_is_known_gives_304(anybody: Api, header: str):
    claim = factories.published_claim()
    first = anybody.get(f"/verdicts/{claim.public_id}")

    second = anybody.get(f"/verdicts/{claim.public_id}", if_none_match=header.format(first["ETag"]))

    assert first["ETag"].startswith('"')
    assert (second.status_code, second.content) == (304, b"")
    assert (second["ETag"], second["Access-Control-Allow-Origin"]) == (first["ETag"], "*")


def test_another_etag_gives_the_bytes(anybody: Api):
    claim = factories.published_claim()

    expect(anybody.get(f"/verdicts/{claim.public_id}", if_none_match='"something else"'), 200)


def test_a_correction_changes_the_etag_and_keeps_the_old_version_readable(anybody: Api):
    claim = factories.published_claim()
    first = anybody.get(f"/verdicts/{claim.public_id}")

    factories.corrected(claim)

    now = anybody.get(f"/verdicts/{claim.public_id}", if_none_match=first["ETag"])
    old = expect(anybody.get(f"/verdicts/{claim.public_id}?version=1"), 200)
    body = expect(now, 200)
    assert (body["version"], body["change_type"], body["status"]) == (2, "correction", "live")
    assert (old["version"], old["status"], old["valid_to"]) == (1, "superseded", body["published_at"])
    assert old["document"] == json.loads(first.content)["document"]
    assert body["document"]["verdict"]["public_note"] == "A figure was wrong."


def test_as_of_gives_what_was_published_then(anybody: Api):
    claim = factories.corrected(factories.published_claim())
    first, second = Publication.objects.filter(claim=claim).order_by("version")
    path = f"/verdicts/{claim.public_id}?as_of="

    def version_at(moment: datetime) -> int:
        version: int = expect(anybody.get(path + quote(moment.isoformat())), 200)["version"]
        return version

    tick = timedelta(microseconds=1)
    assert version_at(first.valid_from) == 1
    assert version_at(second.valid_from - tick) == 1
    assert version_at(second.valid_from) == 2
    expect(anybody.get(path + quote((first.valid_from - tick).isoformat())), 404, "not_yet_published")


def test_as_of_takes_any_offset_and_an_unencoded_plus(anybody: Api):
    claim = factories.published_claim()
    moment = datetime.now(UTC).replace(tzinfo=None)

    for written in (f"{moment.isoformat()}Z", f"{moment.isoformat()}+00:00", f"{moment.isoformat()}%2B00:00"):
        expect(anybody.get(f"/verdicts/{claim.public_id}?as_of={written}"), 200)


@pytest.mark.parametrize(
    "written", ["", "now", "2026-03-02", "2026-03-02T12:00:00", "2026-13-02T12:00:00Z", "2026-03-02T12:00:60Z", "%00"]
)
def test_as_of_without_an_exact_instant_is_400(anybody: Api, written: str):
    claim = factories.published_claim()

    body = expect(anybody.get(f"/verdicts/{claim.public_id}?as_of={written}"), 400, "invalid")

    assert list(body["fields"]) == ["as_of"]


def test_as_of_in_the_future_is_400(anybody: Api):
    claim = factories.published_claim()

    expect(anybody.get(f"/verdicts/{claim.public_id}?as_of=9999-12-31T23:59:59Z"), 400, "invalid")
    expect(anybody.get(f"/verdicts/{claim.public_id}?as_of=0001-01-01T00:00:00%2B14:00"), 404, "not_yet_published")


@pytest.mark.parametrize("written", ["0", "-1", "01", "x", "1.0", "99999999999999999999", "%D9%A1"])
def test_a_version_that_is_no_number_is_400(anybody: Api, written: str):
    claim = factories.published_claim()

    expect(anybody.get(f"/verdicts/{claim.public_id}?version={written}"), 400, "invalid")


def test_version_and_as_of_together_are_refused(anybody: Api):
    claim = factories.published_claim()

    expect(anybody.get(f"/verdicts/{claim.public_id}?version=1&as_of=2026-03-02T12:00:00Z"), 400, "invalid")
    expect(anybody.get(f"/verdicts/{claim.public_id}?version=2"), 404, "not_found")


def test_a_retracted_verdict_is_410_with_its_reason_and_readable_by_version(anybody: Api):
    claim = factories.published_claim()
    before = datetime.now(UTC)
    factories.retracted(claim)

    gone = anybody.get(f"/verdicts/{claim.public_id}")
    old = expect(anybody.get(f"/verdicts/{claim.public_id}?version=1"), 200)
    tombstone = expect(anybody.get(f"/verdicts/{claim.public_id}?version=2"), 200)
    then = expect(anybody.get(f"/verdicts/{claim.public_id}?as_of={quote(before.isoformat())}"), 200)

    details = expect(gone, 410, "retracted")["details"]
    assert details["reason"] == "The table itself was withdrawn by its office."
    assert details["last_version_url"].endswith(f"/api/v1/verdicts/{claim.public_id}?version=1")
    assert details["last_version_url"] in gone["Link"]
    assert (old["status"], tombstone["status"], then["status"]) == ("retracted", "retracted", "retracted")
    assert (tombstone["kind"], tombstone["document"]["retracted"], old["document"]["retracted"]) == (
        "tombstone",
        True,
        False,
    )
    assert expect(anybody.get("/verdicts"), 200)["results"] == []


def test_a_retracted_duplicate_names_the_verdict_that_stands(anybody: Api):
    claim, other = factories.published_claim(), factories.published_claim()
    moves.propose_retraction(
        claim_id=claim.pk,
        public_note="Checked twice.",
        superseded_by=Claim.objects.get(pk=other.pk),
        actor=factories.person(Role.FACT_CHECKER),
        at=factories.NOON,
    )
    moves.retract(claim_id=claim.pk, actor=factories.person(Role.PUBLISHER), at=factories.NOON)

    details = expect(anybody.get(f"/verdicts/{claim.public_id}"), 410, "retracted")["details"]

    assert details["superseded_by"] == other.public_id
    expect(Api().get("/verdicts/" + details["superseded_by_url"].rpartition("/")[2]), 200)


def test_a_merged_claim_leads_to_the_published_one(anybody: Api):
    target, merged, unseen = factories.published_claim(), factories.inbox_claim(), factories.inbox_claim()
    checker = factories.person(Role.FACT_CHECKER)
    moves.merge(claim_id=merged.pk, into_id=target.pk, actor=checker, at=factories.NOON)
    moves.merge(claim_id=unseen.pk, into_id=factories.inbox_claim().pk, actor=checker, at=factories.NOON)

    answer = anybody.get(f"/verdicts/{merged.public_id}")

    body = expect(answer, 308, "merged")
    assert answer["Location"] == body["details"]["url"]
    assert answer["Location"].endswith(f"/api/v1/verdicts/{target.public_id}")
    expect(anybody.get(f"/verdicts/{unseen.public_id}"), 404, "not_found")


def test_what_was_never_published_is_404_like_what_never_was(anybody: Api):
    claim = factories.approved_claim()

    unpublished = expect(anybody.get(f"/verdicts/{claim.public_id}"), 404, "not_found")
    unknown = expect(anybody.get("/verdicts/0000000000000"), 404, "not_found")

    assert unpublished["message"] == unknown["message"]


def test_an_erased_document_is_451(anybody: Api, raw: Callable[..., Any]):
    claim = factories.published_claim()
    raw("SET CONSTRAINTS ALL IMMEDIATE")
    raw("ALTER TABLE claims_publication DISABLE TRIGGER USER")  # as an erasure would; rolled back with the test
    Publication.objects.filter(claim=claim).update(body=None)

    expect(anybody.get(f"/verdicts/{claim.public_id}"), 451, "redacted")
    assert expect(anybody.get("/verdicts"), 200)["results"] == []


def test_caches_may_share_what_anybody_gets_and_nothing_else(anybody: Api, consumer: Api):
    claim = factories.published_claim()

    open_answer, keyed = (client.get(f"/verdicts/{claim.public_id}") for client in (anybody, consumer))

    assert open_answer["Cache-Control"] == "public, max-age=30"
    assert keyed["Cache-Control"] == "private, no-cache"
    assert "Authorization" in open_answer["Vary"]
    assert "Cookie" not in open_answer["Vary"]
    assert open_answer.content == keyed.content
    assert open_answer["Last-Modified"].endswith("GMT")


def test_every_origin_may_read(anybody: Api):
    claim = factories.published_claim()
    for path in ("/verdicts", f"/verdicts/{claim.public_id}"):
        preflight = anybody.call("OPTIONS", path, origin="https://reader.example")

        assert (preflight.status_code, preflight["Access-Control-Allow-Origin"]) == (204, "*")
        assert "If-None-Match" in preflight["Access-Control-Allow-Headers"]
        assert anybody.get(path)["Access-Control-Allow-Origin"] == "*"
    assert anybody.get("/verdicts/nothing")["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in anybody.get("/claims")


def test_the_list_is_newest_first_and_weakly_tagged(anybody: Api):
    first, second = factories.published_claim(), factories.published_claim()
    factories.corrected(first)

    answer = anybody.get("/verdicts")

    body = expect(answer, 200)
    assert [(row["id"], row["version"]) for row in body["results"]] == [(first.public_id, 2), (second.public_id, 1)]
    assert body["results"][0] == expect(anybody.get(f"/verdicts/{first.public_id}"), 200)
    assert answer["ETag"].startswith('W/"')
    assert anybody.get("/verdicts", if_none_match=answer["ETag"]).status_code == 304


@pytest.mark.parametrize("path", ["/verdicts?ratting=false", "/verdicts/0000000000000?versions=1"])
def test_an_unknown_parameter_is_400(anybody: Api, path: str):
    body = expect(anybody.get(path), 400, "unknown_parameter")

    assert list(body["fields"]) == [path.partition("?")[2].partition("=")[0]]
