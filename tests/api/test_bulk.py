"""Many claims at once: one result per row, and no row hinders another."""

from collections.abc import Callable
from unittest.mock import ANY

import pytest

from claims.choices import EventKind, Role
from claims.models import Claim, Event
from tests import factories
from tests.api.conftest import Api, expect


def test_each_row_stands_or_falls_by_itself(as_role: Callable[..., Api]):
    claimant = factories.ClaimantFactory.create()
    rows = [
        {"statement": "Bread costs twice as much.", "claimant": claimant.pk},
        {"statement": "Short"},
        {"statement": "Milk costs twice as much.", "colour": "red"},
        {"statement": "Rent costs twice as much.", "claimant": 2**70},
        {"statement": "Power costs twice as much.", "kind": "promise"},
    ]

    body = expect(as_role(Role.CONTRIBUTOR).post("/claims/bulk", {"claims": rows}), 200)

    assert (body["created"], body["refused"]) == (2, 3)
    assert [(row["index"], row["status"]) for row in body["results"]] == [
        (0, 201),
        (1, 400),
        (2, 400),
        (3, 400),
        (4, 201),
    ]
    assert body["results"][1]["error"] == {
        "code": "invalid",
        "message": ANY,
        "fields": {"statement": ["Give the whole statement."]},
    }
    assert body["results"][2]["error"]["fields"] == {"colour": ["This field is not known here."]}
    assert set(Claim.objects.values_list("public_id", flat=True)) == {body["results"][n]["id"] for n in (0, 4)}
    assert Event.objects.filter(kind=EventKind.CLAIM_CREATED).count() == 2


def test_500_rows_are_taken_and_501_are_not(as_role: Callable[..., Api]):
    api = as_role(Role.CONTRIBUTOR)
    rows = [{"statement": f"Bread costs {number} crowns more."} for number in range(501)]

    assert expect(api.post("/claims/bulk", {"claims": rows[:500]}), 200)["created"] == 500
    expect(api.post("/claims/bulk", {"claims": rows}), 400, "invalid")

    assert Claim.objects.count() == 500


@pytest.mark.parametrize("body", [{}, {"claims": []}, {"claims": "x"}, {"claims": ["x"]}, {"claims": [None]}, []])
def test_what_is_no_list_of_rows_is_refused_whole(as_role: Callable[..., Api], body: object):
    expect(as_role(Role.CONTRIBUTOR).post("/claims/bulk", body), 400, "invalid")

    assert not Claim.objects.exists()


def test_whoever_may_not_create_a_claim_creates_none(as_role: Callable[..., Api]):
    rows = [{"statement": "Bread costs twice as much."}]

    expect(as_role(Role.ADMINISTRATOR).post("/claims/bulk", {"claims": rows}), 403, "not_allowed")

    assert not Claim.objects.exists()


def test_repeated_under_its_key_nothing_is_made_twice(as_role: Callable[..., Api]):
    api, rows = as_role(Role.CONTRIBUTOR), [{"statement": "Bread costs twice as much."}]

    answers = [api.post("/claims/bulk", {"claims": rows}, idempotency_key="load") for _ in range(2)]

    assert answers[0].content == answers[1].content
    assert Claim.objects.count() == 1
