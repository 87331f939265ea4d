"""A hostile copy replayed, and a claim under which four things changed, in a real browser."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from claims.audit.review_items import open_review_item
from claims.choices import ArchiveService, ArchiveState, CheckOutcome, ReviewItemKind
from claims.coverage import watching
from claims.http import NO_PACE, Web
from claims.models import ArchiveCopy, Claim, Document, DocumentCheck, DocumentWatch
from tests.browser import newsroom
from tests.capture import conftest
from tests.capture.pages import PARAGRAPHS, article
from tests.coverage.cited import QUOTE, cited, look, published_on
from tests.servers.loopback import Site

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
captures = conftest.captures
HOSTILE = (
    "<script>document.title='owned'; alert(1)</script><img src=x onerror=\"alert(2)\"></pre><h1 id=fake>Owned</h1>"
    "<iframe src='javascript:alert(3)'></iframe><style>*{display:none}</style>"
)


@pytest.fixture
def room(tmp_path: Any) -> Any:
    """A published claim whose page got a new headline and lost the quoted passage; more items beside them."""
    with Site() as site:
        site.page("/story", article())
        web = Web(pace=NO_PACE, loopback_allowed=[site.host_port])
        newsroom.people()
        claim = published_on(site.url("/story"), web)
        watching.plan(at=timezone.now())
        document = cited(claim)
        site.page(
            "/story",
            article(
                title="Bridge will cost far less, says council",
                body=HOSTILE + PARAGRAPHS.replace("5 million crowns", "50 thousand crowns"),
            ),
            headers={"X-Evil": "<script>alert(4)</script>"},
        )
        look(document, web, day=1)
        later = timezone.now() + timedelta(days=3)
        DocumentCheck.objects.create(
            document=document, checked_at=later, outcome=CheckOutcome.NOT_MEASURED, note="It took too long to answer."
        )
        for kind, difference in (
            (ReviewItemKind.SOURCE_MOVED, {"address": [document.url, "https://parked.example/?from=" + "a" * 120]}),
            (ReviewItemKind.NEW_COVERAGE, {"source": "The mayor was right", "reason": "Says it in its own words."}),
        ):
            with transaction.atomic():
                open_review_item(
                    claim=claim, kind=kind, cause="x", difference=difference, actor=None, at=timezone.now()
                )
        newest = document.captures.order_by("-fetched_at")[0]
        for service, state in (
            (ArchiveService.WAYBACK, ArchiveState.DONE),
            (ArchiveService.PERMA, ArchiveState.FAILED),
        ):
            ArchiveCopy.objects.create(
                document=document,
                capture=newest,
                service=service,
                day=timezone.now().date(),
                requested_at=timezone.now(),
                finished_at=timezone.now(),
                state=state,
                archive_url="https://web.archive.org/web/20260302120107/" + document.url if state == "done" else "",
                note="" if state == "done" else "Given up after 12 tries. The archive answered 500 without a reason.",
            )
        yield claim, document


def addresses(claim: Claim, document: Document) -> dict[str, str]:
    newest = document.captures.order_by("-fetched_at")[0]
    return {
        "copy": f"/admin/copy/{newest.pk}/",
        "again": f"/admin/claim/{claim.public_id}/",
        "document": f"/admin/claims/document/{document.pk}/change/",
        "desk": "/admin/",
    }


@pytest.mark.parametrize("width", [1280, 375])
def test_copies_and_changes_are_readable_and_nothing_hostile_runs(desk_of, room, width: int):
    claim, document = room
    reader = desk_of(width=width)
    dialogs: list[str] = []

    def heard(dialog: Any) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    reader.page.on("dialog", heard)
    reader.log_in("ana")

    for name, address in addresses(claim, document).items():
        answer = reader.open(address)
        assert answer.status == 200, name
        reader.shoot(f"{name}-{width}")
        assert reader.page.title() != "owned"
    reader.open(addresses(claim, document)["copy"])

    assert dialogs == []
    assert reader.page.locator("#fake").count() == 0
    assert "alert(1)" in reader.page.locator("pre.wire").last.inner_text()
    assert "recorded when they were fetched" in reader.page.locator("#whole").inner_text()
    reader.open(addresses(claim, document)["again"])
    shown = reader.page.locator("#again").inner_text()
    assert QUOTE.split(",")[0] in shown
    assert "thousand" in " ".join(reader.page.locator("#again ins").all_inner_texts())
    assert "far less" in shown


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_them(desk_of, room, scheme: str):
    found = {}
    for width in (1280, 375):
        reader = desk_of(width=width, scheme=scheme, past_policy=True)
        reader.log_in("ana")
        for name, address in addresses(*room).items():
            reader.open(address)
            faults = reader.faults()
            if faults:
                found[f"{name} at {width}"] = faults

    assert found == {}
    assert DocumentWatch.objects.exists()
