"""What the public list is filtered by, and parts of a verdict by name."""

from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any
from urllib.parse import quote

import pytest
from django.apps import apps
from django.db import connection

from claims.choices import Role
from claims.editing.claims import add_appearance
from claims.models import Claim, Publication, PublicHead
from claims.review import operations as moves
from tests import factories
from tests.api.conftest import Api, expect


def found(api: Api, query: str) -> set[str]:
    """Ids of the verdicts that the filter lets through."""
    return {row["id"] for row in expect(api.get(f"/verdicts?{query}"), 200)["results"]}


def test_the_list_filters(anybody: Api):
    topic = factories.TopicFactory.create(slug="economy")
    half = factories.RatingFactory.create(slug="half-true", value=0.5)
    wanted = factories.published_claim(
        statement="Bread costs twice as much as a year ago.",
        topics=[topic],
        rating=half,
        language="en-GB",
        claimant=factories.ClaimantFactory.create(name="Aino Berg"),
    )
    factories.published_claim()

    for query in ("rating=half-true", "topic=economy", "claimant=aino+berg", "q=bread+cost", "language=en-gb"):
        assert [row["id"] for row in expect(anybody.get(f"/verdicts?{query}"), 200)["results"]] == [wanted.public_id]
    assert len(expect(anybody.get("/verdicts?language=en"), 200)["results"]) == 2
    assert expect(anybody.get("/verdicts?rating=none-such"), 200)["results"] == []


def test_the_truth_value_filters_as_a_range_and_leaves_out_what_has_none(anybody: Api):
    wrong, half, right, other = (
        factories.published_claim(rating=factories.RatingFactory.create(slug=slug, value=value)).public_id
        for slug, value in (("false", 0.0), ("half-true", 0.5), ("true", 1.0), ("satire", None))
    )

    assert found(anybody, "value_max=0.5") == {wrong, half}
    assert found(anybody, "value_min=0.5") == {half, right}
    assert found(anybody, "value_min=0.4&value_max=0.6") == {half}
    assert other in found(anybody, "")


def test_days_of_the_claim_and_of_the_review_filter(anybody: Api):
    early = factories.published_claim(claimed_on=datetime(2026, 2, 14).date()).public_id
    late = factories.published_claim(claimed_on=datetime(2026, 2, 15).date()).public_id
    today = PublicHead.objects.get(public_id=late).reviewed_at.astimezone(UTC).date()
    yesterday, tomorrow = today - timedelta(days=1), today + timedelta(days=1)

    assert found(anybody, "claimed_to=2026-02-14") == {early}
    assert found(anybody, "claimed_from=2026-02-15") == {late}
    assert found(anybody, f"reviewed_from={today}") == found(anybody, f"reviewed_to={today}") == {early, late}
    assert found(anybody, f"reviewed_from={tomorrow}") == found(anybody, f"reviewed_to={yesterday}") == set()


def test_a_correction_is_a_change_but_no_new_review(anybody: Api):
    claim, other = factories.published_claim(), factories.published_claim()
    first = PublicHead.objects.get(claim=claim).reviewed_at
    factories.corrected(claim)
    newest = Publication.objects.get(claim=claim, version=2).valid_from

    assert PublicHead.objects.get(claim=claim).reviewed_at == first < newest
    assert found(anybody, f"changed_since={quote(newest.isoformat())}") == {claim.public_id}
    assert found(anybody, f"changed_since={quote((newest + timedelta(microseconds=1)).isoformat())}") == set()
    assert found(anybody, f"changed_since={quote(first.isoformat())}") == {claim.public_id, other.public_id}


def _published_where_it_appeared() -> Claim:
    """A live verdict on a claim that stood on a page of a paper."""
    claim, writer = factories.written_claim(), factories.person(Role.FACT_CHECKER)
    add_appearance(
        claim_id=claim.pk,
        url="https://www.evening.example/mayor",
        outlet=factories.OutletFactory.create(name="The Évening Paper", domains=["evening.example"]),
        actor=writer,
        at=factories.NOON,
    )
    moves.submit(claim_id=claim.pk, actor=writer, at=factories.NOON)
    publisher = factories.person(Role.PUBLISHER)
    moves.approve(claim_id=claim.pk, actor=publisher, at=factories.NOON)
    moves.publish(claim_id=claim.pk, actor=publisher, at=factories.NOON)
    return claim


def test_where_the_claim_appeared_filters_by_name_and_by_host(anybody: Api):
    claim = _published_where_it_appeared()
    factories.published_claim()

    for outlet in ("The Évening Paper", "the ÉVENING paper", "evening.example", "www.evening.example"):
        assert found(anybody, f"outlet={quote(outlet)}") == {claim.public_id}
    assert found(anybody, "outlet=paper.example") == set(), "a source is not where the claim appeared"


def test_heads_from_before_the_filters_are_filled_from_the_stored_bytes(anybody: Api):
    claim = factories.corrected(_published_where_it_appeared())
    first = Publication.objects.get(claim=claim, version=1).valid_from
    PublicHead.objects.update(outlets=[], reviewed_at=factories.NOON)

    import_module("claims.migrations.0012_public_filters").fill(apps, connection.schema_editor())

    head = PublicHead.objects.get(claim=claim)
    assert (head.outlets, head.reviewed_at) == (["evening.example", "the évening paper"], first)


@pytest.mark.parametrize(
    "query",
    [
        "value_min=-0.1",
        "value_min=1.1",
        "value_max=x",
        "value_min=NaN",
        "claimed_from=02/14/2026",
        "claimed_to=2026-02-30",
        "reviewed_from=now",
        "reviewed_to=2026-2-30",
        "changed_since=2026-02-14",
        "changed_since=2026-02-14T10:00:00",
        "fields=",
        "fields=nothing",
        "fields=id,",
        "fields=document.nothing",
        "fields=document.licence.x",
    ],
)
def test_what_cannot_be_read_is_400(anybody: Api, query: str):
    body = expect(anybody.get(f"/verdicts?{query}"), 400, "invalid")

    assert list(body["fields"]) == [query.partition("=")[0]]


def test_the_ends_of_the_calendar_are_days_too(anybody: Api):
    claim = factories.published_claim()

    assert found(anybody, "reviewed_from=0001-01-01&reviewed_to=9999-12-31") == {claim.public_id}
    assert found(anybody, "changed_since=0001-01-01T00:00:00Z") == {claim.public_id}


def test_parts_are_cut_from_the_stored_bytes_and_say_what_they_are_of(anybody: Api):
    claim = factories.published_claim()
    whole = expect(anybody.get(f"/verdicts/{claim.public_id}"), 200)

    answer = anybody.get(f"/verdicts/{claim.public_id}?fields=document.verdict.rating.slug,document.evidence.url")
    listed = expect(anybody.get("/verdicts?fields=document.verdict.rating.slug,document.evidence.url"), 200)

    body = expect(answer, 200)
    assert body == {
        "id": claim.public_id,
        "version": 1,
        "status": "live",
        "document": {
            "licence": "CC BY 4.0",
            "verdict": {"rating": {"slug": "false"}},
            "evidence": [{"url": item["url"]} for item in whole["document"]["evidence"]],
        },
    }
    assert listed["results"] == [body]


def test_a_part_and_what_is_in_it_is_the_whole_part(anybody: Api):
    claim = factories.published_claim()
    whole = expect(anybody.get(f"/verdicts/{claim.public_id}"), 200)

    body = expect(anybody.get(f"/verdicts/{claim.public_id}?fields=document.verdict.headline,document,sequence"), 200)

    assert body["document"] == whole["document"]
    assert "published_at" not in body


def test_parts_have_an_etag_of_their_own(anybody: Api):
    path = f"/verdicts/{factories.published_claim().public_id}"
    whole, part = anybody.get(path), anybody.get(f"{path}?fields=sequence")

    assert whole["ETag"] != part["ETag"]
    assert anybody.get(f"{path}?fields=sequence", if_none_match=part["ETag"]).status_code == 304
    assert anybody.get(f"{path}?fields=sequence", if_none_match=whole["ETag"]).status_code == 200


def test_pages_keep_the_parts_that_were_asked_for(anybody: Api):
    factories.published_claim()
    factories.published_claim()

    first = expect(anybody.get("/verdicts?page_size=1&fields=sequence"), 200)

    second = expect(anybody.get(first["next"].partition("/api/v1")[2]), 200)
    assert [set(row) for row in (*first["results"], *second["results"])] == [
        {"id", "version", "status", "sequence", "document"}
    ] * 2


def test_a_reader_keeps_its_place_while_verdicts_come_and_are_corrected(anybody: Api):
    old = [factories.published_claim() for _ in range(4)]
    page: dict[str, Any] = expect(anybody.get("/verdicts?page_size=2&fields=sequence"), 200)
    factories.published_claim()
    factories.corrected(old[0])

    rest = expect(anybody.get(page["next"].partition("/api/v1")[2]), 200)["results"]

    seen = [row["id"] for row in [*page["results"], *rest]]
    assert seen == [claim.public_id for claim in (old[3], old[2], old[1])], "the corrected one is newer than the place"


@pytest.mark.parametrize("name", ["rating", "changed_since", "q", "cursor", "page_size", "fields"])
def test_a_filter_without_a_value_is_not_read_as_everything(anybody: Api, name: str):
    factories.published_claim()

    assert expect(anybody.get(f"/verdicts?{name}="), 400, "invalid")["fields"] == {name: ["It has no value."]}
