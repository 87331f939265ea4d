"""What every response carries: a request id, a strict content security policy, and 503 while the database is away."""

import secrets
import time
from collections.abc import Callable

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

Handler = Callable[[HttpRequest], HttpResponseBase]

HEALTH_CHECKS = {"/healthz", "/readyz"}
AWAY_SECONDS = 1.0

log = structlog.get_logger(__name__)

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "frame-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    ]
)


def content_security_policy(get_response: Handler) -> Handler:
    """Puts the policy on every response, errors included. No page has inline script or style, so no nonce exists."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response

    return middleware


def request_id(get_response: Handler) -> Handler:
    """Names each request in logs, in the answer's X-Request-ID and in error bodies. Client-sent ids are ignored."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        name = secrets.token_hex(8)
        request.META["REQUEST_ID"] = name
        with structlog.contextvars.bound_contextvars(request_id=name):
            response = get_response(request)
        response.headers["X-Request-ID"] = name
        return response

    return middleware


def database_away(get_response: Handler) -> Handler:
    """Answers 503 with Retry-After, not a traceback, while PostgreSQL cannot be reached.

    A request that cannot reach it waits seconds for a connection, and a few of them hold every thread. So after each
    failure the others are told at once, for a second; then somebody tries again. Health checks ask for themselves.
    """
    away_until = float("-inf")

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if time.monotonic() < away_until and request.path not in HEALTH_CHECKS:
            return _unavailable(request)
        return get_response(request)

    def process_exception(request: HttpRequest, error: Exception) -> HttpResponse | None:
        nonlocal away_until
        if not isinstance(error, OperationalError | InterfaceError):
            return None
        if _lost_connection(error):
            away_until = time.monotonic() + AWAY_SECONDS
        log.error("database unavailable; check that PostgreSQL runs and accepts connections", path=request.path)
        return _unavailable(request)

    middleware.process_exception = process_exception  # type: ignore[attr-defined]
    return middleware


def _lost_connection(error: Exception) -> bool:
    """Whether the server is away, and not merely unable to do this one statement now (a lock, a time limit)."""
    state: str | None = getattr(error.__cause__, "sqlstate", None)
    return state is None or state.startswith("08") or state in {"57P01", "57P02", "57P03"}


def _unavailable(request: HttpRequest) -> HttpResponse:
    body = {
        "code": "database_unavailable",
        "message": "The service cannot reach its database right now. Nothing was saved; try again shortly.",
        "request_id": request.META.get("REQUEST_ID", ""),
    }
    return JsonResponse(body, status=503, headers={"Retry-After": "5"})
