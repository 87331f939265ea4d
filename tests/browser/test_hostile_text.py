"""Hostile words in every public text field, in a real browser: nothing runs, no word becomes markup."""

import json

import pytest
from playwright.sync_api import Browser

from claims.models import Organisation
from tests import hostile_text
from tests.browser import newsroom
from tests.browser.conftest import PASSWORD
from tests.browser.hostile_pages import Watch

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
VERDICTS = 8


def test_the_watch_sees_what_runs_and_what_could(browser: Browser):
    context = browser.new_context(bypass_csp=True)
    seen = {}
    for n, text in enumerate(hostile_text.strings(50)):
        watch = Watch(context)
        watch.show(f"{text}<p title='{text}'>", "planted")
        seen[n] = bool(watch.found)
        watch.page.close()
    context.close()

    assert sum(seen.values()) >= 35  # the rest needs a place of another kind: JSON, XML, Markdown


def test_nothing_runs_on_public_pages_embeds_and_feeds_nor_at_the_desk(browser: Browser, live_server):
    given = hostile_text.strings(100)
    hostile_text.organise(given)
    Organisation.objects.update(site_url=live_server.url)
    claims = [hostile_text.publish(given, n * 12, corrected=n % 2 == 0, retracted=n % 5 == 4) for n in range(VERDICTS)]
    newsroom.people()
    context = browser.new_context(bypass_csp=True)
    context.set_default_timeout(15_000)
    watch, base = Watch(context), live_server.url

    for claim in claims:
        for path in ("", "?version=1", "embed/"):
            watch.open(f"{base}/verdicts/{claim.public_id}/{path}")
    for path in ("/", "/verdicts/?q=script&claimant=%22%3E%3Cscript%3E", "/corrections/", "/ratings/", "/methodology/"):
        watch.open(f"{base}{path}")
    for path in ("/feed.atom", "/feed.rss", "/sitemap-news.xml"):
        watch.open(f"{base}{path}")
    for item in json.loads(context.request.get(f"{base}/feed.json").body())["items"]:
        watch.show(item["content_html"], item["id"])
    watch.page.goto(f"{base}/admin/login/?next=/admin/")
    watch.page.get_by_label("Username").fill("chioma")
    watch.page.get_by_label("Password").fill(PASSWORD)
    watch.page.get_by_role("button", name="Log in").click()
    watch.page.wait_for_url("**/admin/")
    for path in ("/admin/", "/admin/claim/", *(f"/admin/claim/{claim.public_id}/" for claim in claims[:4])):
        watch.open(f"{base}{path}")
    context.close()

    assert watch.found == []
    assert watch.looked >= VERDICTS * 3 + 20
