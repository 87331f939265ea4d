"""Each operation × role × state × own, by the table of permissions, against what the design says of each role."""

from itertools import product

import pytest

from claims.access.roles import ALL_STATES, GRANTS, LADDER, Operation, require
from claims.choices import EDITABLE_STATES, ClaimState, Role
from claims.errors import IllegalMove, NotAllowed
from claims.models import Claim
from tests.factories import UserFactory

PEOPLE = (*(role.value for role in Role), "nobody", "superuser")
CLOSED_UNDER_REVIEW = {
    Operation.EDIT_CLAIM,
    Operation.ADD_EVIDENCE,
    Operation.EDIT_EVIDENCE,
    Operation.WRITE_VERDICT,
    Operation.WAIVE_CHECK,
}
ADMINISTRATION = {
    Operation.CONFIGURE,
    Operation.MANAGE_KEYS,
    Operation.MANAGE_WEBHOOKS,
    Operation.MANAGE_JOBS,
    Operation.REDACT,
}


def _held(name: str) -> set[str]:
    """The roles that a person of this one role holds, by the ladder."""
    if name in {"superuser", Role.ADMINISTRATOR}:
        return {Role.ADMINISTRATOR}
    return set(LADDER[: LADDER.index(Role(name)) + 1]) if name in Role.values else set()


def _expected(operation: Operation, name: str, state: ClaimState, *, own: bool) -> str:
    rows = [grant for grant in GRANTS if grant.operation == operation and state in grant.states]
    if not rows:
        return "illegal_move"
    return "done" if any(row.role in _held(name) and (own or not row.own) for row in rows) else "not_allowed"


@pytest.mark.django_db
def test_each_operation_by_each_role_in_each_state():
    people = {
        name: UserFactory.create(role=name if name in Role.values else None, superuser=name == "superuser")
        for name in PEOPLE
    }
    stranger = UserFactory.create()
    surprises = []

    for operation, name, state, own in product(Operation, PEOPLE, ClaimState, (True, False)):
        claim = Claim(state=state, created_by=people[name] if own else stranger)
        try:
            require(people[name], operation, claim)
            got = "done"
        except (IllegalMove, NotAllowed) as error:
            got = error.code
        if got != _expected(operation, name, state, own=own):
            surprises.append(f"{operation} by {name} in {state}, own {own}: {got}")

    assert surprises == []


def test_the_table_says_what_the_design_says():
    assert {grant.operation for grant in GRANTS} == set(Operation)
    for grant in GRANTS:
        if grant.operation in CLOSED_UNDER_REVIEW:
            assert grant.states <= EDITABLE_STATES, "nobody edits what is under review or public"
        allowed = {Role.ADMINISTRATOR} if grant.operation in ADMINISTRATION else set(LADDER) | {Role.ADMINISTRATOR}
        assert grant.role in allowed
        if grant.role == Role.ADMINISTRATOR:
            assert grant.operation in ADMINISTRATION | {Operation.READ_DESK}, "an administrator makes no editorial move"
    edits = {(grant.role, grant.own): grant.states for grant in GRANTS if grant.operation == Operation.EDIT_CLAIM}
    assert edits == {
        (Role.CONTRIBUTOR, True): frozenset({ClaimState.INBOX}),
        (Role.FACT_CHECKER, False): EDITABLE_STATES,
    }
    assert frozenset(ClaimState) == ALL_STATES
