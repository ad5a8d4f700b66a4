"""The note in Markdown. Every text comes out as text: nothing in it can become markup, a link or a picture."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from kapnb.report.note import FLOWING, STACKED, Note, Table
from kapnb.text.blocks import Block, Line

_ALWAYS: Final = re.compile(r"[\\`*_{}\[\]<>#|~$^&@=]")
_INSIDE: Final = re.compile(r"[.:](?=\S)")  # what makes a bare address a link
_FIRST: Final = re.compile(r"^(\d{1,9})?([-+=.)])")


def write_markdown(note: Note) -> str:
    """The note as Markdown."""
    parts = [f"# {escape(note.title)}", escape(note.kind)]
    for block in note.head:
        parts += _write_block(block)
    if note.table:
        parts += _write_table(note.table)
    for block in note.body:
        parts += _write_block(block)
        if block.key in note.rests:
            parts.append(escape(note.rests[block.key]))
    return "\n\n".join((*parts, "---", *map(escape, note.end))) + "\n"


def escape(text: str) -> str:
    r"""The text so that it means itself.

    >>> print(escape("1. [Look](https://example.org) *here*"))
    1\. \[Look\](https\://example\.org) \*here\*
    """
    said = _ALWAYS.sub(lambda found: "\\" + found[0], text)
    said = _INSIDE.sub(lambda found: "\\" + found[0], said)
    return _FIRST.sub(r"\1\\\2", said)


def _write_block(block: Block) -> Iterator[str]:
    yield f"## {escape(block.title)}"
    lines = (_write_line(line, stacked=block.key in STACKED) for line in block.lines)
    if block.key in FLOWING:
        yield from lines
    else:
        yield "\n".join(f"- {line}" for line in lines)


def _write_line(line: Line, *, stacked: bool) -> str:
    """A line with its badges and its details, which follow it or are listed under it."""
    badges = " · ".join(f"*{escape(badge.text)}*" for badge in line.badges)
    details = tuple(map(escape, line.details))
    said = " — ".join(filter(None, (escape(line.text), badges, *(() if stacked else details))))
    return "\n".join((said, *(f"  - {detail}" for detail in details))) if stacked else said


def _write_table(table: Table) -> Iterator[str]:
    yield f"## {escape(table.title)}"
    head = (*table.head, *(short for short, _ in table.columns))
    rule = ("---", "---", *("--:" for _ in table.columns))
    rows = [_mark(row, mark + len(table.head)) for row, mark in zip(table.rows, table.marks, strict=True)]
    yield "\n".join(f"| {' | '.join(row)} |" for row in (map(escape, head), rule, *rows))
    yield from map(escape, table.below)


def _mark(row: tuple[str, ...], mark: int) -> tuple[str, ...]:
    return tuple(f"**{escape(cell)}**" if cell and place == mark else escape(cell) for place, cell in enumerate(row))
