"""Every address that anybody may read, taken from where addresses are declared, so that a new one is looked at too."""

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from claims.api.public import PublicView

_ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")
SILENT = {"X-Request-ID", "Date", "Set-Cookie", "RateLimit", "RateLimit-Policy"}  # differ between any two answers


def addresses(*, ids: list[str], words: list[str]) -> list[str]:
    """All of them; `ids` stand where a claim's id does, `words` (slugs) wherever else a word is wanted."""
    found = []
    for pattern in _patterns(get_resolver(), ""):
        names = _ARGUMENT.findall(pattern)
        for values in product(*(ids if "id" in name else words for name in names)):
            given = dict(zip(names, values, strict=True))
            found.append("/" + _ARGUMENT.sub(lambda match, given=given: given[match[1]], pattern))  # type: ignore[misc]
    return sorted(found)


def seen(client: Client, address: str) -> tuple[int, bytes, dict[str, str]]:
    """What a reader without a key gets: status, bytes and headers."""
    answer: Any = client.get(address)
    assert isinstance(answer, HttpResponse | StreamingHttpResponse)
    body = answer.getvalue() if answer.streaming else answer.content
    body = re.sub(rb'"request_?[iI]d": ?"[0-9a-f]+"', b"", body)
    return answer.status_code, body, {k: v for k, v in answer.headers.items() if k not in SILENT}


def _patterns(resolver: URLResolver, above: str) -> Iterator[str]:
    for item in resolver.url_patterns:
        here = above + str(item.pattern)
        if isinstance(item, URLResolver):
            yield from _patterns(item, here)
        elif isinstance(item, URLPattern) and _is_public(item) and "(" not in here:
            yield here


def _is_public(pattern: URLPattern) -> bool:
    view = getattr(pattern.callback, "cls", None) or getattr(pattern.callback, "view_class", None)
    if isinstance(view, type):
        return issubclass(view, PublicView)
    return pattern.callback.__module__.startswith("claims.web.")
