"""Read a table of an OpenDocument spreadsheet, as LibreOffice writes it. What is hidden or computed is reported."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from functools import partial
from typing import Any, Final
from xml.etree.ElementTree import Element, fromstring

from kapnb.tables.columns import Table
from kapnb.tables.problems import refuse
from kapnb.tables.sheets import MOST_COLUMNS, Sheet, choose_sheet
from kapnb.tables.workbooks import ELEMENTS_OF_ROW, LEAST_ELEMENTS, MOST_UNPACKED_OF_FEW

_TABLE: Final = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE: Final = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT: Final = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_STYLE: Final = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"

_Row = tuple[int, list[str], dict[int, str], bool]
"""The number of a row, its cells, those that are no text, and whether it is hidden."""


def read_spreadsheet(data: bytes, table: Table, sheet: Sheet) -> None:
    """Read the sheet that holds the table.

    Raises:
        CaseTableError: when it holds more than allowed.
        Exception: of any kind, from zipfile or the XML parser, when it is broken.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        part = archive.getinfo("content.xml")
        if part.file_size > MOST_UNPACKED_OF_FEW:
            raise refuse("too_much_inside", "remedy_smaller", limit=f"{MOST_UNPACKED_OF_FEW // 1024**2:,}")
        content = archive.read(part)
    if content.count(b"<") > 3 * max(LEAST_ELEMENTS, sheet.most_rows * ELEMENTS_OF_ROW) or b"<!ENTITY" in content:
        raise refuse("too_many_cells", "remedy_cells")
    root = fromstring(content)  # noqa: S314  # it has no entities, and its size was looked at
    hidden_styles = {
        style.get(f"{_STYLE}name")
        for style in root.iter(f"{_STYLE}style")
        if any(one.get(f"{_TABLE}display") == "false" for one in style.iter(f"{_STYLE}table-properties"))
    }
    sheets = list(root.iter(f"{_TABLE}table"))
    shown = [one for one in sheets if one.get(f"{_TABLE}style-name") not in hidden_styles]
    named = [(one.get(f"{_TABLE}name") or "", partial(_read_rows, one)) for one in shown]
    rows = list(_read_rows(shown[choose_sheet(named, len(sheets) - len(shown), table, sheet)]))
    sheet.odd = {(number, place): what for number, _, odd, _ in rows for place, what in odd.items()}
    sheet.take(((number, cells) for number, cells, *_ in rows), table)
    taken = set(sheet.numbers)
    if told := [number for number, _, _, hides in rows if hides and number in taken]:
        sheet.tell("notice_hidden_rows", told)


def _read_rows(one: Element) -> Iterator[_Row]:
    """Rows that hold anything; what is repeated without a text is not written out."""
    number = 0
    for row in one.iter(f"{_TABLE}table-row"):
        times = _count(row, "number-rows-repeated")
        cells, odd = _read_cells(row)
        if any(cells) or odd:
            if times > MOST_COLUMNS:
                raise refuse("too_many_cells", "remedy_cells")
            hides = row.get(f"{_TABLE}visibility") in ("collapse", "filter")
            yield from ((number + at, list(cells), dict(odd), hides) for at in range(1, times + 1))
        number += times


def _read_cells(row: Element) -> tuple[list[str], dict[int, str]]:
    cells: list[str] = []
    odd: dict[int, str] = {}
    for cell in row:
        if cell.tag not in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
            continue
        times, (text, what) = _count(cell, "number-columns-repeated"), _read_cell(cell)
        if not text and not what:
            times = min(times, MOST_COLUMNS)
        elif len(cells) + times > MOST_COLUMNS:
            raise refuse("too_many_columns", "remedy_columns", limit=f"{MOST_COLUMNS:,}")
        if what:
            odd |= dict.fromkeys(range(len(cells), len(cells) + times), what)
        cells += [text] * times
    while cells and not cells[-1] and len(cells) - 1 not in odd:
        cells.pop()
    return cells[: MOST_COLUMNS + 1], odd


def _read_cell(cell: Element) -> tuple[str, str]:
    """The text that the cell shows, or what it is instead."""
    if cell.get(f"{_TABLE}formula"):
        return "", "formula"
    kind: Any = cell.get(f"{_OFFICE}value-type")
    if kind in ("date", "time"):
        return "", "date_cell"
    if cell.get(f"{_TABLE}number-columns-spanned", "1") != "1" or cell.get(f"{_TABLE}number-rows-spanned", "1") != "1":
        return "", "merged"
    return "\n".join("".join(_spell(part)) for part in cell.findall(f"{_TEXT}p")), ""


def _spell(part: Element) -> Iterator[str]:
    yield part.text or ""
    for inner in part:
        if inner.tag == f"{_TEXT}s":
            yield " " * min(int(inner.get(f"{_TEXT}c") or 1), 1_000)
        elif inner.tag == f"{_TEXT}tab":
            yield "\t"
        elif inner.tag == f"{_TEXT}line-break":
            yield "\n"
        elif not inner.tag.endswith("}annotation"):
            yield from _spell(inner)
        yield inner.tail or ""


def _count(element: Element, name: str) -> int:
    return max(1, int(element.get(f"{_TABLE}{name}") or 1))
