"""How a source is doing: thirty days of polls, drawn and in numbers, when it is asked again, and why then."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.formats import date_format

from claims.access.roles import Operation, may
from claims.admin.site import desk_site, now, organisation, render, zone
from claims.admin.source_words import every_words, reason_words, state_words
from claims.choices import Outcome
from claims.coverage.poll_days import PollDay, poll_days
from claims.models import Source, SourcePoll

DAYS = 30
NEWEST = 15
_STEP = 10  # a day's width in the drawing
_HEIGHT = 100


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of a chart, in the drawing's own units."""

    x: int
    y: int
    height: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars over thirty days, with what they show in a sentence. `look` names the colour in the style sheet."""

    title: str
    look: str
    sentence: str
    bars: Sequence[Bar]
    width: int = DAYS * _STEP
    height: int = _HEIGHT
    bar_width: int = _STEP - 2


@desk_site.page("claims/source/<int:pk>/health/", name="source_health")
def health(request: HttpRequest, pk: int) -> HttpResponse:
    """The source's page of health."""
    source = get_object_or_404(Source.objects.select_related("outlet"), pk=pk)
    at = now()
    days = poll_days(source_id=pk, until=at, days=DAYS, zone=zone(request))
    context: dict[str, Any] = {
        "source": source,
        "state": state_words(source),
        "every": every_words(source, at),
        "why": reason_words(source, at),
        "due": source.active and (source.next_poll_at is None or source.next_poll_at <= at),
        "zone": organisation(request).time_zone,
        "charts": _charts(days),
        "days": list(reversed(days)),
        "first_day": days[0].day,
        "last_day": days[-1].day,
        "asked": sum(sum(day.polls.values()) for day in days),
        "lost": sum(day.lost for day in days),
        "polls": list(SourcePoll.objects.filter(source=source).order_by("-started_at", "-pk")[:NEWEST]),
        "readable": (Outcome.FOUND, Outcome.NONE),
        "may_poll": may(request.user, Operation.CONFIGURE),
    }
    return render(request, "claims/admin/source_health.html", context, title=f"Health of {source.name}")


def _charts(days: Sequence[PollDay]) -> list[Chart]:
    articles = [day.new_documents for day in days]
    polls = {
        ("Polls that brought something new", "found"): [day.found for day in days],
        ("Polls that found nothing new", "none"): [day.nothing_new for day in days],
        ("Polls that failed", "failed"): [day.failed for day in days],
    }
    # One scale for the three, so that they can be compared with each other.
    most = max(max(values) for values in polls.values())
    drawn = [_chart("New articles", "new", days, articles, most=max(articles), unit="article")]
    return drawn + [
        _chart(title, look, days, values, most=most, unit="poll") for (title, look), values in polls.items()
    ]


def _chart(title: str, look: str, days: Sequence[PollDay], values: Sequence[int], *, most: int, unit: str) -> Chart:
    bars = []
    for place, count in enumerate(values):
        if count:
            height = max(4, round(_HEIGHT * count / most))
            bars.append(Bar(x=place * _STEP + 1, y=_HEIGHT - height, height=height))
    total, peak = sum(values), max(values)
    sentence = f"No {unit}s."
    if total:
        when = date_format(days[values.index(peak)].day, "j F")
        sentence = f"{total} {unit}{'' if total == 1 else 's'}, at most {peak} in a day, on {when}."
    return Chart(title=title, look=look, sentence=sentence, bars=bars)
