"""One page: how much of each block a note takes. What is cut is counted, and said.

The unit is a line of one of the two columns, reckoned from the number of characters alone. ``tests/test_report_printing.py`` prints
notes in a browser and counts their pages; if you change a size in ``note.css``, you may have to change these constants.
"""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from itertools import product
from math import ceil
from typing import Final

from kapnb.report.note import STACKED, Note
from kapnb.text.blocks import Block, Line
from kapnb.text.words import words

PAGE: Final = 122
"""Lines of both columns together."""

COLUMN, ACROSS = 44, 94
"""Characters in a line of a column, and in one across the page, which takes a line of both columns."""

CAPS: Final = {
    "deciding": (9, 3),
    "agreement": (2, 0),
    "learning": (6, 0),
    "prompts": (12, 0),
    "spread": (6, 0),
    "alike": (3, 0),
    "facts": (3, 0),
    "rule": (3, 0),
    "priority": (3, 0),
    "differences": (8, 0),
    "vignette": (1, 0),
    "untold": (2, 0),
    "ask": (1, 1),
    "beside": (14, 1),
}
"""What takes room, one after the other: of each block how many lines, and of those that list details how many of each."""


CHOSEN: Final = ("agreement", "learning", "prompts")
"""Plain agreement and what the supervisor wrote and ticked have their room before the rows of a table, of which so many stay."""

LEAST_ROWS: Final = 12


def fit(draft: Note) -> Note:
    """The note with as much of its body as one page holds. What decides is kept in any case."""
    room: float = PAGE - 2 * (4 + _count(draft.title, 50) + _count(" ".join(draft.foot), ACROSS))
    room -= 2 * bool(draft.about) * (1 + _count(draft.about, ACROSS))
    for block in draft.head:
        room -= 2 * (2.5 + _count(" ".join(_read(block)), ACROSS))
    if table := draft.table:
        room -= 2 * (3 + sum(_count(text, ACROSS) for text in table.below))
        heights = [2.4 * max(_count(row[0], 34), _count(row[1], 60)) for row in table.rows]
        chosen = sum(_measure(block) for block in draft.body if block.key in CHOSEN)
        while sum(heights) > room or (len(heights) > LEAST_ROWS and sum(heights) > room - chosen):
            heights.pop()
        room -= sum(heights)
        draft = replace(draft, table=replace(table, rows=table.rows[: len(heights)], marks=table.marks[: len(heights)]))
    blocks, kept = {block.key: block for block in draft.body}, dict[str, Block]()
    for key, (lines, details) in CAPS.items():
        block = blocks.get(key, Block(key, "", ()))
        for count, shown in product(range(min(lines, len(block.lines)), 0, -1), (details, 0)):
            cut = replace(block, lines=block.lines[:count])
            if key in STACKED:
                cut = replace(cut, lines=tuple(replace(line, details=line.details[:shown]) for line in cut.lines))
            if (height := _measure(cut)) <= room or (key == "deciding" and not shown):
                kept[key], room = cut, room - height
                break
    left_out = "; ".join(block.title for block in draft.body if block.key not in kept)
    rests = {key: rest for key, cut in kept.items() if (rest := len(_read(blocks[key])) - len(_read(cut)))}
    return replace(
        draft,
        body=tuple(kept[block.key] for block in draft.body if block.key in kept),
        rests={key: words("report.more", count=rest) for key, rest in rests.items()},
        left_out=words("report.left_out", blocks=left_out) if left_out else "",
    )


def _measure(block: Block) -> float:
    """The height of a block in a column."""
    return 2.4 + 0.25 * len(block.lines) + sum(_count(text, COLUMN) for text in _read(block))


def _read(block: Block) -> list[str]:
    """What there is to read: lines, and details where they are listed under them."""
    return [text for line in block.lines for text in _split(line, stacked=block.key in STACKED)]


def _split(line: Line, *, stacked: bool) -> list[str]:
    said = [line.text, *(f" {badge.text} " for badge in line.badges)]
    return [" ".join(said), *line.details] if stacked else [" ".join((*said, *line.details))]


def _count(text: str, width: int) -> int:
    """How many lines a text takes; the broad letters of East Asia count twice."""
    return ceil((len(text) + sum(unicodedata.east_asian_width(one) in "WF" for one in text)) / width)
