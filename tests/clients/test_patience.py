"""What the client does when the other side fails, stalls, lies or leads elsewhere."""

import gzip
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from factcheck_client import (
    Client,
    NotFound,
    Patience,
    RefusedByDesk,
    Retracted,
    TryLater,
    UnexpectedAnswer,
    Unreachable,
)
from tests.clients.conftest import envelope, in_turn, says
from tests.servers.loopback import Canary, Request, Site, Wire

PATH = "/api/v1/verdicts/abc"
ACKNOWLEDGE = f"{PATH}/acknowledgements"
BUSY = {"code": "busy", "message": "Busy.", "request_id": "r"}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def cut_off(request: Request, wire: Wire) -> None:
    wire.send(HEAD + b'Content-Length: 1000\r\n\r\n{"id":')


def nothing(request: Request, wire: Wire) -> None:
    return


def packed(body: bytes) -> Callable[[Request, Wire], None]:
    return lambda _, wire: wire.answer(body, headers={"Content-Encoding": "gzip"})


def test_a_busy_desk_is_asked_again_when_it_says(client: Client, site: Site, pauses: list[float]):
    site.handle(PATH, in_turn(says(BUSY, status=503, Retry_After="7"), says(BUSY, status=429), says(envelope())))

    assert client.verdict("abc").id == "abc"

    assert pauses[0] == 7.0
    assert 0.5 <= pauses[1] <= 1.0  # said nothing, so the second of our own
    assert len(pauses) == 2


def test_it_may_say_when_by_the_clock(client: Client, site: Site, pauses: list[float]):
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    site.handle(PATH, in_turn(says(BUSY, status=429, Retry_After=at), says(envelope())))

    client.verdict("abc")

    assert 0.5 < pauses[0] <= 20


@pytest.mark.parametrize("given", ["soon", "-3", "1e9", "9" * 40, ""])
def test_what_cannot_be_read_as_a_time_is_not_waited_for(client: Client, site: Site, pauses: list[float], given: str):
    site.handle(PATH, in_turn(says(BUSY, status=503, Retry_After=given), says(envelope())))

    client.verdict("abc")

    assert pauses[0] <= 0.5


def test_after_the_last_try_the_caller_is_told(client: Client, site: Site, pauses: list[float]):
    site.handle(PATH, says({**BUSY, "code": "throttled"}, status=429, Retry_After="3"))

    with pytest.raises(TryLater) as later:
        client.verdict("abc")

    assert (later.value.status, later.value.code, later.value.retry_after) == (429, "throttled", 3.0)
    assert len(site.paths()) == 3
    assert pauses == [3.0, 3.0]


def test_who_wants_to_be_left_alone_for_long_is(client: Client, site: Site, pauses: list[float]):
    site.handle(PATH, says(BUSY, status=503, Retry_After="86400"))

    with pytest.raises(TryLater) as later:
        client.verdict("abc")

    assert later.value.retry_after == 86_400
    assert len(site.paths()) == 1
    assert pauses == []


def test_a_gateways_own_page_is_a_reason_to_try_later(client: Client, site: Site):
    site.page(PATH, b"<h1>Bad gateway</h1>", status=502)

    with pytest.raises(TryLater):
        client.verdict("abc")
    assert len(site.paths()) == 3


@pytest.mark.parametrize("broken", [cut_off, nothing])
def test_a_broken_connection_is_tried_again(client: Client, site: Site, broken: Callable[[Request, Wire], None]):
    site.handle(PATH, in_turn(broken, broken, says(envelope())))

    assert client.verdict("abc").id == "abc"
    assert len(site.paths()) == 3


def test_nobody_there_is_unreachable(pauses: list[float]):
    with Site() as gone:
        address = gone.url()
    with (
        Client(address, patience=Patience(tries=2), sleep=pauses.append) as client,
        pytest.raises(Unreachable),
    ):
        client.verdict("abc")
    assert len(pauses) == 1


@pytest.mark.parametrize("answer", [says(BUSY, status=503, Retry_After="1"), cut_off, nothing])
def test_a_write_is_sent_once(client: Client, site: Site, pauses: list[float], answer: Callable[[Request, Wire], None]):
    site.handle(ACKNOWLEDGE, answer)

    with pytest.raises((TryLater, Unreachable)):
        client.acknowledge("abc", version=1)

    assert [request.method for request in site.requests()] == ["POST"]
    assert pauses == []


@pytest.mark.parametrize(
    "start", [b"", HEAD + b"X: ", HEAD + b"Content-Length: 100000\r\n\r\n"], ids=["status line", "header", "body"]
)
def test_one_byte_at_a_time_does_not_hold_it_for_ever(client: Client, site: Site, start: bytes):
    def drip(request: Request, wire: Wire) -> None:
        wire.send(start)
        wire.drip((b"H" for _ in range(100_000)), pause=0.02)

    site.handle(PATH, drip)

    with pytest.raises(Unreachable):
        client.verdict("abc")
    assert len(site.paths()) == 3


def test_interim_answers_without_end_do_not_hold_it_for_ever(client: Client, site: Site):
    def drip(request: Request, wire: Wire) -> None:
        wire.drip((b"HTTP/1.1 103 Early Hints\r\n\r\n" for _ in range(100_000)), pause=0.02)

    site.handle(PATH, drip)

    with pytest.raises(Unreachable):
        client.verdict("abc")
    assert len(site.paths()) == 3


@pytest.mark.parametrize(
    "answer",
    [
        packed(gzip.compress(b" " * 50_000_000)),
        packed(gzip.compress(os.urandom(200_000))),
        lambda _, wire: wire.answer(b" " * 200_000),
    ],
    ids=["bomb", "packed", "plain"],
)
def test_an_answer_that_is_too_large_is_not_read(site: Site, answer: Callable[[Request, Wire], None]):
    site.handle(PATH, answer)

    with (
        Client(site.url(), most_bytes=100_000) as small,
        pytest.raises(UnexpectedAnswer, match="larger than 100000"),
    ):
        small.verdict("abc")
    assert len(site.paths()) == 1


def test_a_packed_answer_is_unpacked(client: Client, site: Site):
    site.handle(PATH, packed(gzip.compress(b'{"a": 1}')))

    assert client.json("/verdicts/abc") == {"a": 1}
    assert site.requests()[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize(
    "answer",
    [
        packed(b"no gzip"),
        packed(gzip.compress(b'{"a": 1}')[:-9]),
        lambda _, wire: wire.answer(b"{}", headers={"Content-Encoding": "br"}),
        lambda _, wire: wire.answer(b"[" * 100_000),
        lambda _, wire: wire.answer(b'{"a": ' + b"9" * 10_000 + b"}"),
        lambda _, wire: wire.answer(b"\xff\xfe{}"),
        lambda _, wire: wire.answer(b"", status=304),
        lambda _, wire: wire.answer(b"<html>", status=500),
        lambda _, wire: wire.answer(b"", status=204),
        says([]),
        says(envelope(version="1")),
        says(envelope(version=-1)),
        says(envelope(published_at="yesterday")),
        says(envelope(published_at="2026-03-02T12:00:00")),
        says(envelope(document=None)),
        says(envelope(document={})),
        says({"code": "retracted", "message": "", "details": {"version": "x"}}, status=410),
    ],
)
def test_what_is_no_answer_of_a_desk_is_not_believed(client: Client, site: Site, answer: Any):
    site.handle(PATH, answer)

    with pytest.raises(UnexpectedAnswer):
        client.verdict("abc")
    assert len(site.paths()) == 1


def test_fields_that_nobody_knows_yet_are_passed_over(client: Client, site: Site):
    site.handle(PATH, says(envelope(new="x", document={**envelope()["document"], "newer": [1]})))

    assert client.verdict("abc").document.raw["newer"] == [1]


def test_neither_redirect_nor_next_page_leads_the_key_elsewhere(client: Client, site: Site):
    with Canary() as canary:
        elsewhere = f"http://127.0.0.1:{canary.port}"
        site.redirect(PATH, f"{elsewhere}/api/v1/verdicts/abc", status=308)
        page = {"next": f"{elsewhere}/api/v1/verdicts?cursor=c2", "results": [envelope(sequence=2)]}
        site.handle("/api/v1/verdicts", in_turn(says(page), says({"next": None, "results": [envelope()]})))

        with pytest.raises(UnexpectedAnswer):
            client.verdict("abc")
        assert [verdict.sequence for verdict in client.verdicts()] == [2, 1]

        assert canary.hits == 0
    assert site.paths()[-1] == "/api/v1/verdicts?page_size=100&cursor=c2"


@pytest.mark.parametrize(
    "page",
    [
        {"next": "/api/v1/verdicts?cursor=c", "results": []},
        {"next": "/api/v1/verdicts?cursor=c", "results": [envelope()]},
        {"next": "/api/v1/verdicts", "results": [envelope()]},
        {"next": "http://[", "results": [envelope()]},
    ],
    ids=["empty", "again the same", "no cursor", "no address"],
)
def test_a_list_that_would_never_end_is_ended(client: Client, site: Site, page: dict[str, Any]):
    site.handle("/api/v1/verdicts", says(page))

    with pytest.raises(UnexpectedAnswer):
        list(client.verdicts())
    assert len(site.paths()) <= 2


def test_claims_merged_in_a_circle_are_given_up(client: Client, site: Site):
    body = {"code": "merged", "message": "Merged.", "details": {"id": "abc"}, "request_id": "r"}
    site.handle(PATH, says(body, status=308))

    with pytest.raises(UnexpectedAnswer, match="circle"):
        client.verdict("abc")


def test_refusals_are_not_tried_again(client: Client, site: Site):
    site.handle(PATH, in_turn(says({**BUSY, "code": "not_found"}, status=404), says({**BUSY, "code": "x"}, status=418)))

    with pytest.raises(NotFound):
        client.verdict("abc")
    with pytest.raises(RefusedByDesk) as refused:
        client.verdict("abc")
    assert refused.value.code == "x"
    assert len(site.paths()) == 2


def test_a_retraction_tells_what_stands_instead(client: Client, site: Site):
    details = {"reason": "Wrong.", "version": 3, "retracted_at": "2026-03-04T09:30:00Z", "superseded_by": "def"}
    site.handle(PATH, says({**BUSY, "code": "retracted", "details": details}, status=410))

    with pytest.raises(Retracted) as retracted:
        client.verdict("abc")
    assert (retracted.value.reason, retracted.value.superseded_by) == ("Wrong.", "def")


def test_an_etag_that_cannot_be_sent_back_is_not_kept(client: Client, site: Site):
    body = b'{"a": 1}'
    site.handle(PATH, lambda _, wire: wire.answer(body, headers={"ETag": '"\xe4"'}))

    assert client.json("/verdicts/abc") == client.json("/verdicts/abc") == {"a": 1}
    assert "if-none-match" not in site.requests()[1].headers


@pytest.mark.parametrize("site", ["desk.example", "ftp://desk.example", "https://", "https://u:p@desk.example"])
def test_an_address_that_is_none_is_refused_at_once(site: str):
    with pytest.raises(ValueError, match="address"):
        Client(site)


def test_a_key_that_is_none_is_refused_at_once():
    with pytest.raises(ValueError, match="key"):
        Client("https://desk.example", key="a\nb")


def test_it_goes_through_a_proxy_where_one_is_given(site: Site):
    site.otherwise(says(envelope()))

    with Client("http://desk.example", proxy=site.url()) as client:
        assert client.verdict("abc").id == "abc"

    assert site.paths() == ["http://desk.example/api/v1/verdicts/abc"]
