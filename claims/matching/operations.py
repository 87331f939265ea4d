"""Suggesting coverage: for a page the claims it fits, for a claim the pages that fit it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, Prefetch

from claims.access.locking import lock_claim
from claims.access.roles import Operation, require
from claims.audit.operations import record
from claims.choices import CoverageState, EventKind, FoundBy, Outcome, OutletKind, UrlOrigin
from claims.matching import lexical
from claims.matching.learned import suggest_stance
from claims.matching.rank import (
    NAME_FACTOR,
    SUGGEST_FROM,
    ClaimView,
    Fit,
    PageHits,
    PageView,
    Rarity,
    Term,
    Wording,
    fit,
    numbers_of,
    words_of,
)
from claims.matching.words import COMMON_WORDS
from claims.models import Appearance, Claim, ClaimSearch, Coverage, Document, Event, Evidence

LIBRARY = "library"  # the connector that searches the pages we have
SUGGESTIONS_PER_CLAIM = 50
LAPSED_EVERY = timedelta(days=30)
LAPSED_AT_ONCE = 200
_FOUND_BY = {UrlOrigin.FEED: FoundBy.FEED, UrlOrigin.ENTERED: FoundBy.PERSON}


@dataclass(frozen=True, slots=True)
class Ranked:
    """A claim and a page that were compared."""

    claim_id: int
    document_id: int
    fit: Fit


@transaction.atomic
def match_document(*, document_id: int, at: datetime) -> int:
    """Suggest a page to the watched claims that it fits; how many suggestions are new.

    Safe to run twice: a claim has one row per page; while nobody has decided, its score and reasons are brought up to
    date, and a person's decision is never touched.
    """
    document = Document.objects.filter(pk=document_id, merged_into__isnull=True).exclude(text="").first()
    if document is None:
        return 0
    origin = document.urls.order_by("pk").values_list("how", flat=True).first()
    found_by = _FOUND_BY.get(UrlOrigin(origin), FoundBy.SEARCH) if origin else FoundBy.SEARCH
    fitting = [one for one in rank_claims(document, at=at) if one.fit.score >= SUGGEST_FROM]
    return _suggest(fitting, found_by=found_by, at=at)


@transaction.atomic
def search_claim(*, claim_id: int, at: datetime) -> ClaimSearch:
    """Look through the pages we have for a claim, suggest those that fit, and write down what came of it.

    "None" is said only if there was something to look through. Safe to run twice: one search per claim and moment.
    """
    claim = Claim.objects.get(pk=claim_id)
    known = ClaimSearch.objects.filter(claim=claim, connector=LIBRARY, started_at=at).first()
    if known is not None:
        return known
    ranked = rank_documents(claim)
    fitting = [one for one in ranked.fits if one.fit.score >= SUGGEST_FROM][:SUGGESTIONS_PER_CLAIM]
    new = _suggest(fitting, found_by=FoundBy.SEARCH, at=at)
    standing = len(fitting) - new
    if not Document.objects.exclude(text="").exists():
        outcome, count, note = Outcome.NOT_MEASURED, None, "There is no page yet whose text could be searched."
    elif not ranked.words:
        outcome, count, note = Outcome.NOT_MEASURED, None, "The claim has no word that could be searched for."
    elif fitting:
        outcome, count = Outcome.FOUND, len(fitting)
        note = f"{new} new, {standing} known before."
    else:
        outcome, count, note = Outcome.NONE, 0, "No page fits well enough to be suggested."
    related = sum(one.fit.related and one.fit.score < SUGGEST_FROM for one in ranked.fits)
    if related and count is not None:
        note = (
            f"{note} {related} more {'is' if related == 1 else 'are'} about its subject, too loosely to be suggested."
        )
    search = ClaimSearch.objects.create(
        claim=claim,
        connector=LIBRARY,
        query=" ".join(ranked.words),
        started_at=at,
        outcome=outcome,
        count=count,
        note=note,
    )
    record(
        kind=EventKind.CLAIM_SEARCHED,
        subject=claim,
        actor=None,
        at=at,
        data={"connector": LIBRARY, "outcome": outcome, "count": count, "new": new},
    )
    return search


@transaction.atomic
def request_search(*, claim_id: int, actor: User, at: datetime) -> Claim:
    """Ask for a new search for the claim's coverage. Raises NotAllowed, or IllegalMove for a claim not watched."""
    claim = lock_claim(claim_id)
    require(actor, Operation.SEARCH_COVERAGE, claim)
    record(kind=EventKind.CLAIM_SEARCH_REQUESTED, subject=claim, actor=actor, at=at)
    return claim


@transaction.atomic
def request_lapsed_searches(*, at: datetime) -> int:
    """Ask for the monthly search of claims whose watch has ended: new pages are not matched with them any more.

    Answers how many were asked for. Safe to run twice: one that was searched or asked for within a month is left alone.
    """
    since = at - LAPSED_EVERY
    searched = ClaimSearch.objects.filter(claim=OuterRef("pk"), connector=LIBRARY, started_at__gt=since)
    asked = Event.objects.filter(claim=OuterRef("pk"), kind=EventKind.CLAIM_SEARCH_REQUESTED, at__gt=since)
    due = Claim.objects.lapsed(at=at).exclude(Exists(searched)).exclude(Exists(asked)).order_by("pk")
    claims = list(due[:LAPSED_AT_ONCE])
    for claim in claims:
        record(kind=EventKind.CLAIM_SEARCH_REQUESTED, subject=claim, actor=None, at=at, data={"lapsed": True})
    return len(claims)


def rank_claims(document: Document, *, at: datetime) -> list[Ranked]:
    """The claims watched at that instant that share words with the page, best fit first."""
    rarity = lexical.rarity()
    on_page = lexical.lexemes_on(document.pk)
    weights = {lexeme: rarity.of(lexeme) for lexeme in on_page}
    for lexeme, group in lexical.same_names(on_page).items():
        weights |= {other: weights[lexeme] for other in group if other not in weights}
    claims = _load_claims(lexical.claims_sharing(weights, at=at))
    views = _claim_views(claims, rarity)
    hits = lexical.hits([document.pk], _lexemes(views.values()))
    page = _page_view(document, hits)
    ranked = [Ranked(pk, document.pk, fit(view, page)) for pk, view in views.items()]
    return sorted(ranked, key=lambda one: (-one.fit.score, one.claim_id))


@dataclass(frozen=True, slots=True)
class RankedPages:
    """The pages compared with a claim, best first, and the words they were looked up by."""

    fits: list[Ranked]
    words: list[str]


def rank_documents(claim: Claim) -> RankedPages:
    """The pages we have that share words with the claim, best fit first."""
    rarity = lexical.rarity()
    (loaded,) = _load_claims([claim.pk])
    view = _claim_views([loaded], rarity)[claim.pk]
    weights: dict[str, float] = {}
    words: dict[str, float] = {}
    for wording in view.wordings:
        for term in wording.terms:
            words.setdefault(term.surface, term.weight)
            for lexeme in term.lexemes:
                weights[lexeme] = max(weights.get(lexeme, 0.0), term.weight)
    fits = _fits(claim.pk, view, lexical.pages_sharing(weights))
    return RankedPages(
        fits=sorted(fits, key=lambda one: (-one.fit.score, one.document_id)),
        words=sorted(words, key=lambda word: (-words[word], word))[: lexical.QUERY_LEXEMES],
    )


def compare(*, claim: Claim, document_ids: Sequence[int]) -> list[Ranked]:
    """How well each of the pages fits the claim, whether they share words or not; in the order of their ids."""
    (loaded,) = _load_claims([claim.pk])
    return _fits(claim.pk, _claim_views([loaded], lexical.rarity())[claim.pk], document_ids)


def _fits(claim_id: int, view: ClaimView, document_ids: Sequence[int]) -> list[Ranked]:
    pages = Document.objects.in_bulk(document_ids)
    hits = lexical.hits(list(pages), _lexemes([view]))
    return [Ranked(claim_id, pk, fit(view, _page_view(pages[pk], hits))) for pk in sorted(pages)]


def _suggest(fitting: Sequence[Ranked], *, found_by: FoundBy, at: datetime) -> int:
    claims = {claim.pk: claim for claim in _load_claims({one.claim_id for one in fitting})}
    pages = Document.objects.select_related("outlet").in_bulk({one.document_id for one in fitting})
    taken = _attached(claims.values(), pages)
    new = 0
    # In one order, so that two workers that suggest the same pairs wait for each other and cannot deadlock.
    for one in sorted(fitting, key=lambda one: (one.claim_id, one.document_id)):
        if (one.claim_id, one.document_id) in taken:
            continue
        claim, page = claims[one.claim_id], pages[one.document_id]
        guess = suggest_stance(
            title=page.title,
            text=page.text,
            statement=claim.statement,
            fact_checker=page.outlet is not None and page.outlet.kind == OutletKind.FACT_CHECKER,
        )
        reasons = [*one.fit.reasons, guess.reason]
        coverage, created = Coverage.objects.select_for_update().get_or_create(
            claim=claim,
            document=page,
            defaults={
                "score": one.fit.score,
                "reasons": reasons,
                "suggested_stance": guess.stance,
                "found_by": found_by,
                "found_at": at,
            },
        )
        if created:
            new += 1
            record(
                kind=EventKind.COVERAGE_SUGGESTED,
                subject=coverage,
                actor=None,
                at=at,
                data={
                    "document_id": page.pk,
                    "score": one.fit.score,
                    "found_by": found_by,
                    "suggested_stance": guess.stance,
                },
            )
        elif coverage.state == CoverageState.SUGGESTED:
            coverage.score, coverage.reasons, coverage.suggested_stance = one.fit.score, reasons, guess.stance
            coverage.save(update_fields=["score", "reasons", "suggested_stance"])
    return new


def _attached(claims: Iterable[Claim], pages: Iterable[int]) -> set[tuple[int, int]]:
    """Pairs that need no suggestion: joined by a person already, as evidence or as a place where the claim was made,
    or standing as coverage of a claim that was merged into this one.
    """
    merged = {member.pk: claim.pk for claim in claims for member in claim.merged.all()}
    heads = {claim.pk: claim.pk for claim in claims} | merged
    pairs: set[tuple[int, int]] = set()
    joined = [(Evidence.objects.live(), heads), (Appearance.objects.all(), heads), (Coverage.objects.all(), merged)]
    for rows, of in joined:
        found = rows.filter(claim__in=list(of), document__in=list(pages))
        pairs.update((of[claim_id], page) for claim_id, page in found.values_list("claim_id", "document_id"))
    return pairs


def _load_claims(ids: Iterable[int]) -> list[Claim]:
    merged = Prefetch("merged", queryset=Claim.objects.prefetch_related("aliases"))
    return list(Claim.objects.filter(pk__in=list(ids)).select_related("claimant").prefetch_related("aliases", merged))


def _claim_views(claims: Sequence[Claim], rarity: Rarity) -> dict[int, ClaimView]:
    """What the ranking needs of the claims; their words go to the database in one question."""
    texts = {claim.pk: list(dict.fromkeys(_wordings(claim))) for claim in claims}
    around = {claim.pk: _around(claim) for claim in claims}
    every = [word.text for found in (*texts.values(), *around.values()) for text in found for word in words_of(text)]
    lexemes = lexical.lexemes_of(every)
    same = lexical.same_names(lexeme for found in lexemes.values() for lexeme in found)

    def terms(text: str) -> tuple[Term, ...]:
        found: dict[frozenset[str], Term] = {}
        for word in words_of(text):
            for lexeme in lexemes[word.text]:
                alike = same.get(lexeme, frozenset({lexeme}))
                if alike in found and (found[alike].is_name or not word.is_name):
                    continue
                weight = rarity.of(lexeme) * (NAME_FACTOR if word.is_name else 1.0)
                found[alike] = Term(word.text, alike, weight, word.is_name)
        return tuple(found.values())

    return {
        claim.pk: ClaimView(
            wordings=tuple(Wording(terms(text), numbers_of(text)) for text in texts[claim.pk]),
            around=tuple({term.lexemes: term for text in around[claim.pk] for term in terms(text)}.values()),
            claimed_on=claim.claimed_on,
        )
        for claim in claims
    }


def _wordings(claim: Claim) -> list[str]:
    texts = [claim.statement, *(alias.text for alias in claim.aliases.all())]
    for merged in claim.merged.all():
        texts += [merged.statement, *(alias.text for alias in merged.aliases.all())]
    return texts


def _around(claim: Claim) -> list[str]:
    """The claimant, and the names in the place and the context: what an article about the claim would mention."""
    place = [word.text for word in words_of(claim.location) if word.text[0].isupper()]
    context = [word.text for word in words_of(claim.context) if word.is_name]
    names = " ".join(name for name in dict.fromkeys(place + context) if name.lower() not in COMMON_WORDS)
    return [text for text in (claim.claimant.name if claim.claimant else "", names) if text]


def _page_view(document: Document, hits: dict[int, PageHits]) -> PageView:
    return PageView(
        hits=hits[document.pk],
        numbers=numbers_of(f"{document.title} {document.text[:100_000]}"),
        published_on=document.published_at.date() if document.published_at else None,
    )


def _lexemes(views: Iterable[ClaimView]) -> set[str]:
    return {
        lexeme
        for view in views
        for terms in (*(wording.terms for wording in view.wordings), view.around)
        for term in terms
        for lexeme in term.lexemes
    }
