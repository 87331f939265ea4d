"""The whole public document of a revision, as the bytes that are reviewed, approved and published.

The same rows give the same bytes, so that publishing can prove that nothing changed since the approval. What only
publishing knows (sequence, instant) is no part of it: readers get that beside the document.
"""

import json
from typing import Any

from django.conf import settings

from claims.choices import ChangeType, EvidenceKind
from claims.models import (
    Appearance,
    ChecklistWaiver,
    Claim,
    Evidence,
    Organisation,
    Publication,
    Rating,
    RatingScale,
    Verdict,
)
from claims.text import canonical_json, host_of, markdown_html, markdown_text
from claims.verdicts.claimreview import claim_review
from claims.verdicts.outlets import independent_outlets

SCHEMA = "factcheck-verdict/1"


def site_url(organisation: Organisation) -> str:
    """The base of every public address, without a slash at the end."""
    return (organisation.site_url or settings.SITE_URL).rstrip("/")


def live_sources(claim: Claim) -> list[Evidence]:
    """The evidence that the document shows, in its order, with pages, outlets and copies joined."""
    return list(Evidence.objects.live().with_sources().filter(claim=claim).order_by("pk"))


def build(*, claim: Claim, verdict: Verdict) -> bytes:
    """The public document as canonical JSON bytes."""
    return canonical_json(document(claim=claim, verdict=verdict))


def document(*, claim: Claim, verdict: Verdict, sources: list[Evidence] | None = None) -> dict[str, Any]:
    """The public document: statement, claimant, appearances, verdict, evidence, corrections so far, licence.

    `sources` spares a question where the caller has live_sources() already.
    """
    published = list(Publication.objects.filter(claim=claim).defer("body").order_by("version"))
    if verdict.change_type == ChangeType.RETRACTION:
        return _tombstone(verdict, published)
    organisation = Organisation.objects.current()
    evidence = live_sources(claim) if sources is None else sources
    base = site_url(organisation)
    body: dict[str, Any] = {
        "schema": SCHEMA,
        "id": claim.public_id,
        "url": f"{base}/verdicts/{claim.public_id}/",
        "version": len(published) + 1,
        "retracted": False,
        "claim": _claim(claim),
        "verdict": _verdict(verdict, claim.language),
        "evidence": [_evidence(item) for item in evidence],
        "independent_outlets": independent_outlets(evidence),
        "waivers": [
            {"line": waiver.line, "reason": waiver.reason}
            for waiver in ChecklistWaiver.objects.filter(verdict=verdict, public=True).order_by("line")
        ],
        "corrections": _corrections(published),
        "publisher": {"name": organisation.name, "url": base},
        "licence": organisation.data_licence,
    }
    if claim.translation_of is not None:  # its siblings are served beside the document, since they may come later
        body["translation_of"] = claim.translation_of.public_id
    body["claim_review"] = claim_review(body)
    return body


def _tombstone(verdict: Verdict, published: list[Publication]) -> dict[str, Any]:
    """The document that a retraction takes back, word for word as it was published, marked as retracted.

    Not built from the claim's rows: a revision that is open meanwhile has changed them, and nobody approved that. Where
    that document was lawfully erased, the tombstone has its shape and none of its words.
    """
    taken_back = next(p for p in published if p.verdict_id == verdict.copied_from_id)
    stored = taken_back.body
    body: dict[str, Any] = json.loads(bytes(stored)) if stored is not None else _without_words(taken_back)
    body |= {"version": len(published) + 1, "retracted": True, "corrections": _corrections(published)}
    body["verdict"] |= {"change_type": verdict.change_type, "public_note": verdict.public_note}
    if verdict.superseded_by is not None:
        body["superseded_by"] = verdict.superseded_by.public_id
    return body


def _without_words(erased: Publication) -> dict[str, Any]:
    organisation = Organisation.objects.current()
    base = site_url(organisation)
    public_id = erased.claim.public_id
    return {
        "schema": SCHEMA,
        "id": public_id,
        "url": f"{base}/verdicts/{public_id}/",
        "claim": {
            **dict.fromkeys(("statement", "original_text", "location", "context"), ""),
            "language": erased.language,
            "kind": erased.claim.kind,
            "claimant": None,
            "claimed_on": None,
            "topics": [],
            "appearances": [],
        },
        "verdict": {
            "rating": None,
            **dict.fromkeys(("headline", "summary", "explanation_html", "explanation_text", "byline"), ""),
            "media_authenticity": None,
        },
        "evidence": [],
        "independent_outlets": 0,
        "waivers": [],
        "publisher": {"name": organisation.name, "url": base},
        "licence": organisation.data_licence,
        "claim_review": {},
    }


def _corrections(published: list[Publication]) -> list[dict[str, Any]]:
    return [
        {"version": p.version, "type": p.change_type, "note": p.public_note, "at": p.valid_from.isoformat()}
        for p in published[1:]
    ]


def _claim(claim: Claim) -> dict[str, Any]:
    claimant = claim.claimant
    appearances = (
        Appearance.objects.filter(claim=claim).select_related("document__outlet", "outlet").order_by("-is_first", "pk")
    )
    return {
        "statement": claim.statement,
        "original_text": claim.original_text,
        "language": claim.language,
        "kind": claim.kind,
        "claimant": claimant
        and {
            "name": claimant.name,
            "kind": claimant.kind,
            "job_title": claimant.job_title,
            "same_as": claimant.same_as,
        },
        "claimed_on": claim.claimed_on and claim.claimed_on.isoformat(),
        "location": claim.location,
        "context": claim.context,
        "topics": [{"slug": topic.slug, "name": topic.name(claim.language)} for topic in claim.topics.order_by("slug")],
        "appearances": [_appearance(item) for item in appearances],
    }


def _appearance(item: Appearance) -> dict[str, Any]:
    outlet = item.outlet or (item.document.outlet if item.document else None)
    return {
        "url": item.document.url if item.document else None,
        "title": item.document.title if item.document else item.description,
        "outlet": outlet.name if outlet else None,
        "quote": item.quote,
        "first": item.is_first,
    }


def _verdict(verdict: Verdict, language: str) -> dict[str, Any]:
    return {
        "rating": verdict.rating and _rating(verdict.rating, language),
        "headline": verdict.headline,
        "summary": verdict.summary,
        "explanation_html": markdown_html(verdict.explanation),
        "explanation_text": markdown_text(verdict.explanation),
        "byline": verdict.byline,
        "media_authenticity": verdict.media_authenticity or None,
        "change_type": verdict.change_type,
        "public_note": verdict.public_note,
    }


def _rating(rating: Rating, language: str) -> dict[str, Any]:
    scale: RatingScale = rating.scale
    return {
        "slug": rating.slug,
        "name": rating.name(language),
        "definition": rating.definition(language),
        "value": rating.value,
        "colour": rating.colour,
        "scale": {"slug": scale.slug, "version": scale.version, "name": scale.name, "worst": 0, "best": 1},
    }


def _evidence(item: Evidence) -> dict[str, Any]:
    page, copy = item.document, item.capture
    shown: dict[str, Any] = {
        "kind": item.kind,
        "stance": item.stance,
        "quote": item.quote,
        "quote_found": item.quote_found,
        "note": item.note,
        "primary": item.is_primary,
        "accessed_at": item.accessed_at.isoformat(),
        "archive_url": item.archive_url or (copy.archive_url if copy else "") or None,
        "copy": copy and {"sha256": copy.sha256, "captured_at": copy.fetched_at.isoformat()},
    }
    if page is not None:
        shown |= {
            "url": page.url,
            "title": page.title or page.url,
            "outlet": page.outlet.name if page.outlet else host_of(page.url),
            "published_at": page.published_at and page.published_at.isoformat(),
        }
    elif item.kind == EvidenceKind.FILE:
        shown |= {"file_sha256": item.file_sha256}
    else:
        shown |= {
            "stated_by": item.stated_by,
            "stated_at": item.stated_at and item.stated_at.isoformat(),
            "stated_how": item.stated_how,
        }
    return shown
