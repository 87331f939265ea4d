"""How a connection is made: look the name up once, check every address it has, connect to one of exactly those.

The check sits where the socket is opened, so no path leads around it; a name that changes its mind between check and
connect (DNS rebinding) changes nothing, because the name is not looked up again.
"""

import queue
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import httpcore

from claims.http.addresses import is_address
from claims.http.errors import NotMeasured, Refused, RetryLater
from claims.http.reach import Reach
from claims.http.wall import Wall

Resolver = Callable[[str, int], Sequence[str]]  # host, port → IP addresses; raises OSError when there are none

LONGEST_HEADER_BLOCK = 64 * 1024  # bytes, status line and interim answers included
_LOOKUP_SECONDS = 10.0
_CONNECT_SECONDS = 5.0
_MOST_ADDRESSES = 4  # of a site's addresses, so many are tried


def look_up(host: str, port: int) -> list[str]:
    """The addresses of a host, as the system finds them. Raises OSError.

    A name gets the dot at its end that keeps resolvers from trying it inside local search domains first.
    """
    name = f"{host}." if "." in host and not is_address(host) else host
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def resolve(resolver: Resolver, *, host: str, port: int, wall: Wall) -> list[str]:
    """The addresses of a host within the time that is left. Raises RetryLater: reason "dns" or "timeout".

    The lookup runs in a thread of its own, since the system's resolver knows no deadline.
    """
    answers: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(list(resolver(host, port)))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=ask, name=f"lookup-{host[:40]}", daemon=True).start()
    try:
        answer = answers.get(timeout=wall.left(at_most=_LOOKUP_SECONDS))
    except queue.Empty as error:
        raise RetryLater(f"The name {host} was not resolved in time.", reason="dns") from error
    if isinstance(answer, Exception) or not answer:
        raise RetryLater(f"The name {host} was not found.", reason="dns")
    return answer


class Stream(httpcore.NetworkStream):
    """A connection whose every read and write ends with the wall, and whose header block has a limit."""

    def __init__(self, inner: httpcore.NetworkStream, *, wall: Wall) -> None:
        self._inner = inner
        self._wall = wall
        self._header_bytes_left: int | None = LONGEST_HEADER_BLOCK

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._header_bytes_left is None:
            return self._inner.read(max_bytes, self._wall.left())
        if self._header_bytes_left <= 0:
            raise Refused("The site's answer has more headers than any page needs.", reason="headers_too_large")
        data = self._inner.read(min(max_bytes, self._header_bytes_left), self._wall.left())
        self._header_bytes_left -= len(data)
        return data

    def headers_done(self) -> None:
        """From here on, what is read is body."""
        self._header_bytes_left = None

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._wall.left())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            self._inner = self._inner.start_tls(ssl_context, server_hostname, self._wall.left())
        except httpcore.ConnectTimeout as error:
            raise RetryLater(
                f"{server_hostname} did not open a secure connection in time.", reason="timeout"
            ) from error
        except httpcore.ConnectError as error:
            raise NotMeasured(
                f"No secure connection to {server_hostname}: its certificate or its encryption is not valid.",
                reason="tls",
            ) from error
        return self

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class PinnedBackend(httpcore.NetworkBackend):
    """Opens the connections of one fetch. `address` is the one that the last connection went to."""

    def __init__(self, *, reach: Reach, resolver: Resolver, wall: Wall) -> None:
        self._reach = reach
        self._resolver = resolver
        self._wall = wall
        self._sockets = httpcore.SyncBackend()
        self.address = ""
        self.stream: Stream | None = None

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first of the host's addresses that answers. Raises Refused if any one of them is forbidden."""
        self._reach.check_host(host, port)
        addresses = resolve(self._resolver, host=host, port=port, wall=self._wall)
        self._reach.check_addresses(host, port, addresses)
        timed_out = False
        for address in addresses[:_MOST_ADDRESSES]:
            try:
                inner = self._sockets.connect_tcp(address, port, timeout=self._wall.left(at_most=_CONNECT_SECONDS))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                timed_out = isinstance(error, httpcore.ConnectTimeout)
                continue
            self.address = address
            self.stream = Stream(inner, wall=self._wall)
            return self.stream
        raise RetryLater(f"{host} did not accept a connection.", reason="timeout" if timed_out else "connect")

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None
    ) -> httpcore.NetworkStream:
        """Never: a file on this machine is no web site."""
        raise Refused("Only web sites are fetched.", reason="scheme_refused")
