"""Answers made to hurt: does each end in time, in little memory, and with the right thing written down?

The server is a process of its own; this process is the worker whose memory is watched (its peak, taken from the
kernel), parsing happens in the product's limited child. What is slow runs side by side, what is heavy one by one.
"""

import gzip
import itertools
import json
import os
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from claims.capture import child
from claims.choices import SourceKind
from claims.coverage.registry import CONNECTORS
from claims.http import NO_PACE, Web, WebError
from tests.capture.pdfs import pdf
from tests.servers.loopback import Site

MEGABYTE = 1024 * 1024
MOST_SECONDS = 30.0
MOST_GROWTH = 50 * MEGABYTE
LOOKUP_STALL = 60.0
HEAD = b"HTTP/1.1 200 OK\r\n"


@dataclass(frozen=True)
class Case:
    """One hostile answer: where it is, by which path the product meets it, and what must be written down."""

    name: str
    path: str
    expected: tuple[str, ...]
    read: str = "get"  # get, page, robots, or a kind of source
    slow: bool = False


CASES = [
    Case("gzip 1000x", "/gzip", ("Refused: expands_too_far", "Refused: too_large")),
    Case("gzip of gzip", "/stacked", ("Refused: content_coding",)),
    Case("br", "/br", ("Refused: content_coding",)),
    Case("zstd", "/zstd", ("Refused: content_coding",)),
    Case("gzip in 50,000 members", "/members", ("Refused: expands_too_far",)),
    Case("endless chunked", "/endless", ("Refused: too_large",)),
    Case("content-length of 99 GB", "/announced", ("Refused: too_large",)),
    Case("1 MB header", "/header", ("Refused: headers_too_large",)),
    Case("10,000 headers", "/headers", ("Refused: headers_too_large",)),
    Case("50 redirects", "/hop?0", ("Refused: too_many_redirects",)),
    Case("redirect to itself", "/loop", ("Refused: redirect_loop",)),
    Case("1 byte a second", "/drip", ("RetryLater: timeout",), slow=True),
    Case("1 byte a second, gzip", "/drip-gzip", ("RetryLater: timeout",), slow=True),
    Case("slow headers", "/slow-head", ("RetryLater: timeout",), slow=True),
    Case("never answers", "/silent", ("RetryLater: timeout",), slow=True),
    Case("slow redirects", "/slow-hop?0", ("RetryLater: timeout", "Refused: too_many_redirects"), slow=True),
    Case("slow robots.txt", "/", ("RetryLater: timeout", "RetryLater: robots_unreachable"), read="robots", slow=True),
    Case("name server stalls", "", ("RetryLater: dns",), slow=True),
    Case("robots.txt of 100 MB", "/", ("200",), read="big robots"),
    Case("billion laughs, feed", "/laughs.xml", ("not_measured", "found"), read=SourceKind.RSS),
    Case("billion laughs, sitemap", "/laughs-map.xml", ("not_measured",), read=SourceKind.SITEMAP),
    Case("quadratic blow-up, feed", "/quadratic.xml", ("not_measured", "found"), read=SourceKind.RSS),
    Case("quadratic blow-up, sitemap", "/quadratic-map.xml", ("not_measured",), read=SourceKind.SITEMAP),
    Case("600 kB of nested tags, feed", "/nested.xml", ("not_measured", "found"), read=SourceKind.RSS),
    Case("100,000 items, feed", "/items.xml", ("Refused: too_large", "found"), read=SourceKind.RSS),
    Case("40,000 items within the size limit, feed", "/items-small.xml", ("found",), read=SourceKind.RSS),
    Case("json nested 100,000 deep", "/deep.json", ("not_measured",), read=SourceKind.JSON_FEED),
    Case("json with a number of 1e6 digits", "/digits.json", ("not_measured",), read=SourceKind.JSON_FEED),
    Case("page of 1e6 elements", "/elements", ("failed",), read="page"),
    Case("page of 600 kB nested tags", "/nested", ("failed", "read"), read="page"),
    Case("page with one attribute of 5 MB", "/attribute", ("failed", "read"), read="page"),
    Case("page with json-ld nested 100,000 deep", "/deep-ld", ("read",), read="page"),
    Case("pdf that unpacks to 400 MB", "/bomb.pdf", ("failed",), read="pdf"),
]


def measure(_asked):
    """Meet every case."""
    server = subprocess.Popen([sys.executable, "-m", "fetching.bombs"], stdout=subprocess.PIPE, text=True, env=_path())
    try:
        ports = json.loads(server.stdout.readline())
        web = Web(pace=NO_PACE, loopback_allowed=[f"127.0.0.1:{port}" for port in ports.values()])
        _ask(Case("warm up", "/fine", ("read",), read="page"), web, ports)
        web.get(f"http://127.0.0.1:{ports['main']}/fine", obey_robots=False)
        start = _memory("VmRSS")
        results = [_measured(case, web, ports) for case in CASES if not case.slow]
        with ThreadPoolExecutor(16) as threads:
            slow = [case for case in CASES if case.slow]
            results += threads.map(lambda case: _measured(case, web, ports), slow)
        end = _memory("VmRSS")
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
        child.close()
    growth = max(result["growth"] for result in results)
    wrong = [result["name"] for result in results if result["wrong"]]
    longest = max(result["seconds"] for result in results)
    return {
        "passed": not wrong and longest <= MOST_SECONDS and growth <= MOST_GROWTH,
        "cases_met": len(results),
        "longest_seconds": longest,
        "largest_growth_mb": round(growth / MEGABYTE, 1),
        "growth_after_all_mb": round((end - start) / MEGABYTE, 1),
        "children_largest_mb": round(max(result["child_peak"] for result in results) / MEGABYTE, 1),
        "wrong_status": wrong,
        "cases": results,
    }


def _measured(case, web, ports):
    Path("/proc/self/clear_refs").write_text("5")  # the kernel's peak starts anew
    before, began = _memory("VmRSS"), time.monotonic()
    watch = _ChildPeak()
    said = _ask(case, web, ports)
    took = time.monotonic() - began
    return {
        "name": case.name,
        "said": said,
        "wrong": not said.startswith(case.expected),
        "seconds": round(took, 2),
        "growth": max(_memory("VmHWM") - before, 0),
        "child_peak": watch.end(),
    }


def _ask(case, web, ports):
    url = f"http://127.0.0.1:{ports['main']}{case.path}"
    try:
        if case.name == "name server stalls":
            stalled = Web(pace=NO_PACE, resolver=_stall, loopback_allowed=[])
            return str(stalled.get("http://news.example/", obey_robots=False).status)
        if case.read in {"robots", "big robots"}:
            return str(web.get(f"http://127.0.0.1:{ports[case.read]}/").status)
        if case.read in CONNECTORS:
            connector = CONNECTORS[case.read]
            answer = web.get(url, obey_robots=False, limit=connector.size_limit)
            return str(connector.listing(answer, lambda _: answer).outcome)
        answer = web.get(url, obey_robots=False)
        if case.read == "get":
            return str(answer.status)
        kind = "pdf" if case.read == "pdf" else "page"
        child.read_in_child(kind, answer.body, url=url, content_type="text/html", charset="utf-8")
    except WebError as error:
        return f"{type(error).__name__}: {error.reason}"
    except child.ReadingFailed as error:
        return f"failed: {error}"
    return "read"


def _stall(_host, _port):
    time.sleep(LOOKUP_STALL)
    return []


def _memory(field, pid="self"):
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


class _ChildPeak:
    """The largest memory that a reading child had meanwhile, looked at every 20 ms."""

    def __init__(self):
        self._peak, self._over = 0, threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def _look(self):
        while not self._over.wait(0.02):
            self._peak = max([self._peak, *(_memory("VmRSS", pid) for pid in child.pids())])

    def end(self):
        self._over.set()
        self._thread.join()
        return self._peak


def _path():
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}


def _raw(head: bytes, body: bytes = b"") -> bytes:
    return HEAD + head + b"\r\n" + body


def _zeros(size, level=9):
    maker = zlib.compressobj(level, wbits=31)
    block = bytes(MEGABYTE)
    return b"".join([*(maker.compress(block) for _ in range(size // MEGABYTE)), maker.flush()])


def _slowly(pieces: Callable[[], object], pause: float):
    return lambda _request, wire: wire.drip(pieces(), pause=pause)


def _hop(pause):
    def answer(request, wire):
        path, _, number = request.path.partition("?")
        time.sleep(pause)
        wire.answer(status=302, headers={"Location": f"{path}?{int(number) + 1}"})

    return answer


def _endless(_request, wire):
    wire.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    for _ in itertools.count():
        wire.send(b"10000\r\n" + bytes(65_536) + b"\r\n")


def _laughs(root: bytes) -> bytes:
    entities = b'<!ENTITY l0 "ha">' + b"".join(
        b'<!ENTITY l%d "%s">' % (n, (b"&l%d;" % (n - 1)) * 10) for n in range(1, 10)
    )
    return b"<?xml version='1.0'?><!DOCTYPE x [" + entities + b"]>" + root.replace(b"@", b"&l9;")


def _quadratic(root: bytes) -> bytes:
    return (
        b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a \""
        + b"a" * 100_000
        + b'">]>'
        + root.replace(b"@", b"&a;" * 20_000)
    )


def _feed(items: bytes) -> bytes:
    return b"<?xml version='1.0'?><rss version='2.0'><channel><title>x</title>" + items + b"</channel></rss>"


def _pdf_bomb() -> bytes:
    maker = zlib.compressobj(9)
    block = b"BT /F1 12 Tf (a) Tj ET " * 40_000
    packed = b"".join([*(maker.compress(block) for _ in range(450)), maker.flush()])
    return pdf("x", packed=packed)


def _serve():
    """The hostile server: prints its ports, then serves until it is killed."""
    item = b"<item><title>t</title><link>https://a.example/%d</link></item>"
    link = b"<item><title>@</title><link>https://a.example/1</link></item>"
    urlset = b"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url><loc>@</loc></url></urlset>"
    article = b"<html><head>%s</head><body><article><p>" + b"The council met on Tuesday. " * 40
    with Site() as site, Site() as slow, Site() as big:
        gz = {"Content-Encoding": "gzip", "Content-Type": "text/html"}
        site.page("/fine", article % b"")
        site.page("/gzip", _zeros(300 * MEGABYTE), headers=gz)
        twice = gzip.compress(_zeros(300 * MEGABYTE))
        site.page("/stacked", twice, headers={"Content-Encoding": "gzip, gzip"})
        site.page("/br", b"\x00" * 1000, headers={"Content-Encoding": "br"})
        site.page("/zstd", b"\x28\xb5\x2f\xfd" * 1000, headers={"Content-Encoding": "zstd"})
        site.page("/members", gzip.compress(b"") * 50_000, headers=gz)
        site.handle("/endless", _endless)
        site.raw("/announced", _raw(b"Content-Length: 99999999999\r\n", b"x"))
        site.raw("/header", _raw(b"X-Long: " + b"y" * 1_000_000 + b"\r\n"))
        site.raw("/headers", _raw(b"".join(b"X-%d: y\r\n" % n for n in range(10_000))))
        site.handle("/hop", _hop(0.0))
        site.redirect("/loop", "/loop")
        site.handle("/drip", _slowly(lambda: itertools.chain([HEAD + b"\r\n"], itertools.repeat(b"x")), 1.0))
        packed = _zeros(MEGABYTE)
        head = HEAD + b"Content-Encoding: gzip\r\n\r\n"
        site.handle(
            "/drip-gzip", _slowly(lambda: itertools.chain([head], (packed[n : n + 1] for n in range(len(packed)))), 1.0)
        )
        site.handle(
            "/slow-head", _slowly(lambda: itertools.chain([HEAD], (b"X-%d: 1\r\n" % n for n in itertools.count())), 1.0)
        )
        site.handle("/silent", _slowly(lambda: itertools.repeat(b""), 1.0))
        site.handle("/slow-hop", _hop(8.0))
        slow.handle("/robots.txt", _slowly(lambda: itertools.chain([HEAD + b"\r\n"], itertools.repeat(b"#")), 1.0))
        big.page("/robots.txt", b"User-agent: a\nDisallow: /\n" * (100 * MEGABYTE // 26), content_type="text/plain")
        big.page("/", b"<p>fine</p>")
        site.page("/laughs.xml", _laughs(_feed(link)))
        site.page("/laughs-map.xml", _laughs(urlset))
        site.page("/quadratic.xml", _quadratic(_feed(link)))
        site.page("/quadratic-map.xml", _quadratic(urlset))
        site.page("/nested.xml", _feed(link.replace(b"@", b"<a>" * 200_000)))
        site.page("/items.xml", _feed(b"".join(item % n for n in range(100_000))))
        site.page(
            "/items-small.xml",
            _feed(b"".join(b"<item><link>https://a.example/%d</link></item>" % n for n in range(40_000))),
        )
        site.page(
            "/deep.json",
            b'{"version": "https://jsonfeed.org/version/1.1", "items": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        )
        site.page(
            "/digits.json", b'{"version": "https://jsonfeed.org/version/1.1", "items": ' + b"9" * 1_000_000 + b"}"
        )
        site.page("/elements", b"<html><body>" + b"<p>a" * 1_000_000)
        site.page("/nested", b"<html><body>" + b"<a>" * 200_000)
        site.page("/attribute", b"<html><body><p class='" + b"x" * 5_000_000 + b"'>" + b"text " * 200)
        deep = b'<script type="application/ld+json">' + b"[" * 100_000 + b"]" * 100_000 + b"</script>"
        site.page("/deep-ld", article % deep)
        site.page("/bomb.pdf", _pdf_bomb(), content_type="application/pdf")
        print(json.dumps({"main": site.port, "robots": slow.port, "big robots": big.port}), flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    _serve()
