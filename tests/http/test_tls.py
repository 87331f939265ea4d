"""Over TLS, the site is named by its own name although the connection goes to a checked address."""

import pytest

from claims.http import NO_PACE, NotMeasured, RetryLater, Web
from tests.servers.loopback import Site


class PlainSite(Site):
    """Reads the beginning of what comes in, as bytes, and answers with something that is not TLS."""

    hello = b""

    def _answer(self, connection) -> None:
        self.hello = connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def test_server_name_is_the_hosts_and_no_fallback_to_plain_text():
    with PlainSite() as site:
        web = Web(
            pace=NO_PACE,
            resolver=lambda host, port: ["127.0.0.1"],
            loopback_allowed=[f"press.example:{site.port}"],
        )

        with pytest.raises(NotMeasured) as caught:
            web.get(f"https://press.example:{site.port}/secret-path", obey_robots=False)

        assert caught.value.reason == "tls"
        assert b"press.example" in site.hello
        assert b"secret-path" not in site.hello
        assert site.connections == 1


def test_slow_handshake_ends_with_the_wall(site: Site):
    web = Web(pace=NO_PACE, loopback_allowed=[site.host_port])  # the site waits for a request line that never comes

    with pytest.raises(RetryLater) as caught:
        web.get(f"https://{site.host_port}/", obey_robots=False, wall=0.3)

    assert caught.value.reason == "timeout"
