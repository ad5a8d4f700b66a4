"""Write a table: CSV, XLSX, JSON, or Parquet where pyarrow is installed. Read again, it is the same table."""

from __future__ import annotations

import io
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import pandas as pd

from kapnb.engine.edition import Edition, load_guidance
from kapnb.limits import PACK
from kapnb.tables.normalize import SOURCE, neutralize
from kapnb.tables.problems import refuse
from kapnb.text.words import words

_LOOKS_ESCAPED: Final = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


def add_source(frame: pd.DataFrame, edition: Edition | None = None) -> pd.DataFrame:
    """A frame that says in every row whose view it gives, and for what, so that the two stay with a row that is copied."""
    edition = edition or load_guidance(PACK).bind()
    ledger = edition.ledger
    changed = "; ".join(f"{name}: {choice}" for name, choice in edition.changed.items())
    key = "explanation.edition_readings" if changed else "explanation.edition"
    which = words(key, author=ledger.source.author, edition=ledger.edition, readings=changed)
    said = (f"{ledger.four['whose']} {which}", ledger.four["invented"])
    columns = {name: pd.Categorical([text] * len(frame), [text]) for name, text in zip(SOURCE, said, strict=True)}
    return frame.assign(**columns)


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
    partial = ""
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(data)
            return
        mask = os.umask(0)
        os.umask(mask)
        mode = target.stat().st_mode if target.exists() else 0o666 & ~mask
        if not mode & 0o222:
            raise PermissionError(0, words("table.protected"))
        handle, partial = tempfile.mkstemp(dir=target.parent, prefix=".kapnb-")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(partial).chmod(mode & 0o7777)
        Path(partial).replace(target)
    except OSError as failure:
        raise refuse("not_written", why=failure.strerror or "") from None
    finally:
        if partial:
            Path(partial).unlink(missing_ok=True)


def write_csv(frame: pd.DataFrame) -> bytes:
    """With the mark by which a spreadsheet knows UTF-8, and nothing that it would run, whatever separator it is opened with."""
    text = _to_texts(frame, neutralize).to_csv(index=False, lineterminator="\r\n", encoding="utf-8")
    return text.encode("utf-8-sig")


def write_workbook(frame: pd.DataFrame, title: str = "cases") -> bytes:
    """One sheet, every cell a text."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "B2"
    sheet.append(list(frame.columns))
    for row in _to_texts(frame, str).itertuples(index=False):
        sheet.append([write_cell(sheet, text) for text in row])
    return save_book(book)


def write_cell(sheet: Any, text: str) -> Any:
    """A cell of a workbook that is a text, whatever it holds; what looks like an escaped sign is shown as it stands."""
    from openpyxl.cell import WriteOnlyCell

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
    rows: Iterable[dict[Any, Any]] = _to_texts(frame, str).to_dict("records")
    return json.dumps([{name: cell or None for name, cell in row.items()} for row in rows], ensure_ascii=False, indent=1).encode()


def write_parquet(frame: pd.DataFrame) -> bytes:
    """Texts and dictionaries of texts."""
    file = io.BytesIO()
    plain = frame.copy()
    plain.attrs = {}  # what was repaired while reading is no part of the table
    plain.to_parquet(file, engine="pyarrow", index=False)
    return file.getvalue()


def _to_texts(frame: pd.DataFrame, write: Callable[[str], str]) -> pd.DataFrame:
    """Every cell as a text, an empty one for what is missing; each different text is written once."""
    columns = {}
    for place in range(frame.shape[1]):
        codes, texts = pd.factorize(frame.iloc[:, place])
        written = pd.Index([*(write(str(text)) for text in texts), ""], dtype=object)
        columns[frame.columns[place]] = written.take(codes)
    return pd.DataFrame(columns)


WRITERS: Final[dict[str, Callable[[pd.DataFrame], bytes]]] = {
    ".csv": write_csv,
    ".xlsx": write_workbook,
    ".json": write_json,
    ".parquet": write_parquet,
}
"""What can be written, by the end of the file's name."""
