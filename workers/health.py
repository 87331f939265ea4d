"""How each kind of work stands, from the rows: for the operators' page and for Prometheus."""

from dataclasses import dataclass, field

from django.db import connection

from workers.choices import JobKind, RungBy
from workers.kinds import KINDS

LAST_SECONDS = 3600  # what "lately" means
MOST_ATTEMPTS = 5  # this many and more are one bar of the histogram

# Done jobs, the bulk of the table, are looked at for the last hour only; an index leads there.
_NOW = """
SELECT queue, kind,
       count(*) FILTER (WHERE state = 'queued' AND run_at <= now()),
       count(*) FILTER (WHERE state = 'queued' AND run_at > now()),
       count(*) FILTER (WHERE state = 'running'),
       count(*) FILTER (WHERE state = 'running' AND lease_until < now()),
       count(*) FILTER (WHERE state = 'dead'),
       extract(epoch FROM now() - min(run_at) FILTER (WHERE state = 'queued' AND run_at <= now()))::float8
  FROM workers_job WHERE state <> 'done' GROUP BY queue, kind
"""
_LATELY = """
SELECT queue, kind, rung_by, least(attempts, %(most)s), count(*)
  FROM workers_job
 WHERE state = 'done' AND finished_at > now() - make_interval(secs => %(last)s)
 GROUP BY 1, 2, 3, 4
"""
_OUTBOX = "SELECT count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 FROM claims_outbox"


@dataclass(slots=True)
class KindHealth:
    """One kind in one queue. `oldest` is how long (seconds) the job due the longest has waited, None if none is due."""

    queue: str
    kind: str
    due: int = 0
    later: int = 0
    running: int = 0
    expired: int = 0
    dead: int = 0
    oldest: float | None = None
    # Of the jobs that were done lately: how many attempts each took (the last stands for all above), and who led to it.
    attempts: list[int] = field(default_factory=lambda: [0] * MOST_ATTEMPTS)
    rung: dict[str, int] = field(default_factory=lambda: dict.fromkeys(RungBy.values, 0))

    @property
    def label(self) -> str:
        """The kind in words."""
        return str(JobKind(self.kind).label) if self.kind in JobKind.values else self.kind

    @property
    def known(self) -> bool:
        """Whether this release can do it."""
        return self.kind in KINDS

    @property
    def waits_or_runs(self) -> bool:
        """Whether any of it is not over, or waits for a person."""
        return any((self.due, self.later, self.running, self.dead))

    @property
    def done(self) -> int:
        """How many were done lately."""
        return sum(self.attempts)

    @property
    def by_sweep(self) -> float | None:
        """The share of starts that needed the sweep, 0 to 1; None without any. Near 1, nobody hears the bell."""
        told = sum(self.rung.values())
        return self.rung[RungBy.SWEEP] / told if told else None

    @property
    def limits(self) -> str:
        """Priority and limits in words; empty where there are none."""
        spec = KINDS.get(self.kind)
        if spec is None:
            return ""
        parts = [f"priority {spec.priority}"] if spec.priority else []
        parts += [f"{spec.concurrency} at once"] if spec.concurrency is not None else []
        parts += [f"{spec.rate.starts} in {spec.rate.seconds:g} s"] if spec.rate is not None else []
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class OutboxHealth:
    """Facts that are not jobs yet, and how long (seconds) the oldest of them has waited."""

    waiting: int
    oldest: float


def work_health() -> list[KindHealth]:
    """Every kind with work that is not done, or that was done in the last hour, by queue and kind. Two questions."""
    found: dict[tuple[str, str], KindHealth] = {}
    with connection.cursor() as cursor:
        cursor.execute(_NOW)
        for queue, kind, due, later, running, expired, dead, oldest in cursor.fetchall():
            found[queue, kind] = KindHealth(queue, kind, due, later, running, expired, dead, oldest)
        cursor.execute(_LATELY, {"most": MOST_ATTEMPTS, "last": LAST_SECONDS})
        for queue, kind, rung_by, attempts, number in cursor.fetchall():
            health = found.setdefault((queue, kind), KindHealth(queue, kind))
            health.attempts[max(attempts, 1) - 1] += number
            if rung_by in health.rung:
                health.rung[rung_by] += number
    return [found[name] for name in sorted(found)]


def outbox_health() -> OutboxHealth:
    """How the way from facts to jobs stands. One question."""
    with connection.cursor() as cursor:
        cursor.execute(_OUTBOX)
        row = cursor.fetchone()
    assert row is not None
    return OutboxHealth(waiting=int(row[0]), oldest=float(row[1]))
