"""Other fact-checkers' verdicts: which are about our claim, which are believed, and where they differ."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime

from claims.audit.operations import record
from claims.audit.review_items import open_review_item
from claims.capture.documents import outlet_of, stored_address
from claims.choices import EventKind, OutletKind, ReviewItemKind
from claims.coverage.base import FoundReview
from claims.errors import Invalid
from claims.models import Claim, ExternalReview, Outlet, PublicHead, ReviewItem
from claims.text import canonical_json, folded, sha256

Likeness = Callable[[Claim, str], float]  # how much another statement says what the claim says, 0 to 1

SAME_CLAIM = 0.6  # of what both statements say; below it, the review may be of another claim on the same matter
CLEARLY = 0.5  # two steps of five
# Whole ratings and nothing else: a word more ("false context", "true, but") may turn the sense.
_PLAIN: dict[float, str] = {
    0.0: "false, incorrect, not true, untrue, wrong, pants on fire, fake, fake news, hoax, fabricated, "
    "four pinocchios, faux, falsch, falso, falsa, bulo, fals, onwaar, vals, nieprawda, fałsz, falskt, falsk, yanlış, "
    "неправда, фейк, ложь",
    0.25: "mostly false, mostly untrue, three pinocchios, plutôt faux, größtenteils falsch, mayormente falso, "
    "predominantemente falso, grotendeels onwaar",
    0.5: "half true, half-true, mixture, mixed, partly true, partly false, partially true, partially false, "
    "two pinocchios, teilweise falsch, teilweise wahr, partiellement faux, partiellement vrai, verdad a medias, "
    "parcialmente falso, parcialmente verdadeiro",
    0.75: "mostly true, mostly correct, mostly accurate, plutôt vrai, größtenteils richtig, mayormente cierto, "
    "grotendeels waar",
    1.0: "true, correct, accurate, vrai, wahr, richtig, verdadero, verdadera, cierto, verdadeiro, vero, waar, prawda, "
    "sant, doğru, правда",
}
_VALUES = {name.strip(): value for value, names in _PLAIN.items() for name in names.split(",")}
_ENDS = re.compile(r"^[\W_]+|[\W_]+$")


def value_of(rating_text: str) -> float | None:
    """What a rating says on the scale from 0, false, to 1, true; None for all that is not said in so many words."""
    return _VALUES.get(_ENDS.sub("", folded(rating_text)))


def believed_outlet(review: FoundReview) -> Outlet | None:
    """The listed fact-checker whose verdict this is; None where that is only what the markup says of itself.

    The page must lie on a domain of an outlet that the desk lists as a fact-checker, and the publisher that is named
    must be at home there too.
    """
    named = review.publisher_site.strip()
    try:
        page = stored_address(review.url)
        home = stored_address(named if "://" in named else f"https://{named}/")
    except Invalid:
        return None
    outlet = outlet_of(page)
    if outlet is None or outlet.kind != OutletKind.FACT_CHECKER or outlet_of(home) != outlet:
        return None
    return outlet


def store_reviews(
    *, claim: Claim, reviews: Sequence[FoundReview], found_by: str, likeness: Likeness, at: datetime
) -> int:
    """Keep the reviews that are about the claim; how many are new or changed. The claim must be locked.

    Safe to run twice: a review is known by its claim and address. A trusted one that differs clearly from what we have
    live opens a look-again item, once per difference: what a person closed stays closed until something changes.
    """
    changed = 0
    for review in sorted(reviews, key=lambda one: one.url):
        share = likeness(claim, review.claim_text)
        known = ExternalReview.objects.filter(claim=claim, url=review.url).first()
        if known is None and share < SAME_CLAIM:
            continue
        changed += _store(claim, review, known, found_by=found_by, share=share, at=at)
    compare_with_ours(claim=claim, at=at)
    return changed


def _store(
    claim: Claim, review: FoundReview, known: ExternalReview | None, *, found_by: str, share: float, at: datetime
) -> bool:
    try:
        stored_address(review.url)
    except Invalid:
        return False
    raw = dict(review.raw)
    digest = sha256(canonical_json(raw))
    row = known or ExternalReview(claim=claim, url=review.url, found_by=found_by, found_at=at)
    outlet = believed_outlet(review)
    same = known is not None and known.raw_hash == digest and known.outlet_id == (outlet.pk if outlet else None)
    row.seen_at, row.likeness = at, min(max(share, 0.0), 1.0)
    row.outlet = outlet
    row.publisher, row.publisher_site, row.title = review.publisher, review.publisher_site, review.title
    row.claim_text, row.claimant, row.language = review.claim_text, review.claimant, review.language
    row.rating_text, row.value = review.rating_text, value_of(review.rating_text)
    row.reviewed_at, row.raw, row.raw_hash = review.reviewed_at, raw, digest
    row.save()
    if same:
        return False
    record(
        kind=EventKind.EXTERNAL_REVIEW_FOUND,
        subject=row,
        actor=None,
        at=at,
        data={"publisher": review.publisher, "rating": review.rating_text, "url": review.url, "trusted": bool(outlet)},
    )
    return True


def compare_with_ours(*, claim: Claim, at: datetime) -> list[ReviewItem]:
    """Open a look-again item for each trusted review that differs clearly from our live rating, once per difference."""
    head = (
        PublicHead.objects.live()
        .filter(claim=claim)
        .select_related("publication__verdict__rating")
        .defer("publication__body", "publication__verdict__candidate")
        .first()
    )
    rating = head.publication.verdict.rating if head is not None else None
    if rating is None or rating.value is None:
        return []
    opened = []
    for review in ExternalReview.objects.trusted().filter(claim=claim, value__isnull=False).order_by("pk"):
        assert review.value is not None
        if abs(review.value - rating.value) < CLEARLY:
            continue
        cause = f"external_review:{review.pk}"
        difference = {"Rating": [rating.name(), f"{review.publisher}: {review.rating_text}"], "Where": review.url}
        told = ReviewItem.objects.filter(
            claim=claim, kind=ReviewItemKind.OTHER_VERDICT, cause=cause, difference=difference
        )
        if told.exists():
            continue
        opened.append(
            open_review_item(
                claim=claim,
                kind=ReviewItemKind.OTHER_VERDICT,
                cause=cause,
                difference=difference,
                actor=None,
                at=at,
            )
        )
    return opened
