"""The bundled example: twelve invented cases, and what six invented raters made of them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from kapnb.cases import Case
from kapnb.dictionary import load_fields
from kapnb.outcomes import Outcome
from kapnb.places import examples
from kapnb.supervision.judgments import Confidence, Judgment


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
    return tuple(map(_read_case, _rows(cases))), tuple(map(_read_judgment, _rows(judgments)))


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _read_case(row: Mapping[str, str]) -> Case:
    return Case(_read_answers(row), row["case_id"], row["title"], row["vignette"], row["note"])


def _read_judgment(row: Mapping[str, str]) -> Judgment:
    return Judgment(
        case_id=row["case_id"],
        rater=row["rater"],
        outcome=Outcome(row["outcome"]) if row["outcome"] else None,
        confidence=Confidence(row["confidence"]) if row["confidence"] else None,
        deciding_finding=row["deciding_finding"],
        own=_read_answers(row) or None,
        comment=row["comment"],
    )


def _read_answers(row: Mapping[str, str]) -> dict[str, str]:
    return {name: row[name] for name in load_fields() if row[name]}
