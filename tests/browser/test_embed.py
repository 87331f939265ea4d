"""A verdict in somebody else's page, on another origin: the frame grows to its content, and serves without a script."""

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from claims.models import Organisation
from claims.publishing.embedding import frame
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# From the frame's element to what stands in it: how much of the card is hidden.
HIDDEN = "() => document.documentElement.scrollHeight - window.innerHeight"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def host(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the address of another site that serves it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield tmp_path, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("width", [1280, 320])
def test_the_frame_grows_to_its_content_on_another_site(desk_of, host, width: int, live_server):
    folder, site = host
    Organisation.objects.update(site_url=live_server.url)
    long = factories.published_claim(headline="A headline that is long enough for several lines of a narrow card " * 3)
    short = factories.published_claim(headline="Short")
    code = [frame(base=live_server.url, public_id=c.public_id, title="Check", height=100) for c in (long, short)]
    (folder / "index.html").write_text(
        f"<!doctype html><title>Host</title><link rel=icon href=data:,><body>{'<hr>'.join(code)}"
    )
    reader = desk_of(width=width)

    reader.open(f"{site}/index.html")
    reader.page.wait_for_function("[...document.querySelectorAll('iframe')].every(one => one.height !== '100')")

    heights = [int(one.get_attribute("height") or 0) for one in reader.page.locator("iframe").all()]
    inner = [one for one in reader.page.frames if "/embed/" in one.url]
    assert len(inner) == 2
    assert [one.evaluate(HIDDEN) for one in inner] == [0, 0]
    assert heights[0] > heights[1] > 100
    reader.check()


def test_without_a_script_the_card_can_be_read_by_scrolling(desk_of, host, live_server):
    folder, site = host
    Organisation.objects.update(site_url=live_server.url)
    claim = factories.published_claim(headline="It fell by far less")
    code = frame(base=live_server.url, public_id=claim.public_id, title="Check", height=100)
    (folder / "index.html").write_text(f"<!doctype html><title>Host</title><link rel=icon href=data:,><body>{code}")
    reader = desk_of(scripts=False)

    reader.open(f"{site}/index.html")

    card = reader.page.frame_locator("iframe")
    card.get_by_role("link", name="The whole check, with its sources").scroll_into_view_if_needed()
    assert card.get_by_role("heading", name="It fell by far less").is_visible()
    assert reader.page.locator("iframe").get_attribute("height") == "100"


def test_a_message_from_elsewhere_moves_nothing(desk_of, host, live_server):
    folder, site = host
    Organisation.objects.update(site_url=live_server.url)
    claim = factories.published_claim()
    code = frame(base=live_server.url, public_id=claim.public_id, title="Check", height=100)
    (folder / "index.html").write_text(f"<!doctype html><title>Host</title><link rel=icon href=data:,><body>{code}")
    reader = desk_of()
    reader.open(f"{site}/index.html")
    reader.page.wait_for_function("document.querySelector('iframe').height !== '100'")
    before = reader.page.locator("iframe").get_attribute("height")

    reader.page.evaluate("window.postMessage({factcheck: 'height', height: 3000}, '*')")
    reader.page.evaluate("window.postMessage({factcheck: 'height', height: 'x'}, '*')")
    reader.page.evaluate("new Promise(done => setTimeout(done, 200))")

    assert reader.page.locator("iframe").get_attribute("height") == before


def test_axe_finds_nothing_in_the_card(desk_of, live_server):
    Organisation.objects.update(site_url=live_server.url)
    claim = factories.corrected(factories.published_claim())
    gone = factories.published_claim()
    factories.retracted(gone)
    found = {}

    for scheme in ("light", "dark"):
        for width in (600, 280):
            reader = desk_of(width=width, scheme=scheme, past_policy=True)
            reader.expected.add("410")
            for one in (claim, gone):
                reader.open(f"/verdicts/{one.public_id}/embed/")
                found[f"{one.public_id} {scheme} {width}"] = reader.faults()

    assert {place: faults for place, faults in found.items() if faults} == {}
