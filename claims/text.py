"""Normalising and hashing of text and addresses; Markdown made safe. Pure functions, no database, no network."""

import hashlib
import json
import re
import secrets
import unicodedata
from urllib.parse import parse_qsl, quote, unquote_plus, urlencode, urlsplit, urlunsplit

import idna
import nh3
from markdown_it import MarkdownIt

ADDRESS_LIMIT = 2048
_TOO_LONG = f"The address is longer than {ADDRESS_LIMIT:,} characters."
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no letter that reads as a digit
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]|[\ud800-\udfff]")
_SPACE = re.compile(r"\s+")
_GAP = re.compile(r"\s*[\[(]?(?:…|\.\.\.)[\])]?\s*")
# Names of query parameters that say how a reader came, never which page is meant. Only names that no site uses for a
# page of its own: "ref", "source", "id", "session" and their like stay, whatever lists of trackers say, because some
# sites answer with another page, or none, without them.
_TRACKING = re.compile(
    r"^(?:"
    r"utm_\w+|mtm_\w+|pk_(?:campaign|kwd|source|medium|content|cid)|piwik_\w+|matomo_\w+|"  # campaign counters
    r"fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|ysclid|ttclid|twclid|li_fat_id|igshid|igsh|epik|"  # clicks
    r"srsltid|gad_source|gad_campaignid|_gl|_ga|"
    r"mc_cid|mc_eid|_hsenc|_hsmi|__hs\w+|hsctatracking|mkt_tok|vero_(?:id|conv)|oly_(?:enc|anon)_id|ml_subscriber\w*|"
    r"_openstat|ref_src|ref_url|s_cid|cmpid|cmp_id|ito|ocid|ncid|cvid|spm|xtor|at_(?:medium|campaign|link\w*|custom\d+|"
    r"bbc_team|ptr_name|format)|traffic_source|wt_(?:mc|zmc)(?:_\w+)?|wt\.(?:mc|zmc)\w*|smid|smtyp|sref|guccounter|"
    r"guce_referr\w+|ns_(?:campaign|mchannel|source|linkname|fee)|sc_(?:cid|campaign|channel)|fb_(?:action_\w+|ref|source)"
    r")$",
    re.IGNORECASE,
)
_QUERY_SAFE = "/%:@!$'()*+,;=~-._?[]|^`{}&"
_STRAIGHT = str.maketrans(dict.fromkeys("‘’‚", "'") | dict.fromkeys("“”„«»", '"') | dict.fromkeys("–—", "-"))
_HTML_TAGS = {"p", "br", "strong", "em", "a", "ul", "ol", "li", "blockquote", "h2", "h3", "h4", "code", "hr"}
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False})


def new_public_id() -> str:
    """A 13-character opaque id (65 random bits), safe in addresses, never derived from what it names."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(13))


def plain(text: str) -> str:
    """Outside text as storable plain text: no control characters, no lone surrogates, NFC."""
    return unicodedata.normalize("NFC", _CONTROLS.sub("", text))


def one_line(text: str, *, limit: int) -> str:
    """Plain text with runs of white space folded, cut at `limit` characters with an ellipsis."""
    folded = _SPACE.sub(" ", plain(text)).strip()
    return folded if len(folded) <= limit else folded[: limit - 1].rstrip() + "…"


def folded(text: str) -> str:
    """Text for comparing quotes: NFKC, straight quotes, lower case, single spaces."""
    text = unicodedata.normalize("NFKC", plain(text)).translate(_STRAIGHT)
    return _SPACE.sub(" ", text).strip().lower()


def holds_quote(text: str, quote: str) -> bool:
    """Whether the quote stands in the text, whatever its quotation marks, case and spacing; "…" stands for a gap."""
    haystack = folded(text)
    place = 0
    parts = [part for part in _GAP.split(folded(quote).strip("\"' ")) if part]
    for part in parts:
        place = haystack.find(part, place)
        if place < 0:
            return False
        place += len(part)
    return bool(parts)


def sha256(data: bytes) -> str:
    """The SHA-256 of the bytes as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def canonical_json(value: object) -> bytes:
    """One byte form per JSON value: UTF-8, keys sorted, no spaces. Raises ValueError on NaN or infinity."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def content_hash(text: str) -> str:
    """The SHA-256 of a body's folded text, so that white space and case make no second document."""
    return sha256(folded(text).encode())


def normal_url(url: str) -> str:
    """The form in which an address is stored: lower-case IDNA host, no default port, fragment or tracker.

    The rest of the query keeps its order and its spelling, since there are sites that answer to nothing else: a stored
    address can be opened. Raises ValueError with a sentence for the editor if it is no address of a web page.
    """
    scheme, host, path, query = _parts(url)
    kept = "&".join(pair for pair in query.split("&") if pair and not _TRACKING.match(_name(pair)))
    return _within_limit(urlunsplit((scheme, host, path, quote(kept, safe=_QUERY_SAFE), "")))


def address_key(url: str) -> str:
    """The form by which two addresses are taken for the same page: as stored, and the query's order does not matter.

    Never opened, only compared. Raises ValueError like normal_url().
    """
    scheme, host, path, query = _parts(url)
    pairs = [(k, v) for k, v in parse_qsl(query, keep_blank_values=True) if not _TRACKING.match(k)]
    return urlunsplit((scheme, host, path, urlencode(sorted(pairs)), ""))


def _name(pair: str) -> str:
    return unquote_plus(pair.partition("=")[0])


def _parts(url: str) -> tuple[str, str, str, str]:
    """Scheme, host with port, path and raw query. Raises ValueError with a sentence for the editor."""
    text = url.strip()
    if len(text) > ADDRESS_LIMIT:
        raise ValueError(_TOO_LONG)
    if _CONTROLS.search(text) or re.search(r"[\s\\]", text):
        raise ValueError("The address holds a space, a backslash or a control character.")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ValueError("This is not a web address.") from error
    if parts.scheme.lower() not in {"http", "https"}:
        raise ValueError("Give an address that starts with http:// or https://.")
    if parts.username is not None or parts.password is not None:
        raise ValueError("The address holds a user name; give it without.")
    if not parts.hostname:
        raise ValueError("The address names no host.")
    host = _host(parts.hostname)
    if not host:  # nothing but dots
        raise ValueError("The address names no host.")
    scheme = parts.scheme.lower()
    if port is not None and port != {"http": 80, "https": 443}[scheme]:
        host = f"{host}:{port}"
    return scheme, host, quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._"), parts.query


def _within_limit(address: str) -> str:
    if len(address) > ADDRESS_LIMIT:  # characters outside ASCII grow when they are written as %XX
        raise ValueError(_TOO_LONG)
    return address


def _host(host: str) -> str:
    if ":" in host:  # IPv6
        return f"[{host.lower()}]"
    host = host.rstrip(".").lower()
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError as error:
        raise ValueError("The host name in the address is not valid.") from error


def url_hash(url: str) -> str:
    """The SHA-256 by which the one document of an address is found. Raises ValueError like normal_url()."""
    return sha256(address_key(url).encode())


def host_of(url: str) -> str:
    """The host of an address in normal form, without port and without a leading www."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def web_link(url: str) -> str:
    """The address as it is if it may stand behind a link, http or https with a host, else nothing. Raises nothing."""
    try:
        parts = urlsplit(url)
        return url if parts.scheme in {"http", "https"} and parts.hostname else ""
    except ValueError:
        return ""


def markdown_html(text: str) -> str:
    """Markdown as HTML that holds nothing but set text: raw HTML is shown as text, links are http(s) and marked.

    Raises nothing; any text is Markdown.
    """
    return nh3.clean(
        _MARKDOWN.render(plain(text)),
        tags=_HTML_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https"},
        link_rel="noopener noreferrer nofollow",
    ).strip()


def markdown_text(text: str) -> str:
    """Markdown as plain text, for readers of JSON who want no markup."""
    html = markdown_html(text).replace("</p>", "</p>\n").replace("</li>", "</li>\n").replace("<br>", "<br>\n")
    stripped = nh3.clean(html, tags=set())
    for entity, char in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&nbsp;", " "), ("&amp;", "&")):
        stripped = stripped.replace(entity, char)
    return re.sub(r"\n{3,}", "\n\n", stripped).strip()
