"""The rules against the oracle: a brute-force reading of the guidance written without sight of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from random import Random

import pytest

from kapnb import Assessment, assess, load_guidance
from tests import oracle
from tests.bundled import LIBRARY
from tests.example import CASES
from tests.strategies import EDITIONS, EXPECTED, PRACTICE, random_case

TABLE = {
    rule.name: (rule.outcome_in(oracle.whole(oracle.QUIET), oracle.DEFAULT), rule.claims, rule.basis)
    for rule in (*oracle.RULES, oracle.DEFAULT_RULE)
}
"""Every rule of the guidance in its order: outcome, "note" or "favorable"; claims; basis."""

TIMES = int(os.environ.get("KAPNB_CASES", "1"))
"""How many times the usual number of cases is tried; 100 is every complete case of what a reading is about, and takes an hour."""

ALTERNATIVES = [(name, option) for name, options in oracle.READINGS.items() for option in options[1:]]

Case = Mapping[str, str | None]


def found(assessment: Assessment) -> dict[str, str]:
    """What kapnb finds, in the oracle's words: rule -> outcome, "note" or "favorable"."""
    said = {one.rule: str(one.outcome) if one.kind == "outcome" else str(one.kind) for one in assessment.findings}
    assert len(said) == len(assessment.findings), "a rule is listed twice"
    return said


def disagreement(case: Case, readings: Mapping[str, str], assessment: Assessment | None = None) -> str:
    """What kapnb and the oracle say differently of a case; nothing where they agree."""
    ours, outcomes = assessment or assess(case, readings=readings), oracle.possible(case, readings)
    certain, unsure = oracle.certain_and_open(case, readings)
    outcome, at_least = oracle.headline(outcomes)
    pairs = {
        "possible": ({str(one) for one in ours.possible}, set(outcomes)),
        "outcome": (str(ours.outcome), outcome),
        "at_least": (ours.at_least, at_least),
        "most_cautious": (str(ours.most_cautious), oracle.most_cautious(outcomes)),
        "least_cautious": (str(ours.least_cautious), oracle.least_cautious(outcomes)),
        "findings": (found(ours), certain),
        "unsettled": ({one.rule for one in ours.unsettled}, set(unsure)),
    }
    return "; ".join(f"{what}: kapnb {a}, oracle {b}" for what, (a, b) in pairs.items() if a != b)


def agree(cases: Iterable[tuple[Case, Mapping[str, str]]]) -> None:
    """Fail with the number of disagreements and the one with the fewest recorded answers."""
    wrong = [(case, readings, said) for case, readings in cases if (said := disagreement(case, readings))]
    if wrong:
        case, readings, said = min(wrong, key=lambda one: len(one[0]) + len(one[1]))
        pytest.fail(f"{len(wrong)} disagreements; the smallest: {dict(case)} {dict(readings)}\n{said}")


# --- the same tables ------------------------------------------------------------------------------


def test_the_pack_has_the_rules_of_the_guidance() -> None:
    """The same rules in the same order, each with its outcome, claims and basis."""
    said = {
        rule.name: (str(rule.outcome or rule.kind), " ".join(rule.claims), str(rule.basis))
        for rule in load_guidance("begley").rules
    }
    assert said == TABLE
    assert list(said) == list(TABLE)


def test_a_rule_names_the_kind_of_caution_of_its_claims() -> None:
    kinds = {rule.name: str(rule.caution).replace("_", " ") for rule in load_guidance("begley").rules if rule.outcome}
    assert not [one.name for one in oracle.RULES if one.cautions and one.name in kinds and kinds[one.name] not in one.cautions]


def test_the_pack_has_the_readings_of_the_guidance() -> None:
    """The same choices in the same order, each with its direction against the letter."""
    readings = load_guidance("begley").readings
    assert {name: {one.name: one.direction for one in reading.choices} for name, reading in readings.items()} == oracle.DIRECTIONS
    assert {name: tuple(one.name for one in reading.choices) for name, reading in readings.items()} == oracle.READINGS


# --- the oracle itself ------------------------------------------------------------------------------


def test_the_groups_of_the_oracle_share_no_field() -> None:
    """Each field is in one group, with every field that decides whether it is asked; rules across groups have no outcome."""
    listed = [field for group in oracle.GROUPS.values() for field in group]
    assert sorted(listed) == sorted(oracle.FIELDS)
    assert all(set(oracle.ASKED_WHEN.get(field, {})) <= set(group) for group in oracle.GROUPS.values() for field in group)
    spanning = {rule.name: rule.outcome for rule in oracle.RULES if not rule.group}
    assert spanning == {"ideation_may_ease": oracle.FAVORABLE, "facts_disagree": oracle.NOTE}


def test_groupwise_and_direct_completion_agree() -> None:
    """Combining what the groups reach gives what trying every completion of the whole case gives."""
    random = Random(5)
    for _ in range(60):
        case, readings = random_case(random), random.choice(EDITIONS)
        for field in random.sample(list(oracle.FIELDS), 17):
            case.setdefault(field, random.choice(oracle.FIELDS[field]))
        assert oracle.possible(case, readings) == oracle.possible_directly(case, readings)


# --- kapnb against the oracle -----------------------------------------------------------------------


def some_cases(group: str, most: int) -> Iterator[Case]:
    """Complete cases of a group on quiet ground: as many as that, by chance, where there are more."""
    every = list(oracle.complete_cases(oracle.PARTS[group]))
    return ({**oracle.QUIET, **case} for case in Random(most).sample(every, min(len(every), most * TIMES)))


@pytest.mark.parametrize("group", oracle.PARTS)
def test_complete_cases_of_each_independent_group(group: str) -> None:
    """Findings, kinds and outcome are those of the guidance's table."""
    agree((case, {}) for case in some_cases(group, 1_000))


@pytest.mark.parametrize(("reading", "option"), ALTERNATIVES)
def test_every_alternative_reading(reading: str, option: str) -> None:
    """Each alternative reading in cases of every group, most in those of the group it is about."""
    for group in oracle.PARTS:
        own = reading in oracle.READ_BY.get(group, ())
        agree((case, {reading: option}) for case in some_cases(group, 200 if own else 15))


def test_newer_ideation_beside_every_history() -> None:
    """The one reading that spans ideation and pattern, in every complete case of what it reads."""
    newer = {"relief_condition": "newer_suffices"}
    agree((oracle.QUIET | case, newer) for case in oracle.complete_cases(oracle.RELIEF_FIELDS))


def test_random_cases() -> None:
    """In complete and partial cases the possible outcomes, the headline and the findings are those of all completions."""
    random = Random(1)
    whole = tuple(oracle.FIELDS)
    agree((next(oracle.completions(random_case(random), whole)), random.choice(EDITIONS)) for _ in range(60 * TIMES))
    agree((random_case(random), {}) for _ in range(100 * TIMES))
    agree(({name: option} if option else {}, {}) for name, options in oracle.FIELDS.items() for option in ("", *options))
    agree((random_case(random), {name: option}) for name, option in ALTERNATIVES for _ in range(3 * TIMES))
    agree((random_case(random), random.choice(EDITIONS[1::3])) for _ in range(30))


def test_cases_that_somebody_wrote() -> None:
    """Vignettes and the example; a practice case comes to the outcome that its author expects, and to no other."""
    agree((case, {}) for case in PRACTICE.values())
    agree((one.answers, {}) for one in (*LIBRARY.values(), *CASES))
    assert len(PRACTICE) == 46
    assert {name: frozenset({expected}) for name, expected in EXPECTED.items()} == {
        name: oracle.possible(case) for name, case in PRACTICE.items()
    }
    assert set(EXPECTED.values()) == set(oracle.OUTCOMES)


def test_a_wrong_rule_would_be_seen() -> None:
    """Planted fault: were one rule worded for another answer, the comparison above could see it."""
    case = oracle.QUIET | {"ocd": "yes", "ocd_preparation": "thorough"}
    assert not disagreement(case, {})
    assert "ocd" in disagreement(case, {}, assess(case | {"ocd": "no"}))
