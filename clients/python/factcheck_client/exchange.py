"""One request and its whole answer: tried again where that is safe, bounded in time and size, refusals as types."""

import json
import random
import re
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ssl import SSLContext
from typing import Any

import httpx

from factcheck_client.cache import Cache, Kept
from factcheck_client.deadline import Transport, within
from factcheck_client.errors import (
    EpochChanged,
    FactcheckError,
    NotFound,
    Redacted,
    RefusedByDesk,
    Retracted,
    TryLater,
    UnexpectedAnswer,
    Unreachable,
)
from factcheck_client.parts import Part

_USER_AGENT = "factcheck-client/0.1"
_FIRST_PAUSE = 0.5  # seconds before the second try; doubled from then on, and a random part of it taken
_AGAIN = frozenset({429, 502, 503, 504})
_TAKEN_BACK = frozenset({404, 410, 451})
_OTHER_HISTORY = frozenset({"feed_epoch_changed", "ahead_of_feed"})
_ETAG = re.compile(r'(W/)?"[!#-~]{0,200}"')
_KEY = re.compile(r"[!-~]{0,500}")

Params = Mapping[str, str | int | float]


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer: its headers and its body, as an object."""

    headers: httpx.Headers
    body: Part


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to go on. `timeout` is for one whole answer and `longest_pause` for one wait between tries, in seconds.

    So a call ends after at most `tries` × (`timeout` + `longest_pause`), and a lookup of the host's name beside it.
    """

    timeout: float = 30.0
    tries: int = 5
    longest_pause: float = 60.0

    def __post_init__(self) -> None:
        if self.timeout <= 0 or self.tries < 1 or self.longest_pause < 0:
            raise ValueError("timeout is above 0, tries at least 1, longest_pause not below 0.")


class Exchange:
    """Talks to one desk and to nobody else: redirects are not followed, and the key goes nowhere but there."""

    def __init__(
        self,
        site: str,
        *,
        key: str,
        patience: Patience,
        most_bytes: int,
        cache: Cache,
        proxy: str | None,
        verify: SSLContext | None,
        sleep: Callable[[float], None],
    ) -> None:
        address = httpx.URL(site)
        if address.scheme not in {"http", "https"} or not address.host or address.query or address.userinfo:
            raise ValueError("The desk's address looks like https://desk.example.")
        if not _KEY.fullmatch(key):
            raise ValueError("That is no key: it has characters that no key has.")
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": _USER_AGENT}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        self._base = str(address).rstrip("/") + "/api/v1"
        self._patience = patience
        self._most_bytes = most_bytes
        self._cache = cache
        self._sleep = sleep
        self._client = httpx.Client(
            transport=Transport(proxy=proxy, verify=verify), headers=headers, follow_redirects=False
        )

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

    def get(self, path: str, params: Params, *, keep: bool = False, longer: float = 0.0) -> Answer:
        """The answer to a read, tried again where it may be. `keep` asks with the ETag of what was kept, and keeps it.

        `longer` are seconds that the desk may hold the answer back. Raises what is in `errors`.
        """
        address = str(httpx.URL(self._base + path, params={name: str(value) for name, value in params.items()}))
        kept = self._cache.get(address) if keep else None
        headers = {"If-None-Match": kept.etag} if kept is not None else {}
        for number in range(1, self._patience.tries + 1):
            last = number == self._patience.tries
            try:
                status, found, body = self._once("GET", address, headers=headers, longer=longer)
            except Unreachable:
                if last:
                    raise
                self._sleep(self._pause(number))
                continue
            asked = retry_after(found)
            # Who asks to be left alone for longer than we may wait is not asked again meanwhile.
            if status not in _AGAIN or last or (asked or 0) > self._patience.longest_pause:
                break
            self._sleep(asked if asked is not None else self._pause(number))
        if status == 304 and kept is not None:
            body = kept.body
        elif status != 200:
            if keep and status in _TAKEN_BACK:
                self._cache.drop(address)
            raise refusal(status, found, body, address)
        answer = Answer(headers=found, body=_object(body))
        etag = found.get("ETag", "")
        if keep and status == 200 and _ETAG.fullmatch(etag):
            self._cache.put(address, Kept(etag=etag, body=body))
        return answer

    def post(self, path: str, given: Mapping[str, object]) -> Answer:
        """The answer to a write, sent once: nobody knows if a lost one was done."""
        address = self._base + path
        sent = json.dumps(given).encode()
        status, found, body = self._once("POST", address, headers={"Content-Type": "application/json"}, content=sent)
        if not 200 <= status < 300:
            raise refusal(status, found, body, address)
        return Answer(headers=found, body=_object(body))

    def pause(self, seconds: float) -> None:
        """Wait, but never longer than allowed."""
        self._sleep(min(max(seconds, 0.0), self._patience.longest_pause))

    def _pause(self, number: int) -> float:
        longest = min(_FIRST_PAUSE * 2.0 ** (number - 1), self._patience.longest_pause)
        return longest * (1 - random.random() / 2)  # noqa: S311 - spreads load, no secret

    def _once(
        self, method: str, address: str, *, headers: Mapping[str, str], content: bytes = b"", longer: float = 0.0
    ) -> tuple[int, httpx.Headers, bytes]:
        seconds = self._patience.timeout + longer
        with _told(address), within(seconds):
            request = self._client.build_request(
                method, address, headers=dict(headers), content=content or None, timeout=seconds
            )
            response = self._client.send(request, stream=True)
            try:
                return response.status_code, response.headers, self._body(response)
            finally:
                response.close()

    def _body(self, response: httpx.Response) -> bytes:
        """The whole body; unpacked here, piece by piece, so that a small one cannot unpack to more than is allowed."""
        coding = response.headers.get("Content-Encoding", "identity").lower()
        if coding not in {"identity", "gzip"}:
            raise UnexpectedAnswer(f"The answer is packed as {coding}, which nobody asked for.")
        unpack = zlib.decompressobj(wbits=31) if coding == "gzip" else None
        body = bytearray()
        for piece in response.iter_raw():
            body += unpack.decompress(piece, self._most_bytes + 1 - len(body)) if unpack else piece
            if len(body) > self._most_bytes:
                raise UnexpectedAnswer(f"The answer is larger than {self._most_bytes} bytes.")
        if unpack is not None and body and not unpack.eof:
            raise UnexpectedAnswer("The packed answer is cut off.")
        return bytes(body)


def refusal(status: int, headers: httpx.Headers, body: bytes, address: str) -> FactcheckError:
    """What a refusal means, as a type. Refusals that are not in the desk's one shape come from something before it."""
    try:
        part = _object(body)
        code, message, details = part.needed("code"), part.text("message"), part.part_or_none("details") or Part({})
        fields = part.part_or_none("fields")
        if code in _OTHER_HISTORY:
            return EpochChanged(message, feed_epoch=details.needed("feed_epoch"), head=details.integer("head"))
        given: dict[str, Any] = {"status": status, "code": code, "request_id": part.text("request_id")}
        given |= {"fields": fields.raw if fields else {}, "details": details.raw}
        return _typed(status, headers, message, given, details, address)
    except UnexpectedAnswer:
        if status in _AGAIN:
            later = TryLater("Busy.", status=status, code="busy", fields={}, details={}, request_id="")
            later.retry_after = retry_after(headers)
            return later
        return UnexpectedAnswer(f"The answer {status} is not in the desk's shape.")


def _typed(
    status: int, headers: httpx.Headers, message: str, given: Mapping[str, Any], details: Part, address: str
) -> RefusedByDesk:
    if status == 410:
        retracted = Retracted(message, **given)
        retracted.reason, retracted.link = details.text("reason"), details.text("last_version_url")
        retracted.version, retracted.retracted_at = details.integer("version"), details.instant("retracted_at")
        retracted.superseded_by = details.text_or_none("superseded_by")
        return retracted
    if status == 451:
        redacted = Redacted(message, **given)
        redacted.link = address
        return redacted
    if status in _AGAIN:
        later = TryLater(message, **given)
        later.retry_after = retry_after(headers)
        return later
    return NotFound(message, **given) if status == 404 else RefusedByDesk(message, **given)


def retry_after(headers: httpx.Headers) -> float | None:
    """Seconds to wait, from either form (RFC 9110, 10.2.3); None where it is missing or cannot be read."""
    given = headers.get("Retry-After", "").strip()
    if given.isascii() and given.isdigit() and len(given) < 10:
        return float(given)
    try:
        at = parsedate_to_datetime(given)
    except (ValueError, OverflowError):
        return None
    return max(0.0, at.replace(tzinfo=at.tzinfo or UTC).timestamp() - datetime.now(UTC).timestamp())


def _object(body: bytes) -> Part:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UnexpectedAnswer("The answer is no JSON.") from error
    return Part.of(found)


@contextmanager
def _told(address: str) -> Iterator[None]:
    """A connection's failures as Unreachable, and an answer that cannot be read as UnexpectedAnswer."""
    started = time.monotonic()
    try:
        yield
    except httpx.TransportError as error:
        after = time.monotonic() - started
        raise Unreachable(f"No whole answer from {address} after {after:.1f} s: {error}") from error
    except (httpx.HTTPError, zlib.error) as error:
        raise UnexpectedAnswer(f"The answer from {address} cannot be read: {error}") from error
