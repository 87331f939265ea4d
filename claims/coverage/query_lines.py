"""The lines by which the web is searched for a claim: their one simple language, and what an editor makes of them.

A line is words and phrases, all of which a page must hold; a phrase stands in quotation marks. Each connector says it
in its service's own language, so that no sign of a person's or a claim's can become an operator.
"""

import re
from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from claims.access.locking import expect, lock_claim
from claims.access.roles import Operation, require
from claims.audit.operations import record
from claims.choices import EventKind
from claims.coverage.base import Query
from claims.errors import Invalid
from claims.models import Claim, ClaimQuery
from claims.models.searching import LINE_LIMIT
from claims.text import one_line

MOST_LINES = 3
_QUOTES = str.maketrans(dict.fromkeys("“”„«»＂", '"'))
_PIECE = re.compile(r'"([^"]*)"|(\S+)')
_HAS_WORD = re.compile(r"\w")


def parse(line: str, *, language: str) -> Query:
    """What a line asks for. Anything is a line; a quotation mark without its second is none."""
    text = line.translate(_QUOTES)
    if text.count('"') % 2:
        place = text.rindex('"')
        text = text[:place] + " " + text[place + 1 :]
    phrases: list[str] = []
    words: list[str] = []
    for quoted, word in _PIECE.findall(text):
        piece = " ".join((quoted or word).replace('"', " ").split())
        if not _HAS_WORD.search(piece):
            continue
        (phrases if quoted else words).append(piece)
    return Query(phrases=tuple(dict.fromkeys(phrases)), words=tuple(dict.fromkeys(words)), language=language)


def checked(lines: Sequence[str]) -> list[str]:
    """The lines as they are kept, empty ones left out. Raises Invalid, on the field `lines`."""
    kept = list(dict.fromkeys(text for line in lines if (text := one_line(line, limit=LINE_LIMIT + 1))))
    faults = []
    if len(kept) > MOST_LINES:
        faults.append(f"Give at most {MOST_LINES} lines; each is a search of its own.")
    for line in kept:
        query = parse(line, language="")
        if len(line) > LINE_LIMIT:
            faults.append(f"A line may have {LINE_LIMIT} characters: “{line[:40]}…”.")
        elif not query.phrases and not query.words:
            faults.append(f"There is no word in “{line[:40]}”.")
    if faults:
        raise Invalid("The queries were not taken: see the field named here.", fields={"lines": faults})
    return kept


@transaction.atomic
def save_lines(
    *, claim_id: int, lines: Sequence[str], lock_version: int | None = None, actor: User, at: datetime
) -> ClaimQuery | None:
    """Search for the claim by these lines from now on; by lines built from its own words if there are none.

    `lock_version` is that of the row the editor saw, 0 if there was none. Saving the same again changes nothing; None
    is given where nobody ever wrote any. Raises NotAllowed, IllegalMove, Invalid or StaleWrite.
    """
    claim = lock_claim(claim_id)
    require(actor, Operation.SEARCH_COVERAGE, claim)
    kept = checked(lines)
    row = ClaimQuery.objects.select_for_update().filter(claim=claim).first()
    before = row.lines if row is not None else []
    expect(row or _Nothing(), lock_version, {"lines": kept})
    if before == kept:
        return row
    if row is None:
        row = ClaimQuery(claim=claim, lock_version=0)
    row.lines, row.saved_by, row.saved_at = kept, actor, at
    row.lock_version += 1
    row.save()
    record(
        kind=EventKind.CLAIM_QUERIES_SAVED,
        subject=claim,
        actor=actor,
        at=at,
        data={"before": before, "after": kept},
    )
    return row


class _Nothing:
    """What an editor saw where nobody had written a line yet."""

    lock_version = 0
    lines: tuple[str, ...] = ()


def written_lines(claim: Claim) -> list[str]:
    """The lines that a person wrote for the claim; none means that they are built."""
    row = ClaimQuery.objects.filter(claim=claim).first()
    return row.lines if row is not None else []
