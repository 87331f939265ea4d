"""Sitemaps and the DataFeed: every live verdict once, nothing else, whatever their number."""

import json
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from claims.models import Organisation, PublicHead
from claims.publishing import data_feed, sitemap
from tests import factories

pytestmark = pytest.mark.django_db
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"


@pytest.fixture(autouse=True)
def site() -> None:
    Organisation.objects.update(site_url="https://desk.example", name="The Desk & Co")


def read(path: str, status: int = 200) -> bytes:
    answer: Any = Client().get(path)
    assert answer.status_code == status
    body: bytes = answer.getvalue() if answer.streaming else answer.content
    return body


def places(path: str) -> list[str]:
    return [one.text or "" for one in ElementTree.fromstring(read(path)).iter(f"{SITEMAP}loc")]


def test_every_live_verdict_is_in_one_sitemap_of_bounded_size(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sitemap, "LARGEST", 2)
    monkeypatch.setattr(sitemap, "_CHUNK", 1)
    claims = [factories.published_claim() for _ in range(5)]
    factories.retracted(claims[0])
    factories.corrected(claims[1])
    draft = factories.approved_claim()

    pages, *files = places("/sitemap.xml")
    found = [places(address.removeprefix("https://desk.example")) for address in files]

    assert pages == "https://desk.example/sitemap-pages.xml"
    assert all(1 <= len(one) <= 2 for one in found)
    listed = [place for one in found for place in one]
    assert sorted(listed) == sorted(f"https://desk.example/verdicts/{c.public_id}/" for c in claims[1:])
    assert draft.public_id not in str(listed)
    read("/sitemap-99.xml", 404)
    assert "https://desk.example/corrections/" in places("/sitemap-pages.xml")


def test_the_news_are_of_two_days():
    fresh = factories.published_claim(headline="Fresh & new", language="pt-BR")
    old = factories.published_claim()
    PublicHead.objects.filter(claim=old).update(reviewed_at=timezone.now() - timedelta(days=2, minutes=1))

    root = ElementTree.fromstring(read("/sitemap-news.xml"))

    assert [one.text for one in root.iter(f"{SITEMAP}loc")] == [f"https://desk.example/verdicts/{fresh.public_id}/"]
    assert [one.text for one in root.iter(f"{NEWS}title")] == ["Fresh & new"]
    assert [one.text for one in root.iter(f"{NEWS}name")] == ["The Desk & Co"]
    assert [one.text for one in root.iter(f"{NEWS}language")] == ["pt"]


def test_the_data_feed_holds_every_review_and_says_what_was_retracted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(data_feed, "CHUNK", 2)
    live = [factories.corrected(factories.published_claim()), *(factories.published_claim() for _ in range(3))]
    gone = factories.published_claim(statement="This was taken back.")
    factories.retracted(gone)
    factories.approved_claim()

    found = json.loads(read("/datafeed.json"))

    assert found["@type"] == "DataFeed"
    assert found["license"] == "CC BY 4.0"
    reviews = {item["item"]["url"]: item for item in found["dataFeedElement"]}
    assert len(reviews) == len(found["dataFeedElement"]) == 5
    for claim in live:
        item = reviews[f"https://desk.example/verdicts/{claim.public_id}/"]
        assert item["item"]["@type"] == "ClaimReview"
        assert item["item"]["claimReviewed"] == claim.statement
        assert item["item"]["datePublished"] == item["dateCreated"][:10]
    taken = reviews[f"https://desk.example/verdicts/{gone.public_id}/"]
    assert "dateDeleted" in taken
    assert "This was taken back." not in json.dumps(taken)


def test_the_data_feed_is_read_in_parts_and_not_sent_twice(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(data_feed, "CHUNK", 2)
    for _ in range(4):
        factories.published_claim()

    with CaptureQueriesContext(connection) as queries:
        parts = list(data_feed.data_feed(name="x", url="x", licence="x", base="x"))
    count = len(queries)
    etag = Client().get("/datafeed.json").headers["ETag"]

    assert (len(parts), count) == (5, 4)
    assert Client().get("/datafeed.json", headers={"if-none-match": etag}).status_code == 304
    factories.published_claim()
    assert Client().get("/datafeed.json", headers={"if-none-match": etag}).status_code == 200


def test_an_empty_desk_has_empty_files():
    assert json.loads(read("/datafeed.json"))["dataFeedElement"] == []
    assert len(places("/sitemap.xml")) == 1
    assert places("/sitemap-news.xml") == []
