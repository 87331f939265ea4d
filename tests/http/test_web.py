"""How the client behaves towards sites that mean well: redirects, conditional requests, headers, turns, waiting."""

import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from pytest_django import Settings

from claims.http import NO_PACE, NotMeasured, Refused, RetryLater, Web
from claims.http.exchange import retry_after
from tests.http.conftest import MakeWeb
from tests.servers.loopback import Request, Site, Wire

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class Turns:
    """A Pace that lists who asked for a turn."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str, int]] = []

    def __call__(self, *, scheme: str, host: str, port: int) -> None:
        self.taken.append((scheme, host, port))


def test_answer_tells_what_was_asked_and_what_came(web: Web, site: Site, settings: Settings):
    site.page("/page?x=1".partition("?")[0], "café".encode("latin-1"), content_type="text/html; charset=iso-8859-1")
    before = datetime.now(UTC)

    answer = web.get(site.url("/page?x=1#part"), accept="text/html")

    assert answer.requested_url == site.url("/page?x=1#part")
    assert answer.url == site.url("/page?x=1")
    assert (answer.status, answer.body, answer.wire_body) == (200, b"caf\xe9", b"caf\xe9")
    assert answer.header("CONTENT-TYPE") == "text/html; charset=iso-8859-1"
    assert answer.header("X-None") == ""
    assert answer.address == "127.0.0.1"
    assert before <= answer.started_at <= datetime.now(UTC)
    assert dict(answer.request_headers) == {
        "Host": site.host_port,
        "User-Agent": settings.FETCH_USER_AGENT,
        "Accept": "text/html",
        "Accept-Encoding": "gzip",
        "Connection": "close",
    }
    sent = site.requests("/page")[0].headers
    assert {name.lower(): value for name, value in answer.request_headers} == dict(sent)


@pytest.mark.parametrize("status", [200, 204, 301, 304, 400, 401, 403, 404, 410, 451, 500, 502, 504])
def test_every_status_but_two_is_an_answer(status: int, web: Web, site: Site):
    site.page("/page", b"text", status=status)

    assert web.get(site.url("/page")).status == status


def test_conditional_request(web: Web, site: Site):
    site.page("/feed", b"<rss/>", headers={"ETag": 'W/"é"', "Last-Modified": "Mon, 02 Mar 2026 12:00:00 GMT"})
    first = web.get(site.url("/feed"))

    second = web.get(site.url("/feed"), etag=first.header("etag"), last_modified=first.header("last-modified"))

    assert (second.status, second.body) == (304, b"")
    assert site.requests("/feed")[1].headers["if-modified-since"] == "Mon, 02 Mar 2026 12:00:00 GMT"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location", ["/new/page", "page", "../new/page", "//{host}/new/page", "http://{host}/new/page"]
)
def test_redirects_are_followed(status: int, location: str, web: Web, site: Site):
    site.redirect("/new/old", location.format(host=site.host_port), status=status)
    site.page("/new/page", b"text")

    answer = web.get(site.url("/new/old"))

    assert answer.body == b"text"
    assert [(hop.url, hop.status) for hop in answer.hops] == [(site.url("/new/old"), status)]


@pytest.mark.parametrize(
    ("location", "path"),
    [
        (b"/caf\xc3\xa9", "/caf%C3%A9"),
        (b"/caf\xe9", "/caf%E9"),
        (b"/a b", "/a%20b"),
        (b"/a%20b%2F%zz", "/a%20b%2F%zz"),
        (b"/a/./b/../c/%2e%2E/d", "/a/d"),
        (b"/q?a=\xc3\xa9|b&c=[1]", "/q?a=%C3%A9|b&c=[1]"),
    ],
)
def test_odd_locations_are_escaped_once(location: bytes, path: str, web: Web, site: Site):
    site.raw("/old", b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\n\r\n")

    assert web.get(site.url("/old")).url == site.url(path)
    assert site.paths()[-1] == path


def test_five_redirects_are_followed_and_six_are_not(web: Web, site: Site):
    for number in range(6):
        site.redirect(f"/{number}", f"/{number + 1}")
    site.page("/6", b"text")

    assert len(web.get(site.url("/1")).hops) == 5
    with pytest.raises(Refused) as caught:
        web.get(site.url("/0"))
    assert caught.value.reason == "too_many_redirects"


def test_redirect_loop_ends(web: Web, site: Site):
    site.redirect("/a", "/b")
    site.redirect("/b", "/a")

    with pytest.raises(Refused) as caught:
        web.get(site.url("/a"))

    assert caught.value.reason == "redirect_loop"
    assert site.paths() == ["/robots.txt", "/a", "/b"]


def test_redirect_to_two_places_is_no_answer(web: Web, site: Site):
    site.raw("/two", b"HTTP/1.1 302 Found\r\nLocation: /a\r\nLocation: /b\r\n\r\n")

    with pytest.raises(NotMeasured):
        web.get(site.url("/two"))


def test_credentials_stay_with_their_origin(site: Site):
    with Site() as other:
        web = Web(pace=NO_PACE, loopback_allowed=[site.host_port, other.host_port])
        site.redirect("/start", "/here")
        site.redirect("/here", other.url("/there"))
        other.redirect("/there", site.url("/back"))
        site.page("/back", b"text")

        answer = web.get(site.url("/start"), credentials={"Authorization": "Bearer s3cret", "X-Api-Key": "s3cret"})

        assert answer.body == b"text"
        sent = {path: "s3cret" in str(site.requests(path)[0].headers) for path in ("/start", "/here", "/back")}
        assert sent == {"/start": True, "/here": True, "/back": False}
        assert not [
            request for request in [*other.requests(), *site.requests("/robots.txt")] if "s3cret" in str(request)
        ]
        assert "s3cret" not in repr(answer)


@pytest.mark.parametrize("value", ["a\r\nX-Injected: 1", "a\nb", "a\x00b", "a\x1fb", "a\x7fb", "a\u2028b", "日本"])
@pytest.mark.parametrize("where", ["etag", "last_modified", "accept", "credentials"])
def test_headers_that_would_break_out_are_not_sent(where: str, value: str, web: Web, site: Site):
    given = {"X-Key": value} if where == "credentials" else value

    with pytest.raises(Refused) as caught:
        web.get(site.url("/"), obey_robots=False, **{where: given})  # type: ignore[arg-type]

    assert caught.value.reason == "header_refused"
    assert site.connections == 0


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("header", "seconds"), [({"Retry-After": "120"}, 120.0), ({}, None), ({"Retry-After": "x"}, None)]
)
def test_busy_sites_are_asked_later(
    status: int, header: dict[str, str], seconds: float | None, make_web: MakeWeb, site: Site
):
    held: list[tuple[str, str, int, float]] = []

    def hold(*, scheme: str, host: str, port: int, seconds: float) -> None:
        held.append((scheme, host, port, seconds))

    site.page("/page", b"text", status=status, headers=header)

    with pytest.raises(RetryLater) as caught:
        make_web(hold=hold).get(site.url("/page"))

    assert caught.value.after == seconds
    assert held == ([] if seconds is None else [("http", "127.0.0.1", site.port, seconds)])


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("3600", 3600.0),
        (" 7 ", 7.0),
        ("9" * 5000, 86_400.0),
        (format_datetime(NOON + timedelta(minutes=5), usegmt=True), 300.0),
        ("Monday, 02-Mar-26 12:05:00 GMT", 300.0),
        (format_datetime(NOON - timedelta(minutes=5), usegmt=True), 0.0),
        (format_datetime(NOON + timedelta(days=400), usegmt=True), 86_400.0),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("٣", None),
    ],
)
def test_retry_after(value: str, seconds: float | None):
    assert retry_after(value, now=NOON) == seconds


def test_every_request_waits_for_its_turn(site: Site):
    with Site() as other:
        turns = Turns()
        web = Web(pace=turns, loopback_allowed=[site.host_port, other.host_port])
        site.redirect("/robots.txt", "/robots-here.txt")
        site.redirect("/old", other.url("/new"))
        other.page("/new", b"text")

        web.get(site.url("/old"))
        web.get(other.url("/new"))

        here, there = ("http", "127.0.0.1", site.port), ("http", "127.0.0.1", other.port)
        assert turns.taken == [here, here, here, there, there, there]
        assert len(turns.taken) == len(site.requests()) + len(other.requests())


def test_turn_too_far_away_asks_nobody(make_web: MakeWeb, site: Site):
    def far(*, scheme: str, host: str, port: int) -> None:
        raise RetryLater("Not our turn.", reason="pace", after=40.0)

    with pytest.raises(RetryLater) as caught:
        make_web(pace=far).get(site.url("/"))

    assert (caught.value.reason, caught.value.after) == ("pace", 40.0)
    assert site.connections == 0


class SlowTurns(Turns):
    """A Pace that says of every turn but the first, once, how far away it is."""

    def __init__(self, after: float) -> None:
        super().__init__()
        self.after = after
        self.refused = False

    def __call__(self, *, scheme: str, host: str, port: int) -> None:
        self.refused = bool(self.taken) and not self.refused
        if self.refused:
            raise RetryLater("Not our turn.", reason="pace", after=self.after)
        super().__call__(scheme=scheme, host=host, port=port)


def test_a_turn_that_is_far_away_is_waited_for_after_a_redirect(make_web: MakeWeb, site: Site):
    site.redirect("/old", "/new")
    site.page("/new", b"text")

    answer = make_web(pace=SlowTurns(0.05)).get(site.url("/old"), obey_robots=False, wall=5.0)

    assert answer.body == b"text"
    assert [request.path for request in site.requests()] == ["/old", "/new"]


def test_a_redirect_that_cannot_be_followed_in_time_counts_as_a_try(make_web: MakeWeb, site: Site):
    site.redirect("/old", "/new")

    with pytest.raises(RetryLater) as caught:
        make_web(pace=SlowTurns(600.0)).get(site.url("/old"), obey_robots=False)

    assert (caught.value.reason, caught.value.after) == ("turns", 600.0)
    assert [request.path for request in site.requests()] == ["/old"]


def test_waiting_for_a_turn_is_not_the_sites_slowness(make_web: MakeWeb, site: Site):
    site.page("/", b"text")

    answer = make_web(pace=lambda *, scheme, host, port: time.sleep(0.4)).get(site.url("/"), wall=0.3)

    assert answer.body == b"text"


def test_the_reader_of_headers_keeps_every_byte(web: Web, site: Site):
    def answer(request: Request, wire: Wire) -> None:
        wire.send(b"HTTP/1.1 200 OK\r\nX-Name: caf\xe9\r\nx-name: two\r\nConnection: close\r\n\r\n\x00\xff\xfe")

    site.handle("/page", answer)

    got = web.get(site.url("/page"))

    assert got.header("x-name") == "café, two"
    assert got.body == b"\x00\xff\xfe"


@pytest.mark.parametrize(
    ("path", "heard"),
    [
        ("/fine", True),
        ("/missing", True),
        ("/fault", False),
        ("/busy", False),
        ("/later", None),
        ("/cut", False),
        ("/large", None),
    ],
)
def test_the_pace_hears_how_each_request_went(path: str, heard: bool | None, make_web: MakeWeb, site: Site):
    site.page("/fine", b"text")
    site.page("/fault", b"", status=500)
    site.page("/busy", b"", status=503)
    site.page("/later", b"", status=503, headers={"Retry-After": "3"})
    site.raw("/cut", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort")
    site.raw("/large", b"HTTP/1.1 200 OK\r\n\r\n" + bytes(2000))
    told: list[bool | None] = []

    with suppress(Refused, RetryLater, NotMeasured):
        make_web(pace=lambda *, scheme, host, port: told.append).get(site.url(path), obey_robots=False, limit=1000)

    assert told == [heard]


def test_a_post_is_sent_once_with_its_body_and_follows_nowhere(site: Site):
    web = Web(pace=NO_PACE, loopback_allowed=[site.host_port])
    site.page("/save", b'{"job_id": "1"}', content_type="application/json")
    site.redirect("/old", "/save")

    answer = web.post(site.url("/save"), body=b"url=x", content_type="application/x-www-form-urlencoded")
    with pytest.raises(NotMeasured) as caught:
        web.post(site.url("/old"), body=b"url=x", content_type="application/x-www-form-urlencoded")

    assert answer.body == b'{"job_id": "1"}'
    assert caught.value.reason == "redirects"
    (posted,) = site.requests("/save")
    assert (posted.method, posted.body) == ("POST", b"url=x")
    assert site.paths() == ["/save", "/old"]


def test_a_post_goes_no_further_than_a_get(site: Site):
    web = Web(pace=NO_PACE, loopback_allowed=[])

    with pytest.raises(Refused):
        web.post(site.url("/save"), body=b"x", content_type="text/plain")

    assert site.connections == 0
