"""One row per story on the desk, its copies below it, and a person's word about which pages belong together."""

from uuid import UUID

import pytest
from django.urls import reverse

from claims.choices import Role
from claims.models import Claim, Document
from tests import factories
from tests.admin.conftest import Editor

GROUP = UUID(int=7)


@pytest.fixture
def covered(db: None) -> Claim:
    """A claim with three copies of one story and one piece by itself."""
    claim = factories.researching_claim()
    for number, group in enumerate((GROUP, GROUP, GROUP, None)):
        page = factories.DocumentFactory.create(title=f"Piece {number}", text="Words.", near_duplicate_group=group)
        factories.CoverageFactory.create(claim=claim, document=page, score=0.9 - number / 10)
    return claim


def titles(answer, name: str) -> list[str]:
    return [row.coverage.document.title for row in answer.context[name]]


def test_copies_stand_below_the_best_of_them(writer: Editor, covered: Claim):
    answer = writer.page(covered)
    listed = writer.get(reverse("admin:claim_coverage", args=[covered.public_id]))

    assert titles(answer, "coverage") == titles(listed, "rows") == ["Piece 0", "Piece 3"]
    assert [other.page["title"] for other in answer.context["coverage"][0].others] == ["Piece 1", "Piece 2"]
    assert "+2 same story" in answer.content.decode()
    assert listed.context["voices"] == 2
    assert "2 independent voices" in listed.content.decode()


def test_a_page_is_taken_out_of_its_group_and_let_back(writer: Editor, covered: Claim):
    row = covered.coverage.get(document__title="Piece 1")

    assert writer.do(covered, "story-split", target=row.pk).status_code == 302
    split = Document.objects.get(pk=row.document_id)
    page = writer.page(covered)
    own = writer.get(reverse("admin:claims_document_change", args=[split.pk]))
    assert writer.do(covered, "story-rejoin", target=row.pk, back="coverage").status_code == 302

    assert (split.near_duplicate_group, split.split_by) == (None, writer.user)
    assert titles(page, "coverage") == ["Piece 0", "Piece 1", "Piece 3"]
    assert "Let it be grouped again" in page.content.decode()
    assert "a story of its own" in own.content.decode()
    assert Document.objects.get(pk=row.document_id).split_at is None


def test_every_copy_is_cited_where_it_stands(writer: Editor, covered: Claim):
    row = covered.coverage.get(document__title="Piece 2")

    page = writer.page(covered).content.decode()
    refused = writer.do(covered, "coverage-cite", target=row.pk, stance="", note="Typed words", back="coverage")
    done = writer.do(covered, "coverage-cite", target=row.pk, stance="refutes", back="coverage")

    assert f'id="coverage-cite-{row.pk}"' in page
    assert refused.status_code == 400
    assert "Typed words" in refused.content.decode()
    assert refused.context["homeless"] == []
    assert done.status_code == 302
    assert covered.evidence.get().document_id == row.document_id


def test_a_copy_is_kept_with_its_stance_which_shows_and_can_be_changed(writer: Editor, covered: Claim):
    pieces = list(covered.coverage.order_by("-score")[:2])
    address = reverse("admin:claim_coverage", args=[covered.public_id])

    for piece in pieces:
        assert writer.do(covered, "coverage-keep", target=piece.pk, stance="refutes").status_code == 302
    best, other = writer.get(address, state="kept").context["rows"][0], pieces[1]
    assert writer.do(covered, "coverage-keep", target=other.pk, stance="context").status_code == 302
    listed = writer.get(address, state="kept")

    assert best.keep.form is not None
    assert best.keep.form.initial == {"stance": "refutes"}
    assert (best.coverage.stance, best.others[0].page["stance"]) == ("refutes", "refutes")
    assert listed.context["rows"][0].others[0].page["stance"] == "context"
    assert "Gives context</span>" in listed.content.decode()


def test_a_contributor_sees_the_group_and_cannot_change_it(at_desk, covered: Claim):
    contributor = at_desk(Role.CONTRIBUTOR)
    row = covered.coverage.get(document__title="Piece 1")

    page = contributor.page(covered).content.decode()
    refused = contributor.do(covered, "story-split", target=row.pk)

    assert "+2 same story" in page
    assert "Not the same story" not in page
    assert refused.status_code == 403
    assert Document.objects.filter(near_duplicate_group=GROUP).count() == 3


def test_a_page_names_the_others_that_carry_its_story(writer: Editor, covered: Claim):
    page = Document.objects.get(title="Piece 2")

    shown = writer.get(reverse("admin:claims_document_change", args=[page.pk]))

    assert [other.title for other in shown.context["same_story"]] == ["Piece 0", "Piece 1"]
    assert "Piece 1" in shown.content.decode()
