"""The case that shows what a reading changes."""

from __future__ import annotations

import pytest

from kapnb import load_guidance
from kapnb.engine.flips import find_flip, find_quiet
from tests import oracle

GUIDANCE = load_guidance("begley")
QUIET = find_quiet(GUIDANCE.fields)


@pytest.mark.parametrize("reading", GUIDANCE.readings)
def test_a_reading_has_a_case_that_it_turns(reading: str) -> None:
    """Its outcome is settled; the oracle and the engine agree on it under each choice, and two of them differ."""
    flip = find_flip(GUIDANCE, reading)
    assert flip
    assert flip.case == {**QUIET, **flip.answers}
    assert list(flip.outcomes) == [choice.name for choice in GUIDANCE.readings[reading].choices]
    assert len(set(flip.outcomes.values())) > 1
    for choice, outcome in flip.outcomes.items():
        assessment = GUIDANCE.bind({reading: choice}).assess(flip.case)
        assert assessment.possible == {outcome}
        assert not assessment.ignored
        assert oracle.possible(flip.case, {reading: choice}) == {str(outcome)}


@pytest.mark.parametrize("reading", GUIDANCE.readings)
def test_no_single_answer_does_where_a_case_has_more(reading: str) -> None:
    """The case is as short as it can be: no single answer alone turns the reading where the case needs two."""
    flip = find_flip(GUIDANCE, reading)
    assert flip
    editions = [GUIDANCE.bind({reading: choice}) for choice in flip.outcomes]
    for name, option in ((name, option.name) for name, one in GUIDANCE.fields.items() for option in one.options):
        case = {**QUIET, name: option}
        possible = [edition.assess(case).possible for edition in editions]
        settled = all(len(one) == 1 for one in possible) and not editions[0].assess(case).ignored
        assert len(flip.answers) == 1 or not settled or len(set(possible)) == 1
