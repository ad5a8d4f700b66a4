"""Write a table: CSV, XLSX, JSON, or Parquet where pyarrow is installed. Read again, it is the same table."""

from __future__ import annotations

import codecs
import io
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import pandas as pd

from kapnb.engine.edition import load_guidance
from kapnb.tables.lines import write_lines
from kapnb.tables.problems import refuse
from kapnb.tables.repairing import neutralize
from kapnb.text.words import words


def add_source(frame: pd.DataFrame, readings: Mapping[str, str] | None = None, guidance: str = "begley") -> pd.DataFrame:
    """A frame that says in every row whose view it gives, and for what, so that the two stay with a row that is copied."""
    edition = load_guidance(guidance).bind(readings)
    ledger = edition.guidance.ledger
    changed = "; ".join(f"{name}: {choice}" for name, choice in edition.changed.items())
    key = "explanation.edition_readings" if changed else "explanation.edition"
    which = words(key, author=ledger.source.author, edition=ledger.edition, readings=changed)
    said = {"whose_view": f"{ledger.four['whose']} {which}", "invented": ledger.four["invented"]}
    everywhere = np.zeros(len(frame), dtype=np.int8)
    return frame.assign(
        **{name: pd.Categorical.from_codes(everywhere, dtype=pd.CategoricalDtype([text])) for name, text in said.items()}
    )


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
    """Write a file, whole or not at all.

    Raises:
        CaseTableError: when it cannot be written.
    """
    with open_whole(path) as file:
        file.write(data)


@contextmanager
def open_whole(path: Path) -> Iterator[BinaryIO]:
    """A file that stands at its place once all is written, and nowhere if that fails.

    Raises:
        CaseTableError: when it cannot be written.
    """
    partial = ""
    try:
        handle, partial = tempfile.mkstemp(dir=path.parent, prefix=".kapnb-")
        with os.fdopen(handle, "wb") as file:
            yield file
        mask = os.umask(0)
        os.umask(mask)
        Path(partial).chmod(0o666 & ~mask)  # as any other new file
        Path(partial).replace(path)
    except OSError as failure:
        raise refuse("not_written", why=failure.strerror or "") from None
    finally:
        if partial:
            Path(partial).unlink(missing_ok=True)


def write_csv(frame: pd.DataFrame) -> bytes:
    """With the mark by which a spreadsheet knows UTF-8."""
    return b"".join([write_head(frame), *write_lines(frame)])


def write_head(frame: pd.DataFrame) -> bytes:
    """The first line: the mark, then the names of the columns."""
    names = pd.DataFrame([list(frame.columns)], dtype="str")
    return b"".join([codecs.BOM_UTF8, *write_lines(names, neutral=False)])


def write_workbook(frame: pd.DataFrame, title: str = "cases") -> bytes:
    """One sheet, every cell a text."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "B2"
    sheet.append(list(frame.columns))
    for row in _rows(frame):
        cells = []
        for text in row:
            cell = WriteOnlyCell(sheet, neutralize(text) or None)
            cell.data_type = "s" if text else "n"
            cells.append(cell)
        sheet.append(cells)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def write_json(frame: pd.DataFrame) -> bytes:
    """A list of objects; what is not recorded is null."""
    names = list(frame.columns)
    objects = [{name: cell or None for name, cell in zip(names, row, strict=True)} for row in _rows(frame)]
    return json.dumps(objects, ensure_ascii=False, indent=1).encode()


def write_parquet(frame: pd.DataFrame) -> bytes:
    """Texts and dictionaries of texts."""
    file = io.BytesIO()
    plain = frame.copy()
    plain.attrs = {}  # what was mended while reading is no part of the table
    plain.to_parquet(file, engine="pyarrow", index=False)
    return file.getvalue()


def _rows(frame: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    """The rows as texts, an empty one for what is missing."""
    columns: list[list[Any]] = [frame[name].astype(object).where(frame[name].notna(), "").tolist() for name in frame.columns]
    return zip(*([str(cell) for cell in column] for column in columns), strict=True)


WRITERS: Final[dict[str, Callable[[pd.DataFrame], bytes]]] = {
    ".csv": write_csv,
    ".xlsx": write_workbook,
    ".json": write_json,
    ".parquet": write_parquet,
}
"""What can be written, by the end of the file's name."""
