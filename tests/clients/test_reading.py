"""Verdicts by the client, from the running service: whole, by version and instant, taken back, and unchanged."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from claims.choices import Role
from claims.models import Publication
from claims.publishing import served
from claims.review import operations as moves
from factcheck_client import Kept, MemoryCache, NotFound, Redacted, RefusedByDesk, Retracted
from tests import factories
from tests.clients.conftest import Open

pytestmark = pytest.mark.django_db(transaction=True)


class Watched(MemoryCache):
    """Counts what is kept and dropped."""

    def __init__(self) -> None:
        super().__init__()
        self.puts: list[str] = []
        self.drops: list[str] = []

    def put(self, address: str, kept: Kept) -> None:
        self.puts.append(address)
        super().put(address, kept)

    def drop(self, address: str) -> None:
        self.drops.append(address)
        super().drop(address)


def test_a_verdict_comes_whole_and_typed(desk: Open):
    claim = factories.published_claim(statement="It fell by half.", topics=[factories.TopicFactory.create(slug="work")])

    found = desk().verdict(claim.public_id)

    assert (found.id, found.version, found.status, found.kind) == (claim.public_id, 1, "live", "initial")
    assert found.published_at == Publication.objects.get(claim=claim).valid_from
    assert found.valid_to is None
    paper = found.document
    assert (paper.claim.statement, paper.claim.language, paper.claim.topics) == ("It fell by half.", "en", ("work",))
    assert paper.claim.claimant is not None
    assert paper.claim.claimant.job_title == "Mayor"
    assert paper.claim.claimed_on == date(2026, 2, 14)
    assert paper.rating is not None
    assert (paper.rating.slug, paper.rating.value, paper.rating.scale) == ("false", 0.0, "factual")
    assert [source.stance for source in paper.evidence] == ["refutes", "refutes"]
    assert paper.evidence[0].archive_url == "https://archive.example/statistics.example/table-7"
    assert paper.explanation_text == "The yearly table shows 3.1 per cent."
    assert paper.claim_review["@type"] == "ClaimReview"
    assert paper.licence == paper.raw["licence"] != ""


def test_a_correction_is_the_newest_and_the_older_ones_are_read_by_number_and_instant(desk: Open):
    claim = factories.corrected(factories.published_claim())
    first, second = Publication.objects.filter(claim=claim).order_by("version")
    client = desk()

    newest = client.verdict(claim.public_id)
    older = client.verdict(claim.public_id, version=1)

    assert (newest.version, newest.change_type, newest.document.summary) == (
        2,
        "correction",
        "It fell by 3.1 per cent.",
    )
    assert (older.version, older.status, older.valid_to) == (1, "superseded", second.valid_from)
    assert client.verdict(claim.public_id, as_of=first.valid_from) == older
    assert client.verdict(claim.public_id, as_of=second.valid_from) == newest
    assert client.verdict(claim.public_id, as_of=second.valid_from - timedelta(microseconds=1)) == older
    with pytest.raises(NotFound) as refused:
        client.verdict(claim.public_id, as_of=first.valid_from - timedelta(days=1))
    assert refused.value.code == "not_yet_published"


def test_a_retracted_verdict_says_why_and_where_its_last_version_is(desk: Open):
    claim = factories.published_claim()
    tombstone = factories.retracted(claim)
    client = desk()

    with pytest.raises(Retracted) as refused:
        client.verdict(claim.public_id)

    assert refused.value.reason == "The table itself was withdrawn by its office."
    assert refused.value.retracted_at == tombstone.valid_from
    assert refused.value.version == 2
    assert refused.value.link.endswith(f"/api/v1/verdicts/{claim.public_id}?version=1")
    assert client.verdict(claim.public_id, version=1).status == "retracted"
    assert list(client.verdicts()) == []


def test_an_erased_verdict_is_said_to_be_and_leaves_the_cache(desk: Open, raw: Callable[..., Any]):
    claim, cache = factories.published_claim(), Watched()
    client = desk(cache=cache)
    client.verdict(claim.public_id)
    raw("ALTER TABLE claims_publication DISABLE TRIGGER USER")
    try:
        Publication.objects.filter(claim=claim).update(body=None)
    finally:
        raw("ALTER TABLE claims_publication ENABLE TRIGGER USER")

    with pytest.raises(Redacted) as refused:
        client.verdict(claim.public_id)

    assert refused.value.message == "This version was erased for legal reasons."
    assert refused.value.link.endswith(f"/verdicts/{claim.public_id}")
    assert cache.drops == cache.puts
    assert cache.get(cache.puts[0]) is None
    [erased] = client.changes()
    assert (erased.id, erased.document) == (claim.public_id, None)


def test_siblings_in_other_languages_are_named(desk: Open):
    claim = factories.published_claim(language="en")
    other = factories.published_claim(language="de", translation_of=claim)

    [sibling] = desk().verdict(claim.public_id).translations

    assert (sibling.id, sibling.language) == (other.public_id, "de")
    assert sibling.url.endswith(f"/verdicts/{other.public_id}/")


def test_a_merged_claim_gives_the_one_that_it_was_merged_into(desk: Open):
    target, merged = factories.published_claim(), factories.inbox_claim()
    checker = factories.person(Role.FACT_CHECKER)
    moves.merge(claim_id=merged.pk, into_id=target.pk, actor=checker, at=factories.NOON)

    assert desk().verdict(merged.public_id).id == target.public_id


def test_unknown_ids_and_wrong_keys_are_refused_by_type(desk: Open):
    with pytest.raises(NotFound):
        desk().verdict("0000000000000")
    with pytest.raises(RefusedByDesk) as refused:
        desk(key="fct_live_nobody").verdict("0000000000000")
    assert (refused.value.status, refused.value.code) == (401, "invalid_key")
    assert refused.value.request_id


@pytest.mark.parametrize("public_id", ["", "..", "a/b", "a?version=1", "ä"])
def test_what_can_be_no_id_is_not_asked_for(desk: Open, public_id: str):
    with pytest.raises(ValueError, match="no id"):
        desk().verdict(public_id)


def test_instants_without_an_offset_are_not_guessed(desk: Open):
    with pytest.raises(ValueError, match="offset"):
        desk().verdict("abc", as_of=datetime(2026, 3, 2))
    with pytest.raises(ValueError, match="not both"):
        desk().verdict("abc", as_of=datetime(2026, 3, 2, tzinfo=UTC), version=1)


def test_the_list_is_read_to_its_end_page_by_page(desk: Open):
    claims = [factories.published_claim() for _ in range(5)]

    found = [verdict.id for verdict in desk().verdicts(page_size=2)]

    assert found == [claim.public_id for claim in reversed(claims)]


def test_the_list_takes_the_filters_of_the_desk(desk: Open):
    told = factories.published_claim(statement="Evidence of hackers.", language="en-GB")
    factories.published_claim(rating=factories.RatingFactory.create(slug="true", value=1.0))
    client, day = desk(), timedelta(days=1)
    now = datetime.now(UTC)

    def ids(**filters: Any) -> set[str]:
        return {verdict.id for verdict in client.verdicts(**filters)}

    assert len(ids(claimed_from=date(2026, 2, 14), claimed_to=date(2026, 2, 14), changed_since=now - day)) == 2
    assert ids(q="hackers") == ids(value_max=0.25) == ids(rating="false") == {told.public_id}
    assert ids(language="en-GB", reviewed_from=(now - day).date(), reviewed_to=now.date()) == {told.public_id}
    assert ids(value_min=0.5, value_max=0.6) == ids(topic="none-such") == ids(changed_since=now + day) == set()


def test_what_did_not_change_is_not_sent_again(desk: Open):
    claim, cache = factories.published_claim(), Watched()
    client = desk(cache=cache)

    before = [client.verdict(claim.public_id), *client.verdicts()]
    again = [client.verdict(claim.public_id), *client.verdicts()]
    kept_by_now = list(cache.puts)
    factories.corrected(claim)
    after = [client.verdict(claim.public_id), *client.verdicts()]

    assert again == before
    assert len(kept_by_now) == 2  # the second time both were 304
    assert [verdict.version for verdict in after] == [2, 2]
    assert len(cache.puts) == 4


def test_the_cache_forgets_what_was_not_used_for_longest():
    cache = MemoryCache(most_bytes=20)
    for name in ("a", "b"):
        cache.put(name, Kept(etag='"1"', body=b"x" * 10))
    cache.get("a")
    cache.put("c", Kept(etag='"1"', body=b"x" * 10))
    cache.put("d", Kept(etag='"1"', body=b"x" * 21))

    assert [cache.get(name) is not None for name in "abcd"] == [False, False, False, False]
    cache.put("a", Kept(etag='"1"', body=b"x" * 10))
    cache.put("b", Kept(etag='"1"', body=b"x" * 10))
    cache.get("a")
    cache.put("c", Kept(etag='"1"', body=b"x" * 10))
    assert [cache.get(name) is not None for name in "abc"] == [True, False, True]


def test_parts_of_verdicts_come_as_json(desk: Open):
    claim = factories.published_claim()

    [found] = desk().json("/verdicts", {"fields": "document.verdict.rating.slug"})["results"]

    assert found["id"] == claim.public_id
    assert found["document"]["verdict"] == {"rating": {"slug": "false"}}


def test_a_correction_is_acknowledged(desk: Open, key: str):
    claim = factories.published_claim()
    client = desk(key=key)
    client.verdict(claim.public_id)
    served.flush()
    factories.corrected(claim)

    held = client.held(claim.public_id)
    told = client.acknowledge(claim.public_id, version=2)

    assert (held.current, held.version, held.how, held.acknowledged_version) == (2, 1, "read", None)
    assert (told.current, told.version, told.how, told.acknowledged_version) == (2, 2, "acknowledged", 2)
    assert client.held(claim.public_id) == told
    with pytest.raises(RefusedByDesk) as refused:
        desk().acknowledge(claim.public_id, version=2)
    assert refused.value.code == "not_authenticated"
