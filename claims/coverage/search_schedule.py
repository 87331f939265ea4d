"""Which service is due for which claim: fresh claims often, old ones slowly, the budget where it helps most."""

import math
from datetime import datetime, timedelta

from django.db.models import (
    Case,
    Count,
    ExpressionWrapper,
    F,
    FloatField,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Extract

from claims.choices import WATCHED_STATES, Outcome, Priority
from claims.coverage.budget import ready, standings
from claims.models import Claim, PublicHead, SearchTurn, Submission

SHORTEST = timedelta(hours=3)
LONGEST = timedelta(days=7)
LAPSED = timedelta(days=30)
PART_OF_AGE = 8  # a claim that has been with us for eight days is searched for every day
LONGEST_WAIT = timedelta(hours=24)  # after failures
NOT_AGAIN_BEFORE = timedelta(minutes=15)  # however often somebody asks
NEW_TURN_AFTER = timedelta(hours=1)  # a due search whose job was lost is made again after this long
ENLISTED_AT_ONCE = 1000


def period(*, claim: Claim, at: datetime) -> timedelta:
    """How long after one search the next one is due: a share of the claim's age since it came or was last published."""
    if claim.watch_until is not None and claim.watch_until <= at:
        return LAPSED
    newest = claim.created_at
    head = PublicHead.objects.filter(claim=claim).select_related("publication").defer("publication__body").first()
    if head is not None:
        newest = max(newest, head.publication.valid_from)
    return min(max((at - newest) / PART_OF_AGE, SHORTEST), LONGEST)


def plan_searches(*, at: datetime, claim_id: int | None = None) -> int:
    """Give every watched claim a turn at every service that may be asked; how many turns are new.

    With a claim, its turns come now, unless that service was asked about it within a quarter of an hour.
    """
    claims = Claim.objects.filter(state__in=WATCHED_STATES)
    if claim_id is not None:
        claims = claims.filter(pk=claim_id)
    made = 0
    for name in ready():
        missing = claims.exclude(search_turns__connector=name).order_by("-pk")[:ENLISTED_AT_ONCE]
        turns = [
            SearchTurn(claim=claim, connector=name, next_at=at, period_minutes=_minutes(SHORTEST)) for claim in missing
        ]
        made += len(SearchTurn.objects.bulk_create(turns, ignore_conflicts=True))
    if claim_id is not None:
        rested = Q(last_at__isnull=True) | Q(last_at__lte=at - NOT_AGAIN_BEFORE)
        SearchTurn.objects.filter(rested, claim_id=claim_id, next_at__gt=at).update(next_at=at)
    return made


def due_turns(*, at: datetime, limit: int) -> list[tuple[int, datetime]]:
    """Turns whose time has come, no more per service than today's budget has requests left, each with its moment.

    Where there are more, demand and age decide: those that more people asked about, that are more urgent, and that have
    waited longer in proportion to their own period. The moment names the turn, so that one turn makes one job; it moves
    on by the hour if the turn was never taken.
    """
    found: list[tuple[int, datetime]] = []
    for one in standings(at=at):
        room = min(one.budget - one.used, limit)
        if one.silent or one.resting_until is not None or room <= 0:
            continue
        rows = SearchTurn.objects.wanted().filter(connector=one.name, next_at__lte=at).annotate(rank=_rank(at))
        picked = rows.order_by("-rank", "next_at", "pk").values_list("pk", "next_at")[:room]
        found += [
            (pk, next_at + NEW_TURN_AFTER * math.floor((at - next_at) / NEW_TURN_AFTER)) for pk, next_at in picked
        ]
    return found


def _rank(at: datetime) -> Combinable:
    asked = Submission.objects.filter(claim=OuterRef("claim")).order_by().values("claim").annotate(n=Count("pk"))
    demand = Coalesce(Subquery(asked.values("n"), output_field=IntegerField()), 0)
    urgency = Case(
        When(claim__priority=Priority.URGENT, then=Value(3.0)),
        When(claim__priority=Priority.HIGH, then=Value(2.0)),
        When(claim__priority=Priority.LOW, then=Value(0.5)),
        default=Value(1.0),
        output_field=FloatField(),
    )
    waited = (Value(at.timestamp()) - Extract("next_at", "epoch")) / (F("period_minutes") * 60.0)
    return ExpressionWrapper((1.0 + demand) * urgency * (1.0 + waited), output_field=FloatField())


def schedule_next(
    *, claim: Claim, connector: str, outcome: Outcome | None, after: float | None, at: datetime
) -> SearchTurn:
    """Set the next turn after one that ended like this; None means that nobody was asked. In a transaction."""
    usual = period(claim=claim, at=at)
    turn, _ = SearchTurn.objects.select_for_update().get_or_create(
        claim=claim, connector=connector, defaults={"next_at": at, "period_minutes": _minutes(usual)}
    )
    asked_to_wait = timedelta(seconds=after or 0)
    turn.period_minutes = _minutes(usual)
    if outcome is None:
        turn.next_at = at + max(asked_to_wait, timedelta(minutes=1))
    elif outcome in {Outcome.FOUND, Outcome.NONE}:
        turn.failures, turn.last_at = 0, at
        turn.next_at = at + max(usual, asked_to_wait)
    else:
        turn.failures += 1
        turn.last_at = at
        turn.next_at = at + max(min(timedelta(hours=1) * turn.failures, LONGEST_WAIT), min(asked_to_wait, LONGEST_WAIT))
    turn.save()
    return turn


def _minutes(span: timedelta) -> int:
    return max(round(span.total_seconds() / 60), 1)
