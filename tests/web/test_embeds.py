"""Verdicts on other sites: the one page that anybody may frame, and oEmbed as JSON and XML."""

import json
import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
from django.http import HttpResponse
from django.test import Client

from claims.models import Claim, Organisation
from tests import factories

pytestmark = pytest.mark.django_db
HOSTILE = "\"><script>alert(1)</script>' & <b>"


def read(path: str, status: int = 200, /, **given: str) -> HttpResponse:
    answer: Any = Client().get(path, given)
    found: HttpResponse = answer
    assert found.status_code == status
    return found


@pytest.fixture(autouse=True)
def site() -> None:
    Organisation.objects.update(site_url="https://desk.example", name="The Desk & Co")


def address(claim: Claim) -> str:
    return f"https://desk.example/verdicts/{claim.public_id}/"


def test_only_the_embed_may_be_framed_and_its_policy_is_as_strict_otherwise():
    claim = factories.published_claim()

    answer = read(f"/verdicts/{claim.public_id}/embed/")
    known = Client().get(f"/verdicts/{claim.public_id}/embed/", headers={"if-none-match": answer["ETag"]})
    page = read(f"/verdicts/{claim.public_id}/")

    for found in (answer, known):
        policy = found.headers["Content-Security-Policy"]
        assert "frame-ancestors *" in policy
        assert "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';" in policy
        assert "unsafe" not in policy
        assert "X-Frame-Options" not in found
    assert known.status_code == 304
    assert page["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'self'" in page["Content-Security-Policy"]
    assert read("/oembed", url=address(claim))["X-Frame-Options"] == "DENY"


def test_the_card_says_what_was_corrected_and_what_was_retracted():
    claim = factories.published_claim(headline="It fell by far less")
    first = read(f"/verdicts/{claim.public_id}/embed/").content.decode()
    factories.corrected(claim)
    second = read(f"/verdicts/{claim.public_id}/embed/").content.decode()
    factories.retracted(claim)
    third = read(f"/verdicts/{claim.public_id}/embed/", 410).content.decode()

    assert "It fell by far less" in first
    assert "A figure was wrong." not in first
    assert "A figure was wrong." in second
    assert "This verdict was retracted" in third
    assert "The table itself was withdrawn by its office." in third
    assert "It fell by far less" not in third
    assert 'target="_blank" rel="noopener"' in third


def test_nothing_unpublished_can_be_embedded():
    draft = factories.approved_claim()

    read(f"/verdicts/{draft.public_id}/embed/", 404)
    read("/oembed", 404, url=address(draft))


def test_a_page_leads_to_its_oembed_in_both_formats():
    claim = factories.published_claim(headline=HOSTILE)
    page = read(f"/verdicts/{claim.public_id}/").content.decode()
    links = dict(re.findall(r'<link rel="alternate" type="(application/json|text/xml)\+oembed" href="([^"]+)"', page))

    asked = {kind: urlsplit(unescape(link)) for kind, link in links.items()}
    answers = {
        kind: read(place.path, 200, **{k: v[0] for k, v in parse_qs(place.query).items()})
        for kind, place in asked.items()
    }

    assert set(links) == {"application/json", "text/xml"}
    assert all(unescape(link).startswith("https://desk.example/oembed?url=https") for link in links.values())
    found = json.loads(answers["application/json"].content)
    rows = ElementTree.fromstring(answers["text/xml"].content)
    assert {one.tag: one.text for one in rows} == {name: str(value) for name, value in found.items()}
    assert (found["version"], found["type"], found["title"]) == ("1.0", "rich", HOSTILE)
    assert found["provider_name"] == "The Desk & Co"
    assert answers["application/json"]["Access-Control-Allow-Origin"] == "*"


def test_the_frame_is_our_embed_and_nothing_breaks_out_of_its_markup():
    claim = factories.published_claim(headline=HOSTILE)

    html = json.loads(read("/oembed", url=address(claim)).content)["html"]

    assert f'src="https://desk.example/verdicts/{claim.public_id}/embed/"' in html
    assert re.findall(r"<[/a-z]+", html) == ["<iframe", "</iframe", "<script", "</script"]
    assert '<script async src="https://desk.example/static/claims/embed.js"></script>' in html


def test_sizes_are_kept_to():
    claim = factories.published_claim()

    plain, narrow, odd = (
        json.loads(read("/oembed", 200, url=address(claim), **more).content)
        for more in ({}, {"maxwidth": "300", "maxheight": "200"}, {"maxwidth": "-1", "maxheight": "x"})
    )

    assert (plain["width"], plain["height"]) == (odd["width"], odd["height"]) == (600, 320)
    assert (narrow["width"], narrow["height"]) == (300, 200)
    assert 'width="300" height="200"' in narrow["html"]


def test_what_is_not_ours_or_not_live_is_404_and_other_formats_are_501():
    claim = factories.published_claim()
    for url in (
        "",
        "x",
        "https://[",
        f"https://elsewhere.example/verdicts/{claim.public_id}/",
        "https://desk.example/verdicts/",
        f"https://desk.example.elsewhere.example/verdicts/{claim.public_id}/",
        f"https://desk.example@elsewhere.example/verdicts/{claim.public_id}/",
        f"javascript://desk.example/verdicts/{claim.public_id}/",
    ):
        read("/oembed", 404, url=url)
    read("/oembed", 501, url=address(claim), format="yaml")
    for near in (f"{address(claim)}?utm_source=x", address(claim).removesuffix("/"), f"{address(claim)}embed/"):
        read("/oembed", url=near)
    factories.retracted(claim)
    read("/oembed", 404, url=address(claim))
