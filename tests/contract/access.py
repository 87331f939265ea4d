"""Who may call what: what each operation of the API asks for, in the terms of the tables of roles and moves.

The tables say who holds what; here stands only which of their rows an operation goes by, and a request that whoever may
is answered with success. So the expectation comes from the tables, and the observation from the running API.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from claims.access.roles import GRANTS, LADDER, Operation
from claims.api.schema import METHODS
from claims.choices import ClaimState, Move, Role, Scope
from claims.errors import NotAllowed
from claims.review.rules import RULES, Person, check_person

CALLERS = ("anonymous", "wrong key", "reader key", *(role.label.lower() for role in (*LADDER, Role.ADMINISTRATOR)))
_ROLES = {role.label.lower(): role for role in (*LADDER, Role.ADMINISTRATOR)}


class Other(StrEnum):
    """What is open by other rules than those of the desk."""

    PUBLIC = "everybody"
    KEY = "any key"
    READS = "a consumer's key that reads verdicts"
    WEBHOOKS = "a consumer's key that manages webhooks"


Needs = Operation | Move | Other


@dataclass(frozen=True, slots=True)
class Call:
    """One operation: what it needs, in which state the claim is that it is asked of, and what is sent."""

    needs: Needs
    state: ClaimState | None = None
    on: str = ""  # the name of the prepared thing that the address is about
    body: Any = None
    match: bool = False  # with the ETag of what stands
    parts: dict[str, Any] = field(default_factory=dict)  # further parts of the address
    also: int = 0  # a further status that only whoever may gets


def expected(call: Call, caller: str) -> str:
    """`yes`, `401` or `403`, by the tables alone. Whoever asks has no hand in the thing and did not make it."""
    if caller == "wrong key":
        return "401"
    if call.needs == Other.PUBLIC:
        return "yes"
    if caller == "anonymous":
        return "401"
    if isinstance(call.needs, Other):
        return "yes" if call.needs == Other.KEY or (caller == "reader key" and call.needs == Other.READS) else "403"
    if caller == "reader key":
        return "403"
    held = held_by(_ROLES[caller])
    if isinstance(call.needs, Move):
        return "yes" if _may_move(call.needs, held) else "403"
    granted = any(
        grant.operation == call.needs
        and not grant.own
        and grant.role in held
        and (call.state is None or call.state in grant.states)
        for grant in GRANTS
    )
    return "yes" if granted else "403"


def held_by(role: Role) -> frozenset[Role]:
    """The role with those below it; the administrator stands apart."""
    if role == Role.ADMINISTRATOR:
        return frozenset({role})
    return frozenset(LADDER[: LADDER.index(role) + 1])


def _may_move(move: Move, held: frozenset[Role]) -> bool:
    try:
        check_person(RULES[move], Person(roles=held))
    except NotAllowed:
        return False
    return True


def operations(description: dict[str, Any]) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Every operation of the description by its id: method, path, and what is said of it."""
    return {
        operation["operationId"]: (method.upper(), path, operation)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    }


def markdown(matrix: dict[str, dict[str, str]], calls: dict[str, Call], paths: dict[str, tuple[str, str]]) -> str:
    """The page `docs/access.md`."""
    lines = [
        "# Who may call what",
        "",
        "Seen by asking the running API as each kind of caller, and held against the tables of roles and moves by a",
        "test; `UPDATE_ACCESS=1 pytest -n 0 tests/contract` writes this page anew. People ask by a key that",
        "has every scope of the desk; the reader key is a consumer's with `verdicts:read`. Whoever asks did not make",
        "the thing and had no hand in the revision: contributors may do more to what is their own, and only who worked",
        "on a revision submits or withdraws it ([workflow.md](workflow.md)). `yes` is a success, 401 and 403 refusals.",
        "",
        f"| operation | goes by | {' | '.join(CALLERS)} |",
        f"|---|---|{'---|' * len(CALLERS)}",
    ]
    for name, row in sorted(matrix.items(), key=lambda item: (paths[item[0]][1], paths[item[0]][0])):
        method, path = paths[name]
        cells = " | ".join(row[caller] for caller in CALLERS)
        lines.append(f"| `{method} {path.removeprefix('/api/v1')}` | {_words(calls[name].needs)} | {cells} |")
    return "\n".join(lines) + "\n"


def _words(needs: Needs) -> str:
    if isinstance(needs, Other):
        return needs.value
    return f"move `{needs.value}`" if isinstance(needs, Move) else f"`{needs.value}`"


DESK_SCOPES = [Scope.VERDICTS_READ.value, Scope.DESK_READ.value, Scope.DESK_WRITE.value]
