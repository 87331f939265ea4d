"""One reading of an address: the host that is shown, looked up, connected to and named in the request is the same."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from claims.http import NO_PACE, Refused, Web
from claims.http.urls import parse
from tests.servers.loopback import Site


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("http://News.Example", "http://news.example/"),
        ("HTTPS://news.example:443/a?b#c", "https://news.example/a?b"),
        ("http://news.example:443/", "http://news.example:443/"),
        ("http://news.example:/", "http://news.example/"),
        ("http://news.example./", "http://news.example/"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
        ("http://BÜCHER。example/", "http://xn--bcher-kva.example/"),
        ("http://faß.example/", "http://xn--fa-hia.example/"),
        ("http://новости.рф/", "http://xn--b1amnebsh.xn--p1ai/"),
        ("http://a_b.news.example/", "http://a_b.news.example/"),
        ("http://93.184.215.14/", "http://93.184.215.14/"),
        ("http://[2606:4700:0:0::1]:80/", "http://[2606:4700::1]/"),
        ("http://news.example/a b/ü?q=ü b", "http://news.example/a%20b/%C3%BC?q=%C3%BC%20b"),
        ("http://news.example?x=http://a@b/", "http://news.example/?x=http://a@b/"),
        ("http://news.example/a/../../b/./c/..", "http://news.example/b/"),
        ("http://news.example/%41%zz%", "http://news.example/%41%zz%"),
    ],
)
def test_one_form(url: str, read: str):
    assert parse(url).url == read
    assert parse(read).url == read


@pytest.mark.parametrize("host", ["press.example", "PRESS.example.", "préss.example"])
def test_the_host_that_is_read_is_looked_up_and_named(host: str, site: Site):
    asked: list[str] = []
    read = parse(f"http://{host}/").host

    def resolve(name: str, port: int) -> list[str]:
        asked.append(name)
        return ["127.0.0.1"]

    web = Web(pace=NO_PACE, resolver=resolve, loopback_allowed=[f"{host}:{site.port}"])
    site.page("/", b"text")

    answer = web.get(f"http://{host}:{site.port}/", obey_robots=False)

    assert asked == [read]
    assert site.requests()[0].headers["host"] == f"{read}:{site.port}"
    assert answer.url == f"http://{read}:{site.port}/"


@pytest.mark.parametrize(
    "url", ["", "news.example", "/a", "http://a b/", "mailto:a@b.example", "http://news.example:99999/"]
)
def test_what_is_no_address_is_refused_with_a_sentence(url: str):
    with pytest.raises(Refused) as caught:
        parse(url)

    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    "entry", ["127.0.0.1", "127.0.0.1:", "127.0.0.1:x", ":80", "127.1:80", "a:0", "*:80", "127.0.0.0/8:80"]
)
def test_loopback_list_with_an_entry_that_is_no_pair(entry: str):
    with pytest.raises(ImproperlyConfigured, match="FETCH_LOOPBACK_ALLOWED"):
        Web(pace=NO_PACE, loopback_allowed=[entry])
