"""What feeds hold: one entry per verdict at its newest version, retractions too; of the site, or of one subject.

A feed keeps what once belonged to it: a verdict whose rating, topic or claimant was changed stays in the feed of the
old one, so that whoever reads there learns of the change.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from html import escape
from typing import Any, Self
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse

from claims.models import Publication, PublicHead
from claims.text import plain

ENTRIES = 50
NAMES = ("feed_atom", "feed_rss", "feed_json")
LONGEST = 200  # characters of a subject


@dataclass(frozen=True, slots=True)
class Entry:
    """One verdict as a feed shows it. `html` is set text and links only; a retracted one keeps its reason alone."""

    url: str
    title: str
    summary: str
    html: str
    language: str
    author: str
    topics: tuple[str, ...]
    first_at: datetime
    changed_at: datetime
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Site:
    """Whose feed it is, and where it, the page beside it and its hub stand. `hub` is empty where there is none."""

    name: str
    home: str
    own: str
    licence: str
    language: str
    hub: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a feed is about: the whole site, or one topic, rating or claimant."""

    topic: str = ""
    rating: str = ""
    claimant: str = ""

    @classmethod
    def of(cls, given: dict[str, str]) -> Self:
        """From an address's parameters. Raises ValueError if more than one is given; others are left out."""
        asked = {f.name: given.get(f.name, "").replace("\0", "").strip()[:LONGEST] for f in fields(cls)}
        if sum(map(bool, asked.values())) > 1:
            raise ValueError("A feed is about one of topic, rating and claimant.")
        return cls(**asked)

    @property
    def query(self) -> str:
        """As the query of an address, empty for the whole site."""
        return urlencode({f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name)})

    @property
    def name(self) -> str:
        """The subject's own word."""
        return self.topic or self.rating or self.claimant

    def holds(self) -> QuerySet[Publication]:
        """The versions that are about it."""
        if self.topic:
            return Publication.objects.filter(topics__contains=[self.topic])
        if self.rating:
            return Publication.objects.filter(rating=self.rating)
        return Publication.objects.filter(claimant__iexact=self.claimant)

    def as_published(self) -> Self:
        """The same, with a claimant's name spelled as it was published last, so that one feed has one address."""
        if not self.claimant:
            return self
        spelled = self.holds().order_by("-sequence").values_list("claimant", flat=True).first()
        return type(self)(claimant=spelled or self.claimant)


def entries(subject: Subject) -> list[Entry]:
    """The verdicts about it that changed last, the newest change first; erased ones left out. One query."""
    heads = PublicHead.objects.filter(publication__body__isnull=False)
    if subject.name:
        heads = heads.filter(claim_id__in=subject.holds().values("claim_id"))
    return [
        _entry(
            json.loads(bytes(head.publication.body or b"")),
            head.live,
            head.sequence,
            head.reviewed_at,
            head.publication.valid_from,
            head.publication.public_note,
        )
        for head in heads.order_by("-sequence").select_related("publication").defer("publication__search")[:ENTRIES]
    ]


def address(base: str, name: str, subject: Subject) -> str:
    """Where a feed stands. `name` is one of NAMES, `base` the site's address without a slash at its end."""
    return f"{base}{reverse(name)}{f'?{subject.query}' if subject.query else ''}"


def changed_topics(publication: Publication, *, base: str) -> list[str]:
    """The `self` address of every feed that a publication changes, in each dialect: what a WebSub hub is told of.

    The site's feeds, and those of whatever any version of the claim was about. `base` as for address(). One query.
    """
    versions = Publication.objects.filter(claim_id=publication.claim_id, version__lte=publication.version)
    rows = list(versions.order_by("version").values_list("topics", "rating", "claimant"))
    subjects = [
        Subject(),
        *(Subject(topic=one) for one in _each(topic for row in rows for topic in row[0])),
        *(Subject(rating=one) for one in _each(row[1] for row in rows)),
        *(Subject(claimant=one) for one in _each(row[2] for row in rows)),
    ]
    return [address(base, name, subject) for subject in subjects for name in NAMES]


def _each(words: Iterable[str]) -> list[str]:
    return [word for word in dict.fromkeys(words) if word]


def _entry(body: dict[str, Any], live: bool, sequence: int, first_at: datetime, at: datetime, note: str) -> Entry:
    verdict, claim, rating = body["verdict"], body["claim"], body["verdict"]["rating"]
    title = verdict["headline"] or claim["statement"]
    said = f"{claim['claimant']['name']}: “{claim['statement']}”" if claim["claimant"] else f"“{claim['statement']}”"
    changed = f"<p><strong>{'Changed' if live else 'Retracted'}:</strong> {escape(plain(note))}</p>" if note else ""
    rated = f"{rating['name']}. " if rating and live else ""
    return Entry(
        url=body["url"],
        title=plain(title if live else f"Retracted: {title}"),
        summary=plain(f"{rated}{verdict['summary']}" if live else note),
        html=plain(changed + (f"<blockquote>{escape(said)}</blockquote>{verdict['explanation_html']}" if live else "")),
        language=claim["language"],
        author=plain(verdict["byline"] or body["publisher"]["name"]),
        topics=tuple(plain(topic["name"]) for topic in claim["topics"]),
        first_at=first_at,
        changed_at=at,
        facts={
            "id": body["id"],
            "version": body["version"],
            "sequence": sequence,
            "status": "live" if live else "retracted",
            "rating": rating and rating["slug"],
            "value": rating and rating["value"],
            "licence": body["licence"],
        },
    )
