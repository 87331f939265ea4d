"""Pages that published verdicts rest on: when they are looked at again, and what is asked of the desk."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from claims.capture import child, recheck
from claims.capture.changes import nearest
from claims.choices import (
    CaptureKind,
    CheckOutcome,
    EventKind,
    FetchState,
    ReviewItemKind,
    ReviewItemState,
    Standing,
)
from claims.coverage import watching
from claims.coverage.watching import next_check
from claims.errors import Transient
from claims.http import NO_PACE, Web
from claims.models import (
    Capture,
    Claim,
    DocumentChange,
    DocumentCheck,
    DocumentWatch,
    Event,
    Evidence,
    PublicHead,
    ReviewItem,
)
from tests import factories
from tests.capture.pages import PARAGRAPHS, article
from tests.coverage.cited import QUOTE, cited, copies, look, next_look, published_on
from tests.factories import NOON
from tests.servers.loopback import Site

pytestmark = pytest.mark.django_db
WITHOUT_QUOTE = PARAGRAPHS.replace("5 million crowns", "50 thousand crowns")


@pytest.fixture
def claim(site: Site, web: Web) -> Claim:
    site.page("/story", article())
    claim = published_on(site.url("/story"), web)
    watching.plan(at=NOON + timedelta(hours=1))
    return claim


def kinds() -> list[str]:
    return list(ReviewItem.objects.open().order_by("pk").values_list("kind", flat=True))


def test_looks_slow_down_and_never_stop():
    moments, at = [], NOON
    for _ in range(11):
        at = next_check(since=NOON, after=at)
        moments.append((at - NOON).days)

    assert moments == [1, 3, 7, 14, 30, 60, 90, 180, 270, 360, 450]


@pytest.mark.parametrize(
    ("after", "doubtful", "days"),
    [(0, 1, 1), (7.5, 1, 8.5), (7.5, 2, 9.5), (7.5, 3, 11.5), (7.5, 4, 14), (100, 5, 116), (100, 30, 180)],
)
def test_a_doubtful_look_is_made_again_soon_and_never_later_than_planned(after: float, doubtful: int, days: float):
    due = next_check(since=NOON, after=NOON + timedelta(days=after), doubtful=doubtful)

    assert due == NOON + timedelta(days=days)


def test_only_what_is_public_is_watched_from_its_publication_on(claim: Claim):
    document = cited(claim)
    watch = DocumentWatch.objects.get(pk=document.pk)
    live = claim.public_head.publication

    assert watch.since == live.valid_from
    assert watch.next_check_at == live.valid_from + timedelta(days=1)
    assert watch.baseline == Evidence.objects.get(claim=claim, document=document).capture
    factories.retracted(claim)
    watching.plan(at=NOON + timedelta(days=3))
    assert next_look(document) is None
    assert watching.due_documents(at=NOON + timedelta(days=900), limit=10) == []


def test_sources_of_a_revision_that_is_not_public_are_not_watched(site: Site, web: Web):
    factories.claim_in_review()

    assert watching.plan(at=NOON) == 0
    assert not DocumentWatch.objects.exists()


def test_planning_twice_changes_nothing(claim: Claim):
    before = list(DocumentWatch.objects.order_by("pk").values())

    watching.plan(at=NOON + timedelta(hours=2))

    assert list(DocumentWatch.objects.order_by("pk").values()) == before


def test_a_turn_keeps_its_name_for_an_hour(claim: Claim):
    document = cited(claim)
    due = next_look(document)
    assert due is not None

    names = [dict(watching.due_documents(at=due + timedelta(minutes=m), limit=10))[document.pk] for m in (0, 59, 60)]

    assert names == [due, due, due + timedelta(hours=1)]


def test_an_unchanged_page_is_a_dated_copy_and_nothing_else(claim: Claim, web: Web):
    document = cited(claim)

    check = look(document, web, day=1)

    assert (check.outcome, copies(document)) == (CheckOutcome.UNCHANGED, 2)
    assert not DocumentChange.objects.exists()
    assert kinds() == []
    assert next_look(document) == DocumentWatch.objects.get(pk=document.pk).since + timedelta(days=3)


def test_what_changes_beside_the_article_is_no_change(claim: Claim, site: Site, web: Web):
    document = cited(claim)
    site.page("/story", article(head="<meta name='csrf' content='8372'><script>var t=1;</script>"))

    check = look(document, web, day=1)

    assert check.outcome == CheckOutcome.UNCHANGED
    assert not DocumentChange.objects.exists()


def test_a_new_headline_makes_one_item_with_both_wordings(claim: Claim, site: Site, web: Web):
    document = cited(claim)
    site.page("/story", article(title="Bridge costs fall"))

    check = look(document, web, day=1)
    look(document, web, day=3)

    assert check.outcome == CheckOutcome.CHANGED
    item = ReviewItem.objects.get()
    assert (item.claim, item.kind) == (claim, ReviewItemKind.HEADLINE_CHANGED)
    assert item.difference["headline"] == ["Bridge costs rise", "Bridge costs fall"]
    change = DocumentChange.objects.get()
    assert change.difference["headline"] == ["Bridge costs rise", "Bridge costs fall"]
    assert change.after == check.capture


def test_two_changes_before_anybody_looked_are_shown_from_the_first(claim: Claim, site: Site, web: Web):
    document = cited(claim)
    for day, title in ((1, "Bridge costs fall"), (3, "Bridge is free")):
        site.page("/story", article(title=title))
        look(document, web, day=day)

    assert ReviewItem.objects.get().difference["headline"] == ["Bridge costs rise", "Bridge is free"]
    assert DocumentChange.objects.count() == 2


def test_typography_makes_no_new_headline(claim: Claim, site: Site, web: Web):
    site.page("/story", article(title="BRIDGE  COSTS RISE"))

    assert look(cited(claim), web, day=1).outcome == CheckOutcome.UNCHANGED


def test_a_quoted_passage_that_is_gone_makes_an_item_with_what_stands_there_now(claim: Claim, site: Site, web: Web):
    document = cited(claim)
    site.page("/story", article(body=WITHOUT_QUOTE))

    check = look(document, web, day=1)

    assert check.outcome == CheckOutcome.CHANGED
    item = ReviewItem.objects.get()
    assert item.kind == ReviewItemKind.QUOTE_CHANGED
    assert item.difference["quote"][0] == QUOTE
    assert "50 thousand crowns" in item.difference["quote"][1]
    assert "50 thousand crowns" in DocumentChange.objects.get().difference["text"][1]


def test_a_change_elsewhere_in_the_text_is_kept_and_asks_nobody(claim: Claim, site: Site, web: Web):
    document = cited(claim)
    site.page("/story", article(body=PARAGRAPHS.replace("8 million", "9 million")))

    check = look(document, web, day=1)

    assert check.outcome == CheckOutcome.CHANGED
    assert set(DocumentChange.objects.get().difference) == {"text"}
    assert kinds() == []
    assert Event.objects.filter(kind=EventKind.DOCUMENT_CAPTURED, subject_id=document.pk).count() == 2


def test_each_claim_that_rests_on_the_page_has_an_item_of_its_own(claim: Claim, site: Site, web: Web):
    other = published_on(site.url("/story"), web, quote="")
    watching.plan(at=NOON + timedelta(hours=1))
    site.page("/story", article(title="Bridge costs fall", body=WITHOUT_QUOTE))

    look(cited(claim), web, day=1)

    items = set(ReviewItem.objects.open().values_list("claim_id", "kind"))
    assert items == {
        (claim.pk, ReviewItemKind.HEADLINE_CHANGED),
        (claim.pk, ReviewItemKind.QUOTE_CHANGED),
        (other.pk, ReviewItemKind.HEADLINE_CHANGED),
    }


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


def test_a_closed_item_is_not_opened_again_by_the_same_change(claim: Claim, site: Site, web: Web):
    document = cited(claim)
    site.page("/story", b"no", status=404)
    look(document, web, day=1)
    look(document, web, day=2)
    ReviewItem.objects.update(state=ReviewItemState.DONE, closed_at=NOON + timedelta(days=3))

    look(document, web, day=4)

    assert kinds() == []


def test_storing_twice_makes_one_of_everything(claim: Claim, site: Site, web: Web):
    document = cited(claim)
    site.page("/story", article(title="Bridge costs fall"))
    at = NOON + timedelta(days=1)
    looked = replace(recheck.look(document_id=document.pk, web=web, at=at), looked_at=at)

    for _ in range(2):
        capture = watching.store_looked(looked=looked, at=at)
    assert capture is not None
    compared = watching.compare_copy(capture_id=capture.pk)
    for _ in range(2):
        watching.store_compared(compared=compared, at=at)

    assert Event.objects.filter(kind=EventKind.DOCUMENT_REFETCHED).count() == 1
    assert (copies(document), DocumentCheck.objects.count(), ReviewItem.objects.count()) == (2, 1, 1)


def test_a_copy_that_was_overtaken_is_compared_anew(claim: Claim, site: Site, web: Web):
    document = cited(claim)
    captures = []
    for day in (1, 2):
        site.page("/story", article(title=f"Bridge costs fall {day}"))
        at = NOON + timedelta(days=day)
        looked = replace(recheck.look(document_id=document.pk, web=web, at=at), looked_at=at)
        kept = watching.store_looked(looked=looked, at=at)
        assert kept is not None
        captures.append(kept)
    stale = [watching.compare_copy(capture_id=capture.pk) for capture in captures]

    watching.store_compared(compared=stale[0], at=NOON + timedelta(days=2))

    with pytest.raises(Transient):
        watching.store_compared(compared=stale[1], at=NOON + timedelta(days=2))
    watching.store_compared(compared=watching.compare_copy(capture_id=stale[1].capture_id), at=NOON + timedelta(days=2))
    assert DocumentChange.objects.count() == 2


def test_the_published_words_are_what_is_looked_for(claim: Claim, site: Site, web: Web):
    document = cited(claim)
    Evidence.objects.filter(document=document).update(quote="Something that was never published.")
    site.page("/story", article(body=WITHOUT_QUOTE))

    look(document, web, day=1)

    assert ReviewItem.objects.get().difference["quote"][0] == QUOTE


def test_a_source_without_a_copy_is_compared_from_its_first_look_on(site: Site, web: Web):
    site.page("/story", article())
    claim = published_on(site.url("/story"), web)
    watching.plan(at=NOON)
    document = cited(claim)
    DocumentWatch.objects.filter(pk=document.pk).update(baseline=None)

    first = look(document, web, day=1)
    site.page("/story", article(title="Bridge costs fall"))
    second = look(document, web, day=3)

    assert (first.outcome, second.outcome) == (CheckOutcome.NOT_MEASURED, CheckOutcome.CHANGED)
    assert "no earlier copy" in first.note


def test_what_was_published_stays_byte_for_byte(claim: Claim, site: Site, web: Web):
    before = bytes(claim.public_head.publication.body or b"")
    site.page("/story", article(title="Bridge costs fall", body=WITHOUT_QUOTE))

    look(cited(claim), web, day=1)

    assert bytes(Claim.objects.get(pk=claim.pk).public_head.publication.body or b"") == before


def test_the_nearest_passage_is_none_where_nothing_is_near():
    assert nearest("The bridge costs five million crowns.", "Cats sleep. Dogs bark at night.") == ""
