"""Saying in time that an operation will go: in its answers, refusals among them, and in the description.

Deprecation is RFC 9745, Sunset RFC 8594. A sunset lies at least half a year after the day when it was announced.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from django.utils.http import http_date
from drf_spectacular.utils import extend_schema

SHORTEST_NOTICE = timedelta(days=180)
_MARK = "deprecation"

Handler = TypeVar("Handler", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Deprecation:
    """Since when an operation is deprecated, when it goes, and where to read what to use instead."""

    since: date
    sunset: date
    link: str

    def headers(self) -> dict[str, str]:
        """What each answer carries."""
        return {
            "Deprecation": f"@{round(_midnight(self.since).timestamp())}",
            "Sunset": http_date(_midnight(self.sunset).timestamp()),
            "Link": f'<{self.link}>; rel="deprecation"; type="text/html"',
        }


def deprecated(*, since: date, sunset: date, link: str) -> Callable[[Handler], Handler]:
    """Marks a view's method; `link` is the address of a page that says what to use instead.

    Raises ValueError for a sunset that comes too soon for its clients.
    """
    if sunset - since < SHORTEST_NOTICE:
        raise ValueError(f"A sunset lies at least {SHORTEST_NOTICE.days} days after the notice.")
    found = Deprecation(since=since, sunset=sunset, link=link)

    def mark(handler: Handler) -> Handler:
        shown: Handler = extend_schema(deprecated=True)(handler)
        setattr(shown, _MARK, found)
        return shown

    return mark


def headers_of(handler: Any) -> dict[str, str]:
    """The headers for a view's method; none where it is not deprecated."""
    found = getattr(handler, _MARK, None)
    return found.headers() if isinstance(found, Deprecation) else {}


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
