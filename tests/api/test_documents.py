"""Pages of the web by API: their group, and a person's word about it."""

from uuid import UUID

from claims.choices import Role
from claims.models import Document
from tests import factories
from tests.api.conftest import Api, expect

GROUP = UUID(int=7)


def copies(count: int) -> list[Document]:
    return factories.DocumentFactory.create_batch(count, near_duplicate_group=GROUP)


def test_a_page_is_split_from_its_group_and_let_back(checker: Api):
    pages = copies(3)
    path = f"/documents/{pages[0].pk}"

    before = expect(checker.get(path), 200)
    after = expect(checker.post(f"{path}/split", {}), 200)
    back = expect(checker.post(f"{path}/rejoin", {}), 200)

    assert before["near_duplicate_group"] == str(GROUP)
    assert (after["near_duplicate_group"], after["split_at"] is None) == (None, False)
    assert back["split_at"] is None
    assert Document.objects.filter(near_duplicate_group__isnull=False).count() == 2


def test_what_cannot_be_split_is_refused(checker: Api, as_role):
    alone, grouped = factories.DocumentFactory.create(), copies(2)[0]

    expect(checker.post(f"/documents/{alone.pk}/split", {}), 409, "conflict")
    expect(checker.post("/documents/999999/split", {}), 404)
    expect(as_role(Role.CONTRIBUTOR).post(f"/documents/{grouped.pk}/split", {}), 403)

    grouped.refresh_from_db()
    assert grouped.near_duplicate_group == GROUP


def test_coverage_is_listed_by_story(checker: Api):
    claim = factories.researching_claim()
    first, second = copies(2)
    for page in (first, second, factories.DocumentFactory.create()):
        factories.CoverageFactory.create(claim=claim, document=page)

    rows = expect(checker.get(f"/claims/{claim.public_id}/coverage?story={GROUP}"), 200)["results"]

    assert {row["document"]["id"] for row in rows} == {first.pk, second.pk}
    assert {row["document"]["near_duplicate_group"] for row in rows} == {str(GROUP)}
