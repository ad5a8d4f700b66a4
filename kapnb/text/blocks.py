"""What an explanation is made of: blocks of lines with badges. Pages, reports and the terminal each draw them in their way."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Badge:
    """A short label beside a line; ``kind`` is a basis, or outcome, reason, caution, note, favorable, prompt."""

    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Line:
    """One statement, with details under it. ``field`` names a question that it points to."""

    text: str
    badges: tuple[Badge, ...] = ()
    details: tuple[str, ...] = ()
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Statements under one title; ``open`` says whether they are shown at once or one step away."""

    key: str
    title: str
    lines: tuple[Line, ...]
    open: bool = False


def as_text(blocks: Iterable[Block], width: int = 100) -> str:
    """The blocks as text for a terminal.

    >>> print(as_text([Block("four", "What this is", (Line("For invented cases only."),))]))
    What this is
      For invented cases only.
    """
    return "\n\n".join("\n".join((block.title, *_wrap(block.lines, width))) for block in blocks)


def _wrap(lines: Iterable[Line], width: int) -> Iterator[str]:
    for line in lines:
        badges = "".join(f" [{badge.text}]" for badge in line.badges)
        yield textwrap.fill(line.text + badges, width, initial_indent="  ", subsequent_indent="    ")
        for detail in line.details:
            yield textwrap.fill(detail, width, initial_indent="      ", subsequent_indent="        ")
