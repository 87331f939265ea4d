"""A source's page of health: what came of its polls in thirty days, when it is asked again, and why then."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from claims.admin.source_words import reason_words
from claims.choices import EventKind, Outcome, Role
from claims.coverage.poll_days import poll_days
from claims.models import Event, Source, SourcePoll
from tests.factories import NOON

pytestmark = pytest.mark.django_db


def source(**given) -> Source:
    return Source.objects.create(name="Harbour Post", url="https://post.example/feed", **given)


def polled(one: Source, hours_ago: float, outcome: Outcome, *, at=None, **given) -> SourcePoll:
    started = (at or timezone.now()) - timedelta(hours=hours_ago)
    return SourcePoll.objects.create(source=one, started_at=started, outcome=outcome, **given)


def page(editor, one: Source) -> str:
    return str(editor.get(reverse("admin:source_health", args=[one.pk])).content.decode())


def test_the_drawing_and_the_table_say_the_same(administrator):
    one = source(last_polled_at=timezone.now())
    polled(one, 0.1, Outcome.FOUND, new_documents=3, entries=9, size=2048, milliseconds=120)
    polled(one, 0.2, Outcome.FOUND, new_documents=2, entries=9)
    polled(one, 0.3, Outcome.NONE, http_status=304, conditional=True)
    polled(one, 0.4, Outcome.RETRY_LATER, note="The site answered 503.")

    answer = administrator.get(reverse("admin:source_health", args=[one.pk]))

    charts = {chart.title: chart for chart in answer.context["charts"]}
    assert charts["New articles"].sentence.startswith("5 articles, at most ")
    assert charts["Polls that brought something new"].sentence.startswith("2 polls, ")
    assert charts["Polls that failed"].sentence.startswith("1 poll, at most 1 in a day")
    totals = [
        sum(getattr(day, name) for day in answer.context["days"])
        for name in ("new_documents", "found", "nothing_new", "failed", "size")
    ]
    assert totals == [5, 2, 1, 1, 2048]
    content = answer.content.decode()
    assert "not measured" in content
    assert "The site answered 503." in content
    assert "<svg" in content
    assert "style=" not in content.split("<main")[-1]


def test_days_are_those_of_the_newsroom():
    one = source()
    late = NOON.replace(hour=23, minute=30)
    polled(one, 0, Outcome.NONE, at=late)

    days = poll_days(source_id=one.pk, until=late + timedelta(hours=12), days=3, zone=ZoneInfo("Europe/Berlin"))

    assert [(day.day.day, day.nothing_new) for day in days] == [(1, 0), (2, 0), (3, 1)]


def test_every_state_has_its_words(administrator):
    at = timezone.now()
    states: dict[str, dict[str, Any]] = {
        "Not asked yet": {},
        "Works": {"last_polled_at": at},
        "In trouble": {"last_polled_at": at, "failures": 2.5},
        "No sign of life": {"last_polled_at": at, "failures": 31},
        "Switched off": {"active": False},
    }

    for words, given in states.items():
        one = Source.objects.create(name=words, url=f"https://post.example/{words}", **given)
        assert words in page(administrator, one)
    listed = administrator.get(reverse("admin:claims_source_changelist")).content.decode()
    assert "No sign of life" in listed
    assert reverse("admin:source_health", args=[one.pk]) in listed


def test_the_reason_of_a_period_is_said_in_words():
    at = NOON
    minute = int(NOON.timestamp()) // 60
    day = str(minute // 1440)

    def rhythm(entries: int, fastest: int | None, own: int | None = None) -> dict:
        days = {day: [entries, fastest]} if entries else {}
        return {"since": minute - 14 * 1440, "seen": {}, "days": days, "own_minutes": own}

    reasons = {
        "An administrator fixed it": source_with(fixed_period=True),
        "starts with the period that was entered": source_with(),
        "half of its list was replaced within 45 minutes": source_with(rhythm=rhythm(14, 45)),
        "An entry appears every 4 hours": source_with(rhythm=rhythm(84, 900)),
        "no more often than every 10 hours": source_with(rhythm=rhythm(84, 900, own=600)),
        "No source is asked more often": source_with(rhythm=rhythm(14, 3)),
        "Nothing new appeared in the last two weeks": source_with(rhythm=rhythm(0, None)),
    }

    for words, one in reasons.items():
        assert words in reason_words(one, at)


def source_with(**given) -> Source:
    return Source(name="Post", url="https://post.example/feed", **given)


def test_entries_that_may_have_been_missed_are_said(administrator):
    one = source(last_polled_at=timezone.now())
    polled(one, 1, Outcome.FOUND, new_documents=5, new_entries=5, lost_entries=True)

    assert "1 time in these 30 days" in page(administrator, one)


def test_everybody_reads_it_and_administrators_ask_for_a_poll(at_desk, administrator):
    one = source(last_polled_at=timezone.now())
    poll = reverse("admin:source_poll", args=[one.pk])

    for role in (Role.CONTRIBUTOR, Role.FACT_CHECKER, Role.REVIEWER, Role.PUBLISHER):
        assert poll not in page(at_desk(role), one)
    assert poll in page(administrator, one)
    answer = administrator.client.post(poll)

    assert answer.headers["Location"] == reverse("admin:source_health", args=[one.pk])
    assert Event.objects.get(kind=EventKind.SOURCE_POLL_REQUESTED).subject_id == one.pk
    assert administrator.get(reverse("admin:source_health", args=[one.pk + 999])).status_code == 404
