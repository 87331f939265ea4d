"""What the learned schedule of sources misses and costs, against fixed periods, on simulated feeds.

    python bench/polling.py [--feeds 1000] [--days 30] [--seeds 1 2 3] [--json FILE]

Traces come from the generator below and its seed; the clock is virtual. The schedule is the one that workers use
(claims/coverage/schedule.py). A feed shows its newest entries only; an entry is missed if it fell out of the list
before any poll saw it. Entries that no schedule could have seen, because the feed was down for as long as they were
listed, are left out and counted apart. The control is the largest fixed period that misses no larger share, asked of
the same feeds, with the same waits after failures; its second figure is without those. A second control changes its
period in fixed steps by the share of entries that it had seen before, as Media Cloud's rss-fetcher does.
"""

import argparse
import bisect
import json
import math
import os
import random
import statistics
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from claims.coverage import schedule
from claims.coverage.schedule import Listed, Pace

START = datetime(2026, 3, 2, tzinfo=UTC)
HISTORY = 60  # days of entries from before the first poll, as a real feed has them
PACE = Pace(minutes=30, fixed=False)  # what a new source has by default
WINDOWS = (5, 10, 10, 15, 20, 20, 25, 30, 50, 100)
STYLES = ("steady", "steady", "steady", "daily", "daily", "daily", "daily", "bursty", "bursty")


@dataclass
class Feed:
    """A feed's life in minutes from the start (history is negative): what it publishes and when it is down."""

    style: str
    window: int
    published: list[float]
    down: list[tuple[float, float]]
    dates: str  # true, none, or late
    own_minutes: int | None
    troubles: random.Random
    keys: list[str] = field(default_factory=list)

    def is_down(self, at):
        """Whether it cannot be read at this minute."""
        return any(start <= at < end for start, end in self.down)


def rate(rng):
    """Entries a day: from one a week to five dozen."""
    return math.exp(rng.uniform(math.log(1 / 7), math.log(60)))


def times(rng, style, per_day, first, last):
    """When a feed of this style publishes, in minutes."""
    if style == "bursty":
        found, at, size = [], first, rng.choice((3, 6, 12))
        while at < last:
            at += rng.expovariate(per_day / size / 1440)
            moment = at
            while True:
                found.append(moment)
                if rng.random() < 1 / size:
                    break
                moment += rng.expovariate(1 / 4)
        return sorted(minute for minute in found if minute < last)
    found, at = [], first
    zone, calm = rng.uniform(0, 1440), rng.uniform(0.1, 0.6)
    peak = 2.2
    while at < last:
        if style == "steady":
            at += rng.expovariate(per_day / 1440)
            found.append(at)
            continue
        at += rng.expovariate(per_day * peak / 1440)
        hour = ((at + zone) % 1440) / 60
        weekend = int((at + zone) // 1440) % 7 in (5, 6)
        chance = max(0.05, math.sin((hour - 6) / 16 * math.pi)) if 6 <= hour <= 22 else 0.05
        if rng.random() < chance * (calm if weekend else 1):
            found.append(at)
    return [minute for minute in found if minute < last]


def feed(rng, days):
    """One feed of the newsroom's list."""
    style = rng.choice(STYLES)
    last = days * 1440.0
    published = times(rng, style, rate(rng), -HISTORY * 1440.0, last)
    down = []
    fate = rng.random()
    if fate < 0.06:  # dead, some from the start
        down = [(rng.choice((-1.0, rng.uniform(0, last))), math.inf)]
    elif fate < 0.12:  # gone for hours or days, and back
        begin = rng.uniform(0, last)
        down = [(begin, begin + rng.choice((180, 1440, 4320, 14400)))]
    elif fate < 0.15:  # publishes nothing any more, but answers
        end = rng.uniform(-HISTORY * 1440, last)
        published = [minute for minute in published if minute < end]
    own = rng.choice((15, 30, 60, 60, 120, 1440)) if rng.random() < 0.25 else None
    dates = rng.choices(("true", "none", "late"), (80, 10, 10))[0]
    return Feed(style, rng.choice(WINDOWS), published, down, dates, own, random.Random(rng.random()))


def feeds(seed, count, days):
    """The traces of a seed."""
    rng = random.Random(seed)
    return [feed(rng, days) for _ in range(count)]


@dataclass
class Run:
    """What asking one feed came to."""

    requests: int = 0
    missed: int = 0
    seen: int = 0
    out_of_reach: int = 0
    delays: list[float] = field(default_factory=list)
    longest_gap: float = 0.0  # minutes between two polls while the feed answers


def listing(one, end):
    """The list after `end` publications, newest first, as its reader would have it."""
    rows = []
    for place in range(end - 1, max(-1, end - one.window - 1), -1):
        minute = one.published[place]
        if one.dates == "none":
            shown = None
        elif one.dates == "late":  # the date is of the first draft
            shown = START + timedelta(minutes=minute - 90)
        else:
            shown = START + timedelta(minutes=minute)
        rows.append(Listed(key=str(place), published_at=shown))
    return rows


def score(one, polls, days, run):
    """Missed, seen and out of reach, from the moments at which a feed was read."""
    last = days * 1440.0
    first = bisect.bisect_left(one.published, polls[0]) if polls else 0
    first = max(first, bisect.bisect_left(one.published, 0.0))
    for place in range(first, len(one.published)):
        minute = one.published[place]
        falls = one.published[place + one.window] if place + one.window < len(one.published) else math.inf
        if falls >= last:
            break  # still listed at the end
        up = minute
        for begin, end in one.down:
            if begin <= up < end:
                up = end
        if up >= falls:
            run.out_of_reach += 1
            continue
        poll = bisect.bisect_right(polls, minute)
        if poll < len(polls) and polls[poll] < falls:
            run.seen += 1
            run.delays.append(polls[poll] - minute)
        else:
            run.missed += 1


def trouble(one, at):
    """What stands in the way of this poll: (failure weight, Retry-After, throttled), or None."""
    draw = one.troubles.random()
    if one.is_down(at):
        return schedule.SOFT, None, False
    if draw < 0.002:
        return schedule.SOFT, one.troubles.choice((600.0, 3600.0)), True
    if draw < 0.01:
        return schedule.SOFT, None, False
    return None


def simulate(one, days, healthy, *, back_off=True):
    """Asks the feed for so many days. `healthy` gives the wait in minutes after a list: (feed, list or None, at)."""
    run, polls = Run(), []
    at = one.troubles.uniform(0, PACE.minutes)
    failures, wait, last, before = 0.0, float(PACE.minutes), days * 1440.0, None
    listed = -1
    while at < last:
        run.requests += 1
        stopped = trouble(one, at)
        if stopped is not None:
            weight, retry_after, throttled = stopped
            failures += weight
            delay = wait
            if back_off:
                delay = schedule.after_failure(
                    healthy=timedelta(minutes=wait),
                    failures=failures,
                    retry_after=retry_after,
                    throttled=throttled,
                    chance=one.troubles.random(),
                ) / timedelta(minutes=1)
            at += delay
            before = None
            continue
        failures = 0.0
        polls.append(at)
        if before is not None:
            run.longest_gap = max(run.longest_gap, at - before)
        before = at
        end = bisect.bisect_right(one.published, at)
        wait = healthy(one, listing(one, end) if end != listed else None, at)
        listed = end
        at += wait
    score(one, polls, days, run)
    return run


class Learned:
    """The product's schedule for one feed."""

    def __init__(self):
        self.rhythm = None
        self.previous = None

    def __call__(self, one, listed, at):
        """The wait after this list; None stands for a 304."""
        moment = START + timedelta(minutes=at)
        if listed is not None:
            lesson = schedule.learn(
                rhythm=self.rhythm, listed=listed, at=moment, previous_at=self.previous, own_minutes=one.own_minutes
            )
            self.rhythm = lesson.rhythm
        self.previous = moment
        return schedule.period(rhythm=self.rhythm, pace=PACE, at=moment).length / timedelta(minutes=1)


class Steps:
    """Media Cloud's rss-fetcher, as its documentation has it: fixed steps by the share of entries seen before."""

    def __init__(self):
        self.minutes, self.known, self.before, self.good, self.newest = 360.0, set(), set(), 0, -math.inf

    def __call__(self, one, listed, at):
        """The wait after this list; None stands for a 304, which is all duplicates."""
        keys = self.before if listed is None else {entry.key for entry in listed}
        new = keys - self.known
        if new:
            self.newest = at
        duplicates = 1 - len(new) / len(keys) if keys else 1.0
        self.good += 1
        if self.good > 2:
            if duplicates >= 0.67:
                self.minutes += 10 if at - self.newest <= 31 * 1440 else 60
            elif duplicates < 0.33:
                self.minutes = 360.0 if self.minutes - 60 > 360 else self.minutes - 60
        self.known |= keys
        self.before = keys
        self.minutes = min(max(self.minutes, one.own_minutes or 10, 10), 1440)
        return self.minutes


def together(runs):
    """The figures of many feeds."""
    missed, seen = sum(run.missed for run in runs), sum(run.seen for run in runs)
    delays = [delay for run in runs for delay in run.delays]
    return {
        "requests": sum(run.requests for run in runs),
        "entries": missed + seen,
        "missed": missed,
        "missed_share": missed / max(1, missed + seen),
        "out_of_reach": sum(run.out_of_reach for run in runs),
        "median_delay_minutes": round(statistics.median(delays), 1) if delays else None,
        "longest_gap_minutes": round(max(run.longest_gap for run in runs), 1),
    }


def fixed(seed, count, days, minutes, *, back_off=True):
    """A fixed period for all feeds."""
    return together([simulate(one, days, lambda *_: minutes, back_off=back_off) for one in feeds(seed, count, days)])


def largest_fixed(seed, count, days, share):
    """The largest whole number of minutes that misses no larger share, with its figures; None if one minute does."""
    low, high, best = 1, 1440, None
    while low <= high:
        middle = (low + high) // 2
        found = fixed(seed, count, days, middle)
        if found["missed_share"] <= share:
            best, low = (middle, found), middle + 1
        else:
            high = middle - 1
    return best


def measure(seed, count, days):
    """Both schedules on the traces of one seed."""
    start = time.perf_counter()
    learned = together([simulate(one, days, Learned()) for one in feeds(seed, count, days)])
    took = time.perf_counter() - start
    best = largest_fixed(seed, count, days, learned["missed_share"])
    steps = together([simulate(one, days, Steps()) for one in feeds(seed, count, days)])
    result = {"seed": seed, "feeds": count, "days": days, "learned": learned, "learned_seconds": round(took, 1)}
    result["steps"] = steps
    if best is not None:
        minutes, control = best
        plain = fixed(seed, count, days, minutes, back_off=False)
        result |= {
            "fixed_minutes": minutes,
            "fixed": control,
            "fixed_without_back_off": plain,
            "fewer_requests": 1 - learned["requests"] / control["requests"],
        }
    return result


def line(result):
    """One line of figures."""
    learned = result["learned"]
    text = (
        f"seed {result['seed']}: {result['feeds']} feeds x {result['days']} days: learned missed"
        f" {100 * learned['missed_share']:.3f} % of {learned['entries']} entries with {learned['requests']} requests,"
        f" longest gap {learned['longest_gap_minutes']:.0f} min, median delay {learned['median_delay_minutes']} min;"
        f" steps by duplicate share missed {100 * result['steps']['missed_share']:.2f} % with"
        f" {result['steps']['requests']} requests"
    )
    if "fixed" not in result:
        return f"{text}; no fixed period of a minute or more misses as little"
    return (
        f"{text}; largest fixed period that misses no more {result['fixed_minutes']} min"
        f" ({100 * result['fixed']['missed_share']:.3f} %) with {result['fixed']['requests']} requests,"
        f" {result['fixed_without_back_off']['requests']} without back-off:"
        f" {100 * result['fewer_requests']:.1f} % fewer; load {os.getloadavg()[0]:.2f}"
    )


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    results = []
    for seed in asked.seeds:
        results.append(measure(seed, asked.feeds, asked.days))
        print(line(results[-1]), flush=True)
    if asked.json:
        asked.json.write_text(json.dumps(results, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
