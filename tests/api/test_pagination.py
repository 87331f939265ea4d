"""Pages: no row lost and none twice, even where 3,000 share one instant, and in both directions."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from claims.models import Approval, Claim, Coverage, Publication, PublicHead, Verdict
from claims.text import sha256
from tests import factories
from tests.api.conftest import Api, expect

ROWS = 3_000


def walk(api: Api, path: str, link: str = "next") -> tuple[list[dict[str, Any]], str]:
    """Every row from this page on, following one link, and the address of the last page."""
    rows: list[dict[str, Any]] = []
    while True:
        page = expect(api.get(path), 200)
        rows = rows + page["results"] if link == "next" else page["results"] + rows
        if page[link] is None:
            return rows, path
        parts = urlsplit(page[link])
        path = f"{parts.path.removeprefix('/api/v1')}?{parts.query}"


def many_claims(count: int) -> list[Claim]:
    return Claim.objects.bulk_create(
        Claim(statement=f"Statement number {n}.", created_at=factories.NOON, changed_at=factories.NOON)
        for n in range(count)
    )


def many_verdicts(count: int) -> list[str]:
    """Live publications that all share one instant, past the operations but not past the triggers."""
    claims = many_claims(count)
    body, reviewer = b'{"licence":"CC BY 4.0"}', factories.UserFactory.create()
    digest = sha256(body)
    verdicts = Verdict.objects.bulk_create(
        Verdict(
            claim=claim,
            number=1,
            candidate=body,
            candidate_hash=digest,
            opened_at=factories.NOON,
            saved_at=factories.NOON,
            submitted_at=factories.NOON,
        )
        for claim in claims
    )
    Approval.objects.bulk_create(
        Approval(verdict=v, reviewer=reviewer, decision="approved", candidate_hash=digest, at=factories.NOON)
        for v in verdicts
    )
    publications = Publication.objects.bulk_create(
        Publication(
            sequence=n,
            claim=verdict.claim,
            public_id=verdict.claim.public_id,
            version=1,
            kind="initial",
            change_type="initial",
            verdict=verdict,
            body=body,
            body_hash=digest,
            valid_from=factories.NOON,
            statement=verdict.claim.statement,
            language="en",
        )
        for n, verdict in enumerate(verdicts, start=1)
    )
    PublicHead.objects.bulk_create(
        PublicHead(claim=p.claim, public_id=p.claim.public_id, publication=p, sequence=p.sequence, live=True)
        for p in publications
    )
    return [claim.public_id for claim in reversed(claims)]


def test_3000_claims_of_one_instant_are_paged_without_loss_or_double(checker: Api):
    expected = [claim.public_id for claim in reversed(many_claims(ROWS))]

    rows, last = walk(checker, "/claims?page_size=100")
    back, _ = walk(checker, last, "previous")

    assert [row["id"] for row in rows] == expected
    assert [row["id"] for row in back] == expected


def test_3000_verdicts_of_one_instant_are_paged_without_loss_or_double(anybody: Api):
    expected = many_verdicts(ROWS)

    rows, last = walk(anybody, "/verdicts?page_size=100")
    back, _ = walk(anybody, last, "previous")

    assert [row["id"] for row in rows] == expected
    assert [row["id"] for row in back] == expected
    assert len({row["published_at"] for row in rows}) == 1


def test_coverage_of_one_score_is_paged_without_loss_or_double(checker: Api):
    claim = factories.ClaimFactory.create()
    for n in range(23):
        factories.CoverageFactory.create(claim=claim, score=[0.7, 1 / 3][n % 2])
    expected = list(Coverage.objects.order_by("-score", "id").values_list("pk", flat=True))

    rows, last = walk(checker, f"/claims/{claim.public_id}/coverage?page_size=4")
    back, _ = walk(checker, last, "previous")

    assert [row["id"] for row in rows] == expected
    assert [row["id"] for row in back] == expected


def test_rows_that_come_in_while_paging_move_nothing(checker: Api):
    old = many_claims(10)
    page = expect(checker.get("/claims?page_size=4"), 200)
    many_claims(5)

    parts = urlsplit(page["next"])
    rest, _ = walk(checker, f"/claims?{parts.query}")

    seen = [row["id"] for row in page["results"] + rest]
    assert seen == [claim.public_id for claim in reversed(old)]


def test_links_keep_the_filters(checker: Api):
    many_claims(3)
    factories.published_claim()

    rows, last = walk(checker, "/claims?state=inbox&page_size=1")

    assert len(rows) == 3
    assert "state=inbox" in last


def test_an_empty_list_has_no_links(checker: Api):
    assert expect(checker.get("/claims"), 200) == {"next": None, "previous": None, "results": []}


@pytest.mark.parametrize("size", ["0", "101", "-1", "x", "1e2", "٣", "1000000000000"])
def test_a_size_out_of_bounds_is_400(checker: Api, size: str):
    assert list(expect(checker.get(f"/claims?page_size={size}"), 400, "invalid")["fields"]) == ["page_size"]


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "%00", "bnVsbA", "WyJuIl0", "WyJuIixudWxsXQ", "WyJuIiwieCJd", "WyJ4IiwxXQ", "WyJuIiwxZTQwMF0", "é"],
)
def test_a_cursor_that_is_none_of_ours_is_400(checker: Api, cursor: str):
    answer = checker.get(f"/claims?cursor={cursor}")

    assert expect(answer, 400)["code"] == "invalid"
