"""The one reading of an address. The host in a Target is, letter for letter, the host that is looked up and asked.

Stricter than a browser on purpose: whatever two programs might read in two ways is refused rather than repaired.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote, urljoin

import idna

from claims.http.errors import Refused

LONGEST_URL = 8_000  # characters
DEFAULT_PORTS = {"http": 80, "https": 443}

_SHAPE = re.compile(r"//(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?:#.*)?", re.DOTALL)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(.*)", re.DOTALL)
_HOST_AND_PORT = re.compile(r"(?P<host>\[[^\]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]{0,5}))?")
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\\\ud800-\udfff\u2028\u2029]")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_DOT = re.compile(r"\.|%2e", re.IGNORECASE)
_PATH_SAFE = "/%:@!$&'()*+,;=~-._"
_PRINTABLE = "".join(map(chr, range(0x80)))
_QUERY_SAFE = _PATH_SAFE + "?[]|^`{}"


@dataclass(frozen=True, slots=True)
class Target:
    """Where one request goes. `host` is ASCII and lower case, IPv6 without brackets; `path` starts with / and holds the
    query; nothing in it needs escaping any more."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """What must be equal for two addresses to belong together."""
        return self.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The whole address, without a fragment."""
        return f"{self.scheme}://{self.authority}{self.path}"


def parse(url: str) -> Target:
    """Read an address. Raises Refused: reason "url_refused", "scheme_refused" or "host_refused"."""
    if len(url) > LONGEST_URL:
        raise _bad(f"The address is longer than {LONGEST_URL:,} characters.")
    if _FORBIDDEN.search(url):
        raise _bad("The address holds a backslash or a control character; copy it again from the browser.")
    scheme_and_rest = _SCHEME.fullmatch(url)
    if scheme_and_rest is None:
        raise _bad("This is not a whole web address; give it with http:// or https://.")
    scheme = scheme_and_rest[1].lower()
    if scheme not in DEFAULT_PORTS:
        raise Refused(
            f"Addresses that start with {scheme[:20]}: are not fetched; only http:// and https:// are.",
            reason="scheme_refused",
        )
    shape = _SHAPE.fullmatch(scheme_and_rest[2])
    if shape is None:
        raise _bad("This is not a web address; there must be // and a host after http: or https:.")
    if "@" in shape["authority"]:
        raise _bad("The address holds a user name; give it without.")
    host_and_port = _HOST_AND_PORT.fullmatch(shape["authority"])
    if host_and_port is None:
        raise _bad("The host or the port in the address cannot be read.")
    port = int(host_and_port["port"] or DEFAULT_PORTS[scheme])
    if not 0 < port < 65_536:
        raise _bad("The port in the address is not between 1 and 65,535.")
    query = shape["query"] or ""
    path = quote(_without_dots(shape["path"]), safe=_PATH_SAFE) + quote(query, safe=_QUERY_SAFE)
    return Target(scheme=scheme, host=host_name(host_and_port["host"]), port=port, path=path)


def join(base: Target, location: bytes) -> str:
    """The address that a Location header leads to, still to be parsed. Raises Refused (reason "url_refused")."""
    try:
        text = location.decode("utf-8")
    except UnicodeDecodeError:
        text = quote(location, safe=_PRINTABLE)  # bytes of an older character set, handed on as they are
    if len(text) > LONGEST_URL or _FORBIDDEN.search(text):
        raise _bad(f"{base.host} redirects to something that is not a web address.")
    try:
        return urljoin(base.url, text.strip())
    except ValueError as error:
        raise _bad(f"{base.host} redirects to something that is not a web address.") from error


def host_name(text: str) -> str:
    """A host in the one form that we look up: a name in ASCII, a dotted IPv4, or an IPv6 address without brackets.

    Raises Refused (reason "host_refused"): among others for 127.1, 0x7f000001 and 2130706433, which some programs read
    as addresses and others as names.
    """
    if text.startswith("["):
        return _ipv6(text[1:-1])
    if len(text) > 254:
        raise _bad_host("The host name in the address is too long.")
    if not text.isascii():
        try:
            text = idna.encode(text, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError) as error:
            raise _bad_host("The host name in the address is not valid.") from error
    host = text.lower().removesuffix(".")
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _bad_host("The host name in the address is not valid.")
    if _NUMBER.fullmatch(labels[-1]):
        try:
            return str(IPv4Address(host))
        except ValueError as error:
            raise _bad_host("The host in the address is a number; give the site's name.") from error
    return host


def _ipv6(text: str) -> str:
    if "%" in text:
        raise _bad_host("The address names a network interface; only public addresses are fetched.")
    try:
        return str(IPv6Address(text))
    except ValueError as error:
        raise _bad_host("The IPv6 address in the address is not valid.") from error


def _without_dots(path: str) -> str:
    """The path with "." and ".." taken out, escaped ones too, so that robots.txt is asked about what is fetched."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for number, segment in enumerate(segments):
        plain = _DOT.sub(".", segment) if len(segment) <= 6 else segment
        last = number == len(segments) - 1
        if plain == "..":
            if kept:
                kept.pop()
        elif plain != ".":
            kept.append(segment)
            continue
        if last:
            kept.append("")
    return "/" + "/".join(kept)


def _bad(message: str) -> Refused:
    return Refused(message, reason="url_refused")


def _bad_host(message: str) -> Refused:
    return Refused(message, reason="host_refused")
