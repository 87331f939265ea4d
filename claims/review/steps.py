"""The steps that moves are made of: enter under lock, decide, change the state. Only the moves call these."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from claims.access.locking import lock_claim
from claims.audit.contributions import open_revision
from claims.audit.operations import record
from claims.choices import ApprovalDecision, ChangeType, ClaimState, EventKind, Move
from claims.editing.evidence import take_copies
from claims.errors import ChangedSinceApproval, FourEyes, IllegalMove
from claims.models import Approval, Claim, Verdict
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


def set_state(claim: Claim, target: ClaimState | None, at: datetime, *, also: list[str] | None = None) -> None:
    """Put the claim where the move leads; None keeps the state. The one place that writes `Claim.state`."""
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
