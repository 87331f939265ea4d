"""Who may do what: one table of operation × role × own or any × state. The docs and the permission test read it.

Moves of the workflow have their own table in claims/review/rules.py. A role is membership of the Django group of its
name. Each editorial role holds what those before it hold; the administrator stands apart and makes no editorial move.
"""

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser, User
from django.db import models

from claims.choices import EDITABLE_STATES, WATCHED_STATES, ClaimState, Role
from claims.errors import IllegalMove, NotAllowed
from claims.models import Claim

LADDER = (Role.CONTRIBUTOR, Role.FACT_CHECKER, Role.REVIEWER, Role.PUBLISHER)
ALL_STATES = frozenset(ClaimState)


class Operation(models.TextChoices):
    """What a person may do besides the moves."""

    READ_DESK = "read_desk", "read the desk"
    CREATE_CLAIM = "create_claim", "create a claim"
    EDIT_CLAIM = "edit_claim", "edit a claim"
    ASSIGN = "assign", "assign people"
    ADD_EVIDENCE = "add_evidence", "add evidence"
    EDIT_EVIDENCE = "edit_evidence", "edit or withdraw evidence"
    DECIDE_COVERAGE = "decide_coverage", "keep or dismiss coverage"
    SPLIT_STORY = "split_story", "say which pages carry the same story"
    SEARCH_COVERAGE = "search_coverage", "search for coverage"
    WRITE_VERDICT = "write_verdict", "write the verdict"
    WAIVE_CHECK = "waive_check", "waive a checklist line"
    ADD_NOTE = "add_note", "write a note"
    ASK_REPLY = "ask_reply", "ask for a reply"
    CLOSE_REVIEW_ITEM = "close_review_item", "close a look-again item"
    EDIT_CLAIMANT = "edit_claimant", "edit a claimant"
    CONFIGURE = "configure", "configure sources, scales and outlets"
    MANAGE_KEYS = "manage_keys", "issue and revoke keys"
    MANAGE_JOBS = "manage_jobs", "requeue and cancel jobs"
    MANAGE_WEBHOOKS = "manage_webhooks", "switch webhooks on and off, test them and send again"
    REDACT = "redact", "erase what the law forbids to keep"
    AGREE_TO_REDACT = "agree_to_redact", "agree to a lawful erasure"


@dataclass(frozen=True, slots=True)
class Grant:
    """One row: this role, and those above it, may do this in these states; `own` limits it to what they made."""

    operation: Operation
    role: Role
    states: frozenset[ClaimState] = ALL_STATES
    own: bool = False


GRANTS: tuple[Grant, ...] = (
    Grant(Operation.READ_DESK, Role.CONTRIBUTOR),
    Grant(Operation.READ_DESK, Role.ADMINISTRATOR),
    Grant(Operation.CREATE_CLAIM, Role.CONTRIBUTOR),
    Grant(Operation.EDIT_CLAIM, Role.CONTRIBUTOR, frozenset({ClaimState.INBOX}), own=True),
    Grant(Operation.EDIT_CLAIM, Role.FACT_CHECKER, EDITABLE_STATES),
    Grant(Operation.ASSIGN, Role.FACT_CHECKER, ALL_STATES - {ClaimState.DECLINED, ClaimState.MERGED}),
    Grant(Operation.ADD_EVIDENCE, Role.CONTRIBUTOR, EDITABLE_STATES),
    Grant(Operation.EDIT_EVIDENCE, Role.CONTRIBUTOR, EDITABLE_STATES, own=True),
    Grant(Operation.EDIT_EVIDENCE, Role.FACT_CHECKER, EDITABLE_STATES),
    Grant(Operation.DECIDE_COVERAGE, Role.CONTRIBUTOR, WATCHED_STATES | {ClaimState.INBOX}),
    Grant(Operation.SEARCH_COVERAGE, Role.CONTRIBUTOR, WATCHED_STATES),
    Grant(Operation.SPLIT_STORY, Role.FACT_CHECKER),
    Grant(Operation.WRITE_VERDICT, Role.FACT_CHECKER, frozenset({ClaimState.RESEARCHING})),
    Grant(Operation.WAIVE_CHECK, Role.FACT_CHECKER, frozenset({ClaimState.RESEARCHING})),
    Grant(Operation.ADD_NOTE, Role.CONTRIBUTOR),
    Grant(Operation.ASK_REPLY, Role.FACT_CHECKER, WATCHED_STATES),
    Grant(Operation.CLOSE_REVIEW_ITEM, Role.FACT_CHECKER),
    Grant(Operation.EDIT_CLAIMANT, Role.FACT_CHECKER),
    Grant(Operation.CONFIGURE, Role.ADMINISTRATOR),
    Grant(Operation.MANAGE_KEYS, Role.ADMINISTRATOR),
    Grant(Operation.MANAGE_JOBS, Role.ADMINISTRATOR),
    Grant(Operation.MANAGE_WEBHOOKS, Role.ADMINISTRATOR),
    Grant(Operation.REDACT, Role.ADMINISTRATOR),
    Grant(Operation.AGREE_TO_REDACT, Role.PUBLISHER),
)


def roles_of(user: User | AnonymousUser) -> frozenset[Role]:
    """Every role that the person holds, lower ones included. Nobody inactive holds any; a superuser administers."""
    if not user.is_active or not user.is_authenticated:
        return frozenset()
    known: frozenset[Role] | None = user.__dict__.get("_desk_roles")
    if known is not None:
        return known
    named = {Role(name) for name in user.groups.values_list("name", flat=True) if name in Role.values}
    highest = max((LADDER.index(role) for role in named if role in LADDER), default=-1)
    held = set(LADDER[: highest + 1])
    if Role.ADMINISTRATOR in named or user.is_superuser:
        held.add(Role.ADMINISTRATOR)
    roles = frozenset(held)
    user.__dict__["_desk_roles"] = roles  # one question per request; a request's user object is its own
    return roles


def holds(user: User | AnonymousUser, role: Role) -> bool:
    """Whether the person holds the role, by itself or through a higher one."""
    return role in roles_of(user)


def may(user: User | AnonymousUser, operation: Operation, *, state: str | None = None, own: bool = False) -> bool:
    """Whether some row of the table lets this person do this, to what is their own or not, in this state."""
    return any(
        grant.operation == operation
        and (own or not grant.own)
        and (state is None or state in grant.states)
        and holds(user, grant.role)
        for grant in GRANTS
    )


def require(
    user: User | AnonymousUser, operation: Operation, claim: Claim | None = None, *, owner_id: int | None = None
) -> None:
    """Passes if the table lets the person do this to the claim.

    `owner_id` names whose thing it is (evidence, say); without it, whoever created the claim. Raises IllegalMove where
    the state lets nobody do it, NotAllowed where it lets others.
    """
    state = claim.state if claim is not None else None
    if state is not None and not any(g.operation == operation and state in g.states for g in GRANTS):
        raise IllegalMove(f"A claim that is {ClaimState(state).label.lower()} does not let anybody {operation.label}.")
    owner = owner_id if owner_id is not None or claim is None else claim.created_by_id
    if not may(user, operation, state=state, own=owner is not None and owner == user.pk):
        raise NotAllowed(f"Your role does not let you {operation.label} here. Ask a colleague whose role does.")
