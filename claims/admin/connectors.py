"""The services that are searched and the feeds that are polled: what is on, what lacks a key, what the day has left."""

from dataclasses import dataclass

from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse

from claims.admin.site import desk_site, now, render
from claims.choices import SourceKind
from claims.coverage.budget import Standing, standings
from claims.models import Source

BAR = 100  # the length of a full bar


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A service with the length of its bar, in hundredths of the budget; a budget that is touched shows a sliver."""

    service: Standing
    share: int


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One kind of feed: how many sources of it are on, in trouble, and when one could last be read."""

    kind: SourceKind
    active: int
    failing: int
    last_at: object


@desk_site.page("connectors/", name="connectors")
def connectors(request: HttpRequest) -> HttpResponse:
    """Every connector with its standing. Addresses are shown, keys never."""
    rows = [ServiceRow(service=one, share=_share(one)) for one in standings(at=now())]
    counted = {
        row["kind"]: row
        for row in Source.objects.order_by()
        .values("kind")
        .annotate(
            on=Count("pk", filter=Q(active=True)),
            failing=Count("pk", filter=Q(active=True, failures__gt=0)),
            read=Max("last_succeeded_at"),
        )
    }
    feeds = [
        FeedRow(
            kind=kind,
            active=counted[kind.value]["on"] if kind.value in counted else 0,
            failing=counted[kind.value]["failing"] if kind.value in counted else 0,
            last_at=counted[kind.value]["read"] if kind.value in counted else None,
        )
        for kind in SourceKind
    ]
    return render(request, "claims/admin/connectors.html", {"rows": rows, "feeds": feeds}, title="Connectors")


def _share(one: Standing) -> int:
    if not one.used or one.budget <= 0:
        return 0
    return min(max(round(BAR * one.used / one.budget), 2), BAR)
