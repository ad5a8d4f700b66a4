"""Read a workbook: what its sheet shows is what is read, or it is told."""

from __future__ import annotations

import io
import re
import zipfile
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from itertools import islice
from typing import Any, Final

from openpyxl.reader.excel import ExcelReader
from openpyxl.utils.cell import range_boundaries
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from kapnb.tables.columns import Table
from kapnb.tables.problems import refuse
from kapnb.tables.sheets import LOOKED_AT, MOST_COLUMNS, MOST_ROWS, MOST_SHEET_ROWS, Sheet, check_width, count_names, read_value

MOST_UNPACKED: Final = 500 * 1024 * 1024
MOST_UNPACKED_OF_FEW: Final = 40 * 1024 * 1024
"""A workbook is a zip file; what it claims to unpack to is looked at before anything is unpacked. Less is allowed where fewer rows
are, as on a page: somebody waits, and others use the machine."""

LEAST_CELLS: Final = 1_000_000
ROW: Final = 4
"""Blank cells count too, and a blank row as some: a small workbook can claim very many of them. So many may always be there."""

ELEMENTS_OF_ROW: Final = 80
LEAST_ELEMENTS: Final = 500_000
MOST_OF_BOOK: Final = 5_000
MOST_BESIDE: Final = 50_000
MOST_PARTS: Final = 2_000
"""Elements of XML: in sheets and their texts for each row that is allowed, but so many always; in the list of sheets; in everything
else, styles foremost. Each takes a while, the shortest too, and a megabyte has room for a quarter of a million."""

CHUNK: Final = 1024 * 1024

_LAYOUT: Final = re.compile(rb"<(?:\w+:)?(row|col|mergeCell)\s([^<>]{0,2000})>")
_ATTRIBUTE: Final = re.compile(rb"(\w+)\s*=\s*[\"']([^\"'<>]*)[\"']")
_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
_SHOWN: Final = re.compile(r'(?:"([^"]*)")?(0+)(?:"([^"]*)")?')


@dataclass
class Layout:
    """What a sheet says beside its cells, which openpyxl does not read row by row.

    Attributes:
        merged: areas that are shown as one cell.
        hidden_rows: the numbers of the rows that are not shown.
        hidden_columns: the places of such columns.
        row: the number of the row that was read last.
    """

    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    row: int = 0

    def read(self, text: bytes) -> None:
        for kind, rest in _LAYOUT.findall(text):
            said = {name: value.decode("ascii", "replace") for name, value in _ATTRIBUTE.findall(rest)}
            hidden = said.get(b"hidden") in ("1", "true")
            if kind == b"mergeCell":
                self.merged.append(range_boundaries(said[b"ref"]))
            elif kind == b"row":
                self.row = int(said.get(b"r", self.row + 1))
                self.hidden_rows |= {self.row} if hidden else set()
            elif hidden:
                self.hidden_columns |= set(range(int(said[b"min"]) - 1, min(int(said[b"max"]), MOST_COLUMNS)))


class _Sheet(ReadOnlyWorksheet):  # type: ignore[misc]  # openpyxl ships no types
    def _get_size(self) -> None:
        """What a file claims of its size is not trusted, nor looked for."""


class _Reader(ExcelReader):  # type: ignore[misc]  # as above
    def read_worksheets(self) -> None:
        """As openpyxl does for reading only, with sheets that do not look for their size: there is no switch for it."""
        for named, related in self.parser.find_sheets():
            if related.target in self.valid_files and "chartsheet" not in related.Type:
                sheet = _Sheet(self.wb, named.name, related.target, self.shared_strings)
                sheet.sheet_state = named.state
                self.wb._sheets.append(sheet)  # noqa: SLF001  # as openpyxl does it


def read_workbook(data: bytes, table: Table, sheet: Sheet) -> None:
    """Read the sheet that holds the table.

    Raises:
        CaseTableError: when the file is none that should be opened, or holds more than allowed.
    """
    layouts = _look_inside(data, sheet.most_rows)
    # Formulas are looked at as formulas: the value kept beside one may be stale or missing, and a missing one would read as empty.
    reader = _Reader(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
    reader.read()
    try:
        chosen = _choose(reader.wb, table, sheet)
        room = max(LEAST_CELLS, sheet.most_rows * MOST_COLUMNS)
        sheet.take(_read_cells(chosen, sheet, room), table)
        path = chosen._worksheet_path.lstrip("/")  # noqa: SLF001  # there is no other way to know it
        _apply(layouts.get(path, Layout()), sheet)
    finally:
        reader.wb.close()


def _look_inside(data: bytes, most_rows: int) -> dict[str, Layout]:
    """What the zip file holds: what it claims, before it is unpacked; then how much there is to read, before any is read."""
    most = MOST_UNPACKED if most_rows >= MOST_ROWS else MOST_UNPACKED_OF_FEW
    room = {"cells": max(LEAST_ELEMENTS, most_rows * ELEMENTS_OF_ROW), "book": MOST_OF_BOOK, "beside": MOST_BESIDE}
    layouts: dict[str, Layout] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        if sum(part.file_size for part in parts) > most:
            raise refuse("too_much_inside", "remedy_smaller", limit=f"{most // 1024**2:,}")
        if not any(part.filename == "xl/workbook.xml" for part in parts):
            raise refuse("other_zip", "remedy_workbook")
        if len(parts) > MOST_PARTS:
            raise refuse("too_many_cells", "remedy_cells")
        for part in parts:
            name, rest = part.filename, b""
            if name.startswith("xl/worksheets/"):
                layouts[name] = Layout()
            kind = _KINDS_OF_PARTS.get(name) or ("cells" if name in layouts else "beside")
            with archive.open(part) as file:
                while chunk := file.read(CHUNK):
                    room[kind] -= chunk.count(b"<") - chunk.count(b"</")
                    if room[kind] < 0:
                        raise refuse("too_many_cells", "remedy_cells")
                    if name in layouts:
                        layouts[name].read(rest + chunk)
                        rest = chunk[chunk.rfind(b"<") :][-2_000:] if chunk.rfind(b"<") > chunk.rfind(b">") else b""
    return layouts


_KINDS_OF_PARTS: Final = {"xl/workbook.xml": "book", "xl/sharedStrings.xml": "cells"}


def _choose(book: Any, table: Table, sheet: Sheet) -> Any:
    """The sheet of the table's name, else the first whose header fits, else the first. One that is hidden is never opened."""
    shown = [one for one in book.worksheets if one.sheet_state == "visible"]
    if len(shown) < len(book.worksheets):
        sheet.tell("notice_hidden_sheets", count=len(book.worksheets) - len(shown))
    named = [one for one in shown if one.title.strip().casefold() == table.name]
    if named or len(shown) == 1:
        return (named or shown)[0]
    if not shown:
        raise refuse("not_workbook", "remedy_workbook")
    first = (islice(_read_cells(one, Sheet(), LEAST_CELLS), LOOKED_AT) for one in shown)
    at = next((at for at, rows in enumerate(first) if any(count_names(cells, table) for _, cells in rows)), 0)
    sheet.tell("notice_sheets", count=len(shown), name=table.name, place=at + 1)
    return shown[at]


def _read_cells(chosen: Any, sheet: Sheet, room: int) -> Iterator[tuple[int, list[str]]]:
    book = chosen.parent
    struck = {style for style, own in enumerate(book._cell_styles) if book._fonts[own.fontId].strike}  # noqa: SLF001  # row by row openpyxl does not say it
    for number, cells in enumerate(chosen.iter_rows(), 1):
        room -= len(cells) + ROW
        if number > MOST_SHEET_ROWS or room < 0:
            raise refuse("too_many_cells", "remedy_cells")
        texts = []
        for column, cell in enumerate(cells):
            text, odd = _read_cell(cell) if cell.value is not None else ("", "")
            if odd == "own_format":
                sheet.tell("repair_own_format", [number], column)
            elif odd:
                sheet.odd[number, column] = odd
            if text and struck and cell._style_id in struck:  # noqa: SLF001  # as above
                sheet.tell("repair_struck_out", [number], column)
            texts.append(text)
        if len(texts) > MOST_COLUMNS and (
            any(texts[MOST_COLUMNS:]) or any((number, c) in sheet.odd for c in range(MOST_COLUMNS, len(texts)))
        ):
            check_width(len(texts))
        yield number, texts[:MOST_COLUMNS]


def _read_cell(cell: Any) -> tuple[str, str]:
    """The text of a cell, or what it is instead."""
    value, kind = cell.value, cell.data_type
    if kind in ("f", "e"):
        return "", "formula" if kind == "f" else "spreadsheet_error"
    if isinstance(value, str):
        return _ESCAPED.sub(lambda sign: chr(int(sign[1], 16)), value), ""
    if isinstance(value, (date, time, timedelta)):
        return "", "date_cell"
    text, odd = read_value(value)
    if odd or cell.number_format in ("General", "@", "0"):
        return text, odd
    shown = _SHOWN.fullmatch(str(cell.number_format))
    if shown and text.isdigit():
        return f"{shown[1] or ''}{text.zfill(len(shown[2]))}{shown[3] or ''}", ""
    return text, "own_format"


def _apply(layout: Layout, sheet: Sheet) -> None:
    """What is merged downwards is shown for all its rows, so it counts for all; what is hidden was read all the same."""
    width, room = len(sheet.header), len(sheet.rows) * len(sheet.header)
    for left, top, right, bottom in layout.merged:
        first, last = bisect_left(sheet.numbers, top), bisect_right(sheet.numbers, bottom)
        room -= last - first
        if room < 0:  # areas cannot lie over each other
            raise refuse("too_many_cells", "remedy_cells")
        if first == last or left > width:
            continue
        if left == right and sheet.numbers[first] == top:
            for row in sheet.rows[first + 1 : last]:
                row[left - 1] = sheet.rows[first][left - 1]
            sheet.tell("repair_merged", sheet.numbers[first:last], left - 1)
        else:
            sheet.odd[sheet.numbers[first], left - 1] = "merged"
    if hidden := [number for number in sheet.numbers if number in layout.hidden_rows]:
        sheet.tell("notice_hidden_rows", hidden)
    for place in sorted(layout.hidden_columns & set(range(width))):
        sheet.tell("repair_hidden_column", column=place)
