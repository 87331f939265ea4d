"""PDF to title, author, date and text. Runs in the reading child; no Django."""

import io
from datetime import UTC, datetime
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError

PAGE_LIMIT = 200
TEXT_LIMIT = 500_000


def read_pdf(body: bytes, request: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - all readers are called alike
    """What the PDF says, as JSON; `note` says what was left out. Of a broken page, the others are read.

    An error, not an empty text, for one that is locked, broken, or holds pictures only.
    """
    try:
        pdf = PdfReader(io.BytesIO(body), strict=False)
        if pdf.is_encrypted and not pdf.decrypt(""):
            return {"error": "This PDF is locked with a password. Its copy is kept; its text cannot be read."}
        pages = len(pdf.pages)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, NotImplementedError):
        return {"error": "This PDF is broken or packed in an unknown way. Its copy is kept; its text cannot be read."}
    texts: list[str] = []
    size = broken = 0
    for number in range(min(pages, PAGE_LIMIT)):
        try:
            texts.append(pdf.pages[number].extract_text().strip())
        # The edge: a page's content is a program, and pypdf fails on broken ones in many ways.
        except (MemoryError, RecursionError):
            raise
        except Exception:  # noqa: BLE001
            broken += 1
        size += len(texts[-1]) if texts else 0
        if size > TEXT_LIMIT:
            break
    text = "\n\n".join(filter(None, texts))
    if not text and broken:
        return {"error": "The pages of this PDF are broken. Its copy is kept; its text cannot be read."}
    if not text:
        return {"error": "This PDF holds no text, only pictures of it. Its copy is kept."}
    return {**_facts(pdf), "text": text[:TEXT_LIMIT], "note": _left_out(pages, len(texts) + broken, broken)}


def _left_out(pages: int, tried: int, broken: int) -> str:
    notes = []
    if tried < pages:
        notes.append(f"Only the first {tried} of {pages} pages were read.")
    if broken:
        notes.append(f"{broken} pages are broken and were left out.")
    return " ".join(notes)


def _facts(pdf: PdfReader) -> dict[str, Any]:
    try:
        said = pdf.metadata
        title, author = (str(said.title or ""), str(said.author or "")) if said is not None else ("", "")
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError):
        return {"title": "", "byline": "", "published": []}
    try:
        date: datetime | None = said.creation_date if said is not None else None
    except (PyPdfError, ValueError, TypeError, AttributeError):
        date = None
    if date is not None and date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return {
        "title": title[:2000],
        "byline": author[:1000],
        "published": [date.isoformat()] if date is not None else [],
    }
