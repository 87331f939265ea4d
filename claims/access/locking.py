"""Rows under edit: locked in one order, and never overwritten by somebody who has not seen the newest text."""

from collections.abc import Mapping
from typing import Any, Protocol

from claims.errors import Conflict, StaleWrite
from claims.models import Claim


class Versioned(Protocol):
    """A row that counts its saves."""

    lock_version: int


def lock_claim(claim_id: int) -> Claim:
    """The claim, locked until the transaction ends. Raises Claim.DoesNotExist. Claims are always locked first."""
    # Not the strongest lock: that one also stops rows that merely point to the claim, and a worker that holds a row of
    # coverage while it inserts another would wait for an editor who waits for the first.
    return Claim.objects.select_for_update(no_key=True).get(pk=claim_id)


def lock_head(claim_id: int) -> Claim:
    """The claim under which a row of this one is worked on: the one it was merged into, else itself. Both are locked.

    Raises Claim.DoesNotExist, or Conflict if it is being merged at this moment.
    """
    into_id = Claim.objects.values_list("merged_into_id", flat=True).get(pk=claim_id)
    wanted = [claim_id] if into_id is None else [claim_id, into_id]
    locked = {
        claim.pk: claim for claim in Claim.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
    }
    head = locked.get(locked[claim_id].merged_into_id or claim_id)
    if head is None:
        raise Conflict("This claim was merged into another a moment ago. Load the page again.")
    return head


def expect(row: Versioned, lock_version: int | None, wanted: Mapping[str, Any]) -> None:
    """Passes if nobody saved the row since the caller read it; None means that the caller did not say.

    Raises StaleWrite with, for each field that differs, what stands now and what was refused.
    """
    if lock_version is None or lock_version == row.lock_version:
        return
    differing = {
        name: [str(getattr(row, name)), str(value)] for name, value in wanted.items() if getattr(row, name) != value
    }
    raise StaleWrite(
        "Somebody saved this in between. Compare both texts, then save again.",
        fields=differing,
    )
