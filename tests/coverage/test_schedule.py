"""The schedule of a source: what it learns from lists, and how long it waits; and that this misses little for less."""

from datetime import datetime, timedelta

import pytest

from claims.coverage import schedule
from claims.coverage.schedule import Listed, Pace, Reason, Rhythm
from tests.factories import NOON

MINUTE = timedelta(minutes=1)
LEARNED = Pace(minutes=30, fixed=False)


def entries(*minutes_ago: float, dated: bool = True) -> list[Listed]:
    """A list of one entry per number, published so many minutes before noon."""
    return [Listed(f"k{ago}", NOON - ago * MINUTE if dated else None) for ago in minutes_ago]


def learn(listed: list[Listed], rhythm: Rhythm | None = None, at: datetime = NOON, previous: datetime | None = None):
    return schedule.learn(rhythm=rhythm, listed=listed, at=at, previous_at=previous)


def test_the_dates_of_the_first_list_teach_at_once():
    lesson = learn(entries(*range(60, 1260, 60)))

    period = schedule.period(rhythm=lesson.rhythm, pace=LEARNED, at=NOON)

    assert (lesson.new, lesson.lost) == (20, False)
    assert schedule.window_minutes(lesson.rhythm) == 600
    assert (period.length, period.reason) == (120 * MINUTE, Reason.RATE)


def test_the_quickest_turnover_decides_where_a_list_is_short():
    calm = [600 * n for n in range(1, 9)]

    lesson = learn(entries(5, 12, *calm))
    burst = learn(entries(1, 9, 17, 25, 33, 41, *[600 * n for n in range(1, 5)]))

    # Of ten entries, the five newest came after the one of 2,400 minutes ago.
    assert schedule.window_minutes(lesson.rhythm) == 2395
    period = schedule.period(rhythm=burst.rhythm, pace=LEARNED, at=NOON)
    assert (period.length, period.reason) == (40 * MINUTE, Reason.WINDOW)


def test_without_dates_slowness_is_believed_only_once_it_was_watched():
    rhythm = learn(entries(1, 2, 3, dated=False)).rhythm
    waits = [
        schedule.period(rhythm=rhythm, pace=LEARNED, at=NOON + hours * 60 * MINUTE).length / MINUTE
        for hours in (0, 1, 5, 23, 24, 200)
    ]

    assert waits == [30, 60, 300, 1380, 1440, 1440]


def test_dates_that_are_all_the_same_are_not_believed():
    lesson = learn([Listed(str(n), NOON) for n in range(20)])

    assert schedule.window_minutes(lesson.rhythm) is None
    assert schedule.period(rhythm=lesson.rhythm, pace=LEARNED, at=NOON).reason == Reason.START


def test_an_entry_without_a_date_appeared_between_two_polls():
    first = learn([Listed(f"old{n}", None) for n in range(4)])
    later = NOON + 60 * MINUTE

    lesson = learn(
        [*(Listed(f"new{n}", None) for n in range(3)), Listed("old0", None)], first.rhythm, at=later, previous=NOON
    )

    assert (lesson.new, lesson.lost) == (3, False)
    assert schedule.window_minutes(lesson.rhythm) == 30  # new0 at 15, new2 at 45


def test_a_list_without_any_entry_of_the_last_has_lost_some():
    first = learn(entries(30, 20, 10))

    lost = learn(entries(3, 2, 1), first.rhythm, previous=NOON - 5 * MINUTE)
    empty = learn([], first.rhythm, previous=NOON - 5 * MINUTE)

    assert (lost.new, lost.lost) == (3, True)
    assert (empty.new, empty.lost) == (0, False)


def test_an_old_list_that_comes_back_brings_nothing_new():
    first = learn(entries(40, 30, 20))
    second = learn(entries(30, 20, 10), first.rhythm, previous=NOON - 15 * MINUTE)

    stale = learn(entries(40, 30, 20), second.rhythm, previous=NOON - 5 * MINUTE)
    again = learn(entries(30, 20, 10), stale.rhythm, previous=NOON - 3 * MINUTE)

    assert (second.new, stale.new, again.new) == (1, 0, 0)


def test_what_was_learned_survives_its_stored_form_and_is_forgotten_after_four_weeks():
    rhythm = learn(entries(1, 2, 3, 4)).rhythm

    assert Rhythm.from_json(rhythm.to_json()) == rhythm
    assert Rhythm.from_json({}) is None
    later = NOON + timedelta(days=29)
    after = learn(entries(1, 2, 3, 4), rhythm, at=later, previous=later - MINUTE).rhythm
    assert schedule.window_minutes(after) is None


def test_every_learned_period_is_between_ten_minutes_and_a_day():
    fast = learn(entries(*range(1, 21))).rhythm
    slow = learn(entries(*[30_000 * n for n in range(1, 6)])).rhythm

    assert schedule.period(rhythm=fast, pace=LEARNED, at=NOON).length == 10 * MINUTE
    assert schedule.period(rhythm=slow, pace=LEARNED, at=NOON).length == timedelta(hours=24)
    fixed = Pace(minutes=1, fixed=True)
    assert schedule.period(rhythm=slow, pace=fixed, at=NOON).length == MINUTE


@pytest.mark.parametrize(
    ("own", "minutes", "reason"),
    [(60, 120, Reason.RATE), (300, 300, Reason.OWN), (9999, 600, Reason.WINDOW), (None, 120, Reason.RATE)],
)
def test_a_feeds_own_period_is_kept_to_unless_entries_would_be_lost(own, minutes, reason):
    listed = entries(*range(60, 1260, 60))
    rhythm = schedule.learn(rhythm=None, listed=listed, at=NOON, previous_at=None, own_minutes=own).rhythm

    period = schedule.period(rhythm=rhythm, pace=LEARNED, at=NOON)

    assert (period.length / MINUTE, period.reason) == (minutes, reason)


@pytest.mark.parametrize(
    ("failures", "minutes"),
    [(0.25, 15), (1, 60), (2.5, 150), (29.5, 1440), (30, 1440), (31, 2880), (59, 43_200), (500, 43_200)],
)
def test_failures_stretch_in_a_line_and_the_dead_are_visited_on(failures, minutes):
    assert schedule.after_failure(healthy=60 * MINUTE, failures=failures) == minutes * MINUTE


def test_a_site_that_names_a_time_gets_it_up_to_a_day_and_the_throttled_are_spread():
    def wait(**given):
        return schedule.after_failure(healthy=60 * MINUTE, failures=0.5, **given) / MINUTE

    assert wait(retry_after=60.0) == 30
    assert wait(retry_after=7200.0) == 120
    assert wait(retry_after=9e9) == 1440
    assert (wait(throttled=True, chance=0.0), wait(throttled=True, chance=0.5)) == (30, 60)


@pytest.mark.parametrize(
    ("header", "minutes"),
    [
        ("max-age=3600", 60),
        ('Public, MAX-AGE="600", must-revalidate', 10),
        ("max-age=31536000", 1440),
        ("max-age=59", None),
        ("max-age=-1", None),
        ("max-age=x, no-cache", None),
        ("s-maxage=600", None),
        ("", None),
    ],
)
def test_max_age_in_whole_minutes(header, minutes):
    assert schedule.max_age_minutes(header) == minutes


def test_a_move_is_believed_after_five_polls_over_a_day():
    day = timedelta(days=1)

    assert schedule.moved_for_good(polls=5, since=NOON, at=NOON + day)
    assert not schedule.moved_for_good(polls=4, since=NOON, at=NOON + 9 * day)
    assert not schedule.moved_for_good(polls=50, since=NOON, at=NOON + day - MINUTE)
