"""The history of a claim as sentences: who did what when, with the words and the differences."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format

from claims.admin.differences import Difference, difference
from claims.choices import ChangeType, ChecklistLine, EventKind, Stance
from claims.models import Event, Rating

# Saves of one person that follow each other this closely are one entry: autosave makes many.
_SITTING = timedelta(minutes=30)
_SENTENCES: dict[str, str] = {
    EventKind.CLAIM_CREATED: "put the claim into the inbox",
    EventKind.CLAIM_EDITED: "edited the claim",
    EventKind.CLAIM_ACCEPTED: "took the claim on",
    EventKind.CLAIM_DECLINED: "declined the claim",
    EventKind.CLAIM_MERGED: "merged the claim into {into}",
    EventKind.CLAIM_UNMERGED: "made the claim stand by itself again",
    EventKind.CLAIM_REOPENED: "put the claim back into the inbox",
    EventKind.CLAIM_SEARCH_REQUESTED: "asked for a search for coverage",
    EventKind.CLAIM_SEARCHED: "searched for coverage",
    EventKind.CLAIM_QUERIES_SAVED: "changed the words that the web is searched by",
    EventKind.EXTERNAL_REVIEW_FOUND: "found another fact-checker’s verdict: {publisher}, “{rating}”",
    EventKind.ALIAS_ADDED: "noted another wording",
    EventKind.APPEARANCE_ADDED: "noted where the claim was made",
    EventKind.APPEARANCE_REMOVED: "took back a note of where the claim was made",
    EventKind.NOTE_ADDED: "wrote a note",
    EventKind.REPLY_REQUESTED: "asked {asked_of} for a reply, {how}",
    EventKind.REPLY_ANSWERED: "noted an answer",
    EventKind.REVIEW_ITEM_OPENED: "asked the desk to look again",
    EventKind.REVIEW_ITEM_CLOSED: "closed a look-again item",
    EventKind.EVIDENCE_ADDED: "linked a source that {stance_words}",
    EventKind.EVIDENCE_EDITED: "edited a source",
    EventKind.EVIDENCE_WITHDRAWN: "took a source out",
    EventKind.EVIDENCE_COPIED: "stored a copy of a source",
    EventKind.COVERAGE_SUGGESTED: "suggested coverage",
    EventKind.COVERAGE_KEPT: "kept a piece of coverage",
    EventKind.COVERAGE_DISMISSED: "dismissed a piece of coverage",
    EventKind.COVERAGE_RESTORED: "took a decision on coverage back",
    EventKind.REVISION_OPENED: "opened revision {number}",
    EventKind.REVISION_SAVED: "saved revision {number}",
    EventKind.CHECK_WAIVED: "waived the checklist line “{line_words}”",
    EventKind.CHECK_UNWAIVED: "took back the waiver of “{line_words}”",
    EventKind.VERDICT_SUBMITTED: "sent revision {number} to review",
    EventKind.VERDICT_WITHDRAWN: "took revision {number} back from review",
    EventKind.VERDICT_RETURNED: "returned revision {number} to the writer",
    EventKind.VERDICT_APPROVED: "approved revision {number}",
    EventKind.VERDICT_OVERRIDDEN: "approved revision {number} by override, against the four eyes",
    EventKind.VERDICT_PUBLISHED: "published revision {number}",
    EventKind.VERDICT_SCHEDULED: "set a time to publish revision {number}: {publish_at_words}",
    EventKind.VERDICT_UNSCHEDULED: "took back the time to publish revision {number}",
    EventKind.SCHEDULE_STOPPED: "did not publish revision {number} at its time",
    EventKind.VERDICT_ABANDONED: "gave revision {number} up",
    EventKind.RETRACTION_PROPOSED: "proposed to retract the verdict",
    EventKind.VERDICT_RETRACTED: "retracted the verdict",
    EventKind.SEEDS_LOADED: "brought this in from the seed files",
    EventKind.PUBLICATION_REDACTED: "erased by law: {what}; {with} agreed",
    EventKind.EVENT_REDACTED: "erased by law what event {event} said; {with} agreed",
}
# Words that people wrote, worth reading in the history itself.
_SPOKEN = ("reason", "explanation", "comment", "override_reason", "text", "answer", "note")
_ADDRESSES = ("url", "source", "description")
_LABELS = {
    "rating_id": "Rating",
    "claimed_on": "Made on",
    "original_text": "Original words",
    "selection_reason": "Why we check it",
    "due_at": "Due",
    "is_primary": "Primary source",
    "archive_url": "Archive address",
    "change_type": "Kind of change",
}
_WEIGHTY = frozenset(
    {
        EventKind.CLAIM_ACCEPTED,
        EventKind.CLAIM_DECLINED,
        EventKind.CLAIM_MERGED,
        EventKind.VERDICT_SUBMITTED,
        EventKind.VERDICT_RETURNED,
        EventKind.VERDICT_APPROVED,
        EventKind.VERDICT_OVERRIDDEN,
        EventKind.VERDICT_PUBLISHED,
        EventKind.VERDICT_SCHEDULED,
        EventKind.SCHEDULE_STOPPED,
        EventKind.VERDICT_RETRACTED,
        EventKind.PUBLICATION_REDACTED,
        EventKind.EVENT_REDACTED,
    }
)


@dataclass(slots=True)
class Entry:
    """One line of the history. `first_at` differs from `at` where several saves became one entry."""

    event_id: int
    kind: str
    who: str
    sentence: str
    at: datetime
    first_at: datetime
    said: list[str] = field(default_factory=list)
    address: str = ""
    differences: list[Difference] = field(default_factory=list)
    saves: int = 1
    weighty: bool = False
    erased: bool = False
    changed: dict[str, list[Any]] = field(default_factory=dict)


def entries(events: list[Event], *, ratings: Mapping[int, Rating]) -> list[Entry]:
    """Events, newest first, as entries, newest first. `ratings` by id turns stored ids into names."""
    found: list[Entry] = []
    for event in events:
        entry = _entry(event)
        above = found[-1] if found else None
        if above is not None and _one_sitting(above, entry):
            above.first_at = entry.at
            above.saves += 1
            # `above` is newer: its "after" stands, this one's "before" does.
            for name, (before, after) in entry.changed.items():
                newest = above.changed[name][1] if name in above.changed else after
                above.changed[name] = [before, newest]
            continue
        found.append(entry)
    for entry in found:
        entry.differences = [
            difference(_label(name), _value(name, before, ratings), _value(name, after, ratings))
            for name, (before, after) in entry.changed.items()
            if before != after
        ]
    return found


def _entry(event: Event) -> Entry:
    data: dict[str, Any] = event.data if isinstance(event.data, dict) else {}
    words = {name: value for name, value in data.items() if isinstance(value, str | int)}
    words["stance_words"] = (
        Stance(data["stance"]).label.lower() if data.get("stance") in Stance.values else "bears on the claim"
    )
    words["publish_at_words"] = _instant(data.get("publish_at"))
    words["line_words"] = ChecklistLine(data["line"]).label if data.get("line") in ChecklistLine.values else ""
    changed = data.get("changed")
    return Entry(
        event_id=event.pk,
        kind=event.kind,
        who=_who(event),
        sentence=_sentence(event, words),
        at=event.at,
        first_at=event.at,
        said=[str(data[name]) for name in _SPOKEN if isinstance(data.get(name), str) and data[name]],
        address=next((str(data[name]) for name in _ADDRESSES if isinstance(data.get(name), str) and data[name]), ""),
        weighty=event.kind in _WEIGHTY,
        erased=event.data is None,
        changed={
            name: list(pair)
            for name, pair in (changed.items() if isinstance(changed, dict) else ())
            if isinstance(pair, list) and len(pair) == 2
        },
    )


def _who(event: Event) -> str:
    if event.actor is None:
        return "The service"
    return event.actor.get_full_name() or event.actor.get_username()


def _sentence(event: Event, words: Mapping[str, Any]) -> str:
    if event.kind == EventKind.CLAIM_ASSIGNED and words:
        ended = (event.data or {}).get("ended")
        return f"{'released' if ended else 'asked'} {words.get('user', '')} as {words.get('role', '')}"
    pattern = _SENTENCES.get(event.kind)
    if pattern is None:
        return event.kind.replace(".", ": ").replace("_", " ")
    try:
        sentence = pattern.format_map(words)
    except KeyError:  # data was erased, or an older release wrote less
        sentence = pattern.partition(" {")[0]
    change = words.get("change_type")
    if event.kind in {EventKind.REVISION_OPENED, EventKind.VERDICT_PUBLISHED} and change in ChangeType.values:
        sentence += f" ({ChangeType(str(change)).label.lower()})"
    return sentence


def _instant(value: Any) -> str:
    moment = parse_datetime(value) if isinstance(value, str) else None
    return date_format(timezone.localtime(moment), "j M Y, H:i") if moment is not None else ""


def _one_sitting(above: Entry, below: Entry) -> bool:
    return (
        above.kind == below.kind == EventKind.REVISION_SAVED
        and above.who == below.who
        and above.sentence == below.sentence
        and above.first_at - below.at < _SITTING
    )


def _label(name: str) -> str:
    return _LABELS.get(name, name.replace("_", " ").capitalize())


def _value(name: str, value: Any, ratings: Mapping[int, Rating]) -> Any:
    if name == "rating_id" and isinstance(value, int):
        return ratings[value].name() if value in ratings else f"rating {value}"
    return value
