"""Addresses outside the description of the API and outside the admin: one request each, and what it comes to.

Public pages take no key and look at none. Google's shape takes keys of ours where Google's clients put them.
"""

from dataclasses import dataclass
from typing import Any

from tests.contract.access import CALLERS


@dataclass(frozen=True, slots=True)
class Address:
    """Where to ask, what it goes by, and what it comes to; `wrong_key` where a broken key is refused."""

    at: str
    goes_by: str = "everybody"
    answer: str = "yes"
    wrong_key: str = ""


def _public(at: str) -> Address:
    return Address(at)


ADDRESSES: dict[str, Address] = {
    "healthz": _public("/healthz"),
    "readyz": _public("/readyz"),
    "metrics": Address("/metrics", "`METRICS_TOKEN`, or loopback where none is set", "403"),
    "api/v1/openapi.json": _public("/api/v1/openapi.json"),
    "api/v1/openapi.yaml": _public("/api/v1/openapi.yaml"),
    "api/v1/docs/": _public("/api/v1/docs/"),
    "api/v1/": Address("/api/v1/nothing-here", answer="404"),
    "v1alpha1/claims:search": Address("/v1alpha1/claims:search?query=bread", wrong_key="401"),
    "v1alpha1/claims:imageSearch": Address(
        "/v1alpha1/claims:imageSearch?imageUri=https://a.example/1.png", answer="501", wrong_key="401"
    ),
    "v1alpha1/": Address("/v1alpha1/nothing-here", answer="404"),
    "": _public("/"),
    "verdicts/": _public("/verdicts/"),
    "verdicts/<slug:public_id>/": _public("/verdicts/{public_id}/"),
    "verdicts/<slug:public_id>/embed/": _public("/verdicts/{public_id}/embed/"),
    "oembed": _public("/oembed?url={site}/verdicts/{public_id}/"),
    "methodology/": _public("/methodology/"),
    "ratings/": _public("/ratings/"),
    "corrections/": _public("/corrections/"),
    "feed.atom": _public("/feed.atom"),
    "feed.rss": _public("/feed.rss"),
    "feed.json": _public("/feed.json"),
    "datafeed.json": _public("/datafeed.json"),
    "sitemap.xml": _public("/sitemap.xml"),
    "sitemap-<int:number>.xml": _public("/sitemap-1.xml"),
    "sitemap-pages.xml": _public("/sitemap-pages.xml"),
    "sitemap-news.xml": _public("/sitemap-news.xml"),
    "robots.txt": _public("/robots.txt"),
    ".well-known/security.txt": _public("/.well-known/security.txt"),
}


def expected(address: Address, caller: str) -> str:
    """What the request comes to: `yes` or the status."""
    return address.wrong_key if caller == "wrong key" and address.wrong_key else address.answer


def markdown(matrix: dict[str, dict[str, str]]) -> str:
    """The part of `docs/access.md` on everything that is neither described nor of the admin."""
    lines = [
        "",
        "## Public pages, feeds, Google's shape and the machine's own addresses",
        "",
        "A GET with the same keys as above. Refusals are the same for everybody: 404 where nothing is, 501 where",
        "Google's image search would be, 403 for figures without their token. Only Google's shape looks at keys.",
        "",
        f"| address | goes by | {' | '.join(CALLERS)} |",
        f"|---|---|{'---|' * len(CALLERS)}",
    ]
    lines += [
        f"| `/{route}` | {ADDRESSES[route].goes_by} | {' | '.join(row[caller] for caller in CALLERS)} |"
        for route, row in matrix.items()
    ]
    return "\n".join(lines) + "\n"


def filled(address: Address, prepared: dict[str, dict[str, Any]], site: str) -> str:
    """Where to ask, with a verdict that is public in the place of the parameter."""
    return address.at.format(public_id=prepared["published"]["public_id"], site=site)
