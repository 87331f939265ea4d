"""ClaimReview as schema.org defines it and Google asks for it. Pure: from a public document to JSON-LD.

Sources: schema.org/ClaimReview; developers.google.com/search/docs/appearance/structured-data/factcheck.
"""

from collections.abc import Mapping
from typing import Any


def claim_review(public: Mapping[str, Any]) -> dict[str, Any]:
    """The ClaimReview of a public document. `ratingValue` is 0 (false) to 1 (true), left out off that axis."""
    claim, verdict, publisher = public["claim"], public["verdict"], public["publisher"]
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
    addresses = [item for item in claim["appearances"] if item["url"]]
    first = next((item["url"] for item in addresses if item["first"]), None)
    if first:
        reviewed["firstAppearance"] = {"@type": "CreativeWork", "url": first}
    if addresses:
        reviewed["appearance"] = [{"@type": "CreativeWork", "url": item["url"]} for item in addresses]
    review: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "url": public["url"],
        "claimReviewed": claim["statement"],
        "itemReviewed": reviewed,
        "author": {"@type": "Organization", "name": publisher["name"], "url": publisher["url"]},
        "inLanguage": claim["language"],
    }
    rating = verdict["rating"]
    if rating:
        review["reviewRating"] = {"@type": "Rating", "alternateName": rating["name"]}
        if verdict["summary"]:
            review["reviewRating"]["ratingExplanation"] = verdict["summary"]
        if rating["value"] is not None:
            review["reviewRating"] |= {"ratingValue": rating["value"], "worstRating": 0, "bestRating": 1}
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
    return found
