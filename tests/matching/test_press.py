"""The seed claims against our own press site: what is about a claim comes first, what is about nothing stays away."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from claims.choices import ClaimState, FetchState
from claims.matching.operations import match_document, rank_documents
from claims.matching.rank import SUGGEST_FROM
from claims.models import Claim, ClaimAlias, Coverage, Document
from seeds.press import articles
from tests.factories import NOON, ClaimFactory, DocumentFactory

pytestmark = pytest.mark.django_db
SEEDS = Path(articles.__file__).parents[1]


@pytest.fixture
def library() -> dict[int, articles.Article]:
    """Every article of the press site as a page that was read."""
    found = {}
    for path in sorted((SEEDS / "press" / "articles").glob("*.html")):
        article = articles.read(path)
        row = DocumentFactory.create(
            title=article.title, text=article.text, fetch_state=FetchState.READ, published_at=article.published_at
        )
        found[row.pk] = article
    return found


@pytest.fixture
def claims() -> dict[str, Claim]:
    """The seed claims, watched."""
    found = {}
    for path in sorted((SEEDS / "claims").glob("*.yaml")):
        item: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        row = ClaimFactory.create(
            statement=" ".join(item["statement"].split()),
            state=ClaimState.RESEARCHING,
            claimed_on=item.get("claimed_on"),
            location=item.get("location", ""),
            context=item.get("context", ""),
        )
        for text in item.get("aliases", []):
            ClaimAlias.objects.create(claim=row, text=text, added_at=NOON)
        found[item["slug"]] = row
    return found


def test_no_article_about_something_else_ranks_above_one_about_a_claim(library, claims):
    for slug, claim in claims.items():
        fits = rank_documents(claim).fits
        unrelated = [one.fit.score for one in fits if not library[one.document_id].relates_to]
        related = [one.fit.score for one in fits if slug in library[one.document_id].relates_to]

        assert max(unrelated, default=0) < min([SUGGEST_FROM, *related]), slug


def test_the_first_suggestion_is_an_article_about_the_claim_wherever_there_is_one(library, claims):
    covered = {slug for article in library.values() for slug in article.relates_to}
    first = {slug: rank_documents(claim).fits[0] for slug, claim in claims.items() if slug in covered}
    right = [slug for slug, one in first.items() if slug in library[one.document_id].relates_to]

    assert len(right) >= len(first) - 1


def test_there_are_enough_suggestions_for_the_demo(library, claims):
    for document in Document.objects.order_by("pk"):
        match_document(document_id=document.pk, at=NOON)

    assert Coverage.objects.count() >= 8
    assert Coverage.objects.values("claim").distinct().count() >= 3
    assert not [row for row in Coverage.objects.all() if not library[row.document_id].relates_to]
