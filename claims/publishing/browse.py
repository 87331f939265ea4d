"""What readers look through: live verdicts by what they are about, corrections newest first, ratings with their counts.

Read from published rows alone; nothing of the work on a claim shows.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Self
from urllib.parse import urlencode

from django.contrib.postgres.search import SearchQuery
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from claims.choices import ChangeType, PublicationKind
from claims.models import FeedHead, Publication, PublicHead, Rating, RatingScale, Topic
from claims.publishing.queries import live_verdicts

PAGE = 20
LONGEST = 200  # characters of one word of a selection
CHOICES_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Selection:
    """Which verdicts are asked for. Empty words do not select; every word given must hold."""

    topic: str = ""
    rating: str = ""
    claimant: str = ""
    language: str = ""
    q: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Self:
        """From an address's parameters; what is not known is left out."""
        return cls(**{f.name: str(given.get(f.name, "")).replace("\0", "").strip()[:LONGEST] for f in fields(cls)})

    def chosen(self) -> dict[str, str]:
        """What is selected, by name, in a fixed order."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name)}

    def query(self, **more: object) -> str:
        """As the query of an address."""
        return urlencode({**self.chosen(), **more})

    def narrow(self, heads: QuerySet[PublicHead]) -> QuerySet[PublicHead]:
        """The heads whose newest publication fits."""
        if self.topic:
            heads = heads.filter(publication__topics__contains=[self.topic])
        if self.rating:
            heads = heads.filter(publication__rating=self.rating)
        if self.claimant:
            heads = heads.filter(publication__claimant__iexact=self.claimant)
        if self.language:
            regional = Q(publication__language__istartswith=f"{self.language}-")
            heads = heads.filter(Q(publication__language__iexact=self.language) | regional)
        if self.q:
            heads = heads.filter(publication__search=SearchQuery(self.q, config="english", search_type="websearch"))
        return heads


@dataclass(frozen=True, slots=True)
class Shown:
    """A live verdict in a list: its document, and when its first and its newest version came out."""

    body: dict[str, Any]
    first_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """A correction or retraction as readers get it. `url` is the path of the verdict's page."""

    public_id: str
    version: int
    label: str
    note: str
    at: datetime
    statement: str
    claimant: str
    language: str
    retraction: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One rating of a scale, and how many live verdicts have it."""

    rating: Rating
    count: int


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to select by, that at least one live verdict has."""

    slug: str
    name: str


# The newest choices with what they were found after: the feed's head and the minute.
_choices: dict[str, tuple[tuple[object, ...], tuple[list[Choice], list[Choice]]]] = {}


def verdicts(
    selection: Selection, *, before: int | None = None, after: int | None = None
) -> tuple[list[Shown], int | None, int | None]:
    """One page of live verdicts, the newest first, and the sequences to go on from: older ones, newer ones.

    None where there are no more in that direction. `before` and `after` are sequences of the page left behind.
    """
    heads = selection.narrow(live_verdicts())
    if after is not None:
        rows = list(heads.filter(sequence__gt=after).order_by("sequence")[: PAGE + 1])
        more_newer, more_older = len(rows) > PAGE, True
        rows = rows[:PAGE][::-1]
    else:
        if before is not None:
            heads = heads.filter(sequence__lt=before)
        rows = list(heads.order_by("-sequence")[: PAGE + 1])
        more_newer, more_older = before is not None, len(rows) > PAGE
        rows = rows[:PAGE]
    shown = [
        Shown(
            body=json.loads(bytes(head.publication.body or b"")),
            first_at=head.reviewed_at,
            changed_at=head.publication.valid_from,
        )
        for head in rows
    ]
    older = rows[-1].sequence if rows and more_older else None
    newer = rows[0].sequence if rows and more_newer else None
    return shown, older, newer


def choices() -> tuple[list[Choice], list[Choice]]:
    """The topics and the ratings that live verdicts have, by name.

    Looked for anew by each process after every publication, and once a minute for renamed ones; else one query.
    """
    head = FeedHead.objects.values_list("feed_epoch", "n", "at").get()
    key = (*head, int(time.monotonic() / CHOICES_SECONDS))
    known = _choices.get("newest")
    if known is None or known[0] != key:
        known = (key, _found_choices())
        _choices["newest"] = known
    return known[1]


def _found_choices() -> tuple[list[Choice], list[Choice]]:
    live = PublicHead.objects.live()
    topics = Topic.objects.filter(Exists(live.filter(publication__topics__contains=[OuterRef("slug")])))
    ratings = Rating.objects.filter(Exists(live.filter(publication__rating=OuterRef("slug"))))
    steps = ratings.order_by("scale__slug", "-scale__version", "position", "pk")
    return (
        sorted((Choice(topic.slug, topic.name()) for topic in topics), key=lambda one: one.name.casefold()),
        list({rating.slug: Choice(rating.slug, rating.name()) for rating in steps}.values()),
    )


def changes(*, before: int | None = None) -> tuple[list[Change], int | None]:
    """Corrections and retractions of all verdicts, the newest first, and the sequence to go on from. One query.

    Versions that were erased for legal reasons are left out.
    """
    rows = Publication.objects.filter(version__gt=1, body__isnull=False)
    if before is not None:
        rows = rows.filter(sequence__lt=before)
    found = list(
        rows.order_by("-sequence").values(
            "sequence",
            "claim__public_head__public_id",
            "version",
            "kind",
            "change_type",
            "public_note",
            "valid_from",
            "statement",
            "claimant",
            "language",
        )[: PAGE + 1]
    )
    shown = [
        Change(
            public_id=row["claim__public_head__public_id"],
            version=row["version"],
            label=ChangeType(row["change_type"]).label,
            note=row["public_note"],
            at=row["valid_from"],
            statement=row["statement"],
            claimant=row["claimant"],
            language=row["language"],
            retraction=row["kind"] == PublicationKind.TOMBSTONE,
        )
        for row in found[:PAGE]
    ]
    return shown, found[PAGE - 1]["sequence"] if len(found) > PAGE else None


def scales() -> list[tuple[RatingScale, list[Step]]]:
    """Every scale that is in use or offered, with its ratings from their first to their last. Three queries."""
    counted = PublicHead.objects.live().filter(publication__body__isnull=False)
    counts = dict(
        counted.values_list("publication__verdict__rating").annotate(count=Count("pk")).order_by()  # frozen with it
    )
    found = []
    for scale in RatingScale.objects.prefetch_related("ratings").order_by("slug", "-version"):
        steps = [
            Step(rating=rating, count=counts.get(rating.pk, 0))
            for rating in sorted(scale.ratings.all(), key=lambda one: (one.position, one.pk))
        ]
        if scale.active or any(step.count for step in steps):
            found.append((scale, steps))
    return found
