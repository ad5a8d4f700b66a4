"""The proof: it holds, it looks at everything, and it fails when it should, with a case that shows why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod

import numpy as np
import pytest

from kapnb import load_guidance
from kapnb.engine import proof
from kapnb.engine.assess import Finding
from kapnb.engine.conditions import FALSE, TRUE, Condition
from kapnb.engine.diagram import Diagram, Node
from kapnb.engine.edition import Edition, Guidance
from kapnb.engine.groups import BoundRule, Group, possible_cautions
from kapnb.engine.ledger import Choice
from kapnb.engine.outcomes import Basis, Outcome
from kapnb.engine.proof import CHECKS, CORE, Result, alternatives, count_open_cases, prove, spaces
from kapnb.engine.space import Bits, Space, open_space
from tests import oracle

GUIDANCE = load_guidance("begley")
EDITION = GUIDANCE.bind()
UNORDERED: list[dict[str, str]] = [{"unstabilized_bipolar": "any_episode"}]
"""Choices under which a more cautious answer can lead to a less cautious outcome."""

MENDED = {"unstabilized_bipolar": "any_episode", "questioned_bipolar": "as_not_stabilized"}
"""Where a label in question counts as not stabilized, that reading keeps the order."""


# --- it holds, over everything


@pytest.mark.parametrize("name", CHECKS)
def test_every_property_holds_by_default(name: str) -> None:
    """Under the default readings nothing is found that breaks a promise."""
    (result,) = prove(EDITION, {name: CHECKS[name]})
    assert result.holds, result.violation
    assert result.checked > 0


def test_open_cases_are_counted_from_the_dictionary() -> None:
    """Each question has its options and "not recorded": their product is the number of cases with open questions."""
    assert count_open_cases(EDITION) == prod(len(options) + 1 for options in oracle.FIELDS.values()) == 34_398_535_680_000


def test_no_group_is_left_out() -> None:
    """The groups share no field and hold all; total looks at each of their complete cases, tight at each open one."""
    names = [name for space in spaces(EDITION) for name in space.group.names]
    assert sorted(names) == sorted(oracle.FIELDS)
    results = {result.name: result for result in prove(EDITION, CORE)}
    sizes = [[len(oracle.FIELDS[name]) for name in space.group.names] for space in spaces(EDITION)]
    assert results["total"].checked == sum(prod(each) for each in sizes)
    assert results["tight"].checked == sum(prod(size + 1 for size in each) for each in sizes)


def test_every_pair_of_readings_is_tried_once() -> None:
    """Seventeen other choices, and every pair of choices of two different readings."""
    others = {name: len(choices) - 1 for name, choices in oracle.READINGS.items()}
    one, two = list(alternatives(GUIDANCE, 1)), list(alternatives(GUIDANCE, 2))
    total = sum(others.values())
    assert len(one) == total == 17
    assert len(two) == (total**2 - sum(number**2 for number in others.values())) // 2
    assert len({tuple(sorted(chosen.items())) for chosen in (*one, *two)}) == len(one) + len(two) == 149


def test_the_core_holds_under_every_reading_and_pair() -> None:
    """Total and tight hold in every edition; the order of caution fails exactly in those that are known. Of the pairs a quarter."""
    for readings in (*alternatives(GUIDANCE, 1), *list(alternatives(GUIDANCE, 2))[::4], MENDED):
        results = {result.name: result for result in prove(GUIDANCE.bind(readings), CORE)}
        known = any(exception.items() <= readings.items() for exception in UNORDERED) and readings != MENDED
        assert {name for name, result in results.items() if not result.holds} == ({"monotone"} if known else set()), readings


def test_where_the_order_fails_the_reading_warns() -> None:
    """A choice has a warning exactly where, by itself, it breaks the order of caution."""
    warned = [{name: one.name} for name, reading in GUIDANCE.readings.items() for one in reading.choices if one.warning]
    assert warned == UNORDERED


# --- it fails when it should


LARGE = oracle.GROUPS["pattern"]
SMALL = replace(GUIDANCE, rules=tuple(one for one in GUIDANCE.rules if one.condition.fields.isdisjoint(LARGE)))
"""The guidance without its largest group: faults planted in it are found as well, and at once."""


def rewrite(name: str, condition: Condition) -> Guidance:
    """The guidance with one rule that holds elsewhere than it should."""
    rules = tuple(replace(rule, condition=condition) if rule.name == name else rule for rule in SMALL.rules)
    return replace(SMALL, rules=rules)


def copy() -> Edition:
    """The default edition, with groups of its own to spoil."""
    return replace(SMALL).bind()


def group_of(edition: Edition, field: str) -> Group:
    return next(group for group in edition.groups if field in group.names)


def is_(field: str, option: str) -> Condition:
    return GUIDANCE.fields[field].is_one_of(option)


def check(edition: Edition) -> dict[str, Result]:
    return {result.name: result for result in prove(edition)}


def failing(results: Mapping[str, Result]) -> set[str]:
    return {name for name, result in results.items() if not result.holds}


def found(result: Result) -> tuple[Mapping[str, str], str]:
    assert result.violation
    return result.violation.case, result.violation.what


def cautions(group: Group, case: Mapping[str, str]) -> int:
    return possible_cautions(group, case)


def branch(diagram: Diagram) -> Node:
    assert isinstance(diagram, Node)
    return diagram


def test_a_diagram_that_ends_wrong_is_found() -> None:
    """Total: where the diagram of a group says something else than its rules, a case shows it. So do its open cases, by tight."""
    edition = copy()
    group = group_of(edition, "psychotic_disorder")
    vars(group)["diagram"] = Node("psychotic_disorder", {**branch(group.diagram).branches, "schizophrenia": 0})
    results = check(edition)
    assert failing(results) == {"total", "tight"}
    case, _ = found(results["total"])
    assert case == {"psychotic_disorder": "schizophrenia"}
    assert oracle.outcome({**oracle.QUIET, **case}) == oracle.NOT_RECOMMENDED
    assert cautions(group, case) == 1 << Outcome.MAY_BE_CONSIDERED.caution


def test_possible_sets_that_are_loose_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tight: outcomes that are right for complete cases, and too many where two questions are open, are found."""
    honest = Space.reached

    def loose(space: Space, diagram: Diagram) -> Bits:
        blank = [space.axis(name, [0] * size + [1]) for name, size in zip(space.group.names, space.shape, strict=True)]
        return np.where(sum(blank) > 1, np.bitwise_or.reduce(honest(space, diagram), axis=None), honest(space, diagram))

    monkeypatch.setattr(Space, "reached", loose)
    results = check(SMALL.bind())
    assert failing(results) == {"tight"}
    case, _ = found(results["tight"])
    space = next(space for space in map(open_space, SMALL.bind().groups) if case.keys() <= set(space.group.names))
    said = int(loose(space, space.group.diagram)[space.place(case)])
    assert said & ~cautions(space.group, case)
    reached = oracle.possible({**{name: given for name, given in oracle.QUIET.items() if name not in space.group.names}, **case})
    assert cautions(space.group, case) == sum(1 << oracle.CAUTION[outcome] for outcome in reached)


def test_a_missing_answer_that_counts_as_none_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Narrowing: where "not recorded" is taken for the first option, answering widens, and tight fails with it."""
    honest = Space.reached

    def careless(space: Space, diagram: Diagram) -> Bits:
        reached = honest(space, diagram).copy()
        for axis, size in enumerate(space.shape):
            place = [slice(None)] * len(space.shape)
            place[axis] = slice(size, size + 1)
            reached[tuple(place)] = reached.take([0], axis)
        return reached

    with monkeypatch.context() as patch:
        patch.setattr(Space, "reached", careless)
        results = check(SMALL.bind())
        assert failing(results) == {"tight", "narrowing"}
        case, what = found(results["narrowing"])
        name = what.split()[1]
        space = next(space for space in map(open_space, SMALL.bind().groups) if name in space.group.names)
        said = careless(space, space.group.diagram)
        answered, blank = space.place(case), space.place({other: given for other, given in case.items() if other != name})
        assert said[answered] & ~said[blank]


def test_a_rule_that_is_settled_late_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exact: where a rule is ruled out and is still taken for open, a case shows it."""
    name, parent = "manic_features_with_diagnosis_in_question", "bipolar_disorder"
    group = group_of(SMALL.bind(), parent)
    honest = Space.reached_small

    def late(space: Space, diagram: Diagram) -> Bits:
        reached = honest(space, diagram)
        if diagram is not group.rule_diagrams[name]:
            return reached
        unanswered = space.axis(parent, [0] * len(oracle.FIELDS[parent]) + [0b11])
        return reached | unanswered.astype(np.uint8)

    monkeypatch.setattr(Space, "reached_small", late)
    results = check(SMALL.bind())
    assert failing(results) == {"exact"}
    case, what = found(results["exact"])
    assert name in what
    assert parent not in case
    assert group.settle(name, case) == FALSE


SCHIZOPHRENIA = is_("psychotic_disorder", "schizophrenia")
NEVER_ASKED = is_("bipolar_disorder", "none") & is_("mood_shift", "unclear")

PLANTED = [
    ("monotone", "assessment_incomplete", is_("psychological_assessment", "thorough"), "from thorough to incomplete"),
    ("alive", "possible_misdiagnosis", NEVER_ASKED, "possible_misdiagnosis holds nowhere"),
    ("alive", "secondary_or_unclear_psychosis", SCHIZOPHRENIA, "secondary_or_unclear_psychosis is outranked"),
    ("apart", "ocd_unprepared", is_("ocd", "yes"), "ocd and ocd_unprepared"),
]


@pytest.mark.parametrize(("name", "rule", "condition", "told"), PLANTED, ids=[one[1] for one in PLANTED])
def test_a_rule_that_breaks_a_promise_is_found(name: str, rule: str, condition: Condition, told: str) -> None:
    """One that rewards a caution, can never hold, is outranked, or says another again: that check alone fails, with a case."""
    edition = rewrite(rule, condition).bind()
    results = check(edition)
    assert failing(results) == {name}
    case, what = found(results[name])
    assert told in what
    if "nowhere" in told:  # what it asks for is never asked beside that answer
        assert GUIDANCE.fields.applies("mood_shift", {"bipolar_disorder": "none"}) is False
    else:
        group = next(group for group in edition.groups if case.keys() & set(group.names))
        assert group.settle(rule, case) == TRUE


def test_a_law_that_edition_1_broke_is_found() -> None:
    """Helped: were a past feature nothing without DBT and a condition after it, having been helped would look worse."""
    rules = tuple(rule for rule in GUIDANCE.rules if rule.name != "known_feature")
    (result,) = prove(replace(GUIDANCE, rules=rules).bind(), {"helped": CHECKS["helped"]})
    case, what = found(result)
    assert "structured_therapy" in what
    assert "stabilized_after" in what
    assert "more cautious" in what
    assert case["structured_therapy"] in (
        "not_started",
        "in_progress",
        "completed_not_stabilized",
        "stabilized_after_other_therapy",
    )


def test_a_choice_of_ours_that_is_called_stated_is_found() -> None:
    """Stated: a rule whose outcome a reading moves, by default open to the letter, cannot be the author's word."""
    name = "bipolar_diagnosis_in_question"
    rules = tuple(replace(one, basis=Basis.STATED) if one.name == name else one for one in SMALL.rules)
    results = check(replace(SMALL, rules=rules).bind())
    assert failing(results) == {"stated"}
    case, what = found(results["stated"])
    assert name in what
    assert case["bipolar_disorder"] == "diagnosis_in_question"


def reread(name: str, *choices: Choice) -> Edition:
    """The default edition with other choices for a reading."""
    readings = {**GUIDANCE.ledger.readings, name: replace(GUIDANCE.ledger.readings[name], choices=choices)}
    return replace(GUIDANCE, ledger=replace(GUIDANCE.ledger, readings=readings)).bind()


def test_a_default_that_is_looser_than_the_letter_is_found() -> None:
    """Letter: a default that is called looser; and one that is not, and gives a less cautious outcome than the letter somewhere."""
    lifetime, clarify, current_only = GUIDANCE.readings["remitted_bpd"].choices
    (result,) = prove(reread("remitted_bpd", clarify, lifetime, current_only), {"letter": CHECKS["letter"]})
    assert "the default of remitted_bpd is looser" in found(result)[1]
    (result,) = prove(reread("remitted_bpd", replace(clarify, direction="open"), lifetime), {"letter": CHECKS["letter"]})
    case, what = found(result)
    assert "looser than lifetime, called letter" in what
    whole = {**oracle.QUIET, **case}
    assert oracle.outcome(whole, {"remitted_bpd": "clarify"}) != oracle.outcome(whole, {"remitted_bpd": "lifetime"})


def test_a_direction_that_is_called_wrongly_is_found() -> None:
    """Letter: a choice that is called stricter and is looser somewhere."""
    dbt_only, every = GUIDANCE.readings["therapy_counted"].choices
    (result,) = prove(reread("therapy_counted", dbt_only, replace(every, direction="stricter")), {"letter": CHECKS["letter"]})
    case, what = found(result)
    assert "called stricter, is looser than the letter" in what
    assert case["structured_therapy"] == "stabilized_after_other_therapy"


@pytest.mark.parametrize(("most", "told"), [(99, "can be left out"), (1, "do not suffice")], ids=["too much", "too little"])
def test_reasons_that_cite_wrongly_are_found(monkeypatch: pytest.MonkeyPatch, most: int, told: str) -> None:
    """Faithful: an explanation that cites what can be left out, or whose reasons do not suffice."""
    honest = proof.find

    def careless(group: Group, rule: BoundRule, answers: Mapping[str, str]) -> Finding:
        finding = honest(group, rule, answers)
        return replace(finding, because=dict(list(answers.items())[:most]))

    monkeypatch.setattr(proof, "find", careless)
    results = check(SMALL.bind())
    assert failing(results) == {"faithful"}
    assert told in found(results["faithful"])[1]
