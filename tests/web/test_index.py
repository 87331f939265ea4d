"""The index of verdicts: what fits is there, a page at a time, and nothing that was not published."""

from typing import Any

import pytest
from django.test import Client

from claims.models import Claim
from tests import factories

pytestmark = pytest.mark.django_db


def ids(query: str) -> list[str]:
    answer: Any = Client().get(f"/verdicts/?{query}")
    assert answer.status_code == 200
    return [item.body["id"] for item in answer.context["shown"]]


def test_every_filter_finds_what_was_published_and_only_that():
    topic = factories.TopicFactory.create(slug="water")
    speaker = factories.ClaimantFactory.create(name="Ada O'Neill & Sons")
    true = factories.RatingFactory.create(slug="true", value=1.0)
    wanted = factories.published_claim(
        statement="The river is clean.", topics=[topic], claimant=speaker, rating=true, language="pt-BR"
    )
    factories.published_claim(statement="Rents doubled.")
    factories.approved_claim(statement="The river is deep.", topics=[topic], claimant=speaker, rating=true)
    factories.retracted(factories.published_claim(statement="The river is long.", topics=[topic]))

    for query in ("topic=water", "rating=true", "claimant=ada+o%27neill+%26+sons", "language=pt", "q=river"):
        assert ids(query) == [wanted.public_id], query
    assert ids("topic=water&rating=false") == []
    assert len(ids("")) == 2
    assert len(ids("before=x&after=-1&q=%00")) == 2


def test_only_what_live_verdicts_have_is_offered():
    factories.TopicFactory.create(slug="secret-plans")
    factories.approved_claim(topics=[factories.TopicFactory.create(slug="not-yet")])
    factories.published_claim(topics=[factories.TopicFactory.create(slug="water")])

    text = Client().get("/verdicts/").content.decode()

    assert 'value="water"' in text
    assert "secret-plans" not in text
    assert "not-yet" not in text


def test_pages_keep_their_place_while_others_publish():
    for _ in range(41):
        claim = factories.published_claim()
    first: Any = Client().get("/verdicts/?rating=false")
    second: Any = Client().get(f"/verdicts/?{first.context['older']}")
    factories.published_claim()

    again: Any = Client().get(f"/verdicts/?{first.context['older']}")
    third: Any = Client().get(f"/verdicts/?{second.context['older']}")
    back: Any = Client().get(f"/verdicts/?{third.context['newer']}")

    def seen(answer: Any) -> list[str]:
        return [item.body["id"] for item in answer.context["shown"]]

    assert seen(first)[0] == claim.public_id
    assert seen(again) == seen(second) == seen(back)
    assert len(seen(third)) == 1
    assert len({*seen(first), *seen(second), *seen(third)}) == 41
    assert "rating=false" in first.context["older"]


def test_an_erased_verdict_is_451_and_in_no_list(raw: Any):
    kept, gone = factories.published_claim(), factories.published_claim(statement="This must not be read any more.")
    raw("SET CONSTRAINTS ALL IMMEDIATE")
    raw("ALTER TABLE claims_publication DISABLE TRIGGER USER")  # as an erasure would; rolled back with the test
    raw("UPDATE claims_publication SET body = NULL WHERE claim_id = %s", gone.pk)

    answer = Client().get(f"/verdicts/{gone.public_id}/")

    assert answer.status_code == 451
    assert "must not be read" not in answer.content.decode()
    assert ids("") == [kept.public_id]
    assert gone.public_id not in Client().get("/corrections/").content.decode()
    assert Claim.objects.filter(pk=gone.pk).exists()
