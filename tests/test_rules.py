"""The rules against the oracle: a brute-force reading of the guidance written without sight of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from random import Random

import pytest

from kapnb import Assessment, Outcome, assess, fields, load_guidance
from tests import oracle
from tests.strategies import EDITIONS, random_case

TABLE = {
    "schizophrenia": (oracle.NOT_RECOMMENDED, "C03", "stated"),
    "other_primary_psychosis": (oracle.NOT_RECOMMENDED, "C04", "stated"),
    "secondary_or_unclear_psychosis": (oracle.CLARIFY, "", "silent"),
    "bipolar_not_stabilized": (oracle.NOT_NOW, "C05", "stated"),
    "manic_features_with_diagnosis_in_question": (oracle.NOT_NOW, "C05 C08", "reading"),
    "bipolar_diagnosis_in_question": (oracle.CLARIFY, "C07 C08", "stated"),
    "bipolar_stabilized": (oracle.CONSIDER, "C06", "inferred"),
    "current_suicidal_pattern": (oracle.NOT_NOW, "C11 C15 C16", "stated"),
    "current_feature": (oracle.NOT_NOW, "C15 C16", "stated"),
    "past_attempt_pattern": (oracle.NOT_NOW, "C11", "reading"),
    "past_attempt_pattern_other_therapy": (oracle.CLARIFY, "C11 C17", "reading"),
    "single_attempt": (oracle.CLARIFY, "C13", "reading"),
    "bpd_suspected": (oracle.CLARIFY, "C14", "reading"),
    "bpd_not_stabilized": (oracle.NOT_NOW, "C14 C16", "stated"),
    "bpd_stabilized_other_therapy": (oracle.CLARIFY, "C14 C17", "reading"),
    "bpd_remitted_untreated": (oracle.CLARIFY, "C14", "reading"),
    "stabilized_after_dbt": (oracle.CONSIDER, "C17", "stated"),
    "likely_to_act": (oracle.NOT_NOW, "", "silent"),
    "uncertain_likelihood": (oracle.CLARIFY, "C13", "reading"),
    "ideation_unlikely_to_act": (oracle.FAVORABLE, "C09 C10 C13", "stated"),
    "active_substance_use": (oracle.NOT_NOW, "C18 C19", "stated"),
    "recovery_not_established": (oracle.NOT_NOW, "C18 C22", "reading"),
    "recovery_established": (oracle.CONSIDER, "C20 C21 C22 C23", "stated"),
    "ocd": (oracle.CONSIDER, "C25 C27", "stated"),
    "ocd_unprepared": (oracle.CONSIDER, "C27 C28", "stated"),
    "assessment_incomplete": (oracle.CLARIFY, "C13", "reading"),
    "outside_scope": (oracle.CLARIFY, "", "silent"),
    "possible_misdiagnosis": (oracle.NOTE, "C07 C08", "stated"),
    "past_feature": (oracle.NOTE, "C15", "reading"),
    "facts_disagree": (oracle.NOTE, "", "silent"),
    "nothing_found": (oracle.MAY, "C02", "stated"),
}
"""Every rule of the guidance in its order: outcome, "note" or "favorable"; claims; basis."""

ALTERNATIVES = [(name, option) for name, options in oracle.READINGS.items() for option in options[1:]]

Case = Mapping[str, str | None]


def found(assessment: Assessment) -> dict[str, str]:
    """What kapnb finds, in the oracle's words: rule -> outcome, "note" or "favorable"."""
    said = {}
    for finding in assessment.findings:
        assert finding.rule not in said, f"{finding.rule} is listed twice"
        said[finding.rule] = str(finding.outcome) if finding.kind == "outcome" else finding.kind
    return said


def headline(possible: Iterable[str]) -> tuple[str, bool]:
    """The outcome to report for a set of possible ones, and whether it is to be read as "at least"."""
    outcomes = set(possible)
    if len(outcomes) == 1:
        return outcomes.pop(), False
    if outcomes <= {oracle.NOT_RECOMMENDED, oracle.NOT_NOW}:
        return oracle.least_cautious(outcomes), True
    return oracle.CLARIFY, False


def disagreement(case: Case, readings: Mapping[str, str]) -> str:
    """What kapnb and the oracle say differently of a case; nothing where they agree."""
    ours, outcomes = assess(case, readings=readings), oracle.possible(case, readings)
    certain, some = oracle.certain_and_possible(case, readings)
    outcome, at_least = headline(outcomes)
    pairs = {
        "possible": ({str(one) for one in ours.possible}, set(outcomes)),
        "outcome": (str(ours.outcome), outcome),
        "at_least": (ours.at_least, at_least),
        "most_cautious": (str(ours.most_cautious), oracle.most_cautious(outcomes)),
        "least_cautious": (str(ours.least_cautious), oracle.least_cautious(outcomes)),
        "findings": (found(ours), certain),
        "unsettled": ({one.rule for one in ours.unsettled}, some.keys() - certain.keys()),
    }
    return "; ".join(f"{what}: kapnb {a}, oracle {b}" for what, (a, b) in pairs.items() if a != b)


def agree(cases: Iterable[tuple[Case, Mapping[str, str]]]) -> None:
    """Fail with the number of disagreements and the one with the fewest recorded answers."""
    wrong = [(case, readings, said) for case, readings in cases if (said := disagreement(case, readings))]
    if wrong:
        case, readings, said = min(wrong, key=lambda one: len(one[0]) + len(one[1]))
        pytest.fail(f"{len(wrong)} disagreements; the smallest: {dict(case)} {dict(readings)}\n{said}")


# --- the same tables ------------------------------------------------------------------------------


def test_the_dictionary_has_the_order_of_caution_of_the_guidance() -> None:
    def order(groups: Iterable[Iterable[str]]) -> list[set[str]]:
        return [set(group) for group in groups]

    assert {name: order(field.order) for name, field in fields.items() if field.order} == {
        name: order(groups) for name, groups in oracle.ORDER.items()
    }


def test_a_question_is_asked_when_the_guidance_says_so() -> None:
    """Whether a question applies is certain exactly where all completions agree on it."""
    for group, _ in oracle.GROUPS.values():
        for case in oracle.complete_cases(group):
            for field in group:
                assert fields.applies(field, case) is oracle.asked(field, case), (field, case)
    random = Random(11)
    for _ in range(300):
        case = random_case(random)
        for field in fields:
            parents = tuple(oracle.ASKED_WHEN.get(field, {}))
            answers = {oracle.asked(field, one) for one in oracle.completions(case, parents)}
            expected = answers.pop() if len(answers) == 1 else None
            assert fields.applies(field, case) is expected, (field, case)


def test_the_pack_has_the_readings_of_the_guidance() -> None:
    readings = load_guidance("begley").readings
    assert {name: tuple(one.name for one in reading.choices) for name, reading in readings.items()} == oracle.READINGS


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


# --- the oracle itself ------------------------------------------------------------------------------


def test_the_groups_of_the_oracle_share_no_field() -> None:
    """Each field is in exactly one group, with every field that decides whether it is asked."""
    listed = [field for group, _ in oracle.GROUPS.values() for field in group]
    assert sorted(listed) == sorted(oracle.FIELDS)
    for group, _ in oracle.GROUPS.values():
        for field in group:
            assert set(oracle.ASKED_WHEN.get(field, {})) <= set(group)


def test_only_the_favorable_rule_spans_two_groups() -> None:
    """A rule without an outcome cannot make two groups depend on one another."""
    values = {
        said
        for case in oracle.complete_cases(oracle.RELIEF_FIELDS)
        for said in oracle.relief_rules(oracle.DEFAULT, **{field: case.get(field) for field in oracle.RELIEF_FIELDS}).values()
    }
    assert values == {oracle.FAVORABLE}


def test_groupwise_and_direct_completion_agree() -> None:
    """Combining what the groups reach gives what trying every completion of the whole case gives."""
    random = Random(5)
    checked = 0
    while checked < 100:
        case, readings = random_case(random), random.choice(EDITIONS)
        size = 1
        for field, options in oracle.FIELDS.items():
            size *= 1 if field in case else len(options)
        if size <= 400:
            assert oracle.possible(case, readings) == oracle.possible_directly(case, readings)
            checked += 1


def test_the_oracle_has_the_rules_of_the_guidance() -> None:
    """Each rule holds in some complete case and not in another, and each outcome-bearing one decides somewhere."""
    held: set[str] = set()
    decided: set[str] = set()
    total = 0
    for group in oracle.FINDING_GROUPS.values():
        for case in oracle.complete_cases(group):
            whole = oracle.QUIET | case
            findings = oracle.holding(whole)
            assert findings == {rule: TABLE[rule][0] for rule in findings}
            held |= findings.keys()
            outcome = oracle.decide(frozenset(findings.items()))
            decided |= {rule for rule, one in findings.items() if one == outcome}
            total += 1
    assert held == set(TABLE)
    assert decided == {rule for rule, (outcome, _, _) in TABLE.items() if outcome in oracle.CAUTION}
    assert total == 2 + 4 + 20 + 56_108 + 6 + 4 + 2


# --- kapnb against the oracle -----------------------------------------------------------------------


LARGEST = "suicide_and_personality"


@pytest.mark.parametrize(
    "group", [pytest.param(name, marks=[pytest.mark.slow] * (name == LARGEST)) for name in oracle.FINDING_GROUPS]
)
def test_every_complete_case_of_each_independent_group(group: str) -> None:
    """Findings, kinds and outcome of every complete case are those of the guidance's table."""
    agree((oracle.QUIET | case, {}) for case in oracle.complete_cases(oracle.FINDING_GROUPS[group]))


SPEAKS_OF = {
    "relief_condition": "ideation",
    "stabilized_bipolar": "mood",
    "questioned_bipolar": "mood",
    "secondary_psychosis": "psychosis",
    "recovery_requires": "substance",
    "unprepared_ocd": "ocd",
}
"""The group that a reading is about; of those not named: pattern."""


@pytest.mark.parametrize(("reading", "option"), ALTERNATIVES)
def test_every_alternative_reading(reading: str, option: str) -> None:
    """Each alternative reading in the complete cases of the group it is about, and in a few of the others'."""
    for name, (group, _) in oracle.GROUPS.items():
        own = name == SPEAKS_OF.get(reading, "pattern")
        step = (7 if own else 31) if name == "pattern" else 1
        cases = itertools.islice(oracle.complete_cases(group), 0, None, step)
        agree((oracle.QUIET | case, {reading: option}) for case in cases)


def test_newer_ideation_beside_every_history() -> None:
    """The one reading that spans ideation and pattern, in every complete case of what it reads."""
    newer = {"relief_condition": "newer_suffices"}
    agree((oracle.QUIET | case, newer) for case in oracle.complete_cases(oracle.RELIEF_FIELDS))


def test_random_complete_cases_across_groups() -> None:
    random = Random(3)
    whole = tuple(oracle.FIELDS)
    agree((next(oracle.completions(random_case(random), whole)), {}) for _ in range(2_000))


def test_random_partial_cases() -> None:
    """In partial cases the possible outcomes, the headline and the findings are those of all completions."""
    random = Random(1)
    agree((random_case(random), {}) for _ in range(5_000))


def test_any_two_choices_of_reading_meet() -> None:
    """The editions that random cases are judged by pair every choice of one reading with every choice of another."""
    met = {pair for edition in EDITIONS for pair in itertools.combinations((oracle.DEFAULT | edition).items(), 2)}
    for one, other in itertools.combinations(oracle.READINGS, 2):
        for pair in itertools.product(oracle.READINGS[one], oracle.READINGS[other]):
            assert tuple(zip((one, other), pair, strict=True)) in met


def test_random_partial_cases_under_random_readings() -> None:
    random = Random(2)
    agree((random_case(random), random.choice(EDITIONS)) for _ in range(1_500))


def test_a_wrong_rule_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted fault: were one rule left out, every comparison above could see it."""
    case = oracle.QUIET | {"ocd": "yes", "ocd_preparation": "thorough"}
    assert not disagreement(case, {})
    monkeypatch.setitem(oracle.GROUPS, "ocd", (oracle.GROUPS["ocd"][0], lambda readings, **answers: {}))
    assert "ocd" in disagreement(case, {})
    assert Outcome.MAY_BE_CONSIDERED in {Outcome(one) for one in oracle.possible(case)}
