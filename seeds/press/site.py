"""Serves the fictional outlets on loopback: real status codes, validators and conditional answers, no framework."""

import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from seeds.press import pages
from seeds.press.articles import Article, read_all
from seeds.press.feeds import CONTENT_TYPES, feed
from seeds.press.outlets import OUTLETS, PressOutlet

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Page:
    """One thing that an outlet serves, whole and in bytes."""

    content_type: str
    body: bytes
    modified_at: datetime

    @property
    def etag(self) -> str:
        """A strong validator of the bytes."""
        return f'"{hashlib.sha256(self.body).hexdigest()[:32]}"'


class OutletServer(ThreadingHTTPServer):
    """One outlet on one port. Its pages are made once, at start."""

    daemon_threads = True

    def __init__(self, outlet: PressOutlet, articles: Sequence[Article], *, port: int, verbose: bool = False) -> None:
        """Binds 127.0.0.1:port, 0 for any free one. Raises OSError if the port is taken."""
        super().__init__((HOST, port), OutletHandler)
        self.outlet = outlet
        self.verbose = verbose
        self.base = f"http://{HOST}:{self.server_port}"
        self.articles = [article for article in articles if article.outlet == outlet.slug]
        self.pages = self._pages()
        self.missing = pages.missing_page(outlet).encode()
        self.moves = {article.slug: article.path for article in self.articles}

    def _pages(self) -> dict[str, Page]:
        newest = self.articles[0].published_at
        outlet = self.outlet
        feed_type = f"{CONTENT_TYPES[outlet.feed_format]}; charset={outlet.feed_charset}"
        made = {
            "/": Page("text/html; charset=utf-8", pages.front_page(outlet, self.articles).encode(), newest),
            "/robots.txt": Page("text/plain; charset=utf-8", pages.ROBOTS.encode(), newest),
            outlet.feed_path: Page(feed_type, feed(outlet, self.articles, base=self.base), newest),
        }
        for article in self.articles:
            others = [other for other in self.articles if other is not article]
            text = pages.article_page(outlet, article, others, base=self.base)
            body = text.encode(article.charset, "xmlcharrefreplace")
            made[article.path] = Page(f"text/html; charset={article.charset}", body, article.published_at)
        return made


class OutletHandler(BaseHTTPRequestHandler):
    """Answers GET and HEAD with the page, 304 where the caller has it, a redirect where it moved, or 404."""

    server: OutletServer
    protocol_version = "HTTP/1.1"
    server_version = "DemoPress/1"
    sys_version = ""
    timeout = 30

    def do_GET(self) -> None:
        """Sends head and body."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """Sends the head alone."""
        self._answer(with_body=False)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """One line per request, only when asked for."""
        if self.server.verbose:
            sys.stderr.write(f"{self.server.outlet.slug}: {format % args}\n")

    def _answer(self, *, with_body: bool) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/story":  # the old address: once to a short one, from there to the page
            wanted = parse_qs(parts.query).get("id", [""])[0]
            if wanted in self.server.moves:
                return self._redirect(HTTPStatus.FOUND, f"/go/{wanted}")
        if parts.path.startswith("/go/"):
            target = self.server.moves.get(parts.path.removeprefix("/go/"))
            if target is not None:
                return self._redirect(HTTPStatus.MOVED_PERMANENTLY, target)
        page = self.server.pages.get(parts.path)
        if page is None:
            return self._send(HTTPStatus.NOT_FOUND, self.server.missing, with_body=with_body)
        if self._has(page):
            self.send_response(HTTPStatus.NOT_MODIFIED)
            self._validators(page)
            self.end_headers()
            return None
        return self._send(HTTPStatus.OK, page.body, with_body=with_body, page=page)

    def _has(self, page: Page) -> bool:
        """Whether the caller's copy is this one. An ETag that was sent decides alone, as RFC 9110 has it."""
        tags = self.headers.get("If-None-Match")
        if tags is not None:
            given = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
            return page.etag in given or "*" in given
        since = self.headers.get("If-Modified-Since")
        if since is None:
            return False
        try:
            then = parsedate_to_datetime(since)
        except ValueError:
            return False
        return page.modified_at.replace(microsecond=0) <= (then if then.tzinfo else then.replace(tzinfo=UTC))

    def _validators(self, page: Page) -> None:
        self.send_header("ETag", page.etag)
        self.send_header("Last-Modified", format_datetime(page.modified_at, usegmt=True))
        self.send_header("Cache-Control", "max-age=60")

    def _redirect(self, status: HTTPStatus, path: str) -> None:
        self.send_response(status)
        self.send_header("Location", path)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, status: HTTPStatus, body: bytes, *, with_body: bool, page: Page | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", page.content_type if page else "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if page:
            self._validators(page)
        self.end_headers()
        if with_body:
            self.wfile.write(body)


def open_site(ports: Sequence[int], *, verbose: bool = False) -> list[OutletServer]:
    """The outlets, bound to their ports in order, not yet serving.

    Raises ValueError on a wrong number of ports, OSError if one is taken.
    """
    if len(ports) != len(OUTLETS):
        raise ValueError(f"Give {len(OUTLETS)} ports, one for each outlet; {len(ports)} given.")
    articles = read_all()
    opened: list[OutletServer] = []
    try:
        for outlet, port in zip(OUTLETS, ports, strict=True):
            opened.append(OutletServer(outlet, articles, port=port, verbose=verbose))
    except OSError:
        for server in opened:
            server.server_close()
        raise
    return opened
