"""Keyset pages over columns that are unique together: no row twice and none lost, whatever is added meanwhile."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import Q, QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from claims.api.errors import Problem

PAGE_SIZE = 25
LARGEST_PAGE = 100
CURSOR, SIZE = "cursor", "page_size"
_NEXT, _PREVIOUS = "n", "p"


Fetch = Callable[[Sequence[str], Sequence[float], int], list[Any]]


class Keyset(BasePagination):
    """`{next, previous, results}`. The view names its order in `keyset`, such as `("-score", "id")`."""

    next: str | None = None
    previous: str | None = None

    def paginate_queryset(  # type: ignore[override]  # the stub knows no generic queryset
        self, queryset: QuerySet[Any], request: Request, view: Any = None
    ) -> list[Any]:
        """One page of rows. Raises Problem for a cursor or a size that cannot be used."""
        keyset: Sequence[str] = getattr(view, "keyset", ("-id",))

        def fetch(order: Sequence[str], values: Sequence[float], count: int) -> list[Any]:
            rows = queryset.filter(_beyond(order, values)) if values else queryset
            return list(rows.order_by(*order)[:count])

        return self.page(fetch, request, keyset)

    def page(self, fetch: Fetch, request: Request, keyset: Sequence[str]) -> list[Any]:
        """One page of what `fetch` gives: so many rows in that order, beyond those values of its columns if any."""
        size = _size(request.query_params.get(SIZE))
        token = request.query_params.get(CURSOR)
        direction, values = _decoded(token, len(keyset)) if token is not None else (_NEXT, [])
        back = direction == _PREVIOUS
        order = [_turned(column) for column in keyset] if back else list(keyset)
        found = fetch(order, values, size + 1)
        more, rows = len(found) > size, found[:size]
        if back:
            rows.reverse()
        here = request.build_absolute_uri()
        first_page = remove_query_param(here, CURSOR)
        if not rows:
            self.next, self.previous = (first_page if back else None), (None if back or not values else first_page)
            return rows
        after = replace_query_param(here, CURSOR, _encoded(_NEXT, rows[-1], keyset))
        before = replace_query_param(here, CURSOR, _encoded(_PREVIOUS, rows[0], keyset))
        self.next = after if back or more else None
        self.previous = (before if more else None) if back else (before if values else None)
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        """The page as JSON."""
        return Response({"next": self.next, "previous": self.previous, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The page in OpenAPI."""
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "next": link,
                "previous": link,
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """The two parameters in OpenAPI."""
        return [
            {
                "name": CURSOR,
                "in": "query",
                "required": False,
                "description": "Where the page starts, as `next` or `previous` gave it.",
                "schema": {"type": "string"},
            },
            {
                "name": SIZE,
                "in": "query",
                "required": False,
                "description": f"Rows on a page; {PAGE_SIZE} unless told.",
                "schema": {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": PAGE_SIZE},
            },
        ]


def _size(raw: str | None) -> int:
    if raw is None:
        return PAGE_SIZE
    if not raw.isascii() or not raw.isdigit() or len(raw) > 3 or not 1 <= int(raw) <= LARGEST_PAGE:
        raise Problem(
            f"{SIZE} is a number from 1 to {LARGEST_PAGE}.",
            code="invalid",
            fields={SIZE: [f"From 1 to {LARGEST_PAGE}."]},
        )
    return int(raw)


def _turned(column: str) -> str:
    return column[1:] if column.startswith("-") else f"-{column}"


def _beyond(order: Sequence[str], values: Sequence[float]) -> Q:
    """Rows after the given one: further in the first column, or equal there and further in the next, and so on."""
    condition, equal = Q(), Q()
    for column, value in zip(order, values, strict=True):
        name = column.removeprefix("-")
        further = Q(**{f"{name}__lt" if column.startswith("-") else f"{name}__gt": value})
        condition |= equal & further
        equal &= Q(**{name: value})
    return condition


def _encoded(direction: str, row: Any, keyset: Sequence[str]) -> str:
    values = [getattr(row, column.removeprefix("-")) for column in keyset]
    return base64.urlsafe_b64encode(json.dumps([direction, *values]).encode()).decode().rstrip("=")


def _decoded(token: str, columns: int) -> tuple[str, list[float]]:
    try:
        text = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
        direction, *values = json.loads(text)
    except (ValueError, TypeError, RecursionError, binascii.Error):
        direction, values = None, []
    sound = direction in {_NEXT, _PREVIOUS} and len(values) == columns and all(map(_is_number, values))
    if not sound:
        message = "Take the cursor from `next` or `previous` as it is, or leave it out."
        raise Problem("The cursor is none of ours.", code="invalid", fields={CURSOR: [message]})
    return direction, values


def _is_number(value: Any) -> bool:
    return type(value) in {int, float} and abs(value) < 2**63  # which NaN and infinity are not
