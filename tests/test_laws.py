"""The laws that every assessment keeps, whatever the rules say.

Each law is a function that takes an `assess` and looks for a breach. It is asked of kapnb, in cases drawn by hypothesis
(`kapnb prove` goes through the whole space), and of a faulty stand-in, which it has to catch.
"""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings

import kapnb
from kapnb import Outcome, assess, explain, load_guidance
from tests import oracle
from tests.strategies import complete_cases, partial_cases, raised, readings

Assess = Callable[..., Any]
Case = dict[str, str]


def rules_found(assessment: Any) -> list[str]:
    return [finding.rule for finding in assessment.findings]


def taking_blanks_for_no(case: Mapping[str, str | None], **options: Any) -> Any:
    """The fault that matters most: a missing answer taken for the quiet one."""
    return assess(oracle.QUIET | {name: answer for name, answer in case.items() if answer is not None}, **options)


# --- law 1: a blank stands for all its answers --------------------------------------------------------


def blanks_that_differ(ask: Assess, case: Case, fields: Iterable[str], **options: Any) -> list[str]:
    """The unrecorded fields whose answers, taken together, do not reach exactly what the blank reaches."""
    before = set(ask(case, **options).possible)
    wrong = []
    for name in fields:
        if name not in case:
            after = (set(ask(case | {name: answer}, **options).possible) for answer in oracle.FIELDS[name])
            if before != set().union(*after):
                wrong.append(name)
    return wrong


@given(case=partial_cases, chosen=readings)
@settings(max_examples=25)
def test_answering_more_never_widens(case: Case, chosen: dict[str, str]) -> None:
    """A blank reaches exactly what its answers reach together: no answer can add an outcome, and none is overlooked."""
    assert not blanks_that_differ(assess, case, oracle.FIELDS, readings=chosen)


def test_widening_would_be_seen() -> None:
    """Planted fault: taking a blank for "no" shows as an answer that adds an outcome."""
    assert "ocd" in blanks_that_differ(taking_blanks_for_no, {}, ["ocd"])


# --- law 2: caution never loosens, and a missing answer is no reassurance -------------------------------


def loosened(ask: Assess, cases: Iterable[Case]) -> list[tuple[str, str, Case]]:
    """The changes to a more cautious answer that give a less cautious outcome."""
    wrong = []
    for case in cases:
        outcome = ask(case).outcome
        wrong += [(name, old, changed) for name, old, changed in raised(case) if ask(changed).outcome < outcome]
    return wrong


@given(case=complete_cases)
@settings(max_examples=60)
def test_adding_a_caution_never_loosens(case: Case) -> None:
    """In a complete case a more cautious answer never gives a less cautious outcome."""
    assert not loosened(assess, [case])


@given(case=partial_cases)
@settings(max_examples=50)
def test_adding_a_caution_loosens_neither_end_of_a_partial_case(case: Case) -> None:
    """The most and the least cautious outcome both stay or rise, whatever else is not recorded."""
    before = assess(case)
    for name, option in case.items():
        for higher in oracle.more_cautious_answers(name, option):
            after = assess(case | {name: higher})
            assert after.most_cautious >= before.most_cautious, (name, higher)
            assert after.least_cautious >= before.least_cautious, (name, higher)


def test_loosening_would_be_seen() -> None:
    """Planted fault: relief from ideation that cancels a caution shows as an added caution that loosens."""

    def relieved(case: Case) -> Any:
        if case.get("ideation_onset") == "newer":
            return SimpleNamespace(outcome=Outcome.MAY_BE_CONSIDERED)
        return assess(case)

    active = oracle.QUIET | {"substance_use_disorder": "active"}
    assert not loosened(assess, [active])
    assert loosened(relieved, [active])


def looks_safer(ask: Assess, case: Case, **options: Any) -> bool:
    """Whether a partial case hides how bad its worst completion is, or its outcome is milder than a blank allows."""
    assessment = ask(case, **options)
    outcomes = oracle.possible(case, options.get("readings"))
    worst, best = oracle.most_cautious(outcomes), oracle.least_cautious(outcomes)
    if (str(assessment.most_cautious), str(assessment.least_cautious)) != (worst, best):
        return True
    needed = worst if len(outcomes) == 1 else max(best, oracle.CLARIFY, key=oracle.CAUTION.__getitem__)
    return oracle.CAUTION[str(assessment.outcome)] < oracle.CAUTION[needed]


def test_a_missing_answer_never_looks_safer_than_its_worst_completion() -> None:
    """Nothing recorded but one field: the outcome never rests on what is missing. Random cases are in `test_rules`."""
    for name, options in oracle.FIELDS.items():
        for option in options:
            assert not looks_safer(assess, {name: option})


def test_looking_safer_would_be_seen() -> None:
    assert looks_safer(taking_blanks_for_no, {})
    assert looks_safer(taking_blanks_for_no, {"ocd": "yes"})


# --- law 3: reasons suffice and matter; nothing is missing or doubled --------------------------------


@dataclass
class Reasons:
    """Checks cited answers, each distinct set of them once."""

    ask: Assess
    options: dict[str, Any] = field(default_factory=dict)
    checked: set[tuple[str, Any, frozenset[tuple[str, str]]]] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def holds(self, rule: tuple[str, Any], cited: Case) -> bool:
        return rule in {(one.rule, one.outcome) for one in self.ask(cited, **self.options).findings}

    def check(self, case: Case) -> None:
        for finding in self.ask(case, **self.options).findings:
            cited = dict(finding.because)
            key = finding.rule, finding.outcome, frozenset(cited.items())
            if not cited.items() <= case.items():
                self.wrong.append(f"{finding.rule} cites what is not recorded: {cited}")
            elif key not in self.checked:
                self.checked.add(key)
                self._check((finding.rule, finding.outcome), cited)

    def _check(self, rule: tuple[str, Any], cited: Case) -> None:
        if not self.holds(rule, cited):
            self.wrong.append(f"{rule[0]}: {cited} do not suffice")
        for name in cited:
            others = (option for option in oracle.FIELDS[name] if option != cited[name])
            if all(self.holds(rule, cited | {name: option}) for option in others):
                self.wrong.append(f"{rule[0]}: {name} is cited and does not matter: {cited}")


@given(case=partial_cases, chosen=readings)
@settings(max_examples=25)
def test_reasons_suffice_and_matter(case: Case, chosen: dict[str, str]) -> None:
    """The answers cited for a finding carry it alone, and some change of each undoes it."""
    reasons = Reasons(assess, {"readings": chosen})
    reasons.check(case)
    assert not reasons.wrong


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


def citing(change: Callable[[Case, Case], Case]) -> Assess:
    """A faulty `assess` whose findings cite other answers than they should."""

    def ask(case: Case, **options: Any) -> Any:
        found = assess(case, **options).findings
        return SimpleNamespace(
            findings=[SimpleNamespace(rule=one.rule, outcome=one.outcome, because=change(dict(one.because), case)) for one in found]
        )

    return ask


def test_a_wrong_reason_would_be_seen() -> None:
    """Planted faults: one cited answer too few, and one too many."""
    case = oracle.QUIET | {"ocd": "yes", "ocd_preparation": "under_way"}
    sound = Reasons(assess)
    sound.check(case)
    assert not sound.wrong
    too_few = Reasons(citing(lambda because, case: dict(list(because.items())[:-1])))
    too_few.check(case)
    assert any("do not suffice" in said for said in too_few.wrong)
    too_many = Reasons(citing(lambda because, case: because | {"developmental_trauma": case["developmental_trauma"]}))
    too_many.check(case)
    assert any("does not matter" in said for said in too_many.wrong)


def misplaced(assessment: Any, cards: Iterable[Any], holding: Iterable[str]) -> list[str]:
    """The rules that hold and are missing or doubled, in the assessment or in its explanation."""
    listed = rules_found(assessment)
    texts = [card.text for card in cards]
    times = {rule: listed.count(rule) for rule in holding}
    wrong = [f"{rule} stands {count} times in the assessment" for rule, count in times.items() if count != 1]
    for finding in assessment.findings:
        count = texts.count(finding.text)
        if count != 1:
            wrong.append(f"{finding.rule} stands {count} times in the explanation")
    return wrong + [f"{rule} does not hold" for rule in set(listed) - set(holding)]


@given(case=partial_cases, chosen=readings)
@settings(max_examples=25)
def test_no_finding_is_missing_or_listed_twice(case: Case, chosen: dict[str, str]) -> None:
    """What holds in every completion stands once in the assessment and once in its explanation."""
    certain, _ = oracle.certain_and_possible(case, chosen)
    assessment = assess(case, readings=chosen)
    assert not misplaced(assessment, explain(assessment).cards, certain)


def test_a_missing_or_doubled_finding_would_be_seen() -> None:
    case = oracle.QUIET | {"ocd": "yes", "ocd_preparation": "under_way"}
    assessment, cards = assess(case), explain(assess(case)).cards
    assert not misplaced(assessment, cards, oracle.holding(case))
    assert misplaced(assessment, cards * 2, oracle.holding(case))
    assert misplaced(assessment, (), oracle.holding(case))
    assert misplaced(SimpleNamespace(findings=assessment.findings[1:]), cards, oracle.holding(case))


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


SAID = (
    "outcome",
    "at_least",
    "reasons",
    "most_cautious",
    "least_cautious",
    "possible",
    "findings",
    "deciding",
    "unsettled",
    "next_questions",
)


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


def hidden_answers_that_count(ask: Assess, case: Case, **options: Any) -> list[str]:
    """What differs when the hidden answers of a case are left out."""
    out_of_view = hidden(case)
    kept = {name: answer for name, answer in case.items() if name not in out_of_view}
    full, bare = ask(case, **options), ask(kept, **options)
    wrong = [name for name, said in all_said(full).items() if said != all_said(bare)[name]]
    if set(full.ignored) != set(out_of_view) or bare.ignored:
        wrong.append("ignored")
    return wrong


@given(case=partial_cases, chosen=readings)
@settings(max_examples=50)
def test_a_hidden_answer_never_counts(case: Case, chosen: dict[str, str]) -> None:
    assert not hidden_answers_that_count(assess, case, readings=chosen)


@given(case=complete_cases)
@settings(max_examples=50)
def test_editing_an_answer_upstream_leaves_nothing_counting(case: Case) -> None:
    """Turn every answer that raises a question back to none: what was answered below it counts no more."""
    edited = case | {name: answer for name, answer in oracle.QUIET.items() if name in case}
    assert {str(one) for one in assess(edited).possible} == {oracle.MAY}
    assert set(assess(edited).ignored) == set(hidden(edited))


def test_a_counting_hidden_answer_would_be_seen() -> None:
    """Planted fault: an `assess` that reads the preparation of an OCD that is not there."""

    def careless(case: Case) -> Any:
        return assess(case | {"ocd": "yes"}) if "ocd_preparation" in case else assess(case)

    case = oracle.QUIET | {"ocd": "no", "ocd_preparation": "not_started"}
    assert not hidden_answers_that_count(assess, case)
    assert "outcome" in hidden_answers_that_count(careless, case)


def test_a_case_says_the_same_each_time() -> None:
    """The same case, its answers in another order, gives the same words."""
    case = oracle.QUIET | {"suicide_attempts": "single", "structured_therapy": "in_progress", "ocd": "yes"}
    other = dict(reversed(case.items()))
    assert all_said(assess(case)) == all_said(assess(other))
    assert explain(assess(case)) == explain(assess(other))


# --- law 6: what can be named is documented ---------------------------------------------------------------

ROOT = Path(__file__).parent.parent
MODULES = sorted(
    name
    for _, name, _ in pkgutil.walk_packages(kapnb.__path__, "kapnb.")
    if not name.endswith("__main__") and not name.startswith(("kapnb._", "kapnb.share"))
)


def test_every_claim_is_reached() -> None:
    """Each of the 28 claims comes to a reader: through a rule, as the why of one, or as the stance of the whole."""
    guidance = load_guidance("begley")
    claims = guidance.ledger.claims
    assert list(claims) == [f"C{number:02}" for number in range(1, 29)]
    cited = {claim for rule in guidance.rules for claim in rule.claims}
    assert all(name in cited or claim.explains or "stance" in claim.kinds for name, claim in claims.items())


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples_run(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
