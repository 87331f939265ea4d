"""Public pages and feeds are counted by address, apart from the API."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from claims.access import limits
from claims.access.limits import Standing

Handler = Callable[[HttpRequest], HttpResponseBase]
_COUNTED = "claims.web."
_STANDING = "LIMIT_STANDING"


def limit_pages(get_response: Handler) -> Handler:
    """Counts what the public site answers; beyond the limit the answer is 429 in plain words, with Retry-After."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        standing = request.META.get(_STANDING)
        if isinstance(standing, Standing):
            for name, value in standing.headers().items():
                response.headers[name] = value
        return response

    def process_view(request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:  # noqa: ARG001
        if not str(getattr(view, "__module__", "")).startswith(_COUNTED):
            return None
        standing = limits.take(limits.of_address(request.META, pages=True))
        request.META[_STANDING] = standing
        if standing is None or standing.taken.passed:
            return None
        words = f"Too many requests from your address. Come again in {standing.seconds} seconds.\n"
        return HttpResponse(
            words, status=429, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"}
        )

    middleware.process_view = process_view  # type: ignore[attr-defined]
    return middleware
