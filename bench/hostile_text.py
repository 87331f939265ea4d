"""500 hostile strings in every public text field, in a real browser: how many ran, how many words became markup.

    python bench/hostile_text.py [--json FILE] [--strings 500] [--desk 500]

Works in a scratch database beside the one that DATABASE_URL names, and needs chromium (CHROMIUM, or on the PATH).
Every string is the statement of one published verdict, and stands once in each other field of some verdict. The
browser is told to overlook the content security policy: escaping must hold alone. `--desk` is of how many claims the
desk's pages (claim with its timeline, coverage) are looked at, too. Where LibreOffice is on the machine, it opens
the CSV of them all.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler

os.environ.setdefault("DEBUG", "1")  # for style sheets without collecting them first
os.environ.setdefault("PAGES_PER_MINUTE", "0")
os.environ.setdefault("ANONYMOUS_PER_MINUTE", "0")
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the browser's loop runs in this thread and only waits

import extruct
import feedparser
from desk import scratch
from django.contrib.auth.models import Group, User
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.servers.basehttp import ThreadedWSGIServer
from django.core.wsgi import get_wsgi_application
from django.db import connection
from playwright.sync_api import sync_playwright

from claims.choices import Role
from claims.models import Claim, Organisation
from tests import hostile_text
from tests.browser.hostile_pages import Watch
from tests.publishing.spreadsheet import formulas, office

PASSWORD = "only for this measurement 1"


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        """Nothing."""


class Site:
    """The service on a port of loopback, in threads of this process."""

    def __enter__(self):
        self.server = ThreadedWSGIServer(("127.0.0.1", 0), Quiet)
        self.server.set_app(StaticFilesHandler(get_wsgi_application()))
        self.base = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *failure):
        self.server.shutdown()
        self.server.server_close()
        with connection.cursor() as cursor:  # what its threads still hold open would keep the database from going
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


def fill(count: int, base: str) -> list[Claim]:
    """One verdict per string, every third corrected, every tenth retracted."""
    given = hostile_text.strings(count)
    hostile_text.organise(given)
    Organisation.objects.update(site_url=base)
    return [hostile_text.publish(given, n, corrected=n % 3 == 0, retracted=n % 10 == 9) for n in range(len(given))]


def public(watch: Watch, base: str, claims: list[Claim]) -> dict[str, int]:
    """Every public page once, then the feeds as a careless reader would show them. Counts what did not parse."""
    broken = {"json_ld": 0, "feeds": 0, "data": 0}
    request = watch.page.context.request
    for claim in claims:
        watch.open(f"{base}/verdicts/{claim.public_id}/")
        blocks = extruct.extract(watch.page.content(), syntaxes=["json-ld"])["json-ld"]
        live = watch.page.locator(".notice-retracted").count() == 0
        broken["json_ld"] += len(blocks) != int(live) or (live and blocks[0]["claimReviewed"] != claim.statement)
        watch.open(f"{base}/verdicts/{claim.public_id}/embed/")
        if live:
            answer = request.get(f"{base}/oembed?url={base}/verdicts/{claim.public_id}/")
            parts = watch.parts(answer.json()["html"])
            if parts != ["iframe data-factcheck src width height title style loading", "script async src"]:
                watch.found.append(f"oembed: {parts}")
    for start in ("/verdicts/", "/corrections/"):
        address = f"{base}{start}"
        while address:
            watch.open(address)
            more = watch.page.locator("a[rel=next]")
            address = more.first.evaluate("one => one.href") if more.count() else ""
    for path in ("/", "/ratings/", "/methodology/"):
        watch.open(f"{base}{path}")
    subjects = ["", *(f"?topic=hostile-{n}" for n in range(0, len(claims), 10))]
    for query in subjects:
        for path in ("/feed.atom", "/feed.rss"):
            watch.open(f"{base}{path}{query}")
            broken["feeds"] += bool(feedparser.parse(request.get(f"{base}{path}{query}").body()).bozo)
        for item in request.get(f"{base}/feed.json{query}").json()["items"]:
            watch.show(item["content_html"], "feed.json")
    items = request.get(f"{base}/datafeed.json").json()["dataFeedElement"]
    broken["data"] += len(items) != len(claims)
    return broken


def desk(watch: Watch, base: str, claims: list[Claim]) -> None:
    """The desk, its lists, and of each claim the page with its timeline, and the coverage."""
    user = User.objects.create_user("watcher", password=PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get(name=Role.PUBLISHER.value))
    watch.page.goto(f"{base}/admin/login/?next=/admin/")
    watch.page.get_by_label("Username").fill("watcher")
    watch.page.get_by_label("Password").fill(PASSWORD)
    watch.page.get_by_role("button", name="Log in").click()
    watch.page.wait_for_url("**/admin/")
    for path in ("/admin/", "/admin/claim/", "/admin/claimant/", "/admin/claims/publication/", "/admin/claims/event/"):
        watch.open(f"{base}{path}")
    for claim in claims:
        for more in ("", "coverage/", "preview/"):
            watch.open(f"{base}/admin/claim/{claim.public_id}/{more}")


def in_a_spreadsheet(watch: Watch, base: str) -> int | None:
    """How many cells of the CSV of all verdicts LibreOffice takes for formulas; None where it is not there."""
    program = office()
    if program is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "verdicts.csv"
        file.write_bytes(watch.page.context.request.get(f"{base}/api/v1/exports/verdicts.csv").body())
        return formulas(file, program=program, seconds=600)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--json", type=Path)
    arguments.add_argument("--strings", type=int, default=500)
    arguments.add_argument("--desk", type=int, default=500)
    given = arguments.parse_args()
    browser_path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if browser_path is None:
        print("skipped: no chromium")
        return 0
    began = time.monotonic()
    with scratch(), Site() as site, sync_playwright() as playwright:
        claims = fill(given.strings, site.base)
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=browser_path, args=flags)
        context = browser.new_context(bypass_csp=True)
        watch = Watch(context)
        broken = public(watch, site.base, claims)
        at_public, in_cells = watch.looked, in_a_spreadsheet(watch, site.base)
        step = max(1, len(claims) // given.desk) if given.desk else 1
        if given.desk:
            desk(watch, site.base, claims[::step][: given.desk])
        browser.close()
    figures = {
        "strings": given.strings,
        "pages_public": at_public,
        "pages_desk": watch.looked - at_public,
        "ran_or_became_markup": len(watch.found),
        "json_ld_not_parsed": broken["json_ld"],
        "feeds_not_parsed": broken["feeds"],
        "data_feed_wrong": broken["data"],
        "csv_formulas": in_cells,
        "seconds": round(time.monotonic() - began),
        "load": round(os.getloadavg()[0], 1),
    }
    print(" ".join(f"{name}={value}" for name, value in figures.items()))
    if given.json:
        given.json.write_text(json.dumps({**figures, "found": watch.found[:50]}, indent=2) + "\n")
    return int(bool(watch.found or in_cells or any(broken.values())))


if __name__ == "__main__":
    sys.exit(main())
