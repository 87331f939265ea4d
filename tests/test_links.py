"""What may stand behind a link: the same answer for templates and for the API."""

import pytest

from claims.templatetags import desk
from claims.text import web_link


@pytest.mark.parametrize("url", ["https://a.example/x?y=[1]", "http://a.example", "HTTPS://A.example/"])
def test_web_addresses_are_linked_as_they_stand(url: str):
    assert web_link(url) == desk.web_link(url) == url
    assert desk.host(url) == "a.example"


@pytest.mark.parametrize(
    "url",
    ["", "javascript:alert(1)", "java\nscript:alert(1)", "data:text/html,x", "//a.example/", "https:", "https:///x"],
)
def test_nothing_else_is(url: str):
    assert web_link(url) == desk.web_link(url) == ""


@pytest.mark.parametrize("url", ["http://[", "https://[x]/", "http://\u2100.com/"])
def test_what_is_no_address_at_all_breaks_no_page(url: str):
    assert web_link(url) == desk.web_link(url) == desk.host(url) == ""


def test_nothing_given_is_nothing():
    assert desk.web_link(None) == desk.host(None) == ""  # type: ignore[arg-type] # templates hand over what there is
