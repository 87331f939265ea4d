"""One shape for every failure, DRF's own included: `{code, message, fields?, details?, request_id}`."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from django.core.exceptions import (
    BadRequest,
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.core.signals import got_request_exception
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.response import Response

from claims.errors import DomainError

log = structlog.get_logger(__name__)

_OF_DRF: dict[type[exceptions.APIException], tuple[str, str]] = {
    exceptions.ParseError: ("malformed", "The body is not JSON that can be read. Send one JSON object in UTF-8."),
    exceptions.NotAuthenticated: ("not_authenticated", "Send an API key as “Authorization: Bearer …”, or sign in."),
    exceptions.MethodNotAllowed: ("method_not_allowed", "This address does not know that method."),
    exceptions.UnsupportedMediaType: (
        "unsupported_media_type",
        "Send the body as application/json; a file as multipart/form-data.",
    ),
    exceptions.Throttled: ("throttled", "Too many requests. Wait as long as Retry-After says, then try again."),
}


class Problem(DomainError):
    """A refusal of the API's own, such as an unknown parameter. `details` is JSON beside the message."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        status: int = 400,
        fields: Mapping[str, Sequence[str]] | None = None,
        details: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message, fields=fields)
        self.code = code
        self.status = status
        self.details = dict(details or {})
        self.headers = dict(headers or {})


def answer(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """The response to anything that a view raised. None, which raises it again, only while the database is away."""
    if isinstance(error, OperationalError | InterfaceError):
        return None
    request = context["request"]
    problem = _problem(error)
    if problem is None:
        log.error(
            "request failed; look at the traceback and report it",
            path=request.path,
            exc_info=(type(error), error, error.__traceback__),
        )
        got_request_exception.send(sender=answer, request=request._request)  # noqa: SLF001 - DRF's wrapper
        problem = Problem(
            "Something went wrong on our side. It is logged under the request id.", code="internal_error", status=500
        )
    return Response(
        body(problem, request_id=request.META.get("REQUEST_ID", "")),
        status=problem.status,
        headers={"Cache-Control": "no-store", **_headers(error)},
    )


def body(problem: DomainError, *, request_id: str) -> dict[str, Any]:
    """The JSON of a refusal; `fields` and `details` only where there are any."""
    shown: dict[str, Any] = {"code": problem.code, "message": problem.message}
    if problem.fields:
        shown["fields"] = problem.fields
    if isinstance(problem, Problem) and problem.details:
        shown["details"] = problem.details
    shown["request_id"] = request_id
    return shown


@csrf_exempt
def unknown_address(request: HttpRequest) -> JsonResponse:
    """404 in the one shape for every address under the API that leads nowhere."""
    found = body(_not_found(), request_id=request.META.get("REQUEST_ID", ""))
    return JsonResponse(found, status=404, headers={"Cache-Control": "no-store"})


def _not_found() -> Problem:
    return Problem("There is nothing at this address.", code="not_found", status=404)


def _problem(error: Exception) -> DomainError | None:
    match error:
        case DomainError():
            return error
        case Http404() | ObjectDoesNotExist() | exceptions.NotFound():
            return _not_found()
        case PermissionDenied():
            return Problem("You may not do this.", code="not_allowed", status=403)
        case exceptions.ValidationError():
            fields = flat(error.detail)
            return Problem("Some fields cannot be taken as they are.", code="invalid", fields=fields)
        case exceptions.APIException():
            return _of_drf(error)
        case RequestDataTooBig():
            return Problem("The request is too large.", code="too_large", status=413)
        case SuspiciousOperation() | BadRequest():
            return Problem("The request cannot be read as it is.", code="malformed")
        case DataError():
            return Problem("A value is out of the range that can be stored.", code="invalid")
        case IntegrityError():
            log.warning("two requests met; the second was refused", error=str(error).partition("\n")[0])
            return Problem(
                "Somebody did this at the same moment. Look again, then repeat.", code="conflict", status=409
            )
    return None


def _of_drf(error: exceptions.APIException) -> Problem:
    for kind, (code, message) in _OF_DRF.items():
        if isinstance(error, kind):
            return Problem(message, code=code, status=error.status_code)
    code = str(error.get_codes())
    if isinstance(error, exceptions.PermissionDenied) and str(error.detail).startswith("CSRF"):
        message = "The CSRF token is missing or wrong. Reload the page and try again, or use an API key."
        return Problem(message, code="csrf_failed", status=403)
    known = {"permission_denied": "not_allowed", "authentication_failed": "invalid_key"}
    return Problem(str(error.detail), code=known.get(code, code), status=error.status_code)


def _headers(error: Exception) -> dict[str, str]:
    if isinstance(error, Problem):
        return error.headers
    found = {}
    if getattr(error, "auth_header", None):
        found["WWW-Authenticate"] = str(error.auth_header)  # type: ignore[attr-defined]  # set by DRF's view
    if getattr(error, "wait", None):
        found["Retry-After"] = str(int(error.wait))  # type: ignore[attr-defined]  # of Throttled
    return found


def flat(detail: Any, name: str = "") -> dict[str, list[str]]:
    """DRF's nested errors as dotted field names, each with its sentences."""
    if isinstance(detail, Mapping):
        found: dict[str, list[str]] = {}
        for key, value in detail.items():
            for field, texts in flat(value, f"{name}.{key}" if name else str(key)).items():
                found.setdefault(field, []).extend(texts)
        return found
    if isinstance(detail, list | tuple) and any(isinstance(item, Mapping | list) for item in detail):
        found = {}
        for index, item in enumerate(detail):
            if item:
                found |= flat(item, f"{name}.{index}" if name else str(index))
        return found
    sentences = detail if isinstance(detail, list | tuple) else [detail]
    return {name or "non_field_errors": [str(sentence) for sentence in sentences]}
