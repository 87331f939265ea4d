"""Live verdicts as a file: CSV for spreadsheets, JSON lines for programs, a schema.org DataFeed of ClaimReviews.

Rows come in the order of their sequence, a bounded number at a time, so memory does not grow with the desk, and whoever
was cut off goes on after the last sequence that came through. Sources: RFC 4180; jsonlines.org; schema.org/DataFeed;
OWASP, "CSV Injection".
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from claims.models import PublicHead
from claims.publishing import queries
from claims.publishing.markup import dated
from claims.publishing.queries import PublicVersion, instant

BATCH = 100
COLUMNS = (
    "sequence",
    "id",
    "version",
    "url",
    "first_published_at",
    "published_at",
    "language",
    "statement",
    "claimant",
    "claimed_on",
    "topics",
    "rating",
    "rating_name",
    "rating_value",
    "scale",
    "headline",
    "summary",
    "change_type",
    "public_note",
    "evidence",
    "independent_outlets",
    "sources",
    "licence",
)
# What makes a spreadsheet take a cell for a formula, wide forms included; a tab or line end before it hides it no more.
_FORMULA = frozenset("=+-@＝＋－＠\t\r\n|%")


@dataclass(frozen=True, slots=True)
class Exported:
    """One live verdict: its envelope as the API serves it, its document read, and its head."""

    head: PublicHead
    version: PublicVersion
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file. `opening` and `closing` stand around the rows; `between` between two of them."""

    suffix: str
    media_type: str
    row: Callable[[Exported], bytes]
    opening: bytes = b""
    between: bytes = b""
    closing: bytes = b""

    def stream(self, batches: Iterable[Sequence[Exported]]) -> Iterator[bytes]:
        """The file, a batch at a time."""
        before = self.opening
        for batch in batches:
            yield before + self.between.join(self.row(item) for item in batch)
            before = self.between
        yield (before if before == self.opening else b"") + self.closing


def batches(*, after: int = 0, rows: "QuerySet[PublicHead] | None" = None) -> Iterator[list[Exported]]:
    """Live verdicts beyond that sequence, the oldest first, each batch by one query; `rows` narrows them.

    A verdict that is changed meanwhile comes again with its higher sequence, unless the caller holds one snapshot.
    """
    wanted = queries.live_verdicts() if rows is None else rows
    while True:
        heads = list(wanted.filter(sequence__gt=after).order_by("sequence")[:BATCH])
        if not heads:
            return
        versions = queries.listed(heads)
        yield [
            Exported(head=head, version=version, document=json.loads(version.body or b""))
            for head, version in zip(heads, versions, strict=True)
        ]
        after = heads[-1].sequence


def cell(value: Any) -> str:
    """A value as one cell that no spreadsheet runs: what would begin a formula is led by an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return str(value)
    text = str(value)
    return f"'{text}" if text[:1] in _FORMULA or text.lstrip()[:1] in _FORMULA else text


def csv_line(values: Iterable[Any]) -> bytes:
    """A line of RFC 4180, every cell in quotes."""
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow([cell(value) for value in values])
    return line.getvalue().encode()


def feed_item(item: Exported) -> dict[str, Any]:
    """A DataFeedItem with the verdict's ClaimReview."""
    first_at, changed_at = item.head.reviewed_at, item.version.valid_from
    return {
        "@type": "DataFeedItem",
        "dateCreated": instant(first_at),
        "dateModified": instant(changed_at),
        "url": item.document["url"],
        "item": [
            {**dated(item.document, first_at=first_at, changed_at=changed_at), "license": item.document["licence"]}
        ],
    }


def _csv_row(item: Exported) -> bytes:
    document, version = item.document, item.version
    claim, verdict, rating = document["claim"], document["verdict"], document["verdict"]["rating"] or {}
    return csv_line(
        [
            version.sequence,
            version.public_id,
            version.version,
            document["url"],
            instant(item.head.reviewed_at),
            instant(version.valid_from),
            claim["language"],
            claim["statement"],
            claim["claimant"]["name"] if claim["claimant"] else "",
            claim["claimed_on"],
            " ".join(topic["slug"] for topic in claim["topics"]),
            rating.get("slug"),
            rating.get("name"),
            rating.get("value"),
            rating["scale"]["slug"] if rating else "",
            verdict["headline"],
            verdict["summary"],
            verdict["change_type"],
            verdict["public_note"],
            len(document["evidence"]),
            document["independent_outlets"],
            " ".join(evidence["url"] for evidence in document["evidence"] if evidence.get("url")),
            document["licence"],
        ]
    )


def _json_line(item: Exported) -> bytes:
    return item.version.envelope() + b"\n"


def _feed_row(item: Exported) -> bytes:
    return json.dumps(feed_item(item), ensure_ascii=False, separators=(",", ":")).encode()


FORMATS: dict[str, Format] = {
    "csv": Format(
        suffix="csv", media_type="text/csv; charset=utf-8; header=present", row=_csv_row, opening=csv_line(COLUMNS)
    ),
    "jsonl": Format(suffix="jsonl", media_type="application/jsonl", row=_json_line),
    "datafeed": Format(
        suffix="datafeed.json",
        media_type="application/ld+json",
        row=_feed_row,
        opening=b'{"@context":"https://schema.org","@type":"DataFeed","dataFeedElement":[\n',
        between=b",\n",
        closing=b"\n]}\n",
    ),
}
