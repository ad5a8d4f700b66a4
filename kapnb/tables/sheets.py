"""A table file as rows of texts, with a list of the cells that are no plain text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby, islice
from typing import Any, Final

from kapnb.tables.columns import Table, make_plain
from kapnb.tables.problems import TableProblem, refuse
from kapnb.text.words import words

Progress = Callable[[int, int], None]
"""Told from time to time how many rows are done, of how many; of 0 where that is not known."""

Repair = dict[str, str | int]
"""What was repaired or reported: ``column``, ``repair``, ``rows`` as a text such as "2, 5-9", and their ``count``."""

MOST_ROWS: Final = 100_000
MOST_COLUMNS: Final = 100
MOST_SHEET_ROWS: Final = 1_048_576
"""The last row of any spreadsheet: a workbook that names a later one is broken, or worse."""

STEP: Final = 1_000
"""After how many rows progress is reported."""

LOOKED_AT: Final = 20
"""In how many rows the names of the columns are looked for."""


@dataclass
class Sheet:
    """A file as rows of texts.

    Attributes:
        most_rows: a larger table is refused.
        progress: told how many rows are read.
        header: the names of the columns.
        header_row: the number of the row in which they stand.
        rows: the cells of each row, as many as the header has.
        numbers: for each row its number as a spreadsheet shows it.
        odd: cells that are no plain text, by row number and column, with a key of ``table.*`` that says what they are.
        told: what was settled to read the file, by column and in words: the numbers of the rows. The file as a whole is column -1.
        spreadsheet: whether cells that a spreadsheet would run carry an apostrophe in front.
        problems, repairs: what is wrong, and what was mended, once the sheet is in order.
        old: whether an option has its name of an earlier edition.
    """

    most_rows: int = MOST_ROWS
    progress: Progress | None = None
    header: list[str] = field(default_factory=list)
    header_row: int = 1
    rows: list[list[str]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    odd: dict[tuple[int, int], str] = field(default_factory=dict)
    told: dict[tuple[int, str], list[int]] = field(default_factory=dict)
    spreadsheet: bool = True
    problems: list[TableProblem] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)
    old: bool = False

    def tell(self, key: str, rows: Iterable[int] = (), column: int = -1, **values: object) -> None:
        self.told.setdefault((column, words(f"table.{key}", **values)), []).extend(rows)

    def mend(self, column: str, said: str, rows: Sequence[int]) -> None:
        """Note a repair, neighboring rows as one: 2, 5-9, 12."""
        runs = [[row for _, row in run] for _, run in groupby(enumerate(rows), lambda pair: pair[1] - pair[0])]
        told = ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
        self.repairs.append({"column": column, "repair": said, "rows": told, "count": len(rows)})

    def refuse(self, row: int, column: str, key: str, remedy: str = "", /, **values: object) -> None:
        what, remedy = words(f"table.{key}", **values), words(f"table.remedy_{remedy or key}")
        self.problems.append(TableProblem(row, column, what, remedy=remedy))

    def count(self, rows: int, whole: int = 0) -> None:
        """Refuse too many rows, and tell the progress."""
        if rows > self.most_rows:
            raise refuse("too_many_rows", "remedy_rows", limit=f"{self.most_rows:,}")
        if self.progress and rows % STEP == 0:
            self.progress(rows, whole)

    def take(self, rows: Iterable[tuple[int, list[str]]], table: Table) -> None:
        """Take rows with their numbers. Blank rows, and rows that repeat the column names, are left out and reported."""
        filled = self._leave_out_blank(rows)
        first = list(islice(filled, LOOKED_AT))
        if not first:
            raise refuse("empty_file", "remedy_template")
        known = [min(count_names(cells, table), 2) for _, cells in first]
        at = known.index(max(known))  # two known names are a header, else one is, else the first row
        self.header_row, names = first[at]
        width = max(place for place, cell in enumerate(names, 1) if cell.strip() or (self.header_row, place - 1) in self.odd)
        self.header = names[:width]
        check_width(width)
        if at:
            self.tell("notice_header", [self.header_row])
        repeated, last, once = [], self.header_row, dict[str, str]()  # each text stands in memory once
        for number, cells in chain(first[at + 1 :], filled):
            last = number
            if cells[1:width] == self.header[1:] and make_plain(cells[0]) == make_plain(names[0]):
                repeated.append(number)
                continue
            if any(cells[place].strip() or (number, place) in self.odd for place in range(width, len(cells))):
                self.odd[number, width] = "beyond"
            row = [*cells[:width], *[""] * (width - len(cells))]
            self.rows.append(list(map(once.setdefault, row, row)))
            self.numbers.append(number)
            self.count(len(self.rows))
        if repeated:
            self.tell("notice_repeated_header", repeated)
        if skipped := last - self.header_row - len(self.rows) - len(repeated):
            self.tell("notice_blank", count=f"{skipped:,}")

    def _leave_out_blank(self, rows: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
        for number, cells in rows:
            if number > MOST_SHEET_ROWS:
                raise refuse("too_many_cells", "remedy_cells")
            if any(map(str.strip, cells)) or (self.odd and any((number, column) in self.odd for column in range(len(cells)))):
                yield number, cells


def count_names(cells: Iterable[str], table: Table) -> int:
    """How many columns of a table a row names."""
    return len({table.find_column(cell) for cell in cells} - {None})


def choose_sheet(shown: Sequence[tuple[str, Callable[[], Iterable[Any]]]], hidden: int, table: Table, sheet: Sheet) -> int:
    """Of the sheets on view, each with its name and what reads its rows, the one of the table's name, else the first that fits it.

    Raises:
        CaseTableError: when all are hidden. One that is hidden is never opened.
    """
    if hidden:
        sheet.tell("notice_hidden_sheets", count=hidden)
    if not shown:
        raise refuse("not_workbook", "remedy_workbook")
    named = [at for at, (name, _) in enumerate(shown) if name.strip().casefold() == table.name]
    if named or len(shown) == 1:
        return (named or [0])[0]

    def fits(at: int) -> bool:
        return any(count_names(cells, table) for _, cells, *_ in islice(shown[at][1](), LOOKED_AT))

    chosen = next(filter(fits, range(len(shown))), 0)
    sheet.tell("notice_sheets", count=len(shown), name=table.name, place=chosen + 1)
    return chosen


def check_width(columns: int) -> None:
    if columns > MOST_COLUMNS:
        raise refuse("too_many_columns", "remedy_columns", limit=f"{MOST_COLUMNS:,}")


def read_value(value: Any) -> tuple[str, str]:
    """A value as the text of a cell, or what it is instead."""
    if value is None or isinstance(value, str):
        return value or "", ""
    if isinstance(value, bool):  # as a spreadsheet shows it
        return str(value).upper(), ""
    if isinstance(value, (int, float)):  # a number as a table shows it: 7, not 7.0
        whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
        return str(int(value) if whole else value), ""
    return "", "not_a_text"
