"""Before and after, word by word, for the history and for two people's saves."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

_TOKEN = re.compile(r"\s+|\w+|[^\w\s]")
# Beyond this many words a word-by-word comparison costs more than a page may take; both texts are shown whole.
WORD_LIMIT = 3000


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text and what happened to it: same, gone or new."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One field before and after. `pieces` is empty where the texts are too long to be compared by word."""

    label: str
    before: str
    after: str
    pieces: tuple[Piece, ...]

    def left(self) -> list[Piece]:
        """The text before, with what went marked."""
        return [piece for piece in self.pieces if piece.kind != "new"] or [Piece("same", self.before)]

    def right(self) -> list[Piece]:
        """The text after, with what came marked."""
        return [piece for piece in self.pieces if piece.kind != "gone"] or [Piece("same", self.after)]


def difference(label: str, before: object, after: object) -> Difference:
    """Two values of a field, compared as text."""
    old, new = _words(before), _words(after)
    return Difference(label=label, before=old, after=new, pieces=tuple(_compare(old, new)))


def _words(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _compare(old: str, new: str) -> list[Piece]:
    left, right = _TOKEN.findall(old), _TOKEN.findall(new)
    if len(left) + len(right) > WORD_LIMIT:
        return []
    pieces: list[Piece] = []
    for kind, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(Piece("same", "".join(left[a:b])))
            continue
        if b > a:
            pieces.append(Piece("gone", "".join(left[a:b])))
        if d > c:
            pieces.append(Piece("new", "".join(right[c:d])))
    return pieces
