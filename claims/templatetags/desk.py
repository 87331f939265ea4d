"""What templates of the desk and of the public pages need: instants, states with shapes, addresses fit to link."""

from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import template
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince

from claims import text
from claims.choices import (
    ArchiveState,
    CheckOutcome,
    ClaimState,
    CoverageState,
    FetchState,
    Outcome,
    PublicStatus,
    Stance,
)

register = template.Library()

# Word and shape tell states apart for those who do not see the colour.
SHAPES: dict[str, str] = {
    ClaimState.INBOX: "○",
    ClaimState.RESEARCHING: "◐",
    ClaimState.IN_REVIEW: "◑",
    ClaimState.APPROVED: "◆",
    ClaimState.PUBLISHED: "●",
    ClaimState.DECLINED: "×",
    ClaimState.MERGED: "⇢",
    PublicStatus.NONE: "–",
    PublicStatus.LIVE: "●",
    PublicStatus.RETRACTED: "⊘",
    Stance.SUPPORTS: "▲",
    Stance.REFUTES: "▼",
    Stance.CONTEXT: "■",
    Outcome.FOUND: "●",
    Outcome.RETRY_LATER: "…",
    Outcome.REFUSED: "⊘",
    Outcome.NOT_MEASURED: "?",
    CoverageState.SUGGESTED: "○",
    CoverageState.KEPT: "●",
    CoverageState.DISMISSED: "×",
    FetchState.WAITING: "…",
    FetchState.FETCHED: "◐",
    FetchState.READ: "●",
    FetchState.FAILED: "?",
    FetchState.GONE: "×",
    ArchiveState.REQUESTED: "…",
    ArchiveState.PENDING: "◐",
    ArchiveState.DONE: "●",
    ArchiveState.ALREADY: "●",
    CheckOutcome.UNCHANGED: "=",
    CheckOutcome.CHANGED: "▲",
    CheckOutcome.MOVED: "⇢",
}
_LABELS: dict[str, dict[str, str]] = {
    "state": {state.value: state.label for state in ClaimState},
    "public": {status.value: status.label for status in PublicStatus},
    "stance": {stance.value: stance.label for stance in Stance},
    "outcome": {outcome.value: outcome.label for outcome in Outcome},
    "coverage": {state.value: state.label for state in CoverageState},
    "archive": {state.value: state.label for state in ArchiveState},
    "check": {outcome.value: outcome.label for outcome in CheckOutcome},
    "fetch": {state.value: state.label for state in FetchState},
}


@register.simple_tag
def chip(family: str, value: str) -> SafeString:
    """A state as a shape and a word. `family` is a key of _LABELS."""
    label = _LABELS[family].get(value, value)
    return format_html(
        '<span class="chip chip-{}-{}"><span class="shape" aria-hidden="true">{}</span>{}</span>',
        family,
        value,
        SHAPES.get(value, "–"),
        label,
    )


@register.filter
def when(value: Any) -> SafeString:
    """An instant or a day as a `time` element, in the zone that is active; ISO text is understood too."""
    moment = _moment(value)
    if moment is None:
        return mark_safe("–")
    if isinstance(moment, datetime):
        local = timezone.localtime(moment) if timezone.is_aware(moment) else moment
        return format_html(
            '<time datetime="{}">{}</time>', local.isoformat(timespec="seconds"), date_format(local, "j M Y, H:i")
        )
    return format_html('<time datetime="{}">{}</time>', moment.isoformat(), date_format(moment, "j F Y"))


@register.filter
def on(value: Any) -> SafeString:
    """The day of an instant, as a `time` element."""
    moment = _moment(value)
    if isinstance(moment, datetime):
        moment = timezone.localtime(moment).date() if timezone.is_aware(moment) else moment.date()
    return when(moment)


@register.filter
def ago(value: datetime | None) -> SafeString:
    """How long ago, in one unit, with the instant itself in the attribute."""
    if value is None:
        return mark_safe("never")
    words = "just now" if timezone.now() - value < timedelta(minutes=1) else f"{timesince(value, depth=1)} ago"
    local = timezone.localtime(value)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        date_format(local, "j M Y, H:i"),
        words,
    )


@register.filter
def due(value: datetime | None) -> SafeString:
    """A due date as "late by 2 days" or "due in 3 hours"."""
    if value is None:
        return mark_safe("")
    at = timezone.now()
    late = value < at
    span = timesince(value, at, depth=1) if late else timesince(at, value, depth=1)
    local = timezone.localtime(value)
    return format_html(
        '<time class="{}" datetime="{}" title="{}">{}</time>',
        "due due-late" if late else "due",
        local.isoformat(timespec="seconds"),
        date_format(local, "j M Y, H:i"),
        f"late by {span}" if late else f"due in {span}",
    )


@register.filter
def percent(value: float | None) -> str:
    """A share of 1 as a whole per cent."""
    return "–" if value is None else f"{value * 100:.0f}"


@register.filter
def web_link(url: str) -> str:
    """The address if it is fit for an href (http or https), else nothing."""
    return text.web_link(str(url or ""))


@register.filter
def host(url: str) -> str:
    """The host of an address, for showing where a link leads; nothing where there is none to lead to."""
    try:
        return text.host_of(str(url or ""))
    except ValueError:
        return ""


@register.filter
def pair(name: str, value: str) -> str:
    """A name and its value as one parameter of an address."""
    return urlencode({name: value})


@register.filter
def dictget(mapping: dict[str, Any], key: str) -> Any:
    """The value under a key that is known at run time only."""
    return mapping.get(str(key))


def _moment(value: Any) -> date | datetime | None:
    if isinstance(value, date | datetime):
        return value
    written = str(value or "")
    try:
        return (parse_datetime(written) if "T" in written else parse_date(written)) if written else None
    except ValueError:
        return None
