"""Every address that the service answers at, as its URL patterns say, and which of them the description covers."""

import re
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


def routes(resolver: URLResolver | None = None, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Each pattern with its route from the root of the site, in the order in which they are tried."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = f"{before}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, route)
        else:
            yield route, pattern


def without_admin() -> list[str]:
    """The routes of everything but the admin."""
    return [route for route, _ in routes() if not route.startswith("admin/")]


def of_admin() -> list[str]:
    """The routes of the admin, each once: the desk stands before the stock index at the same address."""
    return list(dict.fromkeys(route for route, _ in routes() if route.startswith("admin/")))


def described(description: dict[str, Any]) -> set[str]:
    """The paths of the description with the names of their parameters left out."""
    return {re.sub(r"\{\w+\}", "{}", path).removeprefix("/") for path in description["paths"]}


def nameless(route: str) -> str:
    """A route as the description would write it, with the names of its parameters left out."""
    return _PARAMETER.sub("{}", route)
