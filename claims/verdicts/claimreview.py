"""ClaimReview, and MediaReview beside it, as schema.org defines them and Google asks for them.

Pure: from a public document to JSON-LD. Sources: schema.org/ClaimReview and schema.org/MediaReview;
developers.google.com/search/docs/appearance/structured-data/factcheck.
"""

from collections.abc import Mapping
from typing import Any

from claims.choices import ClaimKind, MediaAuthenticity

# Google wants whole numbers, and none below 1; schema.org takes 1 to 5 where nothing is said.
WORST, BEST = 1, 5
_AUTHENTICITY = {
    MediaAuthenticity.DECONTEXTUALISED: "DecontextualizedContent",
    MediaAuthenticity.EDITED_OR_CROPPED: "EditedOrCroppedContent",
    MediaAuthenticity.ORIGINAL: "OriginalMediaContent",
    MediaAuthenticity.SATIRE_OR_PARODY: "SatireOrParodyContent",
    MediaAuthenticity.STAGED: "StagedContent",
    MediaAuthenticity.TRANSFORMED: "TransformedContent",
}


def claim_review(public: Mapping[str, Any]) -> dict[str, Any]:
    """The ClaimReview of a public document, with a MediaReview in it where the claim is about media.

    `ratingValue` runs from 1 (false) to 5 (true). Off that axis neither it nor the scale's ends are there, as Google
    asks, and the rating is its name alone.
    """
    claim, verdict = public["claim"], public["verdict"]
    review: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "url": public["url"],
        "claimReviewed": claim["statement"],
        "itemReviewed": _reviewed(claim),
        "author": _author(public),
        "inLanguage": claim["language"],
    }
    if verdict["headline"]:
        review["name"] = verdict["headline"]
    rating = verdict["rating"]
    if rating:
        review["reviewRating"] = {"@type": "Rating", "alternateName": rating["name"]}
        if verdict["summary"]:
            review["reviewRating"]["ratingExplanation"] = verdict["summary"]
        if rating["value"] is not None:
            review["reviewRating"] |= {"ratingValue": _value(rating["value"]), "worstRating": WORST, "bestRating": BEST}
    if claim["kind"] == ClaimKind.MEDIA:
        review["associatedMediaReview"] = _media_review(public)
    return review


def faults(review: Mapping[str, Any]) -> list[str]:
    """What keeps a ClaimReview from being valid, in words; empty if nothing does."""
    found = []
    if not review.get("claimReviewed"):
        found.append("The claim has no statement.")
    if not str(review.get("url", "")).startswith(("http://", "https://")):
        found.append("The public page has no address; set the organisation's site address.")
    rating = review.get("reviewRating") or {}
    if not rating.get("alternateName"):
        found.append("There is no rating with a name.")
    if not (review.get("author") or {}).get("name"):
        found.append("The organisation has no name.")
    if "ratingValue" in rating and not rating["worstRating"] <= rating["ratingValue"] <= rating["bestRating"]:
        found.append("The rating's value lies outside its scale.")
    media = review.get("associatedMediaReview")
    if media is not None and "mediaAuthenticityCategory" not in media:
        found.append("The claim is about media: say what kind of content it is.")
    return found


def _reviewed(claim: Mapping[str, Any]) -> dict[str, Any]:
    reviewed: dict[str, Any] = {"@type": "Claim", "name": claim["statement"]}
    claimant = claim["claimant"]
    if claimant:
        author = {"@type": "Person" if claimant["kind"] == "person" else "Organization", "name": claimant["name"]}
        if claimant["job_title"] and claimant["kind"] == "person":
            author["jobTitle"] = claimant["job_title"]
        if claimant["same_as"]:
            author["sameAs"] = claimant["same_as"]
        reviewed["author"] = author
    if claim["claimed_on"]:
        reviewed["datePublished"] = claim["claimed_on"]
    places = [item for item in claim["appearances"] if item["url"]]
    first = next((item for item in places if item["first"]), None)
    if first:
        reviewed["firstAppearance"] = _work(first)
    if places:
        reviewed["appearance"] = [_work(item) for item in places]
    return reviewed


def _work(item: Mapping[str, Any]) -> dict[str, Any]:
    work = {"@type": "CreativeWork", "url": item["url"]}
    if item["title"] and item["title"] != item["url"]:
        work["headline"] = item["title"]
    if item["outlet"]:
        work["publisher"] = {"@type": "Organization", "name": item["outlet"]}
    return work


def _author(public: Mapping[str, Any]) -> dict[str, Any]:
    return {"@type": "Organization", "name": public["publisher"]["name"], "url": public["publisher"]["url"]}


def _value(share: float) -> float:
    """From 0…1 to the scale's ends; a whole number wherever it is one."""
    value = round(WORST + share * (BEST - WORST), 2)
    return int(value) if value == int(value) else value


def _media_review(public: Mapping[str, Any]) -> dict[str, Any]:
    claim, verdict = public["claim"], public["verdict"]
    item: dict[str, Any] = {
        "@type": "MediaReviewItem",
        "interpretedAsClaim": {"@type": "Claim", "name": claim["statement"]},
    }
    places = [{"@type": "MediaObject", "url": one["url"]} for one in claim["appearances"] if one["url"]]
    if places:
        item["mediaItemAppearance"] = places
    review: dict[str, Any] = {
        "@type": "MediaReview",
        "url": public["url"],
        "author": _author(public),
        "itemReviewed": item,
        "inLanguage": claim["language"],
    }
    if verdict["media_authenticity"]:
        category = _AUTHENTICITY[MediaAuthenticity(verdict["media_authenticity"])]
        review["mediaAuthenticityCategory"] = f"https://schema.org/{category}"
    if claim["context"]:
        review["originalMediaContextDescription"] = claim["context"]
    return review
