"""What a poller and a reader meet on the press site."""

import json
import re
import signal
import subprocess
import sys
from urllib.parse import urljoin, urlsplit

import feedparser
import pytest

from seeds.press.articles import read_all
from seeds.press.outlets import OUTLETS
from seeds.press.pages import FOOTER
from seeds.press.site import OutletServer, open_site
from tests.press.conftest import ask

ARTICLES = read_all()
SLUGS = [outlet.slug for outlet in OUTLETS]


def _parsed(server: OutletServer) -> feedparser.FeedParserDict:
    reply = ask(server, server.outlet.feed_path)
    return feedparser.parse(reply.body, response_headers=reply.headers | {"content-location": server.base + "/"})


@pytest.mark.parametrize("slug", SLUGS)
def test_every_outlet_has_front_page_robots_and_articles(site, slug):
    server = site[slug]

    front = ask(server, "/")
    robots = ask(server, "/robots.txt")
    pages = [ask(server, article.path) for article in server.articles]

    assert front.status == robots.status == 200
    assert front.body.count(b"<section>") == len(server.articles) == 5
    assert robots.body.startswith(b"User-agent: *")
    assert {page.status for page in pages} == {200}
    assert all(FOOTER.encode() in page.body for page in [front, *pages])
    assert ask(server, "/2016/10/13/no-such-page").status == 404


@pytest.mark.parametrize(("slug", "version"), list(zip(SLUGS, ["rss20", "rss20", "atom10", "rss10"], strict=True)))
def test_feed_is_well_formed_and_holds_every_article(site, slug, version):
    server = site[slug]

    feed = _parsed(server)

    assert not feed.bozo, feed.get("bozo_exception")
    assert feed.version == version
    assert len(feed.entries) == len(server.articles)
    wanted = {article.title: article for article in server.articles}
    for entry in feed.entries:
        # feedparser calls the Dublin Core date of RSS 1.0 "updated".
        dated = entry.get("published_parsed") or entry.updated_parsed
        assert tuple(dated)[:5] == tuple(wanted[entry.title].published_at.timetuple())[:5]


@pytest.mark.parametrize("slug", SLUGS)
def test_every_link_of_a_feed_leads_to_its_article(site, slug):
    server = site[slug]
    paths = {article.title: article.path for article in server.articles}

    for entry in _parsed(server).entries:
        address, hops = urljoin(server.base + "/", entry.link), 0
        assert address.startswith(server.base + "/")
        while (reply := ask(server, address.removeprefix(server.base))).status in {301, 302}:
            address, hops = urljoin(address, reply.headers["location"]), hops + 1

        assert reply.status == 200
        assert urlsplit(address).path == paths[entry.title]
        assert hops in {0, 2}


def test_one_feed_link_carries_tracking_words_and_redirects_twice(site):
    links = [entry.link for entry in _parsed(site["alpenrand"]).entries]

    assert sum("utm_source=" in link for link in links) == 1


@pytest.mark.parametrize("slug", SLUGS)
def test_unchanged_feed_answers_304(site, slug):
    server = site[slug]
    path = server.outlet.feed_path
    first = ask(server, path)

    by_tag = ask(server, path, If_None_Match=first.headers["etag"])
    by_date = ask(server, path, If_Modified_Since=first.headers["last-modified"])
    tag_decides = ask(server, path, If_None_Match='"other"', If_Modified_Since=first.headers["last-modified"])
    older = ask(server, path, If_Modified_Since="Thu, 01 Sep 2016 00:00:00 GMT")

    assert [reply.status for reply in (by_tag, by_date, tag_decides, older)] == [304, 304, 200, 200]
    assert by_tag.body == b""
    assert by_tag.headers["etag"] == first.headers["etag"]


def test_head_gives_the_head_alone(site):
    server = site["harbour-ledger"]

    reply = ask(server, "/", method="HEAD")

    assert reply.status == 200
    assert int(reply.headers["content-length"]) > 0
    assert reply.body == b""


def test_one_article_is_latin_1_and_only_the_http_head_says_so(site):
    (article,) = [article for article in ARTICLES if article.charset != "utf-8"]

    reply = ask(site[article.outlet], article.path)

    assert reply.headers["content-type"] == "text/html; charset=iso-8859-1"
    assert b"charset" not in reply.body.lower()
    assert "Zürich".encode("latin-1") in reply.body
    with pytest.raises(UnicodeDecodeError):
        reply.body.decode("utf-8")
    for letters in ("Jörg Häfeli", "Éloïse Müller", "Hélène Crêtier"):
        assert letters in reply.body.decode("latin-1")


def test_one_article_has_broken_markup(site):
    (article,) = [article for article in ARTICLES if article.broken]

    page = ask(site[article.outlet], article.path).body.decode()

    assert "</html>" not in page
    assert page.count("<p") > page.count("</p>")


def test_well_formed_pages_name_their_address_author_and_time(site):
    for article in ARTICLES:
        if article.broken:
            continue
        server = site[article.outlet]
        page = ask(server, article.path).body.decode(article.charset)

        assert f'<link rel="canonical" href="{server.base}{article.path}">' in page
        assert '<meta property="og:title"' in page
        assert f'<time datetime="{article.published_at.isoformat()}">' in page


def test_structured_data_is_json_of_a_news_article(site):
    found = []
    for article in ARTICLES:
        page = ask(site[article.outlet], article.path).body.decode(article.charset)
        found += re.findall(r'<script type="application/ld\+json">(.+?)</script>', page)

    assert len(found) >= 5
    assert {json.loads(text)["@type"] for text in found} == {"NewsArticle"}


@pytest.mark.services
def test_program_serves_until_sigterm_and_then_ends_with_0():
    program = subprocess.Popen(
        [sys.executable, "-m", "seeds.press", "--ports", "0,0,0,0"], stdout=subprocess.PIPE, text=True
    )
    assert program.stdout is not None
    lines = [program.stdout.readline() for _ in OUTLETS]

    program.send_signal(signal.SIGTERM)

    assert program.wait(timeout=10) == 0
    assert all(re.match(r"http://127\.0\.0\.1:\d+/ \S", line) for line in lines)
    program.stdout.close()


def test_wrong_number_of_ports_is_refused():
    with pytest.raises(ValueError, match="Give 4 ports"):
        open_site([0, 0])
