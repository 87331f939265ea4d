"""Every page, the editors' and the public's: no complaint of the browser, no sideways scroll, nothing for axe."""

from pathlib import Path

import pytest

from claims.models import RatingScale
from tests.browser import newsroom
from tests.browser.newsroom import Newsroom

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def read_by_anybody(room: Newsroom) -> list[str]:
    """The public pages."""
    return [
        "/",
        "/verdicts/?rating=mostly-false",
        f"/verdicts/{room.public.public_id}/",
        "/ratings/",
        "/methodology/",
        f"/corrections/?about={room.public.public_id}",
    ]


def addresses(room: Newsroom) -> list[str]:
    drafted, public = room.drafted, room.public
    return [
        "/admin/",
        f"/admin/claim/{drafted.public_id}/?list=mine",
        f"/admin/claim/{public.public_id}/",
        f"/admin/claim/{drafted.public_id}/coverage/",
        f"/admin/claim/{drafted.public_id}/queries/",
        f"/admin/claim/{drafted.public_id}/edit/",
        f"/admin/claim/{drafted.public_id}/preview/",
        "/admin/claim/",
        "/admin/claim/new/",
        "/admin/claimant/",
        "/admin/claimant/new/",
        "/admin/claims/source/",
        f"/admin/claims/source/{room.source.pk}/health/",
        "/admin/claims/document/",
        "/admin/claims/event/",
        "/admin/setup/",
        "/admin/connectors/",
        "/admin/password_change/",
        *read_by_anybody(room),
        "/api/v1/docs/",
    ]


def set_up() -> list[str]:
    return [
        "/admin/claims/source/add/",
        "/admin/claims/outlet/add/",
        f"/admin/claims/ratingscale/{RatingScale.objects.order_by('pk')[0].pk}/change/",
        "/admin/claims/organisation/1/change/",
        "/admin/auth/user/",
        "/admin/auth/user/add/",
        "/admin/claims/apikey/",
        "/admin/claims/apikey/issue/",
        "/admin/workers/job/",
    ]


def test_no_page_breaks_the_policy_or_scrolls_sideways(desk_of, tmp_path: Path):
    room = newsroom.build(str(tmp_path))

    for width in (1280, 375, 320):
        writer = desk_of(width=width)
        writer.log_in("ana")
        for address in addresses(room):
            writer.open(address)
        if width == 320:
            continue
        root = desk_of(width=width)
        root.log_in("root")
        for address in set_up():
            root.open(address)
        writer.open("/admin/")
        writer.shoot(f"desk-{width}")
        writer.open(f"/admin/claim/{room.drafted.public_id}/?list=mine")
        writer.shoot(f"claim-{width}")


# A row hides what stands over its edge, so a field that does is cut off although nothing scrolls.
CLIPPED = """[...document.querySelectorAll("#content .form-row :is(input, select, textarea)")]
    .filter(one => one.checkVisibility()
        && one.getBoundingClientRect().right > one.closest(".form-row").getBoundingClientRect().right + 0.5)
    .map(one => one.id || one.name)"""


def test_no_field_of_a_set_up_form_is_cut_off_on_a_phone(desk_of, tmp_path: Path):
    room = newsroom.build(str(tmp_path))
    root = desk_of(width=375)
    root.log_in("root")
    clipped: dict[str, list[str]] = {}

    for address in [*set_up(), f"/admin/claims/source/{room.source.pk}/change/"]:
        root.open(address)
        found = root.page.evaluate(CLIPPED)
        if found:
            clipped[address] = found

    assert clipped == {}


def read_daily(room: Newsroom) -> list[str]:
    """Our own pages; the stock lists share two style sheets, so one of them stands for all."""
    drafted, public = room.drafted, room.public
    return [
        "/admin/",
        f"/admin/claim/{drafted.public_id}/?list=mine",
        f"/admin/claim/{public.public_id}/",
        f"/admin/claim/{drafted.public_id}/coverage/",
        f"/admin/claim/{drafted.public_id}/queries/",
        f"/admin/claim/{drafted.public_id}/edit/",
        "/admin/claim/",
        "/admin/claims/source/",
        f"/admin/claims/source/{room.source.pk}/health/",
        *read_by_anybody(room),
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(desk_of, tmp_path: Path, scheme: str):
    room = newsroom.build(str(tmp_path))
    found: dict[str, list[str]] = {}

    for width in (1280, 375):
        # axe is a script of nobody's, so it needs the way past the policy that the other test holds to.
        writer = desk_of(width=width, scheme=scheme, past_policy=True)
        writer.log_in("ana")
        for address in read_daily(room):
            writer.open(address)
            faults = writer.faults()
            if faults:
                found[f"{address} at {width}"] = faults

    assert found == {}


def test_the_claim_page_works_without_a_script(desk_of, tmp_path: Path):
    room = newsroom.build(str(tmp_path))
    writer = desk_of(scripts=False)
    writer.log_in("ana")
    writer.open(f"/admin/claim/{room.drafted.public_id}/")

    writer.page.locator("#verdict").get_by_label("Headline").fill("Saved by a button")
    writer.press("Save the draft")

    assert "The draft is saved." in writer.page.locator("main").inner_text()
    assert writer.page.locator("#verdict").get_by_label("Headline").input_value() == "Saved by a button"
