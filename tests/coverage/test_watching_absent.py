"""Pages that published verdicts rest on and that are gone, moved, or cannot be read on that day."""

from datetime import UTC, datetime, time, timedelta

import pytest

from claims.capture import child
from claims.choices import (
    CaptureKind,
    CheckOutcome,
    FetchState,
    ReviewItemKind,
    Standing,
)
from claims.http import NO_PACE, Web
from claims.models import (
    Capture,
    Claim,
    DocumentChange,
    DocumentWatch,
    PublicHead,
    ReviewItem,
)
from tests.capture.pages import PARAGRAPHS, article
from tests.coverage.cited import cited, claim, copies, kinds, look, next_look
from tests.servers.loopback import Site

__all__ = ["claim"]  # a fixture

pytestmark = pytest.mark.django_db
WITHOUT_QUOTE = PARAGRAPHS.replace("5 million crowns", "50 thousand crowns")


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_is_gone_when_it_was_gone_on_two_days(claim: Claim, site: Site, web: Web, status: int):
    document = cited(claim)
    site.page("/story", b"no", status=status)

    first = look(document, web, day=1)
    soon = next_look(document)
    again = look(document, web, day=1.1)
    before = kinds()
    look(document, web, day=2.1)
    look(document, web, day=7.5)

    assert (first.outcome, again.outcome, before) == (CheckOutcome.GONE, CheckOutcome.GONE, [])
    assert soon == DocumentWatch.objects.get(pk=document.pk).since + timedelta(days=2)
    item = ReviewItem.objects.get()
    assert item.kind == ReviewItemKind.SOURCE_GONE
    assert item.difference["status"] == [200, status]
    document.refresh_from_db()
    assert document.fetch_state == FetchState.GONE
    change = DocumentChange.objects.get()
    assert (change.after.kind, change.after.http_status) == (CaptureKind.GONE, status)


def test_a_page_that_is_away_around_midnight_is_not_gone(claim: Claim, site: Site, web: Web):
    document = cited(claim)
    site.page("/story", b"no", status=404)
    since = PublicHead.objects.get(claim=claim).publication.valid_from
    midnight = datetime.combine(since.date() + timedelta(days=2), time(), UTC)
    hour = 1 / 24

    look(document, web, day=(midnight - since) / timedelta(days=1) - hour)
    look(document, web, day=(midnight - since) / timedelta(days=1) + hour)

    assert kinds() == []
    document.refresh_from_db()
    assert document.fetch_state != FetchState.GONE


def test_the_answer_that_it_is_gone_is_never_taken_for_a_copy(claim: Claim, site: Site, web: Web):
    document = cited(claim)
    site.page("/story", b"no", status=404)
    look(document, web, day=1)
    look(document, web, day=2)

    kept = Capture.objects.copies().filter(document=document)

    assert [capture.http_status for capture in kept] == [200]


def test_a_page_that_is_back_the_next_day_was_never_gone(claim: Claim, site: Site, web: Web):
    document = cited(claim)
    site.page("/story", b"no", status=404)
    look(document, web, day=1)
    site.page("/story", article())
    back = look(document, web, day=2)
    site.page("/story", b"no", status=404)
    look(document, web, day=3)

    assert back.outcome == CheckOutcome.UNCHANGED
    assert kinds() == []


def test_a_page_that_comes_back_after_all_is_there_again(claim: Claim, site: Site, web: Web):
    document = cited(claim)
    site.page("/story", b"no", status=404)
    look(document, web, day=1)
    look(document, web, day=2)
    site.page("/story", article())

    look(document, web, day=3)

    document.refresh_from_db()
    assert document.fetch_state == FetchState.READ
    assert DocumentWatch.objects.get(pk=document.pk).standing == Standing.THERE


def test_a_page_that_leads_to_the_front_door_makes_one_item(claim: Claim, site: Site, web: Web):
    document = cited(claim)
    site.page("/", article(title="The Harbour Times"))
    site.redirect("/story", "/")

    checks = [look(document, web, day=day) for day in (1, 3, 7)]

    assert {check.outcome for check in checks} == {CheckOutcome.MOVED}
    item = ReviewItem.objects.get()
    assert item.kind == ReviewItemKind.SOURCE_MOVED
    assert item.difference["address"] == [site.url("/story"), site.url("/")]
    document.refresh_from_db()
    assert document.title == "Bridge costs rise"


def test_a_page_that_leads_to_another_site_makes_one_item(claim: Claim, site: Site):
    document = cited(claim)
    with Site() as other:
        other.page("/parked", article(title="Buy this domain"))
        site.redirect("/story", other.url("/parked"))
        web = Web(pace=NO_PACE, loopback_allowed=[site.host_port, other.host_port])

        look(document, web, day=1)

    assert kinds() == [ReviewItemKind.SOURCE_MOVED]


def test_another_address_on_the_same_site_is_no_move(claim: Claim, site: Site, web: Web):
    site.page("/2026/story", article())
    site.redirect("/story", "/2026/story")

    assert look(cited(claim), web, day=1).outcome == CheckOutcome.UNCHANGED
    assert kinds() == []


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (500, "500"),
        (502, "502"),
        (503, "out of service"),
        (429, "less often"),
        (401, "paywall"),
        (403, "403"),
        (451, "legal"),
    ],
)
def test_a_failed_check_is_recorded_as_that_and_is_no_change(
    claim: Claim, site: Site, web: Web, status: int, words: str
):
    document = cited(claim)
    site.page("/story", b"no", status=status)

    checks = [look(document, web, day=day) for day in (1, 2, 4)]

    assert {check.outcome for check in checks} == {CheckOutcome.NOT_MEASURED}
    assert all(words in check.note for check in checks)
    assert (kinds(), copies(document)) == ([], 1)
    assert next_look(document) == DocumentWatch.objects.get(pk=document.pk).since + timedelta(days=7)


def test_a_cut_connection_and_a_refusing_robots_txt_are_no_change(claim: Claim, site: Site, web: Web):
    document = cited(claim)
    site.raw("/story", b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n<html>")
    cut = look(document, web, day=1)
    site.page("/robots.txt", b"User-agent: *\nDisallow: /\n", content_type="text/plain")
    fresh = Web(pace=NO_PACE, loopback_allowed=[site.host_port])
    refused = look(document, fresh, day=2)

    assert [cut.outcome, refused.outcome] == [CheckOutcome.NOT_MEASURED] * 2
    assert "robots.txt" in refused.note
    assert kinds() == []


@pytest.mark.parametrize(
    "body",
    [
        b"<html><head><title>Just a moment</title></head><body><p>Checking your browser.</p></body></html>",
        b"<html><head><title>Subscribe</title></head><body><article><p>Subscribe to read.</p></article></body></html>",
        b"<html>",
    ],
)
def test_a_page_without_its_article_is_not_measured(claim: Claim, site: Site, web: Web, body: bytes):
    document = cited(claim)
    site.page("/story", body)

    check = look(document, web, day=1)
    site.page("/story", article(body=WITHOUT_QUOTE))
    look(document, web, day=2)

    assert (check.outcome, bool(check.note)) == (CheckOutcome.NOT_MEASURED, True)
    # The change that came behind it is still seen, against the last copy that could be read.
    assert kinds() == [ReviewItemKind.QUOTE_CHANGED]


def test_behind_a_paywall_a_missing_passage_says_nothing(claim: Claim, site: Site, web: Web):
    document = cited(claim)
    wall = '<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":false}</script>'
    site.page("/story", article(head=wall, body=WITHOUT_QUOTE))

    check = look(document, web, day=1)

    assert (check.outcome, kinds()) == (CheckOutcome.NOT_MEASURED, [])
    assert "paywall" in check.note


def test_a_reader_that_dies_on_the_page_is_no_change(claim: Claim, site: Site, web: Web, monkeypatch):
    document = cited(claim)
    site.page("/story", article(title="Bridge costs fall"))
    monkeypatch.setattr(child, "WALL_SECONDS", 0.0)
    monkeypatch.setattr(child.read_in_child, "__kwdefaults__", {"cpu_seconds": 10, "wall_seconds": 0.0})
    child.close()

    check = look(document, web, day=1)

    assert (check.outcome, kinds()) == (CheckOutcome.NOT_MEASURED, [])
