"""Bodies of the API as they were agreed on, field by field; what differs per run is normalised first.

After a change that is meant: `UPDATE_GOLDEN=1 pytest tests/api/test_golden.py`, then look at the difference.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

from claims.choices import Role
from claims.models import Claimant, Organisation
from tests import factories
from tests.api.conftest import Api, expect

GOLDEN = Path(__file__).parents[1] / "golden"
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
_PUBLIC_ID = re.compile(r"\b[0-9a-hjkmnp-tv-z]{13}\b")  # one in 130 has no digit
_ROW_ID = {"id", "coverage", "sequence"}


def normal(value: Any, name: str = "") -> Any:
    """The body with ids, instants and hashes replaced by what they are."""
    if isinstance(value, dict):
        return {key: normal(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [normal(item, name) for item in value]
    if name in {"request_id", "candidate_hash", "feed_epoch"}:
        return f"<{name}>"
    if name in _ROW_ID and isinstance(value, int):
        return "<id>"
    if isinstance(value, str):
        return _INSTANT.sub("<instant>", _PUBLIC_ID.sub("<id>", value))
    return value


def check(name: str, body: dict[str, Any]) -> None:
    """Asserts that the body is the golden one."""
    path = GOLDEN / f"{name}.json"
    text = json.dumps(normal(body), indent=2, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def fixed(**more: Any) -> dict[str, Any]:
    """What makes a claim the same on every run and on every machine."""
    Organisation.objects.update(site_url="https://desk.example")
    return {
        "statement": "Unemployment in the district fell by half last year.",
        "claimant": Claimant.objects.get_or_create(
            name="Ilse Brandt", job_title="Mayor", defaults={"same_as": ["https://people.example/brandt"]}
        )[0],
        "topics": [factories.TopicFactory.create(slug="economy")],
        **more,
    }


def test_a_published_verdict(anybody: Api):
    claim = factories.published_claim(**fixed())

    check("verdict", expect(anybody.get(f"/verdicts/{claim.public_id}"), 200))


def test_a_corrected_verdict_in_the_list(anybody: Api):
    factories.corrected(factories.published_claim(**fixed()))

    check("verdicts", expect(anybody.get("/verdicts"), 200))


def test_a_retracted_verdict(anybody: Api):
    claim = factories.published_claim(**fixed())
    factories.retracted(claim)

    check("verdict_retracted", expect(anybody.get(f"/verdicts/{claim.public_id}"), 410))
    check("verdict_tombstone", expect(anybody.get(f"/verdicts/{claim.public_id}?version=2"), 200))
    check("changes", expect(anybody.get("/verdicts/changes"), 200))
    check("changes_refused", expect(anybody.get("/verdicts/changes?after=9"), 409))


def test_a_claim_at_work(checker: Api):
    claim = factories.written_claim(**fixed())

    check("claim", expect(checker.get(f"/claims/{claim.public_id}"), 200))
    check("claims", expect(checker.get("/claims"), 200))
    check("evidence", expect(checker.get(f"/claims/{claim.public_id}/evidence"), 200))
    check("revision", expect(checker.get(f"/claims/{claim.public_id}/verdict"), 200))
    check("checklist", {"lines": expect(checker.get(f"/claims/{claim.public_id}/checklist"), 200)})


def test_coverage(checker: Api):
    claim = factories.researching_claim(**fixed())
    page = factories.DocumentFactory.create(
        url="https://paper.example/story",
        title="A story",
        outlet=factories.OutletFactory.create(slug="paper", name="The Paper"),
    )
    factories.CoverageFactory.create(claim=claim, document=page)

    check("coverage", expect(checker.get(f"/claims/{claim.public_id}/coverage"), 200))


def test_refusals(checker: Api, reviewer: Api):
    claim = factories.researching_claim(**fixed())
    path = f"/claims/{claim.public_id}"
    own = factories.claim_in_review()
    factories.person(Role.FACT_CHECKER).groups.add(factories.person(Role.PUBLISHER).groups.get())
    empty = factories.researching_claim(**fixed())
    expect(checker.patch(f"/claims/{empty.public_id}/verdict", {"summary": "Less."}, if_match='"1.1"'), 200)

    check(
        "refusals",
        {
            "not_authenticated": expect(Api().get("/claims"), 401),
            "not_found": expect(checker.get("/claims/0000000000000"), 404),
            "method_not_allowed": expect(checker.call("PUT", path), 405),
            "illegal_move": expect(reviewer.post(f"{path}/approve"), 409),
            "not_allowed": expect(checker.post(f"{path}/submit"), 403),
            "four_eyes": expect(checker.post(f"/claims/{own.public_id}/approve"), 403),
            "checklist_unmet": expect(checker.post(f"/claims/{empty.public_id}/submit"), 422),
            "invalid": expect(checker.post(f"{path}/decline", {"reason": "dull"}), 400),
            "unknown_parameter": expect(checker.get("/claims?staet=inbox"), 400),
            "precondition_required": expect(checker.patch(path, {"context": "x"}), 428),
            "stale_write": expect(checker.patch(path, {"context": "x"}, if_match='"9"'), 412),
        },
    )
