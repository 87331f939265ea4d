"""Every error of the domain, with the code and HTTP status that the API gives it.

Each message says what happened and what to do next, in words an editor can use. A raised error changed nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


class DomainError(Exception):
    """Base of what operations refuse. `code` is stable; `message` is for people; `fields` names the inputs at fault."""

    code = "refused"
    status = 400

    def __init__(self, message: str, *, fields: Mapping[str, Sequence[str]] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fields: dict[str, list[str]] = {name: list(texts) for name, texts in (fields or {}).items()}


class Invalid(DomainError):
    """The input breaks a rule of the field it was given for."""

    code = "invalid"
    status = 400


class NotAllowed(DomainError):
    """This person may not do this; somebody else may."""

    code = "not_allowed"
    status = 403


class FourEyes(NotAllowed):
    """This person had a hand in the revision, so another must decide on it."""

    code = "four_eyes"


class IllegalMove(DomainError):
    """The claim is not in a state from which this can be done; the same for everybody."""

    code = "illegal_move"
    status = 409


class ChangedSinceApproval(DomainError):
    """What would be published is not, byte for byte, what was approved."""

    code = "changed_since_approval"
    status = 409


class Embargoed(DomainError):
    """What is approved may not be public before an agreed instant; the same for everybody."""

    code = "embargoed"
    status = 409


class Conflict(DomainError):
    """The thing exists already, or is in use, so that this would contradict it."""

    code = "conflict"
    status = 409


class StaleWrite(DomainError):
    """Somebody saved in between. `fields` holds, by field, [what they saved, what was refused]."""

    code = "stale_write"
    status = 412


@dataclass(frozen=True, slots=True)
class UnmetLine:
    """One line of the checklist that stops a move: which, why, and what to do."""

    line: str
    message: str


class ChecklistUnmet(DomainError):
    """The revision may not go to review yet. `fields` names each missing line with what to do."""

    code = "checklist_unmet"
    status = 422

    def __init__(self, lines: Sequence[UnmetLine]) -> None:
        super().__init__(
            "The checklist is not complete: meet each line named here, or waive it with a written reason.",
            fields={line.line: [line.message] for line in lines},
        )
        self.lines = list(lines)


class Transient(Exception):
    """Work that failed in a way that may pass. `after` is seconds to wait, where the other side said so."""

    def __init__(self, message: str, *, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after
