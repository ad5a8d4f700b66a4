"""Forty-six practice cases, each with the outcome that its author expects."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from kapnb import assess
from tests import oracle

TABLE = Path(__file__).parent / "data" / "practice_cases.csv"
ROWS = list(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines()))


def answers(row: dict[str, str]) -> dict[str, str | None]:
    """The recorded answers of a row: an empty cell is not recorded."""
    return {field: row[field] or None for field in oracle.FIELDS}


def test_there_are_forty_six_and_they_show_every_outcome() -> None:
    assert len({row["case_id"] for row in ROWS}) == 46
    assert {row["expected"] for row in ROWS} == set(oracle.OUTCOMES)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["case_id"])
def test_assess_gives_the_expected_outcome(row: dict[str, str]) -> None:
    assessment = assess(answers(row))
    assert str(assessment.outcome) == row["expected"]
    assert {str(one) for one in assessment.possible} == {row["expected"]}
    assert not assessment.at_least


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["case_id"])
def test_the_oracle_gives_the_expected_outcome(row: dict[str, str]) -> None:
    assert oracle.outcome(answers(row)) == row["expected"]
    assert oracle.possible(answers(row)) == {row["expected"]}
