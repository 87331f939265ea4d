"""If-Match: nobody overwrites what they have not read."""

import re
from collections.abc import Mapping
from typing import Any

from rest_framework.request import Request

from claims.api.errors import Problem
from claims.errors import StaleWrite
from claims.text import canonical_json, sha256

NEVER = -1  # a version that no row has, so that the operation refuses it with both texts
_TAG = re.compile(r'^(?:W/)?"([^"]*)"$')


def etag(*parts: int) -> str:
    """The ETag of a row by what identifies its text, such as its lock version."""
    return '"{}"'.format(".".join(str(part) for part in parts))


def required(request: Request) -> str:
    """The one tag in If-Match, unquoted. A weak one counts, since a compressing proxy weakens ours.

    Raises Problem: 428 without the header, 400 for `*` or a list.
    """
    header = request.META.get("HTTP_IF_MATCH", "").strip()
    if not header:
        raise Problem(
            "Send If-Match with the ETag of what you read, so that nobody's text is overwritten unseen.",
            code="precondition_required",
            status=428,
        )
    found = _TAG.match(header)
    if found is None:
        raise Problem('Send the one ETag that you read in If-Match, quoted, such as "3".', code="malformed")
    return found[1]


def optional(request: Request) -> int | None:
    """The lock version in If-Match, NEVER for one that is not ours; None without the header. Raises Problem."""
    return version(required(request)) if request.META.get("HTTP_IF_MATCH", "").strip() else None


def content_tag(standing: Mapping[str, Any]) -> str:
    """The tag, unquoted, of a row that counts no versions: a digest of what may be edited of it, as JSON."""
    return sha256(canonical_json(dict(standing)))[:16]


def expect_content(tag: str, *, standing: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Passes if the tag is of what stands now, under the caller's lock. Raises StaleWrite with both texts."""
    if tag == content_tag(standing):
        return
    differing = {
        name: [str(standing[name]), str(value)] for name, value in wanted.items() if standing.get(name) != value
    }
    raise StaleWrite("Somebody saved this in between. Compare both texts, then save again.", fields=differing)


def version(tag: str) -> int:
    """The lock version in a tag; NEVER for a tag that is not ours."""
    return int(tag) if re.fullmatch(r"[0-9]{1,9}", tag) else NEVER
