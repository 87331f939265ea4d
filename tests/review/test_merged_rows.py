"""Rows keep their claim and are read together: what a merged claim carries shows on the one that it was merged into."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from claims.choices import ClaimState, CoverageState, Role
from claims.coverage.operations import dismiss, keep, restore
from claims.coverage.queries import coverage_of
from claims.editing.claims import add_alias, add_appearance
from claims.editing.evidence import EvidenceFields, cite
from claims.editing.notes import add_note, ask_reply
from claims.errors import IllegalMove
from claims.matching.operations import match_document
from claims.models import Claim, Coverage, Evidence
from claims.review import operations as moves
from claims.verdicts.candidate import document
from tests.admin.conftest import editor
from tests.api.conftest import Api, key_for
from tests.factories import CoverageFactory, DocumentFactory
from tests.review.conftest import Desk

LISTS = ["evidence", "coverage", "notes", "replies", "appearances", "aliases"]


def laden(desk: Desk, name: str) -> Claim:
    """A claim that is researched, with one row of every kind."""
    claim, by = desk.researching(), desk.writer
    desk.source(claim, f"https://{name}.example/source")
    CoverageFactory.create(claim=claim, document=DocumentFactory.create(url=f"https://{name}.example/coverage"))
    add_note(claim_id=claim.pk, text=f"A note on {name}.", actor=by, at=desk.at())
    asked = desk.at()
    ask_reply(claim_id=claim.pk, asked_of=name, how="e-mail", asked_at=asked, deadline_at=None, actor=by, at=desk.at())
    add_appearance(claim_id=claim.pk, url=f"https://{name}.example/said", actor=by, at=desk.at())
    add_alias(claim_id=claim.pk, text=f"Put otherwise in {name}", actor=by, at=desk.at())
    return claim


def merge(desk: Desk, claim: Claim, into: Claim) -> None:
    moves.merge(claim_id=claim.pk, into_id=into.pk, actor=desk.writer, at=desk.at())


def rows(api: Api, claim: Claim, name: str) -> list[str]:
    """Whose the rows of a list are."""
    answer = api.get(f"/claims/{claim.public_id}/{name}")
    assert answer.status_code == 200
    return [row["claim"] for row in json.loads(answer.content)["results"]]


@pytest.fixture
def api(desk: Desk) -> Api:
    return Api(key=key_for(desk.writer), user=desk.writer)


@pytest.mark.parametrize("name", LISTS)
def test_the_surviving_claims_lists_show_the_merged_ones_rows_until_it_is_unmerged(desk: Desk, api: Api, name: str):
    kept, gone = laden(desk, "kept"), laden(desk, "gone")

    merge(desk, gone, kept)
    together, apart = rows(api, kept, name), rows(api, gone, name)
    moves.unmerge(claim_id=gone.pk, actor=desk.writer, at=desk.at())

    assert sorted(together) == sorted([kept.public_id, gone.public_id])
    assert apart == [gone.public_id]
    assert rows(api, kept, name) == [kept.public_id]


def test_the_surviving_claims_page_shows_them_with_whose_they_are(desk: Desk):
    kept, gone = laden(desk, "kept"), laden(desk, "gone")
    merge(desk, gone, kept)
    client = editor(desk.writer)

    shown = client.page(kept).content.decode()
    moves.unmerge(claim_id=gone.pk, actor=desk.writer, at=desk.at())
    after = client.page(kept).content.decode()

    for words in ("gone.example/source", "gone.example/coverage", "A note on gone.", "gone.example/said", "in gone"):
        assert words in shown
        assert words not in after
    assert f"/admin/claim/{gone.public_id}/" in shown
    assert "2 suggested, 0 kept" in shown
    assert "1 suggested, 0 kept" in after


def test_a_merged_claims_source_is_published_only_once_somebody_uses_it_here(desk: Desk):
    kept, gone = laden(desk, "kept"), laden(desk, "gone")
    merge(desk, gone, kept)
    revision = kept.verdicts.get()
    client = editor(desk.reviewer)
    source = gone.evidence.get()
    assert source.document is not None

    before = document(claim=kept, verdict=revision)["evidence"]
    used = client.do(kept, "evidence-add", target=source.pk, url=source.document.url, stance="refutes", note="Ours.")

    assert used.status_code == 302
    assert len(before) == 1
    assert len(document(claim=kept, verdict=revision)["evidence"]) == 2
    assert Evidence.objects.filter(document=source.document).count() == 2
    assert revision.contributors.filter(user=desk.reviewer).exists()


def test_coverage_of_a_merged_claim_is_decided_on_where_it_is_worked_on(desk: Desk):
    kept, gone = desk.researching(), desk.researching()
    pieces = [CoverageFactory.create(claim=gone) for _ in range(3)]
    merge(desk, gone, kept)

    keep(coverage_id=pieces[0].pk, actor=desk.writer, at=desk.at())
    dismiss(coverage_id=pieces[1].pk, actor=desk.writer, at=desk.at())
    restore(coverage_id=pieces[1].pk, actor=desk.writer, at=desk.at())
    cited = cite(coverage_id=pieces[2].pk, given=EvidenceFields(stance="refutes"), actor=desk.writer, at=desk.at())

    assert list(Coverage.objects.order_by("pk").values_list("claim", "state")) == [
        (gone.pk, CoverageState.KEPT),
        (gone.pk, CoverageState.SUGGESTED),
        (gone.pk, CoverageState.KEPT),
    ]
    assert cited.claim == kept


def test_the_surviving_claims_state_decides_whether_coverage_may_be_cited(desk: Desk):
    kept, gone = desk.in_review(), desk.researching()
    piece = CoverageFactory.create(claim=gone)
    merge(desk, gone, kept)

    with pytest.raises(IllegalMove):
        cite(coverage_id=piece.pk, given=EvidenceFields(stance="refutes"), actor=desk.writer, at=desk.at())


def test_a_page_that_several_of_them_have_stands_once_and_a_decision_stands_first(desk: Desk):
    kept, first, second = (desk.researching() for _ in range(3))
    shared, other = DocumentFactory.create(), DocumentFactory.create()
    own = CoverageFactory.create(claim=kept, document=shared)
    CoverageFactory.create(claim=first, document=shared)
    decided = CoverageFactory.create(claim=second, document=other)
    CoverageFactory.create(claim=kept, document=other)
    dismiss(coverage_id=decided.pk, actor=desk.writer, at=desk.at())
    merge(desk, first, kept)
    merge(desk, second, kept)

    assert list(coverage_of(kept.pk, CoverageState.SUGGESTED)) == [own]
    assert list(coverage_of(kept.pk, CoverageState.DISMISSED)) == [decided]
    assert coverage_of(first.pk).count() == 1


def test_a_page_is_not_suggested_again_that_a_merged_claim_has(desk: Desk):
    kept, gone = desk.researching(), desk.researching()
    page = DocumentFactory.create(text=f"{kept.statement} Mayor Ilse Brandt said so.", title="Unemployment")
    piece = CoverageFactory.create(claim=gone, document=page)
    dismiss(coverage_id=piece.pk, actor=desk.writer, at=desk.at())
    merge(desk, gone, kept)

    assert match_document(document_id=page.pk, at=desk.at()) == 0
    assert not kept.coverage.exists()


def test_the_admin_decides_on_a_merged_claims_coverage_and_on_no_stranger_s(desk: Desk):
    kept, gone, stranger = (desk.researching() for _ in range(3))
    pieces = [CoverageFactory.create(claim=claim) for claim in (gone, stranger)]
    merge(desk, gone, kept)
    client = editor(desk.writer)

    answers = [client.do(kept, "coverage-keep", target=piece.pk).status_code for piece in pieces]

    assert answers == [302, 404]
    assert [Coverage.objects.get(pk=piece.pk).state for piece in pieces] == ["kept", "suggested"]


def test_a_merged_claim_shows_its_own_rows_and_lets_nobody_work_on_them(desk: Desk):
    kept, gone = desk.researching(), laden(desk, "gone")
    merge(desk, gone, kept)
    client = Client()
    client.force_login(desk.person("reader", Role.CONTRIBUTOR))

    shown = client.get(reverse("admin:claim", args=[gone.public_id])).content.decode()

    assert Claim.objects.get(pk=gone.pk).state == ClaimState.MERGED
    assert "gone.example/source" in shown
    assert "/do/evidence-add/" not in shown
