"""One inbox for what a group judged: many files that add up, what waits to be mended, and who judged what.

Nothing here keeps a file as it came: a paper holds the columns that are ours and no others. Every change is a function from one
inbox to the next; :func:`kapnb.group.settle.settle` says what follows from an inbox.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from kapnb.tables.forms import Form, unroll
from kapnb.text.words import words

if TYPE_CHECKING:  # what reads tables is imported when a table is read
    from kapnb.tables.problems import TableProblem
    from kapnb.tables.sift import Held

Row = Mapping[str, str]

MOST_PAPERS: Final = 100

KINDS: Final = ("cases", "judgments")


@dataclass(frozen=True, eq=False)
class Paper:
    """One file, with the columns of ours that it has. It is itself alone, so that what was sifted of it is known again.

    Attributes:
        number: what it is called by; names of files may name people.
        kind: cases, judgments, or form where somebody has yet to say whether it is read rightly.
        header: the names of its columns.
        header_row: where they stood.
        rows: the number of each row and its cells as they were.
        odd: cells that are no text, by the number of the row and the place of the column, and what they are.
        told: what was settled to read the file, in words.
        form: how a form is read.
        origin: for a row made from a form, the row of the form.
        spreadsheet: whether an apostrophe keeps a cell from being run.
    """

    number: int
    kind: str
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    header_row: int = 1
    odd: tuple[tuple[int, int, str], ...] = ()
    told: tuple[str, ...] = ()
    form: Form | None = None
    origin: Mapping[int, int] = field(default_factory=dict)
    spreadsheet: bool = True


@dataclass(frozen=True)
class Refusal:
    """A file that cannot be used, and why."""

    number: int
    problems: tuple[TableProblem, ...]


Mend = tuple[int, str, str, int]
"""A cell to mend: the number of its paper, its column, what it holds, and its row; 0 for every row of which the cell holds that."""


@dataclass(frozen=True)
class Inbox:
    """Everything that was brought.

    Attributes:
        papers: in the order in which they came.
        refused: files that cannot be used.
        count: how many files came at all.
        mends: what somebody said that a cell means; empty for not recorded.
        aliases: for a label of a person, the label to count it as.
        apart: papers and labels of which somebody said that two people use the same.
        later: papers and labels of which the later row counts.
    """

    papers: tuple[Paper, ...] = ()
    refused: tuple[Refusal, ...] = ()
    count: int = 0
    mends: Mapping[Mend, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    apart: frozenset[tuple[int, str]] = frozenset()
    later: frozenset[tuple[int, str]] = frozenset()

    def find(self, number: int) -> Paper:
        """The paper of that number.

        Raises:
            ValueError: when there is none.
        """
        found = [paper for paper in self.papers if paper.number == number]
        if not found:
            raise ValueError("there is no such paper")
        return found[0]


@dataclass(frozen=True)
class Waiting:
    """A cell that waits, or several of one column that hold the same.

    Attributes:
        paper: the number of its paper.
        held: the first of them.
        rows: their rows, as the file counts them.
        mend: how to name them when they are mended; None where they cannot be mended here.
    """

    paper: int
    held: Held
    rows: tuple[int, ...]
    mend: Mend | None


@dataclass(frozen=True)
class Clash:
    """Two rows of a file that name the same case and the same label, and say different things."""

    paper: int
    rater: str
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Person:
    """Somebody in the roster.

    Attributes:
        judged: the cases with an outcome, in the order of the cases.
        papers: the files that they are in.
    """

    rater: str
    judged: tuple[str, ...]
    papers: tuple[int, ...]


@dataclass(frozen=True)
class Settled:
    """What follows from an inbox.

    Attributes:
        cases: the rows of the cases, in their order.
        judgments: the rows of the judgments.
        waiting: the cells that wait.
        clashes: rows of which one alone can count.
        replaced: how many answers a paper replaced of a person: its number, the label and how many.
        alike: labels that look alike.
        naming: whether a label may name somebody.
        unknown: labels of cases that nothing is known of.
        told: for each paper what was mended or told.
        sizes: for each paper how many rows are used, of how many.
        roster: who has judged what.
    """

    cases: tuple[Row, ...] = ()
    judgments: tuple[Row, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    clashes: tuple[Clash, ...] = ()
    replaced: tuple[tuple[int, str, int], ...] = ()
    alike: tuple[tuple[str, ...], ...] = ()
    naming: bool = False
    unknown: tuple[str, ...] = ()
    told: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    sizes: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    roster: tuple[Person, ...] = ()


# What somebody says of it


def drop(inbox: Inbox, number: int) -> Inbox:
    """Put a file away."""
    papers = tuple(paper for paper in inbox.papers if paper.number != number)
    return replace(inbox, papers=papers, refused=tuple(one for one in inbox.refused if one.number != number))


def read_form(inbox: Inbox, number: int, form: Form) -> Inbox:
    """Propose to read a form otherwise."""
    return _change(inbox, replace(inbox.find(number), form=form))


def confirm(inbox: Inbox, number: int) -> Inbox:
    """Read a form as proposed. What it is not read for is dropped now.

    Raises:
        ValueError: when the paper is no form.
    """
    paper = inbox.find(number)
    if paper.form is None or paper.kind != "form":
        raise ValueError("this paper is no form")
    table = ("case_id", "rater", "outcome", "confidence", "comment")
    rows = unroll(paper.form, tuple(cells for _, cells in paper.rows))
    numbered = {at: paper.rows[place][0] for at, (place, _) in enumerate(rows, 2)}
    cells = tuple((at, tuple(row.get(name, "") for name in table)) for at, (_, row) in enumerate(rows, 2))
    if not paper.form.labeled:
        paper = replace(paper, told=(*paper.told, words("inbox.told_numbered")))
    return _change(inbox, replace(paper, kind="judgments", header=table, rows=cells, header_row=1, origin=numbered))


def _change(inbox: Inbox, changed: Paper) -> Inbox:
    return replace(inbox, papers=tuple(changed if paper.number == changed.number else paper for paper in inbox.papers))


def mend(inbox: Inbox, cell: Mend, value: str) -> Inbox:
    """Say what a cell means.

    Raises:
        ValueError: when there is no such paper.
    """
    inbox.find(cell[0])
    return replace(inbox, mends={**inbox.mends, cell: value})


def undo(inbox: Inbox, cell: Mend) -> Inbox:
    """Take back what was said of a cell."""
    return replace(inbox, mends={one: value for one, value in inbox.mends.items() if one != cell})


def join(inbox: Inbox, labels: Sequence[str]) -> Inbox:
    """Count several labels as the first of them."""
    return replace(inbox, aliases={**inbox.aliases, **dict.fromkeys(labels[1:], labels[0])})


def settle_clash(inbox: Inbox, number: int, *raters: str, apart: bool) -> Inbox:
    """Say that two people use each of these labels, or that the later row counts.

    Raises:
        ValueError: when there is no such paper.
    """
    inbox.find(number)
    ours = {(number, rater) for rater in raters}
    if apart:
        return replace(inbox, apart=inbox.apart | ours, later=inbox.later - ours)
    return replace(inbox, later=inbox.later | ours, apart=inbox.apart - ours)


def number_people(inbox: Inbox) -> Inbox:
    """Replace every label by R1, R2 and so on, in the papers themselves, so that no name is left."""
    known: dict[str, str] = {}

    def rename(paper: Paper) -> Paper:
        if paper.kind == "form" or "rater" not in paper.header:
            return paper
        at = paper.header.index("rater")
        rows = []
        for row, cells in paper.rows:
            label = find_person(cells[at], inbox.aliases)
            if label:
                label = known.setdefault(label, words("inbox.numbered", number=len(known) + 1))
            rows.append((row, (*cells[:at], label, *cells[at + 1 :])))
        form = paper.form and replace(paper.form, questions=())
        return replace(paper, rows=tuple(rows), form=form)

    papers = tuple(map(rename, inbox.papers))

    def carry(said: frozenset[tuple[int, str]]) -> frozenset[tuple[int, str]]:
        return frozenset((number, known.get(label, label)) for number, label in said)

    return replace(inbox, papers=papers, aliases={}, apart=carry(inbox.apart), later=carry(inbox.later))


def find_person(cell: str, aliases: Mapping[str, str]) -> str:
    """A label as it is read, or as it is counted."""
    label = " ".join(cell.split())
    return aliases.get(label, label)


def looks_made(label: str) -> bool:
    """Whether a label was made for the purpose, a letter or two and a number, and names nobody."""
    return bool(re.fullmatch(r"[A-Za-z]{1,3}[ _-]?\d{1,3}(?:-\d{1,2})?", label))
