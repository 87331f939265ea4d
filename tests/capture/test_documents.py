"""Every address leads to exactly one document."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier

import pytest
from django.db import connection

from claims.capture.documents import document_for
from claims.choices import UrlOrigin
from claims.errors import Invalid
from claims.models import Document, DocumentUrl
from tests.factories import OutletFactory


@pytest.mark.django_db
def test_two_spellings_of_one_address_lead_to_one_document(noon: datetime):
    first, made = document_for(url="https://News.example/a?utm_source=x&b=1#top", how=UrlOrigin.FEED, at=noon)
    second, again = document_for(url="https://news.example:443/a?b=1", how=UrlOrigin.ENTERED, at=noon)

    assert (made, again) == (True, False)
    assert first == second
    assert second.url == "https://news.example/a?b=1"
    assert DocumentUrl.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "url", ["", "news", "javascript:alert(1)", "ftp://a.example/", "http://u@a.example/", "http:///x"]
)
def test_what_is_no_web_address_is_refused_with_its_field(noon: datetime, url: str):
    with pytest.raises(Invalid) as refused:
        document_for(url=url, how=UrlOrigin.ENTERED, at=noon)

    assert list(refused.value.fields) == ["url"]
    assert not Document.objects.exists()


@pytest.mark.django_db
def test_the_outlet_is_the_one_with_the_longest_domain_that_fits(noon: datetime):
    OutletFactory.create(domains=["example.org"])
    regional = OutletFactory.create(domains=["north.example.org"])
    demo = OutletFactory.create(domains=["127.0.0.1:8101"])

    page, _ = document_for(url="https://www.north.example.org/x", how=UrlOrigin.FEED, at=noon)
    local, _ = document_for(url="http://127.0.0.1:8101/x", how=UrlOrigin.FEED, at=noon)
    other, _ = document_for(url="http://127.0.0.1:8102/x", how=UrlOrigin.FEED, at=noon)

    assert (page.outlet, local.outlet, other.outlet) == (regional, demo, None)


@pytest.mark.django_db
def test_the_given_outlet_is_used_where_the_host_names_none(noon: datetime):
    given = OutletFactory.create(domains=["given.example"])

    page, _ = document_for(url="https://elsewhere.example/x", how=UrlOrigin.FEED, at=noon, outlet=given)

    assert page.outlet == given


@pytest.mark.django_db
def test_an_address_of_a_merged_document_leads_to_the_one_that_stands(noon: datetime):
    kept, _ = document_for(url="https://a.example/kept", how=UrlOrigin.FEED, at=noon)
    merged, _ = document_for(url="https://a.example/amp/kept", how=UrlOrigin.FEED, at=noon)
    merged.merged_into = kept
    merged.save()

    assert document_for(url="https://a.example/amp/kept", how=UrlOrigin.ENTERED, at=noon) == (kept, False)


@pytest.mark.django_db(transaction=True)
def test_callers_that_meet_on_a_new_address_get_the_same_row(noon: datetime):
    together = Barrier(4)

    def come(_: int) -> tuple[int, bool]:
        together.wait()
        try:
            document, made = document_for(url="https://a.example/race", how=UrlOrigin.FEED, at=noon)
            return document.pk, made
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        came = list(pool.map(come, range(4)))

    assert len({pk for pk, _ in came}) == 1
    assert sorted(made for _, made in came) == [False, False, False, True]
    assert Document.objects.count() == 1
