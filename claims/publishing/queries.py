"""What the public reads: stored bytes in a small envelope, by one indexed query each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet
from django.db.models.functions import Greatest

from claims.choices import PublicStatus
from claims.models import Claim, Publication, PublicHead
from claims.prepared import prepared_cursor
from claims.text import sha256

SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class PublicVersion:
    """One version of a claim's public document. `body` None means that it was erased lawfully.

    `live`, `changed_at` and `translations` (JSON) are of the claim's newest version; `successor` is when this one was
    replaced, if it was.
    """

    public_id: str
    live: bool
    changed_at: datetime
    newest: int
    version: int
    sequence: int
    kind: str
    change_type: str
    public_note: str
    valid_from: datetime
    body: bytes | None
    body_hash: str
    translations: str = "[]"
    successor: datetime | None = None

    @property
    def status(self) -> str:
        """live, superseded by a newer version, or retracted: then every version of the claim is."""
        if not self.live:
            return PublicStatus.RETRACTED.value
        return PublicStatus.LIVE.value if self.version == self.newest else SUPERSEDED

    def opening(self) -> bytes:
        """The envelope up to its document: what only publishing knows. All of it is words and numbers of our own."""
        until = f'"{instant(self.successor)}"' if self.successor is not None else "null"
        return (
            f'{{"id":"{self.public_id}","version":{self.version},"sequence":{self.sequence},"status":"{self.status}",'
            f'"kind":"{self.kind}","change_type":"{self.change_type}","published_at":"{instant(self.valid_from)}",'
            f'"valid_to":{until},"translations":{self.translations}'
        ).encode()

    def envelope(self, opening: bytes | None = None) -> bytes:
        """The answer's bytes: what only publishing knows, then the document as it was approved, byte for byte."""
        begin = self.opening() if opening is None else opening
        return b"".join([begin, b',"document":', self.body or b"null", b"}"])

    def tag(self, parts: str = "") -> str:
        """What tells these bytes from all others without a look at the document: its hash stands for it.

        `parts` is what was asked for of them.
        """
        return f'"{sha256(b"%b %b %b" % (self.opening(), self.body_hash.encode(), parts.encode()))[:32]}"'


# The hottest reads, so neither composed nor planned anew each time. Limits stand in the text: the plan hangs on them.
_NEWEST = """
SELECT h.live, p.version, p.sequence, p.kind, p.change_type, p.public_note, p.valid_from, p.body_hash, h.translations,
    greatest(p.valid_from, h.translated_at), p.body IS NOT NULL, {body}
FROM claims_publichead h JOIN claims_publication p ON p.id = h.publication_id WHERE h.public_id = %s
"""
_PAGE = """
SELECT h.public_id, h.sequence, p.version, p.kind, p.change_type, p.public_note, p.valid_from, p.body_hash,
    h.translations, {body}
FROM claims_publichead h JOIN claims_publication p ON p.id = h.publication_id
WHERE h.live AND p.body IS NOT NULL {beyond} ORDER BY h.sequence {order} LIMIT {count}
"""
_WHOLE, _HEAD_ONLY = _NEWEST.format(body="p.body"), _NEWEST.format(body="''::bytea")
_OWN = ("version", "sequence", "kind", "change_type", "public_note", "valid_from", "body", "body_hash")


def instant(moment: datetime) -> str:
    """An instant as the API writes it: RFC 3339 in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def newest_version(public_id: str, *, with_body: bool = True) -> PublicVersion | None:
    """What the public sees of the claim now, a tombstone included; None if nothing was ever published. One query.

    Without its body, for those who may have it already, what is there comes with an empty one.
    """
    with prepared_cursor(binary=True) as cursor:
        cursor.execute(_WHOLE if with_body else _HEAD_ONLY, [public_id])
        found = cursor.fetchone()
    if found is None:
        return None
    live, version, sequence, kind, change_type, note, valid_from, body_hash, translations, changed_at, there, body = (
        found
    )
    return PublicVersion(
        public_id=public_id,
        live=live,
        changed_at=changed_at,
        newest=version,
        version=version,
        sequence=sequence,
        kind=kind,
        change_type=change_type,
        public_note=note,
        valid_from=valid_from,
        body=body if there else None,
        body_hash=body_hash,
        translations=translations,
    )


def one_version(public_id: str, version: int) -> PublicVersion | None:
    """A version by its number; None if there is no such. One query."""
    return _first(Publication.objects.filter(claim__public_head__public_id=public_id, version=version))


def version_at(public_id: str, moment: datetime) -> PublicVersion | None:
    """What we had published at that instant; None before the first version. Spans hold their start, not their end."""
    rows = Publication.objects.filter(claim__public_head__public_id=public_id, valid_from__lte=moment)
    return _first(rows.order_by("-version"))


def live_verdicts() -> QuerySet[PublicHead]:
    """The newest publication of each claim that has a live verdict, erased ones apart. Not ordered."""
    return (
        PublicHead.objects.live()
        .filter(publication__body__isnull=False)
        .select_related("publication")
        .defer("publication__search")
    )


def live_page(*, beyond: int | None, back: bool, count: int, with_body: bool = True) -> list[PublicVersion]:
    """So many live verdicts beyond that sequence, the newest first; the nearest first where `back` leads to newer ones.

    What live_verdicts() gives without a filter, by one query that is not composed anew each time. Without their bodies,
    for those who may have them already, they come with empty ones.
    """
    sql = _PAGE.format(
        body="p.body" if with_body else "''::bytea",
        beyond="" if beyond is None else "AND h.sequence > %s" if back else "AND h.sequence < %s",
        order="ASC" if back else "DESC",
        count=int(count),
    )
    with prepared_cursor(binary=True) as cursor:
        cursor.execute(sql, [] if beyond is None else [beyond])
        rows = cursor.fetchall()
    return [
        PublicVersion(
            public_id=public_id,
            live=True,
            changed_at=valid_from,
            newest=version,
            version=version,
            sequence=sequence,
            kind=kind,
            change_type=change_type,
            public_note=note,
            valid_from=valid_from,
            body=body,
            body_hash=body_hash,
            translations=translations,
        )
        for public_id, sequence, version, kind, change_type, note, valid_from, body_hash, translations, body in rows
    ]


def listed(heads: Iterable[PublicHead]) -> list[PublicVersion]:
    """Heads with their publication joined, as versions."""
    return [
        _version(
            head.public_id,
            head.live,
            max(head.publication.valid_from, head.translated_at or head.publication.valid_from),
            head.publication.version,
            {name: getattr(head.publication, name) for name in _OWN} | {"translations": head.translations},
        )
        for head in heads
    ]


def merged_into(public_id: str) -> str | None:
    """The public id of the published claim that this one was merged into, if it was."""
    return (
        Claim.objects.filter(public_id=public_id, merged_into__public_head__isnull=False)
        .values_list("merged_into__public_id", flat=True)
        .first()
    )


def stands_instead(public_id: str, version: int) -> str | None:
    """The public id of the claim whose verdict stands instead of the one that this tombstone retracted."""
    return (
        Publication.objects.filter(claim__public_id=public_id, version=version)
        .values_list("verdict__superseded_by__public_id", flat=True)
        .first()
    )


def database_now() -> datetime:
    """The clock by which versions are dated."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def _first(rows: QuerySet[Publication]) -> PublicVersion | None:
    found = rows.annotate(
        head_id=F("claim__public_head__public_id"),
        head_live=F("claim__public_head__live"),
        head_at=Greatest(F("claim__public_head__publication__valid_from"), F("claim__public_head__translated_at")),
        translations=F("claim__public_head__translations"),
        head_version=F("claim__public_head__publication__version"),
        successor=F("superseded_by__valid_from"),
    ).values("head_id", "head_live", "head_at", "head_version", "successor", "translations", *_OWN)[:1]
    for row in found:
        return _version(row["head_id"], row["head_live"], row["head_at"], row["head_version"], row)
    return None


def _version(public_id: str, live: bool, changed_at: datetime, newest: int, row: dict[str, Any]) -> PublicVersion:
    return PublicVersion(
        public_id=public_id,
        live=live,
        changed_at=changed_at,
        newest=newest,
        version=row["version"],
        sequence=row["sequence"],
        kind=row["kind"],
        change_type=row["change_type"],
        public_note=row["public_note"],
        valid_from=row["valid_from"],
        body=bytes(row["body"]) if row["body"] is not None else None,
        body_hash=row["body_hash"],
        translations=row["translations"],
        successor=row.get("successor"),
    )
