"""What lists may be filtered by. No value, or one of the wrong kind, is refused with 400."""

from datetime import UTC, date, datetime, time
from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django_filters import rest_framework as filters

from claims.api.instants import InstantField
from claims.choices import (
    ClaimKind,
    ClaimState,
    CoverageState,
    Priority,
    PublicStatus,
    ReviewItemKind,
    ReviewItemState,
    SourceKind,
)
from claims.models import Assignment, Claim, Claimant, Coverage, Outlet, Publication, PublicHead, ReviewItem, Source


def searched(text: str) -> SearchQuery:
    """Words as people type them into a search box: quotes for phrases, `or`, a minus for "without"."""
    return SearchQuery(text, config="english", search_type="websearch")


class Filters(filters.FilterSet):  # type: ignore[misc]  # django-filter has no types
    """What a list may be filtered by: the names that are declared, and none taken off the model."""


class ClaimFilter(Filters):
    """The desk's claims."""

    state = filters.ChoiceFilter(choices=ClaimState.choices)
    public_status = filters.ChoiceFilter(choices=PublicStatus.choices, method="by_public_status")
    kind = filters.ChoiceFilter(choices=ClaimKind.choices)
    priority = filters.ChoiceFilter(choices=Priority.choices)
    language = filters.CharFilter(lookup_expr="iexact")
    claimant = filters.NumberFilter(field_name="claimant_id", min_value=1, max_value=2**63 - 1, label="A claimant's id")
    topic = filters.CharFilter(method="by_topic", label="A topic's slug")
    assigned_to = filters.ChoiceFilter(choices=[("me", "Me")], method="by_assignment")
    q = filters.CharFilter(method="by_text", label="Words of the statement, as typed into a search box")

    class Meta:
        model = Claim
        fields: list[str] = []

    def by_public_status(self, rows: QuerySet[Claim], name: str, value: str) -> QuerySet[Claim]:
        """Claims of which the public sees nothing, a live verdict, or a retraction."""
        if value == PublicStatus.NONE:
            return rows.filter(public_head__isnull=True)
        return rows.filter(public_head__live=value == PublicStatus.LIVE)

    def by_topic(self, rows: QuerySet[Claim], name: str, value: str) -> QuerySet[Claim]:
        """Claims filed under the topic."""
        return rows.filter(Exists(Claim.topics.through.objects.filter(claim=OuterRef("pk"), topic__slug=value)))

    def by_assignment(self, rows: QuerySet[Claim], name: str, value: str) -> QuerySet[Claim]:
        """Claims on which whoever asks is asked to write or to review."""
        mine = Assignment.objects.filter(claim=OuterRef("pk"), user=self.request.user, ended_at__isnull=True)
        return rows.filter(Exists(mine))

    def by_text(self, rows: QuerySet[Claim], name: str, value: str) -> QuerySet[Claim]:
        """Claims whose statement holds the words."""
        return rows.filter(search=searched(value))


class CoverageFilter(Filters):
    """A claim's coverage."""

    state = filters.ChoiceFilter(choices=CoverageState.choices)
    story = filters.UUIDFilter(field_name="document__near_duplicate_group", label="A group of pages with one story")

    class Meta:
        model = Coverage
        fields: list[str] = []


class ClaimantFilter(Filters):
    """Claimants."""

    name = filters.CharFilter(lookup_expr="icontains")

    class Meta:
        model = Claimant
        fields: list[str] = []


class OutletFilter(Filters):
    """Outlets."""

    name = filters.CharFilter(lookup_expr="icontains")
    domain = filters.CharFilter(method="by_domain", label="A host; its parent domains count too")

    class Meta:
        model = Outlet
        fields: list[str] = []

    def by_domain(self, rows: QuerySet[Outlet], name: str, value: str) -> QuerySet[Outlet]:
        """Outlets that own the host."""
        return rows & Outlet.objects.on_host(value.lower())


class SourceFilter(Filters):
    """Sources."""

    active = filters.ChoiceFilter(choices=[("true", "Switched on"), ("false", "Switched off")], method="by_switch")
    kind = filters.ChoiceFilter(choices=SourceKind.choices)
    name = filters.CharFilter(lookup_expr="icontains")

    class Meta:
        model = Source
        fields: list[str] = []

    def by_switch(self, rows: QuerySet[Source], name: str, value: str) -> QuerySet[Source]:
        """Sources that are switched on, or off."""
        return rows.filter(active=value == "true")


class ReviewItemFilter(Filters):
    """Look-again items."""

    state = filters.ChoiceFilter(choices=ReviewItemState.choices)
    kind = filters.ChoiceFilter(choices=ReviewItemKind.choices)

    class Meta:
        model = ReviewItem
        fields: list[str] = []


class InstantFilter(filters.CharFilter):  # type: ignore[misc]  # django-filter has no types
    """An exact instant with its offset."""

    field_class = InstantField


class DayFilter(filters.DateFilter):  # type: ignore[misc]  # django-filter has no types
    """A day as ISO 8601 writes it, and no other way."""

    def __init__(self, **options: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%d"], **options)


def _value(**options: Any) -> filters.NumberFilter:
    """A bound of the normalised truth value."""
    return filters.NumberFilter(field_name="publication__rating_value", min_value=0, max_value=1, **options)


class VerdictFilter(Filters):
    """Live published verdicts. Every condition given must hold."""

    rating = filters.CharFilter(field_name="publication__rating", label="A rating's slug")
    value_min = _value(lookup_expr="gte", label="Truth value from 0 (false) to 1 (true), at least; none has no value")
    value_max = _value(lookup_expr="lte", label="Truth value from 0 (false) to 1 (true), at most; none has no value")
    topic = filters.CharFilter(method="by_topic", label="A topic's slug")
    language = filters.CharFilter(method="by_language", label="BCP 47; en finds en-GB too")
    claimant = filters.CharFilter(
        field_name="publication__claimant", lookup_expr="iexact", label="A claimant's name, as published"
    )
    outlet = filters.CharFilter(method="by_outlet", label="Where the claim appeared: an outlet's name or a host")
    claimed_from = DayFilter(field_name="publication__claimed_on", lookup_expr="gte", label="Claimed that day or later")
    claimed_to = DayFilter(field_name="publication__claimed_on", lookup_expr="lte", label="Claimed that day or before")
    reviewed_from = DayFilter(method="by_first_day", label="First published on that day (UTC) or later")
    reviewed_to = DayFilter(method="by_last_day", label="First published on that day (UTC) or before")
    changed_since = InstantFilter(
        method="by_change", label="The newest version came out at that instant or later; with its offset"
    )
    q = filters.CharFilter(method="by_text", label="Words of the statement, as typed into a search box")

    class Meta:
        model = PublicHead
        fields: list[str] = []

    def by_topic(self, rows: QuerySet[PublicHead], name: str, value: str) -> QuerySet[PublicHead]:
        """Verdicts published under the topic."""
        return rows.filter(publication__topics__contains=[value])

    def by_language(self, rows: QuerySet[PublicHead], name: str, value: str) -> QuerySet[PublicHead]:
        """Verdicts in the language or a regional form of it."""
        return rows.filter(Q(publication__language__iexact=value) | Q(publication__language__istartswith=f"{value}-"))

    def by_outlet(self, rows: QuerySet[PublicHead], name: str, value: str) -> QuerySet[PublicHead]:
        """Verdicts on claims that appeared in the outlet, or on a page of the host."""
        return rows.filter(outlets__contains=[value.casefold().removeprefix("www.")])

    def by_first_day(self, rows: QuerySet[PublicHead], name: str, value: date) -> QuerySet[PublicHead]:
        """Verdicts whose first version came out on the day or later."""
        return rows.filter(reviewed_at__gte=datetime.combine(value, time.min, UTC))

    def by_last_day(self, rows: QuerySet[PublicHead], name: str, value: date) -> QuerySet[PublicHead]:
        """Verdicts whose first version came out on the day or before."""
        return rows.filter(reviewed_at__lte=datetime.combine(value, time.max, UTC))

    def by_change(self, rows: QuerySet[PublicHead], name: str, value: datetime) -> QuerySet[PublicHead]:
        """Verdicts published or corrected since. Instants rise with the sequence, by which the list is ordered."""
        since = Publication.objects.filter(valid_from__gte=value).order_by("valid_from", "sequence")
        return rows.filter(sequence__gte=Subquery(since.values("sequence")[:1]))

    def by_text(self, rows: QuerySet[PublicHead], name: str, value: str) -> QuerySet[PublicHead]:
        """Verdicts on statements that hold the words."""
        return rows.filter(publication__search=searched(value))
