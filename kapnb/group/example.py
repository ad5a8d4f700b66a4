"""The bundled example: twelve invented cases, and what six invented raters made of them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from kapnb.group.judgments import Judgment, read_answers, read_judgment
from kapnb.paths import examples
from kapnb.text.cases import Case


def example_files() -> tuple[Path, Path]:
    """The case table and the judgments table of the example, as a supervisor would write them."""
    folder = examples() / "supervision"
    return folder / "cases.csv", folder / "judgments.csv"


@cache
def load_example() -> tuple[tuple[Case, ...], tuple[Judgment, ...]]:
    """The cases and judgments of the example.

    >>> cases, judgments = load_example()
    >>> len(cases), sorted({judgment.rater for judgment in judgments})
    (12, ['R1', 'R2', 'R3', 'R4', 'R5', 'R6'])
    """
    cases, judgments = example_files()
    return tuple(map(_read_case, _rows(cases))), tuple(map(read_judgment, _rows(judgments)))


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _read_case(row: dict[str, str]) -> Case:
    return Case(read_answers(row), row["case_id"], row["title"], row["vignette"], row["note"])
