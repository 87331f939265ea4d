"""Each move × role × state, through the real operations, against the table of the design restated by hand."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from claims.choices import ChangeType, ClaimState, Move, PublicStatus, Role
from claims.errors import IllegalMove, NotAllowed
from claims.models import Claim, VerdictContributor
from claims.review import operations as moves
from claims.review import scheduling
from claims.review.printed import markdown
from claims.review.rules import RULES
from tests.review.conftest import Desk

S = ClaimState
FAR = datetime(2100, 1, 1, tzinfo=UTC)
CONTRIBUTOR_UP = ("contributor", "fact_checker", "reviewer", "publisher")
FACT_CHECKER_UP = CONTRIBUTOR_UP[1:]
REVIEWER_UP = CONTRIBUTOR_UP[2:]
# move: from where, who, where to (None: stays). Hands in the revision are given apart, by TIED.
DESIGN: dict[Move, tuple[set[ClaimState], tuple[str, ...], ClaimState | None]] = {
    Move.ACCEPT: ({S.INBOX}, FACT_CHECKER_UP, S.RESEARCHING),
    Move.DECLINE: ({S.INBOX, S.RESEARCHING}, FACT_CHECKER_UP, S.DECLINED),
    Move.MERGE: ({S.INBOX, S.RESEARCHING}, FACT_CHECKER_UP, S.MERGED),
    Move.UNMERGE: ({S.MERGED}, FACT_CHECKER_UP, S.INBOX),
    Move.SUBMIT: ({S.RESEARCHING}, CONTRIBUTOR_UP, S.IN_REVIEW),
    Move.WITHDRAW: ({S.IN_REVIEW}, CONTRIBUTOR_UP, S.RESEARCHING),
    Move.RETURN: ({S.IN_REVIEW, S.APPROVED}, REVIEWER_UP, S.RESEARCHING),
    Move.APPROVE: ({S.IN_REVIEW}, REVIEWER_UP, S.APPROVED),
    Move.OVERRIDE_APPROVE: ({S.IN_REVIEW}, ("superuser",), S.APPROVED),
    Move.PUBLISH: ({S.APPROVED}, ("publisher",), S.PUBLISHED),
    Move.SCHEDULE: ({S.APPROVED}, ("publisher",), None),
    Move.UNSCHEDULE: ({S.APPROVED}, ("publisher",), None),
    Move.REVISE: ({S.PUBLISHED}, FACT_CHECKER_UP, S.RESEARCHING),
    Move.ABANDON: ({S.RESEARCHING, S.IN_REVIEW, S.APPROVED}, FACT_CHECKER_UP, S.PUBLISHED),
    Move.PROPOSE_RETRACTION: (set(S), FACT_CHECKER_UP, None),
    Move.RETRACT: (set(S), ("publisher",), None),
    Move.REOPEN: ({S.DECLINED}, FACT_CHECKER_UP, S.INBOX),
}
NEEDS_PUBLIC = {Move.REVISE, Move.ABANDON, Move.PROPOSE_RETRACTION, Move.RETRACT}
TIED = {Move.SUBMIT, Move.WITHDRAW}
PEOPLE = ("nobody", *CONTRIBUTOR_UP, "administrator", "superuser")


def _make(move: Move, claim: Claim, other: Claim) -> Callable[..., Any]:
    reason = {"reason": "A reason of more than twenty characters."}
    calls: dict[Move, tuple[Callable[..., Any], dict[str, Any]]] = {
        Move.ACCEPT: (moves.accept, {}),
        Move.DECLINE: (moves.decline, {"reason": "opinion"}),
        Move.MERGE: (moves.merge, {"into_id": other.pk}),
        Move.UNMERGE: (moves.unmerge, {}),
        Move.SUBMIT: (moves.submit, {}),
        Move.WITHDRAW: (moves.withdraw, {}),
        Move.RETURN: (moves.return_to_writer, {"comment": "Look again."}),
        Move.APPROVE: (moves.approve, {}),
        Move.OVERRIDE_APPROVE: (moves.override_approve, reason),
        Move.PUBLISH: (moves.publish, {}),
        Move.SCHEDULE: (scheduling.schedule, {"publish_at": FAR}),
        Move.UNSCHEDULE: (scheduling.unschedule, {}),
        Move.REVISE: (moves.revise, {"change_type": ChangeType.CORRECTION, "public_note": "The month was wrong."}),
        Move.ABANDON: (moves.abandon, reason),
        Move.PROPOSE_RETRACTION: (moves.propose_retraction, {"public_note": "The source was forged."}),
        Move.RETRACT: (moves.retract, {}),
        Move.REOPEN: (moves.reopen, reason),
    }
    operation, words = calls[move]
    return lambda actor, at: operation(claim_id=claim.pk, actor=actor, at=at, **words)


def _public_claim_in(desk: Desk, state: ClaimState) -> Claim:
    """A claim with a live verdict and a proposed retraction, its open revision carried to the state."""
    claim = desk.published()
    moves.propose_retraction(claim_id=claim.pk, public_note="Forged.", actor=desk.writer, at=desk.at())
    if state != S.PUBLISHED:
        desk.revise(claim)
        desk.draft(claim, "It covers a quarter.")
    if state in {S.IN_REVIEW, S.APPROVED}:
        moves.submit(claim_id=claim.pk, actor=desk.writer, at=desk.at())
    if state == S.APPROVED:
        moves.approve(claim_id=claim.pk, actor=desk.reviewer, at=desk.at())
    return Claim.objects.get(pk=claim.pk)


def _person(desk: Desk, name: str) -> User:
    role = Role(name) if name in Role.values else None
    return desk.person(f"probe-{name}", role, superuser=name == "superuser")


def _expected(move: Move, name: str, claim: Claim, *, contributor: bool) -> type[Exception] | None:
    sources, who, _ = DESIGN[move]
    status = claim.public_status()
    if claim.state not in sources:
        return IllegalMove
    if move in NEEDS_PUBLIC and status == PublicStatus.NONE:
        return IllegalMove
    if move in {Move.DECLINE, Move.MERGE} and status != PublicStatus.NONE:
        return IllegalMove
    if name not in who:
        return NotAllowed
    if move in TIED and not contributor:
        return NotAllowed
    return None


def _try(move: Move, claim: Claim, other: Claim, actor: User, desk: Desk) -> type[Exception] | ClaimState:
    """Makes the move and rolls it back: the state it led to, or the error's class."""
    point = transaction.savepoint()
    try:
        if move == Move.UNSCHEDULE and claim.state == S.APPROVED:
            scheduling.schedule(claim_id=claim.pk, publish_at=FAR, actor=desk.publisher, at=desk.at())
        _make(move, claim, other)(actor, desk.at())
    except (IllegalMove, NotAllowed) as error:
        return IllegalMove if isinstance(error, IllegalMove) else NotAllowed
    else:
        return ClaimState(Claim.objects.get(pk=claim.pk).state)
    finally:
        transaction.savepoint_rollback(point)


@pytest.mark.parametrize(
    ("state", "public"),
    [(state, False) for state in S if state != S.PUBLISHED]
    + [(state, True) for state in (S.RESEARCHING, S.IN_REVIEW, S.APPROVED, S.PUBLISHED)],
)
def test_each_move_by_each_role(desk: Desk, state: ClaimState, public: bool):
    claim = _public_claim_in(desk, state) if public else desk.claim_in(state)
    other = desk.inbox()
    surprises = []

    for move, (_, _, target) in DESIGN.items():
        for name in PEOPLE:
            actor = _person(desk, name)
            if move in TIED and claim.state in DESIGN[move][0]:
                newest = claim.verdicts.revisions().order_by("-number").first()
                assert newest is not None
                VerdictContributor.objects.get_or_create(verdict=newest, user=actor, defaults={"at": desk.at()})
            contributor = move in TIED
            expected = _expected(move, name, claim, contributor=contributor)
            landing = (target or claim.state) if expected is None else expected
            got = _try(move, claim, other, actor, desk)
            if got != landing:
                surprises.append(f"{move} by {name} from {state}: expected {landing}, got {got}")
        if move in TIED:  # those hands must not bar anybody from the moves that follow
            claim = _public_claim_in(desk, state) if public else desk.claim_in(state)

    assert surprises == []


@pytest.mark.parametrize("move", sorted(TIED))
def test_a_move_of_contributors_is_closed_to_others_of_the_same_role(desk: Desk, move: Move):
    claim = desk.written() if move == Move.SUBMIT else desk.in_review()
    stranger = desk.person("stranger", Role.PUBLISHER)

    with pytest.raises(NotAllowed):
        _make(move, claim, claim)(stranger, desk.at())


def test_the_rules_hold_every_move_of_the_design():
    assert set(RULES) == set(DESIGN) | {Move.CREATE}
    assert {m: set(r.sources) for m, r in RULES.items() if m != Move.CREATE} == {m: row[0] for m, row in DESIGN.items()}


def test_the_documentation_prints_the_tables_as_they_are(pytestconfig: pytest.Config):
    page = pytestconfig.rootpath / "docs" / "workflow.md"

    assert page.read_text(encoding="utf-8") == markdown()
