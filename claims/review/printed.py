"""The tables of moves and of permissions as Markdown, so that the documentation cannot drift from the code."""

from collections.abc import Iterable

from claims.access.roles import ALL_STATES, GRANTS
from claims.choices import ClaimState, Move, Role
from claims.review.rules import ANY_STATE, RULES, Public, Tie

_TIES = {
    Tie.NONE: "",
    Tie.CONTRIBUTOR: "a contributor of the revision",
    Tie.NO_CONTRIBUTOR: "no contributor of the revision",
    Tie.NOT_BOTH: "not both its contributor and its approver",
}
_PUBLIC = {
    Public.ANY: "",
    Public.NOTHING: "nothing public",
    Public.SOMETHING: "something public",
    Public.LIVE: "a live verdict",
}


def markdown() -> str:
    """The whole page `docs/workflow.md`."""
    lines = [
        "# The workflow and who may do what",
        "",
        "Printed by `manage.py print_rules` from `claims/review/rules.py` and `claims/access/roles.py`;",
        "a test keeps it true.",
        "",
        "A move in the wrong state is refused with 409 `illegal_move`, by the wrong person with 403, with an unmet",
        "checklist with 422. What the public sees (none, live, retracted) is derived from publications, never a state.",
        "",
        "What is approved may wait for a time that a publisher sets (`schedule`): it goes out then, with every check",
        "of `publish` made again in that publisher's name, and nothing of it is public before. What stops it opens a",
        "look-again item. An embargo also closes `publish` by hand until its end; `unschedule` lifts it.",
        "",
        "## Moves",
        "",
        "| move | from | to | role | person | needs |",
        "|---|---|---|---|---|---|",
    ]
    for rule in RULES.values():
        needs = [
            part
            for part in (
                _PUBLIC[rule.public],
                "the checklist" if rule.checklist else "",
                f"a written {rule.text.replace('_', ' ')}" if rule.text else "",
                "a time in the future" if rule.instant else "",
                "a time that is set" if rule.plan else "",
            )
            if part
        ]
        role = rule.role.label if rule.role else "superuser"
        kept = "where it was merged from" if rule.move == Move.UNMERGE else "stays"
        target = rule.target.label if rule.target else kept
        lines.append(
            f"| `{rule.move}` | {_states(rule.sources, ANY_STATE)} | {target} | {role} | {_TIES[rule.tie]} "
            f"| {', '.join(needs)} |"
        )
    lines += [
        "",
        "## Everything else",
        "",
        "Contributor ⊂ fact-checker ⊂ reviewer ⊂ publisher. An administrator configures and makes no editorial move.",
        "",
        "| operation | role | whose | in which states |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| `{grant.operation}` | {Role(grant.role).label} | {'own' if grant.own else 'any'} "
        f"| {_states(grant.states, ALL_STATES)} |"
        for grant in GRANTS
    ]
    return "\n".join(lines) + "\n"


def _states(states: Iterable[ClaimState], everything: Iterable[ClaimState]) -> str:
    chosen = set(states)
    if chosen == set(everything):
        return "any"
    return ", ".join(state.label.lower() for state in ClaimState if state in chosen) or "–"
