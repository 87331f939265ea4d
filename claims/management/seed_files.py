"""The seed files as typed values: every file is read and checked, and the references between them, before any use."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from claims.choices import ChecklistLine, ClaimantKind, ClaimKind, OutletKind, Priority, Stance
from claims.management.seed_reader import Item, Problem, SeedFileError, read_file
from claims.management.seed_types import (
    SeedAppearance,
    SeedClaim,
    SeedClaimant,
    SeedEvidence,
    SeedOutlet,
    SeedRating,
    Seeds,
    SeedScale,
    SeedTopic,
    SeedVerdict,
    SeedWaiver,
)
from claims.text import host_of

_LANGUAGE = (r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", "must be a language tag such as en or pt-BR")
DEMO_PEOPLE = ("ana", "ben", "chioma")


def read_seeds(folder: Path) -> Seeds:
    """All seed files of a folder. Raises SeedFileError with every problem found; it reads and never writes."""
    problems: list[Problem] = []
    if not folder.is_dir():
        raise SeedFileError([Problem(str(folder), "", "", "is no folder")])

    def files(pattern: str) -> list[Item]:
        found = [read_file(path, root=folder, problems=problems) for path in sorted(folder.glob(pattern))]
        return [item for item in found if item is not None]

    groups = [(_outlets(item), item) for item in files("outlets/*.yaml")]
    seeds = Seeds(
        scales=tuple(_scale(item) for item in files("rating_scales/*.yaml")),
        outlets=tuple(outlet for (outlets, demo), _ in groups for outlet in outlets if not demo),
        demo_outlets=tuple(outlet for (outlets, demo), _ in groups for outlet in outlets if demo),
        topics=tuple(topic for item in files("topics.yaml") for topic in _list(item, "topics", _topic)),
        claimants=tuple(one for item in files("claimants.yaml") for one in _list(item, "claimants", _claimant)),
        claims=tuple(_claim(item) for item in files("claims/*.yaml")),
        verdicts=tuple(_verdict(item) for item in files("verdicts/*.yaml")),
    )
    if not problems:  # references between broken files would only repeat their complaints
        problems += _references(seeds)
    if problems:
        raise SeedFileError(problems)
    return seeds


_T = TypeVar("_T")


def _list(item: Item, name: str, read: Callable[[Item], _T]) -> list[_T]:
    found = [read(one) for one in item.items(name, called="slug", needed=True)]
    item.done()
    return found


def _scale(item: Item) -> SeedScale:
    scale = SeedScale(
        file=item.file,
        slug=item.slug(),
        version=item.number("version", least=1, most=10_000, default=1),
        name=item.text("name", limit=200),
        description=item.text("description"),
        claim_kinds=item.texts("claim_kinds"),
        minimum_evidence=item.number("minimum_evidence", least=0, most=100, default=1),
        minimum_outlets=item.number("minimum_outlets", least=0, most=100, default=2),
        ratings=tuple(_rating(one) for one in item.items("ratings", called="slug", needed=True)),
    )
    if unknown := set(scale.claim_kinds) - set(ClaimKind.values):
        item.complain("claim_kinds", f"names {', '.join(sorted(unknown))}; known: {', '.join(ClaimKind.values)}")
    if not scale.claim_kinds:
        item.complain("claim_kinds", "names no kind of claim")
    if len({rating.slug for rating in scale.ratings}) != len(scale.ratings):
        item.complain("ratings", "holds one slug twice")
    item.done()
    return scale


def _rating(item: Item) -> SeedRating:
    rating = SeedRating(
        slug=item.slug(),
        value=item.share("value"),
        labels=item.labels(),
        colour=item.matching("colour", r"#[0-9a-fA-F]{6}", "must be a colour such as #1a6334", needed=True),
    )
    item.done()
    return rating


def _outlets(item: Item) -> tuple[list[SeedOutlet], bool]:
    demo = item.flag("demo")
    found = [_outlet(one, demo=demo) for one in item.items("outlets", called="slug", needed=True)]
    item.done()
    return found, demo


def _outlet(item: Item, *, demo: bool) -> SeedOutlet:
    outlet = SeedOutlet(
        file=item.file,
        slug=item.slug(limit=80),
        name=item.text("name", limit=200),
        domains=() if demo else item.texts("domains", limit=253),
        homepage="" if demo else item.address("homepage"),
        country=item.matching("country", r"[A-Z]{2}", "must be two capital letters, as in ISO 3166"),
        language=item.matching("language", *_LANGUAGE),
        kind=item.choice("kind", OutletKind.values),
        feed=item.matching("feed", r"/\S+", "must be a path on the press site", needed=True) if demo else "",
    )
    if not demo and not outlet.domains:
        item.complain("domains", "names none, so no page could be known as the outlet's")
    for domain in outlet.domains:
        if domain != domain.lower() or "/" in domain or domain.startswith("www."):
            item.complain("domains", f"holds {domain!r}; a bare lower-case domain without www. is meant")
    item.done()
    return outlet


def _topic(item: Item) -> SeedTopic:
    topic = SeedTopic(file=item.file, slug=item.slug(), labels=item.labels())
    item.done()
    return topic


def _claimant(item: Item) -> SeedClaimant:
    claimant = SeedClaimant(
        file=item.file,
        slug=item.slug(),
        name=item.text("name", limit=200),
        kind=item.choice("kind", ClaimantKind.values),
        job_title=item.text("job_title", limit=200, needed=False),
        same_as=item.texts("same_as", limit=2048),
    )
    item.done()
    return claimant


def _claim(item: Item) -> SeedClaim:
    claim = SeedClaim(
        file=item.file,
        slug=item.slug(),
        statement=item.text("statement", limit=500),
        aliases=item.texts("aliases"),
        language=item.matching("language", *_LANGUAGE) or "en",
        kind=item.choice("kind", ClaimKind.values),
        claimant=item.slug("claimant", needed=False),
        claimed_on=item.day("claimed_on"),
        location=item.text("location", limit=200, needed=False),
        context=item.text("context", needed=False),
        selection_reason=item.text("selection_reason", needed=False),
        topics=item.texts("topics"),
        priority=item.choice("priority", Priority.values, default=Priority.NORMAL),
        appearances=tuple(_appearance(one) for one in item.items("appearances", needed=True)),
        accepted=item.choice("demo", ["accept", "inbox"], default="accept") == "accept",
    )
    if claim.statement and len(claim.statement.split()) < 2:
        item.complain("statement", "must be a whole statement")
    if sum(one.first for one in claim.appearances) > 1:
        item.complain("appearances", "marks more than one as the first")
    addresses = [one.url for one in claim.appearances if one.url]
    if len(set(addresses)) != len(addresses):
        item.complain("appearances", "names one address twice")
    item.done()
    return claim


def _appearance(item: Item) -> SeedAppearance:
    appearance = SeedAppearance(
        outlet=item.slug("outlet", limit=80),
        url=item.address("url"),
        description=item.text("description", limit=300, needed=False),
        first=item.flag("first"),
    )
    item.done()
    return appearance


def _verdict(item: Item) -> SeedVerdict:
    people = item.item("people")
    verdict = SeedVerdict(
        file=item.file,
        claim=item.slug("claim"),
        writer=people.choice("writer", DEMO_PEOPLE),
        approver=people.choice("approver", DEMO_PEOPLE),
        scale=item.slug("scale"),
        rating=item.slug("rating"),
        headline=item.text("headline", limit=200),
        summary=item.text("summary"),
        explanation=item.text("explanation"),
        evidence=tuple(_evidence(one) for one in item.items("evidence", needed=True)),
        waivers=tuple(_waiver(one) for one in item.items("waivers", called="line")),
    )
    people.done()
    if verdict.writer and verdict.writer == verdict.approver:
        people.complain("approver", "must be another person than the writer")
    addresses = [one.url for one in verdict.evidence]
    if len(set(addresses)) != len(addresses):
        item.complain("evidence", "names one address twice")
    item.done()
    return verdict


def _evidence(item: Item) -> SeedEvidence:
    evidence = SeedEvidence(
        url=item.address("url", needed=True),
        title=item.text("title", limit=500),
        outlet=item.slug("outlet", limit=80),
        published_on=item.day("published_on"),
        stance=item.choice("stance", Stance.values),
        note=item.text("note"),
        is_primary=item.flag("is_primary"),
        archive_url=item.address("archive_url"),
    )
    item.done()
    return evidence


def _waiver(item: Item) -> SeedWaiver:
    waiver = SeedWaiver(
        line=item.choice("line", ChecklistLine.values), reason=item.text("reason"), public=item.flag("public")
    )
    item.done()
    return waiver


class _Filed(Protocol):
    @property
    def file(self) -> str: ...
    @property
    def slug(self) -> str: ...


def _references(seeds: Seeds) -> list[Problem]:
    problems: list[Problem] = []
    named: Sequence[Iterable[_Filed]] = (
        (*seeds.outlets, *seeds.demo_outlets),
        seeds.topics,
        seeds.claimants,
        seeds.claims,
        seeds.scales,
    )
    for rows in named:
        seen: dict[str, str] = {}
        for row in rows:
            if row.slug in seen:
                problems.append(Problem(row.file, row.slug, "slug", f"is given already, in {seen[row.slug]}"))
            seen[row.slug] = row.file

    owners: dict[str, str] = {}
    for outlet in seeds.outlets:
        for domain in outlet.domains:
            if domain in owners:
                problems.append(Problem(outlet.file, outlet.slug, "domains", f"{domain} is {owners[domain]}'s already"))
            owners[domain] = outlet.slug

    outlets = {outlet.slug: outlet for outlet in seeds.outlets}
    topics = {topic.slug for topic in seeds.topics}
    claimants = {claimant.slug for claimant in seeds.claimants}
    for claim in seeds.claims:
        if claim.claimant and claim.claimant not in claimants:
            problems.append(Problem(claim.file, claim.slug, "claimant", f"no such claimant: {claim.claimant}"))
        problems += [
            Problem(claim.file, claim.slug, "topics", f"no such topic: {slug}")
            for slug in claim.topics
            if slug not in topics
        ]
        problems += [
            Problem(claim.file, claim.slug, "appearances", reason)
            for one in claim.appearances
            if (reason := _not_theirs(one.url, one.outlet, outlets))
        ]
    for verdict in seeds.verdicts:
        problems += _verdict_references(verdict, seeds, outlets)
    return problems


def _not_theirs(url: str, slug: str, outlets: Mapping[str, SeedOutlet]) -> str:
    """Why the address cannot be a page of the outlet; "" if it can."""
    if slug not in outlets:
        return f"no such outlet: {slug}"
    host = host_of(url)
    if host and not any(host == domain or host.endswith(f".{domain}") for domain in outlets[slug].domains):
        return f"{host} is none of the domains of {slug}"
    return ""


def _verdict_references(verdict: SeedVerdict, seeds: Seeds, outlets: Mapping[str, SeedOutlet]) -> list[Problem]:
    def problem(field: str, reason: str) -> Problem:
        return Problem(verdict.file, verdict.claim, field, reason)

    found = [
        problem("evidence", reason) for one in verdict.evidence if (reason := _not_theirs(one.url, one.outlet, outlets))
    ]
    claim = next((one for one in seeds.claims if one.slug == verdict.claim), None)
    scale = next((one for one in seeds.scales if one.slug == verdict.scale), None)
    if claim is None:
        found.append(problem("claim", "no such claim"))
    if scale is None:
        found.append(problem("scale", f"no such scale: {verdict.scale}"))
    elif verdict.rating not in {rating.slug for rating in scale.ratings}:
        found.append(problem("rating", f"the scale {scale.slug} has no rating {verdict.rating}"))
    elif claim is not None and claim.kind not in scale.claim_kinds:
        found.append(problem("scale", f"the scale {scale.slug} is not for claims of the kind {claim.kind}"))
    return found
