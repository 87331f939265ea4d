"""The moves as buttons: which words each asks for, and the operation that it calls."""

from collections.abc import Callable
from dataclasses import dataclass

from django import forms

from claims.admin.calls import Call
from claims.admin.forms import (
    CommentForm,
    DeclineForm,
    MergeForm,
    ReasonForm,
    RetractionForm,
    ReturnForm,
    ReviseForm,
    ScheduleForm,
    UnscheduleForm,
)
from claims.choices import Move
from claims.review import operations as moves
from claims.review import scheduling

Deed = Callable[[Call], object]


@dataclass(frozen=True, slots=True)
class MoveButton:
    """One move: the button's place, the form for its words, what it does, and what is said when it is done."""

    move: Move
    done: str
    do: Deed
    form: type[forms.Form] | None = None
    forward: bool = False  # leads towards publication: set apart from the rest
    hint: str = ""


def _accept(call: Call) -> object:
    return moves.accept(claim_id=call.claim.pk, **call.by())


def _submit(call: Call) -> object:
    return moves.submit(claim_id=call.claim.pk, **call.by())


def _approve(call: Call) -> object:
    return moves.approve(claim_id=call.claim.pk, comment=call.given["comment"], **call.by())


def _publish(call: Call) -> object:
    return moves.publish(claim_id=call.claim.pk, **call.by())


def _schedule(call: Call) -> object:
    return scheduling.schedule(claim_id=call.claim.pk, **call.given, **call.by())


def _unschedule(call: Call) -> object:
    return scheduling.unschedule(claim_id=call.claim.pk, reason=call.given["reason"], **call.by())


def _retract(call: Call) -> object:
    return moves.retract(claim_id=call.claim.pk, comment=call.given["comment"], **call.by())


def _revise(call: Call) -> object:
    return moves.revise(
        claim_id=call.claim.pk,
        change_type=call.given["change_type"],
        public_note=call.given["public_note"],
        **call.by(),
    )


def _return(call: Call) -> object:
    return moves.return_to_writer(claim_id=call.claim.pk, comment=call.given["comment"], **call.by())


def _withdraw(call: Call) -> object:
    return moves.withdraw(claim_id=call.claim.pk, **call.by())


def _decline(call: Call) -> object:
    return moves.decline(claim_id=call.claim.pk, **call.given, **call.by())


def _merge(call: Call) -> object:
    return moves.merge(claim_id=call.claim.pk, into_id=call.given["into"].pk, **call.by())


def _unmerge(call: Call) -> object:
    return moves.unmerge(claim_id=call.claim.pk, **call.by())


def _reopen(call: Call) -> object:
    return moves.reopen(claim_id=call.claim.pk, reason=call.given["reason"], **call.by())


def _abandon(call: Call) -> object:
    return moves.abandon(claim_id=call.claim.pk, reason=call.given["reason"], **call.by())


def _propose_retraction(call: Call) -> object:
    return moves.propose_retraction(claim_id=call.claim.pk, **call.given, **call.by())


def _override(call: Call) -> object:
    return moves.override_approve(claim_id=call.claim.pk, reason=call.given["reason"], **call.by())


_BUTTONS = (
    MoveButton(Move.ACCEPT, "The claim is taken on. Its coverage is being looked for.", _accept, forward=True),
    MoveButton(Move.SUBMIT, "Sent to review. A second person can now read and decide.", _submit, forward=True),
    MoveButton(Move.APPROVE, "Approved. What you read is what will be published.", _approve, CommentForm, forward=True),
    MoveButton(Move.PUBLISH, "Published. Consumers can pull the verdict now.", _publish, forward=True),
    MoveButton(Move.SCHEDULE, "The time is set. Nothing of it is public before.", _schedule, ScheduleForm),
    MoveButton(Move.UNSCHEDULE, "The time is taken back. The revision stays approved.", _unschedule, UnscheduleForm),
    MoveButton(Move.REVISE, "A revision is open. What is public stays until it is published.", _revise, ReviseForm),
    MoveButton(Move.RETURN, "Returned to the writer with your comment.", _return, ReturnForm),
    MoveButton(Move.WITHDRAW, "Taken back from review. The draft is open again.", _withdraw),
    MoveButton(Move.REOPEN, "Back in the inbox.", _reopen, ReasonForm),
    MoveButton(Move.UNMERGE, "The claim stands by itself again.", _unmerge),
    MoveButton(Move.RETRACT, "Retracted. Readers see the reason instead of the verdict.", _retract, CommentForm),
    MoveButton(Move.DECLINE, "Declined.", _decline, DeclineForm),
    MoveButton(Move.MERGE, "Merged. Its sources and coverage stay its own.", _merge, MergeForm),
    MoveButton(Move.ABANDON, "The revision is given up; what was public stays.", _abandon, ReasonForm),
    MoveButton(
        Move.PROPOSE_RETRACTION,
        "Proposed. A publisher who had no hand in it decides.",
        _propose_retraction,
        RetractionForm,
    ),
    MoveButton(
        Move.OVERRIDE_APPROVE,
        "Approved by override. Everyone sees the reason.",
        _override,
        ReasonForm,
        hint="Against the four eyes. The reason, at least 20 characters, is shown to everyone for ever.",
    ),
)
BUTTONS: dict[Move, MoveButton] = {button.move: button for button in _BUTTONS}
