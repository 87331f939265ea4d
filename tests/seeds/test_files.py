"""What the seed files say, and how a bad one is refused."""

import pytest

from claims.choices import ClaimKind
from claims.management.seed_files import read_seeds
from claims.management.seed_reader import SeedFileError
from seeds.press.articles import read_all
from seeds.press.outlets import OUTLETS
from tests.seeds.conftest import SEEDS

READ = read_seeds(SEEDS)
CLAIM, SLUG = "claims/02-no-official-request.yaml", "no-official-request"
VERDICT, FIRST = "verdicts/us-has-no-evidence.yaml", "us-has-no-evidence"
NEWS, SCALE = "outlets/news.yaml", "rating_scales/factual.yaml"
FACTUAL, PROMISE = "scale: factual\nrating: mostly-false", "scale: promise\nrating: kept"


def _luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_kind_of_seed_is_there():
    assert {scale.slug for scale in READ.scales} == {"factual", "promise"}
    assert len(READ.claims) >= 8
    assert READ.claims[0].slug == "us-has-no-evidence"
    assert {"tass", "reuters", "us-dhs", "us-odni", "us-justice", "us-senate-intelligence"} <= {
        outlet.slug for outlet in READ.outlets
    }
    assert all(claim.topics and claim.appearances and claim.selection_reason for claim in READ.claims)


def test_each_kind_of_claim_has_a_scale():
    kinds = {kind for scale in READ.scales for kind in scale.claim_kinds}

    assert kinds == set(ClaimKind.values)


def test_colours_of_ratings_can_be_read_on_white_and_carry_white_text():
    for scale in READ.scales:
        for rating in scale.ratings:
            assert 1.05 / (_luminance(rating.colour) + 0.05) >= 4.5, rating.slug


def test_every_rating_is_defined():
    for scale in READ.scales:
        assert len(scale.description) > 200
        for rating in scale.ratings:
            assert len(rating.labels["en"]["definition"]) > 40


def test_demo_outlets_are_those_of_the_press_site_in_the_order_of_its_ports():
    assert [(outlet.slug, outlet.feed) for outlet in READ.demo_outlets] == [
        (outlet.slug, outlet.feed_path) for outlet in OUTLETS
    ]
    for seed, outlet in zip(READ.demo_outlets, OUTLETS, strict=True):
        assert seed.name == f"{outlet.name} (demo)"


def test_articles_of_the_press_site_name_claims_that_exist():
    claims = {claim.slug for claim in READ.claims}

    assert {slug for article in read_all() for slug in article.relates_to} <= claims


def test_worked_verdict_rests_on_several_outlets_and_claims_no_copy_of_its_own():
    (verdict,) = READ.verdicts

    assert len({source.outlet for source in verdict.evidence}) >= 4
    assert {"reply"} == {waiver.line for waiver in verdict.waivers if waiver.public}
    for source in verdict.evidence:
        # A look-up by date, which leads to the nearest copy: true whatever the archive holds.
        assert source.archive_url.startswith("https://web.archive.org/web/20")
        assert source.archive_url.endswith(f"000000/{source.url}")


@pytest.mark.parametrize(
    ("file", "old", "new", "item", "field", "reason"),
    [
        (CLAIM, "priority: normal", "priority: soon", SLUG, "priority", "one of low"),
        (CLAIM, "statement:", "statment:", SLUG, "statment", "not a field"),
        (CLAIM, "statement:", "statment:", SLUG, "statement", "is missing"),
        (CLAIM, "2016-10-13", "mid-October", SLUG, "claimed_on", "a date such as"),
        (CLAIM, "maria-zakharova", "nobody", SLUG, "claimant", "no such claimant"),
        (CLAIM, "[cyber-attacks,", "[chess,", SLUG, "topics", "no such topic: chess"),
        (CLAIM, "outlet: tass", "outlet: reuters", SLUG, "appearances", "none of the domains"),
        (CLAIM, "https://tass", "tass", f"{SLUG} appearances[1]", "url", "http"),
        (CLAIM, f"slug: {SLUG}", f"slug: {FIRST}", FIRST, "slug", "is given already"),
        (CLAIM, "Separate from", f"{'long ' * 5000}", SLUG, "selection_reason", "20000 fit"),
        (NEWS, "country: RU", "country: NO", "tass", "country", "must be text"),
        (NEWS, "kind: state_media", "kind: tabloid", "tass", "kind", "one of wire"),
        (NEWS, "domains: [reuters.com]", "domains: [tass.com]", "reuters", "domains", "is tass's already"),
        ("outlets/demo.yaml", "feed: /rss", "feed: rss", "meridian-wire", "feed", "path on the press site"),
        ("topics.yaml", "slug: defence", "slug: Defence", "Defence", "slug", "lower-case"),
        ("topics.yaml", "en: {name: Defence", "de: {name: Defence", "defence", "labels", "at least English"),
        ("claimants.yaml", "kind: person", "kind: robot", "maria-zakharova", "kind", "one of person"),
        (SCALE, "value: 0.75", "value: 75", "factual mostly-true", "value", "from 0 to 1"),
        (SCALE, "value: 0.75", "worth: 0.75", "factual mostly-true", "value", "or null"),
        (SCALE, '"#1a6334"', "green", "factual true", "colour", "must be a colour"),
        (SCALE, 'slug: "true"', "slug: true", "factual True", "slug", "put it in quotes"),
        (VERDICT, "rating: mostly-false", "rating: kept", FIRST, "rating", "has no rating kept"),
        (VERDICT, FACTUAL, PROMISE, FIRST, "scale", "not for claims"),
        (VERDICT, "approver: chioma", "approver: ana", f"{FIRST} people", "approver", "another person"),
        (VERDICT, "stance: context", "stance: against", f"{FIRST} evidence[2]", "stance", "one of supports"),
        (VERDICT, "line: reply", "line: lunch", f"{FIRST} lunch", "line", "one of rating"),
    ],
)  # fmt: skip
def test_bad_field_is_named_with_its_file_and_item(spoil, file, old, new, item, field, reason):
    folder = spoil(file, old, new)

    with pytest.raises(SeedFileError) as caught:
        read_seeds(folder)

    found = [p for p in caught.value.problems if (p.file, p.item, p.field) == (file, item, field)]
    assert found, [str(problem) for problem in caught.value.problems]
    assert reason in found[0].reason


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("slug: [unclosed", "claims/bad.yaml: line "),
        ("- a list", "claims/bad.yaml: must hold a mapping"),
        ("slug: one\nslug: two", "claims/bad.yaml: line 2: is not YAML: 'slug' is given twice"),
        ("slug: !!python/object/apply:os.system [true]", "claims/bad.yaml: line 1: is not YAML"),
    ],
)
def test_file_that_is_no_plain_yaml_mapping_is_refused(folder, text, complaint):
    (folder / "claims" / "bad.yaml").write_text(text, encoding="utf-8")

    with pytest.raises(SeedFileError, match="claims/bad") as caught:
        read_seeds(folder)

    assert complaint in str(caught.value)


def test_every_problem_is_told_at_once(spoil):
    spoil("claimants.yaml", "kind: person", "kind: robot")
    folder = spoil("topics.yaml", "slug: defence", "slug: Defence")

    with pytest.raises(SeedFileError) as caught:
        read_seeds(folder)

    assert {problem.file for problem in caught.value.problems} == {"claimants.yaml", "topics.yaml"}


def test_missing_folder_is_refused(tmp_path):
    with pytest.raises(SeedFileError, match="is no folder"):
        read_seeds(tmp_path / "nowhere")
