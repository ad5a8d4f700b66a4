"""One page: how much of each block a note takes. What is cut is counted, and said.

The unit is a line of one of the two columns, reckoned from the number of characters alone. ``tests/test_report_printing.py`` prints
notes in a browser and counts their pages; whoever changes a size in ``note.css`` may have to change these constants.
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
    "spread": (6, 0),
    "alike": (3, 0),
    "agreement": (2, 0),
    "learning": (6, 0),
    "prompts": (4, 0),
    "facts": (3, 0),
    "rule": (3, 0),
    "priority": (3, 0),
    "differences": (8, 0),
    "vignette": (1, 0),
    "untold": (2, 0),
    "next": (2, 2),
    "outranked": (3, 1),
}
"""What takes room, one after the other: of each block how many lines, and of those that list details how many of each."""


def fit(draft: Note) -> Note:
    """The note with as much of its body as one page holds. What decides is kept in any case."""
    room: float = PAGE - 2 * (4 + _count(draft.title, 50) + _count(" ".join(draft.foot), ACROSS))
    room -= 2 * sum(2.5 + 3 * (block.key == "outcome") + _count(_join(*block.lines), ACROSS) for block in draft.head)
    if table := draft.table:
        room -= 2 * (3 + sum(_count(text, ACROSS) for text in table.below))
        heights = [2.4 * max(_count(row[0], 34), _count(row[1], 60)) for row in table.rows]
        while sum(heights) > room:
            heights.pop()
        room -= sum(heights)
        draft = replace(draft, table=replace(table, rows=table.rows[: len(heights)], marks=table.marks[: len(heights)]))
    blocks, kept = {block.key: block for block in draft.body}, dict[str, Block]()
    for key, (lines, details) in CAPS.items():
        block = blocks.get(key, Block(key, "", ()))
        for count, shown in product(range(min(lines, len(block.lines)), 0, -1), (details, 0)):
            cut = _cut(block, count, shown)
            if (height := _measure(cut)) <= room or (key == "deciding" and not shown):
                kept[key], room = cut, room - height
                break
    left_out = "; ".join(block.title for block in draft.body if block.key not in kept)
    rests = {key: rest for key, cut in kept.items() if (rest := _count_items(blocks[key]) - _count_items(cut))}
    return replace(
        draft,
        body=tuple(kept[block.key] for block in draft.body if block.key in kept),
        rests={key: words("report.more", count=rest) for key, rest in rests.items()},
        left_out=words("report.left_out", blocks=left_out) if left_out else "",
    )


def _cut(block: Block, lines: int, details: int) -> Block:
    stacked = block.key in STACKED
    return replace(
        block, lines=tuple(replace(one, details=one.details[:details]) if stacked else one for one in block.lines[:lines])
    )


def _count_items(block: Block) -> int:
    """How much there is to read: lines, and details where they are listed."""
    return len(block.lines) + sum(len(line.details) for line in block.lines if block.key in STACKED)


def _measure(block: Block) -> float:
    """The height of a block in a column."""
    listed = block.key in STACKED
    lines = ((_join(replace(one, details=())), *one.details) if listed else (_join(one),) for one in block.lines)
    return 2.4 + sum(0.25 + sum(_count(text, COLUMN) for text in texts) for texts in lines)


def _join(*lines: Line) -> str:
    return " ".join(part for line in lines for part in (line.text, *(f" {one.text} " for one in line.badges), *line.details))


def _count(text: str, width: int) -> int:
    """How many lines a text takes; the broad letters of East Asia count twice."""
    return ceil((len(text) + sum(unicodedata.east_asian_width(one) in "WF" for one in text)) / width)
