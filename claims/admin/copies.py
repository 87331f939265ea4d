"""A page's dated copies: one of them replayed as plain text, and how second ones elsewhere stand."""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from claims.access.roles import Operation, may
from claims.admin.differences import Difference, difference
from claims.admin.site import actor, desk_site, render
from claims.capture import archive
from claims.capture.replay import SHOWN_BYTES, Whole, replay
from claims.choices import ArchiveService
from claims.models import Capture, DocumentChange

_STATUSES = {
    Whole.YES: 200,
    Whole.MISSING: 404,
    Whole.ALTERED: 409,
    Whole.REMOVED: 410,
    Whole.ERASED: 451,
    Whole.UNKNOWN: 503,
}
_SETTINGS = {
    ArchiveService.WAYBACK: "WAYBACK_ACCESS_KEY and WAYBACK_SECRET_KEY",
    ArchiveService.PERMA: "PERMA_API_KEY",
}
_LABELS = {
    "headline": "Headline",
    "quotes": "Quoted passages",
    "text": "Text",
    "status": "Answer",
    "address": "Leads to",
}


@dataclass(frozen=True, slots=True)
class Switch:
    """An archive that may keep second copies, and the settings that it wants while it is off."""

    label: str
    on: bool
    wants: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A change of a page with its differences."""

    change: DocumentChange
    differences: list[Difference]


def archives() -> list[Switch]:
    """Each archive and whether it is on."""
    on = archive.enabled()
    return [Switch(service.label, service in on, _SETTINGS[service]) for service in ArchiveService]


def changed(change: DocumentChange) -> Changed:
    """A change as the page of its document shows it."""
    said = change.difference if isinstance(change.difference, dict) else {}
    pairs = [
        (name, pair)
        for name, value in said.items()
        for pair in (value if name == "quotes" and isinstance(value, list) else [value])
    ]
    found = [
        difference(_LABELS.get(str(name), str(name)), *pair)
        for name, pair in pairs
        if isinstance(pair, list) and len(pair) == 2
    ]
    return Changed(change, found)


@desk_site.page("copy/<int:capture_id>/", name="copy")
def copy(request: HttpRequest, capture_id: int) -> HttpResponse:
    """A stored copy as text in a page of ours. Nothing of it runs, loads or links, whatever it holds."""
    if not may(actor(request), Operation.READ_DESK):
        raise PermissionDenied
    capture = get_object_or_404(Capture.objects.select_related("document"), pk=capture_id)
    found = replay(capture)
    context = {"capture": capture, "replay": found, "shown_bytes": SHOWN_BYTES}
    response = render(
        request,
        "claims/admin/copy.html",
        context,
        title=f"Copy of {capture.document}",
        status=_STATUSES[found.whole],
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response
