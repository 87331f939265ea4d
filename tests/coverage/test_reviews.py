"""Other fact-checkers' verdicts: kept where they are about the claim, believed where they are who they say they are."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from claims.choices import EventKind, OutletKind, ReviewItemKind, ReviewItemState
from claims.coverage.base import FoundReview
from claims.coverage.reviews import store_reviews, value_of
from claims.editing.notes import close_review_item
from claims.matching.alike import likeness
from claims.models import Claim, Event, ExternalReview, ReviewItem
from claims.review.operations import publish
from tests.factories import (
    NOON,
    OutletFactory,
    RatingFactory,
    approved_claim,
    person,
    published_claim,
    researching_claim,
)

pytestmark = pytest.mark.django_db
STATEMENT = "The bridge over the Weser cost twelve times what the mayor promised."
TEXT = "Bridge over Weser cost twelve times what mayor promised"
REVIEW = FoundReview(
    publisher="Checks",
    publisher_site="checks.example",
    url="https://www.checks.example/bridge",
    title="Did it?",
    claim_text=TEXT,
    claimant="A paper",
    rating_text="True",
    language="en",
    reviewed_at=NOON,
    raw={"text": TEXT, "claimReview": {"textualRating": "True"}},
)


@pytest.fixture
def fact_checker(db: None) -> Any:
    return OutletFactory.create(kind=OutletKind.FACT_CHECKER, domains=["checks.example"], name="Checks")


def store(claim: Claim, *reviews: FoundReview, at: Any = NOON) -> int:
    return store_reviews(claim=claim, reviews=reviews, found_by="google_factcheck", likeness=likeness, at=at)


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("False", 0.0),
        ("FALSE.", 0.0),
        (" Pants on Fire! ", 0.0),
        ("Falsch", 0.0),
        ("Mostly False", 0.25),
        ("Half True", 0.5),
        ("mostly true", 0.75),
        ("Vrai", 1.0),
        ("True", 1.0),
        ("False context", None),
        ("True, but", None),
        ("Not false", None),
        ("Misleading", None),
        ("Unproven", None),
        ("Satire", None),
        ("3 Pinocchios out of 4", None),
        ("", None),
        ("<b>False</b>", None),
    ],
)
def test_a_rating_has_a_value_only_where_it_says_so_plainly(words: str, value: float | None):
    assert value_of(words) == value


def test_a_review_of_the_claim_is_kept_verbatim_and_once(fact_checker: Any):
    claim = researching_claim(statement=STATEMENT)

    assert store(claim, REVIEW) == 1
    assert store(claim, REVIEW, at=NOON + timedelta(days=1)) == 0

    row = ExternalReview.objects.get()
    assert (row.publisher, row.rating_text, row.value, row.outlet) == ("Checks", "True", 1.0, fact_checker)
    assert row.raw["text"] == TEXT
    assert row.seen_at == NOON + timedelta(days=1)
    assert Event.objects.filter(kind=EventKind.EXTERNAL_REVIEW_FOUND).count() == 1


@pytest.mark.parametrize(
    "text",
    [
        "A goat was elected mayor of a village in Spain",
        "The bridge over the Weser did not cost twelve times what the mayor promised.",
        "The bridge over the Weser cost 3 times what the mayor promised 12 times.",
        "",
    ],
)
def test_a_review_of_another_claim_is_not_kept(text: str, fact_checker: Any):
    claim = researching_claim(statement="The bridge over the Weser cost 12 times what the mayor promised.")

    assert store(claim, replace(REVIEW, claim_text=text)) == 0
    assert not ExternalReview.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"url": "https://blog.example/bridge"},  # on somebody else's site
        {"url": "https://checks.example.evil.example/bridge"},
        {"publisher_site": "other.example"},  # a page of theirs that names another publisher
        {"publisher_site": ""},
        {"publisher_site": "https://["},
    ],
)
def test_markup_is_not_believed_on_its_own_word(change: dict[str, Any], fact_checker: Any):
    claim = published_claim(statement=STATEMENT)

    assert store(claim, replace(REVIEW, **change)) == 1
    assert ExternalReview.objects.get().outlet is None
    assert not ReviewItem.objects.exists()


def test_an_outlet_that_is_no_listed_fact_checker_is_not_believed(db: None):
    OutletFactory.create(kind=OutletKind.NEWSPAPER, domains=["checks.example"])
    claim = published_claim(statement=STATEMENT)

    store(claim, REVIEW)

    assert not ExternalReview.objects.trusted().exists()
    assert not ReviewItem.objects.exists()


def test_a_rating_that_differs_clearly_asks_the_desk_to_look_again_once(fact_checker: Any):
    claim = published_claim(statement=STATEMENT)  # rated false

    store(claim, REVIEW)
    store(claim, REVIEW)

    item = ReviewItem.objects.get()
    assert item.kind == ReviewItemKind.OTHER_VERDICT
    assert item.difference == {"Rating": ["False", "Checks: True"], "Where": REVIEW.url}
    close_review_item(item_id=item.pk, dismissed=True, actor=person("fact_checker"), at=NOON)
    store(claim, REVIEW, at=NOON + timedelta(days=1))
    assert ReviewItem.objects.get().state == ReviewItemState.DISMISSED  # a no is remembered
    store(claim, replace(REVIEW, rating_text="Mostly true", raw={"changed": True}))
    assert ReviewItem.objects.open().get().difference["Rating"] == ["False", "Checks: Mostly true"]


@pytest.mark.parametrize("rating", ["False", "Mostly false", "Misleading", "Exaggerated"])
def test_a_rating_that_agrees_or_cannot_be_told_opens_nothing(rating: str, fact_checker: Any):
    claim = published_claim(statement=STATEMENT)

    assert store(claim, replace(REVIEW, rating_text=rating)) == 1
    assert not ReviewItem.objects.exists()


def test_a_claim_of_ours_without_a_live_verdict_or_value_is_not_compared(fact_checker: Any):
    open_claim = researching_claim(statement=STATEMENT)
    promise = published_claim(statement=STATEMENT, rating=RatingFactory.create(slug="kept", value=None))

    store(open_claim, REVIEW)
    store(promise, REVIEW)

    assert ExternalReview.objects.count() == 2
    assert not ReviewItem.objects.exists()


def test_what_was_known_before_is_compared_once_we_publish(fact_checker: Any):
    claim = approved_claim(statement=STATEMENT)
    store(claim, REVIEW)
    assert not ReviewItem.objects.exists()
    publish(claim_id=claim.pk, actor=person("publisher"), at=NOON + timedelta(minutes=3))

    store(claim)

    assert ReviewItem.objects.open().count() == 1
