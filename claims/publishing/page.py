"""What the public page of a verdict shows, from its stored document. The desk's preview shows the same."""

import json
from collections import Counter
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language_info

from claims.choices import ChangeType, MediaAuthenticity, Stance
from claims.publishing import embedding
from claims.publishing.markup import dated, json_ld

_WAYS = {Stance.SUPPORTS: "support", Stance.REFUTES: "refute", Stance.CONTEXT: "give context"}
_WAY = {Stance.SUPPORTS: "supports", Stance.REFUTES: "refutes", Stance.CONTEXT: "gives context"}


def verdict_context(
    body: dict[str, Any],
    *,
    valid_from: Any = None,
    first_at: datetime | None = None,
    newest: int | None = None,
    standing: str = "current",
    retraction: str = "",
    translations: str = "[]",
    preview: bool = False,
) -> dict[str, Any]:
    """What the template of a verdict shows of a public document; the preview shows the same, marked as such.

    `translations` are the live verdicts on the same claim in other languages, as a head keeps them.
    The ClaimReview stands only on the newest version of a live verdict, so that no machine takes an old one for it.
    """
    version = body["version"]
    older = newest is not None and version < newest
    rating, authenticity = body["verdict"]["rating"], body["verdict"].get("media_authenticity")
    return {
        "body": body,
        # The document's HTML was cleaned when the revision was frozen: markdown_html() lets nothing but set text pass.
        "explanation": mark_safe(body["verdict"]["explanation_html"]),  # noqa: S308
        "change": change_label(body["verdict"]["change_type"]),
        "corrections": [{**item, "label": change_label(item["type"])} for item in reversed(body["corrections"])],
        "json_ld": None if preview or older or standing != "current" else _review(body, first_at, valid_from),
        "axis": axis_place(rating["value"]) if rating and rating["value"] is not None else None,
        "authenticity": MediaAuthenticity(authenticity).label if authenticity else "",
        "stances": _stances(body["evidence"]),
        "translations": []
        if older
        else [{**one, "name": _language(one["language"])} for one in json.loads(translations)],
        "valid_from": valid_from,
        "first_at": first_at,
        "older": older,
        "newest": newest,
        "standing": standing,
        "retraction": retraction,
        "preview": preview,
        "embed_code": embedding.frame(
            base=body["publisher"]["url"],
            public_id=body["id"],
            title=body["verdict"]["headline"] or body["claim"]["statement"],
        ),
        "publisher": body["publisher"],
        "licence": body["licence"],
        "own_url": reverse("public_verdict", args=[body["id"]]),
    }


def axis_place(value: float) -> float:
    """Where a truth value stands on a line 100 long with half a mark's room at both ends."""
    return round(4 + value * 92, 1)


def _review(body: dict[str, Any], first_at: datetime | None, changed_at: datetime | None) -> SafeString | None:
    if first_at is None or changed_at is None:
        return None
    return json_ld(dated(body, first_at=first_at, changed_at=changed_at))


def _language(tag: str) -> str:
    """A language by the name that it calls itself; its tag where we know none."""
    for known in (tag.lower(), tag.lower().partition("-")[0]):
        with suppress(KeyError):
            return str(get_language_info(known)["name_local"])
    return tag


def _stances(evidence: list[dict[str, Any]]) -> str:
    """How many sources say what, in words."""
    counts = Counter(item["stance"] for item in evidence)
    said = [f"{counts[s]} {(_WAY if counts[s] == 1 else _WAYS)[s]}" for s in Stance if counts[s]]
    if not said:
        return ""
    ends = f"{', '.join(said[:-1])} and {said[-1]}" if len(said) > 1 else said[0]
    total = len(evidence)
    return f"{total} source{'' if total == 1 else 's'}: {ends} the claim.".replace("context the claim", "context")


def change_label(change: str) -> str:
    """A kind of change in words."""
    return ChangeType(change).label if change in ChangeType.values else change
