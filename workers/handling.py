"""What a handler is given, what it gives back, and which function handles which kind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from workers.kinds import KINDS

Save = Callable[[datetime], None]


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A job that this worker holds until its lease runs out. `payload` may have keys unknown to this release."""

    id: int
    kind: str
    payload: Mapping[str, Any]
    fence: int
    attempt: int
    errors: int
    claimed_at: datetime  # the database's clock
    renew: Callable[[], None]  # starts the lease anew; raises LeaseLost when the job, or its place, is another's


class LeaseLost(Exception):
    """Another worker has taken the job, or a person cancelled it. Whatever this worker holds must not be written."""


Handler = Callable[[ClaimedJob], Save | None]
HANDLERS: dict[str, Handler] = {}


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Registers the one function that does jobs of this kind.

    The function works with no transaction open and returns a Save; the ledger calls that with the database's time
    inside the transaction that also marks the job done, so results and "done" stand or fall together. None instead of a
    Save says that there is nothing to write.
    """

    def register(handler: Handler) -> Handler:
        if kind in HANDLERS:
            raise ImproperlyConfigured(f"Two handlers for jobs of kind {kind}: {HANDLERS[kind]} and {handler}.")
        if kind not in KINDS:
            raise ImproperlyConfigured(f"A handler for jobs of kind {kind}, which workers/kinds.py does not describe.")
        HANDLERS[kind] = handler
        return handler

    return register


def require_handlers() -> None:
    """Raises ImproperlyConfigured if a kind in workers/kinds.py has no handler. Called once handlers are imported."""
    missing = sorted(set(KINDS) - set(HANDLERS))
    if missing:
        raise ImproperlyConfigured(f"No handler for jobs of kind {', '.join(missing)}.")
