"""The contract that every registered connector keeps, spoken to over real HTTP in its own wire format."""

import pytest

from claims.choices import Outcome, SourceKind
from claims.coverage.base import Listing
from claims.coverage.registry import CONNECTORS
from claims.http import Answer, Web
from tests.coverage.feeds import atom, index, item, json_feed, json_item, page, rss, sitemap
from tests.servers.loopback import Site

# Per kind: an answer with two articles at /one and /two, an empty one, one cut short, one with hostile links.
HTML = b"<!doctype html><html><body><p>Please enable cookies.</p></body></html>"
WIRE = {
    SourceKind.RSS: {
        "two": rss(item("/one", "One & <b>only</b>"), item("http://a.example/two")),
        "empty": rss(),
        "cut": rss(item("/one"), item("/two"))[:-60],
        "cut early": rss(item("/one"))[:70],
        "hostile": rss(item("javascript:alert(1)"), item("data:text/html,x"), item("file:///etc/passwd"), item("/one")),
        "flood": rss(*[item(f"/{n}", "t" * 8, more="") for n in range(9_000)]),
    },
    SourceKind.JSON_FEED: {
        "two": json_feed(json_item("/one", "One & <b>only</b>"), json_item("http://a.example/two")),
        "empty": json_feed(),
        "cut early": json_feed(json_item("/one"))[:-70],
        "hostile": json_feed(
            *[json_item(u) for u in ("javascript:alert(1)", "data:text/html,x", "file:///etc", "/one")]
        ),
        "flood": json_feed(*[json_item(f"/{n}") for n in range(9_000)]),
    },
    SourceKind.SITEMAP: {
        "two": sitemap(page("/one", "One & <b>only</b>"), page("http://a.example/two")),
        "empty": sitemap(),
        "cut": sitemap(page("/one"), page("/two"))[:-60],
        "cut early": sitemap(page("/one"))[:-200],
        "hostile": sitemap(*[page(u) for u in ("javascript:alert(1)", "data:text/html,x", "file:///etc", "/one")]),
        "flood": sitemap(*[page(f"/{n}") for n in range(9_000)]),
    },
}
TYPES = {
    SourceKind.RSS: "application/rss+xml",
    SourceKind.JSON_FEED: "application/feed+json",
    SourceKind.SITEMAP: "application/xml",
}


@pytest.fixture(params=sorted(CONNECTORS))
def kind(request: pytest.FixtureRequest) -> SourceKind:
    return SourceKind(request.param)


def read(kind: SourceKind, body: bytes, site: Site, web: Web, *, content_type: str = "") -> Listing:
    connector = CONNECTORS[kind]

    def ask(url: str) -> Answer:
        return web.get(url, accept=connector.accept, limit=connector.size_limit)

    site.page("/feed", body, content_type=content_type or TYPES[kind])
    return connector.listing(ask(site.url("/feed")), ask)


def listing(kind: SourceKind, name: str, site: Site, web: Web) -> Listing:
    return read(kind, {"other": HTML, "nothing": b"", **WIRE[kind]}[name], site, web)


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


@pytest.mark.parametrize("kind", [SourceKind.RSS, SourceKind.SITEMAP])
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


def test_one_broken_address_does_not_cost_the_others(kind: SourceKind, site: Site, web: Web):
    broken = "http://[2001:db8"
    body = {
        SourceKind.RSS: rss(item("/one"), item(broken), item("/two"), base=f' xml:base="{broken}"'),
        SourceKind.JSON_FEED: json_feed(json_item("/one"), json_item(broken), json_item("/two"), next_url=broken),
        SourceKind.SITEMAP: sitemap(page("/one"), page(broken), page("/two")),
    }[kind]

    found = read(kind, body, site, web)

    assert found.articles is not None
    assert [article.url for article in found.articles] == [site.url("/one"), site.url("/two")]


def test_a_day_beyond_the_calendar_is_no_date_and_costs_no_article(site: Site, web: Web):
    found = read(SourceKind.RSS, rss(item("/one", date="9999-366"), item("/two")), site, web)

    assert found.articles is not None
    assert [(article.url, article.published_at is None) for article in found.articles] == [
        (site.url("/one"), True),
        (site.url("/two"), False),
    ]


def test_a_long_list_in_letters_beyond_ascii_is_read(site: Site, web: Web):
    summary = "<description>" + "проверено " * 180 + "</description>"
    body = rss(*[f"<item><link>/{n}</link>{summary}</item>" for n in range(500)])

    found = read(SourceKind.RSS, body, site, web)

    assert found.articles is not None, found.note
    assert len(found.articles) == 500


def test_of_a_flood_of_articles_the_first_500_are_read(kind: SourceKind, site: Site, web: Web):
    found = listing(kind, "flood", site, web)

    assert found.articles is not None
    assert len(found.articles) == 500
    assert "first 500 of 9000" in found.note


def test_atom_is_read_too(site: Site, web: Web):
    found = read(SourceKind.RSS, atom("/a", "/b"), site, web, content_type="application/atom+xml")

    assert found.articles is not None
    assert [article.url for article in found.articles] == [site.url("/a"), site.url("/b")]


def test_script_in_a_title_is_text_when_it_arrives(site: Site, web: Web):
    found = read(SourceKind.RSS, rss(item("/a", "<script>alert(1)</script> 3 < 4")), site, web)

    assert found.articles is not None
    assert found.articles[0].title == "alert(1) 3 < 4"


def test_nested_markup_that_eats_processor_time_is_given_up_on(site: Site, web: Web):
    body = b"<rss version='2.0'><channel><item><link>http://x.example</link><description>" + b"<a>" * 600_000

    found = read(SourceKind.RSS, body, site, web)

    assert found.outcome == Outcome.NOT_MEASURED
    assert "more time or memory" in found.note


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"[" * 100_000, "nested too deeply"),
        (b'{"version":' + b'{"a":' * 100_000, "nested too deeply"),
        (b'{"version": NaN}', "NaN"),
        (b'{"version": ' + b"9" * 10_000 + b"}", "too long"),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": {}}', "no list of items"),
        (b'{"error": "no such feed"}', "not a JSON Feed"),
    ],
)
def test_json_that_is_no_feed_is_not_measured(body: bytes, reason: str, site: Site, web: Web):
    found = read(SourceKind.JSON_FEED, body, site, web)

    assert (found.outcome, found.articles) == (Outcome.NOT_MEASURED, None)
    assert reason in found.note


def test_illegal_controls_and_lone_surrogates_do_not_cost_a_json_feed_its_articles(site: Site, web: Web):
    body = json_feed(json_item("/one", "Hello")).replace(b"Hello", b"Hel\x00\x01lo \\ud83d")

    found = read(SourceKind.JSON_FEED, body, site, web)

    assert found.articles is not None
    assert found.articles[0].title == "Hello \ufffd"


def test_further_pages_of_a_json_feed_are_read_and_their_loss_is_said(site: Site, web: Web):
    site.page("/p2", json_feed(json_item("/two"), next_url="/gone"), content_type="application/feed+json")

    found = read(SourceKind.JSON_FEED, json_feed(json_item("/one"), next_url="/p2"), site, web)

    assert found.articles is not None
    assert [article.url for article in found.articles] == [site.url("/one"), site.url("/two")]
    assert found.note == "The feed's next page answered 404."


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE urlset [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!DOCTYPE urlset SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE urlset [<!ENTITY % x SYSTEM "http://127.0.0.1/x">%x;]>',
    ],
)
def test_a_sitemap_with_a_document_type_is_not_read(head: str, site: Site, web: Web):
    found = read(SourceKind.SITEMAP, sitemap(page("/one"), head=head), site, web)

    assert (found.outcome, found.articles) == (Outcome.NOT_MEASURED, None)
    assert "document type" in found.note


def test_an_index_leads_to_its_own_site_s_newest_sitemaps(site: Site, web: Web):
    site.page("/old", sitemap(page("/o")), content_type="application/xml")
    site.page("/new", sitemap(page("/n")), content_type="application/xml")

    body = index(site.url("/old"), "http://elsewhere.example/map", site.url("/new"))
    found = read(SourceKind.SITEMAP, body, site, web)

    assert found.articles is not None
    assert [article.url for article in found.articles] == [site.url("/n"), site.url("/o")]
    assert not found.alone


def test_indexes_within_indexes_end_and_a_circle_is_walked_once(site: Site, web: Web):
    site.page("/i1", index(site.url("/i2"), site.url("/feed")), content_type="application/xml")
    site.page("/i2", index(site.url("/i3")), content_type="application/xml")
    site.page("/i3", sitemap(page("/deep")), content_type="application/xml")

    found = read(SourceKind.SITEMAP, index(site.url("/i1")), site, web)

    assert (found.outcome, found.articles) == (Outcome.NOT_MEASURED, None)
    assert "not followed further" in found.note
    assert site.paths().count("/feed") == 1
    assert "/i3" not in site.paths()


def test_a_sitemap_that_cannot_be_had_never_makes_an_index_empty(site: Site, web: Web):
    site.page("/empty", sitemap(), content_type="application/xml")
    site.page("/busy", b"", status=503)

    found = read(SourceKind.SITEMAP, index(site.url("/empty"), site.url("/busy")), site, web)

    assert (found.outcome, found.articles) == (Outcome.RETRY_LATER, None)
    assert "out of service" in found.note
