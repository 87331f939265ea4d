"""Which IP addresses are public. Pure: no names, no network.

The standard library's `is_private` and `is_global` are not enough, and differ between Python releases: both let pass
addresses that carry a private IPv4 address inside an IPv6 one, and the metadata services of some clouds. So: take out
what is carried, look it up in our own table, and let nothing through that is not global unicast.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

# The first match names the reason. Sources: the IANA special-purpose registries, RFC 6890 and its updates.
_SPECIAL_V4 = [
    (ip_network(cidr), kind)
    for cidr, kind in [
        ("0.0.0.0/8", "this host"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "carrier-grade NAT"),  # holds 100.100.100.200, a cloud's metadata service
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "cloud platform"),  # public by number, yet inside every Azure machine
        ("169.254.0.0/16", "link-local"),  # holds 169.254.169.254
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "protocol assignment"),  # holds 192.0.0.192, a cloud's metadata service
        ("192.0.2.0/24", "documentation"),
        ("192.31.196.0/24", "AS112"),
        ("192.52.193.0/24", "AMT relay"),
        ("192.88.99.0/24", "6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("192.175.48.0/24", "AS112"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    ]
]
_SPECIAL_V6 = [
    (ip_network(cidr), kind)
    for cidr, kind in [
        ("::/128", "this host"),
        ("::1/128", "loopback"),
        ("::/96", "IPv4-compatible"),
        ("::ffff:0:0:0/96", "IPv4-translated"),
        ("64:ff9b:1::/48", "local NAT64"),
        ("100::/64", "discard"),
        ("2001::/32", "Teredo"),
        ("2001::/23", "protocol assignment"),  # benchmarking, ORCHID, AMT and others
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "6to4"),
        ("2620:4f:8000::/48", "AS112"),
        ("3fff::/20", "documentation"),
        ("5f00::/16", "segment routing"),
        ("fc00::/7", "private"),  # holds fd00:ec2::254
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    ]
]
_GLOBAL_V6 = IPv6Network("2000::/3")  # the only part of IPv6 that IANA has given out as global unicast
_NAT64 = IPv6Network("64:ff9b::/96")  # how a network without IPv4 reaches public IPv4 servers, so it may be in use
_ISATAP = {0x00005EFE, 0x02005EFE}  # third quarter of an address that carries an IPv4 address in the fourth


def forbidden(address: str) -> str | None:
    """Why no connection may go to the address ("loopback", "private" ...), or None if it is a public one.

    What cannot be read as an address, or has a zone, is forbidden too.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unreadable"
    if isinstance(parsed, IPv4Address):
        return _forbidden_v4(parsed)
    return _forbidden_v6(parsed)


def is_address(text: str) -> bool:
    """Whether the text is an IP address and not a name."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def is_loopback(address: str) -> bool:
    """Whether the address is plainly this machine: 127.0.0.0/8 or ::1, and none of the forms that carry them."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address):
        return parsed == IPv6Address("::1")
    return parsed.is_loopback


def _forbidden_v4(address: IPv4Address) -> str | None:
    for network, kind in _SPECIAL_V4:
        if address in network:
            return kind
    return None if address.is_global else "not global"


def _forbidden_v6(address: IPv6Address) -> str | None:
    if address.scope_id is not None:
        return "zone"
    if address.ipv4_mapped is not None:
        return _forbidden_v4(address.ipv4_mapped)
    if address in _NAT64:
        return _forbidden_v4(IPv4Address(int(address) & 0xFFFFFFFF))
    for network, kind in _SPECIAL_V6:
        if address in network:
            return kind
    if address not in _GLOBAL_V6:
        return "not global unicast"
    if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        return "ISATAP"
    return None if address.is_global else "not global"
