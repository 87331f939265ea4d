"""From the inbox to a consumer, in a browser, by two people; a process of its own reads what came of it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.browser import newsroom

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# What a consumer's program does: one GET, and the validator for the next one.
READER = """
import json, sys, urllib.request
with urllib.request.urlopen(sys.argv[1], timeout=10) as answer:
    print(json.dumps({"status": answer.status, "etag": answer.headers["ETag"], "body": json.load(answer)}))
"""


def read_elsewhere(url: str) -> dict[str, Any]:
    """The answer to a GET, asked for by another process."""
    done = subprocess.run(
        [sys.executable, "-c", READER, url], capture_output=True, text=True, timeout=30, check=True, cwd="/"
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_from_the_inbox_to_a_consumer(desk_of, tmp_path: Path):
    room = newsroom.build(str(tmp_path))
    claim = room.new
    page = f"/admin/claim/{claim.public_id}/"

    writer = desk_of()
    writer.log_in("ana")
    writer.page.get_by_role("link", name=claim.statement).first.click()
    writer.page.wait_for_url(f"**{page}*")
    writer.check()
    writer.press("Accept", within="#moves")

    row = writer.page.locator(".coverage").first
    row.get_by_text("Cite", exact=False).first.click()
    row.get_by_label("This source").select_option("refutes")
    row.get_by_label("What it shows").fill("Counts two statements in the month, not one a day.")
    with writer.page.expect_navigation():
        row.get_by_role("button", name="Cite it").click()
    writer.check()
    assert writer.page.locator("#evidence .card").count() == 1

    # Written, not saved by hand: the draft saves itself, and the checklist follows.
    writer.page.locator("#verdict").get_by_label("Headline").fill("Twice in a month is not almost daily")
    writer.page.locator("#verdict").get_by_label("Summary").fill(
        "In the month before, two senators spoke of wider sanctions."
    )
    writer.page.locator("#verdict").get_by_label("Explanation").fill(
        "**What was claimed.** Almost daily threats.\n\nWe counted *two*."
    )
    writer.page.locator("label.rating", has_text="Mostly false").click()
    writer.page.locator("#save-state[data-state=saved]").wait_for()
    writer.page.locator("#checklist li.check-met", has_text="Rating and explanation").wait_for()

    writer.expected.add("422")  # the browser's own note of the refusal
    writer.press("Send to review", within="#moves")
    assert "The checklist is not complete" in writer.page.locator("main").inner_text()
    writer.expected.clear()
    while writer.page.locator("#checklist li.check-missing").count():
        line = writer.page.locator("#checklist li.check-missing").first
        line.get_by_text("Waive").first.click()
        line.get_by_role("textbox", name="Reason").fill("Nothing more is to be had in the time there is.")
        with writer.page.expect_navigation():
            line.get_by_role("button", name="Waive this line").click()
        writer.check()
    writer.press("Send to review", within="#moves")
    assert "In review" in writer.page.locator(".eyebrow").inner_text()

    second = desk_of()
    second.log_in("chioma")
    second.page.locator("#review").get_by_role("link", name=claim.statement).click()
    second.page.wait_for_url(f"**{page}*")
    frame = second.page.frame_locator("iframe.preview")
    frame.get_by_role("heading", name="Twice in a month is not almost daily").wait_for()
    second.check()
    second.page.locator("#moves summary", has_text="Approve").first.click()
    second.press("Approve", within="#moves")
    second.press("Publish", within="#moves")
    assert "Live" in second.page.locator(".eyebrow").inner_text()

    answer = read_elsewhere(f"{second.base}/api/v1/verdicts/{claim.public_id}")
    assert answer["status"] == 200
    assert answer["etag"]
    text = json.dumps(answer["body"])
    assert "Twice in a month is not almost daily" in text
    assert "Counts two statements in the month" in text
    second.open(f"/verdicts/{claim.public_id}/")
    assert second.page.get_by_role("heading", level=1).inner_text() == "Twice in a month is not almost daily"
