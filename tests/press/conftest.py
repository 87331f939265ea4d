"""The press site on free ports, served from threads of the test process."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection

import pytest

from seeds.press.site import HOST, OutletServer, open_site


@dataclass
class Reply:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def ask(server: OutletServer, path: str, *, method: str = "GET", **headers: str) -> Reply:
    """One request; header names are given with underscores."""
    connection = HTTPConnection(HOST, server.server_port, timeout=10)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers=named)
        answer = connection.getresponse()
        return Reply(answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()})
    finally:
        connection.close()


@pytest.fixture(scope="module")
def site() -> Iterator[dict[str, OutletServer]]:
    servers = open_site([0, 0, 0, 0])
    threads = [threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}) for server in servers]
    for thread in threads:
        thread.start()
    yield {server.outlet.slug: server for server in servers}
    for server, thread in zip(servers, threads, strict=True):
        server.shutdown()
        thread.join()
        server.server_close()
