"""Forty-six practice cases, each with the outcome that its author expects."""

from __future__ import annotations

import pytest

from kapnb import assess
from tests import oracle
from tests.strategies import EXPECTED, PRACTICE


def test_there_are_forty_six_and_they_show_every_outcome() -> None:
    assert len(PRACTICE) == 46
    assert set(EXPECTED.values()) == set(oracle.OUTCOMES)


@pytest.mark.parametrize("name", PRACTICE)
def test_kapnb_and_the_oracle_give_the_expected_outcome(name: str) -> None:
    """It is certain, and the only one."""
    assessment = assess(PRACTICE[name])
    assert {EXPECTED[name]} == {str(one) for one in assessment.possible} == oracle.possible(PRACTICE[name])
    assert str(assessment.outcome) == oracle.outcome(PRACTICE[name]) == EXPECTED[name]
