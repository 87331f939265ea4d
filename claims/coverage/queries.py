"""Reading coverage and the health of sources, for more than one caller."""

from dataclasses import dataclass

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, JSONObject

from claims.capture.voices import independent_voices, voice_of
from claims.choices import CoverageState, Outcome
from claims.models import Coverage, Document, Source, SourcePoll

OTHERS_SHOWN = 20


def coverage_of(claim_id: int, state: CoverageState | None = None) -> QuerySet[Coverage]:
    """Coverage of the claim and of those merged into it, best first, pages and outlets joined; of one state, or all."""
    rows = Coverage.objects.of_cluster(claim_id).with_documents().select_related("claim")
    if state is not None:
        rows = rows.filter(state=state)
    return rows.order_by("-score", "pk")


def stories_of(claim_id: int, state: CoverageState) -> QuerySet[Coverage]:
    """coverage_of() one state, one row per story: the best of the pages that carry it.

    Each row has `others_count` and `others`: up to 20 of the remaining pages, as objects with `id`, `document`, `url`,
    `title`, `outlet`, `published_at`, `score`, `stance` and `suggested_stance`.
    """
    same = Coverage.objects.of_cluster(claim_id).filter(
        state=state, document__near_duplicate_group=OuterRef("document__near_duplicate_group")
    )
    better = same.filter(Q(score__gt=OuterRef("score")) | Q(score=OuterRef("score"), pk__lt=OuterRef("pk")))
    others = same.exclude(pk=OuterRef("pk"))
    shown = JSONObject(
        id=F("pk"),
        document=F("document_id"),
        url=F("document__url"),
        title=F("document__title"),
        outlet=F("document__outlet__name"),
        published_at=F("document__published_at"),
        score=F("score"),
        stance=F("stance"),
        suggested_stance=F("suggested_stance"),
    )
    counted = others.order_by().values("state").annotate(n=Count("pk")).values("n")
    return (
        coverage_of(claim_id, state)
        .filter(~Exists(better))
        .annotate(
            others_count=Coalesce(Subquery(counted, output_field=IntegerField()), 0),
            others=ArraySubquery(others.order_by("-score", "pk").values(shown=shown)[:OTHERS_SHOWN]),
        )
    )


def voices_in(claim_id: int, state: CoverageState) -> int:
    """How many independent voices the claim's coverage of one state is; wire copy is one however many print it."""
    rows = Coverage.objects.of_cluster(claim_id).filter(state=state)
    pages = Document.objects.filter(pk__in=rows.values("document")).only("url", "outlet_id", "near_duplicate_group")
    return independent_voices(map(voice_of, pages))


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
    """Every source, those in trouble first, with what its newest poll came to; two queries however many there are."""
    newest = SourcePoll.objects.filter(source=OuterRef("pk")).order_by("-started_at", "-pk")
    measured = Q(polls__outcome__in=[Outcome.FOUND, Outcome.NONE])
    counts = {
        row["pk"]: row
        for row in Source.objects.annotate(
            last_outcome=Subquery(newest.values("outcome")[:1]),
            last_note=Subquery(newest.values("note")[:1]),
            asked=Count("polls"),
            measured=Count("polls", filter=measured),
            found=Coalesce(Sum("polls__new_documents"), 0),
        ).values("pk", "last_outcome", "last_note", "asked", "measured", "found")
    }
    return [
        SourceHealth(
            source=source,
            last_outcome=counts[source.pk]["last_outcome"],
            last_note=counts[source.pk]["last_note"] or "",
            polls=counts[source.pk]["asked"],
            failed_polls=counts[source.pk]["asked"] - counts[source.pk]["measured"],
            new_documents=counts[source.pk]["found"],
            healthy=None if counts[source.pk]["last_outcome"] is None else source.failures == 0,
        )
        for source in Source.objects.select_related("outlet").order_by("-failures", "name", "pk")
        if source.pk in counts
    ]
