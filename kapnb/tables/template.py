"""An empty table to fill: XLSX with a drop-down and a note for every column that has options, or CSV with the names alone."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Final

import pandas as pd

from kapnb.engine.edition import load_guidance
from kapnb.tables.problems import refuse
from kapnb.tables.schema import Column, Table
from kapnb.tables.writing import write_csv
from kapnb.text.words import words

ROWS: Final = 1_000
"""How many rows have drop-downs."""

_OPTIONS: Final = "options"
_WIDTH: Final = {"title": 30, "vignette": 60, "note": 40, "comment": 40}


def make_template(table: Table, path: Path) -> bytes:
    """An empty table, of the kind that the path's end names.

    Raises:
        CaseTableError: when that is neither ``.csv`` nor ``.xlsx``.
    """
    match path.suffix.lower():
        case ".csv":
            return write_csv(pd.DataFrame(columns=list(table.columns)))
        case ".xlsx":
            return _make_workbook(table)
    raise refuse("other_ending", "remedy_template_ending")


def _make_workbook(table: Table) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = table.name
    sheet.freeze_panes = "B2"
    options = book.create_sheet(_OPTIONS)
    for place, column in enumerate(table.columns.values(), 1):
        _add_column(sheet, place, column)
        if column.options:
            _add_options(sheet, options, place, column)
    about = book.create_sheet("about")
    four = load_guidance().ledger.four
    for text in (four["invented"], four["whose"], words("table.template_how")):
        about.append([text])
    about.column_dimensions["A"].width = 100
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _add_column(sheet: Any, place: int, column: Column) -> None:
    """The name, with a note. Every cell is a text, so that nothing typed becomes a date or loses a zero."""
    from openpyxl.comments import Comment
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    head = sheet.cell(1, place, column.name)
    head.font = Font(bold=True)
    note = [column.help, *(f"{option}: {column.labels[option]}" for option in column.options if column.labels.get(option))]
    head.comment = Comment("\n".join(note), "kapnb", width=360, height=40 + 20 * len(note))
    letter = get_column_letter(place)
    sheet.column_dimensions[letter].width = _WIDTH.get(column.name, max(12, len(column.name) + 2))
    for row in range(2, ROWS + 2):
        cell = sheet.cell(row, place)
        cell.number_format = "@"
        if not column.options:
            cell.alignment = Alignment(wrap_text=True, vertical="top")


def _add_options(sheet: Any, options: Any, place: int, column: Column) -> None:
    """The options stand on a sheet of their own, since a list inside a drop-down has room for 255 characters only."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    letter = get_column_letter(place)
    for row, text in enumerate((column.name, *column.options), 1):
        options.cell(row, place, text).number_format = "@"
    drop_down = DataValidation(
        type="list", formula1=f"={_OPTIONS}!${letter}$2:${letter}${len(column.options) + 1}", allow_blank=True
    )
    drop_down.errorTitle, drop_down.error = column.name[:32], words("table.template_error")
    drop_down.showErrorMessage = True
    drop_down.add(f"{letter}2:{letter}{ROWS + 1}")
    sheet.add_data_validation(drop_down)
