"""A newsroom at work, for the browser: the seed claims, the press site's articles as coverage, and people to log in."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import Group, User
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.utils import timezone

from claims.capture.documents import document_for
from claims.choices import (
    AssignmentRole,
    ClaimKind,
    ClaimState,
    FetchState,
    FoundBy,
    Outcome,
    Role,
    SuggestedStance,
    UrlOrigin,
)
from claims.editing.claims import ClaimFields, assign, create_claim
from claims.editing.evidence import EvidenceFields, add_evidence, add_file
from claims.editing.notes import add_note
from claims.matching.operations import match_document
from claims.models import (
    Claim,
    ClaimSearch,
    Coverage,
    Document,
    Organisation,
    Outlet,
    Rating,
    Source,
    SourcePoll,
)
from claims.review.operations import merge
from claims.verdicts.operations import VerdictFields, save_draft
from seeds.press.articles import Article, read_all
from tests.browser.conftest import PASSWORD


@dataclass(frozen=True, slots=True)
class Newsroom:
    """`new` waits in the inbox with coverage; `drafted` is being written; `public` is live; `source` was polled."""

    new: Claim
    drafted: Claim
    public: Claim
    source: Source


def people() -> dict[str, User]:
    """One person per role, and a superuser, all with the same password."""
    found = {}
    for name, role, first in (
        ("iris", Role.CONTRIBUTOR, "Iris"),
        ("ana", Role.FACT_CHECKER, "Ana"),
        ("ben", Role.REVIEWER, "Ben"),
        ("chioma", Role.PUBLISHER, "Chioma"),
        ("dev", Role.ADMINISTRATOR, "Dev"),
    ):
        user, _ = User.objects.get_or_create(username=name, defaults={"first_name": first})
        user.set_password(PASSWORD)
        user.save()
        user.groups.set([Group.objects.get(name=role.value)])
        found[name] = user
    if not User.objects.filter(username="root").exists():
        found["root"] = User.objects.create_superuser("root", password=PASSWORD)
    return found


def build(folder: str) -> Newsroom:
    """Everything, in the database of the test. `folder` takes the demo's logins, which nobody uses."""
    call_command("load_seeds", "--demo", "--demo-credentials", f"{folder}/logins", verbosity=0)
    Organisation.objects.update(name="The Estuary Desk", time_zone="Europe/Lisbon")
    everyone, at = people(), timezone.now()
    ana = everyone["ana"]
    pages = [_page(article, at) for article in read_all()]
    for page in pages:
        match_document(document_id=page.pk, at=at)
    public = Claim.objects.filter(public_head__live=True).order_by("pk")[0]
    drafted = Claim.objects.filter(state=ClaimState.RESEARCHING).order_by("pk")[0]
    _draft(drafted, ana)
    _merge(drafted, ana)
    new = Claim.objects.filter(state=ClaimState.INBOX, kind=ClaimKind.FACTUAL).order_by("pk").first()
    if new is None:
        raise AssertionError("The seeds leave no statement of fact in the inbox.")
    for page, score in zip(
        [p for p in pages if "sanctions" in p.title.lower()] or pages[:2], (0.83, 0.61), strict=False
    ):
        Coverage.objects.create(
            claim=new,
            document=page,
            score=score,
            reasons=["Shares the rare words “sanctions”, “retaliation”.", "Names the United States and Russia."],
            suggested_stance=SuggestedStance.REPORTS,
            found_by=FoundBy.FEED,
            found_at=at,
        )
    return Newsroom(new=new, drafted=drafted, public=public, source=_polled_source(at))


def _polled_source(at: datetime) -> Source:
    """A source with a month of polls behind it, most of them good, the newest a failure."""
    source = Source.objects.order_by("pk")[0]
    outcomes = [Outcome.RETRY_LATER, Outcome.FOUND, Outcome.NONE, Outcome.NONE]
    for n in range(240):
        outcome = outcomes[n % 4] if n % 31 or not n else Outcome.REFUSED
        SourcePoll.objects.create(
            source=source,
            started_at=at - timedelta(hours=3 * n + 1),
            outcome=outcome,
            http_status=503 if outcome == Outcome.RETRY_LATER else 200,
            entries=20 if outcome == Outcome.FOUND else None,
            new_entries=n % 7 if outcome == Outcome.FOUND else None,
            new_documents=n % 7 if outcome == Outcome.FOUND else 0,
            lost_entries=n == 41,
            conditional=n % 4 == 2,
            size=18_000,
            milliseconds=140,
            next_poll_at=at - timedelta(hours=3 * n - 2),
            note="The site answered 503." if outcome == Outcome.RETRY_LATER else "",
        )
    minute = int(at.timestamp()) // 60
    days = {str(minute // 1440 - back): [9, 210 + back] for back in range(14)}
    Source.objects.filter(pk=source.pk).update(
        fixed_period=False,
        rhythm={"since": minute - 40_000, "seen": {}, "days": days, "own_minutes": 60},
        failures=0.5,
        health_note="The site answered 503.",
        last_polled_at=at - timedelta(hours=1),
        last_succeeded_at=at - timedelta(hours=4),
        next_poll_at=at + timedelta(hours=2),
    )
    source.refresh_from_db()
    return source


def _merge(into: Claim, ana: User) -> None:
    """A second wording of the drafted claim with rows of its own, merged into it; and a file among its sources."""
    at = timezone.now()
    given = ClaimFields(statement="Moscow heard nothing at all from Washington about the hacking before October 2016.")
    other = create_claim(given=given, actor=ana, at=at)
    said = EvidenceFields(stance="refutes", note="The same, in the ministry's words.")
    add_evidence(claim_id=other.pk, url="https://ministry.example/transcript", given=said, actor=ana, at=at)
    add_note(claim_id=other.pk, text="This is the same claim in another wording.", actor=ana, at=at)
    merge(claim_id=other.pk, into_id=into.pk, actor=ana, at=at)
    file = ContentFile(b"%PDF-1.7 a transcript", name="Transcript of the briefing, as the ministry sent it.pdf")
    add_file(claim_id=into.pk, file=file, given=said, actor=ana, at=at)


def _page(article: Article, at: datetime) -> Document:
    page, _ = document_for(
        url=f"https://{article.outlet}.example{article.path}",
        how=UrlOrigin.FEED,
        at=at,
        outlet=Outlet.objects.filter(slug__contains=article.outlet).first(),
    )
    page.title, page.byline, page.text = article.title, article.byline, article.text
    page.published_at, page.language, page.fetch_state = article.published_at, "en", FetchState.READ
    page.save()
    return page


def _draft(claim: Claim, ana: User) -> None:
    at = timezone.now()
    assign(claim_id=claim.pk, user=ana, role=AssignmentRole.WRITER, actor=ana, at=at)
    Claim.objects.filter(pk=claim.pk).update(due_at=at + timedelta(days=1, hours=2))
    add_evidence(
        claim_id=claim.pk,
        url="https://www.state.gov/briefings/2016-10-14",
        title="Daily press briefing, 14 October 2016",
        given=EvidenceFields(
            stance="context",
            note="The spokesman declines to say which channel was used.",
            archive_url="https://web.archive.org/web/20161015000000/https://www.state.gov/",
        ),
        actor=ana,
        at=at,
    )
    save_draft(
        claim_id=claim.pk,
        given=VerdictFields(
            rating=Rating.objects.filter(slug="unproven").first(),
            headline="Both sides agree that little was said; what was said is not on record",
            summary="No message is public. Each side describes the silence in its own way.",
            explanation="**What was claimed.** That nothing had reached Moscow by 13 October 2016.",
            byline="Ana",
        ),
        lock_version=None,
        actor=ana,
        at=at,
    )
    add_note(claim_id=claim.pk, text="The ministry's own transcript differs from the agency's.", actor=ana, at=at)
    if not ClaimSearch.objects.filter(claim=claim).exists():
        ClaimSearch.objects.create(
            claim=claim, connector="stored", query=claim.statement, started_at=at, outcome=Outcome.NONE, count=0
        )
