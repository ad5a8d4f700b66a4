"""A marked copy of a table: as it came, with what is wrong beside each row, and without a text that may identify someone."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill

from kapnb.engine.problems import Problem, suggest
from kapnb.limits import IDENTIFIER_SEARCH
from kapnb.tables.problems import COLUMNS, CaseTableError, TableProblem
from kapnb.tables.reading import MOST_SHEET_ROWS, Sheet, Source, read_sheet
from kapnb.tables.repairing import make_plain, neutralize
from kapnb.tables.schema import Table
from kapnb.text.characters import make_writable
from kapnb.text.identifiers import find_identifiers
from kapnb.text.words import words

MARKS: Final = "problems"
"""The column that is added. It is known as a result of ours, so a mended copy can be read as it is."""

_LONGEST_CELL: Final = 32_000
"""A little less than a spreadsheet takes."""

_MARKED: Final = PatternFill("solid", fgColor="FFF2DC")
_BOLD: Final = Font(bold=True)
_WRAPPED: Final = Alignment(wrap_text=True, vertical="top")


def mark(source: Source, table: Table, problems: Sequence[TableProblem]) -> bytes:
    """Write a table again as a workbook, each row where it stood, with its problems in a column of their own.

    Every problem stands once more in a sheet of its own, those of the header and of the file among them. A text that looks as if it
    could identify someone is taken out, wherever it stands; so are columns that the table does not have, unless their name is close
    to one that it has.

    Args:
        source: the file, or its content, as it was read.
        table: what kind of table it is.
        problems: what was found wrong with it.

    Raises:
        CaseTableError: when the file cannot be read as rows at all.
    """
    sheet = read_sheet(source, table)
    kept = [place for place, name in enumerate(sheet.header) if _is_kept(name, table)]
    book = Workbook(write_only=True)
    _write_rows(book.create_sheet(table.name), sheet, kept, problems)
    _write_list(book.create_sheet(MARKS), problems)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def can_be_marked(error: CaseTableError) -> bool:
    """Whether the file holds rows at all."""
    return not error.unreadable and any(one.column for one in error.listed)


def _is_kept(name: str, table: Table) -> bool:
    if find_identifiers(name) or make_plain(name) == MARKS:
        return False
    plain = make_plain(name)
    return plain in table.columns or bool(suggest(plain, table.columns))


def _write_rows(to: Any, sheet: Sheet, kept: Sequence[int], problems: Sequence[TableProblem]) -> None:
    of_row: dict[int, list[TableProblem]] = {}
    for one in problems:
        of_row.setdefault(one.row, []).append(one)
    names = {place: make_plain(sheet.header[place]) for place in kept}
    to.column_dimensions["A"].width = 60
    to.freeze_panes = f"A{sheet.header_row + 1}"
    last = 0
    rows = [(sheet.header_row, sheet.header), *zip(sheet.numbers, sheet.rows, strict=True)]
    for number, cells in rows:
        for _ in range(last + 1, min(number, MOST_SHEET_ROWS)):
            to.append([])  # a blank row keeps its place, so that the numbers of the others stay true
        last = number
        mine = of_row.get(number, ())
        bad = {one.column for one in mine}
        head = number == sheet.header_row
        first = MARKS if head else " ".join(_say(one) for one in mine)
        marked = [_write_cell(to, first, font=_BOLD if head else None, fill=_MARKED if mine and not head else None)]
        for place in kept:
            fill = _MARKED if names[place] in bad or (head and cells[place] in bad) else None
            marked.append(_write_cell(to, cells[place], font=_BOLD if head else None, fill=fill))
        to.append(marked)


def _say(one: TableProblem) -> str:
    """A problem without its row, which it stands beside."""
    return str(Problem(one.column, one.problem, one.allowed, one.remedy))


def _write_list(to: Any, problems: Iterable[TableProblem]) -> None:
    for letter, width in zip("ABCDE", (8, 26, 44, 50, 60), strict=True):
        to.column_dimensions[letter].width = width
    to.append([_write_cell(to, words(f"supervision_page.problem_{name}"), font=_BOLD) for name in COLUMNS])
    for one in problems:
        row = str(one.row) if one.row else ""
        to.append([_write_cell(to, text) for text in (row, one.column, one.problem, one.allowed, one.remedy)])


def _write_cell(to: Any, text: str, font: Font | None = None, fill: PatternFill | None = None) -> Any:
    """A cell that no spreadsheet runs, and that repeats nothing which may identify someone."""
    cell = WriteOnlyCell(to, neutralize(_make_harmless(text)) or None)
    cell.data_type = "s" if text else "n"
    cell.alignment = _WRAPPED
    if font:
        cell.font = font
    if fill:
        cell.fill = fill
    return cell


def _make_harmless(text: str) -> str:
    if len(text) > IDENTIFIER_SEARCH or find_identifiers(text):  # what is longer is not looked at to its end
        return words("supervision_page.marked_out")
    return make_writable(ILLEGAL_CHARACTERS_RE.sub("", text))[:_LONGEST_CELL]
