"""Next questions, ways forward, near misses, twins and hinges, each against a brute force written from its definition.

The oracle says what is possible; which answers can change is read from `fields.yaml` as it stands. Nothing that kapnb
computes goes into what it is compared with.
"""

from __future__ import annotations

import csv
import itertools
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from kapnb import assess
from kapnb.engine.edition import load_guidance
from kapnb.engine.explore import Hinge, find_deciding, find_home, find_raised
from kapnb.engine.outcomes import Outcome
from tests import oracle
from tests.strategies import EDITIONS, random_case

if TYPE_CHECKING:
    from collections.abc import Iterator

Case = dict[str, str]
Readings = dict[str, str]

ROOT = Path(__file__).parent.parent
SECTIONS = yaml.safe_load((ROOT / "schemas" / "fields.yaml").read_text("utf-8"))["sections"]
LEDGER = yaml.safe_load((ROOT / "kapnb" / "packs" / "begley" / "ledger.yaml").read_text("utf-8"))
RULES = list(LEDGER["rules"])
ROWS = {row["case_id"]: row for row in csv.DictReader((ROOT / "tests/data/practice_cases.csv").read_text("utf-8").splitlines())}
PRACTICE = {name: {field: row[field] for field in oracle.FIELDS if row[field]} for name, row in ROWS.items()}

CHANGES: dict[str, list[tuple[str, str, str]]] = {
    field["name"]: [(row["from"], after, row["by"]) for row in field.get("changes", []) for after in row["to"]]
    for section in SECTIONS
    for field in section["fields"]
}
"""For each field, the changes that the dictionary allows: before, after, and by what."""

BARRED: dict[tuple[str, str, str], list[tuple[str, str]]] = {
    (field["name"], row["from"], after): [(other, option) for other, options in row["unless"].items() for option in options]
    for section in SECTIONS
    for field in section["fields"]
    for row in field.get("changes", [])
    if "unless" in row
    for after in row["to"]
}
"""For some changes, recorded answers beside which they are not possible."""

MOST_COMBINATIONS = 600
"""Every combination of changes is tried; a random case with more of them has answers taken back until it fits."""


# --- cases ------------------------------------------------------------------------------------------------


def complete_case(random: Random) -> Case:
    """Each question that is asked is answered, and no other."""
    quiet = random.random() ** 0.3
    case = {field: random.choice(options) for field, options in oracle.FIELDS.items()}
    case |= {field: option for field, option in oracle.QUIET.items() if random.random() < quiet}
    return {field: option for field, option in case.items() if oracle.asked(field, case)}


def scant_case(random: Random) -> Case:
    """One to five answers."""
    return {field: random.choice(oracle.FIELDS[field]) for field in random.sample(list(oracle.FIELDS), random.randint(1, 5))}


def practice_case(random: Random) -> Case:
    """A practice case with one to four answers changed, added or taken back."""
    case = dict(random.choice(list(PRACTICE.values())))
    for field in random.sample(list(oracle.FIELDS), random.randint(1, 4)):
        option = random.choice((None, *oracle.FIELDS[field]))
        case = {name: given for name, given in case.items() if name != field} | ({field: option} if option else {})
    return case


def cases(seed: int, number: int = 240) -> Iterator[Case]:
    """As many complete, partial, scant and practice cases, in turn."""
    random = Random(seed)
    makers = itertools.cycle((complete_case, random_case, scant_case, practice_case))
    for make in itertools.islice(makers, number):
        yield make(random)


def editions(seed: int) -> Iterator[Readings]:
    """The default three times out of four; else one of a few others, so that the oracle's work is not done in vain."""
    random = Random(seed)
    others = random.sample(EDITIONS[1:], 6)
    while True:
        yield random.choice(others) if random.random() < 0.25 else {}


# --- what is asked of the oracle --------------------------------------------------------------------------

PARTS: dict[str, tuple[tuple[str, ...], Any, tuple[str, ...]]] = {
    "assessment": (*oracle.GROUPS["assessment"], ()),
    "psychosis": (*oracle.GROUPS["psychosis"], ("secondary_psychosis",)),
    "mood": (*oracle.GROUPS["mood"], ("stabilized_bipolar", "questioned_bipolar")),
    "ideation": (*oracle.GROUPS["ideation"], ("relief_condition",)),
    "pattern": (
        *oracle.GROUPS["pattern"],
        ("single_attempt", "attempt_pattern_expires", "features_needed", "therapy_counted", "remitted_bpd"),
    ),
    "relief": (oracle.RELIEF_FIELDS, oracle.relief_rules, ("relief_condition",)),
    "substance": (*oracle.GROUPS["substance"], ("recovery_requires",)),
    "ocd": (*oracle.GROUPS["ocd"], ("unprepared_ocd",)),
    "scope": (*oracle.GROUPS["scope"], ()),
}
"""The oracle's groups of rules: the fields and the readings that each looks at, so that no group is worked out twice."""

Given = tuple[str | None, ...]


@dataclass(frozen=True)
class Reached:
    """What the completions of a group's answers come to: the outcomes, the rules that hold in each, and those that hold in some."""

    outcomes: frozenset[str]
    certain: frozenset[tuple[str, str]]
    some: frozenset[tuple[str, str]]


@cache
def complete(part: str, given: Given, choices: tuple[str, ...]) -> Reached:
    """Every completion of one group: a blank reaches what its answers reach, and a complete group is asked of the oracle."""
    fields, rules, readings = PARTS[part]
    if None in given:
        place = given.index(None)
        each = [complete(part, (*given[:place], option, *given[place + 1 :]), choices) for option in oracle.FIELDS[fields[place]]]
        return Reached(
            frozenset().union(*(one.outcomes for one in each)),
            frozenset.intersection(*(one.certain for one in each)),
            frozenset().union(*(one.some for one in each)),
        )
    case = dict(zip(fields, given, strict=True))
    chosen = oracle.DEFAULT | dict(zip(readings, choices, strict=True))
    found = frozenset(rules(chosen, **{field: case[field] if oracle.asked(field, case) else None for field in fields}).items())
    return Reached(frozenset((oracle.decide(found),)), found, found)


def parts(case: Case, readings: Readings) -> dict[str, Reached]:
    """What each group of a case may come to."""
    chosen = oracle.DEFAULT | readings
    return {
        name: complete(name, tuple(map(case.get, fields)), tuple(chosen[reading] for reading in own))
        for name, (fields, _, own) in PARTS.items()
    }


def possible(case: Case, readings: Readings) -> frozenset[str]:
    """The outcomes of all completions of a case."""
    return oracle.combine(tuple(part.outcomes for part in parts(case, readings).values()))


def certain_and_some(case: Case, readings: Readings) -> tuple[dict[str, str], dict[str, str]]:
    """The rules that hold in every completion of a case, and in some; "nothing found" is left out."""
    each = parts(case, readings).values()
    return dict(item for part in each for item in part.certain), dict(item for part in each for item in part.some)


def test_the_groups_agree_with_the_oracle() -> None:
    """What is quick here says the same as what is plain there."""
    assert sorted(reading for _, _, own in PARTS.values() for reading in own) == sorted((*oracle.READINGS, "relief_condition"))
    for case, readings in zip(cases(30, 60), itertools.cycle(EDITIONS), strict=False):
        assert possible(case, readings) == oracle.possible(case, readings)
        for ours, plain in zip(certain_and_some(case, readings), oracle.certain_and_possible(case, readings), strict=True):
            assert ours == {rule: outcome for rule, outcome in plain.items() if rule != "nothing_found"}


def ways_to_be_asked(field: str, case: Case) -> set[bool]:
    """Whether a question is asked: in the completions of a case, one or the other or both."""
    return _asked_with(field, tuple(map(case.get, oracle.ASKED_WHEN.get(field, ()))))


@cache
def _asked_with(field: str, given: Given) -> set[bool]:
    parents = tuple(oracle.ASKED_WHEN.get(field, ()))
    return {oracle.asked(field, one) for one in oracle.completions(dict(zip(parents, given, strict=True)), parents)}


def counting(case: Case) -> Case:
    """The case without the answers that no completion asks for: they never count."""
    return {field: option for field, option in case.items() if True in ways_to_be_asked(field, case)}


def headline(case: Case, readings: Readings) -> str:
    """One possible outcome is the answer; several that all advise against give the least of them; else: clarify first."""
    left = possible(case, readings)
    least = oracle.least_cautious(left)
    return least if len(left) == 1 or oracle.CAUTION[least] >= oracle.CAUTION[oracle.NOT_NOW] else oracle.CLARIFY


@cache
def turned_in(part: str, given: Given, choices: tuple[str, ...]) -> dict[str, set[str]]:
    """For each unrecorded field, the rules that it can turn: two completions differ in nothing else, and in the rule."""
    fields, *_ = PARTS[part]
    case = dict(zip(fields, given, strict=True))
    found = {tuple(one.values()): complete(part, tuple(one.values()), choices).some for one in oracle.completions(case, fields)}
    turned: dict[str, set[str]] = {}
    for place, field in enumerate(fields):
        if case[field] is None:
            together: dict[tuple[str, ...], list[Any]] = {}
            for one, names in found.items():
                together.setdefault((*one[:place], *one[place + 1 :]), []).append(names)
            differing = (frozenset().union(*sets) - frozenset.intersection(*sets) for sets in together.values())
            turned[field] = {rule for items in differing for rule, _ in items}
    return turned


def rules_turned_by(field: str, case: Case, readings: Readings) -> set[str]:
    """The rules that wait for an answer. "Nothing found" waits for what can turn a rule that leads to an outcome."""
    chosen = oracle.DEFAULT | readings
    return {
        rule
        for name, (fields, _, own) in PARTS.items()
        if field in fields
        for rule in turned_in(name, tuple(map(case.get, fields)), tuple(chosen[reading] for reading in own))[field]
    }


# --- next questions ---------------------------------------------------------------------------------------


def expected_questions(case: Case, readings: Readings) -> list[tuple[str, dict[str, frozenset[str]]]]:
    """The unrecorded questions that are asked and narrow what is possible, the most useful first, with what each option leaves."""
    before = possible(case, readings)
    found = []
    for place, (field, options) in enumerate(oracle.FIELDS.items()):
        if field not in case and ways_to_be_asked(field, case) == {True}:
            left = {option: possible(case | {field: option}, readings) for option in options}
            if set(left.values()) != {before}:
                worst, settled = max(map(len, left.values())), sum(len(outcomes) == 1 for outcomes in left.values())
                found.append((worst, -settled, place, field, left))
    return [(field, left) for *_, field, left in sorted(found, key=lambda one: one[:3])]


def test_next_questions() -> None:
    """Those that narrow the possible outcomes, the best worst case first, then the most options that settle, then in order."""
    asked = 0
    for case, readings in zip(cases(31), editions(31), strict=False):
        a = assess(case, readings)
        said = [(q.field, {option: {str(o) for o in left} for option, left in q.possible.items()}) for q in a.next_questions]
        assert said == expected_questions(case, readings), case
        for question in a.next_questions:
            assert set(question.settles) == {option for option, left in question.possible.items() if len(left) == 1}
            asked += 1
    assert asked > 500


def test_a_question_names_the_rules_that_wait_for_it() -> None:
    """Exactly the rules that the answer can turn, the most cautious first."""
    for case, readings in zip(cases(32), editions(32), strict=False):
        a = assess(case, readings)
        outcomes = {rule.name: rule.outcome for rule in a.edition.rules}
        for question in a.next_questions:
            turned = rules_turned_by(question.field, case, readings)
            if oracle.MAY in possible(case, readings) and any(outcomes.get(name) for name in turned):
                turned.add("nothing_found")
            in_order = sorted(turned, key=lambda name: (-outcomes[name].caution if outcomes[name] else 1, RULES.index(name)))  # type: ignore[union-attr]
            assert list(question.why) == in_order, (case, question.field)


# --- ways forward -----------------------------------------------------------------------------------------


def floors(case: Case, readings: Readings) -> tuple[int, ...]:
    """The least caution that each group of questions may come to. Ideation and pattern are one group: one finding reads both."""
    least = {name: min(map(oracle.CAUTION.__getitem__, part.outcomes)) for name, part in parts(case, readings).items()}
    together = max(least.pop("ideation"), least.pop("pattern"), least.pop("relief"))
    return (*least.values(), together)


Steps = frozenset[tuple[str, str, str, str]]


def expected_ways(case: Case, readings: Readings) -> dict[str, set[Steps]]:
    """For each less cautious outcome the smallest sets of allowed changes after which it is the least cautious one possible.

    A set of which a part alone comes to an even less cautious outcome does not count.
    """
    case = counting(case)
    before = floors(case, readings)
    found: dict[int, dict[Steps, int]] = {}
    for changes in every_change(case):
        after = case | {field: to for field, _, to, _ in changes}
        for steps, reached in with_raised_questions(case, after, readings):
            level = max(reached)
            if level < max(before) and all(new <= old for new, old in zip(reached, before, strict=True)):
                way = frozenset((*changes, *steps))
                found.setdefault(level, {})[way] = len(way)
    expected = {}
    for level, ways in found.items():
        further = [way for other, them in found.items() if other < level for way in them]
        whole = {way: size for way, size in ways.items() if not any(part < way for part in further)}
        if whole:
            expected[oracle.OUTCOMES[level]] = {way for way, size in whole.items() if size == min(whole.values())}
    return expected


def every_change(case: Case) -> Iterator[tuple[tuple[str, str, str, str], ...]]:
    """Every combination of changes that the dictionary allows of the recorded answers."""
    able = [
        [
            None,
            *(
                (field, given, after, by)
                for before, after, by in CHANGES[field]
                if before == given and open_in(case, field, given, after)
            ),
        ]
        for field, given in case.items()
        if any(before == given for before, _, _ in CHANGES[field])
    ]
    for chosen in itertools.product(*able):
        yield tuple(change for change in chosen if change)


def open_in(case: Case, field: str, before: str, after: str) -> bool:
    """Whether nothing that is recorded bars a change."""
    return all(case.get(other) != option for other, option in BARRED.get((field, before, after), ()))


def with_raised_questions(case: Case, after: Case, readings: Readings) -> Iterator[tuple[list[Any], tuple[int, ...]]]:
    """Each way to answer, or leave at its most cautious answer, what the changes newly ask; with what each group comes to."""
    raised = [
        field
        for field in oracle.ASKED_WHEN
        if field not in after and ways_to_be_asked(field, after) == {True} != ways_to_be_asked(field, case)
    ]
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
    return next((by for _, after, by in CHANGES[field] if after == option), "clarifying")


def said_ways(assessment: Any) -> dict[str, set[Steps]]:
    said: dict[str, set[Steps]] = {}
    for way in assessment.changes:
        steps = frozenset((step.field, step.before, step.after, step.by) for step in way.steps)
        assert len(steps) == len(way.steps)
        assert steps not in said.setdefault(str(way.outcome), set()), "told twice"
        said[str(way.outcome)].add(steps)
    return said


def small_enough(case: Case, random: Random) -> Case:
    """The case with answers that can change taken back until all combinations of changes can be tried."""
    able = {field: 1 + sum(before == given for before, _, _ in CHANGES[field]) for field, given in case.items()}
    loud = [field for field, choices in able.items() if choices > 1]
    random.shuffle(loud)
    while loud:
        combinations = 1
        for field in loud:
            combinations *= able[field]
        if combinations <= MOST_COMBINATIONS:
            break
        case = {field: given for field, given in case.items() if field != loud[-1]}
        loud.pop()
    return case


def test_ways_forward() -> None:
    """All smallest sets of allowed changes to each less cautious outcome, and no other."""
    random = Random(33)
    sizes: Counter[int] = Counter()
    for case, readings in zip(cases(33), editions(33), strict=False):
        smaller = small_enough(case, random)
        a = assess(smaller, readings)
        assert said_ways(a) == expected_ways(smaller, readings), (smaller, readings)
        sizes.update(len(way.steps) for way in a.changes)
    assert min(sizes[size] for size in (1, 2, 3, 4)) > 2, sizes


def test_a_way_keeps_its_word() -> None:
    """After its steps the outcome it names is the least cautious one possible, whatever raised questions are left out."""
    for case in cases(34, 100):
        for way in assess(case).changes:
            after = counting(case) | {step.field: step.after for step in way.steps}
            left = [
                field
                for field in oracle.ASKED_WHEN
                if field not in after and ways_to_be_asked(field, after) == {True} != ways_to_be_asked(field, counting(case))
            ]
            least = [
                oracle.least_cautious(possible(after | dict(zip(left, rest, strict=True)), {}))
                for rest in itertools.product(*(oracle.FIELDS[field] for field in left))
            ]
            assert oracle.most_cautious(least) == str(way.outcome)


@pytest.mark.parametrize("name", ["V02", "V03", "V04"])
def test_what_cannot_change_has_no_way(name: str) -> None:
    """A primary psychotic disorder, or something outside the source: no change of answer leads anywhere milder."""
    assert assess(PRACTICE[name]).changes == ()


def test_a_way_through_a_question_that_a_change_raises() -> None:
    """Active substance use: recovery raises two questions, and both answers are part of the way."""
    (way,) = assess(PRACTICE["V22"]).changes
    assert [(step.field, step.before, step.after, step.by) for step in way.steps] == [
        ("substance_use_disorder", "active", "in_recovery", "treatment"),
        ("formal_treatment", "", "yes", "treatment"),
        ("recovery_lifestyle", "", "yes", "treatment"),
    ]
    assert way.outcome is Outcome.CONSIDER_WITH_CONDITIONS


def test_clarifying_does_not_argue_observed_mania_away() -> None:
    """A label in question, with mania recorded: it may prove right and be stabilized, and no way declares it to be none."""
    (way,) = assess(PRACTICE["V09"]).changes
    assert [(step.field, step.after, step.by) for step in way.steps] == [("bipolar_disorder", "stabilized", "treatment")]
    without_mania = assess(PRACTICE["V09"] | {"mood_shift": "unclear"}).changes
    assert ("bipolar_disorder", "none", "clarifying") in {(s.field, s.after, s.by) for way in without_mania for s in way.steps}
    assert set(BARRED) == {("bipolar_disorder", "diagnosis_in_question", "none")}


@pytest.mark.parametrize("name", ["V20", "V21"])
def test_no_step_of_a_way_is_taken_for_worse(name: str) -> None:
    """Where the features alone, once past, lead to the least cautious outcome, therapy on top is no other way."""
    (way,) = assess(PRACTICE[name]).changes
    assert way.outcome is Outcome.MAY_BE_CONSIDERED
    assert {step.after for step in way.steps} == {"past"}


# --- near misses and twins --------------------------------------------------------------------------------


def one_answer_apart(case: Case) -> Iterator[tuple[str, str, str, Case]]:
    """Each other option of each recorded answer that counts: the field, both options, and the case that results."""
    counted = counting(case)
    for field, before in counted.items():
        for after in oracle.FIELDS[field]:
            if after != before:
                yield field, before, after, counted | {field: after}


def coming(case: Case, readings: Readings) -> set[tuple[str, str | None, str, str, str]]:
    """Rules that hold in no completion now, and in every completion once one answer is another. "Nothing found" does not count."""
    _, now = certain_and_some(case, readings)
    near = set()
    for field, before, after, changed in one_answer_apart(case):
        then, _ = certain_and_some(changed, readings)
        for rule in then.keys() - now.keys():
            near.add((rule, then[rule] if then[rule] in oracle.CAUTION else None, field, before, after))
    return near


def test_twins() -> None:
    """Every single answer that, as another option, gives another outcome; in the order of the dictionary."""
    for case, readings in zip(cases(37), editions(37), strict=False):
        now = headline(case, readings)
        said = [(one.field, one.before, one.after, str(one.outcome)) for one in assess(case, readings).twins]
        expected = [
            (field, before, after, headline(changed, readings))
            for field, before, after, changed in one_answer_apart(case)
            if headline(changed, readings) != now
        ]
        assert sorted(said) == sorted(expected), (case, readings)
        places = [list(oracle.FIELDS).index(field) for field, *_ in said]
        assert places == sorted(places)


def test_what_decides_a_twin() -> None:
    """Of the rules that its one other answer makes hold, those that ask for its outcome."""
    for case, readings in zip(cases(42, 100), editions(42), strict=False):
        a = assess(case, readings)
        near = coming(case, readings)
        for twin in a.twins:
            place = (twin.field, twin.before, twin.after)
            expected = {rule for rule, outcome, *where in near if tuple(where) == place and outcome == str(twin.outcome)}
            assert set(find_deciding(a, twin)) == expected


# --- readings ---------------------------------------------------------------------------------------------


def expected_hinges(case: Case, readings: Readings) -> list[tuple[str, str, str]]:
    """Each other choice of one reading, the others staying as they are, under which the headline is another."""
    now = headline(case, readings)
    chosen = {**oracle.DEFAULT, **readings}
    moved = [
        (name, choice, headline(case, {**chosen, name: choice}))
        for name, choices in oracle.READINGS.items()
        for choice in choices
        if choice != chosen[name]
    ]
    return [(name, choice, outcome) for name, choice, outcome in moved if outcome != now]


def test_hinges() -> None:
    """Every choice of one reading that moves the outcome, and to what; and no other."""
    seen: set[tuple[str, str]] = set()
    for case, readings in zip(
        (*PRACTICE.values(), *cases(38, 160)), itertools.chain([{}] * len(PRACTICE), editions(38)), strict=False
    ):
        said = [(one.reading, one.choice, str(one.outcome)) for one in assess(case, readings).hinges_on]
        assert sorted(said) == sorted(expected_hinges(case, readings)), (case, readings)
        seen.update((reading, choice) for reading, choice, _ in said)
    assert seen >= {(name, choice) for name, choices in oracle.READINGS.items() for choice in choices[1:]}


SWINGS = [
    ("V12", "relief_condition", "newer_suffices", "may_be_considered"),
    ("V16", "single_attempt", "counts_as_pattern", "not_at_present"),
    ("V20", "features_needed", "two_or_more", "may_be_considered"),
    ("V20", "features_needed", "with_bpd_diagnosis", "may_be_considered"),
    ("V25", "recovery_requires", "either", "consider_with_conditions"),
    ("V26", "unprepared_ocd", "defer", "not_at_present"),
    ("V07", "stabilized_bipolar", "clarify", "clarify_first"),
    ("V07", "stabilized_bipolar", "unrestricted", "may_be_considered"),
    ("V08", "questioned_bipolar", "as_not_stabilized", "not_at_present"),
]


@pytest.mark.parametrize(("name", "reading", "choice", "outcome"), SWINGS)
def test_a_practice_case_swings_under_another_reading(name: str, reading: str, choice: str, outcome: str) -> None:
    """Assessed under that reading it has the other outcome, and under the default one it hinges on it."""
    case = PRACTICE[name]
    assert str(assess(case).outcome) == ROWS[name]["expected"] != outcome
    assert str(assess(case, {reading: choice}).outcome) == outcome
    assert Hinge(reading, choice, Outcome(outcome)) in assess(case).hinges_on
    back = Hinge(reading, oracle.DEFAULT[reading], Outcome(ROWS[name]["expected"]))
    assert back in assess(case, {reading: choice}).hinges_on


# --- why "clarify first" ----------------------------------------------------------------------------------

REASONS = {rule.name: rule.reason for rule in load_guidance("begley").rules}


def test_clarify_first_comes_with_its_reasons() -> None:
    """Missing exactly where something else is possible; then those of the certain findings, or of what may hold where none is."""
    seen: set[str] = set()
    for case, readings in zip(cases(40), editions(40), strict=False):
        a = assess(case, readings)
        left = possible(case, readings)
        certain, some = certain_and_some(case, readings)
        asking = [{str(REASONS[rule]) for rule, outcome in found.items() if outcome == oracle.CLARIFY} for found in (certain, some)]
        final = asking[0] or asking[1]
        assert {str(reason) for reason in a.final_reasons} == final, case
        said = [str(reason) for reason in a.reasons]
        if headline(case, readings) != oracle.CLARIFY:
            assert said == []
        else:
            missing = {"information_missing"} if len(left) > 1 else set()
            assert set(said) == (missing | asking[0] or final) != set(), case
            assert len(set(said)) == len(said)
        seen.update(said)
    assert len(seen) == 4


def test_an_open_rule_is_at_home_with_a_question_that_it_waits_for() -> None:
    """Of those that it waits for, the one of whose options the smallest share leaves it possible; the earlier where they tie."""
    for case, readings in zip(cases(43, 60), editions(43), strict=False):
        a = assess(case, readings)
        for one in a.unsettled:
            if one.rule != "nothing_found":
                shares = {
                    field: sum(one.rule in certain_and_some(case | {field: option}, readings)[1] for option in oracle.FIELDS[field])
                    / len(oracle.FIELDS[field])
                    for field in one.waits_for
                }
                assert find_home(a, one.rule) == min(shares, key=shares.__getitem__)


def turns(name: str, case: Case) -> bool:
    """Whether two completions that differ in this answer alone differ in the caution of what is weighed together with it."""
    parts_of = ("ideation", "pattern") if name in ("ideation_onset", "likelihood_of_acting", "structured_therapy") else None
    weighed = parts_of or tuple(part for part, (fields, *_) in PARTS.items() if name in fields)
    fields = sorted({field for part in weighed for field in PARTS[part][0]})
    blank = [field for field in fields if field not in case and field != name]
    for rest in itertools.product(*(oracle.FIELDS[field] for field in blank)):
        filled = case | dict(zip(blank, rest, strict=True))
        levels = {level(filled | {name: option}, weighed) for option in oracle.FIELDS[name]}
        if len(levels) > 1 and ways_to_be_asked(name, filled) == {True}:
            return True
    return False


def level(case: Case, weighed: tuple[str, ...]) -> int:
    """The greatest caution of some groups of a case in which nothing is left open."""
    cautions = []
    for part in weighed:
        fields, _, own = PARTS[part]
        (outcome,) = complete(part, tuple(map(case.get, fields)), tuple(oracle.DEFAULT[reading] for reading in own)).outcomes
        cautions.append(oracle.CAUTION[outcome])
    return max(cautions)


def test_a_twin_knows_what_it_would_raise() -> None:
    """The questions asked only with the other answer, and not answered, whose answer can then turn the caution."""
    raised: Counter[str] = Counter()
    random = Random(41)
    for _ in range(30):
        case = complete_case(random)
        case = {field: option for field, option in case.items() if random.random() < 0.97}
        for field, _, after, changed in one_answer_apart(case):
            new = [
                name
                for name in oracle.ASKED_WHEN
                if name not in changed and ways_to_be_asked(name, counting(case)) != {True} == ways_to_be_asked(name, changed)
            ]
            expected = [name for name in new if turns(name, changed)]
            assert list(find_raised(assess(case), {field: after})) == expected, (case, field, after)
            raised.update(expected)
    assert raised.keys() >= {"structured_therapy", "likelihood_of_acting", "mood_shift", "formal_treatment"}, raised


# --- hidden answers ---------------------------------------------------------------------------------------


def test_a_hidden_answer_bars_no_way() -> None:
    """An answer left over from another time stays out when a change brings its question back."""
    left_over = {"formal_treatment": "no", "recovery_lifestyle": "no"}
    assert assess(PRACTICE["V22"] | left_over).changes == assess(PRACTICE["V22"]).changes != ()


def test_hidden_answers_count_nowhere() -> None:
    """Whatever is explored, an answer to a question that is not asked changes nothing of it."""
    for case, readings in zip(cases(39, 200), editions(39), strict=False):
        if counting(case) != case:
            full, bare = assess(case, readings), assess(counting(case), readings)
            for name in ("next_questions", "changes", "twins", "hinges_on"):
                assert getattr(full, name) == getattr(bare, name), (name, case)
