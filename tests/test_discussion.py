"""Discussion: where prompts come from and where they stand, which cases divide a group, what a table of cases reaches."""

from __future__ import annotations

from itertools import combinations, product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kapnb import assess
from kapnb.engine.ledger import FOCI, ROLES
from kapnb.engine.outcomes import Outcome
from kapnb.group.differences import Difference, locate
from kapnb.group.discussion import (
    MOST_FACTS,
    MOST_TWINS,
    explain_coverage,
    explain_suggestions,
    find_claims,
    rank_disputes,
    suggest,
    suggest_for_session,
)
from kapnb.group.judgments import Judgment, distance
from kapnb.text.blocks import as_text
from kapnb.text.phrases import outcome_words, sentence
from kapnb.text.words import words
from tests.bundled import EDITION
from tests.example import ASSESSED, CASES, LOCATED
from tests.strategies import partial_cases
from tests.test_language import FORBIDDEN, LONGEST_SENTENCE, matches
from tests.training import ATTEMPT, QUIET

NOT_RECOMMENDED, NOT_NOW, CLARIFY, CONSIDER, MAY = Outcome
PSYCHOSIS = QUIET | {"psychotic_disorder": "schizophrenia"}
OCD = {"ocd": "yes", "ocd_preparation": "thorough"}
TWO = PSYCHOSIS | OCD
OCD_LABEL = sentence(EDITION.fields["ocd"].label)
NO_OCD = {name: given for name, given in QUIET.items() if name != "ocd"}


def located(answers: dict[str, str], *judgments: Judgment) -> list[Difference]:
    return [locate(judgment, assess(answers)) for judgment in judgments]


GROUP = {"facts", "rule", "priority", "untold", "spread", "incomplete"}
ASKED = (
    *("added", "redrawn", "passed_over", "priority", "weight", "fact_self", "fact_next"),
    *("untold", "open", "spread", "persuade", "incomplete"),
)


# --- prompts ---------------------------------------------------------------------------------------


def test_findings_and_readings_bring_their_prompts() -> None:
    """Those of each finding that holds, word for word and in their place; each reading on which the outcome turns, once."""
    assessed, ledger = assess(ATTEMPT), EDITION.ledger
    found = suggest("E1", assessed)
    expected = {(one.text, one.role, one.focus) for held in assessed.findings for one in ledger.words[held.rule].prompts}
    assert {(one.text, one.role, one.focus) for one in found if one.origin == "finding"} == expected
    assert expected
    asked = [one.text for one in found if one.origin == "reading"]
    questions = {ledger.readings[hinge.reading].question for hinge in assessed.hinges_on}
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
    assert found[0].text == facts[0]


@pytest.mark.parametrize(
    ("answers", "own", "beginning"),
    [
        (QUIET, QUIET | OCD, " was read in more than one way: “"),
        (QUIET, NO_OCD, ": some left it open, some answered"),
        (PSYCHOSIS, PSYCHOSIS | OCD, ""),
    ],
)
def test_a_fact_is_asked_about_where_it_matters(answers: dict[str, str], own: dict[str, str], beginning: str) -> None:
    """Two answers, or one that was left open; what does not move the outcome raises nothing."""
    found = suggest("E1", assess(answers), located(answers, Judgment("E1", "R1", CONSIDER, own=own)))
    facts = [one.text for one in found if one.origin == "facts"]
    assert facts[0].startswith(f"{OCD_LABEL}{beginning}") if beginning else not facts


@pytest.mark.parametrize(
    ("answers", "judgments", "keys"),
    [
        (ATTEMPT, [Judgment("E1", "R1", MAY, own=ATTEMPT)], "passed_over"),
        (ATTEMPT, [Judgment("E1", "R1", CLARIFY, deciding_finding="bpd_suspected", own=ATTEMPT)], "added passed_over"),
        (ATTEMPT, [Judgment("E1", "R1", NOT_NOW, deciding_finding="single_attempt", own=ATTEMPT)], "redrawn"),
        (ATTEMPT, [Judgment("E1", "R1", CLARIFY, deciding_finding="unheard_of", own=ATTEMPT)], "passed_over"),
        (TWO, [Judgment("E1", "R1", CONSIDER, deciding_finding="ocd", own=TWO)], "priority weight"),
        (TWO, [Judgment("E1", "R1", MAY, deciding_finding="ocd", own=TWO)], "priority weight"),
        (ATTEMPT, [Judgment("E1", "R1", NOT_NOW, own=ATTEMPT | {"suicide_attempts": "repeated_past"})], "fact fact_self fact_next"),
        (ATTEMPT, [Judgment("E1", "R1", NOT_NOW, deciding_finding="past_suicidal_pattern")], "untold"),
        (NO_OCD, [Judgment("E1", "R1", MAY, own=NO_OCD)], "untold open"),
        (ATTEMPT, [Judgment("E1", "R1")], "incomplete"),
        # outcomes two steps apart or more raise prompts, neighbors do not
        (ATTEMPT, [Judgment("E1", "R1", NOT_NOW), Judgment("E1", "R2", CONSIDER)], "untold spread persuade"),
        (ATTEMPT, [Judgment("E1", "R1", NOT_NOW), Judgment("E1", "R2", CLARIFY)], "untold"),
    ],
)
def test_each_kind_of_difference_has_its_prompts(answers: dict[str, str], judgments: list[Judgment], keys: str) -> None:
    """Each by words of its own, once, and no other."""
    begin = {key: words(f"supervision.ask_{key}").partition("{")[0] for key in ASKED}
    told = [one.text for one in suggest("E1", assess(answers), located(answers, *judgments)) if one.origin in GROUP]
    assert [next((key for key, start in begin.items() if text.startswith(start)), "fact") for text in told] == keys.split()


def test_a_priority_names_both_findings() -> None:
    """The one that was preferred and the one that outranks it."""
    found = suggest("E1", assess(TWO), located(TWO, Judgment("E1", "R1", CONSIDER, deciding_finding="ocd", own=TWO)))
    text = next(one.text for one in found if one.origin == "priority")
    assert text.index("Obsessive-compulsive disorder is present") < text.index("Schizophrenia, past or present")


def test_twins_are_few_and_about_something_in_the_case() -> None:
    """Only of a question that a finding rests on or that was read otherwise, that one first; one to a question; farthest first."""
    assert not [one for one in suggest("E1", assess(QUIET)) if one.origin == "twin"]
    assessed = assess(ATTEMPT)
    labels = {twin.field: sentence(EDITION.fields[twin.field].label) for twin in assessed.twins}
    far: dict[str, float] = {}
    for twin in assessed.twins:
        far[labels[twin.field]] = max(far.get(labels[twin.field], 0), distance(twin.outcome, assessed.outcome))

    def told(*differences: Difference) -> list[str]:
        return [one.text.split(": “")[0] for one in suggest("E1", assessed, differences) if one.origin == "twin"]

    assert 0 < len(told()) == len({*told()}) <= MOST_TWINS
    assert [far[label] for label in told()] == sorted((far[label] for label in told()), reverse=True)
    assert len({far[label] for label in told()}) > 1
    assert next(one.text for one in suggest("E1", assessed) if one.origin == "twin").count(outcome_words(MAY)) == 1
    near = min(assessed.twins, key=lambda twin: (labels[twin.field] in told(), far[labels[twin.field]]))
    read = told(*located(ATTEMPT, Judgment("E1", "R1", CLARIFY, own=ATTEMPT | {near.field: near.after})))
    assert labels[near.field] not in told()
    assert read[0] == labels[near.field]


@settings(max_examples=40)
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


SESSION = [(case.case_id, ASSESSED[case.case_id], LOCATED[case.case_id]) for case in CASES]


def test_a_session_asks_each_question_once_and_names_its_cases() -> None:
    """What several cases raise stands once, before what is rarer; what can always be asked comes last; each place has something."""
    found = suggest_for_session(SESSION)
    assert {(one.role, one.focus) for one in found} == set(product(ROLES, FOCI))
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
        for part in one.text.replace("?", ".").replace(":", ".").replace(";", ".").split(". "):
            assert len(part.split()) <= LONGEST_SENTENCE, one.text


# --- disputes --------------------------------------------------------------------------------------


def judge(table: dict[str, list[Outcome | None]]) -> list[Judgment]:
    return [Judgment(case, f"R{number}", outcome) for case, given in table.items() for number, outcome in enumerate(given)]


def test_the_most_divided_come_first_and_one_dissenter_is_no_dispute() -> None:
    """By the share of pairs that agree, then span, then number of judgments, then label; two people who differ are divided."""
    table: dict[str, list[Outcome | None]] = {
        "single": [MAY],
        "alike": [CLARIFY, CLARIFY, CLARIFY],
        "near": [CLARIFY, CONSIDER, None],
        "b-near": [CLARIFY, NOT_NOW],
        "dissenter": [MAY, MAY, MAY, NOT_RECOMMENDED],
        "many": [NOT_NOW] * 6 + [CLARIFY] * 10,
        "wide": [CLARIFY] * 11 + [MAY],
        "far": [MAY, NOT_RECOMMENDED],
        "thirds": [MAY, MAY, CLARIFY, CLARIFY, NOT_NOW, NOT_NOW],
    }
    assert rank_disputes(judge(table)) == ("far", "b-near", "near", "thirds", "many")


@settings(max_examples=40)
@given(
    st.dictionaries(st.sampled_from("abcdef"), st.lists(st.sampled_from([None, *Outcome]), min_size=1, max_size=6)),
    st.randoms(use_true_random=False),
)
def test_disputes_are_ranked_by_pairs_and_hang_on_no_order(table: dict[str, list[Outcome | None]], random: Random) -> None:
    """A case divides the group when more than one person, or one of two, is not with the most."""
    judgments = judge(table)
    random.shuffle(judgments)
    outcomes = {case: sorted(one for one in given if one) for case, given in table.items()}

    def rank(case: str) -> tuple[float, int]:
        pairs = [one is other for one, other in combinations(outcomes[case], 2)]
        return round(sum(pairs) / len(pairs), 9), outcomes[case][0].caution - outcomes[case][-1].caution

    def divides(given: list[Outcome]) -> bool:
        apart = min((sum(one is not other for other in given) for one in given), default=0)
        return apart > 1 or (apart == 1 and len(given) == 2)

    found = rank_disputes(judgments)
    assert {*found} == {case for case, given in outcomes.items() if divides(given)}
    assert [*map(rank, found)] == sorted(map(rank, found))
    assert found == rank_disputes(judge(table))


# --- coverage --------------------------------------------------------------------------------------


def test_a_claim_is_brought_up_as_source_or_as_why_of_a_finding() -> None:
    """What is only possible is not brought up."""
    assert find_claims(assess(QUIET | OCD)) == ("C24", "C25", "C26", "C27")
    assert find_claims(assess({})) == ()


@settings(max_examples=25)
@given(st.lists(partial_cases, max_size=4))
def test_coverage_in_words(tables: list[dict[str, str]]) -> None:
    """How many rules hold and claims are brought up in some case, and by its words everything that is not."""
    assessed = [assess(answers) for answers in tables]
    held = {finding.rule for one in assessed for finding in one.findings}
    brought = {claim for one in assessed for claim in find_claims(one)}
    assert brought >= {claim for one in assessed for finding in one.findings for claim in finding.claims}
    rules, missed, *claims = explain_coverage(assessed, EDITION).lines
    assert rules.text == f"Rules that apply in some case: {len(held)} of {len(EDITION.rules)}."
    assert list(missed.details) == [rule.rule.meaning for rule in EDITION.rules if rule.name not in held]
    assert f": {len(brought)} of {len(EDITION.ledger.claims)}." in claims[0].text
    told = [text.partition(",")[0] for line in claims[1:] for text in line.details]
    assert told == [name for name in EDITION.ledger.claims if name not in brought]
