"""Read a workbook as its sheet shows it, and report where that is not possible."""

from __future__ import annotations

import io
import re
import zipfile
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import date, time, timedelta
from types import SimpleNamespace
from typing import Any, Final

from openpyxl.cell.read_only import ReadOnlyCell
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.worksheet._reader import WorkSheetParser

from kapnb.tables.columns import Table
from kapnb.tables.problems import refuse
from kapnb.tables.sheets import MOST_COLUMNS, MOST_ROWS, Sheet, check_width, choose_sheet, read_value

MOST_UNPACKED: Final = 500 * 1024 * 1024
MOST_UNPACKED_OF_FEW: Final = 40 * 1024 * 1024
"""A workbook is a zip file; what it claims to unpack to is looked at before anything is unpacked. Less is allowed where fewer rows
are, as on a page: somebody waits, and others use the machine."""

ELEMENTS_OF_ROW: Final = 80
LEAST_ELEMENTS: Final = 500_000
MOST_OF_BOOK: Final = 5_000
MOST_BESIDE: Final = 50_000
MOST_PARTS: Final = 2_000
"""Elements of XML: in sheets and their texts for each row that is allowed, but so many always; in the list of sheets; in everything
else, styles foremost. Each takes a while, the shortest too, and a megabyte has room for a quarter of a million."""

CHUNK: Final = 1024 * 1024

_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
_SHOWN: Final = re.compile(r'(?:"([^"]*)")?(0+)(?:"([^"]*)")?')


def read_workbook(data: bytes, table: Table, sheet: Sheet) -> None:
    """Read the sheet that holds the table.

    Raises:
        CaseTableError: when the file is none that should be opened, or holds more than allowed.
        Exception: of any kind, from openpyxl or zipfile, when it is broken.
    """
    _count_elements(data, sheet.most_rows)
    # Formulas are looked at as formulas: the value kept beside one may be stale or missing, and a missing one would read as empty.
    reader = ExcelReader(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
    with reader.archive:
        reader.read_manifest()
        reader.read_strings()
        reader.read_workbook()
        apply_stylesheet(reader.archive, reader.wb)
        parser = _open_sheet(reader, _choose_sheet(reader, table, sheet))
        sheet.take(_read_rows(parser, reader.wb, sheet), table)
    _apply_layout(parser, sheet)


def _count_elements(data: bytes, most_rows: int) -> None:
    """Look at what the zip file claims, before it is unpacked; then at how much there is to read, before any is read."""
    most = MOST_UNPACKED if most_rows >= MOST_ROWS else MOST_UNPACKED_OF_FEW
    room = {"cells": max(LEAST_ELEMENTS, most_rows * ELEMENTS_OF_ROW), "book": MOST_OF_BOOK, "beside": MOST_BESIDE}
    kinds = {"xl/workbook.xml": "book", "xl/sharedStrings.xml": "cells"}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        if sum(part.file_size for part in parts) > most:
            raise refuse("too_much_inside", "remedy_smaller", limit=f"{most // 1024**2:,}")
        if not any(part.filename == "xl/workbook.xml" for part in parts):
            raise refuse("other_zip", "remedy_workbook")
        if len(parts) > MOST_PARTS:
            raise refuse("too_many_cells", "remedy_cells")
        for part in parts:
            kind = "cells" if part.filename.startswith("xl/worksheets/") else kinds.get(part.filename, "beside")
            with archive.open(part) as file:
                while chunk := file.read(CHUNK):
                    room[kind] -= chunk.count(b"<") - chunk.count(b"</")
                    if room[kind] < 0:
                        raise refuse("too_many_cells", "remedy_cells")


def _open_sheet(reader: Any, path: str) -> Any:
    """What reads a sheet row by row, with what is merged and hidden: openpyxl's own sheets say neither, and trust a file's size."""
    book = reader.wb
    formats = {"date_formats": book._date_formats, "timedelta_formats": book._timedelta_formats}  # noqa: SLF001  # as openpyxl does
    return WorkSheetParser(reader.archive.open(path), reader.shared_strings, epoch=book.epoch, **formats)


def _choose_sheet(reader: Any, table: Table, sheet: Sheet) -> str:
    """The sheet to read, by its path in the file."""
    sheets = [
        (named.name, str(related.target), named.state == "visible")
        for named, related in reader.parser.find_sheets()
        if related.target in reader.valid_files and "chartsheet" not in related.Type
    ]
    paths = {path: name for name, path, visible in sheets if visible}
    shown = [(name, lambda path=path: _read_rows(_open_sheet(reader, path), reader.wb, Sheet())) for path, name in paths.items()]
    return list(paths)[choose_sheet(shown, len(sheets) - sum(visible for *_, visible in sheets), table, sheet)]


def _read_rows(parser: Any, book: Any, sheet: Sheet) -> Iterator[tuple[int, list[str]]]:
    owner = SimpleNamespace(parent=book)
    styles = [ReadOnlyCell(owner, 1, 1, None, "n", style) for style in range(len(book._cell_styles))]  # noqa: SLF001  # as above
    looks = [(str(style.number_format), bool(style.font.strike)) for style in styles]
    last = 0
    for number, cells in parser.parse():
        if number <= last:
            raise ValueError("rows that are out of order")
        last = number
        texts = [""] * min(MOST_COLUMNS, max((cell["column"] for cell in cells), default=0))
        for cell in cells:
            if cell["value"] is None:
                continue
            place, (number_format, struck) = cell["column"] - 1, looks[cell["style_id"]]
            text, odd = _read_cell(cell["value"], cell["data_type"], number_format)
            if text or odd:
                check_width(place + 1)
            if odd == "own_format":
                sheet.tell("repair_own_format", [number], place)
            elif odd:
                sheet.odd[number, place] = odd
            if text:
                texts[place] = text
                if struck:
                    sheet.tell("repair_struck_out", [number], place)
        yield number, texts


def _read_cell(value: Any, kind: str, number_format: str) -> tuple[str, str]:
    """The text of a cell, or what it is instead."""
    if kind in ("f", "e"):
        return "", "formula" if kind == "f" else "spreadsheet_error"
    if isinstance(value, str):
        return _ESCAPED.sub(lambda sign: chr(int(sign[1], 16)), value), ""
    if isinstance(value, (date, time, timedelta)):
        return "", "date_cell"
    text, odd = read_value(value)
    if odd or number_format in ("General", "@", "0"):
        return text, odd
    shown = _SHOWN.fullmatch(number_format)
    if shown and text.isdigit():
        return f"{shown[1] or ''}{text.zfill(len(shown[2]))}{shown[3] or ''}", ""
    return text, "own_format"


def _apply_layout(parser: Any, sheet: Sheet) -> None:
    """What is merged downwards is shown for all its rows, so it counts for all; what is hidden was read all the same."""
    numbers, width = sheet.numbers, len(sheet.header)
    room = len(numbers) * width
    for area in parser.merged_cells.mergeCell if parser.merged_cells else ():
        first, last = bisect_left(numbers, area.min_row), bisect_right(numbers, area.max_row)
        place, room = area.min_col - 1, room - (last - first)
        if room < 0:  # areas cannot lie over each other
            raise refuse("too_many_cells", "remedy_cells")
        if first == last or place >= width:
            continue
        if area.min_col == area.max_col and numbers[first] == area.min_row:
            for row in sheet.rows[first + 1 : last]:
                row[place] = sheet.rows[first][place]
            sheet.tell("repair_merged", numbers[first:last], place)
        else:
            sheet.odd[numbers[first], place] = "merged"
    hidden = {int(row) for row, said in parser.row_dimensions.items() if _is_hidden(said)}
    if told := [number for number in numbers if number in hidden]:
        sheet.tell("notice_hidden_rows", told)
    for said in filter(_is_hidden, parser.column_dimensions.values()):
        for place in range(int(said["min"]) - 1, min(int(said["max"]), width)):
            sheet.tell("repair_hidden_column", column=place)


def _is_hidden(said: dict[str, str]) -> bool:
    return said.get("hidden") in ("1", "true")
