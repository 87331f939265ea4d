"""What the press site's articles must hold for the demo to show something."""

from collections import Counter

import pytest

from seeds.press.articles import read, read_all

ARTICLES = read_all()


def _shingles(text: str, size: int = 5) -> set[tuple[str, ...]]:
    words = text.lower().split()
    return {tuple(words[start : start + size]) for start in range(len(words) - size + 1)}


def test_every_article_is_long_enough_to_read_and_to_rank():
    lengths = {article.slug: len(article.text.split()) for article in ARTICLES}

    assert len(ARTICLES) >= 14
    assert all(120 <= length <= 350 for length in lengths.values()), lengths


def test_articles_relate_to_several_claims_and_some_to_none():
    related = [article for article in ARTICLES if article.relates_to]
    claims = Counter(slug for article in related for slug in article.relates_to)

    assert len(related) >= 8
    assert len(claims) >= 4
    assert len(ARTICLES) - len(related) >= 5
    assert len({article.outlet for article in related}) == 4


def test_exactly_one_pair_is_a_near_copy_across_outlets():
    pairs = []
    for index, one in enumerate(ARTICLES):
        for other in ARTICLES[index + 1 :]:
            shared = _shingles(one.text) & _shingles(other.text)
            if len(shared) >= 40:
                pairs.append((one, other, len(shared) / min(len(_shingles(one.text)), len(_shingles(other.text)))))

    ((one, other, containment),) = pairs
    assert containment >= 0.6
    assert one.outlet != other.outlet
    assert one.byline != other.byline
    assert one.text != other.text


@pytest.mark.parametrize(
    ("head", "complaint"),
    [
        ("Outlet: alpenrand\nTitle: T", "missing Byline"),
        ("Outlet: nobody\nTitle: T\nByline: B\nPublished: 2016-10-01T10:00:00+00:00\nSummary: S", "no such outlet"),
        ("Outlet: alpenrand\nTitle: T\nColour: red", "not a known head line"),
        ("Outlet: alpenrand\nTitle: T\nByline: B\nPublished: 2016-10-01T10:00:00\nSummary: S", "needs an offset"),
    ],
)
def test_bad_article_is_refused_by_name(tmp_path, head, complaint):
    path = tmp_path / "piece.html"
    path.write_text(f"{head}\n\n<p>Text.</p>\n", encoding="utf-8")

    with pytest.raises(ValueError, match=rf"piece\.html: .*{complaint}"):
        read(path)
