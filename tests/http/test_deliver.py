"""Posting an event to a receiver: one request, its status the answer, nothing followed, and never into a network."""

import threading

import pytest

from claims.http import Refused, RetryLater, WebError
from tests.http.conftest import Canaries, MakeWeb
from tests.servers.loopback import Request, Site, Wire

HEADERS = {"Content-Type": "application/json", "webhook-id": "msg_1"}


@pytest.mark.parametrize("status", [200, 204, 302, 400, 410, 429, 500, 503])
def test_every_status_is_an_answer(site: Site, make_web: MakeWeb, status: int):
    site.handle("/hook", lambda request, wire: wire.answer(b"said", status=status, headers={"Retry-After": "7"}))

    answer = make_web().deliver(site.url("/hook"), body=b"{}", headers=HEADERS)

    assert answer.status == status
    assert answer.retry_after() == 7.0
    assert answer.body == (b"" if status == 204 else b"said")
    [asked] = site.requests()
    assert (asked.method, asked.body, asked.headers["webhook-id"]) == ("POST", b"{}", "msg_1")


def test_what_sends_us_elsewhere_is_not_followed(site: Site, make_web: MakeWeb, canaries: Canaries):
    site.redirect("/hook", f"http://127.0.0.2:{canaries.port}/", status=307)

    answer = make_web().deliver(site.url("/hook"), body=b"{}", headers=HEADERS)

    assert answer.status == 307
    assert site.paths() == ["/hook"]
    assert canaries.hits == 0


def test_of_a_long_answer_only_the_beginning_is_read(site: Site, make_web: MakeWeb):
    site.handle("/hook", lambda request, wire: wire.answer(b"x" * 5_000_000))

    assert make_web().deliver(site.url("/hook"), body=b"{}", headers=HEADERS, limit=100).body == b"x" * 100


def test_an_answer_whose_body_never_ends_still_counts(site: Site, make_web: MakeWeb):
    def half(request, wire):
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        wire.drip([b"."], pause=20)

    site.handle("/hook", half)

    answer = make_web().deliver(site.url("/hook"), body=b"{}", headers=HEADERS)

    assert (answer.status, answer.body) == (200, b"half")


def test_a_receiver_that_hangs_costs_no_more_than_the_wall(site: Site, make_web: MakeWeb):
    released = threading.Event()

    def hang(request: Request, wire: Wire) -> None:
        released.wait(20)

    site.handle("/hook", hang)

    with pytest.raises(RetryLater) as failure:
        make_web().deliver(site.url("/hook"), body=b"{}", headers=HEADERS, wall=0.3)

    released.set()
    assert failure.value.reason == "timeout"


@pytest.mark.parametrize("host", ["127.0.0.2", "[::1]", "10.0.0.1", "169.254.169.254", "localhost", "127.1"])
def test_nothing_is_posted_into_a_network(make_web: MakeWeb, canaries: Canaries, settings, host: str):
    settings.FETCH_EXTRA_PORTS = [canaries.port]
    url = f"http://{host}:{canaries.port}/hook"

    for ask in (lambda: make_web().deliver(url, body=b"{}", headers=HEADERS), lambda: make_web().check(url)):
        with pytest.raises(Refused):
            ask()

    assert canaries.hits == 0


def test_a_name_that_changes_its_mind_after_the_check_is_refused(make_web: MakeWeb, canaries: Canaries, settings):
    settings.FETCH_EXTRA_PORTS = [canaries.port]
    answers = iter([["93.184.215.14"], ["127.0.0.2"]])
    web = make_web(resolver=lambda host, port: next(answers))
    url = f"http://hooks.example:{canaries.port}/"

    web.check(url)  # public when it is registered
    with pytest.raises(Refused) as refusal:
        web.deliver(url, body=b"{}", headers=HEADERS)

    assert refusal.value.reason == "address_refused"
    assert canaries.hits == 0


def test_a_name_without_an_address_does_not_pass_the_check(make_web: MakeWeb):
    def nobody(host, port):
        raise OSError("no such name")

    with pytest.raises(WebError) as failure:
        make_web(resolver=nobody).check("https://hooks.example/")

    assert failure.value.reason == "dns"
