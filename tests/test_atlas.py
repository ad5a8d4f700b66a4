"""The atlas against brute force: every case of every group is enumerated by the oracle and counted one by one."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping
from functools import cache, reduce
from typing import TypeVar

import pytest

from kapnb import Outcome
from kapnb.engine.atlas import count_moved, count_outcomes, map_outcomes
from kapnb.engine.proof import count_complete_cases
from tests import oracle
from tests.bundled import EDITION

Case = dict[str, str | None]
Key = TypeVar("Key", int, tuple[int, int])

ALTERNATIVES = [(name, choice) for name, choices in oracle.READINGS.items() for choice in choices[1:]]
NARROWED: list[dict[str, str]] = [
    {},
    {"psychotic_disorder": "none"},
    {"psychotic_disorder": "none", "bipolar_disorder": "none", "substance_use_disorder": "in_recovery"},
    {"ocd": "yes", "suicidal_ideation": "passive", "ideation_onset": "newer"},
    {"structured_therapy": "stabilized_after_dbt", "suicide_attempts": "single", "psychotic_disorder": "none"},
    {"mood_shift": "unclear", "developmental_trauma": "yes"},
    {"ocd": "no", "ocd_preparation": "thorough"},
]
PAIRS: list[tuple[str, str, dict[str, str]]] = [
    ("ocd", "outside_scope", {}),
    ("bpd_diagnosis", "structured_therapy", {}),
    ("psychotic_disorder", "bipolar_disorder", {"ocd": "no"}),
    ("mood_shift", "formal_treatment", {"developmental_trauma": "yes"}),
    ("bipolar_disorder", "mood_shift", {}),
]


@cache
def cases_of(group: str) -> tuple[Case, ...]:
    """Every different complete case of a group: questions that are not asked have no answer."""
    names = oracle.GROUPS[group]
    seen: dict[tuple[str | None, ...], Case] = {}
    for answers in itertools.product(*(oracle.FIELDS[name] for name in names)):
        case = dict(zip(names, answers, strict=True))
        kept = {name: case[name] if oracle.asked(name, case) else None for name in names}
        seen[tuple(kept.values())] = kept
    return tuple(seen.values())


@cache
def cautions(group: str) -> tuple[int, ...]:
    """What each of them comes to under the default readings."""
    return tuple(caution(group, case, {}) for case in cases_of(group))


@cache
def count_in(group: str, given: frozenset[tuple[str, str]]) -> Counter[int]:
    """The cautions of its cases with some answers; an empty answer: the question is not asked."""
    return Counter(
        found
        for case, found in zip(cases_of(group), cautions(group), strict=True)
        if all(case[name] == (answer or None) for name, answer in given)
    )


def caution(group: str, case: Mapping[str, str | None], readings: Mapping[str, str]) -> int:
    found = oracle.find_in(group, case, readings)
    return max((oracle.CAUTION[outcome] for outcome in found.values() if outcome in oracle.CAUTION), default=0)


def join(one: Counter[Key], two: Counter[Key]) -> Counter[Key]:
    """The greater caution of each pair, counted pair by pair; of pairs of cautions likewise."""
    joined: Counter[Key] = Counter()
    for (left, many), (right, more) in itertools.product(one.items(), two.items()):
        greatest = max(left, right) if isinstance(left, int) else (max(left[0], right[0]), max(left[1], right[1]))
        joined[greatest] += many * more
    return joined


def brute_force(given: Mapping[str, str]) -> dict[str, int]:
    """How many complete cases with some answers come to each outcome."""
    groups = oracle.GROUPS.items()
    joined = reduce(join, (count_in(group, frozenset(one for one in given.items() if one[0] in names)) for group, names in groups))
    return {outcome: joined[place] for place, outcome in enumerate(oracle.OUTCOMES)}


def plain(counts: Mapping[Outcome, int]) -> dict[str, int]:
    return {str(outcome): cases for outcome, cases in counts.items()}


def test_the_space_has_as_many_cases_as_the_groups_make() -> None:
    """The number of complete cases is the product of those of the groups, counted one by one."""
    whole = reduce(int.__mul__, (len(cases_of(group)) for group in oracle.GROUPS))
    assert whole == count_complete_cases(EDITION) == sum(count_outcomes(EDITION).values())


@pytest.mark.parametrize("fixed", NARROWED, ids=lambda fixed: "+".join(fixed) or "all")
def test_outcomes_are_counted_as_by_hand(fixed: dict[str, str]) -> None:
    """With any answers fixed, each outcome has exactly the cases that enumeration finds; none where no such case exists."""
    assert plain(count_outcomes(EDITION, fixed)) == brute_force(fixed)


@pytest.mark.parametrize(("rows", "columns", "fixed"), PAIRS)
def test_each_cell_of_a_map_is_counted_as_by_hand(rows: str, columns: str, fixed: dict[str, str]) -> None:
    """Each cell holds the outcomes of the cases with its two answers, "not asked" among them."""
    shown = map_outcomes(EDITION, rows, columns, fixed)
    for (first, second), counts in shown.items():
        assert plain(counts) == brute_force({**fixed, rows: first, columns: second}), (first, second)


@pytest.mark.parametrize(("reading", "choice"), ALTERNATIVES[::3])
def test_a_reading_moves_what_moves_by_hand(reading: str, choice: str) -> None:
    """For some of each group: exactly as many cases go from one outcome to another as going through the groups finds."""
    pairs = []
    for group in oracle.GROUPS:
        then = cautions(group)
        if reading in oracle.READ_BY.get(group, ()):
            then = tuple(caution(group, case, {reading: choice}) for case in cases_of(group))
        pairs.append(Counter(zip(cautions(group), then, strict=True)))
    assert (
        count_moved(EDITION, reading, choice) == sum(cases for (old, new), cases in reduce(join, pairs).items() if old != new) > 0
    )
