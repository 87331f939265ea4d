"""How long to wait before a source is asked again: learned from what it lists. Pure: no database, no clock of its own.

A feed shows its newest entries only, so one that is asked too late has lost some. Two things are learned from the
entries: how quickly half of the list was ever replaced, which is how long one may wait, and how often something
appears at all, which is how long one should. The failure weights, the straight line, and the second life of dead feeds
follow Media Cloud's rss-fetcher; its steps up and down by duplicate share are replaced by these two measures.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Self

SHORTEST = timedelta(minutes=10)
LONGEST = timedelta(hours=24)
# Failures add up and stretch the period in a straight line: kinder to sources with a long period than doubling.
HARD = 1.0
SOFT = 0.5
DNS = 0.25
DEAD_FROM = 30.0  # failures; dead feeds do come back, so they are asked on, ever more rarely
LONGEST_DEAD = timedelta(days=30)
THROTTLED_UP_TO = timedelta(minutes=60)
MOVED_AFTER_POLLS = 5
MOVED_AFTER = timedelta(days=1)

_MEMORY_DAYS = 28  # a weekly rhythm four times over
_RATE_DAYS = 14
_FALLEN_KEPT = 100
_OLDEST_DATE = datetime(1995, 1, 1, tzinfo=UTC)  # before there were feeds
_ENTRIES_PER_POLL = 2.0  # with fewer most polls bring nothing, with more an article waits long to be found
_MINUTE = timedelta(minutes=1)
_DAY_MINUTES = 1440


class Reason(StrEnum):
    """What decided a source's period."""

    FIXED = "fixed"  # the editor's choice
    START = "start"  # not enough is known yet
    WINDOW = "window"  # entries would fall out of the list
    RATE = "rate"  # how often something appears
    OWN = "own"  # the feed asks to be read no more often
    SHORTEST = "shortest"
    LONGEST = "longest"


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry as a feed lists it: a key that stays the same from poll to poll, and its date if it has one."""

    key: str
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class Day:
    """What one day (UTC) taught: entries that appeared, and the fewest minutes in which half a list was replaced."""

    entries: int
    fastest: int | None


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What the polls of a source have taught so far.

    `seen` holds the entries of the newest list, and the newest that fell out of it, with the minute (since 1970) of
    their appearing, None where that is not known; `since` is the minute from which on appearances are known.
    """

    since: int
    seen: Mapping[str, int | None]
    days: Mapping[int, Day] = field(default_factory=dict)
    own_minutes: int | None = None

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self | None:
        """The rhythm out of its stored form; None if there is none."""
        if not stored:
            return None
        days = {int(day): Day(entries=entries, fastest=fastest) for day, (entries, fastest) in stored["days"].items()}
        return cls(since=stored["since"], seen=stored["seen"], days=days, own_minutes=stored["own_minutes"])

    def to_json(self) -> dict[str, Any]:
        """As JSON, at most some 20 kB for a list of 500 entries."""
        days = {str(day): [known.entries, known.fastest] for day, known in self.days.items()}
        return {"since": self.since, "seen": dict(self.seen), "days": days, "own_minutes": self.own_minutes}


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one list taught. `lost` says that none of its entries was in the list before, so some were missed."""

    rhythm: Rhythm
    new: int
    lost: bool


@dataclass(frozen=True, slots=True)
class Pace:
    """An editor's choice: always this period, or a learned one that starts with it."""

    minutes: int
    fixed: bool


@dataclass(frozen=True, slots=True)
class Period:
    """How long to wait while all is well, and what decided it."""

    length: timedelta
    reason: Reason


def learn(
    *,
    rhythm: Rhythm | None,
    listed: Sequence[Listed],
    at: datetime,
    previous_at: datetime | None,
    own_minutes: int | None = None,
) -> Lesson:
    """What a list read at this moment adds. `previous_at` is when the one before was read.

    An entry appeared at its own date where that can be (feeds lie), else somewhere between the two readings.
    """
    now = _minute(at)
    entries = {entry.key: _dated(entry, at) for entry in listed}
    if rhythm is None or previous_at is None:
        return _first(entries, now, own_minutes)
    new = [key for key in entries if key not in rhythm.seen]
    start = _minute(previous_at)
    lost = len(new) == len(entries) > 0 and bool(rhythm.seen)
    # Some sites serve an old list now and then, or half of one; what comes back after that is not new.
    fallen = sorted((key for key in rhythm.seen if key not in entries), key=lambda key: rhythm.seen[key] or 0)
    seen = {key: rhythm.seen[key] for key in (*fallen[-_FALLEN_KEPT:], *(key for key in entries if key in rhythm.seen))}
    for place, key in enumerate(new, 1):
        known = entries[key]
        seen[key] = known if known is not None else start + round((now - start) * place / (len(new) + 1))
    days = dict(rhythm.days)
    stream = [minute for minute in {**rhythm.seen, **seen}.values() if minute is not None]
    _note_turnover(days, stream, [minute for key in new if (minute := seen[key]) is not None], len(entries))
    kept = {day: value for day, value in days.items() if day > now // _DAY_MINUTES - _MEMORY_DAYS}
    return Lesson(Rhythm(rhythm.since, seen, kept, own_minutes), new=len(new), lost=lost)


def _first(entries: Mapping[str, int | None], now: int, own_minutes: int | None) -> Lesson:
    dates = sorted(minute for minute in entries.values() if minute is not None)
    # Dates that are all the same are when the feed was made; where some are missing, the rest tell half the story.
    told = len(dates) == len(entries) and len(set(dates)) > 1
    seen: dict[str, int | None] = dict(entries) if told else dict.fromkeys(entries)
    days: dict[int, Day] = {}
    if told:
        _note_turnover(days, dates, dates, len(entries))
    kept = {day: value for day, value in days.items() if day > now // _DAY_MINUTES - _MEMORY_DAYS}
    return Lesson(Rhythm(dates[0] if told else now, seen, kept, own_minutes), new=len(entries), lost=False)


def _note_turnover(days: dict[int, Day], stream: Sequence[int], new: Sequence[int], window: int) -> None:
    """Counts the new entries under their days, with the quickest turnover of half a window that ends with one."""
    half = max(1, window // 2)
    ordered = sorted(stream)
    ends = set(new)
    for place, minute in enumerate(ordered):
        if minute not in ends or place < half:
            continue
        day = minute // _DAY_MINUTES
        known = days.get(day, Day(0, None))
        took = minute - ordered[place - half]
        days[day] = Day(known.entries, took if known.fastest is None else min(took, known.fastest))
    for minute in new:
        day = minute // _DAY_MINUTES
        known = days.get(day, Day(0, None))
        days[day] = Day(known.entries + 1, known.fastest)


def period(*, rhythm: Rhythm | None, pace: Pace, at: datetime) -> Period:
    """How long to wait after a poll that went well.

    Between SHORTEST and LONGEST unless an editor fixed it. The feed's own wish is kept to unless entries would be lost.
    """
    if pace.fixed:
        return Period(timedelta(minutes=pace.minutes), Reason.FIXED)
    if rhythm is None:
        return _bounded(float(pace.minutes), Reason.START)
    window, rate = window_minutes(rhythm), gap_minutes(rhythm, at)
    minutes, reason = math.inf, Reason.LONGEST
    if window is not None and window < minutes:
        minutes, reason = window, Reason.WINDOW
    if rate is not None and rate * _ENTRIES_PER_POLL < minutes:
        minutes, reason = rate * _ENTRIES_PER_POLL, Reason.RATE
    # Nobody knows of a source that it is slow before having watched it for as long.
    watched = max(float(pace.minutes), float(_minute(at) - rhythm.since))
    if watched < minutes:
        minutes, reason = watched, Reason.START
    own = rhythm.own_minutes
    if own is not None and own > minutes:
        minutes, reason = (float(own), Reason.OWN) if window is None or window >= own else (window, Reason.WINDOW)
    return _bounded(minutes, reason)


def _bounded(minutes: float, reason: Reason) -> Period:
    if minutes >= LONGEST / _MINUTE:
        return Period(LONGEST, Reason.OWN if reason == Reason.OWN else Reason.LONGEST)
    if minutes <= SHORTEST / _MINUTE:
        return Period(SHORTEST, Reason.SHORTEST)
    return Period(timedelta(minutes=round(minutes)), reason)


def window_minutes(rhythm: Rhythm) -> float | None:
    """The fewest minutes in which half of the list was replaced, of the days remembered; None if it never was."""
    return min((float(day.fastest) for day in rhythm.days.values() if day.fastest is not None), default=None)


def gap_minutes(rhythm: Rhythm, at: datetime) -> float | None:
    """The mean time between two entries over the last two weeks, or since the first; None if none appeared."""
    now = _minute(at)
    first = max(rhythm.since, now - _RATE_DAYS * _DAY_MINUTES)
    entries = sum(known.entries for day, known in rhythm.days.items() if day >= first // _DAY_MINUTES)
    return max(now - first, 1) / entries if entries else None


def after_failure(
    *, healthy: timedelta, failures: float, retry_after: float | None = None, throttled: bool = False, chance: float = 0
) -> timedelta:
    """How long to wait after a failure that brought the sum of weights to `failures`.

    `healthy` is the period that it would have otherwise, `retry_after` the seconds that the site asks for, kept to up
    to a day. `chance`, 0 to 1, spreads those that were throttled, so that they do not come back all together.
    """
    if failures >= DEAD_FROM:
        wait = min(LONGEST * (1 + failures - DEAD_FROM), LONGEST_DEAD)
    else:
        wait = min(max(healthy * failures, min(healthy, SHORTEST)), LONGEST)
    if retry_after is not None:
        wait = max(wait, min(timedelta(seconds=retry_after), LONGEST))
    return wait + THROTTLED_UP_TO * chance if throttled else wait


def moved_for_good(*, polls: int, since: datetime, at: datetime) -> bool:
    """Whether a permanent redirect was seen often and long enough to be believed: a slip is mended within hours."""
    return polls >= MOVED_AFTER_POLLS and at - since >= MOVED_AFTER


def max_age_minutes(cache_control: str) -> int | None:
    """The whole minutes for which an answer says that it stays fresh (RFC 9111, 5.2.2.1); None if it does not say."""
    for part in cache_control.lower().split(","):
        name, _, value = part.strip().partition("=")
        digits = value.strip().strip('"')
        if name.strip() == "max-age" and digits.isascii() and digits.isdigit():
            return min(int(digits[:9]) // 60, int(LONGEST / _MINUTE)) or None
    return None


def _dated(entry: Listed, at: datetime) -> int | None:
    moment = entry.published_at
    return _minute(moment) if moment is not None and _OLDEST_DATE <= moment <= at else None


def _minute(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp()) // 60
