"""Words by which English news says what it does with a claim: doubts it, denies it, asks, or leaves it to others."""

import re
from dataclasses import dataclass
from enum import StrEnum

_FLAGS = re.IGNORECASE | re.VERBOSE


class CueKind(StrEnum):
    """What a cue does to the claim beside it."""

    DOUBT = "doubt"
    DENIAL = "denial"
    QUESTION = "question"
    ATTRIBUTION = "attribution"
    HEDGE = "hedge"
    QUOTES = "quotes"


@dataclass(frozen=True, slots=True)
class Cue:
    """One word or phrase that was found, as it stands there."""

    kind: CueKind
    text: str


_DOUBT = re.compile(
    r"""\b(?:
    hoax\w* | fake[ds]? | faux | false(?:ly|hoods?)? | untrue | debunk\w* | myths? | fabricat\w+ | bogus |
    misinform\w* |
    disinformation | mislead\w* | misled | disprov\w+ | refut\w+ | rebut\w* | rebuff\w* | contradict\w* |
    incorrect\w* |
    inaccura\w+ | wrong(?:ly)? | mistak\w+ | misidentif\w+ | misreport\w* | misquot\w+ | retract\w* | satir\w+ |
    parody |
    spoof\w* | unfounded | baseless | doctored | photoshopped | fooled | duped | hoodwink\w* | prank\w* |
    made[- ]up | make\ up | invented | exaggerat\w+ | overblown | urban\ legend | fact[- ]check\w* |
    too\ good\ to\ be\ true | (?:cast|casts|casting|raise[sd]?|sow)\ (?:\w+\ )?doubts? | doubt(?:s|ed|ful)? |
    dubious |
    s[ck]eptic\w* |
    (?:no|without|zero|lacks?|little)\ (?:\w+\ )?(?:evidence|proof|truth|basis|sign|foundation|confirmation) |
    proof\ of\ life | (?:is|still|'s|very\ much|well\ and)\ alive | alive\ and\ well | safe\ and\ well |
    apologi[sz]\w* | correction | never\ (?:happened|said|existed|was|did) | non-?existent |
    do(?:es)?(?:\ not|n['’]t)\ exist |
    (?:shoots?|shot|knocks?|shut)\ down | cold\ water | the\ record\ straight | ruled\ out | rules\ out |
    dismiss\w* | reject\w* | disput\w* | den(?:y|ies|ied|ial|ying) | disavow\w* | disown\w*
    )\b""",
    _FLAGS,
)
# "No idea" and "not only" deny nothing.
_DENIAL = re.compile(
    r"""\b(?:(?:not|no)\b(?!\ (?:idea|limit|only|just|wonder|matter|doubt|less|more|surprise|longer)\b) |
    never | nobody | none | neither | nor | nothing | cannot | unlikely |
    \w+n['’]t | (?:is|was|did|does|do|wo|ca|could|has|have|are)nt)\b""",
    _FLAGS,
)
_ATTRIBUTION = re.compile(
    r"""\b(?:
    alleg\w+ | report(?:s|ed|edly|ing)? | claim(?:s|ed|ing)? | rumou?r\w* | according\ to | sa(?:ys?|id|ying) | told |
    tells | insist\w* | assert\w* | accus\w+ | suggest\w* | believe[sd]? | think(?:s|ing)? | thought\ to | sources? |
    complain\w* | (?:named|identified|outed)\ by | watchdog | intel(?:ligence)? | analysts? | leak\w* | warn\w* |
    argue[sd]? |
    announce\w* | confirm(?:s|ed)? | so-called
    )\b""",
    _FLAGS,
)
# "Congressman: ten caught at border" leaves the claim to the congressman.
_SPEAKER = re.compile(
    r"""^\W*(?:[\w.'’]+\ ){0,3}(?:
    source | sources | report | reports | police | officials? | senators? | congress(?:wo)?man | rep |
    lawmakers? | minister |
    president | mayor | pentagon | government | prosecutors? | study | experts? | watchdog | intel | analysts? | ceo |
    lawyers? | family | video | photos?
    )\W?:\ """,
    _FLAGS,
)
_HEDGE = re.compile(
    r"""\b(?:
    unconfirmed | unverified | purport\w* | suppos\w+ | apparent(?:ly)? | appear(?:s|ed)? | seem(?:s|ed|ingly)? |
    suspect\w* |
    fear(?:s|ed)? | hints? | may | might | could | possibl[ey] | potential(?:ly)? | perhaps | maybe | likely |
    expected |
    prob(?:e[sd]?|ing) | investigat\w+ | look(?:s|ing)?\ into | speculat\w+ | viral | mystery | whether | if\ true |
    verif\w+ | authenticat\w+ | eye[ds]? | mulls? | consider\w* | in\ talks | predict\w* | forecast\w* |
    estimat\w* | seek\w*
    )\b""",
    _FLAGS,
)
_QUOTED = re.compile(r"[\"“”«»„]([^\"“”«»„]{3,120})[\"“”«»„]|(?<!\w)[‘']([^‘’']{3,120})[’'](?!\w)")
# What fact-checkers write when they have decided. Short of these, their page says nothing that could be told by words.
_RATED = re.compile(
    r"""(?:
    \brate[sd]?\ (?:it|this|that|these|those|the|his|her|their|\w+['’]s)\ (?:
    (?:claim|statement|assertion|post|meme|image|video|
    photo)\ )?(?:as\ )?["“‘']? |
    ^\W*(?:our\ |the\ |final\ )?(?:verdict|rating|ruling|conclusion|fact[- ]check)\W{1,4}
    )
    (?P<rating>pants\ on\ fire|mostly\ false|false|fake|untrue|misleading|incorrect|inaccurate|wrong|fabricated|satire|
    no\ evidence|unproven|unsupported|mixture|half[- ]true|partly\ (?:true|false)|mostly\ true|true|correct|
    accurate)\b""",
    _FLAGS | re.MULTILINE,
)
_RATED_FALSE = re.compile(r"pants|false|fake|untrue|mislead|incorrect|inaccurate|wrong|fabricat|satire", re.IGNORECASE)
_RATED_TRUE = re.compile(r"true|correct|accurate", re.IGNORECASE)
_NO_RATING = re.compile(r"half|partly|mixture|no evidence|unproven|unsupported", re.IGNORECASE)
_STEM = 5  # letters; enough to see that "costs" and "costing" are one word, and what it joins wrongly costs little here
_WORD = re.compile(r"[^\W_]+")
_LITTLE = frozenset(
    re.findall(
        r"\w+",
        "the a an of in on at to for and or with by from is are was were be been has have had will would his her their "
        "its that this as it he she they who after over into up out",
    )
)


def stem(word: str) -> str:
    """The beginning of a word, by which its forms are one."""
    return word.lower()[:_STEM]


def content_stems(text: str) -> frozenset[str]:
    """The stems of the words that say what a text is about."""
    return frozenset(stem(word) for word in _WORD.findall(text) if len(word) > 2 and word.lower() not in _LITTLE)


def denies(text: str) -> bool:
    """Whether a statement itself denies something."""
    return _DENIAL.search(text) is not None


def cues_in(passage: str, *, statement: str) -> list[Cue]:
    """The cues of a passage, the weightiest kind first. A word that the statement has too is no cue."""
    own = {stem(word) for word in _WORD.findall(statement)}
    about = content_stems(statement)
    found = [Cue(CueKind.DOUBT, text) for text in _new(_DOUBT, passage, own)]
    found += [Cue(CueKind.DENIAL, match.group()) for match in _DENIAL.finditer(passage)]
    found += [Cue(CueKind.QUESTION, "?")] if "?" in passage else []
    found += [Cue(CueKind.ATTRIBUTION, match.group().strip(" :")) for match in _SPEAKER.finditer(passage)]
    found += [Cue(CueKind.ATTRIBUTION, text) for text in _new(_ATTRIBUTION, passage, own)]
    found += [Cue(CueKind.HEDGE, text) for text in _new(_HEDGE, passage, own)]
    for match in _QUOTED.finditer(passage):
        quoted = match.group(1) or match.group(2)
        if len(content_stems(quoted) & about) >= 2:
            found.append(Cue(CueKind.QUOTES, quoted))
    return found


def shared_doubt(passage: str, *, statement: str) -> str:
    """A word of doubt that passage and statement have both; empty if there is none."""
    own = {stem(match.group()) for match in _DOUBT.finditer(statement)}
    return next((match.group() for match in _DOUBT.finditer(passage) if stem(match.group()) in own), "")


def rating_in(text: str) -> tuple[str, bool | None]:
    """A fact-checker's rating in a text, and whether it says true; None for what is between, an empty text for none."""
    match = _RATED.search(text)
    if match is None:
        return "", None
    rating = match["rating"]
    if _NO_RATING.search(rating):
        return rating, None
    if _RATED_FALSE.search(rating):
        return rating, False
    return rating, True if _RATED_TRUE.search(rating) else None


def _new(pattern: re.Pattern[str], passage: str, own: set[str]) -> list[str]:
    return [match.group() for match in pattern.finditer(passage) if stem(match.group()) not in own]
