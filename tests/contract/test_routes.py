"""Every URL pattern has a row in docs/access.md: in the description's table, or in one of the two others."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from claims.api.schema import description
from claims.models import Organisation
from tests.contract import addresses, desk_pages
from tests.contract.access import CALLERS
from tests.contract.addresses import ADDRESSES
from tests.contract.desk_pages import DESK_CALLERS, Held, Page
from tests.contract.routes import described, nameless, of_admin, without_admin
from tests.contract.test_access import keys, things

PAGE = Path(__file__).parents[2] / "docs" / "access.md"
SITE = "http://testserver"


def _agrees(part: str, heading: str) -> None:
    """Fails where the committed page says something else; writes it with UPDATE_ACCESS=1."""
    written = PAGE.read_text(encoding="utf-8")
    before, found, rest = written.partition(f"\n{heading}\n")
    _, following, after = rest.partition("\n## ")
    made = before + part + following + after
    if os.environ.get("UPDATE_ACCESS"):
        PAGE.write_text(made if found else written + part, encoding="utf-8")
        return
    assert found, f"docs/access.md has no part “{heading}”; run: UPDATE_ACCESS=1 pytest tests/contract"
    assert made == written, "run: UPDATE_ACCESS=1 pytest tests/contract"


def test_every_pattern_has_a_row():
    known = described(description())

    unsaid = [route for route in without_admin() if nameless(route) not in known and route not in ADDRESSES]
    unsaid += [route for route in of_admin() if desk_pages.page(route) is None]

    assert unsaid == [], "say what they go by in tests/contract/addresses.py or desk_pages.py"


def test_no_row_is_of_a_pattern_that_is_gone():
    assert set(ADDRESSES) <= set(without_admin())
    assert set(desk_pages.OWN) <= set(of_admin())


@pytest.mark.django_db
def test_public_addresses_answer_everybody_alike(settings: Any):
    settings.METRICS_TOKEN, settings.SECURITY_CONTACT = "of-the-monitor", "mailto:desk@newsroom.example"
    Organisation.objects.update_or_create(pk=1, defaults={"site_url": SITE})
    prepared, by_caller = things(), keys(timezone.now() - timedelta(minutes=1))
    matrix: dict[str, dict[str, str]] = {}
    surprises = []

    for route, address in ADDRESSES.items():
        row = matrix[route] = {}
        for caller in CALLERS:
            headers = {"Authorization": f"Bearer {by_caller[caller]}"} if by_caller[caller] else {}
            status = Client(headers=headers).get(addresses.filled(address, prepared, SITE)).status_code
            row[caller] = "yes" if status < 400 else str(status)
            if row[caller] != addresses.expected(address, caller):
                surprises.append(f"/{route}: {caller} got {status}, not {addresses.expected(address, caller)}")

    assert surprises == []
    _agrees(addresses.markdown(matrix), "## Public pages, feeds, Google's shape and the machine's own addresses")


@pytest.mark.django_db
@pytest.mark.usefixtures("connection_stays")
def test_everybody_sees_the_pages_of_the_admin_that_the_tables_say():
    known, clients = desk_pages.rows(things()), desk_pages.visitors()
    matrix: dict[str, dict[str, str]] = {}
    surprises = []

    for route in of_admin():
        wanted, path = desk_pages.page(route), desk_pages.address(route, known)
        assert wanted is not None, route
        row = matrix[route] = {caller: desk_pages.seen(clients[caller], path) for caller in DESK_CALLERS}
        surprises += [
            f"{path}: {caller} got {got}, the tables say {desk_pages.expected(wanted, caller)}"
            for caller, got in row.items()
            if got != desk_pages.expected(wanted, caller)
        ]

    assert surprises == []
    _agrees(desk_pages.markdown(matrix), "## Pages of the admin")


def test_the_expectation_of_a_page_can_fail():
    keys_page, nobody = Page(desk_pages.KEYS), Page(Held.NOBODY)

    assert [desk_pages.expected(keys_page, caller) for caller in DESK_CALLERS] == ["login"] * 2 + ["403"] * 4 + ["yes"]
    assert [desk_pages.expected(nobody, caller) for caller in DESK_CALLERS] == ["login"] * 2 + ["403"] * 5


def test_a_pattern_that_nobody_named_has_no_row():
    assert desk_pages.page("admin/claims/webhook/<int:pk>/explode/") is None
    assert desk_pages.page("admin/secrets/") is None
    assert desk_pages.page("admin/claims/secrets/") is None
