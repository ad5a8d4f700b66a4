"""Tables for tests: the practice cases in every format, and what goes wrong with a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from openpyxl import Workbook

from kapnb import CaseTableError, fields, read_cases

PRACTICE = list(csv.DictReader((Path(__file__).parent / "data" / "practice_cases.csv").read_text(encoding="utf-8").splitlines()))
"""Thirty cases with what their author expects; `expected` and `claims` are no columns of a case table."""

COLUMNS = ["case_id", *fields]


def practice_rows() -> list[list[str]]:
    """The practice cases as rows, the header first."""
    return [COLUMNS, *([row.get(name, "") for name in COLUMNS] for row in PRACTICE)]


def as_csv(rows: Iterable[Iterable[str]], separator: str = ",", encoding: str = "utf-8") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows(rows)
    return text.getvalue().encode(encoding)


def as_workbook(rows: Iterable[Iterable[Any]], title: str = "cases", merged: str = "") -> bytes:
    """Each value as a spreadsheet program would store it: a number as a number, a date as a date, "=…" as a formula."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    if merged:
        sheet.merge_cells(merged)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def as_json(rows: list[list[str]]) -> bytes:
    names, *rest = rows
    return json.dumps([dict(zip(names, row, strict=True)) for row in rest]).encode()


@cache
def read_practice() -> pd.DataFrame:
    """The practice cases as a case table; nobody changes it."""
    return read_cases(as_csv(practice_rows()))


FORMATS = {"csv": as_csv, "xlsx": as_workbook, "json": as_json}


def repairs_of(frame: pd.DataFrame) -> list[tuple[str, str, str]]:
    """What was repaired: column, repair and rows."""
    return [(one["column"], one["repair"], one["rows"]) for one in frame.attrs["repairs"]]


def read_runs(text: str) -> list[int]:
    """The rows that a repair names."""
    runs = [[int(end) for end in run.split("-")] for run in text.split(", ") if run]
    return [row for run in runs for row in range(run[0], run[-1] + 1)]


def problems_of(data: bytes, read: Any = read_cases, **options: Any) -> list[dict[str, Any]]:
    """What is wrong with a file."""
    with pytest.raises(CaseTableError) as caught:
        read(data, **options)
    frame = caught.value.problems
    assert list(frame) == ["row", "column", "problem", "allowed", "remedy"]
    assert len(frame) == len(caught.value.listed) > 0
    records: list[dict[str, Any]] = frame.to_dict("records")
    return records


def only_problem(data: bytes, read: Any = read_cases, **options: Any) -> dict[str, Any]:
    found = problems_of(data, read, **options)
    assert len(found) == 1, found
    return found[0]
