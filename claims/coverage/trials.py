"""Dry runs: what each service would find by some lines, asked by a worker and shown; no coverage is stored."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction

from claims.access.locking import lock_claim
from claims.access.roles import Operation, require
from claims.audit.operations import record
from claims.choices import EventKind
from claims.coverage.budget import note_answer, ready
from claims.coverage.query_lines import checked
from claims.coverage.searching import Searched, search
from claims.errors import Conflict, Invalid
from claims.http import Web
from claims.models import QueryTrial, QueryTrialResult
from claims.text import one_line

SHOWN = 20
MOST_REQUESTS = 3
MOST_SECONDS = 60.0
GIVEN_UP_AFTER = timedelta(minutes=10)  # a trial whose answers have not come by then holds nobody up


@transaction.atomic
def request_trial(*, claim_id: int, lines: Sequence[str], actor: User, at: datetime) -> QueryTrial:
    """Ask the workers to try the lines at every service that may be asked. Raises NotAllowed, IllegalMove, Invalid.

    Raises Conflict while an earlier try of this claim's waits for its answers, or where no service may be asked.
    """
    claim = lock_claim(claim_id)
    require(actor, Operation.SEARCH_COVERAGE, claim)
    kept = checked(lines)
    if not kept:
        raise Invalid("There is nothing to try.", fields={"lines": ["Write a line to try."]})
    names = ready()
    if not names:
        raise Conflict("No service may be asked. An administrator sets them up; see Connectors.")
    waiting = QueryTrialResult.objects.filter(trial__claim=claim, finished_at__isnull=True)
    if waiting.filter(trial__asked_at__gt=at - GIVEN_UP_AFTER).exists():
        raise Conflict("The last try still waits for its answers. Look at those first.")
    trial = QueryTrial.objects.create(claim=claim, lines=kept, asked_by=actor, asked_at=at)
    for name in names:
        result = QueryTrialResult.objects.create(trial=trial, connector=name)
        record(kind=EventKind.QUERIES_TRIED, subject=result, actor=actor, at=at, data={"connector": name})
    return trial


def try_service(*, result_id: int, web: Web, at: datetime) -> Searched | None:
    """Ask one service, at most three times; nothing is stored. None if it was asked already.

    Raises RetryLater (reason "pace") where it is not our turn yet and nobody was asked.
    """
    result = QueryTrialResult.objects.select_related("trial__claim").get(pk=result_id)
    if result.finished_at is not None:
        return None
    return search(
        claim=result.trial.claim,
        connector=result.connector,
        lines=result.trial.lines,
        web=web,
        at=at,
        most_requests=MOST_REQUESTS,
        most_seconds=MOST_SECONDS,
    )


@transaction.atomic
def store_trial(*, result_id: int, searched: Searched, at: datetime) -> QueryTrialResult:
    """Write down what a service would find. Safe to run twice: the first answer stands."""
    result = QueryTrialResult.objects.select_for_update().get(pk=result_id)
    if result.finished_at is not None:
        return result
    result.outcome, result.count, result.note = searched.outcome, searched.count, searched.note
    result.found = [
        {"url": article.url, "title": one_line(article.title, limit=300)} for article in searched.articles[:SHOWN]
    ]
    result.finished_at = at
    result.save()
    if searched.requests:
        note_answer(
            name=searched.connector,
            outcome=searched.outcome,
            note=searched.note,
            throttled=searched.throttled,
            after=searched.after,
            at=at,
        )
    return result
