"""Siblings in other languages: beside the document, for the live ones, and only once they are public."""

import json
from dataclasses import replace
from typing import Any

import pytest

from claims.choices import Role
from claims.editing.claims import ClaimFields, edit_claim
from claims.errors import Invalid
from claims.models import Claim, Publication
from claims.review import operations as moves
from tests import factories
from tests.api.conftest import Api, expect
from tests.factories import NOON, person


def _siblings(api: Api, claim: Claim, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = expect(api.get(f"/verdicts/{claim.public_id}{query}"), 200)["translations"]
    return found


def _body(claim: Claim) -> bytes:
    return bytes(Publication.objects.filter(claim=claim).latest("version").body or b"")


@pytest.fixture
def original(db: None) -> Claim:
    return factories.published_claim(language="en")


def test_a_later_sibling_shows_without_altering_what_was_approved(anybody: Api, original: Claim):
    before, answer = _body(original), anybody.get(f"/verdicts/{original.public_id}")
    german = factories.published_claim(language="de", translation_of=original)
    french = factories.published_claim(language="fr", translation_of=original)

    assert _body(original) == before
    shown = _siblings(anybody, original)
    assert [(s["id"], s["language"]) for s in shown] == [(german.public_id, "de"), (french.public_id, "fr")]
    assert shown[0]["url"] == json.loads(_body(german))["url"]
    assert [s["language"] for s in _siblings(anybody, german)] == ["en", "fr"]
    assert json.loads(_body(german))["translation_of"] == original.public_id
    assert "translation_of" not in json.loads(_body(original))
    again = anybody.get(f"/verdicts/{original.public_id}", if_none_match=answer["ETag"])
    assert again.status_code == 200
    assert again["ETag"] != answer["ETag"]
    since = anybody.get(f"/verdicts/{original.public_id}", if_modified_since="Mon, 02 Mar 2026 12:00:00 GMT")
    assert since.status_code == 200
    listed = {row["id"]: row["translations"] for row in expect(anybody.get("/verdicts"), 200)["results"]}
    assert listed[original.public_id] == shown


def test_nothing_of_a_sibling_shows_before_it_is_public(anybody: Api, original: Claim):
    first = anybody.get(f"/verdicts/{original.public_id}")
    german = factories.approved_claim(language="de", translation_of=original)

    assert anybody.get(f"/verdicts/{original.public_id}", if_none_match=first["ETag"]).status_code == 304
    moves.publish(claim_id=german.pk, actor=person(Role.PUBLISHER), at=NOON)
    assert [s["language"] for s in _siblings(anybody, original)] == ["de"]


def test_an_edit_that_nobody_has_approved_links_nothing(anybody: Api, original: Claim):
    other = factories.published_claim(language="de")
    moves.revise(
        claim_id=other.pk,
        change_type="correction",
        public_note="It translates another.",
        actor=person(Role.FACT_CHECKER),
        at=NOON,
    )
    kept = ClaimFields(statement=other.statement, language="de", claimant=other.claimant, claimed_on=other.claimed_on)
    edit_claim(
        claim_id=other.pk,
        given=replace(kept, translation_of=original),
        lock_version=None,
        actor=person(Role.FACT_CHECKER),
        at=NOON,
    )
    assert _siblings(anybody, original) == _siblings(anybody, other) == []

    moves.submit(claim_id=other.pk, actor=person(Role.FACT_CHECKER), at=NOON)
    moves.approve(claim_id=other.pk, actor=person(Role.PUBLISHER), at=NOON)
    moves.publish(claim_id=other.pk, actor=person(Role.PUBLISHER), at=NOON)

    assert [s["id"] for s in _siblings(anybody, original)] == [other.public_id]
    assert [s["id"] for s in _siblings(anybody, other, "?version=1")] == [original.public_id]


def test_a_retracted_sibling_is_named_no_more(anybody: Api, original: Claim):
    german = factories.published_claim(language="de", translation_of=original)
    factories.retracted(german)

    assert _siblings(anybody, original) == []
    assert expect(anybody.get(f"/verdicts/{german.public_id}"), 410)["code"] == "retracted"


def test_a_part_of_it_may_be_asked_for(anybody: Api, original: Claim):
    factories.published_claim(language="de", translation_of=original)

    body = expect(anybody.get(f"/verdicts/{original.public_id}?fields=translations.language"), 200)

    assert body["translations"] == [{"language": "de"}]


def test_a_translation_of_a_translation_or_of_itself_is_refused(original: Claim):
    german = factories.inbox_claim(language="de", translation_of=original)
    writer = person(Role.FACT_CHECKER)

    with pytest.raises(Invalid) as caught:
        factories.inbox_claim(language="fr", translation_of=german)
    assert set(caught.value.fields) == {"translation_of"}
    for pk, named in ((german.pk, german), (original.pk, german)):
        claim = Claim.objects.get(pk=pk)
        if claim.state == "published":
            moves.revise(claim_id=claim.pk, change_type="correction", public_note="x", actor=writer, at=NOON)
        with pytest.raises(Invalid):
            edit_claim(
                claim_id=claim.pk,
                given=ClaimFields(statement=claim.statement, translation_of=named),
                lock_version=None,
                actor=writer,
                at=NOON,
            )


def test_the_desk_names_the_original_by_api(checker: Api, original: Claim):
    given = {"statement": "Die Arbeitslosigkeit sank.", "language": "de", "translation_of": original.public_id}

    made = expect(checker.post("/claims", given), 201)
    kept = checker.patch(f"/claims/{made['id']}", {"location": "Berlin"}, if_match='"1"')
    cleared = checker.patch(f"/claims/{made['id']}", {"translation_of": None}, if_match='"2"')

    assert made["translation_of"] == original.public_id
    assert expect(kept, 200)["translation_of"] == original.public_id
    assert expect(cleared, 200)["translation_of"] is None
