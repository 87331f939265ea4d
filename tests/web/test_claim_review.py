"""ClaimReview and MediaReview: what an independent extractor reads off a page, held to Google's rules."""

from datetime import date
from typing import Any
from urllib.parse import urlsplit

import extruct
import pytest
from django.test import Client

from claims.choices import ClaimKind, MediaAuthenticity, Role
from claims.editing.claims import add_appearance
from claims.errors import ChecklistUnmet
from claims.models import Claim, Organisation, Publication
from claims.review import operations as moves
from claims.verdicts.operations import VerdictFields, save_draft
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def site() -> None:
    Organisation.objects.update(site_url="https://desk.example", name="The Desk & Co")


def blocks(claim: Claim, query: str = "") -> list[dict[str, Any]]:
    html = Client().get(f"/verdicts/{claim.public_id}/{query}").content.decode()
    found: list[dict[str, Any]] = extruct.extract(html, syntaxes=["json-ld"])["json-ld"]
    return found


def google_faults(review: dict[str, Any], page: str) -> list[str]:
    """Google's rules for a fact-check's markup, as its guideline lists them."""
    found = []
    if review.get("@context") != "https://schema.org" or review.get("@type") != "ClaimReview":
        found.append("context or type")
    found += [name for name in ("claimReviewed", "reviewRating", "url") if not review.get(name)]
    if urlsplit(review["url"]).hostname != urlsplit(page).hostname:
        found.append("another domain")
    rating = review["reviewRating"]
    if not rating.get("alternateName"):
        found.append("alternateName")
    numbers = [rating.get(name) for name in ("worstRating", "ratingValue", "bestRating")]
    given = [n for n in numbers if isinstance(n, int | float)]
    if given and (len(given) < 3 or given != sorted(given) or given[0] < 1):
        found.append("scale")
    author = review.get("author") or {}
    if not author.get("name") or not author.get("url"):
        found.append("author")
    if (review.get("itemReviewed") or {}).get("@type") != "Claim":
        found.append("itemReviewed")
    return found


def test_a_page_has_one_block_that_holds_by_googles_rules():
    claimant = factories.ClaimantFactory.create(same_as=["https://people.example/brandt"])
    found = factories.written_claim(claimant=claimant, statement="It fell & <rose>.", claimed_on=date(2026, 2, 1))
    writer, publisher = factories.person(Role.FACT_CHECKER), factories.person(Role.PUBLISHER)
    for n in (2, 1):
        url = f"https://paper.example/said-{n}"
        add_appearance(claim_id=found.pk, url=url, quote="It fell.", is_first=n == 1, actor=writer, at=NOON)
    moves.submit(claim_id=found.pk, actor=writer, at=NOON)
    moves.approve(claim_id=found.pk, comment="Sound.", actor=publisher, at=NOON)
    moves.publish(claim_id=found.pk, actor=publisher, at=NOON)

    (review,) = blocks(found)

    assert google_faults(review, "https://desk.example/") == []
    assert review["claimReviewed"] == "It fell & <rose>."
    assert review["url"] == f"https://desk.example/verdicts/{found.public_id}/"
    assert review["reviewRating"]["alternateName"] == "False"
    assert [review["reviewRating"][name] for name in ("worstRating", "ratingValue", "bestRating")] == [1, 1, 5]
    assert review["author"] == {"@type": "Organization", "name": "The Desk & Co", "url": "https://desk.example"}
    assert review["itemReviewed"]["author"]["sameAs"] == ["https://people.example/brandt"]
    assert review["itemReviewed"]["datePublished"] == "2026-02-01"
    places = [item["url"] for item in review["itemReviewed"]["appearance"]]
    assert places == ["https://paper.example/said-1", "https://paper.example/said-2"]
    assert review["itemReviewed"]["firstAppearance"]["url"] == places[0]
    published = Publication.objects.get(claim=found)
    assert review["datePublished"] == review["dateModified"] == published.valid_from.date().isoformat()


def test_values_become_whole_numbers_from_1_to_5_and_off_the_axis_there_are_none():
    scale = factories.RatingScaleFactory.create(slug="five")
    seen = {}
    for slug, value in (("a", 0.0), ("b", 0.25), ("c", 0.5), ("d", 0.75), ("e", 1.0), ("satire", None)):
        rating = factories.RatingFactory.create(scale=scale, slug=slug, value=value)
        (review,) = blocks(factories.published_claim(rating=rating))
        assert google_faults(review, "https://desk.example/") == []
        seen[slug] = review["reviewRating"]

    assert [seen[slug].get("ratingValue") for slug in "abcde"] == [1, 2, 3, 4, 5]
    assert seen["satire"].keys() & {"ratingValue", "bestRating", "worstRating"} == set()
    assert seen["satire"]["alternateName"] == "Satire"


def test_only_the_newest_version_of_a_live_verdict_carries_markup():
    claim = factories.corrected(factories.published_claim())
    gone = factories.published_claim()
    factories.retracted(gone)

    assert [len(blocks(claim, query)) for query in ("", "?version=2", "?version=1")] == [1, 1, 0]
    assert [len(blocks(gone, query)) for query in ("", "?version=1")] == [0, 0]
    review = blocks(claim)[0]
    assert review["reviewRating"]["ratingExplanation"] == "It fell by 3.1 per cent."


def test_a_claim_about_media_is_a_media_review_too_and_cannot_go_to_review_without_its_kind():
    scale = factories.RatingScaleFactory.create(slug="pictures", claim_kinds=["media"])
    rating = factories.RatingFactory.create(scale=scale)
    claim = factories.written_claim(
        kind=ClaimKind.MEDIA, rating=rating, context="Taken in 2021, at a press conference."
    )
    writer, publisher = factories.person(Role.FACT_CHECKER), factories.person(Role.PUBLISHER)
    with pytest.raises(ChecklistUnmet) as refused:
        moves.submit(claim_id=claim.pk, actor=writer, at=NOON)
    revision = claim.verdicts.get()
    given = VerdictFields(
        rating=revision.rating,
        headline="Real, but from another day",
        summary=revision.summary,
        explanation=revision.explanation,
        media_authenticity=MediaAuthenticity.DECONTEXTUALISED,
    )
    save_draft(claim_id=claim.pk, given=given, lock_version=None, actor=writer, at=NOON)
    moves.submit(claim_id=claim.pk, actor=writer, at=NOON)
    moves.approve(claim_id=claim.pk, comment="Sound.", actor=publisher, at=NOON)
    moves.publish(claim_id=claim.pk, actor=publisher, at=NOON)

    (review,) = blocks(claim)

    assert [line.line for line in refused.value.lines] == ["claimreview"]
    assert google_faults(review, "https://desk.example/") == []
    media = review["associatedMediaReview"]
    assert media["@type"] == "MediaReview"
    assert media["mediaAuthenticityCategory"] == "https://schema.org/DecontextualizedContent"
    assert media["itemReviewed"]["@type"] == "MediaReviewItem"
    assert media["itemReviewed"]["interpretedAsClaim"]["name"] == claim.statement
    assert media["originalMediaContextDescription"] == "Taken in 2021, at a press conference."
    assert media["datePublished"] == review["datePublished"]
    assert "Real, shown in a false context" in Client().get(f"/verdicts/{claim.public_id}/").content.decode()
