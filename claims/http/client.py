"""The way out: one GET, with every rule that keeps it polite, bounded, and away from private networks."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from django.conf import settings

from claims.http.errors import NotMeasured, Refused, RetryLater
from claims.http.exchange import Exchanger, Headers, Limits, Received, retry_after, values
from claims.http.reach import Reach
from claims.http.robots import LONGEST_ROBOTS, Robots, RobotsText
from claims.http.transport import Resolver, look_up, resolve
from claims.http.urls import Target, join, parse
from claims.http.wall import Wall

MOST_REDIRECTS = 5
LONGEST_WALL = 28.0  # seconds; with what ends a fetch around it, nothing lasts longer than thirty
LONGEST_WAITING = 80.0  # seconds for all turns of one fetch; with the wall and one turn more, less than a job's lease
_ROBOTS_SECONDS = 10.0


# Hears that a request is over, and whether the host did its part: True, False, or None if it had none in it.
Release = Callable[[bool | None], None]


class Pace(Protocol):
    """Waits for our turn at a host; raises RetryLater (with `after`) if it is too far away.

    May return what wants to hear when the request is over.
    """

    def __call__(self, *, scheme: str, host: str, port: int) -> Release | None: ...


class Hold(Protocol):
    """Hears that a host asked to be left alone for so many seconds."""

    def __call__(self, *, scheme: str, host: str, port: int, seconds: float) -> None: ...


class CrawlDelay(Protocol):
    """Hears which pause between requests a host's robots.txt asks for; None if it asks for none."""

    def __call__(self, *, scheme: str, host: str, port: int, seconds: float | None) -> None: ...


@dataclass(frozen=True, slots=True)
class Hop:
    """An answer that sent us on."""

    url: str
    status: int
    headers: Headers


@dataclass(frozen=True, slots=True)
class Answer:
    """What a site said. `body` is unpacked; `wire_body` is as it came, still packed if it was, without chunk framing.

    `status` is whatever the site gave, 304 and 404 and 500 included; `request_headers` leave out credentials.
    """

    requested_url: str
    url: str
    status: int
    headers: Headers
    body: bytes
    wire_body: bytes
    request_headers: Headers
    hops: tuple[Hop, ...]
    started_at: datetime
    address: str

    def header(self, name: str) -> str:
        """The value of a header, several joined by a comma, "" if it is not there."""
        return ", ".join(values(self.headers, name))

    def retry_after(self) -> float | None:
        """Seconds to wait as Retry-After says, at most a day; None if it says nothing that can be read."""
        said = values(self.headers, "Retry-After")
        return retry_after(said[0], now=datetime.now(UTC)) if said else None


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is to be sent along, and how much may come back."""

    headers: Headers
    secret: Headers
    limits: Limits
    waiting: float
    posted: bytes | None = None


def NO_PACE(*, scheme: str, host: str, port: int) -> None:  # noqa: N802 - a constant that happens to be callable
    """A Pace that never waits, for tests against loopback servers."""


class Web:
    """The only HTTP client of the product. Keep one per process: it remembers robots.txt; threads may share it."""

    def __init__(
        self,
        *,
        pace: Pace,
        hold: Hold | None = None,
        crawl_delay: CrawlDelay | None = None,
        loopback_allowed: Sequence[str] | None = None,
        resolver: Resolver | None = None,
    ) -> None:
        allowed = settings.FETCH_LOOPBACK_ALLOWED if loopback_allowed is None else loopback_allowed
        self._reach = Reach(extra_ports=settings.FETCH_EXTRA_PORTS, loopback_allowed=allowed)
        self._resolver = resolver or look_up
        self._exchanger = Exchanger(reach=self._reach, resolver=self._resolver)
        self._user_agent: str = settings.FETCH_USER_AGENT
        self._pace = pace
        self._hold = hold
        self._crawl_delay = crawl_delay
        self._robots = Robots(user_agent=self._user_agent, ask=self._ask_robots, told=self._tell_crawl_delay)

    def get(
        self,
        url: str,
        *,
        accept: str = "*/*",
        limit: int = 10_000_000,
        etag: str = "",
        last_modified: str = "",
        wall: float = LONGEST_WALL,
        obey_robots: bool = True,
        credentials: Mapping[str, str] | None = None,
        waiting: float = LONGEST_WAITING,
        under_way: bool = False,
    ) -> Answer:
        """Fetch a page, following up to five redirects. Raises Refused, RetryLater or NotMeasured.

        `limit` is bytes, `wall` seconds for everything but waiting for our turn, `waiting` seconds for that. `etag` and
        `last_modified` are what an earlier answer carried, for a 304. `credentials` are headers that go to the origin
        of `url` and nowhere else. `under_way` says that this is a part of something that was begun: a turn that is far
        away is waited for then, as after a redirect, and if it is too far the reason is "turns", not "pace".
        """
        headers = [("User-Agent", self._user_agent), ("Accept", accept), ("Accept-Encoding", "gzip")]
        if etag:
            headers.append(("If-None-Match", etag))
        if last_modified:
            headers.append(("If-Modified-Since", last_modified))
        wish = _Wish(
            headers=tuple(headers),
            secret=tuple((credentials or {}).items()),
            limits=Limits(size=limit, cut=False),
            waiting=waiting,
        )
        return self._follow(
            parse(url),
            wish=wish,
            wall=Wall(wall),
            obey_robots=obey_robots,
            hops=[],
            requested=url,
            under_way=under_way,
        )

    def post(
        self,
        url: str,
        *,
        body: bytes,
        content_type: str,
        accept: str = "application/json",
        limit: int = 1_000_000,
        wall: float = 30.0,
        credentials: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send something to a service's API, once: no redirect is followed, and robots.txt, meant for crawlers, not
        asked. Raises Refused, RetryLater or NotMeasured (reason "redirects" if it sends us elsewhere).
        """
        headers = (
            ("User-Agent", self._user_agent),
            ("Accept", accept),
            ("Accept-Encoding", "gzip"),
            ("Content-Type", content_type),
            ("Content-Length", str(len(body))),
        )
        secret = tuple((credentials or {}).items())
        wish = _Wish(headers=headers, secret=secret, limits=Limits(size=limit), waiting=LONGEST_WAITING, posted=body)
        target = self._allowed(url)
        received = self._ask_once(target, wish=wish, secret=secret, wall=Wall(wall))
        if received.location is not None:
            raise NotMeasured(f"{target.host} sends us elsewhere, which no post follows.", reason="redirects")
        return _answer(url, target, received, [])

    def deliver(
        self, url: str, *, body: bytes, headers: Mapping[str, str], limit: int = 2_000, wall: float = 15.0
    ) -> Answer:
        """Send an event to a receiver that asked for it, once, waiting for no turn. Every status is an answer, also one
        that sends us elsewhere or away; `body` of the answer is at most `limit` bytes of what came, as it came.

        `wall` is seconds, name and connection included. Raises Refused, RetryLater or NotMeasured, without an answer.
        """
        target = self._allowed(url)
        sent = (("User-Agent", self._user_agent), *headers.items(), ("Content-Length", str(len(body))))
        received = self._exchanger.send(
            target,
            headers=sent,
            secret=(),
            limits=Limits(size=limit, cut=True, only_status=True),
            wall=Wall(wall),
            posted=body,
        )
        return _answer(url, target, received, [])

    def check(self, url: str, *, wall: float = 5.0) -> None:
        """Whether deliver() would go there now, as far as can be told without connecting: port, name and addresses.

        Raises Refused, or RetryLater (reason "dns" or "timeout") where the name is not found within `wall` seconds.
        """
        target = self._allowed(url)
        addresses = resolve(self._resolver, host=target.host, port=target.port, wall=Wall(wall))
        self._reach.check_addresses(target.host, target.port, addresses)

    def _allowed(self, url: str) -> Target:
        target = parse(url)
        self._reach.check_port(target)
        self._reach.check_host(target.host, target.port)
        return target

    def _follow(
        self,
        target: Target,
        *,
        wish: _Wish,
        wall: Wall,
        obey_robots: bool,
        hops: list[Hop],
        requested: str,
        under_way: bool = False,
    ) -> Answer:
        """`hops` is filled on the way, so that a caller who catches an error knows how far we came."""
        secret, origin = wish.secret, target.origin
        seen: set[str] = set()
        while True:
            if target.url in seen:
                raise Refused(f"{target.host} redirects in a circle.", reason="redirect_loop")
            seen.add(target.url)
            if target.origin != origin:
                secret = ()  # for good: a way back may be what somebody else wants us to take
            self._reach.check_port(target)
            self._reach.check_host(target.host, target.port)
            if obey_robots:
                self._robots.check(target, wall)
            received = self._ask_once(target, wish=wish, secret=secret, wall=wall, under_way=under_way or bool(hops))
            if received.location is None:
                return _answer(requested, target, received, hops)
            if len(hops) == MOST_REDIRECTS:
                raise Refused(f"{requested[:200]} redirects more than five times.", reason="too_many_redirects")
            hops.append(Hop(url=target.url, status=received.status, headers=received.headers))
            target = parse(join(target, received.location))

    def _ask_once(
        self, target: Target, *, wish: _Wish, secret: Headers, wall: Wall, under_way: bool = False
    ) -> Received:
        release = self._turn(target, wall=wall, waiting=wish.waiting, under_way=under_way)
        ok: bool | None = None
        try:
            received = self._exchanger.send(
                target, headers=wish.headers, secret=secret, limits=wish.limits, wall=wall, posted=wish.posted
            )
            ok = received.status < 500
        except RetryLater as error:
            # A host that says when to come back is in order, and held before anybody else may take the next turn.
            ok = None if error.after is not None else False
            if error.after is not None and self._hold is not None:
                self._hold(scheme=target.scheme, host=target.host, port=target.port, seconds=error.after)
            raise
        except NotMeasured:
            ok = False
            raise
        finally:
            if release is not None:
                release(ok)
        return received

    def _turn(self, target: Target, *, wall: Wall, waiting: float, under_way: bool) -> Release | None:
        """Wait for our turn. Once a fetch is under way it is worth a longer wait, and is no more "nobody was asked".

        Who began anew instead would ask for the same again, and where a host wants a long pause, for ever.
        """
        while True:
            try:
                with wall.paused():
                    return self._pace(scheme=target.scheme, host=target.host, port=target.port)
            except RetryLater as error:
                if error.reason != "pace" or not under_way:
                    raise
                after = error.after or 1.0
                if wall.waited + after > waiting:
                    message = f"{target.host} wants longer pauses than one fetch with all its steps can keep."
                    raise RetryLater(message, reason="turns", after=after) from error
            with wall.paused():
                time.sleep(after)

    def _ask_robots(self, where: Target, wall: Wall) -> RobotsText:
        headers = (("User-Agent", self._user_agent), ("Accept", "text/plain, */*;q=0.1"), ("Accept-Encoding", "gzip"))
        wish = _Wish(headers=headers, secret=(), limits=Limits(size=LONGEST_ROBOTS, cut=True), waiting=LONGEST_WAITING)
        hops: list[Hop] = []
        try:
            with wall.part(_ROBOTS_SECONDS):
                answer = self._follow(where, wish=wish, wall=wall, obey_robots=False, hops=hops, requested=where.url)
        except Refused as error:
            if error.reason in {"too_many_redirects", "redirect_loop"}:
                return RobotsText(status=404, body=b"")  # as good as none (RFC 9309, 2.3.1.2)
            if hops:  # it led us somewhere we do not go, so what it says is not known
                raise RetryLater(
                    f"The robots.txt of {where.host} could not be read, so its pages are left alone for now.",
                    reason="robots_unreachable",
                ) from error
            raise
        return RobotsText(status=answer.status, body=answer.body)

    def _tell_crawl_delay(self, target: Target, seconds: float | None) -> None:
        if self._crawl_delay is not None:
            self._crawl_delay(scheme=target.scheme, host=target.host, port=target.port, seconds=seconds)


def _answer(requested: str, target: Target, received: Received, hops: Sequence[Hop]) -> Answer:
    return Answer(
        requested_url=requested,
        url=target.url,
        status=received.status,
        headers=received.headers,
        body=received.content.plain,
        wire_body=received.content.wire,
        request_headers=received.request_headers,
        hops=tuple(hops),
        started_at=received.started_at,
        address=received.address,
    )
