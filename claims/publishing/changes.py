"""The change feed: every publication in one total order, put together from stored bytes by one query.

A publisher holds the feed head's lock until it commits, so whoever sees number n sees every number below it: a reader
that goes on from the last number it saw misses nothing and gets nothing twice.
"""

from dataclasses import dataclass
from operator import itemgetter

from claims.prepared import prepared_cursor

LARGEST_PAGE = 500
# Bytes of documents after which a page ends early, so that no page is held in memory whole at any size.
PAGE_BYTES = 8 * 1024 * 1024
CHANNEL = "claims_feed"

# The head first, then what stands before each document and the document, both as they are stored and in PostgreSQL's
# binary form: neither is parsed nor decoded. In order already: the plan has no sort.
_PAGE = """
SELECT f.n AS sequence, NULL::bytea AS feed_opening, convert_to(encode(substr(sha256(convert_to(
    f.feed_epoch || '/' || claims_feed_place(f.tableoid), 'UTF8'
)), 1, 16), 'hex')::uuid::text, 'UTF8') AS body
FROM claims_feedhead f WHERE f.id = 1
UNION ALL (
    SELECT sequence, feed_opening, body FROM (
        SELECT p.*, sum(p.size) OVER (ORDER BY p.sequence ROWS UNBOUNDED PRECEDING) - p.size AS before
        FROM (
            SELECT sequence, feed_opening, body, coalesce(octet_length(body), 0) AS size
            FROM claims_publication WHERE sequence > %s ORDER BY sequence LIMIT {limit}
        ) p
    ) one
    WHERE before < %s
)
"""


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Changes that follow one another without a gap. `last` is the number to go on from.

    `entries` are the parts of JSON objects with commas between them, to be joined once, since copying megabytes is most
    of the work; empty if nothing new is there. `erased` of them have no document any more, and `opened` is how many
    bytes stand before the documents, fewer once a note was erased. `epoch` names the history that the numbers belong
    to; it is another one after the database was restored from a copy.
    """

    epoch: str
    head: int
    count: int
    last: int
    erased: int
    opened: int
    entries: list[bytes]


def changes_after(*, after: int, limit: int) -> ChangePage:
    """Up to `limit` changes (at most LARGEST_PAGE) after that number, with the feed's head, all of one snapshot.

    An entry is `{sequence, id, version, kind, change_type, note, at, document}`; `document` is the stored bytes,
    verbatim, or null once they were erased lawfully. Fewer entries than asked for does not mean that no more are there:
    compare `last` with `head`.
    """
    with prepared_cursor(binary=True) as cursor:
        cursor.execute(_PAGE.replace("{limit}", str(min(int(limit), LARGEST_PAGE))), [after, PAGE_BYTES])
        rows = cursor.fetchall()
    found: list[tuple[int, bytes, bytes | None]] = []
    for row in rows:
        if row[1] is None:
            head, epoch = row[0], row[2].decode()
        else:
            found.append(row)
    found.sort(key=itemgetter(0))
    entries: list[bytes] = []
    for _, opening, body in found:
        entries += (opening, body if body is not None else b"null", b"},")
    if entries:
        entries[-1] = b"}"
    return ChangePage(
        epoch=epoch,
        head=head,
        count=len(found),
        last=found[-1][0] if found else after,
        erased=sum(body is None for *_, body in found),
        opened=sum(len(opening) for _, opening, _ in found),
        entries=entries,
    )
