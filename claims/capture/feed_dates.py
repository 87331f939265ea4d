"""Dates that feeds write and feedparser does not read, or reads wrongly. Runs in the reading child; no Django."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone

# The beginnings of month names, without accents, in the languages whose publishing systems write them into feeds.
_MONTHS = {
    1: "jan ene gen янв sty oca",
    2: "feb fev фев lut sub",
    3: "mar mrz mrt мар",
    4: "apr avr abr апр kwi nis",
    5: "may mai mei mag maj маи мая",
    6: "jun juin giu июн cze haz",
    7: "jul juil lug июл lip tem",
    8: "aug aou ago авг sie agu",
    9: "sep set сен wrz eyl",
    10: "oct okt out ott окт paz eki",
    11: "nov ноя lis kas",
    12: "dec dez dic дек gru ara",
}
_BEGINNINGS = {word: month for month, words in _MONTHS.items() for word in words.split()}
_LONGEST = max(map(len, _BEGINNINGS))

_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?"
_ZONE = r"\s*(?P<zone>Z|UTC|UT|GMT|[+-]\d{2}:?\d{2})?"
_NAMED = re.compile(
    r"(?:[^\W\d_]+\.?,?\s+)?(?P<day>\d{1,2})\.?[\s-]+(?P<month>[^\W\d_]+)\.?,?[\s-]+(?P<year>\d{4})"
    rf"(?:,?\s+{_TIME}{_ZONE})?",
    re.IGNORECASE,
)
_ISO = (
    re.compile(rf"(?P<year>\d{{4}})-(?P<number>\d\d)-(?P<day>\d\d)\s+{_TIME}\s+(?P<zone>UTC|UT|GMT)", re.IGNORECASE),
    re.compile(
        r"(?P<year>\d{4})(?P<number>\d{2})(?P<day>\d{2})T(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?" + _ZONE
    ),
)
_ORDINAL = re.compile(r"(?P<year>\d{4})-(?P<ordinal>\d{3})")


def misread(text: str) -> float | None:
    """Seconds since 1970 of a date in a form that feedparser takes for another; None for every other form."""
    text = text.strip()
    ordinal = _ORDINAL.fullmatch(text)
    if ordinal is not None:
        days = int(ordinal["ordinal"])
        start = datetime(max(1, int(ordinal["year"])), 1, 1, tzinfo=UTC)
        try:
            return (start + timedelta(days=days - 1)).timestamp() if 1 <= days <= 366 else None
        except OverflowError:  # the last year there is has 365 days
            return None
    for form in _ISO:
        match = form.fullmatch(text)
        if match is not None:
            return _stamp(match, int(match["number"]))
    return None


def unread(text: str) -> float | None:
    """Seconds since 1970 of a date with a month's name in one of many languages; None if it is none."""
    match = _NAMED.fullmatch(" ".join(text.split())[:100])
    if match is None:
        return None
    # Accents come and go; taking them off makes "май" into "маи", as the table has it.
    name = "".join(c for c in unicodedata.normalize("NFKD", match["month"].casefold()) if not unicodedata.combining(c))
    for length in range(min(_LONGEST, len(name)), 1, -1):
        month = _BEGINNINGS.get(name[:length])
        if month is not None:
            return _stamp(match, month)
    return None


def _stamp(match: re.Match[str], month: int) -> float | None:
    try:
        moment = datetime(
            int(match["year"]),
            month,
            int(match["day"]),
            int(match["hour"] or 0),
            int(match["minute"] or 0),
            int(match["second"] or 0),
            tzinfo=_zone(match["zone"]),
        )
        return moment.timestamp()
    except (ValueError, OverflowError):
        return None


def _zone(text: str | None) -> timezone:
    if text is None or text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "")
    length = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-length if text[0] == "-" else length)
