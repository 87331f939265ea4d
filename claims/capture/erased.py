"""Copies that were lawfully erased: nothing is compared with them, and what they held is not stored again."""

from claims.choices import CaptureKind
from claims.models import Capture, CaptureRemoval

NOT_AGAIN = "We had to erase our copy of this page for legal reasons, so it is not copied again by itself."
NO_COMPARISON = "The earlier copy was erased for legal reasons, so nothing was compared with it."
NOT_THIS = "This copy was erased for legal reasons."


def was_erased(capture: Capture) -> bool:
    """Whether the law took this copy."""
    return CaptureRemoval.objects.filter(capture=capture, lawful=True).exists()


def bytes_were_erased(sha256: str) -> bool:
    """Whether a copy with this body (SHA-256, hexadecimal) was lawfully erased, of whichever page."""
    return CaptureRemoval.objects.filter(capture__sha256=sha256, lawful=True).exists()


def newest_was_erased(document_id: int) -> bool:
    """Whether the newest copy of the page was lawfully erased; false once a person had it copied anew."""
    copies = Capture.objects.filter(document_id=document_id, kind=CaptureKind.PAGE)
    newest = copies.order_by("-fetched_at", "-pk").first()
    return newest is not None and was_erased(newest)
