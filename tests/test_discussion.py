"""Discussion: where prompts come from and where they stand, which cases are disputed, what a table of cases reaches."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kapnb import assess, load_guidance
from kapnb.engine.ledger import FOCI, ROLES
from kapnb.engine.outcomes import Outcome
from kapnb.group.differences import Difference, locate
from kapnb.group.discussion import (
    MOST_FACTS,
    MOST_TWINS,
    Suggestion,
    choose,
    cover,
    explain_coverage,
    explain_disputes,
    explain_suggestions,
    rank_disputes,
    suggest,
    suggest_for_session,
)
from kapnb.group.example import load_example
from kapnb.group.judgments import Judgment, distance
from kapnb.text.blocks import as_text
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from tests import oracle
from tests.strategies import partial_cases
from tests.test_language import FORBIDDEN, LONGEST_SENTENCE, matches

NOT_RECOMMENDED, NOT_NOW, CLARIFY, CONSIDER, MAY = Outcome
EDITION = load_guidance("begley").bind()
QUIET: dict[str, str] = {name: answer for name, answer in oracle.QUIET.items() if oracle.asked(name, oracle.QUIET)}
ATTEMPT = QUIET | {"suicide_attempts": "single", "structured_therapy": "not_started"}


def located(answers: dict[str, str], *judgments: Judgment) -> list[Difference]:
    return [locate(judgment, assess(answers)) for judgment in judgments]


def origins(suggestions: Sequence[Suggestion]) -> list[str]:
    return [one.origin for one in suggestions]


# --- prompts ---------------------------------------------------------------------------------------


def test_every_finding_brings_its_prompts() -> None:
    """The prompts of each finding that holds are there, word for word and in their place."""
    assessed = assess(ATTEMPT)
    found = {(one.text, one.role, one.focus) for one in suggest("E1", assessed) if one.origin == "finding"}
    expected = {
        (one.text, one.role, one.focus)
        for finding in assessed.findings
        for one in EDITION.guidance.ledger.words[finding.rule].prompts
    }
    assert found == expected
    assert expected


def test_a_reading_that_matters_is_put_up_for_discussion() -> None:
    """Each reading on which the outcome turns is asked about, once, and no other."""
    assessed = assess(ATTEMPT)
    asked = [one.text for one in suggest("E1", assessed) if one.origin == "reading"]
    questions = {EDITION.guidance.readings[hinge.reading].question for hinge in assessed.hinges_on}
    assert len(asked) == len(questions) > 0
    assert all(any(question in text for text in asked) for question in questions)


def test_facts_come_first_and_few() -> None:
    """Questions that matter and were read otherwise are asked about first, the most frequent first, at most three of them."""
    features = ("self_injury_or_recklessness", "relationship_instability", "abandonment_fear")
    own = QUIET | dict.fromkeys(features, "current") | {"substance_use_disorder": "active", "structured_therapy": "not_started"}
    one = Judgment("E1", "R1", NOT_NOW, own=own)
    two = Judgment("E1", "R2", NOT_NOW, own=QUIET | {"substance_use_disorder": "active"})
    found = suggest("E1", assess(QUIET), located(QUIET, one, two))
    facts = [prompt.text for prompt in found if prompt.origin == "facts" and (prompt.role, prompt.focus) == (ROLES[0], FOCI[1])]
    assert len(facts) == MOST_FACTS
    assert facts[0].startswith("Substance use disorder was read in more than one way")
    assert origins(found)[0] == "facts"


def test_a_fact_that_does_not_matter_raises_no_prompt() -> None:
    schizophrenia = QUIET | {"psychotic_disorder": "schizophrenia"}
    judgment = Judgment("E1", "R1", NOT_RECOMMENDED, own=schizophrenia | {"ocd": "yes", "ocd_preparation": "thorough"})
    assert "facts" not in origins(suggest("E1", assess(schizophrenia), located(schizophrenia, judgment)))


@pytest.mark.parametrize(
    ("judgment", "origin"),
    [
        (Judgment("E1", "R1", MAY, own=ATTEMPT), "rule"),
        (Judgment("E1", "R1", CLARIFY, deciding_finding="bpd_suspected", own=ATTEMPT), "rule"),
        (Judgment("E1", "R1", NOT_NOW, deciding_finding="single_attempt", own=ATTEMPT), "rule"),
        (Judgment("E1", "R1", NOT_NOW, own=ATTEMPT | {"suicide_attempts": "repeated_past"}), "facts"),
        (Judgment("E1", "R1", NOT_NOW, deciding_finding="past_attempt_pattern"), "untold"),
        (Judgment("E1", "R1"), "incomplete"),
    ],
)
def test_each_kind_of_difference_has_its_prompts(judgment: Judgment, origin: str) -> None:
    assert origin in origins(suggest("E1", assess(ATTEMPT), located(ATTEMPT, judgment)))


def test_a_priority_has_its_prompts() -> None:
    """The finding that was preferred and the one that outranks it are both named."""
    answers = QUIET | {"psychotic_disorder": "schizophrenia", "ocd": "yes", "ocd_preparation": "thorough"}
    found = suggest("E1", assess(answers), located(answers, Judgment("E1", "R1", CONSIDER, deciding_finding="ocd", own=answers)))
    text = next(one.text for one in found if one.origin == "priority")
    assert "Obsessive-compulsive disorder is present" in text
    assert "Schizophrenia, past or present" in text


def test_a_wide_spread_is_talked_about_and_a_narrow_one_is_not() -> None:
    """Outcomes two steps apart or more raise prompts; neighbors do not."""
    wide = located(ATTEMPT, Judgment("E1", "R1", NOT_NOW), Judgment("E1", "R2", CONSIDER))
    narrow = located(ATTEMPT, Judgment("E1", "R1", NOT_NOW), Judgment("E1", "R2", CLARIFY))
    assert "spread" in origins(suggest("E1", assess(ATTEMPT), wide))
    assert "spread" not in origins(suggest("E1", assess(ATTEMPT), narrow))


def test_no_prompt_is_about_nothing_in_the_case() -> None:
    """A twin is told only of a question that a finding rests on or that was read otherwise, one to a question, and few."""
    assert "twin" not in origins(suggest("E1", assess(QUIET)))
    twins = [one.text for one in suggest("E1", assess(ATTEMPT)) if one.origin == "twin"]
    assert 0 < len(twins) <= MOST_TWINS
    assert len({text.split(" is ")[0] for text in twins}) == len(twins)


@settings(max_examples=60, deadline=None)
@given(partial_cases, st.lists(st.tuples(st.sampled_from([None, *Outcome]), st.none() | partial_cases), max_size=3))
def test_suggestions_stand_in_their_place_once(
    table: dict[str, str], group: list[tuple[Outcome | None, dict[str, str] | None]]
) -> None:
    """Whatever the case and the group, each prompt stands once, in one of three roles and foci; general ones are there."""
    judgments = [Judgment("E1", f"R{number}", outcome, own=own) for number, (outcome, own) in enumerate(group)]
    found = suggest("E1", assess(table), located(table, *judgments))
    assert len({one.key for one in found}) == len(found)
    assert all(one.role in ROLES and one.focus in FOCI and one.cases == ("E1",) for one in found)
    assert {one.text for one in found} >= {one.text for one in EDITION.guidance.ledger.prompts}
    texts = [("prompts", as_text([explain_suggestions(found)], width=100_000))]
    assert not [hit for pattern in FORBIDDEN.values() for hit in matches(pattern, texts)]


def test_the_supervisor_chooses() -> None:
    """Roles and foci narrow the prompts without changing their order, and together give all of them back."""
    found = suggest("E1", assess(ATTEMPT))
    assert choose(found) == found
    parts = [choose(found, [role], [focus]) for role, focus in product(ROLES, FOCI)]
    assert sorted(one.key for part in parts for one in part) == sorted(one.key for one in found)
    assert choose(found, []) == ()
    assert "no prompt" in as_text([explain_suggestions(())])


CASES, JUDGMENTS = load_example(EDITION)
SESSION = [
    (case.case_id, assess(case.answers), located(dict(case.answers), *(one for one in JUDGMENTS if one.case_id == case.case_id)))
    for case in CASES
]


def test_a_session_reaches_all_nine_places() -> None:
    """The bundled example offers something to every role and focus."""
    found = suggest_for_session(SESSION)
    assert {(one.role, one.focus) for one in found} == set(product(ROLES, FOCI))


def test_a_session_asks_each_question_once_and_names_its_cases() -> None:
    """A prompt that several cases raise stands once, before rarer ones; what can always be asked comes last."""
    found = suggest_for_session(SESSION)
    assert len({one.key for one in found}) == len(found)
    general = [one.origin == "general" for one in found]
    assert general == sorted(general)
    counts = [len(one.cases) for one in found if one.origin != "general"]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > 1
    assert "Raised by: S" in as_text([explain_suggestions(found)])
    assert "Raised by" not in as_text([explain_suggestions(suggest(*SESSION[0]))])


def test_sentences_of_the_example_are_short() -> None:
    """Filled in, the sentences of prompts keep to the length that all texts keep."""
    for one in suggest_for_session(SESSION):
        for sentence in one.text.replace("?", ".").replace(":", ".").replace(";", ".").split(". "):
            assert len(sentence.split()) <= LONGEST_SENTENCE, one.text


# --- disputes --------------------------------------------------------------------------------------


def judge(table: dict[str, list[Outcome | None]]) -> list[Judgment]:
    return [Judgment(case, f"R{number}", outcome) for case, given in table.items() for number, outcome in enumerate(given)]


def test_the_most_disputed_come_first() -> None:
    """By mean distance, then span, then number of judgments, then label; a single judgment is no dispute."""
    table: dict[str, list[Outcome | None]] = {
        "single": [MAY],
        "alike": [CLARIFY, CLARIFY, CLARIFY],
        "near": [CLARIFY, CONSIDER, None],
        "b-near": [CLARIFY, NOT_NOW],
        "far": [MAY, NOT_RECOMMENDED],
        "far with more": [MAY, MAY, NOT_RECOMMENDED],
    }
    found = rank_disputes(judge(table))
    assert [one.case_id for one in found] == ["far", "far with more", "b-near", "near", "alike"]
    assert [round(one.apart, 3) for one in found] == [1, 0.667, 0.1, 0.1, 0]
    assert [one.span for one in found] == [4, 4, 1, 1, 0]
    assert [one.judgments for one in found] == [2, 3, 2, 2, 3]


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from("abcdef"), st.lists(st.sampled_from([None, *Outcome]), min_size=1, max_size=4)),
    st.randoms(use_true_random=False),
)
def test_disputes_hang_on_no_order(table: dict[str, list[Outcome | None]], random: Random) -> None:
    """Shuffled judgments rank alike; a case is undisputed exactly when all outcomes are the same."""
    judgments = judge(table)
    shuffled = list(judgments)
    random.shuffle(shuffled)
    found = rank_disputes(judgments)
    assert rank_disputes(shuffled) == found
    for one in found:
        given_outcomes = {outcome for outcome in table[one.case_id] if outcome}
        assert (one.apart == 0) == (one.span == 0) == (len(given_outcomes) == 1)
        assert one.apart <= max(distance(a, b) for a in given_outcomes for b in given_outcomes) + 1e-9


def test_disputes_in_words() -> None:
    """The outcomes that were given are counted; where all agree there is nothing to show."""
    text = as_text([explain_disputes(judge({"a": [MAY, NOT_NOW, NOT_NOW], "b": [MAY, MAY]}))])
    assert "Case a: from 2 to 5" in text
    assert words("supervision.times", count=2, outcome=outcome_words(NOT_NOW)) in text
    assert "Case b" not in text
    assert "no case on which outcomes differ" in as_text([explain_disputes(judge({"b": [MAY, MAY]}))])


# --- coverage --------------------------------------------------------------------------------------


def test_what_one_case_reaches() -> None:
    """A rule is reached where it certainly holds, a claim where it stands beside such a rule as source or as why."""
    coverage = cover([("E1", assess(QUIET | {"ocd": "yes", "ocd_preparation": "thorough"}))], EDITION)
    assert [name for name, cases in coverage.rules.items() if cases] == ["ocd"]
    assert [name for name, cases in coverage.claims.items() if cases] == ["C24", "C25", "C26", "C27"]
    assert coverage.rules["ocd"] == ("E1",)


def test_a_case_with_everything_open_reaches_nothing() -> None:
    """What is only possible is not reached."""
    coverage = cover([("E1", assess({}))], EDITION)
    assert len(coverage.rules_not_reached) == len(EDITION.rules)
    assert len(coverage.claims_not_reached) == len(EDITION.guidance.ledger.claims) == 28


@settings(max_examples=40, deadline=None)
@given(st.lists(partial_cases, max_size=4))
def test_coverage_is_reached_or_not(tables: list[dict[str, str]]) -> None:
    """Every rule and claim is counted once, and more cases never reach less."""
    cases = [(f"E{number}", assess(answers)) for number, answers in enumerate(tables)]
    coverage, less = cover(cases, EDITION), cover(cases[1:], EDITION)
    assert set(coverage.rules_not_reached) <= set(less.rules_not_reached)
    assert set(coverage.claims_not_reached) <= set(less.claims_not_reached)
    for case_id, assessed in cases:
        held = {finding.rule for finding in assessed.findings}
        assert {name for name, found in coverage.rules.items() if case_id in found} == held
        stated = {claim for finding in assessed.findings for claim in finding.claims}
        assert stated <= {name for name, found in coverage.claims.items() if case_id in found}


def test_coverage_in_words() -> None:
    """How many are reached, and by its words everything that is not."""
    coverage = cover(((case_id, assessed) for case_id, assessed, _ in SESSION), EDITION)
    text = as_text([explain_coverage(coverage, EDITION)], width=10_000)
    reached = len(coverage.rules) - len(coverage.rules_not_reached)
    assert f"Rules that hold in some case: {reached} of {len(EDITION.rules)}." in text
    assert all(f"{claim}, paragraph" in text for claim in coverage.claims_not_reached)
    assert "Another primary psychotic disorder" in text
