"""Pages that published verdicts rest on: when they are looked at again, and what is asked of the desk."""

from dataclasses import replace
from datetime import timedelta

import pytest

from claims.capture import recheck
from claims.capture.changes import nearest
from claims.choices import (
    CheckOutcome,
    EventKind,
    ReviewItemKind,
    ReviewItemState,
)
from claims.coverage import watching
from claims.coverage.watching import next_check
from claims.errors import Transient
from claims.http import Web
from claims.models import (
    Claim,
    DocumentChange,
    DocumentCheck,
    DocumentWatch,
    Event,
    Evidence,
    ReviewItem,
)
from tests import factories
from tests.capture.pages import PARAGRAPHS, article
from tests.coverage.cited import QUOTE, cited, claim, copies, kinds, look, next_look, published_on
from tests.factories import NOON
from tests.servers.loopback import Site

__all__ = ["claim"]  # a fixture

pytestmark = pytest.mark.django_db
WITHOUT_QUOTE = PARAGRAPHS.replace("5 million crowns", "50 thousand crowns")


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
