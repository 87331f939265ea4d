"""When two texts are one story in two places: word shingles, MinHash bands to find candidates, exact overlap to decide.

Broder, "On the resemblance and containment of documents" (1997). Pure functions; no database.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

from datasketch import MinHash

from claims.text import folded

SHINGLE_WORDS = 5
SHORT_WORDS = 50  # bodies with fewer words are compared as wholes only: any two share too much, or too little
FEWEST_WORDS = 10  # "Subscribe to read on." is no story, however many pages say it
MIN_JACCARD = 0.4
MIN_CONTAINMENT = 0.6
MIN_SHARED = 40  # shingles; about one paragraph in common
# 64 bands of 3: a pair at Jaccard 0.4 shares a band with probability .985, one at 0.1 with .06, one at 0.02 with .0005.
BANDS, ROWS = 64, 3
_SEED = 1
_TEXT_LIMIT = 200_000  # characters; as much as full-text search reads
_BATCH = 1_000  # shingles hashed at a time, so that a long text costs no more than a few megabytes
# Scripts written without spaces have a word per character here.
_UNSPACED = "\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")

Shingles = frozenset[bytes]


@dataclass(frozen=True, slots=True)
class Overlap:
    """What two texts have in common. Containment is the share of the smaller one's shingles."""

    shared: int
    containment: float
    jaccard: float

    @property
    def same_story(self) -> bool:
        """Whether that is too much for two writers who did not copy."""
        return self.shared >= MIN_SHARED and self.containment >= MIN_CONTAINMENT and self.jaccard >= MIN_JACCARD


def words_in(text: str) -> list[str]:
    """The words of a text in one form, whatever its case, quotes and spacing."""
    return _WORD.findall(folded(text[:_TEXT_LIMIT]))


def shingles(words: list[str]) -> Shingles:
    """Every run of five words, as an eight-byte hash."""
    return frozenset(
        blake2b(" ".join(words[start : start + SHINGLE_WORDS]).encode(), digest_size=8).digest()
        for start in range(len(words) - SHINGLE_WORDS + 1)
    )


def overlap(one: Shingles, other: Shingles) -> Overlap:
    """The exact overlap of two texts; nothing for an empty one."""
    shared = len(one & other)
    smaller, union = min(len(one), len(other)), len(one) + len(other) - shared
    return Overlap(shared, shared / smaller if smaller else 0.0, shared / union if union else 0.0)


def bands(found: Shingles) -> list[int]:
    """The text's MinHash signature as one signed 64-bit number per band; two texts that share one are candidates.

    The numbers are stored: they depend on nothing but the shingles and the constants above.
    """
    if not found:
        return []
    sketch = MinHash(num_perm=BANDS * ROWS, seed=_SEED, hashfunc=_number, scheme="affine64")
    for batch in _batches(sorted(found)):
        sketch.update_batch(batch)
    values = [int(value) for value in sketch.hashvalues]
    return [_band(place, values[place * ROWS : (place + 1) * ROWS]) for place in range(BANDS)]


def _number(shingle: bytes) -> int:
    return int.from_bytes(shingle, "big")


def _band(place: int, values: list[int]) -> int:
    data = b"".join(value.to_bytes(8, "big") for value in (place, *values))
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big", signed=True)


def _batches(rows: list[bytes]) -> Iterator[list[bytes]]:
    for start in range(0, len(rows), _BATCH):
        yield rows[start : start + _BATCH]
