"""The hazard log: each row is whole, and each test that it names exists."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
COLUMNS = ["id", "hazard", "cause", "effect", "control", "test"]


def read_rows(text: str) -> list[dict[str, str]]:
    """The rows of every table, by the heads of its columns."""
    rows: list[dict[str, str]] = []
    columns: list[str] = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if not cells or set(line) <= set("|- "):
            columns = columns if cells else []
        elif not columns:
            columns = cells
        else:
            rows.append(dict(zip(columns, cells, strict=True)))
    return rows


ROWS = read_rows((ROOT / "docs" / "hazards.md").read_text("utf-8"))


@cache
def find_names(path: Path) -> frozenset[str]:
    """The tests that a file defines, as they are named on the command line: those of a class with its name in front."""
    tree = ast.parse(path.read_text("utf-8"))
    functions = ast.FunctionDef | ast.AsyncFunctionDef
    named = {node.name for node in tree.body if isinstance(node, functions)}
    for group in tree.body:
        if isinstance(group, ast.ClassDef):
            named |= {f"{group.name}::{node.name}" for node in group.body if isinstance(node, functions)}
    return frozenset(name for name in named if name.rpartition("::")[2].startswith("test_"))


def missing(reference: str) -> str:
    """Why a reference such as `tests/test_x.py::test_y` leads nowhere; nothing when it leads to a test."""
    place, _, name = reference.partition("::")
    path = ROOT / place
    if not place.startswith("tests/") or not path.exists():
        return f"{place} does not exist"
    files = sorted(path.rglob("test_*.py")) if path.is_dir() else [path]
    if not any(find_names(file) for file in files):
        return f"{place} holds no test"
    if name and (path.is_dir() or name not in find_names(path)):
        return f"{place} has no {name}"
    return ""


def references(row: dict[str, str]) -> list[str]:
    return re.findall(r"`([^`]+)`", row["test"])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_a_hazard_is_told_whole(row: dict[str, str]) -> None:
    """Its cause, its effect, what stands against it, and the test that holds that."""
    assert list(row) == COLUMNS
    assert re.fullmatch(r"H\d\d", row["id"])
    assert all(len(row[column].split()) >= 2 for column in ("hazard", "cause", "effect", "control")), row
    assert references(row), "no test is named"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_the_named_tests_a_hazard_exist(row: dict[str, str]) -> None:
    assert not [why for reference in references(row) if (why := missing(reference))]


def test_a_number_stands_once() -> None:
    numbers = [row["id"] for row in ROWS]
    assert len(set(numbers)) == len(numbers)
    assert len(numbers) > 30


def test_every_table_has_the_same_columns() -> None:
    """Nothing that looks like a hazard is left out of the rows above."""
    text = (ROOT / "docs" / "hazards.md").read_text("utf-8")
    assert re.findall(r"\bH\d\d\b(?= \|)", text) == [row["id"] for row in ROWS]


@pytest.mark.parametrize(
    "reference",
    [
        "tests/test_nowhere.py",
        "tests/test_hazards.py::test_nowhere",
        "tests/test_hazards.py::missing",
        "tests/oracle.py",
        "tests/data",
        "docs/hazards.md",
        "tests/serve::test_anything",
    ],
)
def test_a_name_that_leads_nowhere_would_be_seen(reference: str) -> None:
    assert missing(reference)
