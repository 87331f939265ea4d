"""Where this installation may connect to: public addresses on web ports, and the loopback servers its settings name."""

from collections.abc import Iterable

from django.core.exceptions import ImproperlyConfigured

from claims.http.addresses import forbidden, is_address, is_loopback
from claims.http.errors import Refused
from claims.http.urls import Target, host_name

WEB_PORTS = frozenset({80, 443})


class Reach:
    """The two questions asked before a connection is made: may it go to this port, and to this address?

    `loopback_allowed` holds "host:port" pairs. A pair lets exactly this host on exactly this port lead to a loopback
    address, and changes nothing else: it is looked up, checked, pinned, paced and limited like any other.
    """

    def __init__(self, *, extra_ports: Iterable[int], loopback_allowed: Iterable[str]) -> None:
        self._ports = WEB_PORTS | frozenset(extra_ports)
        self._loopback = frozenset(_pair(entry) for entry in loopback_allowed)

    def check_port(self, target: Target) -> None:
        """Raises Refused (reason "port_refused") unless web pages are expected on the port."""
        if target.port not in self._ports and (target.host, target.port) not in self._loopback:
            raise Refused(
                f"{target.host} is to be asked on port {target.port}, where web pages are not expected; "
                "FETCH_EXTRA_PORTS can allow it.",
                reason="port_refused",
            )

    def check_host(self, host: str, port: int) -> None:
        """Raises Refused for what can be told without a lookup: a name without a dot, which means something only inside
        a network (reason "host_refused"), and a forbidden address (reason "address_refused")."""
        if is_address(host):
            self.check_addresses(host, port, [host])
        elif "." not in host and (host, port) not in self._loopback:
            raise Refused(f"{host} is not the full name of a public site.", reason="host_refused")

    def check_addresses(self, host: str, port: int, addresses: Iterable[str]) -> None:
        """Raises Refused (reason "address_refused") if any one of the addresses may not be connected to.

        The message does not say which address it was, or it would map our network for whoever typed the name.
        """
        for address in addresses:
            if is_loopback(address) and (host, port) in self._loopback:
                continue
            if forbidden(address) is not None:
                raise Refused(
                    f"{host} leads into a private or reserved network; only public web pages are fetched.",
                    reason="address_refused",
                )


def _pair(entry: str) -> tuple[str, int]:
    host, colon, port = entry.strip().rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise ImproperlyConfigured(f"FETCH_LOOPBACK_ALLOWED: {entry!r} is not host:port.")
    try:
        return host_name(host), int(port)
    except Refused as error:
        raise ImproperlyConfigured(f"FETCH_LOOPBACK_ALLOWED: {entry!r}: {error}") from error
