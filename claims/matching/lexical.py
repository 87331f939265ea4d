"""What Postgres full-text search knows: which claims and pages share words, how rare those are, where they stand."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

from django.db import connection

from claims.choices import WATCHED_STATES
from claims.matching.rank import PageHits, Rarity
from claims.matching.words import COMMON_WORDS, SAME_NAMES
from claims.models import Claim, Document

CANDIDATES = 300
QUERY_LEXEMES = 24
# Statements that ts_stat() runs: the newest 2,000 pages and 5,000 claims.
_SAMPLED_PAGES = "SELECT search FROM claims_document WHERE text <> '' ORDER BY id DESC LIMIT 2000"
_SAMPLED_CLAIMS = "SELECT search FROM claims_claim ORDER BY id DESC LIMIT 5000"
# Word frequencies drift slowly; a worker asks for them again after this many seconds.
FRESH_SECONDS = 600.0


_STATES = frozenset().union(*SAME_NAMES)


@dataclass(frozen=True, slots=True)
class Frequencies:
    """In how many of `size` sampled texts each lexeme stands, and which lexemes are common in any English news."""

    size: int
    counts: dict[str, int]
    common: frozenset[str]


class _Memory:
    """The frequencies last asked for by this process."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.value: tuple[float, Frequencies] | None = None


_MEMORY = _Memory()


def forget_frequencies() -> None:
    """Ask the database again next time (tests, and measurements that swap the corpus)."""
    with _MEMORY.lock:
        _MEMORY.value = None


def rarity() -> Rarity:
    """How rare each lexeme is in the pages and claims at hand, from a sample no older than ten minutes."""
    with _MEMORY.lock:
        if _MEMORY.value is None or time.monotonic() - _MEMORY.value[0] > FRESH_SECONDS:
            _MEMORY.value = (time.monotonic(), _sample())
        found = _MEMORY.value[1]
    return Rarity(size=found.size, counts=found.counts, common=found.common, everywhere=_STATES)


def _sample() -> Frequencies:
    counts: dict[str, int] = {}
    for sample in (_SAMPLED_PAGES, _SAMPLED_CLAIMS):
        for lexeme, documents in _rows("SELECT word, ndoc FROM ts_stat(%s)", [sample]):
            counts[lexeme] = counts.get(lexeme, 0) + documents
    size = Document.objects.exclude(text="").order_by()[:2000].count() + Claim.objects.order_by()[:5000].count()
    return Frequencies(size=size, counts=counts, common=frozenset(_common_lexemes()))


def _common_lexemes() -> set[str]:
    return {lexeme for lexemes in lexemes_of(COMMON_WORDS).values() for lexeme in lexemes}


def lexemes_of(words: Iterable[str]) -> dict[str, list[str]]:
    """Each word's lexemes, as the search columns hold them; stop words have none."""
    unique = list(dict.fromkeys(words))
    rows = _rows(
        "SELECT word, tsvector_to_array(to_tsvector('english', word)) FROM unnest(%s::text[]) AS given(word)", [unique]
    )
    return {word: list(lexemes) for word, lexemes in rows}


def same_names(lexemes: Iterable[str]) -> dict[str, frozenset[str]]:
    """For each lexeme that names a country, the others that name it: the people, the capital, the short form."""
    found: dict[str, frozenset[str]] = {}
    wanted = set(lexemes)
    for group in SAME_NAMES:
        for lexeme in wanted & group:
            found[lexeme] = group
    return found


def pages_sharing(lexemes: dict[str, float], *, limit: int = CANDIDATES) -> list[int]:
    """Ids of readable pages that share the heaviest of the lexemes, by the weight of what they share."""
    heaviest = sorted(lexemes, key=lambda lexeme: (-lexemes[lexeme], lexeme))[:QUERY_LEXEMES]
    if not heaviest:
        return []
    shares = " + ".join(["CASE WHEN search @@ %s::tsquery THEN %s ELSE 0 END"] * len(heaviest))
    values: list[Any] = [_quoted(heaviest)]
    for lexeme in heaviest:
        values += [_quoted([lexeme]), lexemes[lexeme]]
    # The shape of the statement depends on nothing but the number of lexemes; every value is a parameter.
    sql = (
        "SELECT id FROM claims_document WHERE search @@ %s::tsquery AND text <> '' AND merged_into_id IS NULL "  # noqa: S608
        f"ORDER BY ({shares}) DESC, ts_rank_cd(search, %s::tsquery) DESC, id DESC LIMIT %s"
    )
    return [row[0] for row in _rows(sql, [*values, _quoted(heaviest), limit])]


def claims_sharing(lexemes: dict[str, float], *, at: datetime, limit: int = CANDIDATES) -> list[int]:
    """Ids of claims watched at that instant whose statement, other wordings or merged claims share the lexemes.

    The heaviest share first.
    """
    if not lexemes:
        return []
    names = list(lexemes)
    sql = """
        WITH page AS (SELECT * FROM unnest(%(names)s::text[], %(weights)s::float[]) AS given(lexeme, weight)),
        wording AS (
            SELECT coalesce(c.merged_into_id, c.id) AS claim_id, c.search
            FROM claims_claim c WHERE c.search @@ %(any)s::tsquery
            UNION ALL
            SELECT coalesce(c.merged_into_id, c.id), to_tsvector('english', a.text)
            FROM claims_claimalias a JOIN claims_claim c ON c.id = a.claim_id
        ),
        shared AS (
            SELECT wording.claim_id, sum(page.weight) AS weight
            FROM wording CROSS JOIN LATERAL unnest(wording.search) AS word JOIN page USING (lexeme)
            GROUP BY wording.claim_id
        )
        SELECT c.id FROM shared JOIN claims_claim c ON c.id = shared.claim_id
        WHERE c.state = ANY(%(states)s) AND (c.watch_until IS NULL OR c.watch_until > %(at)s)
        ORDER BY shared.weight DESC, c.id DESC LIMIT %(limit)s
    """
    values = {
        "names": names,
        "weights": [lexemes[name] for name in names],
        "any": _quoted(names),
        "states": sorted(WATCHED_STATES),
        "at": at,
        "limit": limit,
    }
    return [row[0] for row in _rows(sql, values)]


def lexemes_on(document_id: int) -> list[str]:
    """Every lexeme of a page."""
    rows = _rows("SELECT tsvector_to_array(search) FROM claims_document WHERE id = %s", [document_id])
    return list(rows[0][0]) if rows else []


def hits(document_ids: Sequence[int], lexemes: Iterable[str]) -> dict[int, PageHits]:
    """Where the lexemes stand on each page: positions in its title and in its text, and how long the page is."""
    wanted = sorted(set(lexemes))
    found = {
        row[0]: PageHits(length=row[1], title={}, text={})
        for row in _rows(
            "SELECT id, length(search) FROM claims_document WHERE id = ANY(%s) ORDER BY id", [list(document_ids)]
        )
    }
    rows = _rows(
        "SELECT d.id, word.lexeme, word.positions, word.weights FROM claims_document d "
        "CROSS JOIN LATERAL unnest(d.search) AS word WHERE d.id = ANY(%s) AND word.lexeme = ANY(%s)",
        [list(document_ids), wanted],
    )
    for document_id, lexeme, positions, weights in rows:
        page = found[document_id]
        for position, weight in zip(positions or [], weights or [], strict=True):
            side = page.title if weight == "A" else page.text
            side.setdefault(lexeme, []).append(position)
    return found


def _quoted(lexemes: Iterable[str]) -> str:
    """Lexemes as a tsquery that any one of them meets; quoting them is what keeps operators out."""
    return " | ".join("'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'" for lexeme in lexemes)


def _rows(sql: str, values: Any = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
