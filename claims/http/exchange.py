"""One request and its answer over a connection of its own, within limits. Redirects and robots.txt: client.py."""

import re
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache

import httpcore

from claims.http import content
from claims.http.errors import NotMeasured, Refused, RetryLater
from claims.http.reach import Reach
from claims.http.transport import LONGEST_HEADER_BLOCK, PinnedBackend, Resolver
from claims.http.urls import Target
from claims.http.wall import Wall

Headers = tuple[tuple[str, str], ...]

_REDIRECTS = {301, 302, 303, 307, 308}
_LONGEST_RETRY_AFTER = 24 * 3600.0  # seconds; a site that says "in a year" is asked again tomorrow
_GLIMPSE_SECONDS = 2.0
_FORBIDDEN_IN_HEADER = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of an answer is read: `size` in bytes; with `cut`, more is cut off there instead of refused.

    With `only_status` what counts is the status, whichever it is: of the body as much is kept as comes soon, packed or
    not, and none of it may be there.
    """

    size: int
    cut: bool = False
    only_status: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """One answer. `location` is set if it sends us elsewhere, and then nothing of its body was read."""

    status: int
    headers: Headers
    content: content.Content
    location: bytes | None
    request_headers: Headers
    started_at: datetime
    address: str


class Exchanger:
    """Sends requests within one installation's reach."""

    def __init__(self, *, reach: Reach, resolver: Resolver) -> None:
        self._reach = reach
        self._resolver = resolver

    def send(
        self,
        target: Target,
        *,
        headers: Headers,
        secret: Headers,
        limits: Limits,
        wall: Wall,
        posted: bytes | None = None,
    ) -> Received:
        """Ask once, with a POST if there is something to post.

        `secret` headers are sent, not told. Raises Refused, RetryLater (429, 503 too) or NotMeasured.
        """
        shown = (("Host", target.authority), *headers, ("Connection", "close"))
        check_headers((*shown, *secret))
        backend = PinnedBackend(reach=self._reach, resolver=self._resolver, wall=wall)
        started_at = datetime.now(UTC)
        with self._connection(target, backend) as connection:
            try:
                response = connection.handle_request(_request(target, (*shown, *secret), posted))
                return self._received(
                    response,
                    backend=backend,
                    target=target,
                    shown=shown,
                    limits=limits,
                    started_at=started_at,
                    wall=wall,
                )
            except httpcore.TimeoutException as error:
                raise RetryLater(f"{target.host} took too long to answer.", reason="timeout") from error
            except httpcore.RemoteProtocolError as error:
                raise _broken(target, error) from error
            except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError) as error:
                raise NotMeasured(
                    f"The connection to {target.host} ended before the answer did.", reason="cut_short"
                ) from error

    def _connection(self, target: Target, backend: PinnedBackend) -> httpcore.HTTPConnection:
        origin = httpcore.Origin(scheme=target.scheme.encode(), host=target.host.encode(), port=target.port)
        return httpcore.HTTPConnection(origin, ssl_context=_tls(), network_backend=backend)

    def _received(
        self,
        response: httpcore.Response,
        *,
        backend: PinnedBackend,
        target: Target,
        shown: Headers,
        limits: Limits,
        started_at: datetime,
        wall: Wall,
    ) -> Received:
        if backend.stream is not None:
            backend.stream.headers_done()
        if sum(len(name) + len(value) + 4 for name, value in response.headers) > LONGEST_HEADER_BLOCK:
            raise Refused("The site's answer has more headers than any page needs.", reason="headers_too_large")
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers)
        if response.status < 200:
            raise NotMeasured(f"{target.host} answered in a way that is no web page.", reason="broken_answer")
        if limits.only_status:
            return Received(
                status=response.status,
                headers=headers,
                content=_glimpse(response, limit=limits.size, wall=wall),
                location=None,
                request_headers=shown,
                started_at=started_at,
                address=backend.address,
            )
        if response.status in {429, 503}:
            raise _busy(target, response.status, values(headers, "Retry-After"))
        location = _location(target, response)
        body = content.Content(wire=b"", plain=b"")
        if location is None:
            content.announced(values(headers, "Content-Length"), limit=limits.size, cut=limits.cut)
            body = content.read(
                response.iter_stream(),
                packed=content.coding(values(headers, "Content-Encoding")),
                limit=limits.size,
                cut=limits.cut,
            )
        return Received(
            status=response.status,
            headers=headers,
            content=body,
            location=location,
            request_headers=shown,
            started_at=started_at,
            address=backend.address,
        )


@cache
def _tls() -> ssl.SSLContext:
    return httpcore.default_ssl_context()  # reading the list of authorities takes a while


def check_headers(headers: Headers) -> None:
    """Raises Refused (reason "header_refused") if a header would break out of its line, or is no header."""
    for name, value in headers:
        if not _HEADER_NAME.fullmatch(name) or _FORBIDDEN_IN_HEADER.search(value):
            raise Refused(
                f"The value for {name[:40]!r} holds a character that no request may hold.", reason="header_refused"
            )


def values(headers: Headers, name: str) -> list[str]:
    """All values of a header, in order, without outer spaces."""
    return [value.strip() for key, value in headers if key.lower() == name.lower()]


def retry_after(value: str, *, now: datetime) -> float | None:
    """Seconds to wait as a Retry-After header says, as a number or a date; None if it says nothing that can be read."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:12]), _LONGEST_RETRY_AFTER)
    try:
        when = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return min(max((when - now).total_seconds(), 0.0), _LONGEST_RETRY_AFTER)


def _request(target: Target, headers: Sequence[tuple[str, str]], posted: bytes | None) -> httpcore.Request:
    return httpcore.Request(
        method=b"GET" if posted is None else b"POST",
        url=httpcore.URL(
            scheme=target.scheme.encode(),
            host=target.host.encode(),
            port=target.port,
            target=target.path.encode("ascii"),
        ),
        headers=[(name.encode("ascii"), value.strip().encode("latin-1")) for name, value in headers],
        content=posted,
    )


def _glimpse(response: httpcore.Response, *, limit: int, wall: Wall) -> content.Content:
    """The beginning of a body that decides nothing, as far as it came within a moment."""
    seen = bytearray()
    broken = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError, RetryLater)
    with suppress(*broken), wall.part(_GLIMPSE_SECONDS):
        for chunk in response.iter_stream():
            seen += chunk
            if len(seen) >= limit:
                break
    kept = bytes(seen[:limit])
    return content.Content(wire=kept, plain=kept)


def _location(target: Target, response: httpcore.Response) -> bytes | None:
    if response.status not in _REDIRECTS:
        return None
    found = {value.strip() for name, value in response.headers if name.lower() == b"location"} - {b""}
    if len(found) > 1:
        raise NotMeasured(f"{target.host} redirects to two places at once.", reason="broken_answer")
    return found.pop() if found else None


def _busy(target: Target, status: int, after: Sequence[str]) -> RetryLater:
    seconds = retry_after(after[0], now=datetime.now(UTC)) if after else None
    if status == 429:
        return RetryLater(f"{target.host} asks us to come less often.", reason="too_many_requests", after=seconds)
    return RetryLater(f"{target.host} is out of service for now.", reason="unavailable", after=seconds)


def _broken(target: Target, error: httpcore.RemoteProtocolError) -> NotMeasured:
    text = str(error)
    if "disconnected without" in text or "peer closed" in text:
        return NotMeasured(f"The connection to {target.host} ended before the answer did.", reason="cut_short")
    return NotMeasured(f"{target.host} answered in a way that is no web page.", reason="broken_answer")
