"""Next questions, ways forward, twins and hinges, each against a brute force written from its definition.

The oracle says what is possible; which answers can change is read from `fields.yaml` as it stands. Nothing that kapnb
computes goes into what it is compared with.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from kapnb import assess, load_guidance
from kapnb.engine.outcomes import Outcome
from tests import oracle
from tests.oracle import certain_and_possible, possible
from tests.strategies import EDITIONS, PRACTICE, random_case

Case = dict[str, str]
Readings = dict[str, str]

ROOT = Path(__file__).parent.parent
SECTIONS = yaml.safe_load((ROOT / "schemas" / "fields.yaml").read_text("utf-8"))["sections"]
GUIDANCE = load_guidance("begley")

CHANGES: dict[str, list[tuple[str, str, str, list[tuple[str, str]]]]] = {
    field["name"]: [
        (row["from"], after, row["by"], [(other, option) for other, some in row.get("unless", {}).items() for option in some])
        for row in field.get("changes", [])
        for after in row["to"]
    ]
    for section in SECTIONS
    for field in section["fields"]
}
"""For each field, the changes that the dictionary allows: before, after, by what, and the answers beside which it is barred."""

MOST_COMBINATIONS = 600
"""Every combination of changes is tried; a random case with more of them has answers taken back until it fits."""


# --- cases ------------------------------------------------------------------------------------------------


def complete_case(random: Random) -> Case:
    """Each question that is asked is answered, and no other."""
    quiet = random.random() ** 0.3
    case = {field: random.choice(options) for field, options in oracle.FIELDS.items()}
    case |= {field: option for field, option in oracle.QUIET.items() if random.random() < quiet}
    return {field: option for field, option in case.items() if oracle.asked(field, case)}


def practice_case(random: Random) -> Case:
    """A practice case with one to four answers changed, added or taken back."""
    case: dict[str, str | None] = dict(random.choice(list(PRACTICE.values())))
    case |= {
        field: random.choice((None, *oracle.FIELDS[field])) for field in random.sample(list(oracle.FIELDS), random.randint(1, 4))
    }
    return {field: option for field, option in case.items() if option}


def cases(seed: int, number: int = 90) -> Iterator[tuple[Case, Readings]]:
    """As many complete, partial and practice cases, in turn, under the default readings or one of a few others."""
    random = Random(seed)
    others = random.sample(EDITIONS[1:], 6)
    for make in itertools.islice(itertools.cycle((complete_case, random_case, practice_case)), number):
        yield make(random), random.choice(others) if random.random() < 0.25 else {}


def is_asked(field: str, case: Case) -> set[bool]:
    """Whether a question is asked: in the completions of a case, one or the other or both."""
    return {oracle.asked(field, one) for one in oracle.completions(case, tuple(oracle.ASKED_WHEN.get(field, ())))}


def counting(case: Case) -> Case:
    """The case without the answers that no completion asks for: they never count."""
    return {field: option for field, option in case.items() if True in is_asked(field, case)}


def headline(case: Case, readings: Readings) -> str:
    return oracle.headline(possible(case, readings))[0]


# --- next questions ---------------------------------------------------------------------------------------


def expected_questions(case: Case, readings: Readings) -> list[tuple[str, dict[str, frozenset[str]]]]:
    """The unrecorded questions that are asked and narrow what is possible, the most useful first, with what each option leaves."""
    before = possible(case, readings)
    found = []
    for place, (field, options) in enumerate(oracle.FIELDS.items()):
        if field not in case and is_asked(field, case) == {True}:
            left = {option: possible(case | {field: option}, readings) for option in options}
            if set(left.values()) != {before}:
                worst, settled = max(map(len, left.values())), sum(len(outcomes) == 1 for outcomes in left.values())
                found.append((worst, -settled, place, field, left))
    return [(field, left) for *_, field, left in sorted(found, key=lambda one: one[:3])]


def test_next_questions() -> None:
    """Those that narrow the possible outcomes, the best worst case first, then the most options that settle, then in order."""
    asked = 0
    for case, readings in cases(31):
        a = assess(case, readings)
        said = [(q.field, {option: {str(o) for o in left} for option, left in q.possible.items()}) for q in a.next_questions]
        assert said == expected_questions(case, readings), case
        for question in a.next_questions:
            assert set(question.settles) == {option for option, left in question.possible.items() if len(left) == 1}
            assert any(question.field in one.waits_for for one in a.unsettled)
            asked += 1
    assert asked > 100


def test_a_rule_waits_for_what_can_turn_it() -> None:
    """In the order of the dictionary; "nothing found" waits for whatever can turn a rule that leads to an outcome."""
    random, seen = Random(32), 0
    for _ in range(150):
        case, readings = complete_case(random), random.choice(EDITIONS[:6])
        some = {field: option for field, option in case.items() if random.random() < 0.9}
        fields = [field for field in oracle.FIELDS if field not in some and any(is_asked(field, some))]
        whole = itertools.islice(({**some, **one} for one in oracle.completions(some, tuple(fields))), 101)
        held = {tuple(one[field] for field in fields): oracle.holding(one, readings) for one in whole}
        if len(held) > 100:
            continue
        expected: dict[str, set[str]] = {}
        for (one, found), (other, there) in itertools.combinations(held.items(), 2):
            apart = [field for field, a, b in zip(fields, one, other, strict=True) if a != b]
            if len(apart) == 1:
                turned = {rule for rule, _ in found.items() ^ there.items()} - {"nothing_found"}
                turned |= {"nothing_found"} if any({**found, **there}[rule] in oracle.CAUTION for rule in turned) else set()
                for rule in turned:
                    expected.setdefault(rule, set()).update(apart)
        a = assess(some, readings)
        if a.settled or Outcome.MAY_BE_CONSIDERED not in a.possible:
            expected.pop("nothing_found", None)
        assert {one.rule: list(one.waits_for) for one in a.unsettled} == {
            rule: [field for field in fields if field in names] for rule, names in expected.items()
        }
        seen += len(expected)
    assert seen > 8


# --- ways forward -----------------------------------------------------------------------------------------

Steps = frozenset[tuple[str, str, str, str]]


def floors(case: Case, readings: Readings) -> tuple[int, ...]:
    """The least caution that each group of questions may come to."""
    reached = oracle.reach_all(case, readings)
    return tuple(min(oracle.CAUTION[outcome] for outcome in oracle.decide_each(one)) for one in reached.values())


def expected_ways(case: Case, readings: Readings) -> dict[str, set[Steps]]:
    """For each less cautious outcome the smallest sets of allowed changes after which it is the least cautious one possible.

    No group of questions may come to more caution by it, and no part of it may lead further by itself.
    """
    case = counting(case)
    before = floors(case, readings)
    found: dict[int, dict[Steps, int]] = {}
    for changes in itertools.product(*([None, *open_changes(case, field)] for field in case)):
        made = [change for change in changes if change]
        after = case | {field: to for field, _, to, _ in made}
        for steps, reached in with_raised_questions(case, after, readings):
            if max(reached) < max(before) and all(new <= old for new, old in zip(reached, before, strict=True)):
                way = frozenset((*made, *steps))
                found.setdefault(max(reached), {})[way] = len(way)
    expected = {}
    for level, ways in found.items():
        further = [way for other, them in found.items() if other < level for way in them]
        whole = {way: size for way, size in ways.items() if not any(part < way for part in further)}
        if whole:
            expected[oracle.OUTCOMES[level]] = {way for way, size in whole.items() if size == min(whole.values())}
    return expected


def open_changes(case: Case, field: str) -> list[tuple[str, str, str, str]]:
    """The changes that the dictionary allows of a recorded answer, beside what else is recorded."""
    return [
        (field, before, after, by)
        for before, after, by, barred in CHANGES[field]
        if before == case[field] and all(case.get(other) != option for other, option in barred)
    ]


def newly_asked(case: Case, after: Case) -> list[str]:
    return [name for name in oracle.ASKED_WHEN if name not in after and is_asked(name, after) == {True} != is_asked(name, case)]


def with_raised_questions(case: Case, after: Case, readings: Readings) -> Iterator[tuple[list[Any], tuple[int, ...]]]:
    """Each way to answer, or leave at its most cautious answer, what the changes newly ask; with what each group comes to."""
    raised = newly_asked(case, after)
    for options in itertools.product(*((None, *oracle.FIELDS[field]) for field in raised)):
        answered = {field: option for field, option in zip(raised, options, strict=True) if option}
        left = [field for field in raised if field not in answered]
        worst = [
            floors(after | answered | dict(zip(left, rest, strict=True)), readings)
            for rest in itertools.product(*(oracle.FIELDS[field] for field in left))
        ]
        steps = [(field, "", option, way_to(field, option)) for field, option in answered.items()]
        yield steps, tuple(map(max, zip(*worst, strict=True)))


def way_to(field: str, option: str) -> str:
    """How an answer comes about that was not recorded before: as a recorded one would change to it, else by asking."""
    return next((by for _, after, by, _ in CHANGES[field] if after == option), "clarifying")


def small_enough(case: Case, random: Random) -> Case:
    """The case with answers that can change taken back until all combinations of changes can be tried."""
    choices = {field: 1 + len(open_changes(case, field)) for field in case}
    loud = [field for field in case if choices[field] > 1]
    random.shuffle(loud)
    tried = 1
    for field in loud:
        tried *= choices[field]
        if tried > MOST_COMBINATIONS:
            del case[field]
            tried //= choices[field]
    return case


def test_ways_forward() -> None:
    """All smallest sets of allowed changes to each less cautious outcome, and no other; each told once."""
    random = Random(33)
    sizes: Counter[int] = Counter()
    for case, readings in cases(33, 120):
        smaller = small_enough(case, random)
        ways = assess(smaller, readings).changes
        said: dict[str, set[Steps]] = {}
        for way in ways:
            said.setdefault(str(way.outcome), set()).add(frozenset((s.field, s.before, s.after, s.by) for s in way.steps))
        assert sum(map(len, said.values())) == len(ways)
        assert said == expected_ways(smaller, readings), (smaller, readings)
        sizes.update(len(way.steps) for way in ways)
    assert min(sizes[size] for size in (1, 2, 3)) > 2, sizes


def test_a_way_through_a_question_that_a_change_raises() -> None:
    """Active substance use: recovery raises two questions; the lifestyle leads some of the way, and with treatment further."""
    steps = [
        ("substance_use_disorder", "active", "in_recovery", "treatment"),
        ("formal_treatment", "", "yes", "treatment"),
        ("recovery_lifestyle", "", "yes", "treatment"),
    ]
    ways = {
        one.outcome: [(step.field, step.before, step.after, step.by) for step in one.steps]
        for one in assess(PRACTICE["V22"]).changes
    }
    assert ways == {Outcome.CONSIDER_WITH_CONDITIONS: steps, Outcome.CLARIFY_FIRST: [steps[0], steps[2]]}


def test_clarifying_does_not_argue_observed_mania_away() -> None:
    """A label in question, with mania recorded: it may prove right and be stabilized, and no way declares it to be none."""
    (way,) = assess(PRACTICE["V09"]).changes
    assert [(step.field, step.after, step.by) for step in way.steps] == [("bipolar_disorder", "stabilized", "treatment")]
    without_mania = assess(PRACTICE["V09"] | {"mood_shift": "unclear"}).changes
    assert ("bipolar_disorder", "none", "clarifying") in {(s.field, s.after, s.by) for way in without_mania for s in way.steps}


@pytest.mark.parametrize("name", ["V20", "V21"])
def test_no_step_of_a_way_is_taken_for_worse(name: str) -> None:
    """Where the features alone, once past, lead to the least cautious outcome in reach, therapy on top is no other way."""
    (way,) = assess(PRACTICE[name]).changes
    assert way.outcome is Outcome.CONSIDER_WITH_CONDITIONS
    assert {step.after for step in way.steps} == {"past"}


# --- twins ------------------------------------------------------------------------------------------------


def one_answer_apart(case: Case) -> Iterator[tuple[str, str, str, Case]]:
    """Each other option of each recorded answer that counts: the field, both options, and the case that results."""
    counted = counting(case)
    for field, before in counted.items():
        for after in oracle.FIELDS[field]:
            if after != before:
                yield field, before, after, counted | {field: after}


def test_twins() -> None:
    """Every single answer that, as another option, gives another outcome."""
    for case, readings in cases(37, 45):
        a, now = assess(case, readings), headline(case, readings)
        expected = {
            (field, before, after): headline(changed, readings)
            for field, before, after, changed in one_answer_apart(case)
            if headline(changed, readings) != now
        }
        said = {(one.field, one.before, one.after): one for one in a.twins}
        assert list(said) == sorted(said, key=lambda one: list(oracle.FIELDS).index(one[0]))
        assert len(said) == len(a.twins)
        assert {place: str(one.outcome) for place, one in said.items()} == expected


# --- readings ---------------------------------------------------------------------------------------------


def test_hinges() -> None:
    """Every choice of one reading, the others staying as they are, that moves the outcome, and to what; and no other."""
    seen: set[tuple[str, str]] = set()
    random = Random(38)
    for case in (*PRACTICE.values(), *(complete_case(random) for _ in range(60)), random_case(random)):
        readings = {} if case in PRACTICE.values() else random.choice(EDITIONS[:6])
        chosen, now = {**oracle.DEFAULT, **readings}, headline(case, readings)
        every = [(name, choice) for name, choices in oracle.READINGS.items() for choice in choices]
        moved = {(name, choice, headline(case, {**chosen, name: choice})) for name, choice in every}
        said = [(one.reading, one.choice, str(one.outcome)) for one in assess(case, readings).hinges_on]
        assert sorted(said) == sorted(one for one in moved if one[2] != now), (case, readings)
        seen.update((reading, choice) for reading, choice, _ in said)
    assert seen >= {(name, choice) for name, choices in oracle.READINGS.items() for choice in choices[1:]}


# --- why "clarify first" ----------------------------------------------------------------------------------

REASONS = {rule.name: str(rule.reason) for rule in GUIDANCE.rules}


def test_clarify_first_comes_with_its_reasons() -> None:
    """Missing exactly where something else is possible; then those of the certain findings, or of what may hold where none is."""
    seen: set[str] = set()
    for case, readings in cases(40, 150):
        a, left = assess(case, readings), possible(case, readings)
        asking = [
            {REASONS[rule] for rule, outcome in found.items() if oracle.CLARIFY in outcome}
            for found in certain_and_possible(case, readings)
        ]
        assert set(a.final_reasons) == (asking[0] or asking[1]), case
        expected = asking[0] | {"information_missing"} if len(left) > 1 else asking[0] or asking[1]
        assert set(a.reasons) == (expected if headline(case, readings) == oracle.CLARIFY else set()), case
        assert len(set(a.reasons)) == len(a.reasons)
        seen.update(a.reasons)
    assert len(seen) == 4


# --- hidden answers ---------------------------------------------------------------------------------------
