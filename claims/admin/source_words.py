"""What the schedule of a source is, and why, in words for people."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from claims.coverage import schedule
from claims.coverage.polling import healthy_period
from claims.coverage.schedule import Reason, Rhythm
from claims.models import Source


def span(length: timedelta) -> str:
    """A span in the unit that fits: "40 minutes", "3 hours 20 minutes", "12 days"."""
    minutes = round(length / timedelta(minutes=1))
    if minutes < 120:
        return _counted(minutes, "minute")
    if minutes < 48 * 60:
        hours, rest = divmod(minutes, 60)
        return f"{_counted(hours, 'hour')} {_counted(rest, 'minute')}" if rest else _counted(hours, "hour")
    return _counted(round(minutes / 1440), "day")


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


@dataclass(frozen=True, slots=True)
class State:
    """How a source is doing: a name for the style sheet, a shape, and words."""

    name: str
    shape: str
    words: str


def state_words(source: Source) -> State:
    """How it is doing, in two or three words."""
    if not source.active:
        return State("off", "–", "Switched off")
    if source.last_polled_at is None:
        return State("unasked", "○", "Not asked yet")
    if source.failures == 0:
        return State("works", "●", "Works")
    if source.failures >= schedule.DEAD_FROM:
        return State("dead", "×", "No sign of life")
    return State("trouble", "?", "In trouble")


def every_words(source: Source, at: datetime) -> str:
    """The period while all is well, and whose choice it is."""
    period = healthy_period(source=source, at=at)
    whose = {Reason.FIXED: "fixed", Reason.START: "still learning"}.get(period.reason, "learned")
    return f"{span(period.length)}, {whose}"


def reason_words(source: Source, at: datetime) -> str:
    """Why the period is what it is, in a sentence or two."""
    period = healthy_period(source=source, at=at)
    rhythm = Rhythm.from_json(source.rhythm)
    if period.reason == Reason.FIXED:
        return "An administrator fixed it. What the source publishes does not change it."
    if rhythm is None:
        return "No list of its entries was read yet, so it starts with the period that was entered."
    window, gap = schedule.window_minutes(rhythm), schedule.gap_minutes(rhythm, at)
    lasts = f"At its busiest of the last four weeks, half of its list was replaced within {_minutes(window)}."
    appears = f"An entry appears every {_minutes(gap)} on average."
    own = f"The site asks to be read no more often than every {_minutes(rhythm.own_minutes)}."
    match period.reason:
        case Reason.START:
            return "It has not been watched for long; a source counts as slow only after that much watching."
        case Reason.WINDOW:
            return f"{lasts} Asked less often, it could drop entries before anybody saw them."
        case Reason.RATE:
            return f"{appears} The period leaves time for about two."
        case Reason.OWN:
            return f"{own} Nothing that we saw of it makes a shorter period necessary."
        case Reason.SHORTEST:
            urgent = lasts if window is not None and window <= schedule.SHORTEST.total_seconds() / 60 else appears
            return f"{urgent} No source is asked more often than this."
        case _:
            seldom = appears if gap is not None else "Nothing new appeared in the last two weeks."
            return f"{seldom} Even so, every source that answers is asked once a day."


def _minutes(minutes: float | None) -> str:
    return span(timedelta(minutes=minutes or 0))
