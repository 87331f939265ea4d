"""Hundreds of hostile addresses through every path by which the product asks the web for something.

The proof is not what a call returns but canaries that listen on loopback addresses (and, where they could be added, on
private ones) and count who connects. At the end the same canaries are asked directly, to show that they do count.
Addresses, spellings and whole URLs are those of the test suite; resolvers that mix or change their answers stand in for
a name server in hostile hands. A path that gives neither a refusal with a reason nor an answer from the site that was
meant counts as unclear.
"""

import re
import socket
import subprocess
from collections import Counter
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime

from django.conf import settings

from claims.capture import child
from claims.capture import fetch as capture_fetch
from claims.capture.addresses import same_site
from claims.capture.documents import document_for
from claims.capture.extract import canonical_of
from claims.choices import Outcome, SourceKind, UrlOrigin
from claims.coverage import polling
from claims.coverage.registry import CONNECTORS
from claims.errors import Invalid
from claims.http import NO_PACE, Web, WebError
from claims.http.addresses import is_loopback
from claims.models import Source
from fetching.database import own_database
from tests.http.hostile import ADDRESSES, host_of, urls
from tests.servers.loopback import Canary, Site

NOW = datetime.now(UTC)
LOOPBACK = ("127.0.0.1", "127.0.0.2", "127.1.2.3", "::1")
ADDED = ("10.203.0.7", "100.64.203.7", "169.254.203.7", "192.168.203.7")
PUBLIC = "93.184.215.14"  # never connected to: it only ever stands beside a forbidden address
WALL = 5.0
_HOST = re.compile(r"\S+ (?=leads into|is to be asked|is not the full name|redirects )")


def measure(asked):
    """Try everything, then ask the canaries directly."""
    with own_database(), ExitStack() as stack:
        added = stack.enter_context(added_addresses()) if asked.addresses else ()
        canaries = listening_on(stack, (*LOOPBACK, *added))
        settings.FETCH_EXTRA_PORTS = [canaries[0].port]  # so that the address alone must stop us, not the port
        site = stack.enter_context(Site())
        tries = _Tries(site=site, port=canaries[0].port, added=added)
        tries.run()
        reached = sum(canary.hits for canary in canaries)
        controls = sum(counts_a_visit(canary) for canary in canaries)
        child.close()
    return {
        "passed": reached == 0 and controls == len(canaries) and not tries.unclear,
        "attempts": sum(tries.by_path.values()),
        "hostile_urls": len(tries.urls),
        "by_path": dict(tries.by_path),
        "reached": reached,
        "canaries": [canary.address for canary in canaries],
        "canaries_that_count_when_asked_directly": controls,
        "reasons": dict(tries.reasons.most_common()),
        "answered_by_the_site_itself": tries.harmless,
        "unclear": tries.unclear[:20],
    }


@contextmanager
def added_addresses():
    """Private addresses on this machine's own loopback interface; taken away again."""
    added = []
    try:
        for address in ADDED:
            with suppress(OSError, subprocess.CalledProcessError):
                command = ["ip", "address", "add", f"{address}/32", "dev", "lo"]
                subprocess.run(command, check=True, capture_output=True)
                added.append(address)
        yield tuple(added)
    finally:
        for address in added:
            subprocess.run(["ip", "address", "del", f"{address}/32", "dev", "lo"], check=False, capture_output=True)


def listening_on(stack, addresses):
    """One per address, all on one port."""
    for _ in range(50):
        with ExitStack() as attempt:
            found = [attempt.enter_context(Canary(address=addresses[0]))]
            try:
                found += [
                    attempt.enter_context(Canary(address=address, port=found[0].port)) for address in addresses[1:]
                ]
            except OSError:
                continue
            stack.enter_context(attempt.pop_all())
            return found
    raise SystemExit("No port is free on all addresses.")


def counts_a_visit(canary):
    before = canary.hits
    socket.create_connection((canary.address, canary.port), timeout=5).close()
    return canary.hits == before + 1


class _Tries:
    """Every attempt, and what was recorded for it."""

    def __init__(self, *, site, port, added):
        self.site, self.port = site, port
        self.addresses = [*ADDRESSES, *added]
        self.urls = [*urls(port), *(f"http://{host_of(address)}:{port}/" for address in added)]
        self.by_path, self.reasons = Counter(), Counter()
        self.harmless = 0
        self.unclear = []

    def run(self):
        paths = {
            "page": self._page,
            "page by redirect": self._redirect,
            "page by redirect, 5th hop": self._last_hop,
            "robots by redirect": self._robots,
            "feed": lambda url: self._source(url, SourceKind.RSS),
            "feed by redirect": lambda url: self._moved_source(url, SourceKind.RSS),
            "json feed's next page": self._next_page,
            "sitemap": lambda url: self._source(url, SourceKind.SITEMAP),
            "sitemap index": self._index,
            "canonical": self._canonical,
            "archive by redirect": self._archive,
        }
        for url in self.urls:
            for name, go in paths.items():
                self._note(name, url, go)
        for address in self.addresses:
            for answers in answers_of(address):
                self._note("name with hostile records", f"{answers}", lambda _, a=answers: self._name(a))
            if not is_loopback(address):
                self._note("name that changes after robots.txt", address, self._rebound)

    def _note(self, name, url, go):
        self.by_path[name] += 1
        try:
            said = go(url)
        except WebError as error:
            said = error.reason
        except Invalid as error:
            said = f"not stored: {error}"
        if said in {"", None, False}:
            self.unclear.append(f"{name}: {url!r}")
        elif said is True:
            self.harmless += 1
        else:
            self.reasons[_HOST.sub("HOST ", str(said))] += 1

    def _web(self, **given):
        return Web(pace=NO_PACE, **{"loopback_allowed": [self.site.host_port], **given})

    def _ours(self, answer):
        """True for an answer of the site that was meant to be asked."""
        return answer.url.startswith(self.site.url("/"))

    def _page(self, url):
        document, _ = document_for(url=url, how=UrlOrigin.ENTERED, at=NOW)
        fetched = capture_fetch.fetch(document_id=document.pk, web=self._web(), at=NOW)
        return fetched.note

    def _redirect(self, url):
        self.site.forget()
        self.site.raw("/go", location_to(url))
        return self._ours(self._web().get(self.site.url("/go"), obey_robots=False, wall=WALL))

    def _last_hop(self, url):
        for hop in range(4):
            self.site.redirect(f"/{hop}", f"/{hop + 1}")
        self.site.raw("/4", location_to(url))
        return self._ours(self._web().get(self.site.url("/0"), obey_robots=False, wall=WALL))

    def _robots(self, url):
        self.site.raw("/robots.txt", location_to(url))
        self.site.page("/page", b"<p>text</p>")
        try:
            return self._ours(self._web().get(self.site.url("/page"), wall=WALL))
        finally:
            self.site.page("/robots.txt", b"", status=404)

    def _source(self, url, kind):
        if "\x00" in url or "\ud800" in url:
            return "not stored: no text for a database"
        source = Source.objects.create(name="x", kind=kind, url=url[:2000], active=False)
        try:
            polled = polling.ask(source_id=source.pk, web=self._web(), at=NOW)
        finally:
            source.delete()
        return f"{polled.outcome}: {polled.note}" if polled.outcome == Outcome.REFUSED else polled.note

    def _moved_source(self, url, kind):
        self.site.raw("/feed", location_to(url))
        return self._source(self.site.url("/feed"), kind)

    def _next_page(self, url):
        text = '{"version": "https://jsonfeed.org/version/1.1", "items": [], "next_url": %s}'
        self.site.page("/next", text.replace("%s", _json(url)).encode(), content_type="application/feed+json")
        listing = self._listing("/next", SourceKind.JSON_FEED)
        return listing.note or "next page: not a web address"

    def _index(self, url):
        escaped = "".join(f"&#{ord(letter)};" for letter in url if letter.isprintable())
        text = (
            '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>'
            f"{escaped}</loc></sitemap></sitemapindex>"
        )
        self.site.page("/index.xml", text.encode(), content_type="application/xml")
        listing = self._listing("/index.xml", SourceKind.SITEMAP)
        return listing.note or "sitemap of an index: on another site, not followed"

    def _listing(self, path, kind):
        web = self._web()
        answer = web.get(self.site.url(path), obey_robots=False)
        return CONNECTORS[kind].listing(answer, lambda url: web.get(url, obey_robots=False, wall=WALL))

    def _canonical(self, url):
        escaped = "".join(f"&#{ord(letter)};" for letter in url if letter.isprintable())
        page = f'<html><head><link rel="canonical" href="{escaped}"></head><body><p>text</p></body></html>'
        said = child.read_in_child("page", page.encode(), url=self.site.url("/page"), content_type="text/html")
        own, elsewhere = canonical_of(self.site.url("/page"), said)
        if own:
            return same_site(own, self.site.url("/"))
        return "canonical: on another site, kept as a hint" if elsewhere else "canonical: not a web address"

    def _archive(self, url):
        """An archive's answer that sends us on, with our key in hand."""
        self.site.raw("/save/status/1", location_to(url))
        answer = self._web().get(
            self.site.url("/save/status/1"), obey_robots=False, wall=WALL, credentials={"Authorization": "LOW a:b"}
        )
        return self._ours(answer)

    def _name(self, answers):
        asked = []

        def resolve(host, _port):
            asked.append(host)
            return answers[min(len(asked), len(answers)) - 1]

        web = self._web(resolver=resolve)
        web.get(f"http://news.example:{self.port}/", obey_robots=False, wall=WALL)
        return False

    def _rebound(self, address):
        """The name leads to the site, as it may, for robots.txt; for the page it leads elsewhere."""
        asked = []

        def resolve(host, _port):
            asked.append(host)
            return ["127.0.0.1"] if len(asked) == 1 else [address]

        pair = f"press.example:{self.site.port}"
        self._web(resolver=resolve, loopback_allowed=[pair]).get(f"http://{pair}/page", wall=WALL)
        return False


def answers_of(address):
    """Answers of a name server: all bad, bad among good in any place, and one that changes its mind."""
    yield [[address]]
    yield [[address, PUBLIC]]
    yield [[PUBLIC, address]]
    yield [[PUBLIC, "2606:4700::1", "8.8.8.8", "1.1.1.1", address]]
    yield [[address], [PUBLIC]]


def location_to(url):
    return b"HTTP/1.1 302 Found\r\nLocation: " + url.encode("utf-8", "surrogatepass") + b"\r\n\r\n"


def _json(text):
    return '"' + "".join(f"\\u{ord(letter):04x}" if ord(letter) < 65536 else letter for letter in text) + '"'
