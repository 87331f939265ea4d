"""The history in sentences, with differences, and many autosaves as one entry."""

from datetime import timedelta

import pytest

from claims.admin.differences import WORD_LIMIT, difference
from claims.admin.timeline import entries
from claims.audit.queries import timeline
from claims.choices import EventKind, Role
from claims.models import Event
from claims.verdicts.operations import VerdictFields, save_draft
from tests import factories
from tests.factories import NOON


def test_words_that_changed_are_marked():
    found = difference("Headline", "It fell by half.", "It fell by a third.")

    assert [(piece.kind, piece.text) for piece in found.pieces if piece.kind != "same"] == [
        ("gone", "half"),
        ("new", "a third"),
    ]
    assert "".join(piece.text for piece in found.left()) == "It fell by half."
    assert "".join(piece.text for piece in found.right()) == "It fell by a third."


def test_very_long_texts_are_shown_whole():
    found = difference("Explanation", "word " * WORD_LIMIT, "other " * WORD_LIMIT)

    assert found.pieces == ()
    assert found.left()[0].text.startswith("word")


@pytest.mark.django_db
def test_a_sitting_of_autosaves_is_one_entry():
    claim = factories.researching_claim()
    writer = factories.person(Role.FACT_CHECKER)
    for minute, headline in enumerate(["It", "It fell", "It fell by half"]):
        save_draft(
            claim_id=claim.pk,
            given=VerdictFields(headline=headline),
            lock_version=None,
            actor=writer,
            at=NOON + timedelta(minutes=minute),
        )

    found = [entry for entry in entries(list(timeline(claim)), ratings={}) if entry.kind == EventKind.REVISION_SAVED]

    assert len(found) == 1
    assert found[0].saves == 3
    assert (found[0].differences[0].before, found[0].differences[0].after) == ("", "It fell by half")


EMPTY: tuple[dict[str, str] | None, ...] = ({}, None)


@pytest.mark.django_db
def test_every_kind_has_a_sentence_even_without_its_data():
    claim = factories.inbox_claim()
    events = [
        Event(kind=kind, subject_kind="claim", subject_id=claim.pk, at=NOON, data=data)
        for kind in EventKind
        for data in EMPTY
    ]

    found = entries(events, ratings={})

    assert all(entry.sentence and "{" not in entry.sentence for entry in found)
    assert {entry.who for entry in found} == {"The service"}


@pytest.mark.django_db
def test_the_rating_is_named():
    claim = factories.researching_claim()
    rating = factories.RatingFactory.create()
    save_draft(
        claim_id=claim.pk,
        given=VerdictFields(rating=rating),
        lock_version=None,
        actor=factories.person(Role.FACT_CHECKER),
        at=NOON,
    )

    newest = entries(list(timeline(claim)), ratings={rating.pk: rating})[0]

    assert (newest.differences[0].label, newest.differences[0].after) == ("Rating", "False")
