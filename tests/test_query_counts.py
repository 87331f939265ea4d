"""How many queries a list costs: the same at 5 rows as at 50, and as many as the committed file says.

After a change that is meant: `UPDATE_COUNTS=1 pytest tests/test_query_counts.py`, then look at the difference.
"""

import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from claims.choices import Role
from claims.models import Appearance, Assignment, Claim, ClaimAlias, ClaimSearch, ReplyRequest, ReviewNote, Verdict
from tests import factories
from tests.api.conftest import Api, expect, key_for

COUNTS = Path(__file__).with_name("query_counts.json")
FEW, MANY = 5, 50


def agree(part: str, name: str, count: int) -> None:
    """Holds a count against the committed file, or writes it there when asked to."""
    counts = json.loads(COUNTS.read_text(encoding="utf-8"))
    if os.environ.get("UPDATE_COUNTS"):
        counts.setdefault(part, {})[name] = count
        ordered = {key: dict(sorted(counts[key].items())) for key in sorted(counts)}
        COUNTS.write_text(json.dumps(ordered, indent=2) + "\n", encoding="utf-8")
    assert counts[part].get(name) == count, f"{name} takes {count} queries; see this file's first lines"


def claims(count: int) -> Claim:
    for _ in range(count):
        claim = factories.ClaimFactory.create(
            claimant=factories.ClaimantFactory.create(), created_by=factories.UserFactory.create()
        )
        claim.topics.set([factories.TopicFactory.create(), factories.TopicFactory.create()])
    return claim


def published(count: int) -> Claim:
    for _ in range(count):
        claim = factories.published_claim()
    return claim


def evidence(count: int) -> Claim:
    claim = factories.ClaimFactory.create()
    for _ in range(count):
        factories.EvidenceFactory.create(claim=claim)
    return claim


def coverage(count: int) -> Claim:
    claim = factories.ClaimFactory.create()
    for _ in range(count):
        factories.CoverageFactory.create(
            claim=claim, state="kept", decided_by=factories.UserFactory.create(), decided_at=timezone.now()
        )
    return claim


def searches(count: int) -> Claim:
    claim = factories.ClaimFactory.create()
    for n in range(count):
        at = factories.NOON + timedelta(minutes=n)
        ClaimSearch.objects.create(claim=claim, connector="x", query="q", started_at=at, outcome="none", count=0)
    return claim


def revisions(count: int) -> Claim:
    claim = factories.ClaimFactory.create()
    rating = factories.RatingFactory.create()
    for number in range(1, count + 1):
        verdict = Verdict.objects.create(
            claim=claim, number=number, rating=rating, opened_at=factories.NOON, saved_at=factories.NOON
        )
        for _ in range(2):
            verdict.contributors.create(user=factories.UserFactory.create(), at=factories.NOON)
    return claim


def notes(count: int) -> Claim:
    claim = factories.ClaimFactory.create()
    for n in range(count):
        ReviewNote.objects.create(
            claim=claim, author=factories.UserFactory.create(), text=f"Note {n}.", at=factories.NOON
        )
    return claim


def replies(count: int) -> Claim:
    claim = factories.ClaimFactory.create()
    for _ in range(count):
        by = factories.UserFactory.create()
        ReplyRequest.objects.create(claim=claim, asked_of="The mayor", how="by e-mail", asked_at=factories.NOON, by=by)
    return claim


def assignments(count: int) -> Claim:
    claim = factories.ClaimFactory.create()
    for _ in range(count):
        user = factories.UserFactory.create()
        Assignment.objects.create(claim=claim, user=user, by=user, role="writer", at=factories.NOON)
    return claim


def appearances(count: int) -> Claim:
    claim = factories.ClaimFactory.create()
    for _ in range(count):
        page = factories.DocumentFactory.create()
        Appearance.objects.create(claim=claim, document=page, outlet=page.outlet, added_at=factories.NOON)
    return claim


def aliases(count: int) -> Claim:
    claim = factories.ClaimFactory.create()
    for n in range(count):
        ClaimAlias.objects.create(claim=claim, text=f"Wording {n}", added_at=factories.NOON)
    return claim


def scales(count: int) -> None:
    for n in range(count):
        scale = factories.RatingScaleFactory.create(slug=f"scale-{n}")
        for step in range(3):
            factories.RatingFactory.create(scale=scale, slug=f"step-{step}")


def topics(count: int) -> None:
    factories.TopicFactory.create_batch(count)


def outlets(count: int) -> None:
    factories.OutletFactory.create_batch(count)


def claimants(count: int) -> None:
    factories.ClaimantFactory.create_batch(count)


LISTS: dict[str, Callable[[int], Claim | None]] = {
    "/claims?page_size=100": claims,
    "/verdicts?page_size=100": published,
    "/claims/{id}/evidence?page_size=100": evidence,
    "/claims/{id}/coverage?page_size=100": coverage,
    "/claims/{id}/searches?page_size=100": searches,
    "/claims/{id}/revisions?page_size=100": revisions,
    "/claims/{id}/notes?page_size=100": notes,
    "/claims/{id}/replies?page_size=100": replies,
    "/claims/{id}/assignments?page_size=100": assignments,
    "/claims/{id}/appearances?page_size=100": appearances,
    "/claims/{id}/aliases?page_size=100": aliases,
    "/rating-scales?page_size=100": scales,
    "/topics?page_size=100": topics,
    "/outlets?page_size=100": outlets,
    "/claimants?page_size=100": claimants,
}


@pytest.mark.django_db
@pytest.mark.parametrize("path", LISTS)
def test_a_list_of_the_api_costs_the_same_however_long_it_is(path: str):
    public = path.startswith("/verdicts")
    api = Api() if public else Api(key=key_for(factories.person(Role.FACT_CHECKER)))
    found = []
    for more in (FEW, MANY - FEW):
        claim = LISTS[path](more)
        address = path.format(id=claim.public_id if claim is not None else "")
        api.get(address)  # a key's use is noted once a minute; not here
        with CaptureQueriesContext(connection) as queries:
            rows = expect(api.get(address), 200)["results"]
        found.append((len(rows), len(queries)))

    (few, count), (many, again) = found
    assert few >= FEW
    assert many > few
    assert again == count
    agree("api", path.partition("?")[0], count)


@pytest.mark.django_db
def test_what_single_reads_of_the_api_cost():
    claim = factories.published_claim()
    draft = factories.written_claim()
    desk = Api(key=key_for(factories.person(Role.FACT_CHECKER)))
    desk.get("/claims")

    for name, api, path in (
        ("/verdicts/{id}", Api(), f"/verdicts/{claim.public_id}"),
        ("/verdicts/changes", Api(), "/verdicts/changes"),
        ("/verdicts/{id}?as_of=", Api(), f"/verdicts/{claim.public_id}?as_of={timezone.now().isoformat()}"),
        ("/verdicts/{id}?fields=", Api(), f"/verdicts/{claim.public_id}?fields=sequence"),
        ("/verdicts/{id}?version=", Api(), f"/verdicts/{claim.public_id}?version=1"),
        ("/claims/{id} published", desk, f"/claims/{claim.public_id}"),
        ("/claims/{id} researching", desk, f"/claims/{draft.public_id}"),
    ):
        with CaptureQueriesContext(connection) as queries:
            expect(api.get(path), 200)
        agree("api", name, len(queries))
