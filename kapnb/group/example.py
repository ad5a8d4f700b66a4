"""The example of a pack: invented cases, and what invented raters made of them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from kapnb.engine.edition import Edition
from kapnb.group.judgments import Judgment, read_judgment, read_row
from kapnb.text.cases import Case


def example_files(edition: Edition) -> tuple[Path, Path]:
    """The case table and the judgments table of the example, as a supervisor would write them."""
    folder = edition.guidance.folder / "examples" / "supervision"
    return folder / "cases.csv", folder / "judgments.csv"


@cache
def load_example(edition: Edition) -> tuple[tuple[Case, ...], tuple[Judgment, ...]]:
    """The cases and judgments of the example.

    >>> from kapnb import load_guidance
    >>> cases, judgments = load_example(load_guidance("begley").bind())
    >>> len(cases), sorted({judgment.rater for judgment in judgments})
    (12, ['R1', 'R2', 'R3', 'R4', 'R5', 'R6'])
    """
    cases, judgments = map(_rows, example_files(edition))
    return tuple(read_row(row, edition) for row in cases), tuple(read_judgment(row, edition) for row in judgments)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
