"""Judgments that the desk brings as files, as trainees save them on the page for training; read as the one inbox reads them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kapnb.group.inbox import Inbox
from kapnb.group.judgments import Judgment, Second, read_judgment
from kapnb.room.scene import library_of
from kapnb.room.state import Room, Round, Vote
from kapnb.text.words import words
from kapnb.training.saving import export_cases


@dataclass(frozen=True, slots=True)
class Brought:
    """What a file holds for a room.

    Attributes:
        votes: each with the label that the file gives its participant.
        other: judgments of cases that the room does not have.
        unread: rows that wait to be mended, or lack an outcome or how sure somebody was.
        left: judgments of which something has no place in a room: what decides, a later thought, or a second vote that is not open.
        problem: why the file cannot be used; empty where it can.
    """

    votes: tuple[tuple[str, Vote], ...] = ()
    other: int = 0
    unread: int = 0
    left: int = 0
    problem: str = ""


def read_votes(data: bytes, room: Room) -> Brought:
    """What a file holds: every first vote, and the second ones on the case of which the second vote is or was open."""
    from kapnb.group.settle import settle, take  # pandas, once a file is brought

    library = library_of(room)
    edition, rows = library.edition, {row["case_id"]: row for row in export_cases(library.values())}
    inbox = take(Inbox(), data, edition, rows)
    for refusal in inbox.refused:
        return Brought(problem=str(refusal.problems[0]))
    if inbox.papers[0].kind != "judgments":
        return Brought(problem=words(f"room.file_{inbox.papers[0].kind}"))
    settled = settle(inbox, edition, rows)
    judged = [read_judgment(row, edition) for row in settled.judgments]
    ours = [one for one in judged if one.case_id in room.cases]
    votes = tuple((one.rater, vote) for one in ours for vote in _list_votes(one, room))
    waiting = {row for one in settled.waiting for row in one.rows} | {row for one in settled.clashes for row in one.rows}
    blank = sum(not (one.outcome and one.confidence) for one in ours)
    left = sum(_leaves_something(one, room) for one in ours)
    return Brought(votes, len(judged) - len(ours), len(waiting) + blank, left)


def _list_votes(judgment: Judgment, room: Room) -> Iterator[Vote]:
    case, key = judgment.case_id, "file"
    if judgment.outcome and judgment.confidence:
        facts, said = dict(judgment.own or {}), judgment.comment
        yield Vote(case, Round.FIRST, judgment.outcome, judgment.confidence, said, judgment.prediction, facts, key)
    second = judgment.second
    if second.outcome and second.confidence and _is_open(judgment, room):
        yield Vote(case, Round.SECOND, second.outcome, second.confidence, second.reason, key=key)


def _leaves_something(judgment: Judgment, room: Room) -> bool:
    second = judgment.second
    taken = second == Second() or bool(second.outcome and second.confidence and _is_open(judgment, room))
    return bool(judgment.deciding_finding or judgment.reflection or not taken)


def _is_open(judgment: Judgment, room: Room) -> bool:
    """Whether the second vote on the case is or was the last one that was open."""
    return (judgment.case_id, room.rounds) == (room.case, Round.SECOND)
