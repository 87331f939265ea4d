"""The public pages: what was published, as it was published, and honest answers for what is not there."""

import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from claims.choices import Role
from claims.editing.people import save_claimant
from claims.models import Claim
from claims.publishing.markup import json_ld
from claims.review import operations as moves
from tests import factories
from tests.factories import NOON


def read(claim: Claim, query: str = "") -> tuple[int, str]:
    answer = Client().get(f"/verdicts/{claim.public_id}/{query}")
    return answer.status_code, answer.content.decode()


@pytest.mark.django_db
def test_a_live_verdict_is_one_query_and_no_script():
    claim = factories.published_claim(headline="It fell by far less")

    with CaptureQueriesContext(connection) as queries:
        status, text = read(claim)

    assert status == 200
    assert len(queries) == 1
    assert "It fell by far less" in text
    assert "The <em>yearly</em> table" in text
    assert "The office is closed." in text
    scripts = re.findall(r"<script[^>]*>", text)
    assert scripts == ['<script type="application/ld+json">']
    marked = "".join(re.findall(r"<[^>]+>", text))  # the markup alone: the snippet to copy is text
    assert not re.search(r"\son\w+=|\sstyle=|<style", marked)


@pytest.mark.django_db
def test_the_claim_review_is_in_the_page():
    claim = factories.published_claim()

    text = read(claim)[1]

    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    review = json.loads(found[1])
    assert review["@type"] == "ClaimReview"
    assert review["claimReviewed"] == claim.statement


def test_json_in_a_page_cannot_end_its_element():
    hostile = {"name": "</script><script>alert(1)</script>", "other": "a & b"}

    text = json_ld(hostile)

    assert "<" not in text
    assert json.loads(text) == hostile


@pytest.mark.django_db
def test_what_was_never_public_is_404():
    for claim in (factories.inbox_claim(), factories.approved_claim()):
        assert read(claim)[0] == 404


@pytest.mark.django_db
def test_a_retracted_verdict_is_410_with_its_reason_and_its_versions_stay():
    claim = factories.published_claim(headline="It fell by far less")
    factories.retracted(claim, note="The table was withdrawn by its office.")

    status, text = read(claim)
    old_status, old_text = read(claim, "?version=1")

    assert status == 410
    assert "The table was withdrawn by its office." in text
    assert "It fell by far less" not in text
    assert old_status == 200
    assert "This verdict was retracted." in old_text
    assert "It fell by far less" in old_text
    assert "application/ld+json" not in old_text


@pytest.mark.django_db
def test_a_merged_claim_leads_to_the_other():
    claim, into = factories.inbox_claim(), factories.published_claim()
    moves.merge(claim_id=claim.pk, into_id=into.pk, actor=factories.person(Role.FACT_CHECKER), at=NOON)

    answer = Client().get(f"/verdicts/{claim.public_id}/")

    assert answer.status_code == 301
    assert answer.headers["Location"] == f"/verdicts/{into.public_id}/"


@pytest.mark.django_db
def test_a_correction_stands_on_top_and_the_old_version_says_so():
    claim = factories.corrected(factories.published_claim(), note="A figure was wrong.")

    text = read(claim)[1]
    old = read(claim, "?version=1")[1]

    assert text.index("A figure was wrong.") < text.index("The claim</p>")
    assert "The newest is version 2." in old
    assert read(claim, "?version=3")[0] == 404
    assert read(claim, "?version=x")[0] == 404


@pytest.mark.django_db
def test_a_renamed_claimant_changes_nothing_public():
    claim = factories.published_claim()
    before = read(claim)[1]
    assert claim.claimant is not None

    save_claimant(
        claimant_id=claim.claimant.pk,
        name="Somebody Else",
        job_title="",
        actor=factories.person(Role.FACT_CHECKER),
        at=NOON,
    )

    assert read(claim)[1] == before


@pytest.mark.django_db
def test_the_front_page_lists_the_newest_and_pages_back():
    claims = [factories.published_claim(headline=f"Verdict {number:02d}") for number in range(22)]
    factories.retracted(claims[0])

    first = Client().get("/")
    older = Client().get(f"/verdicts/?{first.context['older']}")
    newer = Client().get(f"/verdicts/?{older.context['newer']}")

    def headlines(answer: Any) -> list[str]:
        return [item.body["verdict"]["headline"] for item in answer.context["shown"]]

    assert headlines(first)[:2] == ["Verdict 21", "Verdict 20"]
    assert headlines(older) == ["Verdict 01"]
    assert headlines(newer) == headlines(first)
    assert not older.context["older"]
    assert "/api/v1/docs" in first.content.decode()


@pytest.mark.django_db
def test_every_page_carries_the_policy():
    claim = factories.published_claim()

    for path in ("/", f"/verdicts/{claim.public_id}/", "/verdicts/nothing/"):
        policy = Client().get(path).headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy


@pytest.mark.django_db
def test_a_verdict_leads_to_its_live_siblings_in_other_languages():
    original = factories.published_claim()
    german = factories.published_claim(language="de", translation_of=original)
    draft = factories.approved_claim(language="fr", translation_of=original)
    gone = factories.published_claim(language="pt-BR", translation_of=original)
    factories.retracted(gone)

    text = read(original)[1]
    back = read(german)[1]

    assert re.search(rf'<a href="[^"]+/verdicts/{german.public_id}/" hreflang="de" lang="de">Deutsch</a>', text)
    assert re.search(rf'<link rel="alternate" hreflang="de" href="[^"]+/verdicts/{german.public_id}/">', text)
    assert re.search(rf'<a href="[^"]+/verdicts/{original.public_id}/" hreflang="en" lang="en">English</a>', back)
    for hidden in (draft, gone):
        assert hidden.public_id not in text
