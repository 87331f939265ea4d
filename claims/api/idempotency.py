"""Idempotency-Key on POST: a request that is repeated, because its answer was lost, is done once and answered alike.

After draft-ietf-httpapi-idempotency-key-header: the same key with the same request gives the stored answer, with
another one 422, and 409 while the first is at work. Refusals are not kept: nothing was done, so they do no harm again.
"""

import re
from collections.abc import Callable
from functools import wraps
from hashlib import sha256 as digest
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from claims.access import calls
from claims.access.calls import Answered
from claims.api.auth import person_of
from claims.api.errors import Problem
from claims.text import canonical_json, sha256

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
_KEY = re.compile(r'"?([\x21\x23-\x5b\x5d-\x7e]{1,255})"?')
_OWN_HEADERS = ("ETag", "Location")


def key_given(request: Request) -> str | None:
    """The key of the request, if it came with one. Raises Problem for one that is none."""
    header = request.headers.get(HEADER)
    if header is None:
        return None
    found = _KEY.fullmatch(header.strip())
    if found is None:
        message = "A key has 1 to 255 printable characters of ASCII, without spaces, quotes and backslashes."
        raise Problem(f"{HEADER} cannot be used.", code="malformed", fields={HEADER: [message]})
    return found[1]


def remembered(handler: Callable[..., Any], request: Request, key: str, at: Any) -> Callable[..., Any]:
    """The handler, made to run once for the key."""

    @wraps(handler)
    def run(*args: Any, **kwargs: Any) -> Any:
        fresh: list[Response] = []

        def call() -> Answered:
            response: Response = handler(*args, **kwargs)
            fresh.append(response)
            headers = {name: response.headers[name] for name in _OWN_HEADERS if name in response.headers}
            body = JSONRenderer().render(response.data) if response.data is not None else b""
            return Answered(status=response.status_code, headers=headers, body=body)

        before = calls.once(user=person_of(request), key=key, request_hash=_hash(request), call=call, at=at)
        if before is None:
            return fresh[0]
        headers = {**before.headers, REPLAYED: "true"}
        kind = {"content_type": "application/json"} if before.body else {}
        answer = HttpResponse(before.body, status=before.status, headers=headers, **kind)
        if not before.body:
            del answer.headers["Content-Type"]
        return answer

    return run


def _hash(request: Request) -> str:
    """What tells requests apart: the address with its query, and the body as it was read, files by their bytes."""
    data = request.data
    if hasattr(data, "lists"):
        data = {name: [_said(value) for value in values] for name, values in sorted(data.lists())}
    return sha256(canonical_json([request.method, request.get_full_path(), data]))


def _said(value: Any) -> Any:
    if not isinstance(value, UploadedFile):
        return value
    found = digest()
    for chunk in value.chunks():
        found.update(chunk)
    value.seek(0)
    return [value.name, value.size, found.hexdigest()]
