"""A note as a value. It holds the explanation's own lines; the writers draw it and decide nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kapnb.engine.outcomes import Outcome
from kapnb.text.blocks import Block
from kapnb.text.words import words


@dataclass(frozen=True, slots=True)
class Table:
    """The cases of a session.

    Attributes:
        head: what the first two columns hold: the case, its outcome.
        columns: the counted ones, each with its short name and what that stands for.
        rows: one cell for each of ``head`` and ``columns``.
        marks: for each row the counted column that is this source's own outcome.
        lead: how to read the table.
        cases: how many there are, those without a row among them.
    """

    title: str
    head: tuple[str, str]
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, ...], ...]
    marks: tuple[int, ...]
    lead: str
    cases: int

    @property
    def rest(self) -> str:
        """How many cases are left out, in words."""
        left_out = self.cases - len(self.rows)
        return words("report.more", count=left_out) if left_out else ""

    @property
    def legend(self) -> str:
        """What the short names stand for."""
        return " · ".join(" ".join(column) for column in self.columns)


@dataclass(frozen=True, slots=True)
class Note:
    """A note that fits on one page.

    Attributes:
        kind: what it is a note of.
        title: of the case or the session.
        head: what is read first, across the page: where ideation is recorded its support, then the outcome.
        body: everything else, in columns.
        rests: for a block of the body that is cut short, how much of it is left out, in words.
        left_out: the blocks for which there was no room at all, in words; empty where there was.
        foot: what every export repeats.
        outcome: None for a session.
        possible: the outcomes that are still possible.
        table: the cases of a session.
    """

    kind: str
    title: str
    head: tuple[Block, ...]
    body: tuple[Block, ...]
    foot: tuple[str, ...]
    outcome: Outcome | None = None
    possible: frozenset[Outcome] = frozenset()
    table: Table | None = None
    rests: Mapping[str, str] = field(default_factory=dict)
    left_out: str = ""


STACKED = frozenset(("deciding", "outranked", "next"))
"""Blocks whose details stand one below the other; elsewhere they follow their line."""

FLOWING = frozenset(("support", "outcome", "whose", "vignette"))
"""Blocks that are read as paragraphs; the lines of the others are a list."""
