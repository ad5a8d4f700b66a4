"""A marked copy of a table: as it came, with what is wrong beside each row, and without a text that may identify someone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill

from kapnb.engine.edition import Edition
from kapnb.engine.problems import Problem, suggest
from kapnb.limits import IDENTIFIER_SEARCH
from kapnb.tables.columns import load_table, make_plain
from kapnb.tables.files import Source, read_sheet
from kapnb.tables.normalize import MARKS
from kapnb.tables.problems import COLUMNS, CaseTableError, TableProblem
from kapnb.tables.sheets import MOST_SHEET_ROWS
from kapnb.tables.write import save_book, write_cell
from kapnb.text.characters import make_writable
from kapnb.text.identifiers import find_identifiers
from kapnb.text.words import words

_LONGEST_CELL: Final = 32_000
"""A little less than a spreadsheet takes."""

_MARKED: Final = PatternFill("solid", fgColor="FFF2DC")


def mark(source: Source, kind: str, problems: Sequence[TableProblem], edition: Edition | None = None) -> bytes:
    """Write a table again as a workbook, each row where it stood, with its problems in a column of their own.

    Every problem stands once more in a sheet of its own, those of the header and of the file among them. A text that looks as if it
    could identify someone is taken out, wherever it stands; so are columns that the table does not have, unless their name is close
    to one that it has.

    Raises:
        CaseTableError: when the file cannot be read as rows at all.
    """
    table = load_table(kind, edition)
    sheet = read_sheet(source, table)
    kept = {}
    for place, name in enumerate(sheet.header):
        plain = table.find_column(name) or make_plain(name)
        near = plain in table.columns or suggest(plain, table.columns)
        if near and plain != MARKS and not find_identifiers(name):
            kept[place] = plain
    of_row = defaultdict(list)
    for one in problems:
        of_row[one.row].append(one)

    book = Workbook(write_only=True)
    copy, listed = book.create_sheet(kind), book.create_sheet(MARKS)
    copy.column_dimensions["A"].width = 60
    copy.freeze_panes = f"A{sheet.header_row + 1}"
    last = 0
    for number, cells in [(sheet.header_row, sheet.header), *zip(sheet.numbers, sheet.rows, strict=True)]:
        for _ in range(last + 1, min(number, MOST_SHEET_ROWS)):
            copy.append([])  # a row that is not there keeps its place, so that the numbers of the others stay true
        last, own, head = number, of_row[number], number == sheet.header_row
        bad = {one.column for one in own}
        said = MARKS if head else " ".join(str(Problem(one.column, one.problem, one.allowed, one.remedy)) for one in own)
        row = [_write_cell(copy, said, bold=head, marked=bool(own) and not head)]
        for place, name in kept.items():
            row.append(_write_cell(copy, cells[place], bold=head, marked=name in bad or (head and cells[place] in bad)))
        copy.append(row)

    for letter, width in zip("ABCDE", (8, 26, 44, 50, 60), strict=True):
        listed.column_dimensions[letter].width = width
    listed.append([_write_cell(listed, words(f"supervision_page.problem_{name}"), bold=True) for name in COLUMNS])
    for one in problems:
        texts = str(one.row or ""), one.column, one.problem, one.allowed, one.remedy
        listed.append([_write_cell(listed, text) for text in texts])
    return save_book(book)


def can_be_marked(error: CaseTableError) -> bool:
    """Whether the file holds rows at all."""
    return not error.unreadable and any(one.column for one in error.listed)


def _write_cell(to: Any, text: str, *, bold: bool = False, marked: bool = False) -> Any:
    """A cell that no spreadsheet runs, and that repeats nothing which may identify someone."""
    if len(text) > IDENTIFIER_SEARCH or find_identifiers(text):  # what is longer is not looked at to its end
        text = words("supervision_page.marked_out")
    cell = write_cell(to, make_writable(ILLEGAL_CHARACTERS_RE.sub("", text))[:_LONGEST_CELL])
    cell.alignment, cell.font = Alignment(wrap_text=True, vertical="top"), Font(bold=bold)
    cell.fill = _MARKED if marked else PatternFill()
    return cell
