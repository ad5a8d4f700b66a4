"""A note as a value. It holds the explanation's own lines; the writers draw it and decide nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from kapnb.text.blocks import Block, Line
from kapnb.text.characters import TURNS, make_writable
from kapnb.text.words import words

STACKED: Final = frozenset(("deciding", "beside", "ask"))
"""Blocks whose details are listed under their line; elsewhere they follow it."""

FLOWING: Final = frozenset(("support", "outcome", "whose", "vignette", "story", "words"))
"""Blocks that are read as paragraphs; the lines of the others are a list. Of a leaf, ``story`` is read in a person's voice."""


@dataclass(frozen=True, slots=True)
class Table:
    """The cases of a session.

    Attributes:
        head: what the columns hold: the case, its outcome, and the short names of the counted ones.
        meanings: what the short names mean.
        rows: one cell for each of ``head``.
        marks: for each row the counted column that is the article's own outcome.
        lead: how to read the table.
        cases: how many there are, those without a row among them.
    """

    title: str
    head: tuple[str, ...]
    meanings: Mapping[str, str]
    rows: tuple[tuple[str, ...], ...]
    marks: tuple[int, ...]
    lead: str
    cases: int

    @property
    def below(self) -> tuple[str, ...]:
        """What is said under the table: how many cases are left out, how to read it, what the short names mean."""
        left_out = self.cases - len(self.rows)
        rest = words("report.more", count=left_out) if left_out else ""
        return tuple(filter(None, (rest, self.lead, " · ".join(map(" ".join, self.meanings.items())))))


@dataclass(frozen=True, slots=True)
class Form:
    """Something to fill in by hand.

    Attributes:
        head: what the columns are for; the first is over the names of the rows.
        rows: a name for each row.
    """

    head: tuple[str, ...]
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One case of several, or a card.

    Attributes:
        about: a line below the title.
        blocks: what it says, each block under its label.
        form: to be filled in below it.
        room: what the empty lines at its end are for; none where it is empty.
    """

    title: str
    about: str
    blocks: tuple[Block, ...]
    form: Form | None = None
    room: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """What one note says.

    Attributes:
        kind: what it is a note of.
        title: of the case, the session or the set.
        head: what is read first, across the page: where ideation is recorded its support, then the outcome.
        body: everything else, in columns.
        rests: for a block of the body that is cut short, how much of it is left out, in words.
        about: whose it is and of when, in a line under the title.
        left_out: the blocks for which there was no room at all, in words; empty where there was.
        foot: what every export repeats.
        mark: of the outcome of a single case; empty where there is none yet.
        table: the cases of a session.
        leaves: the cases of a set, after everything else; where they are ``apart``, each begins a page when printed.
    """

    kind: str
    title: str
    head: tuple[Block, ...]
    body: tuple[Block, ...]
    foot: tuple[str, ...]
    mark: str = ""
    table: Table | None = None
    rests: Mapping[str, str] = field(default_factory=dict)
    left_out: str = ""
    leaves: tuple[Leaf, ...] = ()
    apart: bool = False
    about: str = ""

    @property
    def end(self) -> tuple[str, ...]:
        """The paragraphs at the end: what was left out, and what every export repeats."""
        return tuple(filter(None, (self.left_out, " ".join(self.foot))))


def make_block(key: str, title: str, lines: Iterable[Line | str]) -> Block | None:
    """A block of what there is to say, under the words of a title, or none."""
    told = tuple(Line(one) if isinstance(one, str) else one for one in lines if one)
    return Block(key, words(title), told) if told else None


def tidy(text: str) -> str:
    r"""The text on one line. What no document can hold becomes a replacement character.

    >>> tidy("  two\n lines,\x07 a bell ")
    'two lines,� a bell'
    """
    return make_writable(" ".join(re.sub(f"[{TURNS}]", "", text).split()))


def shorten(text: str, most: int) -> str:
    """The text on one line, or its beginning up to a word, and that it is shortened.

    >>> shorten("a long story of one afternoon", 14)
    'a long story … (shortened here)'
    """
    text = tidy(text)
    if len(text) <= most:
        return text
    start = text[:most]
    whole = start if text[most].isspace() else start.rpartition(" ")[0] or start
    return words("report.shortened", start=whole.rstrip())


def tidy_block(block: Block) -> Block:
    """The block with every text on one line."""
    lines = (replace(line, text=tidy(line.text), details=tuple(map(tidy, line.details))) for line in block.lines)
    return replace(block, title=tidy(block.title), lines=tuple(lines))
