"""The steps that moves are made of: enter under lock, decide, change the state. Only the moves call these."""

from datetime import UTC, datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.db.models.functions import Now

from claims.access.locking import lock_claim
from claims.audit.contributions import open_revision
from claims.audit.operations import record
from claims.choices import ApprovalDecision, ChangeType, ClaimState, EventKind, Move, PlanState
from claims.editing.evidence import take_copies
from claims.errors import ChangedSinceApproval, FourEyes, IllegalMove
from claims.models import Approval, Claim, PublicationPlan, Verdict
from claims.review import rules
from claims.review.people import person
from claims.verdicts.candidate import build
from claims.verdicts.operations import start_revision


def enter(move: Move, claim_id: int, actor: User) -> tuple[Claim, rules.MoveRule, Verdict | None]:
    """The claim, locked, with the move's rule and the open revision, once state and person pass. Raises as rules do."""
    claim = lock_claim(claim_id)
    rule = rules.check_state(move, claim.state, claim.public_status())
    revision = open_revision(claim)
    rules.check_person(rule, person(actor, revision))
    return claim, rule, revision


def needed(revision: Verdict | None) -> Verdict:
    """The revision, for moves that are about one. Raises IllegalMove where there is none."""
    if revision is None:
        raise IllegalMove("This claim has no open revision.")
    return revision


def waiting_plan(claim: Claim) -> PublicationPlan | None:
    """The time that is set for the approved revision, if one is; `embargoed` says whether it may go out by hand now."""
    if claim.state != ClaimState.APPROVED:
        return None
    held = ExpressionWrapper(Q(embargo_until__isnull=False, embargo_until__gt=Now()), BooleanField())
    found = PublicationPlan.objects.waiting().filter(claim=claim).select_related("by")
    return found.annotate(embargoed=held).first()


def embargo_words(until: datetime) -> str:
    """What is said to whoever would publish too early."""
    stamp = until.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"This is under embargo until {stamp}. Wait for it, or take the time back first if the embargo is lifted."


def end_plan(claim: Claim, state: PlanState, at: datetime, *, note: str = "") -> bool:
    """What became of the time that was set for the claim, if one waits."""
    waiting = PublicationPlan.objects.waiting().filter(claim=claim)
    return bool(waiting.update(state=state, ended_at=at, note=note))


def set_state(claim: Claim, target: ClaimState | None, at: datetime, *, also: list[str] | None = None) -> None:
    """Put the claim where the move leads; None keeps the state. The one place that writes `Claim.state`.

    What is approved no longer has no time to publish at either.
    """
    if claim.state == ClaimState.APPROVED and target not in {None, ClaimState.APPROVED}:
        end_plan(claim, PlanState.TAKEN_BACK, at, note="The revision is not the approved one any more.")
    if target is not None:
        claim.state = target
    claim.changed_at = at
    claim.save(update_fields=["state", "changed_at", *(also or [])])


def reopen_as_copy(claim: Claim, frozen: Verdict, actor: User, at: datetime) -> Verdict:
    """Open the next revision as a copy of the frozen one, with everybody who had a hand in it."""
    take_copies(claim=claim, at=at)
    return start_revision(
        claim=claim,
        change_type=ChangeType(frozen.change_type),
        public_note=frozen.public_note,
        base=frozen,
        carry_contributors=True,
        actor=actor,
        at=at,
    )


def approve_frozen(
    claim: Claim,
    rule: rules.MoveRule,
    revision: Verdict,
    kind: EventKind,
    actor: User,
    at: datetime,
    *,
    comment: str = "",
    override: str | None = None,
) -> Approval:
    """Bind a decision to the frozen bytes, if what is under them is still the same. Raises ChangedSinceApproval."""
    if build(claim=claim, verdict=revision) != bytes(revision.candidate or b""):
        raise ChangedSinceApproval(
            "Something under the verdict changed since it was sent to review. Return it, so that it is sent again."
        )
    approval = decide(revision, actor, at, comment=comment, override=override)
    set_state(claim, rule.target, at)
    record(
        kind=kind,
        subject=revision,
        actor=actor,
        at=at,
        data={
            "number": revision.number,
            "comment": comment,
            "candidate_hash": revision.candidate_hash,
            **({"override_reason": override} if override is not None else {}),
        },
    )
    return approval


def decide(revision: Verdict, actor: User, at: datetime, *, comment: str, override: str | None = None) -> Approval:
    """Write the approval. Raises FourEyes if the trigger saw a hand that came in after our own look."""
    try:
        with transaction.atomic():
            return Approval.objects.create(
                verdict=revision,
                reviewer=actor,
                decision=ApprovalDecision.APPROVED,
                comment=comment,
                candidate_hash=revision.candidate_hash,
                override_reason=override,
                at=at,
            )
    except IntegrityError as error:
        if "contributed to revision" in str(error):  # the trigger saw a hand that came in after our own look
            raise FourEyes("You had a hand in this revision, so a second person must decide on it.") from error
        raise
