"""What every public answer shares: validators, what caches may keep, and the newsroom's time zone."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, tzinfo
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from claims.models import Organisation
from claims.text import sha256
from claims.verdicts.candidate import site_url

MAX_AGE = 60  # seconds that a shared cache may hide a correction for

View = Callable[..., HttpResponseBase]


def public(view: View) -> View:
    """GET and HEAD only, compressed where the client takes it: nothing secret stands in these answers."""

    @wraps(view)
    @require_safe
    @gzip_page
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs)

    return answered


def conditional(
    request: HttpRequest, response: HttpResponse, *, changed_at: datetime | None = None, max_age: int = MAX_AGE
) -> HttpResponseBase:
    """The answer with its validators, or 304 where the client has it already. `max_age` in seconds."""
    etag = f'"{sha256(response.content)[:32]}"'
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = f"public, max-age={max_age}"
    stamp = None
    if changed_at is not None:
        stamp = int(changed_at.timestamp())
        response.headers["Last-Modified"] = changed_at.astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    if response.status_code != 200:
        return response
    answer = get_conditional_response(request, etag, stamp, response)
    return answer if answer is not None else response


def open_to_all(response: HttpResponseBase) -> HttpResponseBase:
    """The same answer, readable by pages of every origin."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def in_zone(name: str) -> AbstractContextManager[None]:
    """Times are shown in the newsroom's zone, in UTC where the name is none."""
    zone: tzinfo
    try:
        zone = ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        zone = UTC
    return timezone.override(zone)


def house(organisation: Organisation) -> dict[str, Any]:
    """What every page says of the newsroom."""
    return {
        "publisher": {"name": organisation.name or "Fact-check desk", "url": site_url(organisation)},
        "licence": organisation.data_licence,
        "organisation": organisation,
    }


def withheld(response: HttpResponse, organisation: Organisation) -> HttpResponse:
    """The page of what was lawfully erased, with the one who withholds it, which is this newsroom (RFC 7725, 4)."""
    response.headers["Link"] = f'<{site_url(organisation)}/>; rel="blocked-by"'
    return response


def number(text: str) -> int | None:
    """A whole number from an address, or nothing."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
