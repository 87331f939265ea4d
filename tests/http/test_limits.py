"""Whatever a site sends, and however slowly, a fetch ends in time, in bounded memory, and says what was wrong."""

import gzip
import itertools
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from functools import cache

import pytest

from claims.http import NotMeasured, Refused, RetryLater, Web
from tests.http.conftest import MakeWeb
from tests.servers.loopback import Request, Site, Wire

MEGABYTE = 1024 * 1024


@cache
def packed(size: int) -> bytes:
    """So many zero bytes, as gzip, made without holding them."""
    maker = zlib.compressobj(9, wbits=31)
    block = bytes(MEGABYTE)
    return b"".join([*(maker.compress(block) for _ in range(size // MEGABYTE)), maker.flush()])


def gzipped(site: Site, path: str, body: bytes, *, coding: str = "gzip") -> None:
    site.page(path, body, headers={"Content-Encoding": coding})


def fails(web: Web, url: str, kind: type[Exception], reason: str, **given: object) -> None:
    with pytest.raises(kind) as caught:
        web.get(url, obey_robots=False, **given)  # type: ignore[arg-type]

    assert getattr(caught.value, "reason", "") == reason
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("limit", [10_000_000, 1_000_000_000])
def test_gzip_bomb(limit: int, web: Web, site: Site):
    """100 MB in 100 KB: stopped by the size limit or by the factor, whichever comes first."""
    gzipped(site, "/bomb", packed(100 * MEGABYTE))
    tracemalloc.start()
    try:
        fails(web, site.url("/bomb"), Refused, "expands_too_far", limit=limit)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 40 * MEGABYTE


def test_gzip_larger_than_the_limit(web: Web, site: Site):
    gzipped(site, "/large", gzip.compress(b"".join(b"%d " % n for n in range(60_000))))

    fails(web, site.url("/large"), Refused, "too_large", limit=100_000)


def test_gzip_in_many_pieces(web: Web, site: Site):
    gzipped(site, "/pieces", gzip.compress(b"") * 50_000)
    began = time.monotonic()

    fails(web, site.url("/pieces"), Refused, "expands_too_far")

    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "coding",
    ["gzip, gzip", "gzip,gzip", "br", "zstd", "deflate", "compress", "gzip, br", "identity, gzip", "aes128gcm"],
)
def test_coding_that_was_not_asked_for(coding: str, web: Web, site: Site):
    gzipped(site, "/page", gzip.compress(gzip.compress(b"text")), coding=coding)

    fails(web, site.url("/page"), Refused, "content_coding")
    assert site.requests("/page")[0].headers["accept-encoding"] == "gzip"


def test_two_content_encoding_headers_are_one_on_top_of_the_other(web: Web, site: Site):
    site.raw("/page", b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Encoding: gzip\r\n\r\n")

    fails(web, site.url("/page"), Refused, "content_coding")


@pytest.mark.parametrize("body", [b"plain text", b"\x1f\x8b\x08\x00\x00" + b"\xff" * 40])
def test_gzip_that_is_none(body: bytes, web: Web, site: Site):
    gzipped(site, "/page", body)

    fails(web, site.url("/page"), NotMeasured, "broken_answer")


def test_gzip_that_ends_early(web: Web, site: Site):
    gzipped(site, "/page", gzip.compress(b"the beginning of a longer story")[:-9])

    fails(web, site.url("/page"), NotMeasured, "cut_short")


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 131_072, 900_000])
def test_honest_gzip_is_unpacked_whole(size: int, web: Web, site: Site):
    body = bytes(size)
    wire = gzip.compress(body) + b"\0\0\0"
    gzipped(site, "/page", wire)

    answer = web.get(site.url("/page"), obey_robots=False)

    assert answer.body == body
    assert answer.wire_body == wire


def test_gzip_in_two_pieces_is_joined(web: Web, site: Site):
    gzipped(site, "/page", gzip.compress(b"one ") + gzip.compress(b"two"))

    assert web.get(site.url("/page"), obey_robots=False).body == b"one two"


def test_a_body_of_exactly_the_limit_passes_and_one_byte_more_does_not(web: Web, site: Site):
    site.page("/fits", bytes(1000))
    site.raw("/over", b"HTTP/1.1 200 OK\r\n\r\n" + bytes(1001))

    assert len(web.get(site.url("/fits"), limit=1000, obey_robots=False).body) == 1000
    fails(web, site.url("/over"), Refused, "too_large", limit=1000)


def test_endless_chunks(web: Web, site: Site):
    def endless(request: Request, wire: Wire) -> None:
        wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in itertools.count():
            wire.send(b"10000\r\n" + bytes(65_536) + b"\r\n")

    site.handle("/endless", endless)

    fails(web, site.url("/endless"), Refused, "too_large", limit=3_000_000)


@pytest.mark.parametrize("length", ["99999999999", "1" * 400])
def test_huge_content_length_is_refused_before_the_body(length: str, web: Web, site: Site):
    def huge(request: Request, wire: Wire) -> None:
        wire.send(f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n".encode())
        wire.drip(itertools.repeat(b"x"), pause=0.05)

    site.handle("/huge", huge)
    began = time.monotonic()

    with pytest.raises((Refused, NotMeasured)):
        web.get(site.url("/huge"), obey_robots=False)

    assert time.monotonic() - began < 2


def drip_head() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    for number in itertools.count():
        yield b"X-%d: 1\r\n" % number


@pytest.mark.parametrize("what", ["body", "head", "chunks", "nothing", "interim"])
def test_slow_site_is_left_when_the_time_is_over(what: str, web: Web, site: Site):
    def slow(request: Request, wire: Wire) -> None:
        head = b"HTTP/1.1 200 OK\r\n"
        pieces: dict[str, Iterator[bytes]] = {
            "body": itertools.chain([head + b"\r\n"], itertools.repeat(b"x")),
            "head": drip_head(),
            "chunks": itertools.chain([head + b"Transfer-Encoding: chunked\r\n\r\n"], itertools.repeat(b"1\r\nx\r\n")),
            "nothing": itertools.repeat(b""),
            "interim": itertools.repeat(b"HTTP/1.1 102 Processing\r\n\r\n"),
        }
        wire.drip(pieces[what], pause=0.02)

    site.handle("/slow", slow)
    began = time.monotonic()

    fails(web, site.url("/slow"), RetryLater, "timeout", wall=0.5)

    assert 0.4 < time.monotonic() - began < 1.5


def test_slow_name_lookup_counts(make_web: MakeWeb):
    def slow(host: str, port: int) -> list[str]:
        time.sleep(3)
        return ["127.0.0.1"]

    began = time.monotonic()

    fails(make_web(resolver=slow), "http://news.example/", RetryLater, "dns", wall=0.3)

    assert time.monotonic() - began < 1.5


def test_slow_redirects_share_one_limit(web: Web, site: Site):
    def slow_redirect(request: Request, wire: Wire) -> None:
        number = int(request.path.partition("?")[2])
        time.sleep(0.2)
        wire.answer(status=302, headers={"Location": f"/next?{number + 1}"})

    site.handle("/next", slow_redirect)

    fails(web, site.url("/next?0"), RetryLater, "timeout", wall=0.5)


@pytest.mark.parametrize(
    "flood",
    [
        b"".join(b"X-%d: y\r\n" % number for number in range(10_000)),
        b"X-Long: " + b"y" * 1_000_000 + b"\r\n",
        b"X: 1\r\n" + b" folded\r\n" * 20_000,
        b"\r\n" + b"HTTP/1.1 100 Continue\r\n\r\n" * 5_000 + b"HTTP/1.1 200 OK\r\n",
    ],
)
def test_header_flood(flood: bytes, web: Web, site: Site):
    status = b"HTTP/1.1 100 Continue\r\n" if flood.startswith(b"\r\n") else b"HTTP/1.1 200 OK\r\n"
    site.raw("/flood", status + flood + b"\r\nbody")

    fails(web, site.url("/flood"), Refused, "headers_too_large")


def test_header_block_of_60_kb_passes(web: Web, site: Site):
    site.raw("/page", b"HTTP/1.1 200 OK\r\nX-Long: " + b"y" * 60_000 + b"\r\n\r\nbody")

    assert web.get(site.url("/page"), obey_robots=False).body == b"body"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "cut_short"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", "cut_short"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "cut_short"),
        (b"HTTP/1.1 200 OK\r\nContent-", "cut_short"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "broken_answer"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "broken_answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", "broken_answer"),
        (b"HTTP/1.1 200 OK\r\nBad Header\r\n\r\n", "broken_answer"),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", "broken_answer"),
    ],
)
def test_broken_answer_is_not_an_empty_one(answer: bytes, reason: str, web: Web, site: Site):
    site.raw("/broken", answer)

    fails(web, site.url("/broken"), NotMeasured, reason)


def test_a_server_that_is_not_there(web: Web, site: Site):
    site.close()

    fails(web, site.url("/"), RetryLater, "connect")
