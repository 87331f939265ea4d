"""The polls of a source by day, for its page of health."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce, TruncDate

from claims.choices import Outcome
from claims.models import SourcePoll


@dataclass(frozen=True, slots=True)
class PollDay:
    """One day: polls by outcome, articles that were new to us, polls before which entries were lost, bytes read."""

    day: date
    polls: Mapping[str, int]
    new_documents: int
    lost: int
    size: int

    @property
    def found(self) -> int:
        """Polls that brought something new."""
        return self.polls.get(Outcome.FOUND, 0)

    @property
    def nothing_new(self) -> int:
        """Polls that read the source and found nothing new."""
        return self.polls.get(Outcome.NONE, 0)

    @property
    def failed(self) -> int:
        """Polls after which nobody knows what the source lists."""
        return sum(count for outcome, count in self.polls.items() if outcome not in {Outcome.FOUND, Outcome.NONE})


def poll_days(*, source_id: int, until: datetime, days: int, zone: tzinfo) -> list[PollDay]:
    """The last so many days of a source in the zone, oldest first, those without a poll too; one query."""
    last = until.astimezone(zone).date()
    rows = list(
        SourcePoll.objects.filter(source_id=source_id, started_at__gt=until - timedelta(days=days + 1))
        .annotate(day=TruncDate("started_at", tzinfo=zone))
        .values("day", "outcome")
        .annotate(
            asked=Count("pk"),
            found=Coalesce(Sum("new_documents"), 0),
            lost=Count("pk", filter=Q(lost_entries=True)),
            bytes=Coalesce(Sum("size"), 0),
        )
        .order_by("day", "outcome")
    )
    found = []
    for back in range(days - 1, -1, -1):
        day = last - timedelta(days=back)
        mine = [row for row in rows if row["day"] == day]
        found.append(
            PollDay(
                day=day,
                polls={row["outcome"]: row["asked"] for row in mine},
                new_documents=sum(row["found"] for row in mine),
                lost=sum(row["lost"] for row in mine),
                size=sum(row["bytes"] for row in mine),
            )
        )
    return found
