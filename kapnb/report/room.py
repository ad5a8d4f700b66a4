"""One page: what there is room for. Lines are kept in the order of their weight until the page is full, and the rest is counted.

How tall a note comes out is estimated from the widths of letters in a common sans serif, on each of both papers, with something to
spare. Tests print notes in a browser and count the pages.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Final, NamedTuple

from kapnb.report.note import STACKED, Note, Table
from kapnb.text.blocks import Block, Line
from kapnb.text.words import words


class Paper(NamedTuple):
    """What is within the margins, in points: the page and one of its two columns, and the height, with something to spare."""

    width: float
    column: float
    height: float


PAPERS: Final = (Paper(538, 256, 728), Paper(518, 246, 776))
"""US Letter, and the narrower and higher A4: a note fits on either."""

SIZE: Final = 9.5
LEADING: Final = 12.4

ALL: Final = 1_000

ROUNDS: Final[tuple[tuple[str, int, int], ...]] = (
    ("deciding", ALL, 0),
    ("spread", ALL, ALL),
    ("alike", ALL, ALL),
    ("learning", 4, ALL),
    ("prompts", 2, ALL),
    ("facts", 1, ALL),
    ("rule", 1, ALL),
    ("priority", 1, ALL),
    ("differences", 3, ALL),
    ("agreement", 1, ALL),
    ("deciding", ALL, 1),
    ("vignette", 1, ALL),
    ("prompts", 5, ALL),
    ("learning", 6, ALL),
    ("facts", 3, ALL),
    ("rule", 3, ALL),
    ("priority", 3, ALL),
    ("untold", 1, ALL),
    ("next", 1, 0),
    ("outranked", ALL, 0),
    ("deciding", ALL, ALL),
    *((key, ALL, ALL) for key in ("learning", "prompts", "differences", "facts", "rule", "priority", "untold")),
    *((key, ALL, ALL) for key in ("agreement", "next", "outranked")),
)
"""What is given room, one after the other: a block, how many of its lines, and how many details of each where they are stacked."""

Piece = tuple[int, int, int]
"""A block of the body, a line of it, and a detail of that; the line itself is detail -1."""


def fit(draft: Note) -> Note:
    """The note with as much of its body as one page holds. What decides stays in any case."""
    pieces = [piece for key, lines, details in ROUNDS for piece in _pieces(draft, key, lines, details)]
    kept = {piece for piece in pieces if draft.body[piece[0]].key == "deciding" and piece[2] < 0}
    refused: set[Piece] = set()
    draft = _trim(draft, kept)
    note = _build(draft, kept)
    for piece in dict.fromkeys(pieces):
        if piece not in kept and not refused & set(_before(piece)):
            trial = _build(draft, kept | {piece})
            if fits(trial):
                kept.add(piece)
                note = trial
            else:
                refused.add(piece)
    return note


def _trim(draft: Note, kept: set[Piece]) -> Note:
    """Without the last cases of a table that alone would fill the page."""
    while draft.table and draft.table.rows and not fits(_build(draft, kept)):
        draft = replace(draft, table=replace(draft.table, rows=draft.table.rows[:-1], marks=draft.table.marks[:-1]))
    return draft


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


def fits(note: Note) -> bool:
    """Whether the note is no taller than a page of either paper."""
    return all(measure(note, paper) <= paper.height for paper in PAPERS)


def measure(note: Note, paper: Paper) -> float:
    """About how tall the note is on a paper, in points."""
    width, column, _ = paper
    across = 19.0 + 20.5 * _lines(note.title, width, 17)
    across += sum(_height_across(block, width) for block in note.head)
    across += 14 + LEADING * (_lines(" ".join(note.foot), width) + (_lines(note.left_out, width) if note.left_out else 0))
    across += _measure_table(note.table, width) if note.table else 0
    columns = [_height_in_column(block, column) for block in note.body] + [LEADING for _ in note.rests]
    return across + sum(columns) / 2 + _measure_unevenness(note.body, column)


def _height_across(block: Block, width: float) -> float:
    """A block across the page: an outcome has a larger heading, a scale and lines of their own; others run on."""
    if block.key == "outcome":
        return 59 + _height(block, width - 22, 0)
    text = " · ".join(line.text for line in block.lines)
    if block.key == "support":
        return 32 + LEADING * _lines(text, width - 24)
    return 9 + LEADING * _lines(f"{block.title} · {text}", width)


def _height_in_column(block: Block, column: float) -> float:
    return 12.0 + 13.8 * _lines(block.title, column, 11) + _height(block, column - (13 if block.key == "learning" else 0), 3)


def _measure_unevenness(blocks: Iterable[Block], column: float) -> float:
    """By how much the taller column can pass the middle: neither a line nor a heading and what follows it are torn apart."""
    tallest = max((_lines(line.text, column) for block in blocks for line in block.lines if block.key != "vignette"), default=0)
    return 9 + LEADING * tallest / 2


def _height(block: Block, width: float, gap: float) -> float:
    return sum(gap + _height_of_line(line, width, stacked=block.key in STACKED) for line in block.lines)


def _height_of_line(line: Line, width: float, *, stacked: bool) -> float:
    text = " ".join((line.text, *(_WHOLE + badge.text.replace(" ", _WHOLE) for badge in line.badges)))
    if not stacked:
        return LEADING * _lines(" ".join((text, *line.details)), width)
    return LEADING * (_lines(text, width) + sum(_lines(detail, width - 10) for detail in line.details))


def _measure_table(table: Table, width: float) -> float:
    numbers = 15.0 * len(table.columns)
    case, outcome = width * 0.34 - 6, width * 0.66 - numbers - 6
    rows = sum(3.2 + LEADING * max(_lines(row[0], case), _lines(row[1], outcome)) for row in table.rows)
    return 42 + rows + LEADING * _lines(f"{table.rest} {table.lead} {table.legend}", width)


@lru_cache(maxsize=4096)
def _lines(text: str, width: float, size: float = SIZE) -> int:
    """How many lines a text takes: words are kept whole where they can be."""
    room = width / size
    lines, end = 1, 0.0
    for word in text.split(" "):
        wide = sum(map(_wide, word))
        if end and end + _WIDTHS[" "] + wide > room:
            lines, end = lines + 1, 0.0
        end += wide + (_WIDTHS[" "] if end else 0.0)
        if end > room:
            lines += math.ceil(end / room) - 1
            end %= room
    return lines


_WHOLE: Final = "\N{NO-BREAK SPACE}"
"""A badge goes to the next line as one word."""

_WIDTHS: Final = {
    letter: width
    for width, letters in (
        (0.22, "ijl'\u2019"),
        (0.28, f"{_WHOLE} ,./:;!|ftI[]\\"),
        (0.34, 'r()-"\u201c\u201d\u00b7*'),
        (0.50, "ckszvxyJ"),
        (0.61, "FTZ+<=>~"),
        (0.67, "ABEKPSVXY&"),
        (0.73, "CDHNRUw"),
        (0.79, "GOQ"),
        (0.84, "mM"),
        (1.02, "W%@\u2026\u2014\u2192"),
    )
    for letter in letters
}
"""How wide letters are in Arial and its like, in ems; others of ASCII are 0.56."""


@lru_cache(maxsize=4096)
def _wide(character: str) -> float:
    if character.isascii() or character in _WIDTHS:
        return _WIDTHS.get(character, 0.56)
    category = unicodedata.category(character)
    if category in {"Mn", "Me", "Cf"}:
        return 0.0
    if category[0] == "L" and unicodedata.east_asian_width(character) not in {"W", "F"}:
        return 0.75
    return 1.4 if category == "So" else 1.05
