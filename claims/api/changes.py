"""The change feed: everything that was published, corrected and retracted, in order, from stored bytes."""

import json
import re
import time
from collections.abc import Sequence

from django.conf import settings
from django.db import connection
from django.http import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from claims.api.errors import Problem
from claims.api.examples import CHANGES, FEED_EPOCH_CHANGED, UNKNOWN_PARAMETER
from claims.api.public import PublicView, conditional
from claims.api.public_shapes import ErrorBody, PublicChanges
from claims.api.reach import note_followed
from claims.publishing.changes import LARGEST_PAGE, ChangePage, changes_after
from claims.publishing.waiting import waiters
from claims.text import sha256

AFTER, WAIT, SIZE, EPOCH = "after", "wait", "page_size", "feed_epoch"
PAGE_SIZE = 100
LONGEST_WAIT = 30  # seconds, below what proxies allow an answer
PIECE = 96 * 1024  # bytes
_EPOCH = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class VerdictChanges(PublicView):
    """Publications after a number, oldest first. With `wait` the answer is held back until there is one."""

    def parameters(self) -> Sequence[str]:
        """Where to go on, how many, how long to wait, and which history the reader follows."""
        return (AFTER, SIZE, WAIT, EPOCH)

    @extend_schema(
        operation_id="verdicts_changes",
        summary="What was published since a number",
        description=(
            "Every publication of the desk in one order without gaps: first versions, corrections with their type and "
            "note, and tombstones of what was retracted. Read from 0, keeping the newest version per id and dropping "
            "the tombstones, and you have what is live now. Then go on by `next`; with `wait` the answer comes as soon "
            "as there is a change, or empty when the time is over. An empty answer with Retry-After found no place to "
            "wait. A page may hold fewer than asked for: compare the last `sequence` with `head`."
        ),
        tags=["Public verdicts"],
        parameters=[
            OpenApiParameter(AFTER, int, description="The last `sequence` that you have seen; 0 unless told."),
            OpenApiParameter(SIZE, int, description=f"Changes on a page, to {LARGEST_PAGE}; {PAGE_SIZE} unless told."),
            OpenApiParameter(WAIT, int, description=f"Seconds to wait if there is none yet, to {LONGEST_WAIT}."),
            OpenApiParameter(
                EPOCH,
                str,
                description="The `feed_epoch` that you follow; refused with 409 if it is another by now.",
            ),
        ],
        responses={200: PublicChanges, 304: None, 400: ErrorBody, 409: ErrorBody},
        examples=[CHANGES, UNKNOWN_PARAMETER, FEED_EPOCH_CHANGED],
    )
    def get(self, request: Request) -> HttpResponseBase:
        """One page. While it waits, it holds no database connection."""
        after = _number(request, AFTER, least=0, most=2**63 - 1, otherwise=0)
        limit = _number(request, SIZE, least=1, most=LARGEST_PAGE, otherwise=PAGE_SIZE)
        wait = _number(request, WAIT, least=0, most=LONGEST_WAIT, otherwise=0)
        page = _read(request, after, limit)
        note_followed(request, after)
        refused = False
        if wait and not page.count:
            with waiters.place(most=settings.LONG_POLL_WAITERS) as placed:
                if placed:
                    page = _wait(request, page, after=after, limit=limit, seconds=wait)
                refused = not placed
        address = replace_query_param(request.build_absolute_uri(), AFTER, str(page.last))
        opening = json.dumps(
            {"feed_epoch": page.epoch, "head": page.head, "next": address}, ensure_ascii=False, separators=(",", ":")
        )
        body = _pieces([opening[:-1].encode(), b',"changes":[', *page.entries, b"]}"])
        # What was published never changes, but by an erasure; so the page is known by where it begins and ends.
        known = sha256(b"%b %d %d %d %d" % (opening.encode(), page.count, page.last, page.erased, page.opened))
        response = conditional(request, body, f'W/"{known[:32]}"', max_age=0)
        if refused:
            response.headers["Retry-After"] = str(waiters.come_again(now=time.monotonic()))
        return response


def _pieces(parts: Sequence[bytes]) -> list[bytes]:
    """The same bytes in pieces of about PIECE: one of megabytes would be memory that the system has to give anew."""
    pieces: list[bytes] = []
    begin = size = 0
    for number, part in enumerate(parts, start=1):
        size += len(part)
        if size >= PIECE or number == len(parts):
            pieces.append(b"".join(parts[begin:number]))
            begin, size = number, 0
    return pieces


def _wait(request: Request, page: ChangePage, *, after: int, limit: int, seconds: float) -> ChangePage:
    deadline = time.monotonic() + seconds
    while not page.count:
        connection.close()  # to the pool, where there is one
        left = deadline - time.monotonic()
        if left <= 0 or not waiters.wait(after=after, seconds=left):
            break
        page = _read(request, after, limit)
    return page


def _read(request: Request, after: int, limit: int) -> ChangePage:
    """A page of the history that the reader follows. Raises Problem where its numbers belong to another one."""
    page = changes_after(after=after, limit=limit)
    followed = request.query_params.get(EPOCH)
    if followed is not None and not _EPOCH.fullmatch(followed):
        raise Problem("feed_epoch cannot be read.", code="invalid", fields={EPOCH: ["Take it from an answer."]})
    now = {"feed_epoch": page.epoch, "head": page.head}
    if followed is not None and followed != page.epoch:
        message = "The desk was restored from a copy, so these numbers may mean other changes. Read again from 0."
        raise Problem(message, code="feed_epoch_changed", status=409, details=now)
    if after > page.head:
        message = f"Nothing has the number {after} yet; the last is {page.head}. Was it restored? Read again from 0."
        raise Problem(message, code="ahead_of_feed", status=409, details=now)
    return page


def _number(request: Request, name: str, *, least: int, most: int, otherwise: int) -> int:
    raw = request.query_params.get(name)
    if raw is None:
        return otherwise
    if not raw.isascii() or not raw.isdigit() or len(raw) > 19 or not least <= int(raw) <= most:
        message = f"A whole number from {least} to {most}."
        raise Problem(f"{name} cannot be used.", code="invalid", fields={name: [message]})
    return int(raw)
