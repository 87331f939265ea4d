"""What a site's robots.txt asks of programs (RFC 9309), read through the same client as everything else."""

import math
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from protego import Protego

from claims.http.errors import NotMeasured, Refused, RetryLater, WebError
from claims.http.urls import Target
from claims.http.wall import Wall

LONGEST_ROBOTS = 500 * 1024  # bytes; what stands after is not read
KEEP_SECONDS = 24 * 3600.0
KEEP_UNREACHABLE_SECONDS = 600.0
_MOST_SITES = 500
_FROM_OUR_RULES = {"address_refused", "host_refused", "port_refused", "header_refused"}
_TOKEN = re.compile(r"[A-Za-z_-]*")
_AGENT_LINE = re.compile(r"(?:user-agent|useragent|user\s+agent)\s*[:\s]\s*(.*)", re.IGNORECASE)
_SITE_LINE = re.compile(r"(?:site-?maps?|host)\s*:", re.IGNORECASE)
_RULE_LINE = re.compile(r"[^:]*:|(?:allow|dis+al+[oa]w|diasllow|crawl[ -]delay)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RobotsText:
    """The answer to a request for robots.txt, after redirects."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class _Kept:
    """What we know of one site until `until` (monotonic): its rules, or the failure that keeps us away, or neither."""

    until: float
    rules: Protego | None = None
    failure: WebError | None = None


class Robots:
    """Answers whether an address may be fetched. One per client; may be used by several threads.

    `ask` fetches a robots.txt and raises WebError; `told` hears a site's Crawl-delay in seconds, None if it has none.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        ask: Callable[[Target, Wall], RobotsText],
        told: Callable[[Target, float | None], None],
    ) -> None:
        found = _TOKEN.match(user_agent)
        self._token = found[0].lower() if found else ""
        self._ask = ask
        self._told = told
        self._kept: OrderedDict[tuple[str, str, int], _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, target: Target, wall: Wall) -> None:
        """Raises Refused (reason "robots") if we are asked not to read this, else what kept us from finding out."""
        with self._lock:
            kept = self._kept.get(target.origin)
        if kept is None or kept.until <= time.monotonic():
            kept = self._learn(target, wall)
        if kept.failure is not None:
            raise _once_more(kept.failure, after=max(kept.until - time.monotonic(), 1.0))
        if kept.rules is not None and not kept.rules.can_fetch(target.url, self._token or "*"):
            raise Refused(f"The robots.txt of {target.host} asks programs not to read this page.", reason="robots")

    def _learn(self, target: Target, wall: Wall) -> _Kept:
        where = Target(scheme=target.scheme, host=target.host, port=target.port, path="/robots.txt")
        kept = self._found(where, wall)
        with self._lock:
            self._kept[target.origin] = kept
            self._kept.move_to_end(target.origin)
            while len(self._kept) > _MOST_SITES:
                self._kept.popitem(last=False)
        if kept.failure is None:
            self._told(target, self._crawl_delay(kept))
        return kept

    def _found(self, where: Target, wall: Wall) -> _Kept:
        try:
            text = self._ask(where, wall)
        except WebError as error:
            # Our own turn, our own rules and our own hurry say nothing about the site, so they are not remembered.
            if error.reason in {"pace", "turns", "circuit"} or error.reason in _FROM_OUR_RULES or wall.over:
                raise
            return _away(where, error)
        now = time.monotonic()
        if text.status >= 500:
            return _away(where, NotMeasured(f"robots.txt: {text.status}", reason="broken_answer"))
        if not 200 <= text.status < 300:
            return _Kept(until=now + KEEP_SECONDS)
        return _Kept(until=now + KEEP_SECONDS, rules=Protego.parse(rules_for(text.body, token=self._token)))

    def _crawl_delay(self, kept: _Kept) -> float | None:
        delay = None if kept.rules is None else kept.rules.crawl_delay(self._token or "*")
        return delay if delay is not None and math.isfinite(delay) and delay > 0 else None


def rules_for(body: bytes, *, token: str) -> str:
    """The part of a robots.txt that speaks to `token` (lower case) or to everybody.

    Left whole, 20,000 User-agent lines before 20,000 rules would cost their product in time and memory.
    """
    kept: list[str] = []
    in_agents = ours = False
    for raw in body.decode("utf-8-sig", "replace").replace("\0", "").splitlines():
        line = raw.partition("#")[0].strip()
        if not line or _SITE_LINE.match(line):
            continue
        agent = _AGENT_LINE.match(line)
        if agent is not None:
            ours = ours and in_agents  # several agent lines in a row share what follows
            in_agents = True
            name = agent[1].strip().lower()
            product = _TOKEN.match(name)
            if name == "*" or (token and product is not None and product[0] == token):
                kept.append(f"User-agent: {'*' if name == '*' else token}")
                ours = True
            continue
        if _RULE_LINE.match(line):
            in_agents = False
        if ours:
            kept.append(line)
    return "\n".join(kept)


def _away(where: Target, error: WebError) -> _Kept:
    """Keep away for a while: a robots.txt that cannot be read forbids everything until it can (RFC 9309, 2.3.1.4)."""
    seconds = KEEP_UNREACHABLE_SECONDS
    failure: WebError = error
    if isinstance(error, RetryLater):
        seconds = min(max(error.after or 0.0, seconds), KEEP_SECONDS)
    elif error.reason != "tls":  # which the page would fail with as well
        failure = RetryLater(
            f"The robots.txt of {where.host} could not be read, so its pages are left alone for now.",
            reason="robots_unreachable",
        )
    return _Kept(until=time.monotonic() + seconds, failure=failure)


def _once_more(failure: WebError, *, after: float) -> WebError:
    if isinstance(failure, RetryLater):
        return RetryLater(str(failure), reason=failure.reason, after=after)
    return type(failure)(str(failure), reason=failure.reason)
