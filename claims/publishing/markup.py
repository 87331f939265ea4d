"""A published document's ClaimReview as it leaves the house: with its days, and fit to stand in a page."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString, mark_safe


def dated(body: Mapping[str, Any], *, first_at: datetime, changed_at: datetime) -> dict[str, Any]:
    """The ClaimReview of a document with what publishing alone knows: the days of version 1 and of this one (UTC)."""
    review: Mapping[str, Any] = body["claim_review"]
    days = {"datePublished": first_at.date().isoformat(), "dateModified": changed_at.date().isoformat()}
    media = review.get("associatedMediaReview")
    return {**review, **days, **({"associatedMediaReview": {**media, **days}} if media else {})}


def json_ld(value: dict[str, Any]) -> SafeString:
    """JSON fit to stand inside a script element of a data type: no `<`, `>` or `&` of its own."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return mark_safe(text)  # noqa: S308 - what could end the element is escaped above
