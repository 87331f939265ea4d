"""The site's feeds, read by a parser that is not ours."""

import json
from typing import Any

import feedparser
import pytest
from django.http import HttpResponse
from django.test import Client

from claims.models import Organisation
from tests import factories

HOSTILE = "]]></title><script>alert(1)</script> & “quoted” <b>bold</b>"
pytestmark = pytest.mark.django_db


def read(path: str, **headers: str) -> HttpResponse:
    answer: Any = Client().get(path, headers=headers)
    found: HttpResponse = answer
    return found


@pytest.fixture
def site() -> None:
    Organisation.objects.update(site_url="https://desk.example", name="The Desk & Co")


@pytest.mark.parametrize("path", ["/feed.atom", "/feed.rss"])
def test_a_parser_reads_what_was_published(site: None, path: str):
    kept = factories.corrected(factories.published_claim(headline=HOSTILE, topics=[factories.TopicFactory.create()]))
    gone = factories.published_claim(headline="It fell by half")
    factories.retracted(gone)

    found = feedparser.parse(read(path).content)

    assert not found.bozo
    assert found.feed.title == "The Desk & Co"
    first, second = found.entries
    assert first.title == "Retracted: It fell by half"
    assert "The table itself was withdrawn by its office." in first.summary
    assert [entry.id for entry in found.entries] == [
        f"https://desk.example/verdicts/{claim.public_id}/" for claim in (gone, kept)
    ]
    assert second.link == second.id
    assert second.updated_parsed if path == "/feed.atom" else second.published_parsed
    html = second.content[0].value if path == "/feed.atom" else second.summary
    assert "A figure was wrong." in html
    assert "<em>yearly</em>" in html
    assert "<script" not in html
    assert second.tags


def test_titles_come_through_xml_as_they_are(site: None):
    factories.published_claim(headline=HOSTILE)

    content = read("/feed.atom").content.decode()

    assert "<script>" not in content
    assert "]]&gt;&lt;/title&gt;&lt;script&gt;" in content


def test_json_feed_says_what_only_fact_checks_have(site: None):
    claim = factories.published_claim(headline=HOSTILE)

    answer = read("/feed.json")

    found = json.loads(answer.content)
    assert answer["Content-Type"] == "application/feed+json"
    assert found["version"] == "https://jsonfeed.org/version/1.1"
    item = found["items"][0]
    assert item["title"] == HOSTILE
    assert item["url"] == f"https://desk.example/verdicts/{claim.public_id}/"
    assert item["_factcheck"] == {
        "id": claim.public_id,
        "version": 1,
        "sequence": 1,
        "status": "live",
        "rating": "false",
        "value": 0.0,
        "licence": "CC BY 4.0",
    }
    assert item["date_published"] == item["date_modified"]


def test_a_correction_moves_the_date_of_change_alone(site: None):
    factories.corrected(factories.published_claim())

    item = json.loads(read("/feed.json").content)["items"][0]

    assert item["date_published"] < item["date_modified"]


@pytest.mark.parametrize("path", ["/feed.atom", "/feed.rss", "/feed.json"])
def test_what_is_known_is_not_sent_again_and_nothing_unpublished_is_sent(site: None, path: str):
    draft = factories.approved_claim()
    answer = read(path)

    assert draft.public_id not in answer.content.decode()
    assert read(path, if_none_match=answer["ETag"]).status_code == 304
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert f'href="{path}"' in read("/").content.decode()


@pytest.mark.parametrize("path", ["/feed.atom", "/feed.rss"])
def test_a_name_with_a_control_character_does_not_break_the_feed(site: None, path: str):
    Organisation.objects.update(name="The\x0bDesk")
    factories.published_claim()

    found = feedparser.parse(read(path).content)

    assert not found.bozo
    assert found.feed.title == "TheDesk"
