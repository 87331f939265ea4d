"""Coverage that says again what a published verdict refutes."""

from datetime import datetime

from django.db import transaction

from claims.audit.review_items import open_review_item
from claims.choices import CoverageState, ReviewItemKind, SuggestedStance
from claims.coverage.stories import group_named, members_of
from claims.models import Claim, Coverage, Document, PublicHead, ReviewItem

REFUTED_UP_TO = 0.25  # of a rating's value, 0 being false


@transaction.atomic
def note_repeat(*, coverage_id: int, at: datetime) -> ReviewItem | None:
    """Ask the desk to look again if this coverage repeats what the claim's live verdict refutes; None if not.

    Once per story: pages of one near-duplicate group are one, and a story that was looked at does not come back. Safe
    to run twice.
    """
    coverage = Coverage.objects.select_related("document__outlet").get(pk=coverage_id)
    # Two copies of one wire story may come at the same moment.
    claim = Claim.objects.select_for_update(no_key=True).get(pk=coverage.claim_id)
    if coverage.suggested_stance != SuggestedStance.REPEATS or coverage.state == CoverageState.DISMISSED:
        return None
    head = PublicHead.objects.live().filter(claim=claim).values_list("publication__rating_value", flat=True).first()
    if head is None or head > REFUTED_UP_TO:
        return None
    page = coverage.document
    known = ReviewItem.objects.filter(claim=claim, kind=ReviewItemKind.NEW_COVERAGE, cause__in=_causes(page))
    if known.exists():
        return None
    difference = {
        "source": page.title or page.url,
        "url": page.url,
        "outlet": page.outlet.name if page.outlet else "",
        "document_id": page.pk,
        "reason": str(coverage.reasons[-1]) if coverage.reasons else "",
    }
    return open_review_item(
        claim=claim,
        kind=ReviewItemKind.NEW_COVERAGE,
        cause=_causes(page)[0],
        difference=difference,
        actor=None,
        at=at,
    )


def _causes(page: Document) -> list[str]:
    """What the item may stand under: the story, by this name or one it had under a younger page, and each page."""
    own = f"document:{page.pk}"
    if page.near_duplicate_group is None:
        return [own]
    members = members_of([page.near_duplicate_group])
    names = [cause for pk in members for cause in (f"document:{pk}", f"story:{group_named(pk)}")]
    return [f"story:{page.near_duplicate_group}", own, *names]
