"""Addresses that must never be reached, written in every way that some program somewhere reads as one."""

ADDRESSES = [
    # This machine
    "127.0.0.1", "127.0.0.2", "127.1.2.3", "127.255.255.254", "0.0.0.0", "0.1.2.3", "::1", "::",
    # Private, shared, link-local, reserved, documentation, multicast
    "10.0.0.1", "10.255.255.254", "172.16.0.1", "172.31.255.254", "192.168.0.1", "192.168.255.254", "100.64.0.1",
    "100.127.255.254", "169.254.0.1", "192.0.0.1", "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1",
    "192.175.48.1", "198.18.0.1", "198.19.255.254", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255",
    "240.0.0.1", "255.255.255.255", "fc00::1", "fdff::1", "fe80::1", "febf::1", "fec0::1", "ff02::1", "ff0e::1",
    "100::1", "2001:db8::1", "3fff::1", "5f00::1", "2001:2::1", "2001:10::1", "2001:20::1", "2620:4f:8000::1",
    "4000::1",
    # IPv4 carried inside IPv6
    "::ffff:127.0.0.1", "::ffff:7f00:2", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::a00:1",
    "::ffff:0:7f00:1", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1",
    "2002:7f00:1::", "2002:a00:1::1", "2001:0:7f00:1::", "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "2a00:1450:4001:81b:0:5efe:7f00:1", "2a00:1450:4001:81b:200:5efe:a00:1",
    # Metadata services of clouds
    "169.254.169.254", "169.254.170.2", "fd00:ec2::254", "100.100.100.200", "192.0.0.192", "168.63.129.16",
]  # fmt: skip

# Other ways to write 127.0.0.1 and its kin, and names that mean it.
HOSTS = [
    "2130706433", "0x7f000001", "0X7F000001", "017700000001", "127.1", "127.0.1", "0177.0.0.1", "0x7f.1", "0x7f.0.0.1",
    "0x7f.0x0.0x0.0x1", "127.0.0.01", "127.0.0.0x1", "127.0.0.1.", "127.0.0.1..", "127.0.0.1.0", "0", "0.0", "00", "0x",
    "①②⑦.⓪.⓪.①", "127。0。0。1", "127．0．0．1", "１２７.0.0.1", "127｡0｡0｡1", "𝟏𝟐𝟕.𝟎.𝟎.𝟏",
    "127.0.0.1\u200b", "127.0.0\u00ad.1",
    "[::1%25lo]", "[::1%lo]", "[::1%251]", "[fe80::1%25eth0]", "[0:0:0:0:0:0:0:1]", "[0000::0001]", "[::127.0.0.1]",
    "[127.0.0.1]", "[::ffff:127.0.0.1]", "[::1", "::1", "[[::1]]", "[v1.::1]", "[::1].", "[]",
    "localhost", "LOCALHOST", "localhost.", "lｏcalhost", "ⓛocalhost", "loc\u00adalhost", "ip6-localhost", "local_host",
    "%31%32%37.0.0.1", "127.0.0.1%2f", "127.0.0.1%00", "127.0.0.1%20", "127.0.0.1%09", "127%2e0%2e0%2e1",
    "127.0.0.1 ", " 127.0.0.1", "127.0.0.1\t", "127.0.0.1;", "127.0.0.1,", "127.0.0.1'", "127.0.0.1*", "-", ".", "..",
    "db", "redis", "metadata", "a" * 64 + ".example", "a." * 127 + "example",
]  # fmt: skip

# Whole addresses; {port} is the canary's.
URLS = [
    "http://news.example@127.0.0.1:{port}/", "http://127.0.0.1:{port}@127.0.0.2:{port}/", "http://:@127.0.0.1:{port}/",
    "http://@127.0.0.1:{port}/", "http://news.example%40127.0.0.1:{port}/", "http://user:pw@[::1]:{port}/",
    "http://news.example\\@127.0.0.1:{port}/", "http://127.0.0.1:{port}\\@news.example/", "http://127.0.0.1:{port}\\",
    "http:\\\\127.0.0.1:{port}\\", "http:/\\127.0.0.1:{port}/", "\\\\127.0.0.1:{port}\\x", "/\\127.0.0.1:{port}/",
    "http:///127.0.0.1:{port}/", "http:127.0.0.1:{port}/", "http:/127.0.0.1:{port}/", "//127.0.0.1:{port}/",
    "///127.0.0.1:{port}/", "127.0.0.1:{port}/", "http://127.0.0.1:{port}", "HTTP://127.0.0.1:{port}/",
    "hTTp://127.0.0.1:{port}/#@news.example", "http://127.0.0.1:{port}?@news.example/", "https://127.0.0.1:{port}/",
    "http://127.0.0.1:{port}:80/", "http://127.0.0.1::{port}/", "http://127.0.0.1:+{port}/", "http://127.0.0.1:-1/",
    "http://127.0.0.1:{port}x/", "http://127.0.0.1:0{port}/", "http://127.0.0.1: {port}/", "http://127.0.0.1:１２３/",
    "http://127.0.\n0.1:{port}/", "http://127.0.\t0.1:{port}/", "ht\ttp://127.0.0.1:{port}/", " http://127.0.0.1:{port}/",
    "http://127.0.0.1:{port}/\r\nHost: news.example", "http://127.0.0.1:{port}/ HTTP/1.1\r\nX: 1", "\x00http://[::1]:{port}/",
    "http://127.0.0.1:{port}/\x00", "http://127.0.0.1:{port}/\x7f", "http://127.0.0.1:{port}/\x85", "http://\ud800:{port}/",
    "http://news.example#@127.0.0.1:{port}/\\", "http://[::1]:{port}/", "http://[::1]@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}/" + "a" * 9000, "", "http", "http:", "http://", "http://:{port}/", "http://?", "http://#",
    # Other schemes
    "file:///etc/passwd", "file://127.0.0.1:{port}/", "ftp://127.0.0.1:{port}/", "gopher://127.0.0.1:{port}/_x",
    "dict://127.0.0.1:{port}/d", "data:text/html,x", "javascript:alert(1)", "ws://127.0.0.1:{port}/",
    "ldap://127.0.0.1:{port}/", "tftp://127.0.0.1:{port}/", "sftp://127.0.0.1:{port}/", "telnet://127.0.0.1:{port}/",
    "unix:///var/run/docker.sock", "http+unix://%2Fvar%2Frun%2Fdocker.sock/", "jar:http://127.0.0.1:{port}/!/",
    "view-source:http://127.0.0.1:{port}/", "feed:http://127.0.0.1:{port}/", "netdoc:///etc/passwd", "blob:http://[::1]/",
    # Ports where no web page is
    "http://127.0.0.1:6379/", "http://127.0.0.1:5432/", "http://127.0.0.1:25/", "http://127.0.0.1:22/",
    "http://127.0.0.1:2375/", "http://127.0.0.1:11211/", "http://127.0.0.1:0/", "http://127.0.0.1:65536/",
    "http://127.0.0.1:4294967376/", "http://127.0.0.1:1/",
]  # fmt: skip


def host_of(address: str) -> str:
    """An address as it stands in a URL."""
    return f"[{address}]" if ":" in address else address


def urls(port: int) -> list[str]:
    """Every hostile URL, aimed at the port."""
    hosts = [host_of(address) for address in ADDRESSES] + HOSTS
    return [f"http://{host}:{port}/" for host in hosts] + [url.format(port=port) for url in URLS]


COUNT = len(ADDRESSES) + len(HOSTS) + len(URLS)
