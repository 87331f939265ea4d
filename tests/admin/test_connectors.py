"""The page of connectors, and a claim's queries: shown, changed, tried, and closed to whom they are not open."""

from typing import Any

import pytest
from django.urls import reverse

from claims.choices import EventKind
from claims.models import ClaimQuery, ConnectorUse, Event, ExternalReview, QueryTrial, QueryTrialResult
from tests.admin.conftest import Editor
from tests.coverage.services import KEY, as_settings
from tests.factories import NOON, inbox_claim, researching_claim
from tests.servers.loopback import Site

pytestmark = pytest.mark.django_db


@pytest.fixture
def services(settings: Any) -> None:
    with Site() as site:
        settings.SEARCHES = as_settings(site, "gdelt", "news_api", "media_cloud")
    settings.SEARCHES["news_api"]["key"] = ""


@pytest.mark.usefixtures("services")
def test_the_page_says_what_is_on_what_lacks_a_key_and_what_the_day_has_left(writer: Editor):
    ConnectorUse.objects.create(
        connector="gdelt", last_at=NOON, last_outcome="retry_later", last_note="GDELT asks us to come less often."
    )

    page = writer.get(reverse("admin:connectors")).content.decode()

    assert "No key: set NEWSAPI_KEY." in page
    assert "0 of 100 requests" in page
    assert "GDELT asks us to come less often." in page
    assert "Switched off: its daily budget is 0." in page
    assert KEY not in page


@pytest.mark.usefixtures("services")
def test_queries_are_shown_changed_and_put_back(writer: Editor):
    claim = researching_claim(statement="Oldhaven's tunnel toll doubled under Ada Lindqvist.")
    address = reverse("admin:claim_queries", args=[claim.public_id])

    assert "Ada Lindqvist" in writer.get(address).content.decode()
    saved = writer.client.post(address, {"lines": '"tunnel toll" Oldhaven', "lock_version": "0", "do": "save"})

    assert saved.status_code == 302
    assert ClaimQuery.objects.get().lines == ['"tunnel toll" Oldhaven']
    assert Event.objects.get(kind=EventKind.CLAIM_QUERIES_SAVED).actor == writer.user
    stale = writer.client.post(address, {"lines": "other", "lock_version": "0", "do": "save"})
    assert stale.status_code == 412
    assert "other" in stale.content.decode()
    refused = writer.client.post(address, {"lines": "a\nb\nc\nd", "lock_version": "1", "do": "save"})
    assert refused.status_code == 400
    assert "at most 3 lines" in refused.content.decode()


@pytest.mark.usefixtures("services")
def test_a_try_waits_for_the_workers_and_then_shows_each_service_s_answer(writer: Editor):
    claim = researching_claim()
    address = reverse("admin:claim_queries", args=[claim.public_id])

    writer.client.post(address, {"lines": "tunnel toll", "do": "try"})

    waiting = writer.get(address)
    assert waiting["Refresh"] == "4"
    assert set(QueryTrialResult.objects.values_list("connector", flat=True)) == {"gdelt", "media_cloud"}
    found = [{"url": "https://paper.example/1", "title": "<b>Toll</b>"}, {"url": "javascript:alert(1)", "title": "x"}]
    QueryTrialResult.objects.filter(connector="gdelt").update(outcome="found", count=2, found=found, finished_at=NOON)
    QueryTrialResult.objects.filter(connector="media_cloud").update(
        outcome="retry_later", note="Over quota.", finished_at=NOON
    )
    done = writer.get(address)
    page = done.content.decode()
    assert "Refresh" not in done
    assert "&lt;b&gt;Toll&lt;/b&gt;" in page
    assert "javascript:" not in page
    assert "Over quota." in page


@pytest.mark.usefixtures("services")
def test_who_may_not_search_for_coverage_reads_and_changes_nothing(administrator: Editor, writer: Editor):
    claim, early = researching_claim(), inbox_claim()

    for who, which, status in ((administrator, claim, 403), (writer, early, 409)):
        address = reverse("admin:claim_queries", args=[which.public_id])
        assert "<textarea" not in who.get(address).content.decode()
        for do in ("save", "try"):
            assert who.client.post(address, {"lines": "x", "lock_version": "0", "do": do}).status_code == status

    assert not ClaimQuery.objects.exists()
    assert not QueryTrial.objects.exists()


def test_another_fact_checker_s_verdict_is_shown_word_for_word_and_as_what_it_is(writer: Editor):
    claim = researching_claim()
    ExternalReview.objects.create(
        claim=claim,
        publisher="Checks",
        url="javascript:alert(1)",
        claim_text="It <i>doubled</i>.",
        rating_text="<script>False</script>",
        likeness=0.9,
        found_by="google_factcheck",
        found_at=NOON,
        seen_at=NOON,
        raw_hash="",
    )

    page = writer.page(claim).content.decode()

    assert "Not verified" in page
    assert "&lt;script&gt;False&lt;/script&gt;" in page
    assert "javascript:" not in page
