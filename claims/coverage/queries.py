"""Reading coverage and the health of sources, for more than one caller."""

from dataclasses import dataclass

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from claims.choices import CoverageState, Outcome
from claims.models import Coverage, Source, SourcePoll


def coverage_of(claim_id: int, state: CoverageState | None = None) -> QuerySet[Coverage]:
    """The claim's coverage, best first, pages and outlets joined; of one state, or of all."""
    rows = Coverage.objects.filter(claim_id=claim_id).with_documents()
    if state is not None:
        rows = rows.filter(state=state)
    return rows.order_by("-score", "pk")


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """A source with what its last polls came to. `healthy` is None for a source that was never polled."""

    source: Source
    last_outcome: str | None
    last_note: str
    polls: int
    failed_polls: int
    new_documents: int
    healthy: bool | None


def source_health() -> list[SourceHealth]:
    """Every source, those in trouble first, with the newest poll joined; one query."""
    newest = SourcePoll.objects.filter(source=OuterRef("pk")).order_by("-started_at", "-pk")
    measured = Q(polls__outcome__in=[Outcome.FOUND, Outcome.NONE])
    rows = (
        Source.objects.select_related("outlet")
        .annotate(
            last_outcome=Subquery(newest.values("outcome")[:1]),
            last_note=Subquery(newest.values("note")[:1]),
            poll_count=Count("polls"),
            measured_count=Count("polls", filter=measured),
            found_count=Coalesce(Sum("polls__new_documents"), 0),
        )
        .order_by(F("failures").desc(), "name", "pk")
    )
    return [
        SourceHealth(
            source=row,
            last_outcome=row.last_outcome,
            last_note=row.last_note or "",
            polls=row.poll_count,
            failed_polls=row.poll_count - row.measured_count,
            new_documents=row.found_count,
            healthy=None if row.last_outcome is None else row.failures == 0,
        )
        for row in rows
    ]
