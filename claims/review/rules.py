"""The workflow as one table: each move, from where, to where, by whom, and what it needs. Pure; no database.

Only claims/review/operations.py writes `Claim.state`, and only by this table.
"""

from dataclasses import dataclass
from enum import StrEnum

from claims.choices import ClaimState, Move, PublicStatus, Role
from claims.errors import FourEyes, IllegalMove, Invalid, NotAllowed
from claims.text import plain

OVERRIDE_REASON_LENGTH = 20


class Tie(StrEnum):
    """What a person must or must not have had to do with the revision that a move is about."""

    NONE = "none"
    CONTRIBUTOR = "contributor"
    NO_CONTRIBUTOR = "no_contributor"
    NOT_BOTH = "not_both"


class Public(StrEnum):
    """What the public must see, or not, for a move to be open."""

    ANY = "any"
    NOTHING = "nothing"
    SOMETHING = "something"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class MoveRule:
    """One row. `target` None keeps the state.

    `text` names the written words that the move cannot go without, `instant` the time, `plan` asks for one that is set.
    """

    move: Move
    sources: frozenset[ClaimState]
    target: ClaimState | None
    role: Role | None
    tie: Tie = Tie.NONE
    public: Public = Public.ANY
    text: str = ""
    instant: str = ""
    plan: bool = False
    superuser: bool = False
    checklist: bool = False


S = ClaimState
ANY_STATE = frozenset(S)
_TABLE = (
    MoveRule(Move.CREATE, frozenset(), S.INBOX, Role.CONTRIBUTOR),
    MoveRule(Move.ACCEPT, frozenset({S.INBOX}), S.RESEARCHING, Role.FACT_CHECKER),
    MoveRule(
        Move.DECLINE,
        frozenset({S.INBOX, S.RESEARCHING}),
        S.DECLINED,
        Role.FACT_CHECKER,
        public=Public.NOTHING,
        text="reason",
    ),
    MoveRule(Move.MERGE, frozenset({S.INBOX, S.RESEARCHING}), S.MERGED, Role.FACT_CHECKER, public=Public.NOTHING),
    # Back to where it was merged from; the operation reads that off the claim.
    MoveRule(Move.UNMERGE, frozenset({S.MERGED}), None, Role.FACT_CHECKER, public=Public.NOTHING),
    MoveRule(
        Move.SUBMIT,
        frozenset({S.RESEARCHING}),
        S.IN_REVIEW,
        Role.CONTRIBUTOR,
        tie=Tie.CONTRIBUTOR,
        checklist=True,
    ),
    MoveRule(Move.WITHDRAW, frozenset({S.IN_REVIEW}), S.RESEARCHING, Role.CONTRIBUTOR, tie=Tie.CONTRIBUTOR),
    MoveRule(Move.RETURN, frozenset({S.IN_REVIEW, S.APPROVED}), S.RESEARCHING, Role.REVIEWER, text="comment"),
    MoveRule(Move.APPROVE, frozenset({S.IN_REVIEW}), S.APPROVED, Role.REVIEWER, tie=Tie.NO_CONTRIBUTOR),
    MoveRule(Move.OVERRIDE_APPROVE, frozenset({S.IN_REVIEW}), S.APPROVED, None, superuser=True, text="reason"),
    MoveRule(Move.PUBLISH, frozenset({S.APPROVED}), S.PUBLISHED, Role.PUBLISHER, tie=Tie.NOT_BOTH),
    MoveRule(Move.SCHEDULE, frozenset({S.APPROVED}), None, Role.PUBLISHER, tie=Tie.NOT_BOTH, instant="publish_at"),
    MoveRule(Move.UNSCHEDULE, frozenset({S.APPROVED}), None, Role.PUBLISHER, plan=True),
    MoveRule(
        Move.REVISE,
        frozenset({S.PUBLISHED}),
        S.RESEARCHING,
        Role.FACT_CHECKER,
        public=Public.SOMETHING,
        text="public_note",
    ),
    MoveRule(
        Move.ABANDON,
        frozenset({S.RESEARCHING, S.IN_REVIEW, S.APPROVED}),
        S.PUBLISHED,
        Role.FACT_CHECKER,
        public=Public.SOMETHING,
        text="reason",
    ),
    MoveRule(Move.PROPOSE_RETRACTION, ANY_STATE, None, Role.FACT_CHECKER, public=Public.LIVE, text="public_note"),
    MoveRule(Move.RETRACT, ANY_STATE, None, Role.PUBLISHER, tie=Tie.NO_CONTRIBUTOR, public=Public.LIVE),
    MoveRule(Move.REOPEN, frozenset({S.DECLINED}), S.INBOX, Role.FACT_CHECKER, text="reason"),
)
RULES: dict[Move, MoveRule] = {rule.move: rule for rule in _TABLE}


@dataclass(frozen=True, slots=True)
class Person:
    """What the rules need to know of whoever wants to move: roles, and what they did to the revision in question."""

    roles: frozenset[Role]
    superuser: bool = False
    contributor: bool = False
    approver: bool = False


def check_state(move: Move, state: str, public: PublicStatus) -> MoveRule:
    """The move's rule, if the claim's state and public status let anybody make it. Raises IllegalMove."""
    rule = RULES[move]
    if state not in rule.sources:
        where = ", ".join(source.label.lower() for source in ClaimState if source in rule.sources)
        raise IllegalMove(
            f"“{move.label}” is not open for a claim that is {ClaimState(state).label.lower()}. It starts from: {where}"
        )
    if rule.public == Public.NOTHING and public != PublicStatus.NONE:
        raise IllegalMove(f"“{move.label}” is for claims with nothing public. Propose a retraction instead.")
    if rule.public == Public.SOMETHING and public == PublicStatus.NONE:
        raise IllegalMove(f"“{move.label}” needs something public, and nothing of this claim is.")
    if rule.public == Public.LIVE and public != PublicStatus.LIVE:
        raise IllegalMove(f"“{move.label}” needs a live verdict, and this claim has none.")
    return rule


def check_person(rule: MoveRule, person: Person) -> None:
    """Passes if this person may make the move. Raises NotAllowed, or FourEyes where their own hand bars them."""
    move = rule.move
    if rule.superuser and not person.superuser:
        raise NotAllowed(f"“{move.label}” is for superusers, in writing and seen by everyone.")
    if rule.role is not None and rule.role not in person.roles:
        raise NotAllowed(f"“{move.label}” takes the role {rule.role.label.lower()}. Ask a colleague who has it.")
    if rule.tie == Tie.CONTRIBUTOR and not person.contributor:
        raise NotAllowed(f"“{move.label}” is for those who worked on this revision, and you did not.")
    if rule.tie == Tie.NO_CONTRIBUTOR and person.contributor:
        raise FourEyes("You had a hand in this revision, so a second person must decide on it.")
    if rule.tie == Tie.NOT_BOTH and person.contributor and person.approver:
        raise FourEyes("You both worked on this revision and approved it, so somebody else must publish it.")


def check_text(rule: MoveRule, text: str) -> str:
    """The written words that the move needs, as plain text. Raises Invalid if they are missing or too short."""
    words = plain(text).strip()
    if rule.text and not words:
        raise Invalid(
            f"“{rule.move.label}” needs a written {rule.text.replace('_', ' ')}.",
            fields={rule.text: ["Write it down."]},
        )
    if rule.move == Move.OVERRIDE_APPROVE and len(words) < OVERRIDE_REASON_LENGTH:
        raise Invalid(
            f"An override needs a reason of at least {OVERRIDE_REASON_LENGTH} characters; everyone will read it.",
            fields={rule.text: [f"At least {OVERRIDE_REASON_LENGTH} characters."]},
        )
    return words
