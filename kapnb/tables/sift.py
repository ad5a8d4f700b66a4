"""Sift a table: the rows that can be used, and the cells that wait until somebody says what they mean."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from kapnb.engine.edition import Edition
from kapnb.tables.check import check_table
from kapnb.tables.columns import LATER, Table, find_nearest, load_table, make_alike
from kapnb.tables.normalize import normalize
from kapnb.tables.problems import CaseTableError, TableProblem
from kapnb.tables.read import list_rows, tell_earlier
from kapnb.tables.sheets import Repair, Sheet
from kapnb.text.identifiers import hide

LOOSE: Final = frozenset(("title", "vignette", "note", "confidence", "deciding_finding", "comment", *LATER))
"""A row can be used while one of these waits. Without its outcome, or with an answer short, it would say another thing."""


@dataclass(frozen=True, slots=True)
class Held:
    """A cell that waits.

    Attributes:
        row: its number in the file.
        column: empty where the row as a whole is meant.
        problem: what is wrong, in words.
        shown: what the cell holds, where that may be shown.
        near: the option or the case that it most likely means; nothing where none is near.
        whole: the row waits with it.
    """

    row: int
    column: str
    problem: str
    shown: str = ""
    near: str = ""
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Sifted:
    """What came of a table.

    Attributes:
        rows: the number of each row that can be used, and its cells.
        held: the cells that wait, in the order of the table.
        repairs: what was mended while reading.
    """

    rows: tuple[tuple[int, Mapping[str, str]], ...]
    held: tuple[Held, ...]
    repairs: tuple[Repair, ...]


def sift(sheet: Sheet, kind: str, edition: Edition, cases: Collection[str] | None = None) -> Sifted:
    """Sift a table of a kind that was read. Two rows may have the same key here.

    ``cases`` are the only ones that judgments may be about; None for any.

    Raises:
        CaseTableError: when something is wrong with the header, so that no row can be read.
    """
    table = load_table(kind, edition)
    texts = normalize(sheet, table)
    found, held = sheet.problems, dict[tuple[int, str], Held]()
    while True:
        try:
            frame = check_table(texts, table, cases, found, sheet.header_row, unique=False)
            break
        except CaseTableError as error:
            if whole := [one for one in error.listed if one.row in (0, sheet.header_row)]:
                raise CaseTableError(whole) from None
            found = []
            waiting = [_hold(one, texts, table, cases or ()) for one in error.listed]
        held |= {(one.row, one.column): one for one in waiting}
        texts = texts.copy()
        for one in waiting:
            if not one.whole:
                texts.loc[one.row, one.column] = ""
        texts = texts.drop(index=[one.row for one in waiting if one.whole], errors="ignore")
    rows = tuple(zip(map(int, texts.index), list_rows(frame.reset_index(drop=True)), strict=True))
    tell_earlier(sheet, {*texts}, edition)
    return Sifted(rows, tuple(held.values()), tuple(sheet.repairs))


def _hold(problem: TableProblem, texts: pd.DataFrame, table: Table, cases: Collection[str]) -> Held:
    cell = str(texts.loc[problem.row, problem.column]) if problem.column in texts else ""
    column = table.columns.get(problem.column)
    near = ""
    if column and column.options:
        near = "" if cell in column.options else find_nearest(cell, column)
    elif problem.column == "case_id":
        near = find_case(cell, cases)
    shown = hide(cell) if column and (column.options or problem.column == "case_id") and cell else ""
    return Held(problem.row, problem.column, problem.problem, shown, near, problem.column not in LOOSE)


def find_case(label: str, cases: Collection[str]) -> str:
    """The case whose label is the same but for case, blanks and signs between; nothing where none or several are.

    >>> find_case("v 05", ["V05", "V15"]), find_case("V5", ["V05", "V15"])
    ('V05', '')
    """
    bare = make_alike(label)
    alike = [one for one in cases if make_alike(one) == bare]
    return alike[0] if len(alike) == 1 and bare else ""
