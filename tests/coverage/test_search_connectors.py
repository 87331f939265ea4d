"""The contract that every searched service's connector keeps, spoken to over real HTTP in its own wire format."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlencode

import pytest

from claims.choices import Outcome
from claims.coverage.base import ConnectorSettings, Found, Query, Window
from claims.coverage.connectors.gdelt import MOST_RECORDS
from claims.coverage.query_lines import parse
from claims.coverage.registry import SEARCHES
from claims.http import Answer, NotMeasured, Refused, RetryLater, Web
from tests.coverage import services
from tests.coverage.services import ALL, EMPTY, KEY, OWN, PATHS, Failure, body, page, serve, serve_by
from tests.servers.loopback import Site

UNTIL = datetime(2026, 3, 3, tzinfo=UTC)
WINDOW = Window(UNTIL - timedelta(days=7), UNTIL)
QUERY = Query(phrases=("the mayor",), words=("bridge", "costs"), language="en")


@pytest.fixture(params=sorted(SEARCHES))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def search(name: str, site: Site, web: Web, *, query: Query = QUERY, window: Window = WINDOW) -> Found:
    """One search, with errors of the way told apart as searching.py does."""

    def ask(url: str, *, params: Mapping[str, str], credentials: Mapping[str, str] | None = None) -> Answer:
        address = f"{url}?{urlencode(params)}"
        return web.get(address, limit=5_000_000, obey_robots=False, credentials=credentials)

    try:
        return SEARCHES[name].search(query, window, setup=services.setup(name, site), ask=ask)
    except RetryLater as error:
        return Found(Outcome.RETRY_LATER, note=str(error), after=error.after)
    except Refused as error:
        return Found(Outcome.REFUSED, note=str(error))
    except NotMeasured as error:
        return Found(Outcome.NOT_MEASURED, note=str(error))


def test_every_service_is_one_line_of_the_registry_and_names_itself():
    assert {name: connector.name for name, connector in SEARCHES.items()} == {name: name for name in PATHS}


def test_pages_come_as_absolute_addresses_with_plain_titles(name: str, site: Site, web: Web):
    wanted = [page(name, site, n) for n in (1, 2)]
    serve(name, site, body(name, wanted))

    found = search(name, site, web)

    assert found.outcome == Outcome.FOUND
    assert [article.url for article in found.articles] == wanted
    assert all("<" not in article.title + article.summary for article in found.articles)
    assert found.note == ""


def test_nothing_is_said_only_by_a_well_formed_answer_without_results(name: str, site: Site, web: Web):
    serve(name, site, EMPTY[name])

    assert search(name, site, web) == Found(Outcome.NONE)


@pytest.mark.parametrize("failure", ALL, ids=lambda failure: failure.name)
def test_a_failure_is_what_it_is_and_never_nothing(name: str, failure: Failure, site: Site, web: Web):
    headers = {"Content-Type": failure.content_type}
    if failure.after is not None:
        headers["Retry-After"] = str(int(failure.after))
    serve(name, site, failure.body, status=failure.status, headers=headers)

    found = search(name, site, web)

    assert (found.outcome, found.articles) == (failure.outcome, ())
    assert found.note
    assert found.after == failure.after


@pytest.mark.parametrize(
    ("name", "failure"),
    [(name, failure) for name, own in OWN.items() for failure in own],
    ids=lambda one: str(getattr(one, "name", one)),
)
def test_each_service_s_own_ways_to_fail_are_known(name: str, failure: Failure, site: Site, web: Web):
    serve(name, site, failure.body, status=failure.status, headers={"Content-Type": failure.content_type})

    found = search(name, site, web)

    assert (found.outcome, found.articles) == (failure.outcome, ())
    assert found.note
    assert KEY not in found.note


def test_an_answer_that_is_cut_short_is_not_measured(name: str, site: Site, web: Web):
    whole = json.dumps(body(name, [page(name, site, 1)])).encode()
    serve(name, site, whole[: len(whole) // 2])

    found = search(name, site, web)

    assert (found.outcome, found.articles) == (Outcome.NOT_MEASURED, ())
    assert "cut short" in found.note or "damaged" in found.note


def test_a_connection_that_ends_before_the_answer_is_not_measured(name: str, site: Site, web: Web):
    site.raw(PATHS[name], b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{")

    assert search(name, site, web).outcome == Outcome.NOT_MEASURED


def test_illegal_controls_and_lone_surrogates_cost_no_result(name: str, site: Site, web: Web):
    said = json.dumps(body(name, [page(name, site, 1)]), ensure_ascii=True).encode()
    said = said.replace(b"Bridge", b"Bri\x00\x01\x1f\\ud800dge")
    serve(name, site, said)

    found = search(name, site, web)

    assert found.outcome == Outcome.FOUND
    assert "\x00" not in repr(found)
    assert "\ud800" not in "".join(a.title + a.summary for a in found.articles)


@pytest.mark.parametrize("name", sorted(set(SEARCHES) - {"wikipedia"}))  # whose addresses are built, never taken
def test_addresses_that_are_not_of_the_web_are_left_out(name: str, site: Site, web: Web):
    bad = ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://x.example/", "/relative"]
    serve(name, site, body(name, [*bad, page(name, site, 1)]))

    assert [article.url for article in search(name, site, web).articles] == [page(name, site, 1)]


def test_rows_of_any_shape_are_passed_over(name: str, site: Site, web: Web):
    said = json.dumps(body(name, [page(name, site, 1)]))
    for start in ('"articles": [', '"search": [', '"stories": [', '"claims": ['):
        said = said.replace(start, start + 'null, 3, "x", [], {}, {"url": 3, "title": [], "claimReview": [null, {}]}, ')
    serve(name, site, said.encode())

    assert [article.url for article in search(name, site, web).articles] == [page(name, site, 1)]


@pytest.mark.parametrize("seconds", [True, False])
def test_retry_after_is_understood_as_seconds_and_as_a_date(name: str, seconds: bool, site: Site, web: Web):
    when = "90" if seconds else format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    serve(name, site, b"", status=429, headers={"Retry-After": when})

    found = search(name, site, web)

    assert found.outcome == Outcome.RETRY_LATER
    assert found.after is not None
    assert 80 < found.after <= 90


def test_keys_go_into_headers_and_never_into_an_address(name: str, site: Site, web: Web):
    serve(name, site, EMPTY[name])

    search(name, site, web)

    (request,) = site.requests(PATHS[name])
    carried = [header for header, value in request.headers.items() if KEY in value]
    assert KEY not in request.path
    assert bool(carried) == SEARCHES[name].needs_key


def test_a_connector_without_its_key_says_what_to_set(name: str):
    bare = ConnectorSettings(url="https://x.example/", daily_requests=1)

    said = SEARCHES[name].missing(bare)

    assert ("No key" in said) == SEARCHES[name].needs_key


def test_signs_of_a_claim_become_no_operators(name: str, site: Site, web: Web):
    serve(name, site, EMPTY[name])

    search(name, site, web, query=parse('sourcelang:german OR (domain:x -bridge" "a:b c', language="de"))

    (request,) = site.requests(PATHS[name])
    asked = request.path.replace("+", " ")
    if name != "google_factcheck":  # plain text to it
        assert "%22sourcelang%3Agerman%22" in asked
        assert "%22-bridge%22" in asked


# Paging, each in its own way.


def numbered(name: str, site: Site, first: int, count: int) -> list[str]:
    return [page(name, site, n) for n in range(first, first + count)]


def test_media_cloud_is_read_by_its_token_until_there_is_none(site: Site, web: Web):
    pages = {"": ("t1", 1), "t1": ("t2", 3), "t2": (None, 5)}

    def said(asked: dict[str, str]) -> tuple[int, object]:
        token, first = pages[asked.get("pagination_token", "")]
        return 200, body("media_cloud", numbered("media_cloud", site, first, 2), pagination_token=token)

    serve_by("media_cloud", site, said)

    found = search("media_cloud", site, web)

    assert [article.url for article in found.articles] == numbered("media_cloud", site, 1, 6)
    assert found.note == ""
    assert found.articles[0].published_at == datetime(2026, 3, 2, tzinfo=UTC)


def test_news_api_is_read_by_page_and_ends_where_the_plan_does(site: Site, web: Web):
    def said(asked: dict[str, str]) -> tuple[int, object]:
        if asked["page"] == "1":
            return 200, body("news_api", numbered("news_api", site, 0, 100), totalResults=300)
        return 426, {"status": "error", "code": "maximumResultsReached", "message": "…"}

    serve_by("news_api", site, said)

    found = search("news_api", site, web)

    assert (found.outcome, len(found.articles)) == (Outcome.FOUND, 100)
    assert "plan" in found.note


def test_news_api_s_removed_articles_are_no_articles(site: Site, web: Web):
    said = body("news_api", ["https://removed.com"])
    said["articles"][0]["title"] = "[Removed]"
    serve("news_api", site, said)

    assert search("news_api", site, web).outcome == Outcome.NONE


def test_google_is_read_by_its_token_with_everything_else_the_same(site: Site, web: Web):
    def said(asked: dict[str, str]) -> tuple[int, object]:
        if "pageToken" not in asked:
            return 200, body("google_factcheck", numbered("google_factcheck", site, 0, 2), nextPageToken="CAo")
        return 200, body("google_factcheck", numbered("google_factcheck", site, 2, 1))

    serve_by("google_factcheck", site, said)

    found = search("google_factcheck", site, web)

    assert [review.url for review in found.reviews] == numbered("google_factcheck", site, 0, 3)
    assert found.reviews[0].rating_text == "False"
    first, second = [request.path for request in site.requests(PATHS["google_factcheck"])]
    assert second == f"{first}&pageToken=CAo"


def test_wikipedia_is_read_by_its_offset(site: Site, web: Web):
    def said(asked: dict[str, str]) -> tuple[int, object]:
        if asked["sroffset"] == "0":
            more = {"continue": {"sroffset": 50, "continue": "-||"}}
            return 200, body("wikipedia", numbered("wikipedia", site, 0, 50), **more)
        return 200, body("wikipedia", numbered("wikipedia", site, 50, 3))

    serve_by("wikipedia", site, said)

    found = search("wikipedia", site, web)

    assert len(found.articles) == 53
    assert found.articles[0].summary == "Bridge & costs"


def gdelt_with(times: list[datetime]) -> Callable[[dict[str, str]], tuple[int, object]]:
    """GDELT with a page at each of these instants: the newest 250 of the window that is asked for."""

    def said(asked: dict[str, str]) -> tuple[int, object]:
        span = (asked["startdatetime"], asked["enddatetime"])
        inside = [n for n, at in enumerate(times) if span[0] <= at.strftime("%Y%m%d%H%M%S") < span[1]]
        return 200, body("gdelt", [f"https://paper.example/{n}" for n in inside[:MOST_RECORDS]])

    return said


def test_gdelt_s_window_is_cut_in_half_while_it_is_full(site: Site, web: Web):
    span = WINDOW.until - WINDOW.since
    times = [WINDOW.until - span * (n + 0.5) / 600 for n in range(600)]
    serve_by("gdelt", site, gdelt_with(times))

    found = search("gdelt", site, web)

    assert {article.url for article in found.articles} == {f"https://paper.example/{n}" for n in range(600)}
    assert len(site.requests(PATHS["gdelt"])) == 7
    assert found.note == ""


def test_gdelt_says_so_when_there_is_more_than_can_be_asked_for(site: Site, web: Web):
    minute = timedelta(minutes=1)
    serve_by("gdelt", site, gdelt_with([WINDOW.until - minute * n for n in range(9_000)]))

    found = search("gdelt", site, web)

    assert found.outcome == Outcome.FOUND
    assert len(site.requests(PATHS["gdelt"])) == 7
    assert "too wide" in found.note


def test_gdelt_s_titles_lose_their_spaces_and_its_crawl_time_is_no_date(site: Site, web: Web):
    serve("gdelt", site, body("gdelt", ["https://paper.example/1"]))

    (article,) = search("gdelt", site, web).articles

    assert article.title == "Bridge costs rise, mayor says"
    assert article.published_at is None


def test_gdelt_is_not_asked_for_more_than_it_reaches_back(site: Site, web: Web):
    serve("gdelt", site, {})

    found = search("gdelt", site, web, window=Window(UNTIL - timedelta(days=365), UNTIL))

    assert found == Found(Outcome.NONE, note="GDELT reaches back three months only.")
    assert "startdatetime=20251203" in site.requests(PATHS["gdelt"])[0].path


def test_a_page_that_fails_leaves_what_was_found_before_it_and_says_so(site: Site, web: Web):
    def said(asked: dict[str, str]) -> tuple[int, object]:
        if "pagination_token" in asked:
            return 400, {"status": "error", "note": "over quota"}
        return 200, body("media_cloud", numbered("media_cloud", site, 1, 2), pagination_token="t1")

    serve_by("media_cloud", site, said)

    found = search("media_cloud", site, web)

    assert (found.outcome, len(found.articles)) == (Outcome.FOUND, 2)
    assert "Not all of it" in found.note
    assert found.throttled
