"""A live verdict in the shape of Google's Fact Check Tools API, and the parts of it that `fields` asks for. Pure.

Source: developers.google.com/fact-check/tools/api/reference/rest/v1alpha1/claims; partial responses as in
developers.google.com/workspace/drive/api/guides/performance#partial-response.
"""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from claims.text import host_of

Mask = dict[str, Any]  # a part by its name, with the parts asked for below it; none below means the whole
DEEPEST = 20
_PIECE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[*,/()]")


def claim_of(body: bytes, *, reviewed: str) -> dict[str, Any]:
    """The `claims[]` entry of a published document; `reviewed` is when we first published it. Empty parts are left out.

    `url` is the verdict's public page, which also names its id.
    """
    document = json.loads(body)
    claim, verdict, publisher = document["claim"], document["verdict"], document["publisher"]
    review = {
        "publisher": _filled({"name": publisher["name"], "site": host_of(publisher["url"])}),
        "url": document["url"],
        "title": verdict["headline"] or claim["statement"],
        "reviewDate": reviewed,
        "textualRating": verdict["rating"]["name"] if verdict["rating"] else "",
        "languageCode": claim["language"],
    }
    return _filled(
        {
            "text": claim["statement"],
            "claimant": claim["claimant"]["name"] if claim["claimant"] else "",
            "claimDate": f"{claim['claimed_on']}T00:00:00Z" if claim["claimed_on"] else "",
            "claimReview": [_filled(review)],
        }
    )


def whole_second(moment: datetime) -> str:
    """An instant as Google's answers write it, without what is below the second."""
    return moment.replace(microsecond=0).isoformat().replace("+00:00", "Z")


def read_mask(text: str) -> Mask:
    """What `fields=claims(text,claimReview/url),nextPageToken` asks for. Raises ValueError for what cannot be read."""
    pieces = _PIECE.findall(text)
    if "".join(pieces) != re.sub(r"\s", "", text) or not pieces:
        raise ValueError(text)
    rest = iter([*pieces, None])
    mask, ended_by = _list(rest, 0)
    if ended_by is not None:
        raise ValueError(text)
    return mask


def masked(value: Any, mask: Mask) -> Any:
    """The value with the parts asked for alone. A name that is not there asks for nothing."""
    if not mask:
        return value
    if isinstance(value, list):
        return [masked(item, mask) for item in value]
    if isinstance(value, dict):
        if "*" in mask:
            return {name: masked(item, mask["*"]) for name, item in value.items()}
        return {name: masked(value[name], below) for name, below in mask.items() if name in value}
    return value


def _list(rest: Iterator[str | None], depth: int) -> tuple[Mask, str | None]:
    """Paths with commas between them, up to the end or a closing bracket."""
    found: Mask = {}
    while True:
        place = found
        while True:
            name = next(rest, None)
            if depth > DEEPEST or name is None or name in ",/()":
                raise ValueError(name)
            whole = name in place and not place[name]
            place = place.setdefault(name, {})
            sign = next(rest, None)
            if sign != "/":
                break
        if sign == "(":
            below, ended_by = _list(rest, depth + 1)
            if ended_by != ")":
                raise ValueError(sign)
            sign = next(rest, None)
            if not whole:
                place.update(below)
        else:
            place.clear()  # the whole of it, whatever parts were asked for before
        if sign != ",":
            if sign not in {None, ")"}:
                raise ValueError(sign)
            return found, sign


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in ("", None)}
