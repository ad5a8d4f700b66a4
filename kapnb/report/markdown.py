"""The note in Markdown. Every text comes out as text: nothing in it can become markup, a link or a picture."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
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
        parts += [escape(note.rests[block.key])] if block.key in note.rests else []
    return "\n\n".join((*parts, "---", *(escape(text) for text in (note.left_out, *note.foot) if text))) + "\n"


def escape(text: str) -> str:
    r"""The text so that it stands for itself.

    >>> print(escape("1. [Look](https://example.org) *here*"))
    1\. \[Look\](https\://example\.org) \*here\*
    """
    said = _ALWAYS.sub(lambda found: "\\" + found[0], text)
    said = _INSIDE.sub(lambda found: "\\" + found[0], said)
    return _FIRST.sub(r"\1\\\2", said)


def _write_block(block: Block) -> Iterator[str]:
    yield f"## {escape(block.title)}"
    if block.key in FLOWING:
        yield from (_write_line(line) for line in block.lines)
    else:
        yield "\n".join(part for line in block.lines for part in _write_item(line, stacked=block.key in STACKED))


def _write_item(line: Line, *, stacked: bool) -> Iterator[str]:
    if not stacked:
        yield f"- {_write_line(line)}"
        return
    yield f"- {_write_line(replace(line, details=()))}"
    yield from (f"  - {escape(detail)}" for detail in line.details)


def _write_line(line: Line) -> str:
    """A line with its badges and what follows it."""
    badges = " · ".join(f"*{escape(badge.text)}*" for badge in line.badges)
    return " — ".join(filter(None, (escape(line.text), badges, *map(escape, line.details))))


def _write_table(table: Table) -> Iterator[str]:
    yield f"## {escape(table.title)}"
    head = (*table.head, *(short for short, _ in table.columns))
    rule = ("---", "---", *("--:" for _ in table.columns))
    rows = [_mark(row, mark + len(table.head)) for row, mark in zip(table.rows, table.marks, strict=True)]
    yield "\n".join(f"| {' | '.join(row)} |" for row in (map(escape, head), rule, *rows))
    yield from (escape(text) for text in (table.rest, table.lead, table.legend) if text)


def _mark(row: tuple[str, ...], mark: int) -> tuple[str, ...]:
    return tuple(f"**{escape(cell)}**" if cell and place == mark else escape(cell) for place, cell in enumerate(row))
