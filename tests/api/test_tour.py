"""docs/api.md is a tour that can be followed: every address in it answers as it says."""

import re
import shlex
from pathlib import Path

import pytest
from django.test import Client

from claims.models import Organisation, Publication
from claims.verdicts.candidate import site_url
from tests import factories
from tests.api.conftest import Api, expect

TOUR = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
OWN_KEY = {"/key", "/key/rotate", "/key/revoke"}  # want a key, and are followed in test_limits.py
FOUND = set(re.findall(r'"\$API(/[^"]*)"', TOUR)) - OWN_KEY
# Those are followed in test_webhooks.py, publishing/test_reach.py and publishing/test_export.py.
ELSEWHERE = re.compile(r"/webhooks|.*/acknowledgements|/exports/|/verdicts/changes\?after=H")
ADDRESSES = sorted(path for path in FOUND if not ELSEWHERE.match(path))
CODES = set(re.findall(r"`([a-z_]+)`", "".join(re.findall(r"^\| \d.*$", TOUR, re.M))))


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_address_of_the_tour_answers(anybody: Api, address: str):
    claim = factories.published_claim()
    factories.published_claim()
    factories.corrected(claim)
    first = Publication.objects.get(claim=claim, version=1).valid_from
    path = address.replace("ID", claim.public_id)
    path = re.sub(r"as_of=[^&]*", f"as_of={first.isoformat()}", path).replace("&wait=30", "")  # held back elsewhere

    body = expect(anybody.get(path), 200)

    assert {"results", "document", "changes"} & set(body)


@pytest.mark.django_db
@pytest.mark.parametrize("address", sorted(set(re.findall(r'"\$SITE(/[^"]*)"', TOUR))))
def test_every_other_address_of_the_tour_answers(client: Client, address: str):
    claim = factories.published_claim()
    site = site_url(Organisation.objects.current())

    assert client.get(address.replace("$SITE", site).replace("ID", claim.public_id)).status_code == 200


def test_the_tour_names_the_codes_and_no_others(anybody: Api):
    known = "merged unknown_parameter invalid invalid_key not_found not_yet_published feed_epoch_changed ahead_of_feed"

    assert CODES - {"code", "fields", "details"} >= set(known.split())
    assert len(ADDRESSES) > 12
    assert all(shlex.split(line, comments=True) for line in re.findall(r"^curl .*$", TOUR, re.M))
