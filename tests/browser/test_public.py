"""Public pages in every standing: corrected, superseded, retracted, erased, without a script, with an endless word."""

import pytest

from claims.models import Organisation
from tests import factories
from tests.redaction.erasing import erase

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIZE = """performance.getEntriesByType("resource").filter(one => one.initiatorType !== "img").reduce(
    (sum, one) => sum + one.decodedBodySize, performance.getEntriesByType("navigation")[0].decodedBodySize)"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_standing_is_faultless_narrow_and_light(desk_of, live_server, scheme: str):
    Organisation.objects.update(site_url=live_server.url, name="The Estuary Desk", contact="errors@estuary.example")
    long = factories.published_claim(headline="Donaudampfschifffahrt" * 9, topics=[factories.TopicFactory.create()])
    corrected = factories.corrected(factories.published_claim())
    gone = factories.published_claim()
    factories.retracted(gone)
    erased, half_erased = factories.published_claim(), factories.corrected(factories.published_claim())
    factories.retracted(erased)
    erase("publication", erased.public_id)
    erase("publication", half_erased.public_id, version=1)
    faults = {}

    for width in (1280, 320):
        reader = desk_of(width=width, scheme=scheme, past_policy=True)
        reader.expected |= {"410", "451"}
        for path in (
            f"/verdicts/{long.public_id}/",
            f"/verdicts/{corrected.public_id}/",
            f"/verdicts/{corrected.public_id}/?version=1",
            f"/verdicts/{gone.public_id}/",
            f"/verdicts/{gone.public_id}/?version=1",
            f"/verdicts/{erased.public_id}/",
            f"/verdicts/{half_erased.public_id}/",
            f"/verdicts/{half_erased.public_id}/?version=1",
            "/corrections/",
            "/verdicts/?rating=false",
        ):
            reader.open(path)
            faults[f"{path} {width}"] = reader.faults()
            assert reader.page.evaluate(SIZE) < 50_000

    assert {place: found for place, found in faults.items() if found} == {}


def test_a_reader_without_scripts_finds_corrects_and_goes_on(desk_of, live_server):
    Organisation.objects.update(site_url=live_server.url, contact="errors@estuary.example")
    topic = factories.TopicFactory.create(slug="water", labels={"en": {"name": "Water"}})
    factories.published_claim()
    claim = factories.corrected(factories.published_claim(statement="The river is clean.", topics=[topic]))
    reader = desk_of(scripts=False)

    reader.open("/")
    reader.page.get_by_label("Topic").select_option("Water")
    reader.page.get_by_role("button", name="Show").click()
    reader.page.get_by_role("link", name="It fell by far less").click()
    assert reader.page.url.endswith(f"/verdicts/{claim.public_id}/")
    assert reader.page.locator(".corrections").inner_text().count("A figure was wrong.") == 1
    reader.page.locator(".about").get_by_role("link", name="Report an error").click()

    assert f"/verdicts/{claim.public_id}/" in reader.page.locator("#report").inner_text()
    assert (reader.page.locator("#report a.button").get_attribute("href") or "").startswith("mailto:errors@")
    reader.page.get_by_role("link", name="What version 1 said").click()
    assert "This is version 1." in reader.page.locator(".notice").inner_text()
