"""What a supervisor takes along from a room: its note, and its judgments as a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from kapnb.group.differences import locate
from kapnb.report.content import note_of_session
from kapnb.report.note import Note
from kapnb.room.scene import edition_of, judge, library_of, read_prompt
from kapnb.room.state import Room, Round
from kapnb.room.store import Given
from kapnb.text.cases import Case
from kapnb.text.words import words
from kapnb.training.saving import as_row


def note_of_room(room: Room, given: Sequence[Given], prompts: Iterable[tuple[str, str]], learning: Sequence[str]) -> Note:
    """The note of a session: the first votes beside the article, what was talked about, and what is taken along.

    Args:
        room: whose readings are in force.
        given: all votes.
        prompts: what was on the wall to talk about, each with its case.
        learning: the lines that the supervisor chose.
    """
    edition, library = edition_of(room), library_of(room)
    judged = []
    for name in room.cases:
        one = library[name]
        own = [two for two in pair_votes(given) if two[0].vote.case == name and two[0].vote.round is Round.FIRST]
        if own:
            assessment = edition.assess(one.answers)
            case = Case(one.answers, one.id, one.title, one.story)
            judged.append((case, assessment, tuple(locate(judge(*votes, answers=one.answers), assessment) for votes in own)))
    talked = [read_prompt(case, text) for case, text in prompts]
    return note_of_session(room.title or words("room.note_title"), judged, edition, talked, learning)


def rows_of_room(given: Iterable[Given]) -> tuple[Mapping[str, str], ...]:
    """A row of the judgments table for each participant and case: both votes, under the label that the room gave."""
    return tuple(as_row(judge(*votes)) for votes in pair_votes(given))


def pair_votes(given: Iterable[Given]) -> tuple[tuple[Given, ...], ...]:
    """The votes of each participant on each case, the first before the second; a latecomer has only a second one."""
    votes = sorted(given, key=lambda one: (one.vote.case, one.label, one.vote.round))
    return tuple(tuple(own) for _, own in groupby(votes, key=lambda one: (one.vote.case, one.label)))
