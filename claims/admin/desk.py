"""The desk: what needs this person now, what the newsroom published, and how the work stands."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Count, Window
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from claims.access.roles import holds
from claims.admin.lists import NamedList, Reader, open_to
from claims.admin.site import actor, desk_site, now, render
from claims.choices import ApprovalDecision, ClaimState, Role
from claims.models import Approval, Claim, PublicHead, ReviewItem

ROWS = 6


# What the newsroom reads from and whom it tells, in one question.
_MACHINES = """
SELECT count(*) FILTER (WHERE active), count(*) FILTER (WHERE active AND failures > 0),
       count(*) FILTER (WHERE active AND last_polled_at IS NULL), hooks.*
  FROM (SELECT count(*), count(*) FILTER (WHERE w.off IN ('gone', 'failing')),
               count(*) FILTER (WHERE w.off = '' AND w.failing_since < now() - interval '1 day')
          FROM claims_webhook w JOIN claims_consumer c ON c.id = w.consumer_id
         WHERE w.removed_at IS NULL AND c.active) AS hooks (all_of_them, off, failing)
       LEFT JOIN claims_source ON true
 GROUP BY hooks.all_of_them, hooks.off, hooks.failing
"""


@dataclass(frozen=True, slots=True)
class Panel:
    """A list as the desk shows it: its first rows, and how many there are in all."""

    named: NamedList
    rows: list[Claim]
    total: int


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the chart: a state, its number of claims, and its length in hundredths of the longest."""

    state: ClaimState
    count: int
    length: int
    url: str


@desk_site.page("", name="index")
def index(request: HttpRequest) -> HttpResponse:
    """The desk. One question per panel, however many rows there are."""
    user, at = actor(request), now()
    panels = {item.slug: _panel(item, user, at) for item in open_to(user)}
    context: dict[str, Any] = {
        "panels": panels,
        "main_panels": [panels[slug] for slug in ("mine", "review", "publish", "inbox") if slug in panels],
        "due": panels.get("due"),
        "look_again": _look_again(user),
        "published": _published(),
        "overridden": _overridden(),
        "bars": _bars(),
        "sources": _sources(),
        "at": at,
        "list_url": reverse("admin:claim_list"),
    }
    context["empty_house"] = not any(bar.count for bar in context["bars"])
    return render(request, "claims/admin/desk.html", context, title="Desk")


def _panel(item: NamedList, user: User, at: datetime) -> Panel:
    rows = list(item.build(Reader(user, at)).annotate(total=Window(Count("*")))[:ROWS])
    return Panel(named=item, rows=rows, total=rows[0].total if rows else 0)  # type: ignore[attr-defined]


def _look_again(user: User) -> list[ReviewItem] | None:
    if not holds(user, Role.FACT_CHECKER):
        return None
    rows = ReviewItem.objects.open().select_related("claim").annotate(total=Window(Count("*")))
    return list(rows.order_by("opened_at", "pk")[:ROWS])


def _published() -> list[PublicHead]:
    heads = PublicHead.objects.select_related("publication").defer("publication__body").order_by("-sequence")
    return list(heads[:ROWS])


def _overridden() -> list[Approval]:
    rows = Approval.objects.filter(override_reason__isnull=False, decision=ApprovalDecision.APPROVED)
    return list(rows.select_related("verdict__claim", "reviewer").order_by("-pk")[:ROWS])


def _bars() -> list[Bar]:
    counted = dict(Claim.objects.order_by().values_list("state").annotate(n=Count("pk")))
    longest = max(counted.values(), default=1)
    url = reverse("admin:claim_list")
    return [
        Bar(
            state=state,
            count=counted.get(state.value, 0),
            # A state that holds anything shows at least a sliver.
            length=max(round(100 * counted.get(state.value, 0) / longest), 2) if counted.get(state.value) else 0,
            url=f"{url}?state={state.value}",
        )
        for state in ClaimState
    ]


def _sources() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(_MACHINES)
        row = cursor.fetchone()
    assert row is not None
    return dict(
        zip(("polled", "failing", "unasked", "endpoints", "endpoints_off", "endpoints_failing"), row, strict=True)
    )
