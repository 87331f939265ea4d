"""What seed files say, as typed values; claims/management/seed_files.py reads and checks them."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class SeedRating:
    slug: str
    value: float | None
    labels: dict[str, dict[str, str]]
    colour: str


@dataclass(frozen=True, slots=True)
class SeedScale:
    file: str
    slug: str
    version: int
    name: str
    description: str
    claim_kinds: tuple[str, ...]
    minimum_evidence: int
    minimum_outlets: int
    ratings: tuple[SeedRating, ...]


@dataclass(frozen=True, slots=True)
class SeedOutlet:
    """`feed` is the path of a fictional outlet's feed on the demo's press site, and empty for every other outlet."""

    file: str
    slug: str
    name: str
    domains: tuple[str, ...]
    homepage: str
    country: str
    language: str
    kind: str
    feed: str


@dataclass(frozen=True, slots=True)
class SeedTopic:
    file: str
    slug: str
    labels: dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class SeedClaimant:
    file: str
    slug: str
    name: str
    kind: str
    job_title: str
    same_as: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SeedAppearance:
    outlet: str
    url: str
    description: str
    first: bool


@dataclass(frozen=True, slots=True)
class SeedClaim:
    """`accepted` says whether the demo's fact-checker takes it on or leaves it in the inbox."""

    file: str
    slug: str
    statement: str
    aliases: tuple[str, ...]
    language: str
    kind: str
    claimant: str
    claimed_on: date | None
    location: str
    context: str
    selection_reason: str
    topics: tuple[str, ...]
    priority: str
    appearances: tuple[SeedAppearance, ...]
    accepted: bool


@dataclass(frozen=True, slots=True)
class SeedEvidence:
    url: str
    title: str
    outlet: str
    published_on: date | None
    stance: str
    note: str
    is_primary: bool
    archive_url: str


@dataclass(frozen=True, slots=True)
class SeedWaiver:
    line: str
    reason: str
    public: bool


@dataclass(frozen=True, slots=True)
class SeedVerdict:
    file: str
    claim: str
    writer: str
    approver: str
    scale: str
    rating: str
    headline: str
    summary: str
    explanation: str
    evidence: tuple[SeedEvidence, ...]
    waivers: tuple[SeedWaiver, ...]


@dataclass(frozen=True, slots=True)
class Seeds:
    """All that a folder of seed files holds. `demo_outlets` keep the order of the press site's ports."""

    scales: tuple[SeedScale, ...]
    outlets: tuple[SeedOutlet, ...]
    demo_outlets: tuple[SeedOutlet, ...]
    topics: tuple[SeedTopic, ...]
    claimants: tuple[SeedClaimant, ...]
    claims: tuple[SeedClaim, ...]
    verdicts: tuple[SeedVerdict, ...]
