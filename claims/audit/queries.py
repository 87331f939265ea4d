"""Reading the history: the timeline of a claim."""

from django.db.models import QuerySet

from claims.models import Claim, Event


def timeline(claim: Claim) -> "QuerySet[Event]":
    """Everything recorded about a claim, newest first, with who did it."""
    return Event.objects.filter(claim=claim).select_related("actor").order_by("-id")
