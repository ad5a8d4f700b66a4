"""One page: what there is room for. Lines are kept in the order of their weight until the page is full, and the rest is counted.

How tall a note comes out is estimated from the widths of letters in a common sans serif, on the smaller of both papers in each
direction, with something to spare. Tests print notes in a browser and count the pages.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Final

from kapnb.explanation import Block, Line
from kapnb.report.note import STACKED, Note, Table
from kapnb.words import words

PAGE: Final = 700.0
WIDTH: Final = 518.0
COLUMN: Final = 246.0
"""In points, within the margins: the height of US Letter, less what is to spare; the width of A4; one of two columns."""

SIZE: Final = 9.5
LEADING: Final = 12.6

ALL: Final = 1_000

ROUNDS: Final[tuple[tuple[str, int, int], ...]] = (
    ("deciding", ALL, 0),
    ("spread", ALL, ALL),
    ("alike", ALL, ALL),
    ("learning", 3, ALL),
    ("agreement", 1, ALL),
    ("facts", 1, ALL),
    ("rule", 1, ALL),
    ("priority", 1, ALL),
    ("prompts", 2, ALL),
    ("deciding", ALL, 1),
    ("disputes", 3, ALL),
    ("vignette", 1, ALL),
    ("learning", 6, ALL),
    ("facts", 3, ALL),
    ("rule", 3, ALL),
    ("priority", 3, ALL),
    ("untold", 1, ALL),
    ("next", 1, 0),
    ("outranked", ALL, 0),
    ("prompts", 4, ALL),
    ("deciding", ALL, ALL),
    ("learning", ALL, ALL),
    ("facts", ALL, ALL),
    ("rule", ALL, ALL),
    ("priority", ALL, ALL),
    ("untold", ALL, ALL),
    ("agreement", ALL, ALL),
    ("disputes", ALL, ALL),
    ("prompts", ALL, ALL),
    ("next", 1, ALL),
    ("outranked", ALL, ALL),
    ("next", ALL, ALL),
)
"""What is given room, one after the other: a block, how many of its lines, and how many details of each where they are stacked."""

Piece = tuple[int, int, int]
"""A block of the body, a line of it, and a detail of that; the line itself is detail -1."""


def fit(draft: Note) -> Note:
    """The note with as much of its body as one page holds. What decides stays in any case."""
    pieces = [piece for key, lines, details in ROUNDS for piece in _pieces(draft, key, lines, details)]
    kept = {piece for piece in pieces if draft.body[piece[0]].key == "deciding" and piece[2] < 0}
    refused: set[Piece] = set()
    note = _build(draft, kept)
    for piece in dict.fromkeys(pieces):
        if piece not in kept and not refused & set(_before(piece)):
            trial = _build(draft, kept | {piece})
            if measure(trial) <= PAGE:
                kept.add(piece)
                note = trial
            else:
                refused.add(piece)
    return note


def _pieces(draft: Note, key: str, lines: int, details: int) -> Iterator[Piece]:
    for index, block in enumerate(draft.body):
        if block.key == key:
            for number, line in enumerate(block.lines[:lines]):
                yield index, number, -1
                if key in STACKED:
                    yield from ((index, number, detail) for detail in range(min(len(line.details), details)))


def _before(piece: Piece) -> Iterator[Piece]:
    """The pieces without which this one does not stand: nothing is skipped."""
    block, line, detail = piece
    yield from ((block, line, earlier) for earlier in range(-1, detail))
    if detail < 0:
        yield from ((block, earlier, -1) for earlier in range(line))


def _build(draft: Note, kept: set[Piece]) -> Note:
    body, rests, left_out = [], {}, []
    for index, block in enumerate(draft.body):
        lines = [line for number, line in enumerate(block.lines) if (index, number, -1) in kept]
        if block.key in STACKED:
            lines = [_keep_details(line, kept, index, number) for number, line in enumerate(lines)]
        rest = _count(block, block.lines) - _count(block, lines)
        if lines:
            body.append(replace(block, lines=tuple(lines)))
        if lines and rest:
            rests[block.key] = words("report.more", count=rest)
        elif rest:
            left_out.append(block.title)
    said = words("report.left_out", blocks="; ".join(left_out)) if left_out else ""
    return replace(draft, body=tuple(body), rests=rests, left_out=said)


def _keep_details(line: Line, kept: set[Piece], index: int, number: int) -> Line:
    details = tuple(detail for place, detail in enumerate(line.details) if (index, number, place) in kept)
    return replace(line, details=details)


def _count(block: Block, lines: Iterable[Line]) -> int:
    """How much there is to read: lines, and details where they stand by themselves."""
    return sum(1 + (len(line.details) if block.key in STACKED else 0) for line in lines)


def measure(note: Note) -> float:
    """About how tall the note is on paper, in points."""
    across = 22 + 21 * _lines(note.title, WIDTH, 17)
    across += sum(_HEADS[block.key] + _height(block, WIDTH - 22, 0) for block in note.head)
    across += 14 + LEADING * (_lines(" ".join(note.foot), WIDTH) + (_lines(note.left_out, WIDTH) if note.left_out else 0))
    across += _measure_table(note.table) if note.table else 0
    columns = [25.5 + _height(block, COLUMN, 3) for block in note.body] + [LEADING for _ in note.rests]
    return across + sum(columns) / 2 + (_UNEVEN if len(columns) > 1 else 0)


_HEADS: Final = {"support": 32.0, "outcome": 59.0, "whose": 9.0}
"""What stands in a block across the page beside its lines: its heading, the scale of outcomes, its edges."""

_UNEVEN: Final = 26.0
"""By how much the taller column can pass the middle: lines are not torn apart."""


def _height(block: Block, width: float, gap: float) -> float:
    return sum(gap + _height_of_line(line, width, stacked=block.key in STACKED) for line in block.lines)


def _height_of_line(line: Line, width: float, *, stacked: bool) -> float:
    text = " ".join((line.text, *(f"__{badge.text}" for badge in line.badges)))
    if not stacked:
        return LEADING * _lines(" ".join((text, *line.details)), width)
    return LEADING * (_lines(text, width) + sum(_lines(detail, width - 10) for detail in line.details))


def _measure_table(table: Table) -> float:
    numbers = 18.0 * len(table.columns)
    case, outcome = WIDTH * 0.36 - 6, WIDTH * 0.64 - numbers - 6
    rows = sum(4 + LEADING * max(_lines(row[0], case), _lines(row[1], outcome)) for row in table.rows)
    below = sum(_lines(text, WIDTH) for text in (table.lead, table.legend, table.rest) if text)
    return 42 + rows + LEADING * below


@lru_cache(maxsize=4096)
def _lines(text: str, width: float, size: float = SIZE) -> int:
    """How many lines a text takes: words are kept whole where they can be."""
    room = width / size
    lines, at = 1, 0.0
    for word in text.split():
        wide = sum(map(_wide, word))
        if at and at + _SPACE + wide > room:
            lines, at = lines + 1, 0.0
        at += wide + (_SPACE if at else 0)
        if at > room:
            lines += math.ceil(at / room) - 1
            at %= room
    return lines


_SPACE: Final = 0.29
_NARROW: Final = frozenset("iljtfr.,:;'|!()[]/I\"“”\u2019")
_BROAD: Final = frozenset("mwMW%@…—")


@lru_cache(maxsize=4096)
def _wide(character: str) -> float:
    """How wide a letter is, in ems; a little more than in the fonts that are named for the note."""
    if character in _NARROW:
        return 0.32
    if character in _BROAD:
        return 0.95
    if character.isascii():
        return 0.72 if character.isupper() else 0.57
    category = unicodedata.category(character)
    if category in {"Mn", "Me", "Cf"}:
        return 0.0
    if category[0] == "L" and unicodedata.east_asian_width(character) not in {"W", "F"}:
        return 0.75
    return 1.4 if category == "So" else 1.05
