"""The note in Markdown. Every text stays text: nothing in it can become markup, a link or a picture."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from kapnb.report.note import FLOWING, STACKED, Form, Leaf, Note, Table
from kapnb.text.blocks import Block

_SIGNS: Final = re.compile(r"[\\`*_{}\[\]<>#|~$^&@=]|[.:](?=\S)")
"""What can become markup, and what makes a bare address a link."""

_BREAKS: Final = re.compile(r"\s*[\r\n]\s*")
"""A new line can become a heading, a rule or a list."""

_FIRST: Final = re.compile(r"^(\d{1,9})?([-+=.)])")


def write_markdown(note: Note) -> str:
    """The note as Markdown."""
    parts = [f"# {escape(note.title)}", *map(escape, filter(None, (note.kind, note.about)))]
    for block in note.head:
        parts += _write_block(block)
    if note.table:
        parts += _write_table(note.table)
    for block in note.body:
        parts += _write_block(block)
        if block.key in note.rests:
            parts.append(escape(note.rests[block.key]))
    parts += ["---", *map(escape, note.end)]
    for leaf in note.leaves:
        parts += _write_leaf(leaf)
    return "\n\n".join(parts) + "\n"


def escape(text: str) -> str:
    r"""The text so that it means itself.

    >>> print(escape("1. [Look](https://example.org) *here*"))
    1\. \[Look\](https\://example\.org) \*here\*
    """
    return _FIRST.sub(r"\1\\\2", _SIGNS.sub(r"\\\g<0>", _BREAKS.sub(" ", text)))


def _write_leaf(leaf: Leaf) -> Iterator[str]:
    yield f"## {escape(leaf.title)}"
    if leaf.about:
        yield escape(leaf.about)
    for block in leaf.blocks:
        yield from _write_block(block, 3)
    if leaf.form:
        yield _write_form(leaf.form)
    if leaf.room:
        yield f"### {escape(leaf.room)}"


def _write_form(form: Form) -> str:
    rule, empty = ["---"] * len(form.head), [""] * (len(form.head) - 1)
    rows = (map(escape, form.head), rule, *([escape(name), *empty] for name in form.rows))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _write_block(block: Block, level: int = 2) -> Iterator[str]:
    """Lines with their badges and details, which follow their line or are listed under it."""
    lines = []
    for line in block.lines:
        badges = " · ".join(f"*{escape(badge.text)}*" for badge in line.badges)
        details = list(map(escape, line.details))
        below = details if block.key in STACKED or level > 2 else []
        said = " — ".join(filter(None, (escape(line.text), badges, *(() if below else details))))
        lines.append("\n".join((said, *(f"  - {detail}" for detail in below))))
    if block.title:
        yield f"{'#' * level} {escape(block.title)}"
    if block.key in FLOWING:
        yield from lines
    else:
        yield "\n".join(f"- {line}" for line in lines)


def _write_table(table: Table) -> Iterator[str]:
    yield f"## {escape(table.title)}"
    rule = ("---", "---", *("--:" for _ in table.meanings))
    rows = [list(map(escape, row)) for row in table.rows]
    for row, mark in zip(rows, table.marks, strict=True):
        if mark < len(row) and row[mark]:
            row[mark] = f"**{row[mark]}**"
    yield "\n".join(f"| {' | '.join(row)} |" for row in (map(escape, table.head), rule, *rows))
    yield from map(escape, table.below)
