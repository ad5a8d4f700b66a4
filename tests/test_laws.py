"""The laws that every assessment keeps, whatever the rules say, in cases drawn by hypothesis.

`kapnb prove` goes through the whole space, and `test_proof` plants the faults that it has to find.
"""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from typing import Any

from hypothesis import given, settings

import kapnb
from kapnb import assess, explain, load_guidance
from tests import oracle
from tests.strategies import complete_cases, partial_cases, readings

Case = dict[str, str]


# --- law 1: a blank stands for all its answers --------------------------------------------------------


@given(case=partial_cases, chosen=readings)
@settings(max_examples=25)
def test_answering_more_never_widens(case: Case, chosen: dict[str, str]) -> None:
    """A blank reaches exactly what its answers reach together: no answer can add an outcome, and none is overlooked."""
    before = assess(case, chosen).possible
    for name in oracle.FIELDS.keys() - case.keys():
        assert before == frozenset().union(*(assess(case | {name: option}, chosen).possible for option in oracle.FIELDS[name]))


# --- law 2: caution never loosens ---------------------------------------------------------------------


@given(case=partial_cases | complete_cases)
@settings(max_examples=60)
def test_adding_a_caution_loosens_neither_end(case: Case) -> None:
    """The most and the least cautious outcome both stay or rise, whatever else is not recorded, or is asked only then."""
    before = assess(case)
    for name, option in case.items():
        for higher in oracle.more_cautious_answers(name, option):
            after = assess(case | {name: higher})
            assert after.most_cautious >= before.most_cautious, (name, higher)
            assert after.least_cautious >= before.least_cautious, (name, higher)


# --- law 3: reasons suffice and matter; nothing is missing or doubled --------------------------------


@given(case=partial_cases, chosen=readings)
@settings(max_examples=25)
def test_reasons_suffice_and_matter(case: Case, chosen: dict[str, str]) -> None:
    """The answers cited for a finding are recorded and carry it alone, and some change of each undoes it."""
    for one in assess(case, chosen).findings:
        cited, said = dict(one.because), (one.rule, one.outcome)

        def holds(answers: Case, said: Any = said) -> bool:
            return said in {(other.rule, other.outcome) for other in assess(answers, chosen).findings}

        assert cited.items() <= case.items()
        assert holds(cited)
        for name in cited:
            assert not all(holds(cited | {name: option}) for option in oracle.FIELDS[name]), (said, name)


@given(case=partial_cases, chosen=readings)
@settings(max_examples=60)
def test_a_certain_outcome_always_has_its_reason(case: Case, chosen: dict[str, str]) -> None:
    """A finding that asks for it; or several rules, of which one does in every completion of answers that suffice for that."""
    a = assess(case, chosen)
    if (a.settled or a.at_least) and not a.deciding:
        assert a.either
        for either in a.either:
            assert either.because.items() <= case.items()
            some = [oracle.certain_and_possible(dict(either.because), chosen)[1][rule] for rule in either.rules]
            assert all(str(a.outcome) in outcomes or oracle.NOT_RECOMMENDED in outcomes for outcomes in some)
            assert assess(dict(either.because), chosen).least_cautious >= a.outcome
            assert len(either.rules) > 1
    else:
        assert a.either == ()


@given(case=partial_cases, chosen=readings)
@settings(max_examples=25)
def test_no_finding_is_missing_or_listed_twice(case: Case, chosen: dict[str, str]) -> None:
    """What holds in every completion stands once in the assessment and once in its explanation."""
    a = assess(case, chosen)
    assert sorted(finding.rule for finding in a.findings) == sorted(oracle.certain_and_possible(case, chosen)[0])
    cards = [card.text for card in explain(a).cards]
    assert [finding.rule for finding in a.findings if cards.count(finding.text) != 1] == []


def test_where_one_of_several_answers_would_do_the_first_question_is_cited() -> None:
    """Repeated attempts and repeated communication each carry the current pattern."""
    case = {"suicide_attempts": "repeated_current", "suicidal_communication": "repeated_current"}
    for answers in (case, dict(reversed(case.items()))):
        (finding,) = [one for one in assess(answers).findings if one.rule == "current_suicidal_pattern"]
        assert finding.because == {"suicide_attempts": "repeated_current"}
        assert finding.also == {"suicidal_communication": "repeated_current"}
    (finding,) = [one for one in assess(case | {"suicidal_communication": "none_or_isolated"}).findings if one.outcome]
    assert finding.also == {}


def test_what_is_left_when_nothing_decides_waits_for_no_note() -> None:
    """Developmental trauma raises a note and no outcome; that nothing was found hangs on the other questions alone."""
    waits = {one.rule: set(one.waits_for) for one in assess({}).unsettled}
    notes = {one.rule for one in assess({}).unsettled if one.outcome is None}
    assert "developmental_trauma" in set().union(*(waits[rule] for rule in notes))
    assert "developmental_trauma" not in waits["nothing_found"] != set()


# --- law 5: a hidden answer never counts ------------------------------------------------------------------


SAID = ("possible", "outcome", "reasons", "findings", "unsettled", "next_questions", "changes", "twins", "hinges_on")


def all_said(assessment: Any) -> dict[str, Any]:
    """Everything an assessment says of a case, apart from which answers it ignored."""
    return {name: getattr(assessment, name) for name in SAID}


def hidden(case: Case) -> Case:
    """The recorded answers to questions that no completion asks."""
    return {
        name: answer
        for name, answer in case.items()
        if name in oracle.ASKED_WHEN
        and not any(oracle.asked(name, one) for one in oracle.completions(case, tuple(oracle.ASKED_WHEN[name])))
    }


@given(case=partial_cases, chosen=readings)
@settings(max_examples=50)
def test_a_hidden_answer_never_counts(case: Case, chosen: dict[str, str]) -> None:
    """Left out, it changes nothing that is said but that it is ignored."""
    out_of_view = hidden(case)
    full, bare = (assess(one, chosen) for one in (case, {name: case[name] for name in case.keys() - out_of_view.keys()}))
    assert all_said(full) == all_said(bare)
    assert (full.ignored, bare.ignored) == (out_of_view, {})


@given(case=complete_cases)
@settings(max_examples=50)
def test_editing_an_answer_upstream_leaves_nothing_counting(case: Case) -> None:
    """Turn every answer that raises a question back to none: what was answered below it counts no more."""
    edited = case | {name: answer for name, answer in oracle.QUIET.items() if name in case}
    assert {str(one) for one in assess(edited).possible} == {oracle.MAY}
    assert set(assess(edited).ignored) == set(hidden(edited))


def test_a_case_says_the_same_each_time() -> None:
    """The same case, its answers in another order, gives the same words."""
    case = oracle.QUIET | {"suicide_attempts": "single", "structured_therapy": "in_progress", "ocd": "yes"}
    other = dict(reversed(case.items()))
    assert all_said(assess(case)) == all_said(assess(other))
    assert explain(assess(case)) == explain(assess(other))


# --- law 6: what can be named is documented ---------------------------------------------------------------

MODULES = sorted(
    name
    for _, name, _ in pkgutil.walk_packages(kapnb.__path__, "kapnb.")
    if not name.endswith("__main__") and not name.startswith(("kapnb._", "kapnb.share"))
)


def test_every_claim_is_reached() -> None:
    """Each claim comes to a reader: through a rule, as the why of one, or as the stance of the whole."""
    guidance = load_guidance("begley")
    cited = {claim for rule in guidance.rules for claim in rule.claims}
    assert all(name in cited or claim.explains or "stance" in claim.kinds for name, claim in guidance.ledger.claims.items())


def test_docstring_examples_run() -> None:
    assert [name for name in MODULES if doctest.testmod(importlib.import_module(name)).failed] == []
