"""The contract that every registered connector keeps, spoken to over real HTTP in its own wire format."""

import pytest

from claims.choices import Outcome, SourceKind
from claims.coverage.base import Listing
from claims.coverage.registry import CONNECTORS
from claims.http import Web
from tests.coverage.feeds import atom, item, rss
from tests.servers.loopback import Site

# Per kind: an answer with two articles at /one and /two, an empty one, one cut short, one with hostile links.
WIRE = {
    SourceKind.RSS: {
        "two": rss(item("/one", "One & <b>only</b>"), item("http://a.example/two")),
        "empty": rss(),
        "cut": rss(item("/one"), item("/two"))[:-60],
        "cut early": rss(item("/one"))[:70],
        "hostile": rss(item("javascript:alert(1)"), item("data:text/html,x"), item("file:///etc/passwd"), item("/one")),
        "other": b"<!doctype html><html><body><p>Please enable cookies.</p></body></html>",
        "nothing": b"",
        "bomb": rss(*[item(f"/{n}", "t" * 8, more="") for n in range(9_000)]),
    }
}
TYPES = {SourceKind.RSS: "application/rss+xml"}


@pytest.fixture(params=sorted(CONNECTORS))
def kind(request: pytest.FixtureRequest) -> SourceKind:
    return SourceKind(request.param)


def listing(kind: SourceKind, name: str, site: Site, web: Web) -> Listing:
    connector = CONNECTORS[kind]
    site.page("/feed", WIRE[kind][name], content_type=TYPES[kind])
    return connector.listing(web.get(site.url("/feed"), accept=connector.accept, limit=connector.size_limit))


def test_every_kind_of_source_has_a_connector_that_names_itself():
    assert {kind: connector.kind for kind, connector in CONNECTORS.items()} == {kind: kind for kind in SourceKind}


def test_articles_come_with_absolute_addresses_plain_titles_and_dates(kind: SourceKind, site: Site, web: Web):
    found = listing(kind, "two", site, web)

    assert found.outcome == Outcome.FOUND
    assert found.articles is not None
    assert [article.url for article in found.articles] == [site.url("/one"), "http://a.example/two"]
    assert found.articles[0].title == "One & only"
    assert found.articles[0].published_at is not None
    assert found.articles[0].published_at.isoformat() == "2026-03-02T08:00:00+00:00"


def test_an_empty_source_is_measured_and_empty(kind: SourceKind, site: Site, web: Web):
    assert listing(kind, "empty", site, web) == Listing(Outcome.NONE, ())


def test_of_a_source_that_is_cut_short_only_whole_articles_count_and_it_says_so(kind: SourceKind, site: Site, web: Web):
    found = listing(kind, "cut", site, web)

    assert found.articles is not None
    assert [article.url for article in found.articles] == [site.url("/one")]
    assert "cut short" in found.note


@pytest.mark.parametrize("name", ["cut early", "other", "nothing"])
def test_what_cannot_be_told_is_never_no_articles(kind: SourceKind, name: str, site: Site, web: Web):
    found = listing(kind, name, site, web)

    assert found.outcome == Outcome.NOT_MEASURED
    assert found.articles is None
    assert found.note


def test_links_that_are_not_web_addresses_are_left_out(kind: SourceKind, site: Site, web: Web):
    found = listing(kind, "hostile", site, web)

    assert found.articles is not None
    assert [article.url for article in found.articles] == [site.url("/one")]


def test_of_a_flood_of_articles_the_first_500_are_read(kind: SourceKind, site: Site, web: Web):
    found = listing(kind, "bomb", site, web)

    assert found.articles is not None
    assert len(found.articles) == 500
    assert "first 500 of 9000" in found.note


def test_atom_is_read_too(site: Site, web: Web):
    site.page("/feed", atom("/a", "/b"), content_type="application/atom+xml")

    found = CONNECTORS[SourceKind.RSS].listing(web.get(site.url("/feed")))

    assert found.articles is not None
    assert [article.url for article in found.articles] == [site.url("/a"), site.url("/b")]


def test_script_in_a_title_is_text_when_it_arrives(site: Site, web: Web):
    site.page("/feed", rss(item("/a", "<script>alert(1)</script> 3 < 4")), content_type="text/xml")

    found = CONNECTORS[SourceKind.RSS].listing(web.get(site.url("/feed")))

    assert found.articles is not None
    assert found.articles[0].title == "alert(1) 3 < 4"


def test_nested_markup_that_eats_processor_time_is_given_up_on(site: Site, web: Web):
    body = b"<rss version='2.0'><channel><item><link>http://x.example</link><description>" + b"<a>" * 600_000
    site.page("/feed", body, content_type="text/xml")

    found = CONNECTORS[SourceKind.RSS].listing(web.get(site.url("/feed")))

    assert found.outcome == Outcome.NOT_MEASURED
    assert "more time or memory" in found.note
