"""The site's feeds, read by a parser that is not ours."""

import json
from typing import Any

import feedparser
import pytest
from django.http import HttpResponse
from django.test import Client, override_settings

from claims.choices import Role
from claims.models import Organisation, Publication
from claims.publishing.feed import changed_topics
from claims.review import operations as moves
from claims.verdicts.operations import VerdictFields, save_draft
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


SUBJECTS = ("topic=water", "rating=false", "claimant=Ada+O%27Neill+%26+Sons")


@pytest.fixture
def subject() -> dict[str, Any]:
    return {
        "topics": [factories.TopicFactory.create(slug="water")],
        "claimant": factories.ClaimantFactory.create(name="Ada O'Neill & Sons"),
    }


@pytest.mark.parametrize("query", SUBJECTS)
@pytest.mark.parametrize("path", ["/feed.atom", "/feed.rss"])
def test_a_feed_of_one_subject_holds_what_is_about_it(site: None, subject: dict[str, Any], path: str, query: str):
    claim = factories.published_claim(**subject)
    other = factories.RatingFactory.create(slug="true", value=1.0)
    factories.published_claim(rating=other)
    factories.approved_claim(**subject)

    found = feedparser.parse(read(f"{path}?{query}").content)

    assert not found.bozo
    assert [entry.id for entry in found.entries] == [f"https://desk.example/verdicts/{claim.public_id}/"]
    assert found.feed.title.startswith("The Desk & Co: ")
    links = {link.rel: link.href for link in found.feed.links}
    assert links["self"] == f"https://desk.example{path}?{query}"
    assert links["alternate"] == f"https://desk.example/verdicts/?{query}"


def test_a_verdict_that_changes_its_rating_is_announced_where_the_old_one_was_read(site: None):
    claim = factories.published_claim()
    true = factories.RatingFactory.create(slug="true", value=1.0)
    writer, publisher = factories.person(Role.FACT_CHECKER), factories.person(Role.PUBLISHER)
    at = factories.NOON
    moves.revise(
        claim_id=claim.pk, change_type="rating_change", public_note="We had misread the table.", actor=writer, at=at
    )
    given = VerdictFields(rating=true, headline="It did", summary="It did.", explanation="It did.")
    save_draft(claim_id=claim.pk, given=given, lock_version=None, actor=writer, at=at)
    moves.submit(claim_id=claim.pk, actor=writer, at=at)
    moves.approve(claim_id=claim.pk, actor=publisher, comment="Yes.", at=at)
    moves.publish(claim_id=claim.pk, actor=publisher, at=at)

    old, new = (json.loads(read(f"/feed.json?rating={slug}").content)["items"] for slug in ("false", "true"))

    assert [item["id"] for item in old] == [item["id"] for item in new]
    assert old[0]["_factcheck"]["rating"] == "true"
    assert "We had misread the table." in old[0]["content_html"]
    topics = changed_topics(Publication.objects.get(claim=claim, version=2), base="https://desk.example")
    assert "https://desk.example/feed.json?rating=false" in topics
    assert "https://desk.example/feed.json?rating=true" in topics


def test_a_publication_tells_which_feeds_it_changes_and_they_are_the_feeds_own_addresses(
    site: None, subject: dict[str, Any]
):
    claim = factories.published_claim(**subject)

    topics = changed_topics(Publication.objects.get(claim=claim), base="https://desk.example")

    assert len(topics) == len(set(topics)) == 12
    for address in topics:
        path = address.removeprefix("https://desk.example")
        if ".json" not in path:
            own = {link.rel: link.href for link in feedparser.parse(read(path).content).feed.links}["self"]
        else:
            own = json.loads(read(path).content)["feed_url"]
        assert own == address
    lower = read("/feed.json?claimant=ada+o%27neill+%26+SONS")
    assert json.loads(lower.content)["feed_url"] in topics


@override_settings(WEBSUB_HUB="https://hub.example/")
def test_a_hub_is_named_where_one_is_set(site: None):
    factories.published_claim()

    for path in ("/feed.atom", "/feed.rss"):
        answer = read(path)
        links = {link.rel: link.href for link in feedparser.parse(answer.content).feed.links}
        assert links["hub"] == "https://hub.example/"
        assert answer["Link"] == f'<https://hub.example/>; rel="hub", <https://desk.example{path}>; rel="self"'
    found = json.loads(read("/feed.json").content)
    assert found["hubs"] == [{"type": "WebSub", "url": "https://hub.example/"}]


def test_no_hub_is_named_where_none_is_set(site: None):
    answer = read("/feed.atom")

    assert "Link" not in answer
    assert "hub" not in answer.content.decode()


@pytest.mark.parametrize("path", ["/feed.atom", "/feed.rss", "/feed.json"])
def test_both_validators_hold_for_a_feed_of_a_subject(site: None, path: str):
    factories.published_claim()
    answer = read(f"{path}?rating=false")

    since = answer["Last-Modified"]
    assert read(f"{path}?rating=false", if_modified_since=since).status_code == 304
    assert read(f"{path}?rating=false", if_none_match=answer["ETag"]).status_code == 304
    factories.corrected(factories.published_claim())
    assert read(f"{path}?rating=false", if_none_match=answer["ETag"]).status_code == 200


def test_a_feed_about_two_things_is_refused(site: None):
    answer = read("/feed.atom?topic=water&rating=false")

    assert answer.status_code == 400
    assert "one of topic, rating and claimant" in answer.content.decode()


def test_pages_name_the_feeds_of_what_they_are_about(site: None, subject: dict[str, Any]):
    claim = factories.published_claim(**subject)

    page = read(f"/verdicts/{claim.public_id}/").content.decode()
    index = read("/verdicts/?topic=water").content.decode()

    assert 'type="application/atom+xml"' in page
    assert 'href="/feed.atom?topic=water"' in page
    assert 'href="/feed.rss?claimant=Ada+O%27Neill+%26+Sons"' in page
    assert 'href="/feed.json?topic=water"' in index
