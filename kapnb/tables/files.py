"""Read a table file. What kind of file it is, its content tells, not its name."""

from __future__ import annotations

import csv
import io
import json
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import Any, Final

import pandas as pd

from kapnb.tables.columns import BLANKS, Table
from kapnb.tables.problems import CaseTableError, TableProblem, refuse
from kapnb.tables.sheets import LOOKED_AT, MOST_ROWS, Progress, Sheet, check_width, count_names, read_value
from kapnb.text.words import words

Source = str | PathLike[str] | bytes | pd.DataFrame

MOST_BYTES: Final = 100 * 1024 * 1024

MOST_JSON: Final = 40
"""Values of JSON for each row that is allowed: each takes a while, and a megabyte has room for a third of a million."""


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
    else:
        data = _read_bytes(source)
        read = next(read for begins, read in _READERS if begins(data))
        read(data, table, sheet)
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


# Text with separators


def _read_csv(data: bytes, table: Table, sheet: Sheet) -> None:
    text = _decode(data, sheet)
    start, separator = _find_separator(text, table)
    before = csv.field_size_limit(MOST_BYTES)  # a cell that is too long is told as one; put back, since it holds for the process
    try:
        sheet.take(_split(io.StringIO(text[start:], newline=""), separator), table)
    finally:
        csv.field_size_limit(before)


def _split(lines: Iterable[str], separator: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of a text, each with its number; refused where a quotation mark stands that cannot be meant."""
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


MARKS_OF_ENCODINGS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))

WESTERN: Final = ("cp1252", "latin-1")
"""What is no UTF-8 is read as this: Windows' Latin-1 with its curly quotes, else Latin-1 itself."""


def _decode(data: bytes, sheet: Sheet) -> str:
    """The text; told where its encoding is a guess."""
    marked = next((name for begin, name in MARKS_OF_ENCODINGS if data.startswith(begin)), "") or _guess_utf_16(data)
    for encoding in (marked,) if marked else ("utf-8", *WESTERN):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            if encoding in WESTERN:
                sheet.tell("notice_latin")
            return text
    raise refuse("not_text", "remedy_text")


def _guess_utf_16(data: bytes) -> str:
    """UTF-16 without its mark: in a table's plain letters every other byte is zero."""
    start = data[:2_000]
    half = len(start) // 2
    for place, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        if half and start[place::2].count(0) > 0.7 * half and start[1 - place :: 2].count(0) < 0.1 * half:
            return name
    return ""


# Workbooks, JSON, Parquet and frames


def _read_workbook(data: bytes, table: Table, sheet: Sheet) -> None:
    from kapnb.tables.workbooks import read_workbook  # openpyxl comes with it

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of parts that openpyxl does not keep; nothing is written back
            read_workbook(data, table, sheet)
    except CaseTableError:
        raise
    except Exception:  # noqa: BLE001  # a broken workbook can fail anywhere in openpyxl and zipfile, as anything
        raise refuse("not_workbook", "remedy_workbook") from None


def _read_json(data: bytes, table: Table, sheet: Sheet) -> None:
    text = _decode(data, sheet)
    if sum(map(text.count, "{[,")) > sheet.most_rows * MOST_JSON:
        raise refuse("too_many_cells", "remedy_smaller")
    try:
        rows = json.loads(text.lstrip("\ufeff"), object_pairs_hook=_refuse_twice)
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
    sheet.count(len(rows), len(rows))
    sheet.spreadsheet, sheet.header = False, list(map(str, names))
    for number, row in enumerate(rows, 2):
        read = [read_value(row.get(name)) for name in names]
        sheet.odd |= {(number, place): odd for place, (_, odd) in enumerate(read) if odd}
        sheet.rows.append([text for text, _ in read])
        sheet.numbers.append(number)
        sheet.count(len(sheet.rows), len(rows))


def _read_frame(frame: pd.DataFrame, sheet: Sheet) -> None:
    """The rows of a frame by their places; its index is left alone."""
    if not frame.columns.is_unique:
        raise refuse("json_twice", "remedy_parquet_twice")
    sheet.count(len(frame))
    plain = frame.astype(object)
    _read_objects(list(frame.columns), plain.where(plain.notna(), None).to_dict("records"), sheet)


def _read_parquet(data: bytes, _table: Table, sheet: Sheet) -> None:
    try:
        from pyarrow import parquet
    except ImportError:
        raise refuse("no_parquet", "remedy_parquet") from None
    try:
        file = parquet.ParquetFile(io.BytesIO(data))
        sheet.count(file.metadata.num_rows)
        check_width(file.metadata.num_columns)
        frame = file.read().to_pandas()
    except CaseTableError:
        raise
    except Exception:  # noqa: BLE001  # as for a workbook
        raise refuse("not_parquet", "remedy_workbook") from None
    _read_frame(frame, sheet)


# Which reader


def _refuse_kind(key: str) -> Callable[[bytes, Table, Sheet], None]:
    def refuse_it(_data: bytes, _table: Table, _sheet: Sheet) -> None:
        raise refuse(key, "remedy_workbook")

    return refuse_it


def _begins(*marks: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.startswith(marks)


def _looks_like_json(data: bytes) -> bool:
    start = data[:2_000].replace(b"\0", b"").removeprefix(b"\xef\xbb\xbf").lstrip(b"\xff\xfe" + BLANKS[:6].encode())
    return start[:1] in (b"[", b"{")


_READERS: Final = (
    (_begins(b"PK\x03\x04", b"PK\x05\x06"), _read_workbook),
    (_begins(b"\xd0\xcf\x11\xe0"), _refuse_kind("old_workbook")),
    (_begins(b"PAR1"), _read_parquet),
    (_begins(b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"{\\rtf", b"<"), _refuse_kind("other_file")),
    (_looks_like_json, _read_json),
    (lambda _data: True, _read_csv),
)
