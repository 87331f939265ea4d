"""What a revision must meet before review: each line met, waived with a written reason, or missing with what to do."""

from dataclasses import dataclass
from enum import StrEnum

from claims.choices import ChangeType, ChecklistLine, ClaimantKind, PublicStatus
from claims.errors import UnmetLine
from claims.models import ChecklistWaiver, Claim, Evidence, ReplyRequest, Verdict
from claims.verdicts.candidate import document, live_sources
from claims.verdicts.claimreview import faults
from claims.verdicts.outlets import independent_outlets

WAIVABLE = frozenset(
    {
        ChecklistLine.EVIDENCE,
        ChecklistLine.OUTLETS,
        ChecklistLine.COPIES,
        ChecklistLine.CLAIMANT_DATE,
        ChecklistLine.REPLY,
    }
)


class LineState(StrEnum):
    MET = "met"
    WAIVED = "waived"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class CheckedLine:
    """One line as it stands. `message` says what is there, or what to do; `anchor` is the field to go to."""

    line: ChecklistLine
    state: LineState
    message: str
    anchor: str
    waivable: bool
    reason: str = ""
    public: bool = False


@dataclass(frozen=True, slots=True)
class _Finding:
    met: bool
    message: str
    anchor: str


def check(*, claim: Claim, verdict: Verdict) -> list[CheckedLine]:
    """Every line for this revision, in the order of the enum. A line that is met ignores its waiver."""
    evidence = live_sources(claim)
    waivers = {waiver.line: waiver for waiver in ChecklistWaiver.objects.filter(verdict=verdict)}
    findings = {
        ChecklistLine.RATING: _rating(claim, verdict),
        ChecklistLine.EVIDENCE: _evidence(verdict, evidence),
        ChecklistLine.OUTLETS: _outlets(verdict, evidence),
        ChecklistLine.COPIES: _copies(evidence),
        ChecklistLine.CLAIMANT_DATE: _claimant_date(claim),
        ChecklistLine.REPLY: _reply(claim),
        ChecklistLine.CLAIMREVIEW: _claimreview(claim, verdict, evidence),
        ChecklistLine.CHANGE: _change(claim, verdict),
    }
    lines = []
    for line, finding in findings.items():
        waiver = waivers.get(line)
        waived = waiver is not None and not finding.met and line in WAIVABLE
        state = LineState.MET if finding.met else LineState.WAIVED if waived else LineState.MISSING
        lines.append(
            CheckedLine(
                line=line,
                state=state,
                message=finding.message,
                anchor=finding.anchor,
                waivable=line in WAIVABLE,
                reason=waiver.reason if waiver is not None and waived else "",
                public=waiver.public if waiver is not None and waived else False,
            )
        )
    return lines


def missing(lines: list[CheckedLine]) -> list[UnmetLine]:
    """The lines that stop a submission, with what to do."""
    return [UnmetLine(line=item.line, message=item.message) for item in lines if item.state == LineState.MISSING]


def _rating(claim: Claim, verdict: Verdict) -> _Finding:
    if verdict.rating is None:
        return _Finding(False, "Choose a rating.", "rating")
    kinds = verdict.rating.scale.claim_kinds
    if kinds and claim.kind not in kinds:
        return _Finding(False, f"The scale “{verdict.rating.scale.name}” is not for this kind of claim.", "rating")
    for name, label in (("headline", "headline"), ("summary", "summary"), ("explanation", "explanation")):
        if not getattr(verdict, name).strip():
            return _Finding(False, f"Write the {label}.", name)
    return _Finding(True, f"Rated “{verdict.rating.name(claim.language)}”, explained.", "rating")


def _evidence(verdict: Verdict, evidence: list[Evidence]) -> _Finding:
    needed = verdict.rating.scale.minimum_evidence if verdict.rating else 1
    if len(evidence) >= needed:
        return _Finding(True, f"{len(evidence)} linked.", "evidence")
    return _Finding(
        False, f"Link at least {needed} source{'s' * (needed != 1)}; there are {len(evidence)}.", "evidence"
    )


def _outlets(verdict: Verdict, evidence: list[Evidence]) -> _Finding:
    needed = verdict.rating.scale.minimum_outlets if verdict.rating else 2
    count = independent_outlets(evidence)
    if count >= needed:
        return _Finding(True, f"{count} independent outlets.", "evidence")
    return _Finding(
        False,
        f"Link sources of at least {needed} independent outlets; there {'is' if count == 1 else 'are'} {count}.",
        "evidence",
    )


def _copies(evidence: list[Evidence]) -> _Finding:
    bare = [item for item in evidence if not item.has_copy()]
    if not bare:
        return _Finding(True, "Every source has a copy." if evidence else "No sources yet.", "evidence")
    first = bare[0].document
    which = first.title or first.url if first else bare[0].stated_by
    return _Finding(
        False,
        f"{len(bare)} of {len(evidence)} sources have no copy, “{which}” among them. "
        "Wait for our own copy, or give an archive address.",
        f"evidence-{bare[0].pk}",
    )


def _claimant_date(claim: Claim) -> _Finding:
    if claim.claimant is None:
        return _Finding(False, "Say who made the claim.", "claimant")
    if claim.claimed_on is None:
        return _Finding(False, "Say on which day it was made.", "claimed_on")
    return _Finding(True, f"{claim.claimant.name}, {claim.claimed_on:%-d %B %Y}.", "claimant")


def _reply(claim: Claim) -> _Finding:
    claimant = claim.claimant
    if claimant is None or claimant.kind != ClaimantKind.PERSON or not claimant.living:
        return _Finding(True, "No living, named person to ask.", "replies")
    if ReplyRequest.objects.filter(claim=claim).exists():
        return _Finding(True, f"{claimant.name} was asked.", "replies")
    return _Finding(False, f"Ask {claimant.name} for a reply and note it here.", "replies")


def _claimreview(claim: Claim, verdict: Verdict, evidence: list[Evidence]) -> _Finding:
    found = faults(document(claim=claim, verdict=verdict, sources=evidence)["claim_review"])
    return _Finding(not found, " ".join(found) or "Valid.", "rating")


def _change(claim: Claim, verdict: Verdict) -> _Finding:
    status, change = claim.public_status(), ChangeType(verdict.change_type)
    fitting = {
        PublicStatus.NONE: {ChangeType.INITIAL},
        PublicStatus.LIVE: {ChangeType.CLARIFICATION, ChangeType.CORRECTION, ChangeType.RATING_CHANGE},
        PublicStatus.RETRACTED: {ChangeType.REINSTATEMENT},
    }[status]
    if change not in fitting:
        words = " or ".join(sorted(item.label.lower() for item in fitting))
        return _Finding(False, f"With the public status “{status.label}” this can only be: {words}.", "change_type")
    if change != ChangeType.INITIAL and not verdict.public_note.strip():
        return _Finding(False, "Write for the public what changed and why.", "public_note")
    return _Finding(True, change.label + ".", "change_type")
