"""The wire formats of the services that are searched, as a loopback site speaks them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from claims.coverage.base import ConnectorSettings
from tests.servers.loopback import Request, Site, Wire

KEY = "sentinel-key-1f7c"
PATHS = {
    "gdelt": "/api/v2/doc/doc",
    "wikipedia": "/w/api.php",
    "media_cloud": "/api/search/story-list",
    "news_api": "/v2/everything",
    "google_factcheck": "/v1alpha1/claims:search",
}


def setup(name: str, site: Site) -> ConnectorSettings:
    """A service that lives on the site."""
    path = "/api" if name == "media_cloud" else PATHS[name]
    return ConnectorSettings(url=site.url(path), daily_requests=100, key=KEY, options={"cs": "34412234"})


def as_settings(site: Site, *names: str, budget: int = 100, pace: float = 0.0) -> dict[str, dict[str, Any]]:
    """The SEARCHES setting of an installation whose named services live on the site, all others switched off."""
    found: dict[str, dict[str, Any]] = {}
    for name in PATHS:
        one = setup(name, site)
        found[name] = {
            "url": one.url,
            "key": KEY,
            "options": dict(one.options),
            "daily_requests": budget if name in names else 0,
            "pace": pace,
        }
    return found


def body(name: str, urls: list[str], **more: Any) -> dict[str, Any]:
    """The service's answer with these pages."""
    rows: list[dict[str, Any]]
    match name:
        case "gdelt":
            row = {
                "url_mobile": "",
                "seendate": "20260302T080000Z",
                "socialimage": "",
                "domain": "x",
                "language": "English",
            }
            rows = [{"url": url, "title": "Bridge costs rise , mayor says", **row} for url in urls]
            return {"articles": rows, **more}
        case "wikipedia":
            rows = [
                {"ns": 0, "title": url.rpartition("/wiki/")[2], "pageid": n, "size": 1, "wordcount": 1,
                 "snippet": '<span class="searchmatch">Bridge</span> &amp; costs', "timestamp": "2026-03-02T08:00:00Z"}
                for n, url in enumerate(urls)
            ]  # fmt: skip
            return {"batchcomplete": True, "query": {"searchinfo": {"totalhits": len(rows)}, "search": rows}, **more}
        case "media_cloud":
            rows = [
                {"id": url, "title": "Bridge costs rise", "url": url, "language": "en", "media_name": "x",
                 "media_url": "x.example", "publish_date": "2026-03-02", "indexed_date": "2026-03-02T08:00:00.123"}
                for url in urls
            ]  # fmt: skip
            return {"stories": rows, "pagination_token": None, **more}
        case "news_api":
            rows = [
                {"source": {"id": None, "name": "X"}, "author": None, "title": "Bridge costs rise", "description": "d",
                 "url": url, "urlToImage": None, "publishedAt": "2026-03-02T08:00:00Z", "content": "x [+99 chars]"}
                for url in urls
            ]  # fmt: skip
            return {"status": "ok", "totalResults": len(rows), "articles": rows, **more}
        case _:
            claims = [
                {"text": "Bridge costs doubled.", "claimant": "The mayor", "claimDate": "2026-03-01T00:00:00Z",
                 "claimReview": [{"publisher": {"name": "Checks", "site": urlsplit(url).netloc}, "url": url,
                                  "title": "Did they double?", "reviewDate": "2026-03-02T08:00:00Z",
                                  "textualRating": "False", "languageCode": "en"}]}
                for url in urls
            ]  # fmt: skip
            return {"claims": claims, **more}


def page(name: str, site: Site, n: int) -> str:
    """An address that the service may name."""
    return site.url(f"/wiki/Page_{n}") if name == "wikipedia" else f"https://paper.example/{n}"


EMPTY: dict[str, Any] = {
    "gdelt": {},
    "wikipedia": {"batchcomplete": True, "query": {"searchinfo": {"totalhits": 0}, "search": []}},
    "media_cloud": {"stories": [], "pagination_token": None},
    "news_api": {"status": "ok", "totalResults": 0, "articles": []},
    "google_factcheck": {},
}


def serve(name: str, site: Site, said: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> None:
    """Let the service answer everything with this: a value as JSON, bytes as they are."""
    sent = said if isinstance(said, bytes) else json.dumps(said).encode()
    given = {"Content-Type": "application/json; charset=utf-8", **(headers or {})}
    site.handle(PATHS[name], lambda request, wire: wire.answer(sent, status=status, headers=given))


def serve_by(name: str, site: Site, said: Callable[[dict[str, str]], tuple[int, Any]]) -> None:
    """Let the service answer by what it is asked: the function gets the query and gives a status and a value."""

    def answer(request: Request, wire: Wire) -> None:
        asked = {key: found[-1] for key, found in parse_qs(urlsplit(request.path).query).items()}
        status, value = said(asked)
        sent = value if isinstance(value, bytes) else json.dumps(value).encode()
        wire.answer(sent, status=status, headers={"Content-Type": "application/json"})

    site.handle(PATHS[name], answer)


@dataclass(frozen=True)
class Failure:
    """A way in which a service does not answer, and what it comes to."""

    name: str
    outcome: str
    body: Any = b""
    status: int = 200
    content_type: str = "application/json"
    after: float | None = None


ALL = [
    Failure("429 with seconds", "retry_later", status=429, after=120),
    Failure("429 without a word", "retry_later", status=429),
    Failure("503", "retry_later", status=503),
    Failure("500", "retry_later", status=500, body=b"<html>oops</html>", content_type="text/html"),
    Failure("401", "refused", {"status": "error"}, 401),
    Failure("403", "refused", {"status": "error"}, 403),
    Failure("404", "not_measured", b"<html>no</html>", 404, "text/html"),
    Failure("web page with 200", "not_measured", b"<!doctype html><p>Log in to the hotel's network", 200, "text/html"),
    Failure("JSON called a web page", "not_measured", {}, 200, "text/html"),
    Failure("nothing with 200", "not_measured", b""),
    Failure("an image", "not_measured", b"\x89PNG\r\n\x1a\n", 200, "image/png"),
    Failure("a list", "not_measured", []),
    Failure("null", "not_measured", b"null"),
    Failure("a number", "not_measured", b"3"),
    Failure("another shape", "not_measured", {"hello": "world"}),
    Failure("results that are no list", "not_measured",
            {"articles": {}, "stories": "x", "claims": 3, "query": {"search": {}}, "status": "ok"}),
    Failure("depth 1e5", "not_measured", b'{"articles":' * 100_000),
    Failure("lists 1e5 deep", "not_measured", b'{"articles":' + b"[" * 100_000),
    Failure("a number of 1e7 digits", "not_measured", b'{"articles": ' + b"9" * 4_000_000 + b"}"),
    Failure("NaN", "not_measured", b'{"articles": NaN}'),
    Failure("too large", "refused", b'{"a": "' + b"x" * 5_100_000 + b'"}'),
]  # fmt: skip

OWN = {
    "gdelt": [
        Failure("throttle in prose", "retry_later",
                b"Please limit requests to one every 5 seconds or contact kalev@gdeltproject.org.", 200, "text/html"),
        Failure("bad query in prose", "not_measured",
                b"Your query was too short or too long.\n", 200, "text/html"),
    ],
    "wikipedia": [
        Failure("rate limited in 200", "retry_later",
                {"error": {"code": "ratelimited", "info": "You've exceeded your rate limit."}}),
        Failure("maxlag in 200", "retry_later", {"error": {"code": "maxlag", "info": "Waiting: 6 s lagged", "lag": 6}}),
        Failure("read-only in 200", "retry_later", {"error": {"code": "readonly", "info": "…"}}),
        Failure("blocked in 200", "refused", {"error": {"code": "blocked", "info": "…"}}),
        Failure("bad parameter in 200", "not_measured", {"error": {"code": "badvalue", "info": "…"}}),
    ],
    "media_cloud": [
        Failure("over quota", "retry_later", {"status": "error", "note": "User is over weekly quota (4000)"}, 400),
        Failure("temporary", "retry_later", {"status": "error", "note": "Upstream is away", "temporary": True}, 400),
        Failure("bad parameter", "not_measured", {"status": "error", "note": "missing: cs"}, 422),
        Failure("another 400", "not_measured", {"status": "error", "note": "cannot parse query",
                                                "traceback": "File …"}, 400),
        Failure("error inside 200", "not_measured", {"status": "error", "note": "cannot parse query"}),
    ],
    "news_api": [
        Failure("exhausted", "retry_later", {"status": "error", "code": "apiKeyExhausted", "message": "…"}, 400),
        Failure("rate limited inside 200", "retry_later", {"status": "error", "code": "rateLimited", "message": "…"}),
        Failure("bad key", "refused", {"status": "error", "code": "apiKeyInvalid", "message": f"Key {KEY} …"}, 400),
        Failure("bad parameter", "not_measured", {"status": "error", "code": "parameterInvalid", "message": "…"}, 400),
        Failure("the plan ends at once", "not_measured",
                {"status": "error", "code": "maximumResultsReached", "message": "…"}, 426),
    ],
    "google_factcheck": [
        Failure("exhausted inside 400", "retry_later",
                {"error": {"code": 429, "message": "…", "status": "RESOURCE_EXHAUSTED"}}, 400),
        Failure("unavailable inside 200", "retry_later", {"error": {"code": 503, "status": "UNAVAILABLE"}}),
        Failure("bad key", "refused",
                {"error": {"code": 400, "message": f"API key {KEY} not valid.", "status": "INVALID_ARGUMENT",
                           "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo",
                                        "reason": "API_KEY_INVALID"}]}}, 400),
        Failure("denied", "refused", {"error": {"code": 403, "status": "PERMISSION_DENIED"}}, 403),
        Failure("bad argument", "not_measured", {"error": {"code": 400, "status": "INVALID_ARGUMENT"}}, 400),
        Failure("error inside 200", "not_measured", {"error": {"code": 400, "status": "INVALID_ARGUMENT"}}),
    ],
}  # fmt: skip
