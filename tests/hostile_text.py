"""Text that would run as a script wherever it stood unescaped, and verdicts that carry it in every public text field.

`strings(500)` are that many different ones, the same each time. Each calls `__hit(n)` if it runs. For tests and for
bench/hostile_text.py.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from claims.choices import ChangeType, Role, Stance
from claims.editing.claims import ClaimFields, add_appearance, create_claim
from claims.editing.evidence import EvidenceFields, add_evidence, add_statement
from claims.models import Claim, Organisation, RatingScale
from claims.review import operations as moves
from claims.verdicts.operations import VerdictFields, save_draft, waive
from tests import factories
from tests.factories import NOON

# One way each out of the place where text is put: an element, an attribute, a comment, a script, a style, an address.
_WAYS = (
    "<script>{c}</script>",
    "</script><script>{c}</script>",
    "<ScRiPt >{c}</sCrIpT>",
    "<<script>{c}//<</script>",
    "<script/x>{c}</script/x>",
    "<img src=x onerror={c}>",
    "<img src=x onerror='{c}'",
    "<img/src=`x`onerror={c}>",
    "<svg onload={c}>",
    "<svg/onload={c}//",
    "<svg><script>{c}</script></svg>",
    "<svg><animate onbegin={c} attributeName=x dur=1s>",
    "<math><mtext></p><style><img src=x onerror={c}>",
    "<details open ontoggle={c}>x</details>",
    "<input autofocus onfocus={c}>",
    "<select autofocus onfocus={c}>",
    "<video src=x onerror={c}></video>",
    "<audio src=x onerror={c}></audio>",
    "<video><source onerror={c}></video>",
    "<body onload={c}>",
    "<iframe srcdoc='<script>parent.{c}</script>'></iframe>",
    "<iframe src='javascript:parent.{c}'></iframe>",
    "<object data='javascript:{c}'></object>",
    "<embed src='javascript:{c}'>",
    "<a href='javascript:{c}' id=x autofocus onfocus={c}>x</a>",
    "<form><button formaction='javascript:{c}'>x</button></form>",
    "<meta http-equiv=refresh content='0;url=javascript:{c}'>",
    "<base href='javascript:{c}//'>",
    "<link rel=stylesheet href='javascript:{c}' onerror={c}>",
    "<style>@import 'javascript:{c}';</style><style onload={c}></style>",
    "<template><script>{c}</script></template><img src=x onerror={c}>",
    "<noscript><p title='</noscript><img src=x onerror={c}>'>",
    '" onmouseover="{c}" autofocus onfocus="{c}" x="',
    "' onmouseover='{c}' autofocus onfocus='{c}' x='",
    '"><img src=x onerror={c}>',
    "'><svg onload={c}>",
    "--><script>{c}</script><!--",
    "]]><script xmlns='http://www.w3.org/1999/xhtml'>{c}</script><![CDATA[",
    "</title><script>{c}</script><title>",
    "</textarea><script>{c}</script><textarea>",
    "</style><script>{c}</script><style>",
    "</code></p></details><script>{c}</script>",
    '"}}</script><script>{c}</script>',
    '";{c};//',
    "';{c};//",
    '\\";{c};//',
    "[x](javascript:{c})",
    '[x](https://a.example/"onmouseover={c}"x)',
    '![x](x"onerror={c}//)',
    "{{{{constructor.constructor('{c}')()}}}}{{% include '{c}' %}}${{{c}}}",
)
# What stands before and after, in the hope that a filter stumbles.
_AROUND = (
    ("", ""),
    ("A claim ", " and more"),
    ("\u202e", "\u202c"),
    ("\u2028", "\u2029"),
    ("\ufeff\u200b", "\u200b"),
    ("\n\n", "\n\n"),
    ("&lt;&#60;%3C\\u003c", "&gt;&#62;%3E\\u003e"),
    ("é漢字🙂", "🙂漢字é"),
    ("<p><b><i>", "</i></b></p>"),
    ("`*_> # ", " *_`"),
    ('=HYPERLINK("https://evil.example","', '")'),
    ("@SUM(1+1)*", "-1"),
)


def strings(count: int) -> list[str]:
    """So many different strings, at most 600, the first 50 of every kind. The n-th calls `__hit(n)` where it runs."""
    ways, places = len(_WAYS), len(_AROUND)
    if count > ways * places:
        raise ValueError(f"There are {ways * places} of them.")
    chosen = [(n, _WAYS[n % ways], _AROUND[(n // ways + n) % places]) for n in range(count)]
    return [f"{before}{way.format(c=f'__hit({n})')}{after}" for n, way, (before, after) in chosen]


@dataclass(frozen=True, slots=True)
class Words:
    """Hostile words one after the other, so that neighbouring fields of one verdict carry different ones."""

    given: list[str]
    first: int

    def at(self, place: int, limit: int = 10_000) -> str:
        """The words for a field; where a field is too short for them, as much as it holds."""
        return self.given[(self.first + place) % len(self.given)][:limit]


def organise(given: list[str]) -> None:
    """The newsroom's own words."""
    words = Words(given, 0)
    Organisation.objects.update(
        name=words.at(1, 200), funding=words.at(2), data_licence=words.at(3, 200), contact=words.at(4, 300)
    )


def publish(given: list[str], number: int, *, corrected: bool = False, retracted: bool = False) -> Claim:
    """A verdict with hostile words in every public text field, carried to the public by two people's moves."""
    words = Words(given, number)
    writer, publisher, at = factories.person(Role.FACT_CHECKER), factories.person(Role.PUBLISHER), NOON
    scale = RatingScale.objects.filter(slug=f"hostile-{number // 50}").first() or factories.RatingScaleFactory.create(
        slug=f"hostile-{number // 50}", name=words.at(5, 200), description=words.at(6)
    )
    label = {"name": words.at(7), "definition": words.at(8)}
    rating = factories.RatingFactory.create(scale=scale, slug=f"step-{number}", labels={"en": label})
    topic = factories.TopicFactory.create(slug=f"hostile-{number}", labels={"en": {"name": words.at(9)}})
    outlet = factories.OutletFactory.create(name=words.at(10, 180) + f" {number}")
    claimant = factories.ClaimantFactory.create(name=words.at(11, 190) + f" {number}", job_title=words.at(12, 200))
    claim = create_claim(
        given=ClaimFields(
            statement=words.at(0, 480) + " is said",
            original_text=words.at(13),
            context=words.at(14),
            location=words.at(15, 200),
            selection_reason=words.at(16),
            claimant=claimant,
            claimed_on=date(2026, 2, 14),
            topics=[topic],
        ),
        actor=writer,
        at=at,
    )
    moves.accept(claim_id=claim.pk, actor=writer, at=at)
    add_appearance(
        claim_id=claim.pk, outlet=outlet, description=words.at(17, 300), quote=words.at(18), actor=writer, at=at
    )
    for place in range(2):
        said = EvidenceFields(
            stance=list(Stance)[(number + place) % 3],
            quote=words.at(19 + place),
            note=words.at(21 + place),
            archive_url=f"https://archive.example/{number}",
        )
        address = f"https://site-{place}.example/{number}"
        add_evidence(claim_id=claim.pk, url=address, title=words.at(23 + place, 300), given=said, actor=writer, at=at)
    add_statement(
        claim_id=claim.pk,
        stated_by=words.at(25, 200),
        stated_at=at - timedelta(days=1),
        stated_how=words.at(26, 200),
        given=EvidenceFields(stance=Stance.CONTEXT, note=words.at(27), quote=words.at(28)),
        actor=writer,
        at=at,
    )
    text: dict[str, Any] = {
        "rating": rating,
        "headline": words.at(29, 200),
        "summary": words.at(30),
        "explanation": words.at(31) + "\n\n" + words.at(32),
        "byline": words.at(33, 200),
    }
    save_draft(claim_id=claim.pk, given=VerdictFields(**text), lock_version=None, actor=writer, at=at)
    for place, line in enumerate(("reply", "copies", "outlets", "evidence")):
        waive(claim_id=claim.pk, line=line, reason=words.at(34 + place), public=True, actor=writer, at=at)
    _carry(claim, at)
    if corrected:
        note = words.at(38)
        moves.revise(claim_id=claim.pk, change_type=ChangeType.CORRECTION, public_note=note, actor=writer, at=at)
        save_draft(claim_id=claim.pk, given=VerdictFields(**text), lock_version=None, actor=writer, at=at)
        _carry(claim, at)
    if retracted:
        moves.propose_retraction(claim_id=claim.pk, public_note=words.at(39), actor=writer, at=at)
        moves.retract(claim_id=claim.pk, actor=publisher, at=at)
    return claim


def _carry(claim: Claim, at: Any) -> None:
    writer, publisher = factories.person(Role.FACT_CHECKER), factories.person(Role.PUBLISHER)
    moves.submit(claim_id=claim.pk, actor=writer, at=at)
    moves.approve(claim_id=claim.pk, comment="Sound.", actor=publisher, at=at)
    moves.publish(claim_id=claim.pk, actor=publisher, at=at)
