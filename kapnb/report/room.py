"""What a supervisor takes along from a room: its note, and its judgments as a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kapnb.group.differences import locate
from kapnb.report.content import note_of_session
from kapnb.report.note import Note
from kapnb.room.scene import edition_of, judge, library_of, read_prompt
from kapnb.room.state import Room, Round
from kapnb.room.store import Given
from kapnb.text.cases import Case
from kapnb.text.words import words


def note_of_room(room: Room, given: Sequence[Given], prompts: Iterable[tuple[str, str]], learning: Sequence[str]) -> Note:
    """The note of a session: the first votes beside the article, what was talked about, and what people take along.

    Args:
        room: whose readings are in force.
        given: all votes.
        prompts: what was on the wall to talk about, each with its case.
        learning: the lines that the supervisor chose.
    """
    edition, library = edition_of(room), library_of(room)
    judged = []
    for name in room.cases:
        one, firsts = library[name], [vote for vote in given if vote.vote.case == name and vote.vote.round is Round.FIRST]
        if firsts:
            assessment = edition.assess(one.answers)
            case = Case(one.answers, one.id, one.title, one.story)
            judged.append((case, assessment, tuple(locate(judge(vote, one), assessment) for vote in firsts)))
    talked = [read_prompt(case, text) for case, text in prompts]
    return note_of_session(room.title or words("room.note_title"), judged, edition, talked, learning)


def rows_of_room(given: Iterable[Given]) -> tuple[dict[str, str], ...]:
    """A row of the judgments table for each first vote: what each participant would do, under their label."""
    return tuple(
        {
            "case_id": one.vote.case,
            "rater": one.label,
            "outcome": str(one.vote.outcome),
            "confidence": str(one.vote.confidence),
            "comment": one.vote.reason,
            **one.vote.facts,
        }
        for one in sorted(given, key=lambda one: (one.vote.case, one.label))
        if one.vote.round is Round.FIRST
    )
