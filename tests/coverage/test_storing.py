"""What is stored of a page, what evidence gets from it, and what people decide about a suggestion."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from claims.capture.documents import document_for
from claims.capture.extract import ReadPage, read
from claims.capture.fetch import Fetched, fetch
from claims.choices import ClaimState, CoverageState, EventKind, FetchState, FoundBy, QuoteFound, UrlOrigin
from claims.coverage.operations import dismiss, keep, restore, store_fetched, store_read
from claims.coverage.queries import coverage_of
from claims.errors import Conflict, IllegalMove, Invalid, NotAllowed
from claims.http import Web
from claims.models import Capture, Coverage, Document, DocumentUrl, Event
from claims.text import holds_quote, sha256
from tests.capture.pages import article
from tests.factories import NOON, ClaimFactory, DocumentFactory, EvidenceFactory, UserFactory
from tests.servers.loopback import Site

pytestmark = pytest.mark.django_db
TEXT = (
    "The council said that the harbour bridge will cost “eleven million” crowns, more than was planned in the spring."
)


def fetched_at(document: Document, **changes) -> Fetched:
    whole = Fetched(
        document_id=document.pk,
        state=FetchState.FETCHED,
        fetched_at=NOON,
        final_url=document.url,
        http_status=200,
        sha256=sha256(b"x"),
        storage_key="aa/bb/x.warc.gz",
        warc_sha256=sha256(b"y"),
        length=1,
    )
    return replace(whole, **changes)


def page_of(document: Document, **changes) -> ReadPage:
    whole = ReadPage(document_id=document.pk, capture_id=None, state=FetchState.READ, title="Bridge", text=TEXT)
    return replace(whole, **changes)


def kinds(document: Document) -> list[str]:
    events = Event.objects.filter(subject_kind="document", subject_id=document.pk).order_by("pk")
    return list(events.values_list("kind", flat=True))


def test_a_page_goes_from_address_to_text_with_an_event_for_each_step(site: Site, web: Web):
    document, _ = document_for(url=site.url("/old"), how=UrlOrigin.FEED, at=NOON)
    site.redirect("/old", "/story")
    site.page("/story", article())

    capture = store_fetched(fetched=fetch(document_id=document.pk, web=web, at=NOON), at=NOON)
    store_read(read=read(document_id=document.pk), at=NOON)

    document.refresh_from_db()
    assert capture is not None
    assert capture.final_url == site.url("/story")
    assert (document.fetch_state, document.title) == (FetchState.READ, "Bridge costs rise")
    assert document_for(url=site.url("/story"), how=UrlOrigin.ENTERED, at=NOON) == (document, False)
    assert kinds(document) == [EventKind.DOCUMENT_CAPTURED, EventKind.DOCUMENT_READ]


def test_storing_twice_makes_one_copy_and_one_event():
    document = DocumentFactory.create()

    for minute in range(2):
        store_fetched(fetched=fetched_at(document), at=NOON + timedelta(minutes=minute))
        store_read(read=page_of(document), at=NOON + timedelta(minutes=minute))

    assert Capture.objects.count() == 1
    assert kinds(document) == [EventKind.DOCUMENT_CAPTURED, EventKind.DOCUMENT_READ]


def test_a_redirect_to_the_front_page_makes_it_nobodys_address():
    document = DocumentFactory.create(url="https://paper.example/gone-story")

    store_fetched(fetched=fetched_at(document, final_url="https://paper.example/"), at=NOON)

    assert DocumentUrl.objects.count() == 1


def test_a_failure_is_shown_and_recorded_once_and_unreads_nothing():
    fresh, known = DocumentFactory.create(), DocumentFactory.create(fetch_state=FetchState.READ, text=TEXT)
    for document in (fresh, known, fresh):
        failed = fetched_at(document, state=FetchState.FAILED, note="The site answered 403.", http_status=403)
        assert store_fetched(fetched=failed, at=NOON) is None

    fresh.refresh_from_db()
    known.refresh_from_db()
    assert (fresh.fetch_state, fresh.fetch_note) == (FetchState.FAILED, "The site answered 403.")
    assert (known.fetch_state, known.fetch_note) == (FetchState.READ, "The site answered 403.")
    assert kinds(fresh) == [EventKind.DOCUMENT_FAILED]


def test_a_page_that_dies_is_gone_and_its_text_stays():
    document = DocumentFactory.create(fetch_state=FetchState.READ, text=TEXT)

    store_fetched(
        fetched=fetched_at(document, state=FetchState.GONE, note="Not found (404).", http_status=404), at=NOON
    )

    document.refresh_from_db()
    assert (document.fetch_state, document.text) == (FetchState.GONE, TEXT)


def test_evidence_that_waits_gets_the_copy_while_its_claim_may_be_edited():
    document = DocumentFactory.create()
    open_one = EvidenceFactory.create(document=document, claim=ClaimFactory.create(state=ClaimState.RESEARCHING))
    frozen = EvidenceFactory.create(document=document, claim=ClaimFactory.create(state=ClaimState.IN_REVIEW))

    capture = store_fetched(fetched=fetched_at(document), at=NOON)

    open_one.refresh_from_db()
    frozen.refresh_from_db()
    assert (open_one.capture, frozen.capture) == (capture, None)
    event = Event.objects.get(kind=EventKind.EVIDENCE_COPIED)
    assert (event.subject_id, event.claim_id) == (open_one.pk, open_one.claim_id)


def test_quotes_are_looked_for_in_the_text_that_was_read():
    document = DocumentFactory.create()
    found = EvidenceFactory.create(document=document, quote='will cost "Eleven Million" … planned in  the spring')
    missing = EvidenceFactory.create(document=document, quote="twelve million")
    frozen = EvidenceFactory.create(
        document=document, quote="council", claim=ClaimFactory.create(state=ClaimState.APPROVED)
    )

    store_read(read=page_of(document), at=NOON)

    for row in (found, missing, frozen):
        row.refresh_from_db()
    assert [row.quote_found for row in (found, missing, frozen)] == [
        QuoteFound.YES,
        QuoteFound.NO,
        QuoteFound.NOT_CHECKED,
    ]


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        ("HARBOUR   bridge", True),
        ("“eleven million”", True),
        ("spring [...] council", False),
        ("…", False),
        ("", False),
    ],
)
def test_a_quote_is_found_in_order_whatever_its_marks_and_case(quote: str, expected: bool):
    assert holds_quote(TEXT, quote) is expected


def test_a_read_that_failed_is_not_an_empty_text():
    document = DocumentFactory.create()

    store_read(read=page_of(document, state=FetchState.FAILED, text="", note="It cannot be read."), at=NOON)

    document.refresh_from_db()
    assert (document.fetch_state, document.fetch_note) == (FetchState.FAILED, "It cannot be read.")
    assert kinds(document) == [EventKind.DOCUMENT_FAILED]


@pytest.mark.parametrize(
    ("canonical", "text", "cited", "merged"),
    [
        ("https://paper.co.uk/story", TEXT, False, True),
        ("https://paper.co.uk/story", "Another text altogether, about a regatta on the lake.", False, False),
        ("https://paper.co.uk/story", TEXT, True, False),
        ("https://other.co.uk/story", TEXT, False, False),
        ("https://paper.co.uk/", TEXT, False, False),
        ("javascript:alert(1)", TEXT, False, False),
    ],
)
def test_canonical_is_believed_on_its_own_site_for_the_same_text_and_never_for_a_cited_page(
    canonical: str, text: str, cited: bool, merged: bool
):
    kept = DocumentFactory.create(url="https://paper.co.uk/story", text=TEXT, fetch_state=FetchState.READ)
    DocumentFactory.create(url="https://other.co.uk/story", text=TEXT, fetch_state=FetchState.READ)
    mobile = DocumentFactory.create(url="https://m.paper.co.uk/story")
    if cited:
        EvidenceFactory.create(document=mobile)

    store_read(read=page_of(mobile, canonical=canonical, text=text), at=NOON)

    mobile.refresh_from_db()
    assert (mobile.merged_into == kept) is merged
    assert (EventKind.DOCUMENT_READ in kinds(mobile)) is not merged


def test_what_a_page_calls_its_original_elsewhere_is_a_hint_and_merges_nothing(site: Site, web: Web):
    DocumentFactory.create(url="https://wire.example/story", text=TEXT, fetch_state=FetchState.READ)
    copy, _ = document_for(url=site.url("/copy"), how=UrlOrigin.FEED, at=NOON)
    site.page("/copy", article(head='<link rel="canonical" href="https://wire.example/story">'))
    store_fetched(fetched=fetch(document_id=copy.pk, web=web, at=NOON), at=NOON)

    store_read(read=read(document_id=copy.pk), at=NOON)

    copy.refresh_from_db()
    assert (copy.syndicated_from, copy.merged_into) == ("https://wire.example/story", None)
    event = Event.objects.get(kind=EventKind.DOCUMENT_READ, subject_id=copy.pk)
    assert event.data is not None
    assert (event.data["charset"], event.data["charset_from"]) == ("utf-8", "http")


@pytest.mark.parametrize(
    ("head", "canonical"),
    [
        ('<link rel="canonical" href="/a"><meta property="og:url" content="/b">', "/a"),
        ('<link rel="canonical" href="https://else.example/a"><meta property="og:url" content="/b">', "/b"),
        ('<meta property="og:url" content="/b">', "/b"),
        ('<meta property="og:url" content="https://else.example/b">', ""),
        ('<link rel="canonical" href="javascript:alert(1)">', ""),
        ('<link rel="canonical" href="http://[">', ""),
    ],
)
def test_a_page_names_its_own_address_by_canonical_then_og_url(head: str, canonical: str, site: Site, web: Web):
    document, _ = document_for(url=site.url("/story"), how=UrlOrigin.FEED, at=NOON)
    site.page("/story", article(head=head))
    store_fetched(fetched=fetch(document_id=document.pk, web=web, at=NOON), at=NOON)

    assert read(document_id=document.pk).canonical == (site.url(canonical) if canonical else "")


def test_the_amp_form_of_a_page_leads_to_the_page(site: Site, web: Web):
    document, _ = document_for(url=site.url("/story"), how=UrlOrigin.FEED, at=NOON)
    site.page("/story", article(head='<link rel="amphtml" href="/amp/story">'))
    store_fetched(fetched=fetch(document_id=document.pk, web=web, at=NOON), at=NOON)

    store_read(read=read(document_id=document.pk), at=NOON)

    found, created = document_for(url=site.url("/amp/story"), how=UrlOrigin.FEED, at=NOON)
    assert (found, created) == (document, False)


def test_an_article_that_shows_only_its_beginning_is_a_paywall_and_keeps_what_its_head_says(site: Site, web: Web):
    document, _ = document_for(url=site.url("/story"), how=UrlOrigin.FEED, at=NOON)
    head = '<meta property="og:type" content="article"><meta name="author" content="Ada Quill">'
    site.page("/story", article(head=head, body="<p>The council met again. To go on reading, subscribe.</p>"))
    store_fetched(fetched=fetch(document_id=document.pk, web=web, at=NOON), at=NOON)

    store_read(read=read(document_id=document.pk), at=NOON)

    document.refresh_from_db()
    assert (document.fetch_state, document.paywalled, document.text) == (FetchState.FAILED, True, "")
    assert (document.title, document.byline) == ("Bridge costs rise", "Ada Quill")
    assert "without an account" in document.fetch_note


@pytest.mark.parametrize(("state", "title"), [(ClaimState.IN_REVIEW, "As cited"), (ClaimState.RESEARCHING, "As read")])
def test_a_page_read_late_changes_nothing_that_a_reviewer_is_looking_at(state: ClaimState, title: str):
    document = DocumentFactory.create(title="As cited")
    EvidenceFactory.create(claim=ClaimFactory.create(state=state), document=document)

    store_read(read=page_of(document, title="As read"), at=NOON)

    document.refresh_from_db()
    assert document.title == title
    assert document.fetch_state == FetchState.READ


def test_the_same_text_on_two_outlets_stays_two_documents():
    first, second = DocumentFactory.create(url="https://a.example/x"), DocumentFactory.create(url="https://b.example/x")

    store_read(read=page_of(first), at=NOON)
    store_read(read=page_of(second), at=NOON)

    hashes = Document.objects.filter(merged_into__isnull=True).values_list("content_hash", flat=True)
    assert len(hashes) == 2
    assert len(set(hashes)) == 1


def suggestion(**changes) -> Coverage:
    claim = changes.pop("claim", None) or ClaimFactory.create(state=changes.pop("claim_state", ClaimState.RESEARCHING))
    values = {"score": 0.6, "found_by": FoundBy.FEED, "found_at": NOON, **changes}
    return Coverage.objects.create(claim=claim, document=DocumentFactory.create(), **values)


def test_a_decision_is_made_remembered_and_undone():
    coverage, person = suggestion(), UserFactory.create(role="contributor")

    kept = keep(coverage_id=coverage.pk, actor=person, at=NOON)
    keep(coverage_id=coverage.pk, actor=person, at=NOON)
    dismissed = dismiss(coverage_id=coverage.pk, actor=person, at=NOON)
    restored = restore(coverage_id=coverage.pk, actor=person, at=NOON)

    assert [row.state for row in (kept, dismissed, restored)] == ["kept", "dismissed", "suggested"]
    assert (dismissed.decided_by, restored.decided_by, restored.decided_at) == (person, None, None)
    events = Event.objects.filter(subject_kind="coverage").order_by("pk")
    assert [event.kind for event in events] == ["coverage.kept", "coverage.dismissed", "coverage.restored"]
    assert {event.claim_id for event in events} == {coverage.claim_id}


def test_whoever_keeps_a_page_may_say_its_stance_and_undo_takes_it_back():
    coverage, person = suggestion(), UserFactory.create(role="contributor")

    said = keep(coverage_id=coverage.pk, stance="refutes", actor=person, at=NOON).stance
    left = keep(coverage_id=coverage.pk, actor=person, at=NOON).stance
    changed = keep(coverage_id=coverage.pk, stance="context", actor=person, at=NOON).stance
    undone = restore(coverage_id=coverage.pk, actor=person, at=NOON).stance

    assert (said, left, changed, undone) == ("refutes", "refutes", "context", None)
    events = Event.objects.filter(kind=EventKind.COVERAGE_KEPT).order_by("pk")
    assert [event.data["stance"] for event in events if event.data] == ["refutes", "context"]


def test_a_stance_is_one_of_three_and_stands_on_kept_coverage_only():
    coverage = suggestion()

    with pytest.raises(Invalid):
        keep(coverage_id=coverage.pk, stance="repeats", actor=UserFactory.create(role="contributor"), at=NOON)
    with pytest.raises(IntegrityError, match="coverage_stance_known_of_kept"), transaction.atomic():
        Coverage.objects.update(stance="refutes")

    coverage.refresh_from_db()
    assert (coverage.state, coverage.stance) == (CoverageState.SUGGESTED, None)


def test_only_those_who_may_decide_and_only_on_a_claim_that_is_watched():
    with pytest.raises(NotAllowed):
        keep(coverage_id=suggestion().pk, actor=UserFactory.create(role="administrator"), at=NOON)
    with pytest.raises(IllegalMove):
        keep(
            coverage_id=suggestion(claim_state=ClaimState.DECLINED, score=0.5).pk,
            actor=UserFactory.create(role="publisher"),
            at=NOON,
        )

    assert not Coverage.objects.exclude(state=CoverageState.SUGGESTED).exists()


def test_coverage_that_is_cited_is_neither_dismissed_nor_undone():
    coverage, person = suggestion(), UserFactory.create(role="fact_checker")
    keep(coverage_id=coverage.pk, actor=person, at=NOON)
    EvidenceFactory.create(claim=coverage.claim, document=coverage.document, coverage=coverage)

    for decide in (dismiss, restore):
        with pytest.raises(Conflict):
            decide(coverage_id=coverage.pk, actor=person, at=NOON)

    coverage.refresh_from_db()
    assert coverage.state == CoverageState.KEPT


def test_coverage_is_listed_best_first_in_one_query(django_assert_num_queries):
    claim = ClaimFactory.create()
    for score in (0.5, 0.9, 0.5):
        suggestion(claim=claim, score=score)

    with django_assert_num_queries(1):
        rows = [(row.score, row.document.outlet.name) for row in coverage_of(claim.pk, CoverageState.SUGGESTED)]  # type: ignore[union-attr]

    assert [score for score, _ in rows] == [0.9, 0.5, 0.5]
