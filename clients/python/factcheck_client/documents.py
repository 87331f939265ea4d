"""What a desk publishes, as plain frozen data. `raw` holds the document as it came, for what is not named here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from factcheck_client.parts import Part


@dataclass(frozen=True, slots=True)
class Rating:
    """A rating and its meaning. `value` runs from 0 (false) to 1 (true); None lies not on that axis."""

    slug: str
    name: str
    definition: str
    value: float | None
    scale: str

    @classmethod
    def read(cls, part: Part) -> "Rating":
        """From the JSON."""
        scale = part.part_or_none("scale")
        return cls(
            slug=part.needed("slug"),
            name=part.text("name"),
            definition=part.text("definition"),
            value=part.number_or_none("value"),
            scale=scale.text("slug") if scale else "",
        )


@dataclass(frozen=True, slots=True)
class Claimant:
    """Who made the claim. `same_as` are addresses that say who that is."""

    name: str
    kind: str
    job_title: str
    same_as: tuple[str, ...]

    @classmethod
    def read(cls, part: Part) -> "Claimant":
        """From the JSON."""
        return cls(
            name=part.text("name"),
            kind=part.text("kind"),
            job_title=part.text("job_title"),
            same_as=part.texts("same_as"),
        )


@dataclass(frozen=True, slots=True)
class Appearance:
    """Where the claim was made."""

    url: str | None
    title: str
    outlet: str | None
    quote: str
    first: bool

    @classmethod
    def read(cls, part: Part) -> "Appearance":
        """From the JSON."""
        return cls(
            url=part.text_or_none("url"),
            title=part.text("title"),
            outlet=part.text_or_none("outlet"),
            quote=part.text("quote"),
            first=part.flag("first"),
        )


@dataclass(frozen=True, slots=True)
class Claim:
    """What was claimed. `topics` are slugs; `language` is BCP 47."""

    statement: str
    original_text: str
    language: str
    kind: str
    claimant: Claimant | None
    claimed_on: date | None
    context: str
    topics: tuple[str, ...]
    appearances: tuple[Appearance, ...]

    @classmethod
    def read(cls, part: Part) -> "Claim":
        """From the JSON."""
        claimant = part.part_or_none("claimant")
        return cls(
            statement=part.needed("statement"),
            original_text=part.text("original_text"),
            language=part.text("language"),
            kind=part.text("kind"),
            claimant=Claimant.read(claimant) if claimant else None,
            claimed_on=part.day_or_none("claimed_on"),
            context=part.text("context"),
            topics=tuple(topic.needed("slug") for topic in part.parts("topics")),
            appearances=tuple(Appearance.read(one) for one in part.parts("appearances")),
        )


@dataclass(frozen=True, slots=True)
class Evidence:
    """One source: what it does to the claim (`stance`: supports, refutes, context), its words, and its copy."""

    kind: str
    stance: str
    quote: str
    note: str
    primary: bool
    url: str | None
    title: str
    outlet: str
    archive_url: str | None
    accessed_at: datetime | None
    stated_by: str
    file_sha256: str

    @classmethod
    def read(cls, part: Part) -> "Evidence":
        """From the JSON."""
        return cls(
            kind=part.text("kind"),
            stance=part.needed("stance"),
            quote=part.text("quote"),
            note=part.text("note"),
            primary=part.flag("primary"),
            url=part.text_or_none("url"),
            title=part.text("title"),
            outlet=part.text("outlet"),
            archive_url=part.text_or_none("archive_url"),
            accessed_at=part.instant_or_none("accessed_at"),
            stated_by=part.text("stated_by"),
            file_sha256=part.text("file_sha256"),
        )


@dataclass(frozen=True, slots=True)
class Correction:
    """A version after the first: what kind of change, and the note for readers."""

    version: int
    type: str
    note: str
    at: datetime

    @classmethod
    def read(cls, part: Part) -> "Correction":
        """From the JSON."""
        return cls(
            version=part.integer("version"), type=part.text("type"), note=part.text("note"), at=part.instant("at")
        )


@dataclass(frozen=True, slots=True)
class Document:
    """The whole public document, as two people approved it. `licence` says on what terms it may be used."""

    id: str
    url: str
    version: int
    retracted: bool
    claim: Claim
    rating: Rating | None
    headline: str
    summary: str
    explanation_html: str
    explanation_text: str
    byline: str
    evidence: tuple[Evidence, ...]
    corrections: tuple[Correction, ...]
    publisher: str
    licence: str
    superseded_by: str | None
    claim_review: Mapping[str, Any]
    raw: Mapping[str, Any]

    @classmethod
    def read(cls, part: Part) -> "Document":
        """From the JSON."""
        verdict, publisher, review = (
            part.part("verdict"),
            part.part_or_none("publisher"),
            part.part_or_none("claim_review"),
        )
        rating = verdict.part_or_none("rating")
        return cls(
            id=part.needed("id"),
            url=part.text("url"),
            version=part.integer("version"),
            retracted=part.flag("retracted"),
            claim=Claim.read(part.part("claim")),
            rating=Rating.read(rating) if rating else None,
            headline=verdict.text("headline"),
            summary=verdict.text("summary"),
            explanation_html=verdict.text("explanation_html"),
            explanation_text=verdict.text("explanation_text"),
            byline=verdict.text("byline"),
            evidence=tuple(Evidence.read(one) for one in part.parts("evidence")),
            corrections=tuple(Correction.read(one) for one in part.parts("corrections")),
            publisher=publisher.text("name") if publisher else "",
            licence=part.text("licence"),
            superseded_by=part.text_or_none("superseded_by"),
            claim_review=review.raw if review else {},
            raw=part.raw,
        )


@dataclass(frozen=True, slots=True)
class Translation:
    """A live verdict on the same claim in another language; `url` is its public page."""

    id: str
    language: str
    url: str

    @classmethod
    def read(cls, part: Part) -> "Translation":
        """From the JSON."""
        return cls(id=part.needed("id"), language=part.text("language"), url=part.text("url"))


@dataclass(frozen=True, slots=True)
class Verdict:
    """One version of a verdict. `status` is live, superseded or retracted; `valid_to` None means the newest."""

    id: str
    version: int
    sequence: int
    status: str
    kind: str
    change_type: str
    published_at: datetime
    valid_to: datetime | None
    translations: tuple[Translation, ...]
    document: Document

    @classmethod
    def read(cls, part: Part) -> "Verdict":
        """From the JSON."""
        return cls(
            id=part.needed("id"),
            version=part.integer("version"),
            sequence=part.integer("sequence"),
            status=part.needed("status"),
            kind=part.needed("kind"),
            change_type=part.text("change_type"),
            published_at=part.instant("published_at"),
            valid_to=part.instant_or_none("valid_to"),
            translations=tuple(Translation.read(one) for one in part.parts("translations")),
            document=Document.read(part.part("document")),
        )


@dataclass(frozen=True, slots=True)
class Change:
    """One publication of the desk. Keep `cursor` together with what you did about it, in one transaction."""

    sequence: int
    feed_epoch: str
    id: str
    version: int
    kind: str
    change_type: str
    note: str
    at: datetime
    document: Document | None  # None where this version was erased for legal reasons

    @property
    def cursor(self) -> str:
        """Where to go on after this one: `sequence`, and the history that it belongs to."""
        return f"{self.feed_epoch}/{self.sequence}"

    @property
    def is_tombstone(self) -> bool:
        """The verdict was taken back: drop the id."""
        return self.kind == "tombstone"

    @classmethod
    def read(cls, part: Part, *, feed_epoch: str) -> "Change":
        """From the JSON."""
        document = part.part_or_none("document")
        return cls(
            sequence=part.integer("sequence"),
            feed_epoch=feed_epoch,
            id=part.needed("id"),
            version=part.integer("version"),
            kind=part.needed("kind"),
            change_type=part.text("change_type"),
            note=part.text("note"),
            at=part.instant("at"),
            document=Document.read(document) if document else None,
        )


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Changes that follow one another without a gap; `head` is the last number given out, `cursor` where to go on.

    `come_again` is how many seconds the desk asks to be left alone where it had no place to wait in.
    """

    feed_epoch: str
    head: int
    changes: tuple[Change, ...]
    cursor: str
    come_again: float | None


@dataclass(frozen=True, slots=True)
class HeldVersion:
    """What the desk thinks you hold of a verdict. `how` is acknowledged, delivered, read or feed."""

    current: int
    version: int | None
    how: str | None
    at: datetime | None
    acknowledged_version: int | None
    acknowledged_at: datetime | None

    @classmethod
    def read(cls, part: Part) -> "HeldVersion":
        """From the JSON."""
        return cls(
            current=part.integer("current"),
            version=part.integer_or_none("version"),
            how=part.text_or_none("how"),
            at=part.instant_or_none("at"),
            acknowledged_version=part.integer_or_none("acknowledged_version"),
            acknowledged_at=part.instant_or_none("acknowledged_at"),
        )
