"""The moves: one function each. Lock, check, write, record, in one transaction; a raise changes nothing.

Nothing else in the product changes `Claim.state`; the write itself stands in steps.py.
"""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from claims.access.locking import lock_claim
from claims.audit.contributions import add_contributors, hands_in_rows
from claims.audit.operations import record
from claims.choices import (
    ApprovalDecision,
    ChangeType,
    ClaimState,
    DeclineReason,
    EventKind,
    Move,
    PlanState,
    PublicStatus,
)
from claims.editing.evidence import take_copies
from claims.errors import ChangedSinceApproval, ChecklistUnmet, Conflict, Embargoed, IllegalMove, Invalid
from claims.models import Approval, Claim, Publication, Verdict
from claims.publishing.operations import publish_bytes, watch_on
from claims.review import rules
from claims.review.people import person
from claims.review.steps import (
    approve_frozen,
    decide,
    embargo_words,
    end_plan,
    enter,
    needed,
    reopen_as_copy,
    set_state,
    waiting_plan,
)
from claims.text import normal_url, plain
from claims.verdicts.candidate import build
from claims.verdicts.checklist import LineState, check, missing
from claims.verdicts.operations import freeze, start_revision


@transaction.atomic
def accept(*, claim_id: int, actor: User, at: datetime) -> Claim:
    """Take the claim on: it is watched, and its first revision is open. Raises IllegalMove or NotAllowed."""
    claim, rule, _ = enter(Move.ACCEPT, claim_id, actor)
    newest = Verdict.objects.revisions().filter(claim=claim).order_by("-number").first()
    set_state(claim, rule.target, at)
    if newest is None or newest.submitted_at is not None:
        start_revision(
            claim=claim, change_type=ChangeType.INITIAL, base=newest, carry_contributors=True, actor=actor, at=at
        )
    else:  # reopened: its draft is still there, and sources may have been added to it in the inbox
        add_contributors(revision=newest, user_ids=hands_in_rows(claim), at=at)
    record(kind=EventKind.CLAIM_ACCEPTED, subject=claim, actor=actor, at=at)
    return claim


@transaction.atomic
def decline(
    *, claim_id: int, reason: str, explanation: str = "", already_checked_url: str = "", actor: User, at: datetime
) -> Claim:
    """Leave the claim unchecked, with the reason. "Already checked" needs the address of the other check.

    Raises IllegalMove, NotAllowed or Invalid.
    """
    claim, rule, _ = enter(Move.DECLINE, claim_id, actor)
    if reason not in DeclineReason.values:
        raise Invalid("Say why.", fields={"reason": [f"One of {', '.join(DeclineReason.values)}."]})
    address = ""
    if already_checked_url.strip():
        try:
            address = normal_url(already_checked_url)
        except ValueError as error:
            raise Invalid(
                "An address cannot be used as it is.", fields={"already_checked_url": [str(error)]}
            ) from error
    if reason == DeclineReason.ALREADY_CHECKED and not address:
        raise Invalid("Say where it was checked.", fields={"already_checked_url": ["Give the address."]})
    claim.decline_reason = reason
    set_state(claim, rule.target, at, also=["decline_reason"])
    record(
        kind=EventKind.CLAIM_DECLINED,
        subject=claim,
        actor=actor,
        at=at,
        data={"reason": reason, "explanation": plain(explanation).strip(), "url": address},
    )
    return claim


@transaction.atomic
def reopen(*, claim_id: int, reason: str, actor: User, at: datetime) -> Claim:
    """Put a declined claim back into the inbox. Raises IllegalMove, NotAllowed or Invalid."""
    claim, rule, _ = enter(Move.REOPEN, claim_id, actor)
    words = rules.check_text(rule, reason)
    claim.decline_reason = ""
    set_state(claim, rule.target, at, also=["decline_reason"])
    record(kind=EventKind.CLAIM_REOPENED, subject=claim, actor=actor, at=at, data={"reason": words})
    return claim


@transaction.atomic
def merge(*, claim_id: int, into_id: int, actor: User, at: datetime) -> Claim:
    """Fold a claim into another that says the same. Its rows stay its own; never chained; `unmerge` restores.

    Raises IllegalMove, NotAllowed, or Conflict if either side is part of a merge in the wrong direction.
    """
    if claim_id == into_id:
        raise Conflict("A claim cannot be merged into itself.")
    list(Claim.objects.select_for_update(no_key=True).filter(pk__in=[claim_id, into_id]).order_by("pk"))
    claim, rule, _ = enter(Move.MERGE, claim_id, actor)
    into = Claim.objects.get(pk=into_id)
    if into.state in {ClaimState.MERGED, ClaimState.DECLINED}:
        raise Conflict(f"The other claim is {ClaimState(into.state).label.lower()}; merge into one that is worked on.")
    if Claim.objects.filter(merged_into=claim).exists():
        raise Conflict("Other claims are merged into this one. Unmerge them first, or merge the other way round.")
    claim.merged_into = into
    claim.state_before_merge = claim.state
    set_state(claim, rule.target, at, also=["merged_into", "state_before_merge"])
    record(kind=EventKind.CLAIM_MERGED, subject=claim, actor=actor, at=at, data={"into": into.public_id})
    return claim


@transaction.atomic
def unmerge(*, claim_id: int, actor: User, at: datetime) -> Claim:
    """Make a merged claim stand by itself again, where it stood. Raises IllegalMove or NotAllowed."""
    claim, _, _ = enter(Move.UNMERGE, claim_id, actor)
    back = ClaimState(claim.state_before_merge)
    claim.merged_into = None
    claim.state_before_merge = ""
    set_state(claim, back, at, also=["merged_into", "state_before_merge"])
    record(kind=EventKind.CLAIM_UNMERGED, subject=claim, actor=actor, at=at, data={"state": back})
    return claim


@transaction.atomic
def submit(*, claim_id: int, actor: User, at: datetime) -> Verdict:
    """Send the open revision to review: its checklist is complete, and it freezes with the bytes that would be public.

    Raises IllegalMove, NotAllowed, or ChecklistUnmet naming each missing line.
    """
    claim, rule, revision = enter(Move.SUBMIT, claim_id, actor)
    draft = needed(revision)
    lines = check(claim=claim, verdict=draft)
    unmet = missing(lines)
    if unmet:
        raise ChecklistUnmet(unmet)
    # A line that was met after it had been waived is not published as waived.
    for waiver in draft.waivers.filter(line__in=[line.line for line in lines if line.state == LineState.MET]):
        record(
            kind=EventKind.CHECK_UNWAIVED, subject=draft, actor=actor, at=at, data={"line": waiver.line, "met": True}
        )
        waiver.delete()
    freeze(claim=claim, revision=draft, at=at)
    set_state(claim, rule.target, at)
    record(
        kind=EventKind.VERDICT_SUBMITTED,
        subject=draft,
        actor=actor,
        at=at,
        data={"number": draft.number, "candidate_hash": draft.candidate_hash},
    )
    return draft


@transaction.atomic
def withdraw(*, claim_id: int, actor: User, at: datetime) -> Verdict:
    """Take the revision back from review; the frozen one stays, its copy is open. Raises IllegalMove or NotAllowed."""
    claim, rule, revision = enter(Move.WITHDRAW, claim_id, actor)
    frozen = needed(revision)
    record(kind=EventKind.VERDICT_WITHDRAWN, subject=frozen, actor=actor, at=at, data={"number": frozen.number})
    set_state(claim, rule.target, at)
    return reopen_as_copy(claim, frozen, actor, at)


@transaction.atomic
def return_to_writer(*, claim_id: int, comment: str, actor: User, at: datetime) -> Verdict:
    """Send the revision back with a comment; the frozen one stays, its copy is open.

    Raises IllegalMove, NotAllowed, or Invalid without a comment.
    """
    claim, rule, revision = enter(Move.RETURN, claim_id, actor)
    words = rules.check_text(rule, comment)
    frozen = needed(revision)
    Approval.objects.create(
        verdict=frozen,
        reviewer=actor,
        decision=ApprovalDecision.RETURNED,
        comment=words,
        candidate_hash=frozen.candidate_hash,
        at=at,
    )
    record(
        kind=EventKind.VERDICT_RETURNED,
        subject=frozen,
        actor=actor,
        at=at,
        data={"number": frozen.number, "comment": words},
    )
    set_state(claim, rule.target, at)
    return reopen_as_copy(claim, frozen, actor, at)


@transaction.atomic
def approve(*, claim_id: int, comment: str = "", actor: User, at: datetime) -> Approval:
    """Accept the frozen revision as it stands. Raises IllegalMove, NotAllowed, FourEyes or ChangedSinceApproval."""
    claim, rule, revision = enter(Move.APPROVE, claim_id, actor)
    return approve_frozen(
        claim, rule, needed(revision), EventKind.VERDICT_APPROVED, actor, at, comment=plain(comment).strip()
    )


@transaction.atomic
def override_approve(*, claim_id: int, reason: str, actor: User, at: datetime) -> Approval:
    """Approve as a superuser against the four eyes, in writing; shown to everyone for ever.

    Raises IllegalMove, NotAllowed, or Invalid if the reason is shorter than 20 characters.
    """
    claim, rule, revision = enter(Move.OVERRIDE_APPROVE, claim_id, actor)
    words = rules.check_text(rule, reason)
    return approve_frozen(claim, rule, needed(revision), EventKind.VERDICT_OVERRIDDEN, actor, at, override=words)


@transaction.atomic
def publish(*, claim_id: int, actor: User, at: datetime) -> Publication:
    """Make the approved bytes public; a time that was set for it is over with that.

    Raises IllegalMove, NotAllowed, FourEyes, Embargoed, or ChangedSinceApproval.
    """
    claim, rule, revision = enter(Move.PUBLISH, claim_id, actor)
    approved = needed(revision)
    plan = waiting_plan(claim)
    if plan is not None and plan.embargo_until is not None and at < plan.embargo_until:
        raise Embargoed(embargo_words(plan.embargo_until))
    approval = Approval.objects.get(verdict=approved, decision=ApprovalDecision.APPROVED)
    body = build(claim=claim, verdict=approved)
    if body != bytes(approved.candidate or b""):
        raise ChangedSinceApproval(
            "Something under the verdict changed since it was approved. Return the revision, look at what changed, "
            "and send it to review again."
        )
    end_plan(claim, PlanState.PUBLISHED, at)
    set_state(claim, rule.target, at)
    record(
        kind=EventKind.VERDICT_PUBLISHED,
        subject=approved,
        actor=actor,
        at=at,
        data={"number": approved.number, "body_hash": approval.candidate_hash, "change_type": approved.change_type},
    )
    return publish_bytes(
        claim=claim, verdict=approved, body=body, approved_hash=approval.candidate_hash, tombstone=False
    )


@transaction.atomic
def revise(*, claim_id: int, change_type: str, public_note: str, actor: User, at: datetime) -> Verdict:
    """Open a revision of what is public, as its copy. Raises IllegalMove, NotAllowed or Invalid."""
    claim, rule, _ = enter(Move.REVISE, claim_id, actor)
    note = rules.check_text(rule, public_note)
    status = claim.public_status()
    fitting = {
        PublicStatus.LIVE: {ChangeType.CLARIFICATION, ChangeType.CORRECTION, ChangeType.RATING_CHANGE},
        PublicStatus.RETRACTED: {ChangeType.REINSTATEMENT},
    }[status]
    if change_type not in fitting:
        choices = ", ".join(sorted(fitting))
        raise Invalid("Say what kind of change this is.", fields={"change_type": [f"One of {choices}."]})
    claim.watch_until = None  # worked on again, so watched until it is published again or given up
    set_state(claim, rule.target, at, also=["watch_until"])
    take_copies(claim=claim, at=at)
    revision = start_revision(
        claim=claim,
        change_type=ChangeType(change_type),
        public_note=note,
        base=claim.public_head.publication.verdict,
        carry_contributors=False,
        actor=actor,
        at=at,
    )
    add_contributors(revision=revision, user_ids=[actor.pk], at=at)
    return revision


@transaction.atomic
def abandon(*, claim_id: int, reason: str, actor: User, at: datetime) -> Claim:
    """Give the open revision up; what is public stays. Raises IllegalMove, NotAllowed or Invalid."""
    claim, rule, revision = enter(Move.ABANDON, claim_id, actor)
    words = rules.check_text(rule, reason)
    given_up = needed(revision)
    set_state(claim, rule.target, at)
    watch_on(claim=claim, since=claim.public_head.publication.valid_from)
    record(
        kind=EventKind.VERDICT_ABANDONED,
        subject=given_up,
        actor=actor,
        at=at,
        data={"number": given_up.number, "reason": words},
    )
    return claim


@transaction.atomic
def propose_retraction(
    *, claim_id: int, public_note: str, superseded_by: Claim | None = None, actor: User, at: datetime
) -> Verdict:
    """Write and freeze a retraction with its public reason; an open revision stays open.

    `superseded_by` is the claim whose verdict stands, when a duplicate is retracted. Raises IllegalMove, NotAllowed,
    Invalid without a reason, or Conflict if that claim has no live verdict.
    """
    claim, rule, _ = enter(Move.PROPOSE_RETRACTION, claim_id, actor)
    note = rules.check_text(rule, public_note)
    if superseded_by is not None and (
        superseded_by.pk == claim.pk or superseded_by.public_status() != PublicStatus.LIVE
    ):
        raise Conflict("The verdict that stands instead must be another claim's, and live.")
    retraction = start_revision(
        claim=claim,
        change_type=ChangeType.RETRACTION,
        public_note=note,
        base=claim.public_head.publication.verdict,
        carry_contributors=False,
        actor=actor,
        at=at,
    )
    retraction.superseded_by = superseded_by
    retraction.save(update_fields=["superseded_by"])
    add_contributors(revision=retraction, user_ids=[actor.pk], at=at)
    freeze(claim=claim, revision=retraction, at=at)
    record(
        kind=EventKind.RETRACTION_PROPOSED,
        subject=retraction,
        actor=actor,
        at=at,
        data={"number": retraction.number, "reason": note},
    )
    return retraction


@transaction.atomic
def retract(*, claim_id: int, comment: str = "", actor: User, at: datetime) -> Publication:
    """Approve the newest proposal to retract and publish its tombstone, as one. An open revision stays open.

    Raises IllegalMove (also where nothing is proposed), NotAllowed, FourEyes, or ChangedSinceApproval.
    """
    claim = lock_claim(claim_id)
    rule = rules.check_state(Move.RETRACT, claim.state, claim.public_status())
    proposal = pending_retraction(claim)
    if proposal is None:
        raise IllegalMove("Nobody has proposed to retract this verdict. Propose it first, with a public reason.")
    rules.check_person(rule, person(actor, proposal))
    body = build(claim=claim, verdict=proposal)
    if body != bytes(proposal.candidate or b""):
        raise ChangedSinceApproval("Something changed since the retraction was proposed. Propose it again.")
    approval = decide(proposal, actor, at, comment=plain(comment).strip())
    record(
        kind=EventKind.VERDICT_RETRACTED,
        subject=proposal,
        actor=actor,
        at=at,
        data={"number": proposal.number, "reason": proposal.public_note, "body_hash": approval.candidate_hash},
    )
    return publish_bytes(
        claim=claim, verdict=proposal, body=body, approved_hash=approval.candidate_hash, tombstone=True
    )


def pending_retraction(claim: Claim) -> Verdict | None:
    """The newest proposal to retract what is public now that was not published; else None."""
    head = getattr(claim, "public_head", None)
    if head is None:
        return None
    return (
        Verdict.objects.retractions()
        .filter(claim=claim, publication__isnull=True, copied_from=head.publication.verdict_id)
        .order_by("-number")
        .first()
    )
