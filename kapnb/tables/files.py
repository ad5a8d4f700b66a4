"""Read a table file. Its content decides what kind of file it is, not its name."""

from __future__ import annotations

import csv
import io
import json
import re
import warnings
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import Any, Final

import pandas as pd

from kapnb.tables.columns import Table
from kapnb.tables.problems import CaseTableError, TableProblem, refuse
from kapnb.tables.sheets import LOOKED_AT, MOST_ROWS, Progress, Sheet, check_width, count_names, read_value
from kapnb.text.words import words

Source = str | PathLike[str] | bytes | pd.DataFrame

MOST_BYTES: Final = 100 * 1024 * 1024

MOST_JSON: Final = 40
"""Values of JSON for each row that is allowed: each takes a while, and a megabyte has room for a third of a million."""

OPEN_DOCUMENT: Final = b"application/vnd.oasis.opendocument.spreadsheet"

WESTERN: Final = ("cp1252", "latin-1")
"""What is no UTF-8 is read as this: Windows' Latin-1 with its curly quotes, else Latin-1 itself."""

_REFUSED: Final = {
    "old_workbook": (b"\xd0\xcf\x11\xe0",),
    "other_file": (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"{\\rtf", b"<"),
}


def read_sheet(source: Source, table: Table, most_rows: int = MOST_ROWS, progress: Progress | None = None) -> Sheet:
    """Read a file.

    Args:
        source: a path, the content itself, or a frame.
        table: which columns to expect; tells the separators of a CSV file apart, the sheets of a workbook, and the header.
        most_rows: a larger table is refused.
        progress: told how many rows are read.

    Raises:
        CaseTableError: when the file is no table that can be read, or a larger one than allowed.
    """
    sheet = Sheet(most_rows, progress)
    if isinstance(source, pd.DataFrame):
        _read_frame(source, sheet)
        return sheet
    data = _read_bytes(source)
    for key, marks in _REFUSED.items():
        if data.startswith(marks):
            raise refuse(key, "remedy_workbook")
    if data.startswith(b"PK\x03\x04") and OPEN_DOCUMENT in data[:200]:  # its first part says so, unpacked
        from kapnb.tables.opendocument import read_spreadsheet  # openpyxl comes with it

        with _refuse_broken("not_workbook"):
            read_spreadsheet(data, table, sheet)
    elif data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        from kapnb.tables.workbooks import read_workbook  # openpyxl comes with it

        with _refuse_broken("not_workbook"):
            read_workbook(data, table, sheet)
    elif data.startswith(b"PAR1"):
        _read_parquet(data, sheet)
    else:
        text = _decode(data, sheet)
        read_text = _read_json if text.lstrip()[:1] in ("[", "{") else _read_csv
        read_text(text, table, sheet)
    return sheet


def _read_bytes(source: str | PathLike[str] | bytes) -> bytes:
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


@contextmanager
def _refuse_broken(key: str) -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of parts that openpyxl does not keep; nothing is written back
            yield
    except CaseTableError:
        raise
    except Exception:  # noqa: BLE001  # a broken file can fail anywhere in openpyxl, zipfile and pyarrow, as anything
        raise refuse(key, "remedy_workbook") from None


def _decode(data: bytes, sheet: Sheet) -> str:
    """The text; a guessed encoding is reported. In UTF-16 without its mark every other byte of plain letters is zero."""
    start = data[:2_000]
    encodings: tuple[str, ...] = ("utf-8-sig", *WESTERN)
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        encodings = ("utf-16",)
    for place, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        if start[place::2].count(0) > 0.35 * len(start):
            encodings = (name,)
    for encoding in encodings:
        try:
            text = data.decode(encoding).removeprefix("\ufeff")
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            if encoding in WESTERN:
                sheet.tell("notice_latin")
            return text
    raise refuse("not_text", "remedy_text")


# Text with separators


def _read_csv(text: str, table: Table, sheet: Sheet) -> None:
    start, separator = _find_separator(text, table)
    before = csv.field_size_limit(MOST_BYTES)  # a cell that is too long is told as one; put back, since it holds for the process
    try:
        lines = io.TextIOWrapper(io.BytesIO(text[start:].encode()), "utf-8", newline="")  # StringIO takes four bytes a letter
        sheet.take(_split(lines, separator), table)
    finally:
        csv.field_size_limit(before)


def _split(lines: Iterable[str], separator: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of a text, each with its number; a stray quotation mark is refused."""
    number = 0
    try:
        for number, cells in enumerate(csv.reader(lines, delimiter=separator, strict=True), 1):
            yield number, cells
    except csv.Error:
        where = TableProblem(number + 1, "", words("table.broken_quotes"), remedy=words("table.remedy_quotes"))
        raise CaseTableError([where]) from None


def _find_separator(text: str, table: Table) -> tuple[int, str]:
    """Where the first row begins, and what separates its cells.

    That is what Excel says in a line of its own, which it does not show; else the separator that makes most known names in one
    of the first lines; then the most cells at all.
    """
    told = re.match(r'"?sep=([,;\t])"?\r?\n', text)
    if told:
        return told.end(), told[1]
    lines = [line[:10_000] for line in islice(filter(str.strip, text[:1_000_000].splitlines()), LOOKED_AT)]

    def weigh(separator: str) -> tuple[int, int]:
        rows = [line.split(separator) for line in lines]
        return max((count_names(cells, table) for cells in rows), default=0), max(map(len, rows), default=0)

    return 0, max(",;\t", key=weigh)


# JSON, frames, Parquet


def _read_json(text: str, table: Table, sheet: Sheet) -> None:
    if sum(map(text.count, "{[,")) > sheet.most_rows * MOST_JSON:
        raise refuse("too_many_cells", "remedy_smaller")
    try:
        rows = json.loads(text, object_pairs_hook=_refuse_twice)
    except json.JSONDecodeError as failure:
        raise refuse("not_json", "remedy_json", line=failure.lineno) from None
    except CaseTableError:
        raise
    except (ValueError, RecursionError):  # a number too long, or nested too deeply
        raise refuse("not_json_at_all", "remedy_json") from None
    if not isinstance(rows, list):
        raise refuse("json_one", "remedy_json", row=words(f"columns.row.{table.name}"))
    if not all(isinstance(row, dict) for row in rows):
        raise refuse("json_rows", "remedy_json")
    _read_objects(list(dict.fromkeys(name for row in rows for name in row)), rows, sheet)


def _refuse_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise refuse("json_twice", "remedy_json")
    return found


def _read_objects(names: list[Any], rows: list[Any], sheet: Sheet) -> None:
    """Rows as mappings. They are numbered as if they stood in a spreadsheet, below a header."""
    check_width(len(names))
    if not names:
        raise refuse("empty_file", "remedy_template")
    sheet.count(len(rows))
    sheet.spreadsheet, sheet.header, sheet.numbers = False, list(map(str, names)), list(range(2, len(rows) + 2))
    for done, row in enumerate(rows, 1):
        read = [read_value(row.get(name)) for name in names]
        sheet.odd |= {(done + 1, place): odd for place, (_, odd) in enumerate(read) if odd}
        sheet.rows.append([text for text, _ in read])
        sheet.count(done, len(rows))


def _read_frame(frame: pd.DataFrame, sheet: Sheet) -> None:
    """The rows of a frame by their places; its index is left alone."""
    if not frame.columns.is_unique:
        raise refuse("json_twice", "remedy_parquet_twice")
    sheet.count(len(frame))
    plain = frame.astype(object)
    _read_objects(list(frame.columns), plain.where(plain.notna(), None).to_dict("records"), sheet)


def _read_parquet(data: bytes, sheet: Sheet) -> None:
    try:
        from pyarrow import parquet
    except ImportError:
        raise refuse("no_parquet", "remedy_parquet") from None
    with _refuse_broken("not_parquet"):
        file = parquet.ParquetFile(io.BytesIO(data))
        sheet.count(file.metadata.num_rows)
        check_width(file.metadata.num_columns)
        frame = file.read().to_pandas()
    _read_frame(frame, sheet)
