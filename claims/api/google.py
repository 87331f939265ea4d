"""Google's Fact Check Tools API over our own live verdicts, so that its clients work here by another address alone.

Source: developers.google.com/fact-check/tools/api/reference/rest/v1alpha1/claims/search; errors as in
google.aip.dev/193, standard parameters as in cloud.google.com/apis/docs/system-parameters.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Q, QuerySet
from django.http import HttpResponseBase, JsonResponse, QueryDict
from django.views.decorators.csrf import csrf_exempt
from rest_framework.request import Request
from rest_framework.response import Response

from claims.access.keys import MARK
from claims.api import errors
from claims.api.auth import KeyAuthentication
from claims.api.base import now
from claims.api.errors import Problem
from claims.api.filters import searched
from claims.api.parsers import storable
from claims.api.public import PublicView, conditional
from claims.models import Organisation, PublicHead
from claims.publishing import google, queries
from claims.text import sha256
from claims.verdicts.candidate import site_url

PAGE_SIZE, LARGEST_PAGE, FARTHEST = 10, 100, 100_000
_INT32 = 2**31 - 1
# Names that any method takes; what is not for us is taken and left alone.
STANDARD = frozenset(
    {"$.xgafv", "access_token", "alt", "callback", "fields", "key", "oauth_token", "prettyPrint", "quotaUser"}
    | {"uploadType", "upload_protocol"}
)
SEARCH = frozenset({"query", "languageCode", "reviewPublisherSiteFilter", "maxAgeDays"})
PAGING = frozenset({"pageSize", "pageToken", "offset"})
IMAGE = frozenset({"imageUri", "languageCode"})
_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "NOT_FOUND",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}
_CALLBACK = re.compile(r"[A-Za-z_$][\w$.]{0,99}", re.ASCII)
_WORD = re.compile(r"(?<!^)([A-Z])")


class GoogleKey(KeyAuthentication):
    """A key of ours wherever Google's clients put theirs. Keys that are not of our making name nobody here."""

    def authenticate(self, request: Request) -> tuple[User | AnonymousUser, Any] | None:
        """The key and its person. Raises where one of ours is no good."""
        given = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")[2].strip()
        found = [given, request.META.get("HTTP_X_GOOG_API_KEY", "")]
        found += [_given(request).get(name, "") for name in ("key", "access_token", "oauth_token")]
        clear = next((text for text in found if text.startswith(MARK)), None)
        return self.of(clear) if clear is not None else None


class GoogleView(PublicView):
    """Google's way to ask, to answer and to refuse."""

    schema = None  # Google's own discovery document describes it
    empty_parameters = True  # as at Google: no value is as good as no parameter
    authentication_classes = [GoogleKey]
    http_method_names = ["get", "head", "post", "options"]
    names: frozenset[str] = frozenset()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Who is asking, then what for."""
        super().initial(request, *args, **kwargs)
        if request.method == "POST" and not _means_get(request):
            raise Problem("Method not found.", code="not_found", status=404)
        _check_names(_sent(request), self.names | STANDARD)

    def parameters(self) -> Sequence[str]:
        """Everything that the address holds; this view looks at the names itself, in Google's words."""
        return list(self.request.query_params)

    def post(self, request: Request) -> HttpResponseBase:
        """Google's clients send a query that is too long for an address as a form, and say that they mean GET."""
        return self.get(request)

    def get(self, request: Request) -> HttpResponseBase:
        """The method's answer."""
        raise NotImplementedError

    def handle_exception(self, exc: Exception) -> Response:
        """Every refusal in Google's envelope."""
        answer = errors.answer(exc, self.get_exception_handler_context())
        if answer is None:
            raise exc
        self.headers = {}
        answer.data = envelope(answer.status_code, answer.data)
        answer.exception = True
        return answer

    def answer(self, request: Request, value: Mapping[str, Any]) -> HttpResponseBase:
        """The value as `fields`, `prettyPrint` and `callback` want it."""
        sent = _sent(request)
        if sent.get("alt", "json") != "json":
            raise _invalid("alt", f"Invalid value at 'alt', \"{sent['alt']}\". Only json is spoken here.")
        shown: Any = value
        if sent.get("fields"):
            try:
                shown = google.masked(value, google.read_mask(sent["fields"]))
            except ValueError as error:
                raise _invalid("fields", "Invalid field selection.") from error
        pretty = sent.get("prettyPrint", "true").lower() not in {"false", "0"}
        layout: dict[str, Any] = {"indent": 2} if pretty else {"separators": (",", ":")}
        text = json.dumps(shown, ensure_ascii=False, **layout)
        # As Google does: no answer can be taken for HTML, or end a script element.
        for char in "<>&\u2028\u2029":
            text = text.replace(char, f"\\u{ord(char):04x}")
        kind, callback = "application/json; charset=UTF-8", sent.get("callback", "")
        if callback:
            if not _CALLBACK.fullmatch(callback):
                raise _invalid("callback", "Invalid value at 'callback'. Give the name of a function.")
            text, kind = f"// API callback\n{callback}({text});", "text/javascript; charset=UTF-8"
        body = f"{text}\n".encode()
        return conditional(request, body, f'W/"{sha256(body)[:32]}"', content_type=kind)


class ClaimSearch(GoogleView):
    """`claims:search`: live verdicts, the newest first."""

    names = SEARCH | PAGING

    def get(self, request: Request) -> HttpResponseBase:
        """One page. `{}` where nothing matches."""
        sent = _sent(request)
        size = _number(sent, "pageSize") or PAGE_SIZE
        rows = _matching(sent)
        bound = sha256(json.dumps([sent.get(n, "") for n in sorted(SEARCH | {"pageSize"})]).encode())[:12]
        offset = 0
        if sent.get("pageToken"):
            rows = rows.filter(sequence__lt=_after(sent["pageToken"], bound))
        else:
            offset = _number(sent, "offset", most=FARTHEST)
        size = min(size, LARGEST_PAGE)
        heads = list(rows.order_by("-sequence")[offset : offset + size + 1])
        claims = [
            google.claim_of(bytes(head.publication.body or b""), reviewed=google.whole_second(head.reviewed_at))
            for head in heads[:size]
        ]
        value: dict[str, Any] = {"claims": claims} if claims else {}
        if len(heads) > size:
            value["nextPageToken"] = _token(heads[size - 1].sequence, bound)
        return self.answer(request, value)


class ImageSearch(GoogleView):
    """`claims:imageSearch`, which this desk does not do, and says so."""

    names = IMAGE | PAGING

    def get(self, request: Request) -> HttpResponseBase:
        """501, once the request is one that could be answered."""
        address = urlsplit(_sent(request).get("imageUri", ""))
        if address.scheme not in {"http", "https"} or not address.hostname:
            raise _invalid("image_uri", "image_uri must be a public HTTP/HTTPS address.")
        message = "This service does not search by image. Search by text with claims:search."
        raise Problem(message, code="unimplemented", status=501)


@csrf_exempt
def unknown_method(request: Any) -> JsonResponse:  # noqa: ARG001 - the signature of a view
    """404 in Google's envelope for every other address below v1alpha1."""
    return JsonResponse(envelope(404, {"message": "Method not found."}), status=404)


def envelope(status: int, refusal: Mapping[str, Any]) -> dict[str, Any]:
    """One of our refusals as Google writes them. The HTTP status is kept; the fields at fault become violations."""
    error: dict[str, Any] = {
        "code": status,
        "message": refusal.get("message", ""),
        "status": _STATUS.get(status, "UNKNOWN"),
    }
    fields = refusal.get("fields") or {}
    violations = [{"field": name, "description": text} for name, texts in fields.items() for text in texts]
    details: list[dict[str, Any]] = []
    if violations:
        details.append({"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations})
    if refusal.get("code") == "invalid_key":
        info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID", "domain": "api"}
        details.append(info)
    if refusal.get("request_id"):
        served = {"@type": "type.googleapis.com/google.rpc.RequestInfo", "requestId": refusal["request_id"]}
        details.append(served)
    return {"error": {**error, "details": details} if details else error}


def _sent(request: Request) -> Mapping[str, str]:
    """The parameters, each once. Raises Problem in Google's words where one is given twice or cannot be read."""
    known: dict[str, str] | None = getattr(request, "google_parameters", None)
    if known is not None:
        return known
    found: dict[str, str] = {}
    for name, values in _given(request).lists():
        if len(values) > 1:
            raise _invalid(_snake(name), f"Invalid value at '{_snake(name)}': it is not repeated.")
        if not storable(values[0]):
            raise _invalid(_snake(name), f"Invalid value at '{_snake(name)}': it holds a NUL.")
        found[_camel(name)] = values[0]
    request.google_parameters = found  # type: ignore[attr-defined]  # kept for the rest of this request
    return found


def _means_get(request: Request) -> bool:
    return str(request.META.get("HTTP_X_HTTP_METHOD_OVERRIDE", "")).upper() == "GET"


def _given(request: Request) -> QueryDict:
    """The parameters as they came, in the address or in a form."""
    given: QueryDict = request.query_params.copy()
    if request.method == "POST" and _means_get(request):
        given.update(QueryDict(request._request.body, encoding="utf-8"))  # noqa: SLF001 - DRF would want a parser
    return given


def _check_names(sent: Mapping[str, str], known: frozenset[str]) -> None:
    for name in sent:
        if name not in known:
            shown = name.replace("\x00", "�")[:60]
            message = f'Invalid JSON payload received. Unknown name "{shown}": Cannot bind query parameter.'
            raise _invalid(shown, message)


def _matching(sent: Mapping[str, str]) -> QuerySet[PublicHead]:
    query, site = sent.get("query", "").strip(), sent.get("reviewPublisherSiteFilter", "").strip()
    if not query and not site:
        raise _invalid("query", "query is required unless review_publisher_site_filter is given.")
    rows = queries.live_verdicts()
    if site and not _is_us(site):
        return rows.none()
    if query:
        rows = rows.filter(publication__search=searched(query))
    language = sent.get("languageCode", "").strip().replace("_", "-").partition("-")[0]
    if language:
        own = Q(publication__language__iexact=language)
        rows = rows.filter(own | Q(publication__language__istartswith=f"{language}-"))
    days = _number(sent, "maxAgeDays")
    if days:
        since = now() - timedelta(days=min(days, 365_000))
        rows = rows.filter(Q(reviewed_at__gte=since) | Q(publication__claimed_on__gte=since.date()))
    return rows


def _is_us(site: str) -> bool:
    """Whether the filter names this desk: its host, or a domain that the host lies in."""
    wanted = (urlsplit(site if "//" in site else f"//{site}").hostname or "").removeprefix("www.").lower()
    ours = (urlsplit(site_url(Organisation.objects.current())).hostname or "").removeprefix("www.")
    return bool(wanted) and (ours == wanted or ours.endswith(f".{wanted}"))


def _number(sent: Mapping[str, str], name: str, *, most: int = _INT32) -> int:
    raw = sent.get(name, "") or "0"
    if not raw.isascii() or not raw.isdigit() or len(raw) > 10 or int(raw) > most:
        raise _invalid(_snake(name), f"Invalid value at '{_snake(name)}' (TYPE_INT32), \"{raw[:60]}\"")
    return int(raw)


def _token(sequence: int, bound: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([sequence, bound]).encode()).decode().rstrip("=")


def _after(token: str, bound: str) -> int:
    """Where the page starts. Raises Problem for a token that is none of ours, or of another question."""
    try:
        text = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
        sequence, question = json.loads(text)
    except (ValueError, TypeError, RecursionError, binascii.Error):
        sequence, question = None, ""
    if type(sequence) is not int or not 0 < sequence < 2**63:
        raise _invalid("page_token", "page_token is invalid. Take it from next_page_token as it is.")
    if question != bound:
        raise _invalid("page_token", "page_token belongs to another request. Leave the other parameters unchanged.")
    return sequence


def _invalid(field: str, message: str) -> Problem:
    return Problem(message, code="invalid", fields={field: [message]})


def _snake(name: str) -> str:
    return _WORD.sub(lambda match: f"_{match[1].lower()}", name)


def _camel(name: str) -> str:
    """Google's servers take each name in both spellings."""
    head, *rest = name.split("_")
    return name if name in STANDARD else head + "".join(part.capitalize() for part in rest)
