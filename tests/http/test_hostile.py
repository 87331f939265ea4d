"""Nothing on this machine or in its network is reached, however its address is written, hidden or swapped.

The proof is not what the client returns but canaries on loopback that count who connects.
"""

import socket
from collections.abc import Callable, Iterator, Sequence

import pytest
from pytest_django import Settings

from claims.http import NO_PACE, Answer, NotMeasured, Refused, Web, WebError
from claims.http.addresses import forbidden
from claims.http.reach import Reach
from claims.http.transport import PinnedBackend
from claims.http.wall import Wall
from tests.http.conftest import Canaries, MakeWeb
from tests.http.hostile import ADDRESSES, COUNT, HOSTS, urls
from tests.servers.loopback import Canary, Site

PUBLIC = "93.184.215.14"  # never connected to: it only ever stands beside a forbidden address


@pytest.fixture(autouse=True)
def _nobody_is_reached(request: pytest.FixtureRequest, settings: Settings) -> Iterator[None]:
    canaries = request.getfixturevalue("canaries")
    settings.FETCH_EXTRA_PORTS = [canaries.port]  # so that the address alone must stop the client, not the port
    before = canaries.hits
    yield
    if not request.node.name.startswith("test_control_"):
        assert canaries.hits == before


def outcome(web: Web, url: str, *, obey_robots: bool = False) -> Answer | WebError:
    try:
        return web.get(url, obey_robots=obey_robots, wall=5.0)
    except WebError as error:
        return error


def resolver(*answers: Sequence[str]) -> tuple[list[str], Callable[[str, int], Sequence[str]]]:
    """Gives its answers in turn, the last for ever; the list holds the names asked for."""
    asked: list[str] = []

    def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return answers[min(len(asked), len(answers)) - 1]

    return asked, resolve


def test_control_canaries_count_whoever_connects(canaries: Canaries):
    for address in canaries.addresses:
        before = canaries.hits

        socket.create_connection((address, canaries.port), timeout=5).close()

        assert canaries.hits == before + 1


def test_control_the_system_reads_odd_spellings_as_loopback(canaries: Canaries):
    before = canaries.hits
    for host in ["2130706433", "0x7f000001", "017700000001", "127.1", "0177.0.0.1", "0x7f.1", "localhost", "0"]:
        try:
            socket.create_connection((host, canaries.port), timeout=5).close()
        except OSError:
            continue

    assert canaries.hits - before >= 5  # glibc: all of them; so the text of a host is no defence


def test_control_the_allowed_site_is_reached(web: Web, site: Site):
    site.page("/", b"hello")

    answer = web.get(site.url("/"))

    assert (answer.body, answer.address) == (b"hello", "127.0.0.1")
    assert site.paths() == ["/robots.txt", "/"]


@pytest.mark.parametrize("number", range(COUNT))
def test_hostile_url(number: int, make_web: MakeWeb, site: Site, canaries: Canaries):
    """Given directly, as a redirect from a site that may be read, and as a redirect of that site's robots.txt."""
    url = urls(canaries.port)[number]
    redirect = b"HTTP/1.1 302 Found\r\nLocation: " + url.encode("utf-8", "surrogatepass") + b"\r\n\r\n"
    site.raw("/go", redirect)
    site.page("/page", b"text")

    direct = outcome(make_web(), url)
    redirected = outcome(make_web(), site.url("/go"))
    site.raw("/robots.txt", redirect)
    asked_robots_first = outcome(make_web(), site.url("/page"), obey_robots=True)

    assert isinstance(direct, Refused), f"{url!r}: {direct!r}"
    assert direct.reason in {"address_refused", "host_refused", "url_refused", "scheme_refused", "port_refused"}
    if isinstance(redirected, Answer):  # some of them read, as a Location, as a path on the same site
        assert redirected.url.startswith(site.url("/")), f"{url!r}: {redirected!r}"
    else:
        assert isinstance(redirected, Refused | NotMeasured), f"{url!r}: {redirected!r}"
    if isinstance(asked_robots_first, WebError):
        assert asked_robots_first.reason == "robots_unreachable", f"{url!r}: {asked_robots_first!r}"
        assert "/page" not in site.paths()
    else:
        assert asked_robots_first.body == b"text"


@pytest.mark.parametrize("address", ADDRESSES)
def test_name_that_leads_to_a_forbidden_address(address: str, make_web: MakeWeb, canaries: Canaries):
    """One bad record among good ones is enough, wherever it stands."""
    for found in (
        [address],
        [address, PUBLIC],
        [PUBLIC, address],
        [PUBLIC, "2606:4700::1", "8.8.8.8", "1.1.1.1", address],
    ):
        asked, resolve = resolver(found)

        error = outcome(make_web(resolver=resolve), f"http://news.example:{canaries.port}/")

        assert isinstance(error, Refused), found
        assert error.reason == "address_refused"
        assert address not in str(error)
        assert asked == ["news.example"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_name_that_changes_its_mind_between_two_requests(address: str, site: Site, settings: Settings):
    """The name is allowed to lead to loopback, and does for robots.txt; for the page itself it leads elsewhere."""
    _, resolve = resolver(["127.0.0.1"], ["127.0.0.1", address], [address])
    web = Web(pace=NO_PACE, resolver=resolve, loopback_allowed=[f"press.example:{site.port}"])
    site.page("/", b"hello")

    error = outcome(web, f"http://press.example:{site.port}/", obey_robots=True)

    if address.startswith("127.") or address == "::1":
        assert isinstance(error, Answer)  # both are loopback, which this pair may lead to
        assert error.address == "127.0.0.1"
    else:
        assert isinstance(error, Refused)
        assert error.reason == "address_refused"
        assert site.paths() == ["/robots.txt"]


def test_a_name_is_looked_up_once_and_the_checked_address_is_connected_to(site: Site):
    with Canary(address="127.0.0.2", port=site.port) as elsewhere:
        asked, resolve = resolver(["127.0.0.1"], ["127.0.0.2"])
        web = Web(pace=NO_PACE, resolver=resolve, loopback_allowed=[f"press.example:{site.port}"])
        site.page("/", b"hello")

        answer = web.get(f"http://press.example:{site.port}/", obey_robots=False)

        assert answer.address == "127.0.0.1"
        assert asked == ["press.example"]
        assert site.requests("/")[0].headers["host"] == f"press.example:{site.port}"
        assert elsewhere.hits == 0


def test_an_open_connection_is_never_used_again(site: Site):
    _, resolve = resolver(["127.0.0.1"], ["10.0.0.1"])
    web = Web(pace=NO_PACE, resolver=resolve, loopback_allowed=[f"press.example:{site.port}"])
    site.handle("/", lambda request, wire: wire.answer(b"hello", headers={"Connection": "keep-alive"}))
    first = web.get(f"http://press.example:{site.port}/", obey_robots=False)

    second = outcome(web, f"http://press.example:{site.port}/")

    assert first.body == b"hello"
    assert isinstance(second, Refused)
    assert site.connections == 1


def test_a_forbidden_address_takes_no_turn(make_web: MakeWeb, canaries: Canaries):
    def no_turn(*, scheme: str, host: str, port: int) -> None:
        raise AssertionError(host)

    assert isinstance(outcome(make_web(pace=no_turn), f"http://127.0.0.1:{canaries.port}/"), Refused)


def test_proxy_settings_of_the_environment_are_not_followed(
    web: Web, site: Site, canaries: Canaries, monkeypatch: pytest.MonkeyPatch
):
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{canaries.port}")
    monkeypatch.setenv("NO_PROXY", "")
    site.page("/", b"hello")

    assert web.get(site.url("/")).body == b"hello"


@pytest.mark.parametrize(
    "allowed", ["127.0.0.1:{other}", "localhost:{port}", "127.0.0.2:{port}", "[::1]:{port}", "127.0.0.1.example:{port}"]
)
def test_the_loopback_list_allows_exactly_its_pairs(allowed: str, canaries: Canaries):
    entry = allowed.format(port=canaries.port, other=canaries.port % 60_000 + 1024)
    web = Web(pace=NO_PACE, loopback_allowed=[entry])

    error = outcome(web, f"http://127.0.0.1:{canaries.port}/")

    assert isinstance(error, Refused)
    assert error.reason == "address_refused"


def test_the_loopback_list_does_not_open_private_networks(canaries: Canaries):
    _, resolve = resolver(["127.0.0.1", "10.0.0.1"])
    web = Web(pace=NO_PACE, resolver=resolve, loopback_allowed=[f"press.example:{canaries.port}"])

    error = outcome(web, f"http://press.example:{canaries.port}/")

    assert isinstance(error, Refused)
    assert error.reason == "address_refused"


def test_ports_are_closed_unless_a_setting_opens_them(canaries: Canaries, settings: Settings):
    settings.FETCH_EXTRA_PORTS = []

    error = outcome(Web(pace=NO_PACE, loopback_allowed=[]), f"http://127.0.0.1:{canaries.port}/")

    assert isinstance(error, Refused)
    assert error.reason == "port_refused"


@pytest.mark.parametrize("host", [*HOSTS, *ADDRESSES])
def test_the_check_at_the_socket_needs_no_parser_before_it(host: str, canaries: Canaries):
    def system(name: str, port: int) -> list[str]:
        if "." in name and not name.replace(".", "").isalnum():
            raise OSError("no lookups outside")
        flags = socket.AI_NUMERICHOST if name not in {"localhost", "LOCALHOST"} else 0
        return [str(entry[4][0]) for entry in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=flags)]

    backend = PinnedBackend(
        reach=Reach(extra_ports=[canaries.port], loopback_allowed=[]), resolver=system, wall=Wall(5.0)
    )

    with pytest.raises(WebError) as caught:
        backend.connect_tcp(host.strip("[]"), canaries.port)

    assert caught.value.reason in {"address_refused", "host_refused", "dns"}


@pytest.mark.parametrize("address", ADDRESSES)
def test_forbidden_addresses_are_named_as_such(address: str):
    assert forbidden(address) is not None


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", PUBLIC, "2606:4700:4700::1111", "2a00:1450:4001:81b::200e", "64:ff9b::808:808"]
)
def test_public_addresses_are_not_forbidden(address: str):
    assert forbidden(address) is None
