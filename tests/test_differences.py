"""Differences: each kind constructed from its definition, what cannot be told, and what always holds."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kapnb import assess, fields, load_guidance
from kapnb.engine.edition import Assessment
from kapnb.engine.outcomes import Outcome
from kapnb.group.differences import Difference, Fact, Kind, compare_facts, locate
from kapnb.group.judgments import Confidence, Judgment
from kapnb.group.overview import compare_across_cases, compare_in_case, explain_difference, state
from kapnb.text.blocks import Block, as_text
from tests import oracle
from tests.strategies import complete_cases, partial_cases
from tests.test_language import DIAGNOSIS, FORBIDDEN, matches

NOT_RECOMMENDED, NOT_NOW, CLARIFY, CONSIDER, MAY = Outcome
EDITION = load_guidance("begley").bind()
RULES = [rule.name for rule in EDITION.guidance.rules]

QUIET: dict[str, str] = {name: answer for name, answer in oracle.QUIET.items() if oracle.asked(name, oracle.QUIET)}
WISH = {"suicidal_ideation": "passive", "ideation_onset": "newer", "likelihood_of_acting": "unlikely"}
LOOKED_FOR_RELIEF = QUIET | WISH | {"substance_use_disorder": "active"}
"""Active substance use decides; the favorable finding is outranked."""


def case(**answers: str) -> Assessment:
    return assess(QUIET | answers)


def where(
    outcome: Outcome | None, table: Assessment, own: dict[str, str] | None = None, finding: str = "", rater: str = "R1"
) -> Difference:
    return locate(Judgment("E1", rater, outcome, deciding_finding=finding, own=own), table)


# --- the kinds, from their definitions -------------------------------------------------------------


def test_the_same_facts_findings_and_outcome_are_no_difference() -> None:
    table = case(bipolar_disorder="not_stabilized", mood_shift="unclear")
    found = where(NOT_NOW, table, dict(table.answers), "bipolar_not_stabilized")
    assert (found.kinds, found.either, found.facts, found.agrees) == ((), (), (), True)


def test_facts_read_otherwise() -> None:
    """The rater read another answer, and the outcome follows from it: facts, and nothing else."""
    table = case(suicide_attempts="single", structured_therapy="not_started")
    own = dict(table.answers) | {"suicide_attempts": "repeated_past"}
    found = where(NOT_NOW, table, own, "past_attempt_pattern")
    assert (found.kinds, found.either) == ((Kind.FACTS,), ())
    assert found.facts == (Fact("suicide_attempts", "single", "repeated_past", matters=True),)
    assert (found.source, found.own, found.agrees) == (CLARIFY, NOT_NOW, False)


def test_facts_that_do_not_matter_are_told_apart() -> None:
    """An answer that moves the outcome from neither reading is listed, and is no difference in kind."""
    table = case(psychotic_disorder="schizophrenia")
    found = where(NOT_RECOMMENDED, table, dict(table.answers) | {"ocd": "yes", "ocd_preparation": "thorough"}, "schizophrenia")
    assert found.facts == (Fact("ocd", "no", "yes", matters=False),)
    assert found.kinds == ()


def test_an_answer_comes_with_the_questions_it_raises() -> None:
    """Ideation read into the vignette, unlikely to be acted on, does not matter just because the table was never asked more."""
    found = where(MAY, case(), QUIET | WISH)
    assert found.facts == (Fact("suicidal_ideation", "none", "passive", matters=False),)
    found = where(NOT_NOW, case(), QUIET | WISH | {"likelihood_of_acting": "likely"})
    assert found.facts == (Fact("suicidal_ideation", "none", "passive", matters=True),)
    assert found.kinds == (Kind.FACTS,)


def test_an_answer_read_into_the_vignette() -> None:
    """The table records nothing, the rater recorded an answer, and the outcome follows: facts."""
    table = assess({name: given for name, given in QUIET.items() if name != "ocd"})
    found = where(MAY, table, dict(QUIET), "nothing_found")
    assert found.facts == (Fact("ocd", None, "no", matters=True),)
    assert found.kinds == (Kind.FACTS,)


def test_an_answer_left_open() -> None:
    """A rater who leaves open what the table records and so clarifies differs in facts; with the same outcome, in nothing."""
    open_reading = {name: given for name, given in QUIET.items() if name != "psychotic_disorder"}
    found = where(CLARIFY, case(), open_reading)
    assert found.facts == (Fact("psychotic_disorder", "none", None, matters=True),)
    assert found.kinds == (Kind.FACTS,)
    table = case(psychological_assessment="incomplete")
    found = where(CLARIFY, table, {"psychological_assessment": "incomplete"}, "assessment_incomplete")
    assert found.kinds == ()


def test_a_rule_that_was_passed_over() -> None:
    """The same facts, a less cautious outcome, and no finding named: the findings above it were passed over."""
    table = case(psychotic_disorder="schizophrenia", substance_use_disorder="active")
    found = where(MAY, table, dict(table.answers))
    assert found.kinds == (Kind.RULE,)
    assert found.conclusion.passed_over == ("schizophrenia", "active_substance_use")


def test_a_rule_that_was_added() -> None:
    """The finding that the rater let decide does not hold in the facts as the rater read them."""
    found = where(CLARIFY, case(), dict(QUIET), "outside_scope")
    assert (found.kinds, found.conclusion.added, found.conclusion.passed_over) == ((Kind.RULE,), "outside_scope", ())


def test_the_same_outcome_by_another_route() -> None:
    """The outcome agrees, and rests on a finding that does not hold: a rule, beside agreement."""
    table = case(suicide_attempts="single", structured_therapy="not_started")
    found = where(CLARIFY, table, dict(table.answers), "bpd_suspected")
    assert found.agrees
    assert (found.kinds, found.conclusion.added, found.conclusion.passed_over) == (
        (Kind.RULE,),
        "bpd_suspected",
        ("single_attempt",),
    )


def test_the_same_finding_with_another_outcome() -> None:
    """The rater names the finding that decides and draws another outcome from it."""
    table = case(ocd="yes", ocd_preparation="thorough")
    found = where(NOT_NOW, table, dict(table.answers), "ocd")
    assert (found.kinds, found.conclusion.redrawn) == ((Kind.RULE,), "ocd")


def test_another_priority() -> None:
    """The same findings, and one that is outranked was made to decide."""
    table = assess(LOOKED_FOR_RELIEF)
    found = where(MAY, table, dict(LOOKED_FOR_RELIEF), "ideation_unlikely_to_act")
    assert found.kinds == (Kind.PRIORITY,)
    assert found.conclusion.preferred == "ideation_unlikely_to_act"
    assert found.conclusion.passed_over == ("active_substance_use",)


def test_another_priority_with_an_outcome_that_is_not_its_own() -> None:
    """The outranked finding was made to decide, and not even its outcome was drawn: priority and rule."""
    table = case(psychotic_disorder="schizophrenia", ocd="yes", ocd_preparation="thorough")
    assert where(CONSIDER, table, dict(table.answers), "ocd").kinds == (Kind.PRIORITY,)
    assert where(MAY, table, dict(table.answers), "ocd").kinds == (Kind.RULE, Kind.PRIORITY)


def test_naming_what_is_favorable_when_nothing_decides_is_no_difference() -> None:
    found = where(MAY, case(**WISH), QUIET | WISH, "ideation_unlikely_to_act")
    assert (found.kinds, found.either) == ((), ())


def test_facts_and_a_rule_mix() -> None:
    """Other facts, and an outcome that does not follow from them either."""
    table = case(substance_use_disorder="in_recovery", formal_treatment="yes", recovery_lifestyle="yes")
    found = where(MAY, table, dict(table.answers) | {"recovery_lifestyle": "no"})
    assert found.kinds == (Kind.FACTS, Kind.RULE)


def test_two_differences_can_cancel_out() -> None:
    """The outcome of the source, reached through other facts and another rule, is still a difference."""
    table = case(suicide_attempts="single", structured_therapy="not_started")
    found = where(CLARIFY, table, dict(table.answers) | {"suicide_attempts": "repeated_past"})
    assert found.agrees
    assert found.kinds == (Kind.FACTS, Kind.RULE)


# --- what cannot be told apart ---------------------------------------------------------------------


def test_concluding_over_an_open_question_is_facts_or_a_rule() -> None:
    """An answer was read into what is open, or a missing answer was taken for "no": that has to be asked."""
    own = {name: given for name, given in QUIET.items() if name != "ocd"}
    found = where(MAY, assess(own), own)
    assert (found.kinds, found.either) == ((), (Kind.FACTS, Kind.RULE))
    assert found.conclusion.open == ("ocd", "ocd_preparation")


def test_without_a_finding_a_rule_and_a_priority_look_alike() -> None:
    table = case(psychotic_disorder="schizophrenia", ocd="yes", ocd_preparation="thorough")
    found = where(CONSIDER, table, dict(table.answers))
    assert (found.kinds, found.either) == ((), (Kind.RULE, Kind.PRIORITY))
    assert found.conclusion.passed_over == ("schizophrenia",)


@pytest.mark.parametrize(
    ("outcome", "finding", "either"),
    [
        (NOT_NOW, "active_substance_use", ()),
        (NOT_NOW, "", ()),
        (MAY, "ideation_unlikely_to_act", (Kind.FACTS, Kind.PRIORITY)),
        (MAY, "nothing_found", (Kind.FACTS, Kind.RULE)),
        (CLARIFY, "uncertain_likelihood", (Kind.FACTS, Kind.RULE)),
        (CONSIDER, "", (Kind.FACTS, Kind.RULE)),
        (CONSIDER, "ideation_unlikely_to_act", (Kind.FACTS, Kind.PRIORITY)),
    ],
)
def test_without_a_reading_facts_can_never_be_ruled_out(outcome: Outcome, finding: str, either: tuple[Kind, ...]) -> None:
    found = where(outcome, assess(LOOKED_FOR_RELIEF), None, finding)
    assert (found.kinds, found.either, found.facts, found.own) == ((), either, (), None)


def test_another_outcome_of_the_deciding_finding_is_a_rule_even_without_a_reading() -> None:
    found = where(MAY, assess(LOOKED_FOR_RELIEF), None, "active_substance_use")
    assert (found.kinds, found.either) == ((Kind.RULE,), ())


def test_an_incomplete_judgment_differs_in_nothing() -> None:
    """Without an outcome there is no difference, only what was read otherwise."""
    found = where(None, case(), QUIET | {"psychotic_disorder": "schizophrenia"}, "schizophrenia")
    assert (found.kinds, found.either, found.complete) == ((), (), False)
    assert [fact.field for fact in found.facts] == ["psychotic_disorder"]


def test_readings_of_the_source_are_kept() -> None:
    """A rater is set beside the edition in force, not beside the default."""
    answers = QUIET | {"suicide_attempts": "single", "structured_therapy": "not_started"}
    table = assess(answers, {"single_attempt": "counts_as_pattern"})
    assert where(NOT_NOW, table, dict(answers), "past_attempt_pattern").kinds == ()
    assert where(CLARIFY, table, dict(answers), "single_attempt").kinds == (Kind.RULE,)


# --- laws ------------------------------------------------------------------------------------------

outcomes = st.sampled_from([None, *Outcome])
findings = st.sampled_from(["", *RULES])


@settings(max_examples=150, deadline=None)
@given(partial_cases, st.none() | partial_cases, outcomes, findings)
def test_every_judgment_is_located(table: dict[str, str], own: Any, outcome: Outcome | None, finding: str) -> None:
    """Any case, reading, outcome and finding is located and put into words; a difference in outcome is never without a kind."""
    found = where(outcome, assess(table), own, finding)
    assert len(set(found.kinds)) == len(found.kinds)
    assert not set(found.kinds) & set(found.either)
    if found.complete and not found.agrees:
        assert found.kinds or found.either
    if found.kinds or found.either:
        assert state(found, EDITION)
    if not found.complete:
        assert not found.kinds
        assert not found.either
    explain_difference(found, EDITION)


@settings(max_examples=100, deadline=None)
@given(partial_cases, partial_cases)
def test_facts_are_the_same_seen_from_either_side(one: dict[str, str], other: dict[str, str]) -> None:
    """Which questions differ, and whether they matter, does not hang on who is called table and who is called rater."""
    there, back = compare_facts(assess(one), assess(other)), compare_facts(assess(other), assess(one))
    assert there == tuple(Fact(fact.field, fact.rater, fact.table, fact.matters) for fact in back)


@settings(max_examples=100, deadline=None)
@given(complete_cases)
def test_who_follows_the_source_differs_in_nothing(table: dict[str, str]) -> None:
    """The table's facts, its outcome and any finding that decides, or none: no difference."""
    assessed = assess(table)
    for finding in ("", *(one.rule for one in assessed.deciding)):
        for own in (None, dict(table)):
            found = where(assessed.outcome, assessed, own, finding)
            assert (found.kinds, found.either) == ((), ())


@settings(max_examples=100, deadline=None)
@given(complete_cases, complete_cases)
def test_who_follows_the_source_from_other_facts_differs_in_facts_alone(table: dict[str, str], own: dict[str, str]) -> None:
    """The outcome that this source draws from the rater's own reading is never a difference in rules or priority."""
    assessed, read = assess(table), assess(own)
    found = where(read.outcome, assessed, own)
    assert set(found.kinds) <= {Kind.FACTS}
    assert found.either == ()
    assert found.own is read.outcome


@settings(max_examples=100, deadline=None)
@given(complete_cases, st.sampled_from(sorted(oracle.FIELDS)), st.randoms(use_true_random=False))
def test_one_changed_answer_matters_exactly_when_it_moves_the_outcome(table: dict[str, str], field: str, random: Random) -> None:
    """Two complete readings that differ in one question, and in what it raises: it matters if and only if the outcomes differ."""
    assume(field in table)
    own = table | {field: random.choice(oracle.FIELDS[field])}
    own |= {name: random.choice(oracle.FIELDS[name]) for name in oracle.FIELDS if oracle.asked(name, own) and name not in own}
    own = {name: given for name, given in own.items() if oracle.asked(name, own)}
    assume(own[field] != table[field])
    facts = compare_facts(assess(table), assess(own))
    assert [fact.field for fact in facts] == [field]
    assert facts[0].matters == (oracle.outcome(table) != oracle.outcome(own))


# --- a case across the group, the group across cases -----------------------------------------------


def group() -> list[Difference]:
    table = case(suicide_attempts="single", structured_therapy="not_started")
    pattern = dict(table.answers) | {"suicide_attempts": "repeated_past"}
    return [
        where(NOT_NOW, table, pattern, "past_attempt_pattern", "R1"),
        where(NOT_NOW, table, pattern, "past_attempt_pattern", "R2"),
        where(MAY, table, dict(table.answers), "", "R3"),
        where(CLARIFY, table, dict(table.answers), "single_attempt", "R4"),
        where(None, table, None, "", "R5"),
    ]


def lines(blocks: tuple[Block, ...], key: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(line.text, line.details) for block in blocks if block.key == key for line in block.lines]


def test_a_case_across_the_group() -> None:
    """What several do alike is one line with their number; the outcome of the source is marked; the incomplete stand apart."""
    blocks = compare_in_case(group(), EDITION)
    assert [block.key for block in blocks] == ["spread", "alike", "facts", "rule"]
    assert [details[-1] for _, details in lines(blocks, "spread")] == [f"{count} of 5 judgments" for count in (2, 1, 1, 1)]
    assert [[badge.text for badge in line.badges] for line in blocks[0].lines] == [
        [],
        ["this source (the source is silent)"],
        [],
        [],
    ]
    ((text, details),) = lines(blocks, "facts")
    assert text == "Suicide attempts: read otherwise"
    single, repeated = (fields["suicide_attempts"].option(name).label for name in ("single", "repeated_past"))
    assert details == (f"The table: {single}. Read as: {repeated}.", "2 of 5 judgments")
    assert lines(blocks, "rule")[0][1] == ("1 of 5 judgments",)


def test_nobody_is_named_unless_asked() -> None:
    """Without names no label of a rater stands in any line; with names each stands beside what is theirs."""
    for compare in (compare_in_case, compare_across_cases):
        assert not any(f"R{number}" in as_text(compare(group(), EDITION)) for number in range(1, 6))
    assert lines(compare_in_case(group(), EDITION, names=True), "facts")[0][1][-1] == "R1, R2"
    assert lines(compare_across_cases(group(), EDITION, names=True), "facts")[0][1] == ("Cases: E1 (R1, R2)",)
    for one in group():
        assert one.judgment.rater not in as_text([explain_difference(one, EDITION)])
        assert one.judgment.rater in as_text([explain_difference(one, EDITION, names=True)])


def test_no_line_stands_in_the_order_of_raters() -> None:
    """Shuffled judgments give the same blocks, so nobody can be told by their place."""
    expected = compare_in_case(group(), EDITION), compare_across_cases(group(), EDITION)
    for seed in range(10):
        shuffled = group()
        Random(seed).shuffle(shuffled)
        assert (compare_in_case(shuffled, EDITION), compare_across_cases(shuffled, EDITION)) == expected


def test_what_was_seen_alike() -> None:
    """The same outcome, finding and facts of all are said; the incomplete do not disturb it."""
    table = case(psychotic_disorder="schizophrenia")
    alike = [where(NOT_RECOMMENDED, table, dict(table.answers), "schizophrenia", rater) for rater in ("R1", "R2")]
    said = lines(compare_in_case([*alike, where(None, table, None, "", "R3")], EDITION), "alike")
    assert [text for text, _ in said] == [
        "Everyone who gave an outcome gave the same.",
        "Everyone let the same finding decide: Schizophrenia, past or present.",
        "Everyone who recorded a reading read alike what matters to the outcome.",
    ]
    assert lines(compare_in_case(group(), EDITION), "alike") == [("Nothing was seen alike by everyone.", ())]


def test_the_group_across_cases_puts_the_frequent_first() -> None:
    """The same difference in several cases is one line that names the cases."""
    table = case(suicide_attempts="single", structured_therapy="not_started")
    own = dict(table.answers) | {"suicide_attempts": "repeated_past"}
    several = [locate(Judgment(f"E{number}", "R1", NOT_NOW, own=own), table) for number in (2, 1)]
    blocks = compare_across_cases([*several, where(NOT_NOW, case(), QUIET | {"substance_use_disorder": "active"})], EDITION)
    assert lines(blocks, "facts") == [
        ("Suicide attempts: read otherwise", ("Cases: E1, E2",)),
        ("Substance use disorder: read otherwise", ("Cases: E1",)),
    ]


def test_a_finding_that_the_source_does_not_have_is_not_repeated() -> None:
    found = where(NOT_NOW, case(), dict(QUIET), "Call Dr. Rowan")
    assert "Rowan" not in as_text([explain_difference(found, EDITION)], width=500)
    assert "a finding that this source does not have" in as_text([explain_difference(found, EDITION)], width=500)


def test_one_judgment_in_words() -> None:
    """Outcome, confidence, the source, what follows from the own reading, and what differs."""
    table = case(suicide_attempts="single", structured_therapy="not_started")
    own = dict(table.answers) | {"suicide_attempts": "repeated_past"}
    found = locate(Judgment("E1", "R1", NOT_NOW, Confidence.HIGH, own=own), table)
    text = as_text([explain_difference(found, EDITION)], width=1000)
    for said in (
        "Given: Not recommended at present",
        "Confidence: high",
        "This source, as read here: Clarify first",
        "For the facts as this rater read them, this source would say: Not recommended at present",
        "Suicide attempts: read otherwise [matters to the outcome]",
    ):
        assert said in text
    assert "Nothing differs" in as_text([explain_difference(where(MAY, case(), dict(QUIET)), EDITION)])


@settings(max_examples=40, deadline=None)
@given(partial_cases, st.none() | partial_cases, outcomes, findings)
def test_the_words_hurt_and_grade_nobody(table: dict[str, str], own: Any, outcome: Outcome | None, finding: str) -> None:
    """However differences are put together, no forbidden word comes of it, and no diagnosis that nobody recorded or named."""
    found = where(outcome, assess(table), own, finding)
    texts = [("difference", as_text([explain_difference(found, EDITION), *compare_in_case([found], EDITION)]))]
    assert not [hit for pattern in FORBIDDEN.values() for hit in matches(pattern, texts)]
    recorded = any(answers.get("bpd_diagnosis", "none") != "none" for answers in (table, own or {}))
    if not recorded and not finding.startswith("bpd") and all(fact.field != "bpd_diagnosis" for fact in found.facts):
        assert "bpd_diagnosis" in found.conclusion.open or not DIAGNOSIS.search(texts[0][1])


def test_a_reading_is_judged_in_the_edition_of_the_case() -> None:
    edition = load_guidance("begley").bind({"remitted_bpd": "current_only"})
    answers = QUIET | {"bpd_diagnosis": "past_or_remitted", "structured_therapy": "not_started"}
    found = where(MAY, edition.assess(answers), dict(answers))
    assert (found.kinds, found.own) == ((), MAY)
