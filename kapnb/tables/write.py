"""Write a table: CSV, XLSX, JSON, or Parquet where pyarrow is installed. Read again, it is the same table."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from kapnb.engine.edition import Edition, load_guidance
from kapnb.limits import PACK
from kapnb.tables.normalize import SOURCE
from kapnb.tables.problems import refuse
from kapnb.text.characters import neutralize
from kapnb.text.words import words

_AT_ONCE: Final = 10_000
"""Rows that stand in memory as texts."""

_LOOKS_ESCAPED: Final = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


def add_source(frame: pd.DataFrame, edition: Edition | None = None) -> pd.DataFrame:
    """A frame that says in every row whose view it gives, and for what, so that the two stay with a row that is copied."""
    edition = edition or load_guidance(PACK).bind()
    ledger = edition.ledger
    changed = "; ".join(f"{name}: {choice}" for name, choice in edition.changed.items())
    key = "explanation.edition_readings" if changed else "explanation.edition"
    which = words(key, author=ledger.source.author, edition=ledger.edition, readings=changed)
    said = (f"{ledger.four['whose']} {which}", ledger.four["invented"])
    return frame.assign(**{name: pd.Categorical([text] * len(frame), [text]) for name, text in zip(SOURCE, said, strict=True)})


def find_writer(path: Path) -> Callable[[pd.DataFrame], bytes]:
    """How to write a file, by the end of its name.

    Raises:
        CaseTableError: when the name ends otherwise, or pyarrow is not installed.
    """
    writer = WRITERS.get(path.suffix.lower())
    if writer is None:
        raise refuse("other_ending", "remedy_ending")
    if writer is write_parquet and not find_spec("pyarrow"):
        raise refuse("no_parquet_out", "remedy_parquet_out")
    return writer


def save(data: bytes, path: Path) -> None:
    """Write a file, whole or not at all. What stood there keeps its mode; a link, a pipe or a device stays what it is.

    Raises:
        CaseTableError: when it cannot be written.
    """
    target = Path(os.path.realpath(path))
    partial = target.with_name(f".kapnb-{token_hex(8)}")
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(data)
            return
        if target.exists() and not target.stat().st_mode & 0o222:
            raise PermissionError(0, words("table.protected"))
        with partial.open("xb") as file:
            file.write(data)
        if target.exists():
            shutil.copymode(target, partial)
        partial.replace(target)
    except OSError as failure:
        raise refuse("not_written", why=failure.strerror or "") from None
    finally:
        with suppress(OSError):
            partial.unlink()


def write_csv(frame: pd.DataFrame) -> bytes:
    """With the mark by which a spreadsheet knows UTF-8, and nothing that it would run, whatever separator it is opened with."""
    data = io.BytesIO()
    file = io.TextIOWrapper(data, "utf-8-sig", newline="", write_through=True)  # StringIO takes four bytes a letter
    rows = csv.writer(file)  # pandas' own takes half as long again
    rows.writerow(frame.columns)
    for start in range(0, len(frame), _AT_ONCE):
        texts = _to_texts(frame[start : start + _AT_ONCE], neutralize)
        rows.writerows(zip(*(texts[name].tolist() for name in texts), strict=True))
    return data.getvalue()


def write_workbook(frame: pd.DataFrame, title: str = "cases") -> bytes:
    """One sheet, every cell a text."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "B2"
    sheet.append(list(frame.columns))
    for row in _to_texts(frame, str).itertuples(index=False):
        sheet.append([write_cell(sheet, text) for text in row])
    return save_book(book)


def write_rows(rows: Iterable[Mapping[str, str]], columns: Sequence[str], title: str) -> bytes:
    """Rows that are no frame yet, as such a sheet."""
    return write_workbook(pd.DataFrame(list(rows), columns=list(columns)), title)


def write_cell(sheet: Any, text: str) -> Any:
    """A cell of a workbook that is a text, whatever it holds; what looks like an escaped sign is shown unchanged."""
    cell = WriteOnlyCell(sheet, _LOOKS_ESCAPED.sub("_x005F_", neutralize(text)) or None)
    cell.data_type = "s" if text else "n"
    return cell


def save_book(book: Any) -> bytes:
    """A workbook as the content of a file."""
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def write_json(frame: pd.DataFrame) -> bytes:
    """A list of objects; what is not recorded is null."""
    texts = _to_texts(frame, str)
    return texts.where(texts != "", None).to_json(orient="records", force_ascii=False, indent=1).encode()


def write_parquet(frame: pd.DataFrame) -> bytes:
    """Texts and dictionaries of texts."""
    plain = frame.copy()
    plain.attrs = {}  # what was repaired while reading is no part of the table
    return plain.to_parquet(None, engine="pyarrow", index=False)


def _to_texts(frame: pd.DataFrame, write: Callable[[str], str]) -> pd.DataFrame:
    """Every cell as a text, an empty one for what is missing; each different text is written once."""
    columns = {}
    for name, cells in frame.items():
        codes, texts = pd.factorize(cells)
        columns[name] = pd.Index([*(write(str(text)) for text in texts), ""], dtype=object).take(codes)
    return pd.DataFrame(columns)


WRITERS: Final = {".csv": write_csv, ".xlsx": write_workbook, ".json": write_json, ".parquet": write_parquet}
"""What can be written, by the end of the file's name."""
