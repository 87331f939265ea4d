"""500 hostile strings through everything that writes markup or data for the public: it parses, and says the same."""

import json
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import extruct
import feedparser
import pytest
from django.template.loader import render_to_string
from django.test import Client

from claims.models import Organisation
from claims.publishing import embedding, feed, feed_formats
from claims.publishing.markup import json_ld
from claims.text import plain
from tests import hostile_text

STRINGS = hostile_text.strings(500)


def test_they_are_500_and_all_different():
    assert len(set(STRINGS)) == 500
    assert all(f"__hit({n})" in text for n, text in enumerate(STRINGS))


def test_a_json_ld_block_always_parses_to_what_was_put_in():
    for text in STRINGS:
        html = f'<html><head><script type="application/ld+json">{json_ld({"name": text})}</script></head></html>'
        assert extruct.extract(html, syntaxes=["json-ld"])["json-ld"] == [{"name": text}]


def test_feeds_of_all_of_them_parse_to_what_was_put_in():
    at = datetime(2026, 3, 2, tzinfo=UTC)
    shown = [
        feed.Entry(
            url=f"https://desk.example/verdicts/{n}/",
            title=plain(text),
            summary=plain(text),
            html="<p>Set text.</p>",
            language="en",
            author=plain(text),
            topics=(plain(text),),
            first_at=at,
            changed_at=at,
            facts={},
        )
        for n, text in enumerate(STRINGS)
    ]
    site = feed.Site(name=STRINGS[7], home="https://desk.example/", own="x", licence=STRINGS[9], language="en")

    atom = ElementTree.fromstring(feed_formats.atom(site=site, shown=shown))
    rss = ElementTree.fromstring(feed_formats.rss(site=site, shown=shown))
    items = json.loads(feed_formats.json_feed(site=site, shown=shown))["items"]

    wanted = [plain(text) for text in STRINGS]
    assert [one.text for one in atom.iter(f"{{{feed_formats.ATOM}}}title")][1:] == wanted
    assert [one.text for one in rss.iter("title")][1:] == wanted
    assert [item["title"] for item in items] == wanted


def test_no_string_breaks_out_of_the_frames_markup_or_of_oembeds_xml():
    for text in STRINGS:
        html = embedding.frame(base="https://desk.example", public_id="x", title=text)
        rows = ElementTree.fromstring(embedding.as_xml({"title": text, "html": html}))
        title = rows.findtext("title") or ""
        assert title.replace("\r", "") == plain(text)
        assert html.count("<") == 4
        root = render_to_string("claims/web/parts/feeds.html", {"query": "", "about": text})
        assert root.count("<") == 3


@pytest.mark.django_db
def test_every_public_answer_parses_with_hostile_words_in_every_field():
    given = hostile_text.strings(100)
    hostile_text.organise(given)
    Organisation.objects.update(site_url="https://desk.example")
    claims = [hostile_text.publish(given, n * 20, corrected=n % 2 == 1) for n in range(4)]

    for claim in claims:
        page = Client().get(f"/verdicts/{claim.public_id}/").content.decode()
        (review,) = extruct.extract(page, syntaxes=["json-ld"])["json-ld"]
        assert review["claimReviewed"] == claim.statement
        answer: Any = Client().get("/oembed", {"url": f"https://desk.example/verdicts/{claim.public_id}/"})
        assert json.loads(answer.content)["title"]
    data: Any = Client().get("/datafeed.json")
    assert len(json.loads(data.getvalue())["dataFeedElement"]) == 4
    for path in ("/feed.atom", "/feed.rss"):
        found = feedparser.parse(Client().get(path).content)
        assert not found.bozo
        assert len(found.entries) == 4
    for path in ("/sitemap.xml", "/sitemap-news.xml"):
        assert ElementTree.fromstring(Client().get(path).content) is not None
    security = Client().get("/.well-known/security.txt").content.decode()
    assert len(security.splitlines()) == 4
