"""Our own press site, from its four feeds to suggestions, through the real client, storage, reader and matcher."""

import threading
from collections.abc import Iterator

import pytest

from claims.capture.extract import read
from claims.capture.fetch import fetch
from claims.choices import ClaimState, FetchState, Outcome
from claims.coverage import polling, sources
from claims.coverage.operations import store_fetched, store_read
from claims.http import NO_PACE, Web
from claims.matching import lexical
from claims.matching.operations import match_document
from claims.models import Coverage, Document, Source
from seeds.press.articles import Article
from seeds.press.site import OutletServer, open_site
from tests.factories import NOON, ClaimFactory, OutletFactory

pytestmark = pytest.mark.django_db
CLAIM = (
    "The United States has no evidence that Russia was behind the hacking of American state institutions and political "
    "organisations in 2016."
)


@pytest.fixture
def press() -> Iterator[list[OutletServer]]:
    servers = open_site([0, 0, 0, 0])
    threads = [threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}) for server in servers]
    for thread in threads:
        thread.start()
    yield servers
    for server, thread in zip(servers, threads, strict=True):
        server.shutdown()
        thread.join()
        server.server_close()


def pull(servers: list[OutletServer]) -> None:
    """Does by hand, once, what the workers do: poll every feed, then fetch, read and match every page."""
    web = Web(pace=NO_PACE, loopback_allowed=[server.base.removeprefix("http://") for server in servers])
    for source in Source.objects.order_by("pk"):
        stored = polling.store_poll(polled=polling.ask(source_id=source.pk, web=web, at=NOON), at=NOON)
        assert stored.outcome == Outcome.FOUND, (source.url, stored.note)
    for document in Document.objects.order_by("pk"):
        store_fetched(fetched=fetch(document_id=document.pk, web=web, at=NOON), at=NOON)
        store_read(read=read(document_id=document.pk), at=NOON)
    lexical.forget_frequencies()
    for document in Document.objects.order_by("pk"):
        match_document(document_id=document.pk, at=NOON)


def test_every_article_is_read_whole_and_the_right_ones_are_suggested(press: list[OutletServer]):
    claim = ClaimFactory.create(statement=CLAIM, state=ClaimState.RESEARCHING)
    articles: dict[str, Article] = {}
    for server in press:
        outlet = OutletFactory.create(domains=[server.base.removeprefix("http://")])
        sources.save_source(
            source_id=None,
            name=server.outlet.name,
            url=server.base + server.outlet.feed_path,
            poll_minutes=30,
            outlet=outlet,
            active=True,
            actor=None,
            at=NOON,
        )
        articles |= {server.base + article.path: article for article in server.articles}

    pull(press)

    documents = {document.captures.get().final_url: document for document in Document.objects.all()}
    assert set(documents) == set(articles)
    for url, document in documents.items():
        article = articles[url]
        words, wanted = set(document.text.split()), set(article.text.split())
        assert document.fetch_state == FetchState.READ, document.fetch_note
        assert document.outlet is not None
        assert document.title == article.title
        assert document.published_at == article.published_at
        assert len(words & wanted) >= 0.9 * len(wanted), article.slug
        assert "\ufffd" not in document.text
    suggested = [documents_slug(articles, row) for row in Coverage.objects.filter(claim=claim).order_by("-score")]
    assert suggested[0] == "moscow-no-proof-of-hacking"
    assert "us-names-russian-government" in suggested
    assert not {slug for slug in suggested if "regatta" in slug or "cheese" in slug or "football" in slug}


def documents_slug(articles: dict[str, Article], row: Coverage) -> str:
    """Which article the suggested page is."""
    return articles[row.document.captures.get().final_url].slug
