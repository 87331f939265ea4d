"""One Document per page of the web: every address it was ever seen under leads to it."""

from datetime import datetime
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction

from claims.choices import UrlOrigin
from claims.errors import Invalid
from claims.models import Document, DocumentUrl, Outlet
from claims.text import host_of, normal_url, url_hash


def document_for(*, url: str, how: UrlOrigin, at: datetime, outlet: Outlet | None = None) -> tuple[Document, bool]:
    """The one document that an address leads to, and whether this call made it. Fetches nothing.

    `outlet` says whose page it is where the address alone would not; it is used for a new document only. Two callers
    that meet on a new address both get the same row. Raises Invalid, on the field `url`, for what is no web address.
    """
    address = stored_address(url)
    known = document_at(address)
    if known is not None:
        return known, False
    try:
        with transaction.atomic():
            document = Document.objects.create(url=address, outlet=outlet_of(address) or outlet, found_at=at)
            DocumentUrl.objects.create(document=document, url=address, url_hash=url_hash(address), how=how, seen_at=at)
    except IntegrityError:
        winner = document_at(address)
        if winner is None:
            raise
        return winner, False
    return document, True


def stored_address(url: str) -> str:
    """An address in the one form under which it is stored. Raises Invalid, on the field `url`."""
    try:
        return normal_url(url)
    except ValueError as error:
        raise Invalid(str(error), fields={"url": [str(error)]}) from error


def document_at(address: str) -> Document | None:
    """The document that an address in normal form leads to, past any merge; None if it was never seen."""
    row = (
        DocumentUrl.objects.select_related("document__merged_into", "document__outlet")
        .filter(url_hash=url_hash(address))
        .first()
    )
    if row is None:
        return None
    return row.document.merged_into or row.document


def outlet_of(address: str) -> Outlet | None:
    """The outlet whose domains hold the address's host, with its port or without; the longest domain wins."""
    with_port = urlsplit(address).netloc.removeprefix("www.")
    for host in dict.fromkeys((with_port, host_of(address))):
        found = list(Outlet.objects.on_host(host).order_by("pk"))
        if found:
            return max(found, key=lambda outlet: max(_fit(domain, host) for domain in outlet.domains))
    return None


def _fit(domain: str, host: str) -> int:
    return len(domain) if host == domain or host.endswith("." + domain) else 0
