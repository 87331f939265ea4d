"""Odd feeds through the real path (HTTP, connector, limited child): no crash, and the right title, link and date."""

from collections import Counter

import pytest

from claims.choices import Outcome, SourceKind
from claims.coverage.registry import CONNECTORS
from claims.http import Web
from tests.coverage.odd_feeds import ODD_FEEDS
from tests.coverage.odd_feeds.case import Odd
from tests.servers.loopback import Site


def read(odd: Odd, site: Site, web: Web) -> object:
    """The entries as a case expects them, or "not measured"."""
    site.page("/feed", odd.body, content_type=odd.content_type)
    connector = CONNECTORS[SourceKind.RSS]
    answer = web.get(site.url("/feed"), accept=connector.accept, limit=connector.size_limit)
    found = connector.listing(answer, lambda url: pytest.fail(f"A feed has no further part {url}."))
    if found.articles is None:
        assert found.outcome == Outcome.NOT_MEASURED
        assert found.note
        return "not measured"
    home = site.url("")
    return tuple(
        (
            one.title,
            one.url.replace(home, "~", 1) if one.url.startswith(home) else one.url,
            one.published_at.isoformat() if one.published_at is not None else None,
        )
        for one in found.articles
    )


def test_there_are_many_of_them_and_each_has_a_name_of_its_own():
    names = Counter(odd.name for odd in ODD_FEEDS)

    assert len(ODD_FEEDS) >= 150
    assert [name for name, times in names.items() if times > 1] == []


def test_every_odd_feed_is_read_as_it_is_meant(site: Site, web: Web):
    wrong = {}

    for odd in ODD_FEEDS:
        found = read(odd, site, web)
        if found != odd.expected:
            wrong[odd.name] = f"expected {odd.expected}, read {found}"

    assert wrong == {}
