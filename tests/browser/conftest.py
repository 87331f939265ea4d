"""A real browser on a real server: Debian's chromium, kept off the network, watched for everything it complains of."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, sync_playwright

FLAGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]
SHOTS = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
PASSWORD = "a-password-for-tests-7"
_LISTEN = """
window.violations = [];
addEventListener("securitypolicyviolation", (e) => violations.push(`${e.violatedDirective}: ${e.blockedURI}`), true);
"""
_AXE = "() => axe.run(document, {runOnly: {type: 'tag', values: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa']}})"


def chromium() -> str | None:
    """The browser's path: CHROMIUM, or the one on the PATH."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        reason = "no chromium: apt-get install --no-install-recommends chromium fonts-dejavu-core, or set CHROMIUM"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
    # Playwright's loop runs in this thread, which Django takes for asynchronous code; it only ever waits for a page.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        running = playwright.chromium.launch(executable_path=path, args=flags)
        yield running
        running.close()


@dataclass
class Desk:
    """One person's browser. Every page that it opens must come without a complaint and without sideways scroll."""

    context: BrowserContext
    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)
    expected: set[str] = field(default_factory=set)

    def log_in(self, name: str) -> None:
        self.open("/admin/login/?next=/admin/")
        self.page.get_by_label("Username").fill(name)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Log in").click()
        self.page.wait_for_url("**/admin/")
        self.check()

    def open(self, path: str) -> Response:
        answer = self.page.goto(path if path.startswith("http") else f"{self.base}{path}")
        assert answer is not None
        self.page.wait_for_load_state("load")
        self.check()
        return answer

    def press(self, name: str, *, within: str = "body") -> None:
        """Press a button that posts, and wait for the page it leads to."""
        with self.page.expect_navigation():
            self.page.locator(within).get_by_role("button", name=name, exact=True).first.click()
        self.check()

    def check(self) -> None:
        """Fails on any violation of the policy, console error, script error, or a page wider than its window."""
        address = self.page.url
        self.complaints += [f"policy: {text}" for text in self.page.evaluate("window.violations || []")]
        over = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if over > 0:
            self.complaints.append(f"{over} px of sideways scroll")
        found = [text for text in self.complaints if not any(known in text for known in self.expected)]
        self.complaints.clear()
        assert not found, f"{address}: {found}"

    def shoot(self, name: str) -> None:
        """A picture for the documentation, when SCREENSHOTS=1."""
        if os.environ.get("SCREENSHOTS") == "1":
            SHOTS.mkdir(parents=True, exist_ok=True)
            self.page.evaluate("window.scrollTo(0, 0)")
            self.page.screenshot(path=SHOTS / f"{name}.png")

    def faults(self) -> list[str]:
        """What axe holds against the page, by WCAG 2.0 to 2.2 A and AA."""
        self.page.evaluate(AXE_SCRIPT)
        result: dict[str, Any] = self.page.evaluate(_AXE)
        return [f"{rule['id']}: {node['html'][:120]}" for rule in result["violations"] for node in rule["nodes"]]


@pytest.fixture
def desk_of(browser: Browser, live_server: Any) -> Iterator[Any]:
    """Opens a person's browser: `desk_of(width=375, scheme="dark")`."""
    opened: list[BrowserContext] = []

    def make(*, width: int = 1280, scheme: Any = "light", past_policy: bool = False, scripts: bool = True) -> Desk:
        height = 900 if width > 600 else 800
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            bypass_csp=past_policy,
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        context.set_default_timeout(10_000)
        context.add_init_script(_LISTEN)
        opened.append(context)
        desk = Desk(context=context, page=context.new_page(), base=live_server.url)

        def heard(message: ConsoleMessage) -> None:
            if message.type == "error":
                desk.complaints.append(f"console: {message.text}")

        desk.page.on("console", heard)
        desk.page.on("pageerror", lambda error: desk.complaints.append(f"script: {error}"))
        return desk

    yield make
    for context in opened:
        context.close()
