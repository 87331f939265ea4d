"""Which site an address belongs to, without asking the network."""

import ipaddress
import re
from functools import cache
from urllib.parse import urlsplit

from tldextract import TLDExtract

_AMP_CACHE = re.compile(r"/[a-z]/(?P<secure>s/)?(?P<rest>[^/]+\.[^/]+(?:/.*)?)")
_AMP_VIEWER = re.compile(r"/amp/(?P<secure>s/)?(?P<rest>[^/]+\.[^/]+(?:/.*)?)")
_GOOGLE = re.compile(r"(?:www\.)?google\.[a-z]{2,3}(?:\.[a-z]{2})?")


@cache
def _suffixes() -> TLDExtract:
    # The snapshot of the public suffix list that comes with the package; nothing is fetched, nothing is written.
    return TLDExtract(suffix_list_urls=(), cache_dir=None)


def site_of(url: str) -> str:
    """The registrable domain of an address; host and port where the host is a number or has no public suffix."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        found = _suffixes()(host)
        if found.domain and found.suffix:
            return f"{found.domain}.{found.suffix}"
    return parts.netloc


def same_site(first: str, second: str) -> bool:
    """Whether one owner answers for both addresses, as far as the public suffix list can tell."""
    return site_of(first) == site_of(second) != ""


def is_front_page(url: str) -> bool:
    """Whether the address is a site's front door, to which dead articles are often redirected."""
    parts = urlsplit(url)
    return parts.path in {"", "/"} and not parts.query


def publisher_address(url: str) -> str:
    """The publisher's own address of a page that was found in an AMP cache; any other address as it is.

    The caches' forms: HOST.cdn.ampproject.org/c/s/HOST/PATH and www.google.TLD/amp/s/HOST/PATH ("s" for https).
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host.endswith(".cdn.ampproject.org"):
        found = _AMP_CACHE.match(parts.path)
    elif _GOOGLE.fullmatch(host):
        found = _AMP_VIEWER.match(parts.path)
    else:
        found = None
    if found is None:
        return url
    query = f"?{parts.query}" if parts.query else ""
    return f"{'https' if found['secure'] else 'http'}://{found['rest']}{query}"
