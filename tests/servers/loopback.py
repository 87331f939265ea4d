"""A real web server on loopback for tests: give paths handlers, read afterwards what was asked.

    with Site() as site:
        site.page("/feed.xml", b"<rss/>", content_type="application/rss+xml", headers={"ETag": '"1"'})
        site.redirect("/old", "/feed.xml")
        site.handle("/slow", lambda request, wire: wire.drip([b"H", b"T"], pause=1.0))
        ...
        assert site.paths() == ["/robots.txt", "/feed.xml"]

`site.host_port` ("127.0.0.1:40123") is what FETCH_LOOPBACK_ALLOWED or `Web(loopback_allowed=...)` takes;
`site.url(path)` is an address on it. A path without a handler gets a 404 (so does robots.txt: everything may be
fetched). Handlers write to the socket themselves, so a test can send anything, broken answers included. One thread
per connection; all of them end with the site. `Canary` only counts who connects.
"""

import select
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in. `path` holds the query; `headers` have lower-case names, the last of equals wins."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    received_at: float = field(default_factory=time.monotonic)


class Wire:
    """The way back to whoever asked. Nothing is sent but what a handler sends."""

    def __init__(self, connection: socket.socket, *, stopped: threading.Event) -> None:
        self._connection = connection
        self._stopped = stopped

    def send(self, data: bytes) -> None:
        """Send exactly these bytes."""
        self._connection.sendall(data)

    def drip(self, data: Iterable[bytes], *, pause: float) -> None:
        """Send piece by piece with a pause (seconds) before each, until the other side hangs up or the site closes."""
        for piece in data:
            if self._stopped.wait(pause):
                return
            self.send(piece)

    def answer(self, body: bytes = b"", *, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """Send a whole, well-formed answer."""
        lines = {"Content-Length": str(len(body)), "Connection": "close", **(headers or {})}
        head = f"HTTP/1.1 {status} Test\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.send(head.encode("latin-1") + b"\r\n" + (b"" if status in {204, 304} else body))


Handler = Callable[[Request, Wire], None]


def _listening(address: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if ":" in address:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind((address, port))
        listening.listen(128)
        listening.setblocking(False)
    except OSError:
        listening.close()
        raise
    return listening


class Canary:
    """Listens and says nothing. `hits` counts who has connected so far; it must stay 0 where nobody may come."""

    def __init__(self, *, address: str = "127.0.0.1", port: int = 0) -> None:
        self._socket = _listening(address, port)
        self._hits = 0
        self.address = address
        self.port: int = self._socket.getsockname()[1]

    @property
    def hits(self) -> int:
        """Exact at any time: whoever has connected waits in the system's queue until counted here."""
        while True:
            try:
                connection, _ = self._socket.accept()
            except BlockingIOError:
                return self._hits
            connection.close()
            self._hits += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()


class Site:
    """A web site on loopback. See the head of this file."""

    def __init__(self, *, address: str = "127.0.0.1", port: int = 0) -> None:
        self._socket = _listening(address, port)
        self._wake, self._woken = socket.socketpair()
        self.address = address
        self.port: int = self._socket.getsockname()[1]
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._handlers: dict[str, Handler] = {}
        self._requests: list[Request] = []
        self._fallback: Handler = _not_found
        self.connections = 0

    @property
    def host_port(self) -> str:
        """host:port, IPv6 in brackets."""
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"

    def url(self, path: str = "/") -> str:
        """The http address of a path here."""
        return f"http://{self.host_port}{path}"

    def close(self) -> None:
        """Stop listening, cut what is open, and wait for the threads. May be called twice."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        self._wake.send(b"x")
        for thread in self._threads[:1]:
            thread.join()
        for used in (self._socket, self._wake, self._woken):
            used.close()
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            with suppress(OSError):  # gone already
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join()

    def __enter__(self) -> Self:
        self._threads.append(threading.Thread(target=self._accept, daemon=True))
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            select.select([self._socket, self._woken], [], [])
            try:
                connection, _ = self._socket.accept()
            except OSError:
                continue  # only woken, or they hung up while waiting
            connection.settimeout(30)
            with self._lock:
                self._open.add(connection)
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            self._answer(connection)
        except OSError:
            pass  # they hung up, which many tests are about
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def handle(self, path: str, handler: Handler) -> None:
        """Let a function answer the path, whatever its query is. It replaces what answered before."""
        self._handlers[path] = handler

    def otherwise(self, handler: Handler) -> None:
        """Let a function answer every path that has no handler of its own."""
        self._fallback = handler

    def page(
        self,
        path: str,
        body: bytes,
        *,
        status: int = 200,
        content_type: str = "text/html; charset=utf-8",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Answer the path with these bytes; with a 304 if the request carries the ETag that is given in `headers`."""
        given = {"Content-Type": content_type, **(headers or {})}

        def answer(request: Request, wire: Wire) -> None:
            unchanged = "ETag" in given and request.headers.get("if-none-match") == given["ETag"]
            wire.answer(b"" if unchanged else body, status=304 if unchanged else status, headers=given)

        self.handle(path, answer)

    def redirect(self, path: str, location: str, *, status: int = 302) -> None:
        """Send whoever asks for the path elsewhere; the location is sent as it is given."""
        self.handle(path, lambda request, wire: wire.answer(status=status, headers={"Location": location}))

    def raw(self, path: str, answer: bytes) -> None:
        """Answer the path with exactly these bytes, status line and all, and hang up."""
        self.handle(path, lambda request, wire: wire.send(answer))

    def requests(self, path: str | None = None) -> Sequence[Request]:
        """What was asked so far, in order; of one path only, if it is given."""
        return [request for request in list(self._requests) if path is None or request.path.partition("?")[0] == path]

    def paths(self) -> list[str]:
        """The paths asked for so far, in order, with their queries."""
        return [request.path for request in self.requests()]

    def forget(self) -> None:
        """Start counting anew."""
        self._requests.clear()
        self.connections = 0

    def _answer(self, connection: socket.socket) -> None:
        request = _read(connection)
        if request is None:
            return
        self._requests.append(request)
        handler = self._handlers.get(request.path.partition("?")[0], self._fallback)
        handler(request, Wire(connection, stopped=self._stopped))
        connection.shutdown(socket.SHUT_WR)


def _not_found(request: Request, wire: Wire) -> None:
    wire.answer(b"not here", status=404)


def _read(connection: socket.socket) -> Request | None:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65_536)
        if not more or len(data) > 1_000_000:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    method, _, rest = lines[0].partition(" ")
    pairs = (line.partition(":") for line in lines[1:])
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    if headers.get("expect", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    while len(body) < int(headers.get("content-length", "0")):
        more = connection.recv(65_536)
        if not more:
            return None
        body += more
    return Request(method=method, path=rest.rpartition(" ")[0], headers=headers, body=body)
