"""The rules against the oracle: a brute-force reading of the guidance written without sight of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from random import Random

import pytest

from kapnb import Assessment, assess, load_guidance
from tests import oracle
from tests.strategies import EDITIONS, random_case

TABLE = {
    "schizophrenia": (oracle.NOT_RECOMMENDED, "C03", "stated"),
    "other_primary_psychosis": (oracle.NOT_RECOMMENDED, "C04", "stated"),
    "secondary_or_unclear_psychosis": (oracle.CLARIFY, "", "silent"),
    "bipolar_not_stabilized": (oracle.NOT_NOW, "C05", "stated"),
    "bipolar_episode_now": (oracle.NOT_NOW, "C05", "reading"),
    "manic_features_with_diagnosis_in_question": (oracle.NOT_NOW, "C05 C08", "reading"),
    "bipolar_diagnosis_in_question": (oracle.CLARIFY, "C07 C08", "reading"),
    "bipolar_stabilized": (oracle.CONSIDER, "C06", "inferred"),
    "current_suicidal_pattern": (oracle.NOT_NOW, "C11 C15 C16", "stated"),
    "current_features": (oracle.NOT_NOW, "C15 C16", "stated"),
    "one_current_feature": (oracle.NOT_NOW, "C15 C16", "reading"),
    "recent_attempt": (oracle.NOT_NOW, "C13", "silent"),
    "past_suicidal_pattern": (oracle.NOT_NOW, "C11", "reading"),
    "past_suicidal_pattern_other_therapy": (oracle.CLARIFY, "C11 C17", "reading"),
    "single_attempt": (oracle.CLARIFY, "C13", "reading"),
    "single_attempt_after_dbt": (oracle.CONSIDER, "C17", "reading"),
    "bpd_suspected": (oracle.CLARIFY, "C14", "reading"),
    "bpd_not_stabilized": (oracle.NOT_NOW, "C14 C16", "stated"),
    "bpd_stabilized_other_therapy": (oracle.CLARIFY, "C14 C17", "reading"),
    "bpd_remitted": (oracle.NOT_NOW, "C14", "stated"),
    "known_feature": (oracle.CONSIDER, "C15 C17", "reading"),
    "stabilized_after_dbt": (oracle.CONSIDER, "C17", "stated"),
    "newer_ideation_likely_to_act": (oracle.NOT_NOW, "C09 C13", "reading"),
    "likely_to_act": (oracle.NOT_NOW, "C13", "silent"),
    "uncertain_likelihood": (oracle.CLARIFY, "C13", "reading"),
    "ideation_may_ease": (oracle.FAVORABLE, "C09 C10 C13", "stated"),
    "active_substance_use": (oracle.NOT_NOW, "C18 C19", "stated"),
    "recovery_not_established": (oracle.NOT_NOW, "C18 C22", "reading"),
    "recovery_without_treatment": (oracle.CLARIFY, "C18", "reading"),
    "recovery_established": (oracle.CONSIDER, "C20 C21 C22 C23", "stated"),
    "ocd": (oracle.CONSIDER, "C25 C27", "stated"),
    "ocd_unprepared": (oracle.CONSIDER, "C27 C28", "stated"),
    "assessment_incomplete": (oracle.CLARIFY, "C13", "reading"),
    "outside_scope": (oracle.CLARIFY, "", "silent"),
    "possible_misdiagnosis": (oracle.NOTE, "C07 C08", "stated"),
    "facts_disagree": (oracle.NOTE, "", "silent"),
    "nothing_found": (oracle.MAY, "C02", "stated"),
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


CAUTIONS = {
    **dict.fromkeys(("C03", "C04", "C05", "C11", "C14", "C15"), "destabilization"),
    **dict.fromkeys(("C16", "C18"), "order_of_treatment"),
    "C28": "likely_futility",
}
"""The kind of caution of each claim that has one."""


def test_a_rule_names_the_kind_of_caution_of_its_claims() -> None:
    for rule in load_guidance("begley").rules:
        kinds = {CAUTIONS[claim] for claim in rule.claims if claim in CAUTIONS}
        if kinds and rule.kind == "outcome":
            assert str(rule.caution) in kinds, rule.name


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


def test_the_oracle_has_the_rules_of_the_guidance() -> None:
    """Each rule holds in some complete case of its group with the outcome of the table, and decides somewhere."""
    held: set[str] = {"nothing_found"}
    decided: set[str] = {"nothing_found"}
    for group, fields in oracle.PARTS.items():
        choices = tuple(oracle.DEFAULT[name] for name in oracle.READ_BY.get(group, ()))
        for findings in oracle.reach(group, (None,) * len(fields), choices):
            moved = {"known_feature": {oracle.CONSIDER, oracle.CLARIFY}}
            assert all(outcome in moved.get(rule, {TABLE[rule][0]}) for rule, outcome in findings)
            held |= {rule for rule, _ in findings}
            decided |= {rule for rule, outcome in findings if outcome == oracle.decide(findings)}
    assert held == set(TABLE)
    assert decided == {rule for rule, (outcome, _, _) in TABLE.items() if outcome in oracle.CAUTION}


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
    agree((next(oracle.completions(random_case(random), whole)), random.choice(EDITIONS)) for _ in range(100 * TIMES))
    agree((random_case(random), {}) for _ in range(200 * TIMES))
    agree(({name: option}, {}) for name, options in oracle.FIELDS.items() for option in options)
    agree((random_case(random), {name: option}) for name, option in ALTERNATIVES for _ in range(5 * TIMES))
    agree((random_case(random), random.choice(EDITIONS[1::3])) for _ in range(60))


def test_a_wrong_rule_would_be_seen() -> None:
    """Planted fault: were one rule worded for another answer, the comparison above could see it."""
    case = oracle.QUIET | {"ocd": "yes", "ocd_preparation": "thorough"}
    assert not disagreement(case, {})
    assert "ocd" in disagreement(case, {}, assess(case | {"ocd": "no"}))
