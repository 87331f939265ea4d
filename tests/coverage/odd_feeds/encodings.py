"""Bytes that are not plain UTF-8, rightly and wrongly declared."""

import codecs
from collections.abc import Iterator

from tests.coverage.odd_feeds.case import Odd, atom, one, rss

GREEK, CYRILLIC, JAPANESE = "Λιμάνι: νέα τέλη", "Порт повышает сборы", "港の料金が上がる"
FRENCH, POLISH, TURKISH = "Hausse à l’étranger : « déjà » €", "Opłaty portowe wzrosną", "İskele ücreti artıyor"
HEBREW, CHINESE, KOREAN, ARABIC = "דמי הנמל עולים", "港口费用上涨", "항구 요금 인상", "رسوم الميناء ترتفع"


def _declared(encoding: str, title: str) -> str:
    return rss(title=f"<title>{title}</title>", declared=f'<?xml version="1.0" encoding="{encoding}"?>')


def _right() -> Iterator[Odd]:
    for encoding, title in [
        ("utf-8", JAPANESE),
        ("iso-8859-1", "Höhere Gebühren für Überfahrten"),
        ("iso-8859-2", POLISH),
        ("iso-8859-5", CYRILLIC),
        ("iso-8859-7", "Λιμάνι: νέα τέλη"),
        ("iso-8859-9", TURKISH),
        ("iso-8859-15", "Gebühr: 5 € für Überfahrten"),
        ("windows-1250", POLISH),
        ("windows-1251", CYRILLIC),
        ("windows-1252", FRENCH),
        ("windows-1253", GREEK),
        ("windows-1254", TURKISH),
        ("windows-1255", HEBREW),
        ("windows-1256", ARABIC),
        ("koi8-r", CYRILLIC),
        ("shift_jis", JAPANESE),
        ("euc-jp", JAPANESE),
        ("iso-2022-jp", JAPANESE),
        ("gb2312", CHINESE),
        ("gb18030", CHINESE),
        ("big5", "港口費用上漲"),
        ("euc-kr", KOREAN),
    ]:
        body = _declared(encoding, title).encode(encoding)
        yield one(f"{encoding}, declared in the document", body, title=title)


def _marked() -> Iterator[Odd]:
    marks = {"utf-8": codecs.BOM_UTF8, "utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
    for encoding, mark in marks.items():
        shown = "utf-8" if encoding == "utf-8" else "utf-16"
        text = _declared(shown, CYRILLIC)
        yield one(f"{encoding} with a mark, declared", mark + text.encode(encoding), title=CYRILLIC)
        bare = rss(title=f"<title>{CYRILLIC}</title>", declared="")
        yield one(f"{encoding} with a mark, no declaration", mark + bare.encode(encoding), title=CYRILLIC)
    for encoding in ("utf-16-le", "utf-16-be"):
        text = _declared(encoding, JAPANESE)
        yield one(f"{encoding} without a mark, declared", text.encode(encoding), title=JAPANESE)
    wrong = _declared("iso-8859-1", GREEK).encode()
    yield one("utf-8 with a mark, declared Latin-1", codecs.BOM_UTF8 + wrong, title=GREEK)


def _by_header() -> Iterator[Odd]:
    bare = rss(title=f"<title>{CYRILLIC}</title>", declared="")
    for encoding in ("windows-1251", "koi8-r", "utf-8"):
        kind = f'application/rss+xml; charset="{encoding}"'
        yield one(f"{encoding}, declared by the header alone", bare.encode(encoding), title=CYRILLIC, content_type=kind)
    yield one(
        "text/xml without a charset keeps the document's",
        _declared("windows-1251", CYRILLIC).encode("windows-1251"),
        title=CYRILLIC,
        content_type="text/xml",
    )
    yield one(
        "a header whose charset nobody knows",
        _declared("utf-8", GREEK),
        title=GREEK,
        content_type="application/rss+xml; charset=x-unknown-9",
    )


def _wrong() -> Iterator[Odd]:
    yield one(
        "declared UTF-8, is windows-1252", _declared("utf-8", "Café à Paris").encode("cp1252"), title="Café à Paris"
    )
    yield one("declared US-ASCII, is UTF-8", _declared("us-ascii", GREEK), title=GREEK)
    yield one("declared UTF-16, is UTF-8", _declared("utf-16", GREEK), title=GREEK)
    yield one("declared as an encoding that does not exist", _declared("utf-99", GREEK), title=GREEK)
    yield one("not declared, is UTF-8", rss(title=f"<title>{JAPANESE}</title>", declared=""), title=JAPANESE)
    yield one(
        "declared Latin-1 with windows-1252 quotes",
        _declared("iso-8859-1", "The “new” fees – at last").encode("cp1252"),
        title="The “new” fees – at last",
    )
    yield one("numbers for letters", rss(title="<title>&#1055;&#x43E;рт</title>"), title="Порт")
    yield one("beyond the basic plane", atom(title="<title>Fees 📈 𝒳</title>"), title="Fees 📈 𝒳")


def feeds() -> Iterator[Odd]:
    """All of them."""
    yield from _right()
    yield from _marked()
    yield from _by_header()
    yield from _wrong()
