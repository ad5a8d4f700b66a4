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
from kapnb.text.words import words
from tests import oracle
from tests.bundled import EDITION
from tests.strategies import complete_cases, partial_cases
from tests.test_language import DIAGNOSIS, FORBIDDEN, matches
from tests.training import ATTEMPT, OPEN, QUIET, WISH

NOT_RECOMMENDED, NOT_NOW, CLARIFY, CONSIDER, MAY = Outcome
RULES = [rule.name for rule in EDITION.guidance.rules]

LOOKED_FOR_RELIEF = WISH | {"substance_use_disorder": "active"}
"""Active substance use decides; the favorable finding is outranked."""


def where(
    outcome: Outcome | None, table: Assessment, own: dict[str, str] | None = None, finding: str = "", rater: str = "R1"
) -> Difference:
    return locate(Judgment("E1", rater, outcome, deciding_finding=finding, own=own), table)


# --- the kinds, from their definitions -------------------------------------------------------------

PATTERN = ATTEMPT | {"suicide_attempts": "repeated_past"}
OCD = QUIET | {"ocd": "yes", "ocd_preparation": "thorough"}
PSYCHOSIS = QUIET | {"psychotic_disorder": "schizophrenia"}
BIPOLAR = QUIET | {"bipolar_disorder": "not_stabilized", "mood_shift": "unclear", "current_mood_episode": "none"}
RECOVERY = QUIET | {"substance_use_disorder": "in_recovery", "formal_treatment": "yes", "recovery_lifestyle": "yes"}
NO_OCD = {name: given for name, given in QUIET.items() if name != "ocd"}
REMITTED = QUIET | {"bpd_diagnosis": "past_or_remitted", "structured_therapy": "not_started"}
BOTH = OCD | {"psychotic_disorder": "schizophrenia"}


@pytest.mark.parametrize(
    ("table", "own", "outcome", "finding", "kinds", "either", "conclusion"),
    [
        # the same facts, findings and outcome
        (BIPOLAR, BIPOLAR, NOT_NOW, "bipolar_not_stabilized", "", "", {}),
        # another answer, from which the outcome follows: facts, and nothing else
        (ATTEMPT, PATTERN, NOT_NOW, "past_suicidal_pattern", "facts", "", {}),
        (NO_OCD, QUIET, MAY, "nothing_found", "facts", "", {}),
        (QUIET, OPEN, CLARIFY, "", "facts", "", {}),
        (QUIET, WISH | {"likelihood_of_acting": "likely"}, NOT_NOW, "", "facts", "", {}),
        # facts that move nothing are no difference in kind
        (PSYCHOSIS, BOTH, NOT_RECOMMENDED, "schizophrenia", "", "", {}),
        (QUIET, WISH, MAY, "", "", "", {}),
        # what is left open, with the outcome that follows all the same
        (QUIET | {"psychological_assessment": "incomplete"}, {"psychological_assessment": "incomplete"}, CLARIFY, "", "", "", {}),
        # a less cautious outcome, and no finding named: those above it were passed over
        (
            PSYCHOSIS | {"substance_use_disorder": "active"},
            PSYCHOSIS | {"substance_use_disorder": "active"},
            *(MAY, "", "rule", "", {"passed_over": ("schizophrenia", "active_substance_use")}),
        ),
        # a finding that does not hold, with another outcome or with the same
        (QUIET, QUIET, CLARIFY, "outside_scope", "rule", "", {"added": "outside_scope"}),
        (ATTEMPT, ATTEMPT, CLARIFY, "bpd_suspected", "rule", "", {"added": "bpd_suspected", "passed_over": ("single_attempt",)}),
        # the deciding finding with another outcome
        (OCD, OCD, NOT_NOW, "ocd", "rule", "", {"redrawn": "ocd"}),
        # the same findings, and an outranked one was made to decide, with its own outcome or not even that
        (
            *(LOOKED_FOR_RELIEF, LOOKED_FOR_RELIEF, MAY, "ideation_may_ease", "priority", ""),
            {"preferred": "ideation_may_ease", "passed_over": ("active_substance_use",)},
        ),
        (BOTH, BOTH, CONSIDER, "ocd", "priority", "", {"preferred": "ocd", "passed_over": ("schizophrenia",)}),
        (BOTH, BOTH, MAY, "ocd", "rule priority", "", {"preferred": "ocd", "passed_over": ("schizophrenia", "ocd")}),
        (BOTH, BOTH, NOT_RECOMMENDED, "ocd", "priority", "", {"preferred": "ocd", "passed_over": ("schizophrenia",)}),
        # a favorable finding that is named where nothing decides outranks nothing
        (WISH, WISH, MAY, "ideation_may_ease", "", "", {}),
        # a rule that waits for an answer, named as deciding
        (NO_OCD, NO_OCD, CLARIFY, "ocd", "", "", {}),
        # other facts, and an outcome that does not follow from them either; or one that does again
        (RECOVERY, RECOVERY | {"recovery_lifestyle": "no"}, MAY, "", "facts rule", "", None),
        (ATTEMPT, PATTERN, CLARIFY, "", "facts rule", "", None),
        # an answer was read into what is open, or a missing one was taken for "no": that has to be asked
        (NO_OCD, NO_OCD, MAY, "", "", "facts rule", {"open": ("ocd", "ocd_preparation")}),
        (NO_OCD, NO_OCD, MAY, "schizophrenia", "rule", "facts", {"added": "schizophrenia", "open": ("ocd", "ocd_preparation")}),
        (QUIET, OPEN, MAY, "", "", "facts rule", None),
        # an outcome that no answer to what is open would give is a rule
        (NO_OCD, NO_OCD, NOT_RECOMMENDED, "", "rule", "", {}),
        # without a finding a rule and a priority look alike
        (BOTH, BOTH, CONSIDER, "", "", "rule priority", {"passed_over": ("schizophrenia",)}),
        # an incomplete judgment differs in nothing
        (QUIET, PSYCHOSIS, None, "schizophrenia", "", "", {}),
        # without a reading facts can never be ruled out
        (LOOKED_FOR_RELIEF, None, NOT_NOW, "active_substance_use", "", "", None),
        (LOOKED_FOR_RELIEF, None, NOT_NOW, "", "", "", None),
        (LOOKED_FOR_RELIEF, None, MAY, "ideation_may_ease", "", "facts priority", None),
        (LOOKED_FOR_RELIEF, None, MAY, "nothing_found", "", "facts rule", None),
        (LOOKED_FOR_RELIEF, None, CLARIFY, "uncertain_likelihood", "", "facts rule", None),
        (LOOKED_FOR_RELIEF, None, CONSIDER, "", "", "facts rule", None),
        (LOOKED_FOR_RELIEF, None, CONSIDER, "ideation_may_ease", "", "facts priority", None),
        # but another outcome of the deciding finding is a rule
        (LOOKED_FOR_RELIEF, None, MAY, "active_substance_use", "rule", "", None),
    ],
)
def test_each_kind_by_its_definition(
    *,
    table: dict[str, str],
    own: dict[str, str] | None,
    outcome: Outcome | None,
    finding: str,
    kinds: str,
    either: str,
    conclusion: dict[str, Any] | None,
) -> None:
    """Facts, rules and priorities, alone, mixed, and where they cannot be told apart."""
    found = where(outcome, assess(table), own, finding)
    assert (" ".join(found.kinds), " ".join(found.either)) == (kinds, either)
    if conclusion is not None:
        told = {name: getattr(found.conclusion, name) for name in ("added", "redrawn", "preferred", "passed_over", "open")}
        assert {name: value for name, value in told.items() if value} == conclusion
    assert (found.own, found.agrees, found.complete) == (own and assess(own).outcome, outcome is found.source, outcome is not None)


@pytest.mark.parametrize(
    ("table", "own", "facts"),
    [
        (ATTEMPT, PATTERN, [Fact("suicide_attempts", "single", "repeated_past", matters=True)]),
        (PSYCHOSIS, BOTH, [Fact("ocd", "no", "yes", matters=False)]),
        (NO_OCD, QUIET, [Fact("ocd", None, "no", matters=True)]),
        (QUIET, OPEN, [Fact("psychotic_disorder", "none", None, matters=True)]),
        # ideation read into the vignette, unlikely to be acted on, does not matter just because the table was never asked more
        (QUIET, WISH, [Fact("suicidal_ideation", "none", "passive", matters=False)]),
        (QUIET, WISH | {"likelihood_of_acting": "likely"}, [Fact("suicidal_ideation", "none", "passive", matters=True)]),
    ],
)
def test_what_was_read_otherwise(table: dict[str, str], own: dict[str, str], facts: list[Fact]) -> None:
    """Only what both were asked, and whether it moves the outcome; an answer comes with the questions that it raises."""
    assert list(compare_facts(assess(table), assess(own))) == facts


@pytest.mark.parametrize(
    ("chosen", "answers", "outcome", "finding", "kinds"),
    [
        ({"single_attempt": "counts_as_pattern"}, ATTEMPT, NOT_NOW, "past_suicidal_pattern", ()),
        ({"single_attempt": "counts_as_pattern"}, ATTEMPT, CLARIFY, "single_attempt", (Kind.RULE,)),
        ({"remitted_bpd": "current_only"}, REMITTED, MAY, "", ()),
    ],
)
def test_a_rater_is_set_beside_the_edition_of_the_case(
    chosen: dict[str, str], answers: dict[str, str], outcome: Outcome, finding: str, kinds: tuple[Kind, ...]
) -> None:
    """Not beside the default readings."""
    found = where(outcome, load_guidance("begley").bind(chosen).assess(answers), dict(answers), finding)
    assert found.kinds == kinds


def test_less_caution_than_two_rules_of_which_one_holds_is_said() -> None:
    """No single finding decides the case, and another one has the outcome that was given."""
    case = {"self_injury_or_recklessness": "current", "outside_scope": "yes"}
    found = where(Outcome.CLARIFY_FIRST, assess(case), None)
    assert found.either == (Kind.FACTS, Kind.RULE, Kind.PRIORITY)
    assert [one.text for one in state(found)] == [words("supervision.less_cautious")]


# --- laws ------------------------------------------------------------------------------------------

outcomes = st.sampled_from([None, *Outcome])
findings = st.sampled_from(["", *RULES])


@settings(max_examples=60)
@given(partial_cases, st.none() | partial_cases, outcomes, findings)
def test_every_judgment_is_located_in_words_that_grade_nobody(
    table: dict[str, str], own: Any, outcome: Outcome | None, finding: str
) -> None:
    """A difference in outcome has a kind and words; none of them is forbidden, or a diagnosis that nobody recorded or named."""
    found = where(outcome, assess(table), own, finding)
    told = [*found.kinds, *found.either]
    assert len({*told}) == len(told)
    assert told or found.agrees or not found.complete
    assert state(found) if told else True
    assert not (told and not found.complete)
    texts = [("difference", as_text([explain_difference(found), *compare_in_case([found])]))]
    assert not [hit for pattern in FORBIDDEN.values() for hit in matches(pattern, texts)]
    recorded = any(answers.get("bpd_diagnosis", "none") != "none" for answers in (table, own or {}))
    if not recorded and not finding.startswith("bpd") and all(fact.field != "bpd_diagnosis" for fact in found.facts):
        assert "bpd_diagnosis" in found.conclusion.open or not DIAGNOSIS.search(texts[0][1])


@settings(max_examples=40)
@given(partial_cases, partial_cases)
def test_facts_are_the_same_seen_from_either_side(one: dict[str, str], other: dict[str, str]) -> None:
    """Which questions differ, and whether they matter, does not hang on who is called table and who is called rater."""
    there, back = compare_facts(assess(one), assess(other)), compare_facts(assess(other), assess(one))
    assert there == tuple(Fact(fact.field, fact.rater, fact.table, fact.matters) for fact in back)


@settings(max_examples=40)
@given(complete_cases)
def test_who_follows_the_source_differs_in_nothing(table: dict[str, str]) -> None:
    """The table's facts, its outcome and any finding that decides, or none: no difference."""
    assessed = assess(table)
    for finding in ("", *(one.rule for one in assessed.deciding)):
        for own in (None, dict(table)):
            found = where(assessed.outcome, assessed, own, finding)
            assert (found.kinds, found.either) == ((), ())


@settings(max_examples=40)
@given(complete_cases, complete_cases)
def test_who_follows_the_source_from_other_facts_differs_in_facts_alone(table: dict[str, str], own: dict[str, str]) -> None:
    """The outcome that this source draws from the rater's own reading is never a difference in rules or priority."""
    assessed, read = assess(table), assess(own)
    found = where(read.outcome, assessed, own)
    assert set(found.kinds) <= {Kind.FACTS}
    assert found.either == ()
    assert found.own is read.outcome


@settings(max_examples=40)
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
    table = assess(ATTEMPT)
    return [
        where(NOT_NOW, table, PATTERN, "past_suicidal_pattern", "R1"),
        where(NOT_NOW, table, PATTERN, "past_suicidal_pattern", "R2"),
        where(MAY, table, ATTEMPT, "", "R3"),
        where(CLARIFY, table, ATTEMPT, "single_attempt", "R4"),
        where(None, table, None, "", "R5"),
    ]


def lines(blocks: tuple[Block, ...], key: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(line.text, line.details) for block in blocks if block.key == key for line in block.lines]


def test_a_case_across_the_group() -> None:
    """What several do alike is one line with their number; the outcome of the source is marked; the incomplete stand apart."""
    blocks = compare_in_case(group())
    assert [block.key for block in blocks] == ["spread", "alike", "facts", "rule"]
    assert [details[-1] for _, details in lines(blocks, "spread")] == [f"{count} of 5 judgments" for count in (2, 1, 1, 1)]
    marked = [[badge.text for badge in line.badges] for line in blocks[0].lines]
    assert marked == [[], ["the article (the article gives no answer)"], [], []]
    single, repeated = (fields["suicide_attempts"].option(name).label for name in ("single", "repeated_past"))
    both = f"In the case: {single}. Read as: {repeated}."
    assert lines(blocks, "facts") == [("Suicide attempts: read differently", (both, "2 of 5 judgments"))]
    assert lines(blocks, "rule")[0][1] == ("1 of 5 judgments",)


def test_nobody_is_named_unless_asked() -> None:
    """Without names no label of a rater stands in any line; with names each stands beside what is theirs."""
    for compare in (compare_in_case, compare_across_cases):
        assert not any(f"R{number}" in as_text(compare(group())) for number in range(1, 6))
    assert lines(compare_in_case(group(), names=True), "facts")[0][1][-1] == "R1, R2"
    assert lines(compare_across_cases(group(), names=True), "facts")[0][1] == ("Cases: E1 (R1, R2)",)
    for one in group():
        assert one.judgment.rater not in as_text([explain_difference(one)])
        assert one.judgment.rater in as_text([explain_difference(one, names=True)])


def test_no_line_stands_in_the_order_of_raters() -> None:
    """Shuffled judgments give the same blocks, so nobody can be told by their place."""
    expected = compare_in_case(group()), compare_across_cases(group())
    for seed in range(5):
        shuffled = Random(seed).sample(group(), 5)
        assert (compare_in_case(shuffled), compare_across_cases(shuffled)) == expected


def test_what_was_seen_alike() -> None:
    """The same outcome, finding and facts of all are said, of two at least; the incomplete do not disturb it."""
    table = assess(PSYCHOSIS)
    alike = [where(NOT_RECOMMENDED, table, PSYCHOSIS, "schizophrenia", rater) for rater in ("R1", "R2")]
    said = [
        "Everyone who gave an outcome gave the same.",
        "Everyone gave the same reason: Schizophrenia, past or present.",
        "Everyone who recorded the facts agrees on those that matter.",
    ]
    nothing = [words("supervision.alike_none")]
    unread = where(NOT_RECOMMENDED, table, None, "schizophrenia", "R2")
    for found, expected in (
        ([*alike, where(None, table, None, "", "R3")], said),
        ([alike[0], unread], said[:2]),
        ([alike[0], where(NOT_RECOMMENDED, table, PSYCHOSIS, "", "R2")], [said[0], said[2]]),
        (alike[:1], nothing),
        (group(), nothing),
    ):
        assert [text for text, _ in lines(compare_in_case(found), "alike")] == expected


def test_the_group_across_cases_puts_first_what_matters_and_then_the_frequent() -> None:
    """The same difference in several cases is one line that names the cases, and how many where there are several in one."""
    several = [locate(Judgment(case, rater, NOT_NOW, own=PATTERN), assess(ATTEMPT)) for case, rater in ("2a", "1a", "1b")]
    active = where(NOT_NOW, assess(QUIET), QUIET | {"substance_use_disorder": "active"})
    blind = [locate(Judgment(case, "R1", NOT_RECOMMENDED, own=BOTH), assess(PSYCHOSIS)) for case in "3456"]
    assert lines(compare_across_cases([*blind, active, *several]), "facts") == [
        ("Suicide attempts: read differently", ("Cases: 1 (2), 2",)),
        ("Substance use disorder: read differently", ("Cases: E1",)),
        ("Obsessive-compulsive disorder (OCD): read differently", ("Cases: 3, 4, 5, 6",)),
    ]


def test_one_judgment_in_words() -> None:
    """Outcome, confidence, the source, what follows from the own reading, and what differs; nothing unheard of is repeated."""
    found = locate(Judgment("E1", "R1", NOT_NOW, Confidence.HIGH, own=PATTERN), assess(ATTEMPT))
    text = as_text([explain_difference(found)], width=1000)
    for said in (
        "Given: Not at present",
        "Confidence: high",
        "The article, as we read it: The article gives no answer",
        "The article, as we read it, on the facts as this person read them: Not at present",
        "Suicide attempts: read differently [changes the outcome]",
    ):
        assert said in text
    for judged, said in (
        (where(MAY, assess(QUIET), QUIET), "Nothing differs from the article"),
        (where(MAY, assess(QUIET), None), "The article, as we read it, says the same"),
        (where(NOT_NOW, assess(QUIET), QUIET, "Call Dr. Rowan"), "a reason that the article does not have"),
        (where(CONSIDER, assess(PSYCHOSIS), QUIET), "More cautious than the article, and no reason was chosen"),
        (where(MAY, assess(OCD), OCD), "Not weighed"),
    ):
        text = as_text([explain_difference(judged)], width=500)
        assert said in text
        assert "Rowan" not in text
