"""Read a table file into rows of texts. What kind of file it is, its content tells, not its name."""

from __future__ import annotations

import csv
import io
import json
import re
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from os import PathLike
from pathlib import Path
from typing import Any, Final

from kapnb.tables.problems import CaseTableError, TableProblem, refuse
from kapnb.tables.schema import Table
from kapnb.text.words import words

Progress = Callable[[int, int], None]
"""Told from time to time how many rows are done, of how many; of 0 where that is not known."""

Source = str | PathLike[str] | bytes

MOST_ROWS: Final = 100_000
MOST_COLUMNS: Final = 100
MOST_BYTES: Final = 100 * 1024 * 1024
MOST_UNPACKED: Final = 500 * 1024 * 1024
"""A workbook is a zip file; what it claims to unpack to is looked at before anything is unpacked."""

MOST_SHEET_ROWS: Final = 1_048_576
"""The last row of any spreadsheet: a workbook that names a later one is broken, or worse."""

MOST_UNPACKED_OF_FEW: Final = 40 * 1024 * 1024
"""The same where fewer rows are allowed, as on a page: somebody waits, and others use the machine."""

LEAST_CELLS: Final = 1_000_000
"""Blank cells count too, and a blank row as some: a small workbook can claim very many of them. So many may always be there."""

ELEMENTS_OF_ROW: Final = 80
LEAST_ELEMENTS: Final = 500_000
MOST_OF_BOOK: Final = 5_000
MOST_BESIDE: Final = 50_000
"""Elements of XML: in sheets and their texts for each row that is allowed, but so many always; in the list of sheets; in everything
else, styles foremost. Each takes a while, the shortest too, and a megabyte has room for a quarter of a million."""

MOST_PARTS: Final = 2_000

ROW: Final = 4
"""How many cells a row counts for beside those that it has."""

STEP: Final = 1_000
"""After how many rows progress is told."""


@dataclass
class Sheet:
    """A file as rows of texts.

    Attributes:
        header: the names in the first row that is not blank.
        rows: the cells of each row, at most as many as the header has.
        numbers: for each row its number as a spreadsheet shows it.
        odd: cells that are no plain text, by row number and column, with a key of ``table.*`` that says what they are.
        notices: what had to be settled to read the file, in words.
        spreadsheet: whether cells that a spreadsheet would run carry an apostrophe in front.
        before: how many rows were taken earlier, where a file is read in parts.
        blank: blank rows since the last row that is not.
        skipped: blank rows between others.
    """

    header: list[str]
    header_row: int = 1
    rows: list[list[str]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    odd: dict[tuple[int, int], str] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    spreadsheet: bool = True
    before: int = 0
    blank: int = 0
    skipped: int = 0

    def finish(self) -> Sheet:
        """With a notice of the blank rows, once all rows are taken.

        Raises:
            CaseTableError: when nothing stands in any row.
        """
        if not self.header:
            raise refuse("empty_file", "remedy_template")
        if self.skipped:
            self.notices.append(words("table.notice_blank", count=f"{self.skipped:,}"))
        return self


def read_sheet(source: Source, table: Table, most_rows: int = MOST_ROWS, progress: Progress | None = None) -> Sheet:
    """Read a file.

    Args:
        source: a path, or the content itself.
        table: which columns to expect; tells the separators of a CSV file apart, and the sheets of a workbook.
        most_rows: a larger table is refused.
        progress: told how many rows are read.

    Raises:
        CaseTableError: when the file is no table that can be read, or a larger one than allowed.
    """
    data = _read_bytes(source)
    reader = next(reader for begins, reader in _READERS if begins(data))
    return reader(data, table, Limit(most_rows, progress))


def _read_bytes(source: Source) -> bytes:
    if isinstance(source, (bytes, bytearray, memoryview)):
        data = bytes(source)
    else:
        try:
            with Path(source).open("rb") as file:
                data = file.read(MOST_BYTES + 1)
        except (OSError, ValueError) as failure:  # ValueError: a path that cannot be one
            raise refuse("not_there", why=getattr(failure, "strerror", "") or words("table.no_path")) from None
    if len(data) > MOST_BYTES:
        raise refuse("too_many_bytes", "remedy_smaller", limit=f"{MOST_BYTES // 1024**2:,}")
    if not data.strip():
        raise refuse("empty_file", "remedy_template")
    return data


@dataclass
class Limit:
    """Counts rows, and tells the progress."""

    most_rows: int
    progress: Progress | None

    def count(self, rows: int, whole: int = 0) -> None:
        if rows > self.most_rows:
            raise refuse("too_many_rows", "remedy_rows", limit=f"{self.most_rows:,}")
        if self.progress and rows % STEP == 0:
            self.progress(rows, whole)


def take_rows(rows: Iterable[tuple[int, list[str]]], limit: Limit, sheet: Sheet) -> Sheet:
    """Take rows with their numbers; the first that is not blank is the header. Blank rows between others are counted."""
    for number, cells in rows:
        if not any(map(str.strip, cells)) and not any((number, column) in sheet.odd for column in range(len(cells))):
            sheet.blank += 1
            if sheet.skipped + sheet.blank > MOST_SHEET_ROWS:
                raise refuse("too_many_cells", "remedy_cells")
            continue
        if not sheet.header:
            sheet.header, sheet.header_row = _trim(cells, number, sheet), number
            _check_width(len(sheet.header))
            sheet.blank = 0
            continue
        sheet.skipped, sheet.blank = sheet.skipped + sheet.blank, 0
        width = len(sheet.header)
        if len(cells) != width:
            for column in range(width, len(cells)):
                if cells[column].strip() or (number, column) in sheet.odd:
                    sheet.odd[number, column] = "beyond"
                    break  # one is told of a row; there may be millions
        sheet.rows.append(cells if len(cells) == width else [*cells[:width], *[""] * (width - len(cells))])
        sheet.numbers.append(number)
        limit.count(sheet.before + len(sheet.rows))
    return sheet


def _trim(cells: list[str], number: int, sheet: Sheet) -> list[str]:
    """Without the empty cells at the end."""
    width = max(place for place, cell in enumerate(cells, 1) if cell.strip() or (number, place - 1) in sheet.odd)
    return cells[:width]


def _check_width(columns: int) -> None:
    if columns > MOST_COLUMNS:
        raise refuse("too_many_columns", "remedy_columns", limit=f"{MOST_COLUMNS:,}")


# Text with separators


def _read_csv(data: bytes, table: Table, limit: Limit) -> Sheet:
    text, notices = _decode(data)
    start, separator = find_separator(text, table)
    return take_rows(split(io.StringIO(text[start:], newline=""), separator), limit, Sheet([], notices=notices)).finish()


def split(lines: Iterable[str], separator: str, before: int = 0) -> Iterator[tuple[int, list[str]]]:
    """The rows of a text, each with its number.

    Raises:
        CaseTableError: where a quotation mark stands that cannot be meant.
    """
    number = before
    try:
        for number, cells in enumerate(csv.reader(lines, delimiter=separator, strict=True), before + 1):
            yield number, cells
    except csv.Error:
        where = TableProblem(number + 1, "", words("table.broken_quotes"), remedy=words("table.remedy_quotes"))
        raise CaseTableError([where]) from None


def find_separator(text: str, table: Table) -> tuple[int, str]:
    """Where the first row begins, and what separates its cells.

    That is what Excel says in a line of its own, which it does not show; else the separator that makes most known names of the
    first row that is not blank; then the most names at all.
    """
    told = re.match(r'"?sep=([,;\t])"?\r?\n', text)
    if told:
        return told.end(), told[1]
    first = find_first_line(text)[:10_000]

    def weigh(separator: str) -> tuple[int, int]:
        names = [name.strip(' "\ufeff').casefold() for name in first.split(separator)]
        return len(table.columns.keys() & names), len(names)

    return 0, max(",;\t", key=weigh)


def find_first_line(text: str) -> str:
    """The first line in which something stands."""
    return next((line for line in text.splitlines() if line.strip(" ,;\t\ufeff")), "")


MARKS_OF_ENCODINGS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))

WESTERN: Final = ("cp1252", "latin-1")
"""What is no UTF-8 is read as this: Windows' Latin-1 with its curly quotes, else Latin-1 itself."""


def _decode(data: bytes) -> tuple[str, list[str]]:
    """The text, with a notice where its encoding is a guess."""
    marked = next((name for begin, name in MARKS_OF_ENCODINGS if data.startswith(begin)), "") or guess_utf_16(data)
    for encoding in (marked,) if marked else ("utf-8", *WESTERN):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text, [words("table.notice_latin")] if encoding in WESTERN else []
    raise refuse("not_text", "remedy_text")


def guess_utf_16(data: bytes) -> str:
    """UTF-16 without its mark: in a table's plain letters every other byte is zero."""
    start = data[:2_000]
    half = len(start) // 2
    for place, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        if half and start[place::2].count(0) > 0.7 * half and start[1 - place :: 2].count(0) < 0.1 * half:
            return name
    return ""


# Workbooks


def _read_workbook(data: bytes, table: Table, limit: Limit) -> Sheet:
    _look_inside(data, limit.most_rows)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of parts that openpyxl does not keep; nothing is written back
            return _read_open_workbook(data, table, limit)
    except CaseTableError:
        raise
    except Exception:  # noqa: BLE001  # a broken workbook can fail anywhere in openpyxl, as anything
        raise refuse("not_workbook", "remedy_workbook") from None


def _look_inside(data: bytes, most_rows: int) -> None:
    """What the zip file holds: what it claims, before it is unpacked; then how much there is to read, before any is read."""
    most = MOST_UNPACKED if most_rows >= MOST_ROWS else MOST_UNPACKED_OF_FEW
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            large = sum(part.file_size for part in parts) > most
            named = any(part.filename == "xl/workbook.xml" for part in parts)
            many = len(parts) > MOST_PARTS or (not large and named and _has_many_elements(archive, parts, most_rows))
    except Exception:  # noqa: BLE001  # as above, in zipfile
        raise refuse("not_workbook", "remedy_workbook") from None
    if large:
        raise refuse("too_much_inside", "remedy_smaller", limit=f"{most // 1024**2:,}")
    if not named:
        raise refuse("other_zip", "remedy_workbook")
    if many:
        raise refuse("too_many_cells", "remedy_cells")


def _has_many_elements(archive: zipfile.ZipFile, parts: Iterable[zipfile.ZipInfo], most_rows: int) -> bool:
    """Whether reading the parts would take long, told by the signs that each element begins with."""
    room = {"cells": max(LEAST_ELEMENTS, most_rows * ELEMENTS_OF_ROW), "book": MOST_OF_BOOK, "beside": MOST_BESIDE}
    for part in parts:
        kind = _KINDS_OF_PARTS.get(part.filename) or ("cells" if part.filename.startswith("xl/worksheets/") else "beside")
        with archive.open(part) as file:
            while chunk := file.read(CHUNK):
                room[kind] -= chunk.count(b"<") - chunk.count(b"</")
                if room[kind] < 0:
                    return True
    return False


_KINDS_OF_PARTS: Final = {"xl/workbook.xml": "book", "xl/sharedStrings.xml": "cells"}
CHUNK: Final = 1024 * 1024


def _read_open_workbook(data: bytes, table: Table, limit: Limit) -> Sheet:
    from openpyxl import load_workbook
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

    # To find its size openpyxl goes through each sheet that names none, before we go through one of them.
    ReadOnlyWorksheet._get_size = lambda _: None  # noqa: SLF001  # there is no switch for it

    # Formulas are looked at as formulas: the value kept beside one may be stale or missing, and a missing one would read as empty.
    book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
    try:
        sheets = {sheet.title.strip().casefold(): sheet for sheet in reversed(book.worksheets)}
        notices = []
        chosen = sheets.get(table.name)
        if chosen is None:
            if len(sheets) > 1:
                notices.append(words("table.notice_sheets", count=len(sheets), name=table.name))
            chosen = book.worksheets[0]
        chosen.reset_dimensions()  # what the file claims of its size is not trusted
        sheet = Sheet([], notices=notices)
        room = max(LEAST_CELLS, limit.most_rows * MOST_COLUMNS)
        return take_rows(_read_cells(chosen, sheet, room), limit, sheet).finish()
    finally:
        book.close()


def _read_cells(chosen: Any, sheet: Sheet, room: int) -> Iterator[tuple[int, list[str]]]:
    for number, cells in enumerate(chosen.iter_rows(), 1):
        room -= len(cells) + ROW
        if number > MOST_SHEET_ROWS or room < 0:
            raise refuse("too_many_cells", "remedy_cells")
        texts = []
        for column, cell in enumerate(cells):
            text, odd = _read_cell(cell)
            if odd:
                sheet.odd[number, column] = odd
            texts.append(text)
        if len(texts) > MOST_COLUMNS and (
            any(texts[MOST_COLUMNS:]) or any((number, c) in sheet.odd for c in range(MOST_COLUMNS, len(texts)))
        ):
            _check_width(len(texts))
        yield number, texts[:MOST_COLUMNS]


def _read_cell(cell: Any) -> tuple[str, str]:  # noqa: PLR0911  # a table
    """The text of a cell, or what it is instead."""
    value, kind = cell.value, cell.data_type
    if value is None:
        return "", ""
    if kind == "f":
        return "", "formula"
    if kind == "e":
        return "", "spreadsheet_error"
    if isinstance(value, str):
        return value, ""
    if isinstance(value, (date, datetime, time, timedelta)):
        return "", "date_cell"
    if isinstance(value, bool):
        return "", "true_or_false"
    shown = _write_number(value)
    zeros = re.fullmatch(r"0+", str(cell.number_format or ""))
    return (shown.zfill(len(zeros[0])) if zeros and shown.isdigit() else shown), ""


def _write_number(value: float) -> str:
    """A number as a table shows it: 7, not 7.0."""
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    return str(int(value) if whole else value)


# JSON and Parquet


def _read_json(data: bytes, table: Table, limit: Limit) -> Sheet:
    text, notices = _decode(data)
    try:
        rows = json.loads(text.lstrip("\ufeff"), object_pairs_hook=_refuse_twice)
    except json.JSONDecodeError as failure:
        raise refuse("not_json", "remedy_json", line=failure.lineno) from None
    except CaseTableError:
        raise
    except (ValueError, RecursionError):  # a number too long, or nested too deeply
        raise refuse("not_json_at_all", "remedy_json") from None
    if not isinstance(rows, list):
        raise refuse("json_one", "remedy_json", row=table.row)
    return _read_objects(rows, limit, Sheet([], notices=notices, spreadsheet=False))


def _refuse_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise refuse("json_twice", "remedy_json")
    return found


def _read_objects(rows: list[Any], limit: Limit, sheet: Sheet) -> Sheet:
    """Rows as mappings. They are numbered as if they stood in a spreadsheet, below a header."""
    if not all(isinstance(row, dict) for row in rows):
        raise refuse("json_rows", "remedy_json")
    limit.count(len(rows))
    names: dict[str, int] = {}
    for row in rows:
        for name in row:
            names.setdefault(name, len(names))
        _check_width(len(names))
    if not names:
        raise refuse("empty_file", "remedy_template")
    sheet.header = list(names)
    for number, row in enumerate(rows, 2):
        cells = [""] * len(names)
        for name, value in row.items():
            text, odd = _read_value(value)
            cells[names[name]] = text
            if odd:
                sheet.odd[number, names[name]] = odd
        sheet.rows.append(cells)
        sheet.numbers.append(number)
        limit.count(len(sheet.rows), len(rows))
    return sheet


def _read_value(value: Any) -> tuple[str, str]:
    if value is None:
        return "", ""
    if isinstance(value, str):
        return value, ""
    if isinstance(value, bool):
        return "", "true_or_false"
    if isinstance(value, (int, float)):
        return _write_number(value), ""
    return "", "not_a_text"


def _read_parquet(data: bytes, _table: Table, limit: Limit) -> Sheet:
    try:
        from pyarrow import parquet
    except ImportError:
        raise refuse("no_parquet", "remedy_parquet") from None
    try:
        file = parquet.ParquetFile(io.BytesIO(data))
        limit.count(file.metadata.num_rows)
        _check_width(file.metadata.num_columns)
        table = file.read()
    except CaseTableError:
        raise
    except Exception:  # noqa: BLE001  # as for a workbook
        raise refuse("not_parquet", "remedy_workbook") from None
    if len(set(table.column_names)) < table.num_columns:
        raise refuse("json_twice", "remedy_parquet_twice")
    rows: list[Mapping[str, Any]] = table.to_pylist()
    return _read_objects(rows, limit, Sheet([], spreadsheet=False))


def _refuse_kind(key: str, remedy: str) -> Callable[[bytes, Table, Limit], Sheet]:
    def refuse_it(_data: bytes, _table: Table, _limit: Limit) -> Sheet:
        raise refuse(key, remedy)

    return refuse_it


def _begins(*marks: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.startswith(marks)


def _looks_like_json(data: bytes) -> bool:
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    plain = data[:2_000].replace(b"\0", b"").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff").lstrip()[:1]
    return start in (b"[", b"{") or plain in (b"[", b"{")


_READERS: Final = (
    (_begins(b"PK\x03\x04", b"PK\x05\x06"), _read_workbook),
    (_begins(b"\xd0\xcf\x11\xe0"), _refuse_kind("old_workbook", "remedy_workbook")),
    (_begins(b"PAR1"), _read_parquet),
    (_begins(b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"{\\rtf"), _refuse_kind("other_file", "remedy_workbook")),
    (_looks_like_json, _read_json),
    (lambda _data: True, _read_csv),
)


def looks_like_csv(start: bytes) -> bool:
    """Whether a file that begins so is read as CSV; not where its first signs are all blank, which tells nothing."""
    if start and not start.strip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n\v\f"):
        return False
    return next(reader for begins, reader in _READERS if begins(start)) is _read_csv
