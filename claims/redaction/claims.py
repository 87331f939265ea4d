"""Erasing a claim's own rows: what the desk keeps of it beside what it published."""

from datetime import datetime

from django.db.models import Q

from claims.choices import EventKind, EvidenceKind, QuoteFound
from claims.models import (
    Appearance,
    Challenge,
    Claim,
    ClaimAlias,
    ClaimQuery,
    ClaimSearch,
    Coverage,
    Event,
    Evidence,
    ExternalReview,
    QueryTrial,
    QueryTrialResult,
    ReplyRequest,
    ReviewItem,
    ReviewNote,
    Submission,
    SubmitterContact,
)
from claims.redaction.plan import ERASED, Removal, Step

# What these events say of a claim are ids, names of people of the desk, numbers and digests.
WORDLESS = (
    EventKind.CLAIM_ACCEPTED,
    EventKind.CLAIM_MERGED,
    EventKind.CLAIM_UNMERGED,
    EventKind.CLAIM_ASSIGNED,
    EventKind.CLAIM_SEARCH_REQUESTED,
    EventKind.CLAIM_SEARCHED,
    EventKind.COVERAGE_SUGGESTED,
    EventKind.COVERAGE_KEPT,
    EventKind.COVERAGE_DISMISSED,
    EventKind.COVERAGE_RESTORED,
    EventKind.EVIDENCE_COPIED,
    EventKind.SEEDS_LOADED,
    EventKind.PUBLICATION_REDACTED,
    EventKind.EVENT_REDACTED,
)


def claim_steps(claim: Claim, *, at: datetime) -> list[Step | Removal]:
    """Every column of the claim and of what hangs on it in which somebody wrote, or that was made of its words."""
    own = Q(claim=claim)
    items = ReviewItem.objects.filter(own)
    statements = Evidence.objects.filter(own, kind=EvidenceKind.STATEMENT)
    return [
        Step(
            "the claim",
            Claim.objects.filter(pk=claim.pk),
            {"statement": ERASED, "original_text": "", "location": "", "context": "", "selection_reason": ""},
            {"erased_at": at},
        ),
        Removal("other wordings", ClaimAlias.objects.filter(own)),
        Step("quotes from where it was made", Appearance.objects.filter(own), {"quote": ""}),
        Step("where it was made", Appearance.objects.filter(own).exclude(description=""), {"description": ERASED}),
        Step(
            "sources",
            Evidence.objects.filter(own),
            {"quote": "", "note": "", "withdrawn_reason": "", "file_name": ""},
            {"quote_found": QuoteFound.NOT_CHECKED},
        ),
        Step("who made statements", statements, {"stated_by": ERASED, "stated_how": ERASED}),
        Step("notes of the desk", ReviewNote.objects.filter(own), {"text": ERASED}),
        Step("requests for a reply", ReplyRequest.objects.filter(own), {"asked_of": ERASED, "how": ERASED}),
        Step("replies", ReplyRequest.objects.filter(own, answered_at__isnull=False), {"answer": ERASED}),
        Step(
            "challenges by readers", Challenge.objects.filter(own), {"text": ERASED, "contact": "", "outcome_note": ""}
        ),
        Removal("how to reach them", SubmitterContact.objects.filter(submission__claim=claim)),
        Step("what readers asked to have checked", Submission.objects.filter(own), {"text": ERASED, "url": ""}),
        Step(
            "other fact-checkers' words",
            ExternalReview.objects.filter(own),
            {"title": "", "claim_text": "", "claimant": "", "rating_text": "", "raw": {}},
        ),
        Step("reasons given for coverage", Coverage.objects.filter(own), {"reasons": []}),
        Step("words that the web was searched by", ClaimSearch.objects.filter(own), {"query": "", "note": ""}),
        Step("lines to search by", ClaimQuery.objects.filter(own), {"lines": []}),
        Step("tries of such lines", QueryTrial.objects.filter(own), {"lines": []}),
        Step("what they would find", QueryTrialResult.objects.filter(trial__claim=claim), {"found": [], "note": ""}),
        Step("what asked the desk to look again", items, {"difference": {}, "closing_note": ""}),
        Step(
            "events of the claim",
            Event.objects.filter(own).exclude(subject_kind="verdict").exclude(kind__in=WORDLESS),
            {"data": None},
        ),
    ]


def claim_files(claim: Claim) -> list[str]:
    """Where its uploaded files lie; not those that another claim has too, since the same bytes are one file."""
    shared = Evidence.objects.exclude(claim=claim).exclude(file="").values("file")
    own = Evidence.objects.filter(claim=claim).exclude(file="").exclude(file__in=shared)
    return sorted(set(own.values_list("file", flat=True)))


def claim_stays(claim: Claim, *, erased: bool) -> list[str]:
    """What still holds words of the claim after that, with the way to change it."""
    stays = []
    if not erased:
        notes, sources = claim.notes.count(), claim.evidence.count()
        stays.append(
            f"The claim's own rows: statement, original words, {sources} source(s), {notes} note(s) of the desk, other "
            "wordings, replies, challenges, and their events. Edit them on the claim's page while it is researched, or "
            "erase them with --claim-text once it is retracted."
        )
    if claim.claimant is not None:
        others = Claim.objects.filter(claimant=claim.claimant).exclude(pk=claim.pk).count()
        stays.append(
            f"Claimant {claim.claimant_id}, on {others} other claim(s): change the entry under Claimants, and erase "
            "the events that tell of it."
        )
    gone = claim_files(claim) if erased else []
    stays += [
        f"The uploaded file of source {evidence.pk}, {evidence.file.name}"
        + (", because another claim has it, too." if erased else ": see --claim-text.")
        for evidence in claim.evidence.exclude(file="").exclude(file__in=gone).order_by("pk")
    ]
    stays += [
        f"Claim {one.public_id}, merged into this one or its translation, is a claim of its own."
        for one in Claim.objects.filter(Q(merged_into=claim) | Q(translation_of=claim)).order_by("pk")
    ]
    copies = sorted({pk for pk in claim.evidence.values_list("document__captures", flat=True) if pk is not None})
    if copies:
        stays.append(
            f"Our copies of the pages that it cites ({', '.join(map(str, copies))}), their texts and titles: see "
            "`redact capture`."
        )
    return stays
