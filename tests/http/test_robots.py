"""robots.txt is asked first, obeyed, remembered, and never guessed when it cannot be read."""

import time

import pytest
from pytest_django import Settings

from claims.http import Refused, RetryLater, Web
from claims.http import robots as robots_module
from claims.http.robots import rules_for
from tests.http.conftest import MakeWeb
from tests.servers.loopback import Request, Site, Wire


def robots(site: Site, text: str, *, status: int = 200) -> None:
    site.page("/robots.txt", text.encode(), status=status, content_type="text/plain")
    for path in ("/", "/public", "/private", "/private/page", "/private/open"):
        site.page(path, b"text")


def allowed(web: Web, site: Site, path: str) -> bool:
    try:
        return web.get(site.url(path)).body == b"text"
    except Refused as error:
        if error.reason != "robots":
            raise
        return False


@pytest.fixture(autouse=True)
def _our_name(settings: Settings) -> None:
    settings.FETCH_USER_AGENT = "FactcheckDesk/0.1 (+https://desk.example/)"


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("", True),
        ("User-agent: *\nDisallow:", True),
        ("User-agent: *\nDisallow: /", False),
        ("User-agent: *\nDisallow: /private", False),
        ("User-agent: *\nDisallow: /private\nAllow: /private/page", True),
        ("User-agent: *\nDisallow: /private\nAllow: /private/open", False),
        ("User-agent: *\nDisallow: /*page$", False),
        ("User-agent: *\nDisallow: /*page?", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: FactcheckDesk\nAllow: /", True),
        ("User-agent: FACTCHECKDESK\nDisallow: /\n\nUser-agent: *\nAllow: /", False),
        ("User-agent: factcheckdesk/2.0\nDisallow: /", False),
        ("User-agent: other\nUser-agent: FactcheckDesk\nDisallow: /", False),
        ("User-agent: FactcheckDesk\n# a comment\n\nUser-agent: other\nSitemap: /x\nDisallow: /", False),
        ("User-agent: fact\nDisallow: /", True),
        ("User-agent: FactcheckDeskPlus\nDisallow: /", True),
        ("User-agent: other\nDisallow: /", True),
        ("User-agent: *\nAllow: /\nUser-agent: other\nDisallow: /", True),
        (
            "User-agent: FactcheckDesk\nAllow: /\nUser-agent: x\nDisallow: /a\nUser-agent: FactcheckDesk\nDisallow: /p",
            False,
        ),
        ("\ufeffUser-agent: *\r\nDisallow: /private\r\n", False),
        ("user-agent:*\rdisallow:/private", False),
        ("Disallow: /", True),
        ("<!doctype html><title>Not found</title>", True),
    ],
)
def test_rules(text: str, may: bool, web: Web, site: Site):
    robots(site, text)

    assert allowed(web, site, "/private/page") is may
    assert ("/private/page" in site.paths()) is may


def test_dots_and_escapes_are_no_way_around(web: Web, site: Site):
    robots(site, "User-agent: *\nDisallow: /private")

    for path in ("/public/../private", "/public/%2e%2E/private", "/./private", "/%70rivate"):
        assert not allowed(web, site, path), path
    assert site.paths() == ["/robots.txt"]


def test_pages_that_are_redirected_to_are_asked_about_too(web: Web, site: Site):
    robots(site, "User-agent: *\nDisallow: /private")
    site.redirect("/public", "/private")

    assert not allowed(web, site, "/public")
    assert site.paths() == ["/robots.txt", "/public"]


def test_robots_txt_is_fetched_once_per_origin(web: Web, site: Site):
    robots(site, "User-agent: *\nDisallow: /private")

    for _ in range(3):
        assert allowed(web, site, "/public")

    assert site.paths().count("/robots.txt") == 1


def test_caller_may_ask_without_robots_txt(web: Web, site: Site):
    robots(site, "User-agent: *\nDisallow: /")

    assert web.get(site.url("/private"), obey_robots=False).body == b"text"
    assert site.paths() == ["/private"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_no_robots_txt_allows_everything(status: int, web: Web, site: Site):
    robots(site, "User-agent: *\nDisallow: /", status=status)

    assert allowed(web, site, "/private")


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599, 429])
def test_failing_robots_txt_forbids_everything_for_a_while(
    status: int, web: Web, site: Site, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(robots_module, "KEEP_UNREACHABLE_SECONDS", 0.2)
    robots(site, "User-agent: *\nAllow: /", status=status)

    for _ in range(2):
        with pytest.raises(RetryLater) as caught:
            web.get(site.url("/public"))
        assert caught.value.after is not None

    assert site.paths() == ["/robots.txt"]
    time.sleep(0.25)
    robots(site, "User-agent: *\nAllow: /")
    assert allowed(web, site, "/public")


def test_retry_after_of_robots_txt_is_kept(web: Web, site: Site):
    site.page("/robots.txt", b"", status=503, headers={"Retry-After": "7200"})

    with pytest.raises(RetryLater) as caught:
        web.get(site.url("/public"))

    assert caught.value.after is not None
    assert 7100 < caught.value.after <= 7200


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\nxx",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nnot gzip at all",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nUser-agent: *",
        b"HTTP/1.1 302 Found\r\nLocation: ftp://news.example/robots.txt\r\n\r\n",
    ],
)
def test_unreadable_robots_txt_forbids_for_now(answer: bytes, web: Web, site: Site):
    site.raw("/robots.txt", answer)

    with pytest.raises(RetryLater) as caught:
        web.get(site.url("/public"))

    assert caught.value.reason == "robots_unreachable"
    assert site.paths() == ["/robots.txt"]


def test_hurry_of_ours_is_not_held_against_the_site(web: Web, site: Site):
    def slow(request: Request, wire: Wire) -> None:
        wire.drip([b""] * 20, pause=0.02)
        wire.answer(b"User-agent: *\nAllow: /")

    site.handle("/robots.txt", slow)
    site.page("/public", b"text")

    with pytest.raises(RetryLater):
        web.get(site.url("/public"), wall=0.1)

    assert allowed(web, site, "/public")


@pytest.mark.parametrize("hops", [5, 6])
def test_robots_txt_is_followed_through_five_redirects(hops: int, web: Web, site: Site):
    site.redirect("/robots.txt", "/1")
    for number in range(1, hops):
        site.redirect(f"/{number}", f"/{number + 1}")
    site.page(f"/{hops}", b"User-agent: *\nDisallow: /")
    site.page("/public", b"text")

    assert allowed(web, site, "/public") is (hops == 6)  # one too many: as good as none


def test_only_the_beginning_of_a_huge_robots_txt_counts(web: Web, site: Site):
    robots(site, "User-agent: *\nDisallow: /private\n" + "#" * 600_000 + "\nDisallow: /public")

    assert not allowed(web, site, "/private")
    assert allowed(web, site, "/public")


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"User-agent: a{n}\n" for n in range(15_000)) + "".join(f"Disallow: /{n}\n" for n in range(15_000)),
        "User-agent: *\n" * 15_000 + "Disallow: /x\n" * 15_000,
        "User-agent: *\n" + "".join(f"Disallow: /*{n}*a*b$\n" for n in range(8_000)),
        "User-agent: *\nDisallow: /" + "*a" * 200_000 + "\n",
        "User-agent" + " " * 400_000 + "\n",
    ],
)
def test_hostile_robots_txt_costs_little(text: str, web: Web, site: Site):
    robots(site, text)
    began = time.monotonic()

    assert allowed(web, site, "/public")
    assert time.monotonic() - began < 10  # left whole, the first of them takes minutes


@pytest.mark.parametrize(
    ("line", "seconds"), [("7", 7.0), ("0.5", 0.5), ("-1", None), ("inf", None), ("nan", None), ("x", None)]
)
def test_crawl_delay_is_passed_on(line: str, seconds: float | None, make_web: MakeWeb, site: Site):
    told: list[tuple[int, float | None]] = []

    def crawl_delay(*, scheme: str, host: str, port: int, seconds: float | None) -> None:
        told.append((port, seconds))

    robots(site, f"User-agent: *\nCrawl-delay: {line}\nDisallow: /private")

    make_web(crawl_delay=crawl_delay).get(site.url("/public"))

    assert told == [(site.port, seconds)]


def test_only_what_concerns_us_is_parsed():
    text = (
        b"User-agent: a\nDisallow: /a\nUser-agent: us/1\nUser-agent: b\nDisallow: /b\n"
        b"User-agent: *\nAllow: /c\nSitemap: x"
    )

    assert rules_for(text, token="us").splitlines() == ["User-agent: us", "Disallow: /b", "User-agent: *", "Allow: /c"]
