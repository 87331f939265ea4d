"""How much of a service may be used: set up by the operator, counted in one row per service on the database's clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from claims.choices import Outcome
from claims.coverage.base import ConnectorSettings
from claims.coverage.registry import SEARCHES
from claims.http import RetryLater
from claims.models import ConnectorUse

# After one throttle a service is left alone for a minute, after two in a row for five (GDELT's penalties outlast it).
REST = timedelta(minutes=1)
LONG_REST = timedelta(minutes=5)
REFUSED_REST = timedelta(hours=1)
_SPEND = """
UPDATE claims_connectoruse
   SET requests = CASE WHEN claims_connectoruse.day = today.day THEN requests + 1 ELSE 1 END, day = today.day
  FROM (SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date AS day) AS today
 WHERE connector = %(name)s
   AND (claims_connectoruse.day IS DISTINCT FROM today.day OR requests < %(budget)s)
   AND (resting_until IS NULL OR resting_until <= clock_timestamp())
RETURNING requests
"""
_GIVE_BACK = """
UPDATE claims_connectoruse SET requests = requests - 1
 WHERE connector = %(name)s AND requests > 0 AND day = (clock_timestamp() AT TIME ZONE 'UTC')::date
"""
_WAIT = """
SELECT extract(epoch FROM greatest(resting_until - clock_timestamp(), interval '0'))::float8,
       extract(epoch FROM date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC') + interval '1 day'
               - (clock_timestamp() AT TIME ZONE 'UTC'))::float8
  FROM claims_connectoruse WHERE connector = %(name)s
"""


def setup_of(name: str) -> ConnectorSettings:
    """How the operator set the service up."""
    found = _options(name)
    return ConnectorSettings(
        url=found["url"],
        daily_requests=found["daily_requests"],
        key=found.get("key", ""),
        options=found.get("options", {}),
    )


def _options(name: str) -> Mapping[str, Any]:
    services: Mapping[str, Mapping[str, Any]] = settings.SEARCHES
    return services[name]


def silent(name: str) -> str:
    """Why the service is not asked at all, as a sentence; "" if it is."""
    setup = setup_of(name)
    if setup.daily_requests <= 0:
        return "Switched off: its daily budget is 0."
    return SEARCHES[name].missing(setup)


def ready() -> list[str]:
    """The names of the services that may be asked."""
    return [name for name in SEARCHES if not silent(name)]


def spend(name: str) -> None:
    """Take one request out of today's budget. Raises RetryLater: reason "resting" or "budget", with the seconds."""
    values: dict[str, str | int] = {"name": name, "budget": setup_of(name).daily_requests}
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO claims_connectoruse (connector, requests, throttles, last_outcome, last_note) "
            "SELECT %(name)s, 0, 0, '', '' WHERE NOT EXISTS "
            "(SELECT 1 FROM claims_connectoruse WHERE connector = %(name)s) ON CONFLICT DO NOTHING",
            values,
        )
        cursor.execute(_SPEND, values)
        if cursor.fetchone() is not None:
            return
        cursor.execute(_WAIT, values)
        resting, tomorrow = cursor.fetchone() or (0.0, 3600.0)
    label = SEARCHES[name].label
    if resting:
        raise RetryLater(f"{label} is left alone for a while.", reason="resting", after=resting)
    raise RetryLater(f"Today’s budget for {label} is used up.", reason="budget", after=tomorrow)


def give_back(name: str) -> None:
    """Put a request back that was not made after all."""
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, {"name": name})


def note_answer(
    *, name: str, outcome: Outcome, note: str, throttled: bool, after: float | None, at: datetime
) -> ConnectorUse:
    """Write down how a service last answered, and leave it alone where it asked for that. In a transaction."""
    use = ConnectorUse.objects.select_for_update().filter(connector=name).first() or ConnectorUse(connector=name)
    use.throttles = use.throttles + 1 if throttled else 0
    rest = timedelta(seconds=after or 0)
    if throttled:
        rest = max(rest, LONG_REST if use.throttles > 1 else REST)
    elif outcome == Outcome.REFUSED:
        rest = REFUSED_REST
    if rest:
        use.resting_until = max(use.resting_until or at, at + rest)
    if use.last_at is None or use.last_at <= at:
        use.last_at, use.last_outcome, use.last_note = at, outcome, note
    use.save()
    return use


@dataclass(frozen=True, slots=True)
class Standing:
    """A service as the admin shows it. `used` is today's requests; `silent` says why it is not asked, "" if it is."""

    name: str
    label: str
    url: str
    needs_key: bool
    silent: str
    used: int
    budget: int
    pace: float
    resting_until: datetime | None
    last_at: datetime | None
    last_outcome: str
    last_note: str


def standings(*, at: datetime) -> list[Standing]:
    """Every service, in the order of the registry; one query."""
    uses = {use.connector: use for use in ConnectorUse.objects.all()}
    today = at.astimezone(UTC).date()
    found = []
    for name, connector in SEARCHES.items():
        setup, use = setup_of(name), uses.get(name) or ConnectorUse(connector=name)
        resting = use.resting_until if use.resting_until is not None and use.resting_until > at else None
        found.append(
            Standing(
                name=name,
                label=connector.label,
                url=setup.url,
                needs_key=connector.needs_key,
                silent=silent(name),
                used=use.requests if use.day == today else 0,
                budget=setup.daily_requests,
                pace=float(_options(name)["pace"]),
                resting_until=resting,
                last_at=use.last_at,
                last_outcome=use.last_outcome,
                last_note=use.last_note,
            )
        )
    return found
