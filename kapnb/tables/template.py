"""An empty table to fill: XLSX with a drop-down and a note for every column that has options, or CSV with the names alone."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from kapnb.engine.edition import Edition, load_guidance
from kapnb.limits import PACK
from kapnb.tables.columns import Column, load_table
from kapnb.tables.problems import refuse
from kapnb.tables.write import save_book, write_csv
from kapnb.text.words import words

ROWS: Final = 1_000
"""How many rows have drop-downs."""

_WIDTHS: Final = {"title": 30, "vignette": 60, "note": 40, "comment": 40}


def make_template(kind: str, edition: Edition | None = None, ending: str = ".xlsx") -> bytes:
    """An empty table of ``cases``, ``judgments`` or ``responses``, as ``.xlsx`` or ``.csv``.

    Raises:
        CaseTableError: for any other ending.
    """
    edition = edition or load_guidance(PACK).bind()
    columns = load_table(kind, edition).columns
    if ending.lower() == ".csv":
        return write_csv(pd.DataFrame(columns=list(columns)))
    if ending.lower() != ".xlsx":
        raise refuse("other_ending", "remedy_template_ending")
    book = Workbook()
    sheet, options, about = book.active, book.create_sheet("options"), book.create_sheet("about")
    sheet.title, sheet.freeze_panes = kind, "B2"
    for place, column in enumerate(columns.values(), 1):
        _add_column(sheet, options, place, column)
    for text in (edition.ledger.four["invented"], edition.ledger.four["whose"], words("table.template_how")):
        about.append([text])
    about.column_dimensions["A"].width = 100
    return save_book(book)


def _add_column(sheet: Any, options: Any, place: int, column: Column) -> None:
    """The name with a note, and a column of texts, so that nothing typed becomes a date or loses a zero.

    The options stand on a sheet of their own, since a list inside a drop-down has room for 255 characters only.
    """
    head, letter = sheet.cell(1, place, column.name), get_column_letter(place)
    note = [column.help, *(f"{option}: {label}" for option, label in column.labels.items() if label)]
    head.font, head.comment = Font(bold=True), Comment("\n".join(note), "kapnb", width=360, height=40 + 20 * len(note))
    whole = sheet.column_dimensions[letter]
    whole.width, whole.number_format = _WIDTHS.get(column.name, max(12, len(column.name) + 2)), "@"
    if not column.options:
        whole.alignment = Alignment(wrap_text=True, vertical="top")
        return
    for row, text in enumerate((column.name, *column.options), 1):
        options.cell(row, place, text).number_format = "@"
    area = f"={options.title}!${letter}$2:${letter}${len(column.options) + 1}"
    drop_down = DataValidation(type="list", formula1=area, allow_blank=True, showErrorMessage=True)
    drop_down.errorTitle, drop_down.error = column.name[:32], words("table.template_error")
    drop_down.add(f"{letter}2:{letter}{ROWS + 1}")
    sheet.add_data_validation(drop_down)
