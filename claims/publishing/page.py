"""What the public page of a verdict shows, from its stored document. The desk's preview shows the same."""

import json
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from claims.choices import ChangeType


def verdict_context(
    body: dict[str, Any],
    *,
    valid_from: Any = None,
    newest: int | None = None,
    standing: str = "current",
    retraction: str = "",
    preview: bool = False,
) -> dict[str, Any]:
    """What the template of a verdict shows of a public document; the preview shows the same, marked as such."""
    version = body["version"]
    return {
        "body": body,
        # The document's HTML was cleaned when the revision was frozen: markdown_html() lets nothing but set text pass.
        "explanation": mark_safe(body["verdict"]["explanation_html"]),  # noqa: S308
        "change": _change_label(body["verdict"]["change_type"]),
        "corrections": [{**item, "label": _change_label(item["type"])} for item in reversed(body["corrections"])],
        "json_ld": None if preview or standing != "current" else json_ld(body["claim_review"]),
        "valid_from": valid_from,
        "older": newest is not None and version < newest,
        "newest": newest,
        "standing": standing,
        "retraction": retraction,
        "preview": preview,
        "publisher": body["publisher"],
        "licence": body["licence"],
        "own_url": reverse("public_verdict", args=[body["id"]]),
    }


def json_ld(value: dict[str, Any]) -> SafeString:
    """JSON fit to stand inside a script element of a data type: no `<`, `>` or `&` of its own."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return mark_safe(text)  # noqa: S308 - what could end the element is escaped above


def _change_label(change: str) -> str:
    return ChangeType(change).label if change in ChangeType.values else change
