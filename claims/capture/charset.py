"""From bytes to text: which charset, and who named it. Runs in the reading child; no Django."""

import codecs
import re

import charset_normalizer

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_META_CHARSET = re.compile(
    rb"""<(?:meta[^>]{0,300}?charset\s*=\s*["']?|\?xml[^>]{0,200}?encoding\s*=\s*["'])\s*([\w.:-]{2,40})""",
    re.IGNORECASE,
)
# The browsers' own rule (WHATWG Encoding): pages name the older half of what they are written in.
_AS_BROWSERS_READ = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
_ALIASES = {"x-sjis": "cp932", "windows-31j": "cp932", "x-gbk": "gb18030", "x-euc-jp": "euc_jp", "unicode": "utf-16"}
# No page is written in these: UTF-7 hides markup from whoever looks at the bytes, the others are Python's own.
_NO_CHARSETS = {"utf-7", "idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"}
_BY_USE = ("cp1252", "cp1251", "iso8859_2", "cp1250", "shift_jis", "gb18030", "euc_kr", "big5")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def decode(body: bytes, http_charset: str) -> tuple[str, str, str]:
    """The text without control characters, its charset, and who named it: bom, http, meta or guess.

    The order is byte order mark, HTTP header, the page's own markup, a guess; the first named one that fits is taken.
    Bytes that do not fit the charset become U+FFFD. NUL and other C0 controls go, which no parser and no column likes.
    """
    text, charset, how = _decode(body, http_charset)
    return _CONTROLS.sub("", text), charset, how


def _decode(body: bytes, http_charset: str) -> tuple[str, str, str]:
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace"), name, "bom"
    meta = _META_CHARSET.search(body[:4096])
    in_markup = codec_named(meta.group(1).decode("ascii", "replace")) if meta else ""
    if in_markup.startswith(("utf-16", "utf-32")):
        in_markup = "utf-8"  # whoever could read that line in ASCII knows better
    known = [(codec, how) for codec, how in ((codec_named(http_charset), "http"), (in_markup, "meta")) if codec]
    for codec, how in known:
        try:
            return body.decode(codec), codec, how
        except UnicodeError:
            continue
    if known:
        codec, how = known[0]
        return body.decode(codec, "replace"), codec, how
    try:
        return body.decode("utf-8"), "utf-8", "guess"
    except UnicodeDecodeError:
        codec = _guess(body[:200_000])
        return body.decode(codec, "replace"), codec, "guess"


def _guess(body: bytes) -> str:
    """The likeliest charset; among equals, the one that more of the web is written in."""
    found = list(charset_normalizer.from_bytes(body))
    equals = [one.encoding for one in found if (one.chaos, one.coherence) == (found[0].chaos, found[0].coherence)]
    likeliest = next((codec for codec in _BY_USE if codec in equals), equals[0] if equals else "")
    return codec_named(likeliest) or "cp1252"


def codec_named(label: str) -> str:
    """Python's name of the charset that pages call so, as browsers read it; "" for none that pages are written in."""
    label = label.strip().strip("\"'").lower()
    try:
        found = codecs.lookup(_ALIASES.get(label, label))
    except (LookupError, ValueError):
        return ""
    # Python also has codecs such as rot13, which make no text of bytes.
    if found.name in _NO_CHARSETS or not getattr(found, "_is_text_encoding", True):
        return ""
    return _AS_BROWSERS_READ.get(found.name, found.name)
