"""How many requests each kind of caller may make, and who a caller is."""

import ipaddress
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings

from claims.access.windows import SharedWindow, Taken
from claims.models import ApiKey

SECONDS = 60
_V6_SITE = 64  # bits of an IPv6 address that one subscriber holds whole


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is counted together: the name of their limit, how many requests a minute, and what tells them apart."""

    policy: str
    limit: int
    who: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How a caller stands after one request."""

    caller: Caller
    taken: Taken

    @property
    def seconds(self) -> int:
        """Whole seconds until one more request is free, at least one."""
        return max(1, math.ceil(self.taken.frees_in))

    def headers(self) -> dict[str, str]:
        """The fields of draft-ietf-httpapi-ratelimit-headers-10, with Retry-After where the request was refused."""
        name = self.caller.policy
        found = {
            "RateLimit-Policy": f'"{name}";q={self.caller.limit};w={SECONDS}',
            "RateLimit": f'"{name}";r={self.taken.remaining};t={self.seconds}',
        }
        return found if self.taken.passed else {**found, "Retry-After": str(self.seconds)}


def of_key(key: ApiKey) -> Caller:
    """A key and those that it replaced count together, by the key's own limit or that of its kind."""
    consumers = key.consumer_id is not None
    usual = settings.CONSUMER_PER_MINUTE if consumers else settings.PERSON_PER_MINUTE
    limit = key.requests_per_minute if key.requests_per_minute is not None else usual
    return Caller(policy="consumer" if consumers else "person", limit=limit, who=f"key:{key.first_id or key.pk}")


def of_person(user_id: int) -> Caller:
    """Somebody who is signed in."""
    return Caller(policy="person", limit=settings.PERSON_PER_MINUTE, who=f"person:{user_id}")


def of_address(meta: Mapping[str, str], *, pages: bool = False) -> Caller:
    """Whoever asks without a key, by where they ask from. Pages and feeds are counted apart from the API."""
    place = client_address(meta, proxies=settings.TRUSTED_PROXIES)
    if pages:
        return Caller(policy="pages", limit=settings.PAGES_PER_MINUTE, who=f"pages:{place}")
    return Caller(policy="anonymous", limit=settings.ANONYMOUS_PER_MINUTE, who=f"address:{place}")


def take(caller: Caller) -> Standing | None:
    """Count one request of the caller's. None where no limit is set."""
    if caller.limit <= 0:
        return None
    window = _window(settings.REDIS_URL, settings.LIMIT_PATIENCE_MS / 1000)
    return Standing(caller=caller, taken=window.take(caller.who, limit=caller.limit, seconds=SECONDS))


def client_address(meta: Mapping[str, str], *, proxies: int) -> str:
    """Where a request comes from: an IPv4 address, or the /64 of an IPv6 one.

    `proxies` of our own each append the address that they saw to X-Forwarded-For, so that many entries from the right
    are theirs, and all before them is what the client wrote. With none, the header is not read at all.
    """
    peer = meta.get("REMOTE_ADDR", "")
    seen = [entry.strip() for entry in meta.get("HTTP_X_FORWARDED_FOR", "").split(",") if entry.strip()]
    place = seen[-proxies:][0] if proxies > 0 and seen else peer
    return _normal(place) or _normal(peer) or "unknown"


def _normal(text: str) -> str:
    if text.startswith("["):  # [2001:db8::1]:443
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:  # 192.0.2.1:443
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, _V6_SITE), strict=False))
    return str(address)


@lru_cache(maxsize=4)
def _window(address: str, patience: float) -> SharedWindow:
    return SharedWindow(address=address, patience=patience)
