"""Prove what kapnb promises of an edition, over the whole case space with unrecorded answers.

Every property is checked group by group; since no rule reads across groups, and the outcome is the greatest caution of all groups,
what holds in each group holds in their product. A property that fails gives a case to look at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise, product
from math import prod
from time import perf_counter
from typing import Final

import numpy as np

from kapnb.engine.assess import Finding, find
from kapnb.engine.edition import Edition, Guidance
from kapnb.engine.pack import BoundRule
from kapnb.engine.space import Bits, Space, Truth, open_space


@dataclass(frozen=True, slots=True)
class Violation:
    """A case in which a property fails, and what is wrong there; ``change`` is the field and the other answer that show it."""

    case: Mapping[str, str]
    what: str
    change: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one property: how much was checked, in what time, and where it fails."""

    name: str
    checked: int
    seconds: float
    violation: Violation | None

    @property
    def holds(self) -> bool:
        return self.violation is None


Found = tuple[int, Violation | None]
"""How many things were looked at, and where something is wrong there."""

Check = Callable[[Edition], Iterator[Found]]


def check_total(edition: Edition) -> Iterator[Found]:
    """Every complete case comes to exactly one outcome, the one its most cautious rule asks for."""
    for space in spaces(edition):
        complete = space.reached(space.group.diagram)[tuple(slice(size) for size in space.shape)]
        wrong = complete != np.left_shift(np.uint8(1), space.cautions)
        yield _look(space, wrong, "the rules and the decision diagram differ")


def check_tight(edition: Edition) -> Iterator[Found]:
    """The possible outcomes of a case with open questions are exactly those of its completions."""
    for space in spaces(edition):
        wrong = space.reached(space.group.diagram) != space.possible
        yield _look(space, wrong, "the possible outcomes are not those of its completions")


def check_monotone(edition: Edition) -> Iterator[Found]:
    """Adding a caution never leads to a less cautious outcome."""
    for space in spaces(edition):
        for axis, field in enumerate(space.fields):
            places = {option.name: place for place, option in enumerate(field.options)}
            steps = ((before, after) for milder, harsher in pairwise(field.order) for before in milder for after in harsher)
            for before, after in steps:
                less = np.take(space.cautions, [places[after]], axis) < np.take(space.cautions, [places[before]], axis)
                case, what = space.first_case(less), f"{field.name} from {before} to {after} leads to a less cautious outcome"
                found = None if case is None else Violation({**case, field.name: before}, what, (field.name, after))
                yield less.size, found


def check_narrowing(edition: Edition) -> Iterator[Found]:
    """Answering one more question never widens what is possible."""
    for space in spaces(edition):
        reached = space.reached(space.group.diagram)
        for axis, (name, size) in enumerate(zip(space.group.names, space.shape, strict=True)):
            answered, blank = np.take(reached, range(size), axis), np.take(reached, [size], axis)
            yield _look(space, (answered & ~blank) != 0, f"answering {name} widens what is possible")


def check_exact(edition: Edition) -> Iterator[Found]:
    """A rule counts as certain, open or ruled out exactly when its completions say so."""
    for space, rule in _rules(edition):
        truth = np.left_shift(np.uint8(1), space.holds(rule.condition).astype(np.uint8))
        exact = _project(space, truth, _support(space, rule))
        wrong = space.reached_small(space.group.rule_diagrams[rule.name]) != exact
        yield _look(space, wrong, f"the rule {rule.name} is not settled as its completions are")


def check_alive(edition: Edition) -> Iterator[Found]:
    """Each rule holds somewhere, and is decisive somewhere."""
    for space, rule in _rules(edition):
        holds = space.holds(rule.condition)
        if not holds.any():
            yield holds.size, Violation({}, f"the rule {rule.name} holds nowhere")
        elif rule.outcome:
            outranked = holds & (space.cautions != rule.outcome.caution)
            wrong = outranked if np.array_equal(outranked, holds) else np.zeros_like(holds)
            yield _look(space, wrong, f"the rule {rule.name} is outranked wherever it holds")


def check_apart(edition: Edition) -> Iterator[Found]:
    """No two rules hold in exactly the same cases with the same effect."""
    for space in spaces(edition):
        for one, two in combinations(space.group.rules, 2):
            what = f"the rules {one.name} and {two.name} hold in the same cases, with the same effect"
            same = one.outcome is two.outcome and one.rule.kind is two.rule.kind
            first, second = space.holds(one.condition), space.holds(two.condition)
            yield 1, Violation(space.first_case(first) or {}, what) if same and np.array_equal(first, second) else None


def check_faithful(edition: Edition) -> Iterator[Found]:
    """Each reason suffices, and no cited answer can be left out or is without effect."""
    for space, rule in _rules(edition):
        said = np.broadcast_to(space.reached_small(space.group.rule_diagrams[rule.name]), space.open_shape)
        for case in _cases_of(space, rule):
            what = _find_fault(space, said, find(space.group, rule, case), case)
            yield 1, Violation(case, what) if what else None


def _find_fault(space: Space, said: Bits, finding: Finding, case: Mapping[str, str]) -> str:
    """What is wrong with the reasons of a finding; nothing where they are right."""

    def stands(answers: Mapping[str, str]) -> bool:
        return bool(said[space.place(answers)] == _CERTAIN)

    if not finding.because.items() <= case.items():
        return f"{finding.rule} cites an answer that is not recorded"
    if not stands(finding.because):
        return f"the reasons of {finding.rule} do not suffice"
    for name in finding.because:
        rest = {other: given for other, given in finding.because.items() if other != name}
        if stands(rest):
            return f"the reason {name} of {finding.rule} can be left out"
        if all(stands({**rest, name: option.name}) for option in space.group.fields[name].options):
            return f"no change of {name} changes {finding.rule}"
    return ""


_CERTAIN: Final = 0b10
"""What a rule's diagram says where every completion makes it hold."""


def _support(space: Space, rule: BoundRule) -> frozenset[str]:
    """The fields that a rule reads, and those that raise their questions."""
    return rule.condition.fields.union(*(space.group.fields[name].parents for name in rule.condition.fields))


def _cases_of(space: Space, rule: BoundRule) -> Iterator[dict[str, str]]:
    """The cases in which a rule holds, with no more answers than it reads."""
    names = _support(space, rule)
    others = tuple(axis for axis, name in enumerate(space.group.names) if name not in names)
    holds = (space.holds(rule.condition) & space.distinct).any(axis=others, keepdims=True)
    for place in np.argwhere(holds).tolist():
        answers = space.case(place)
        states = space.group.fields.states(answers, space.group.names)
        yield {name: given for name, given in answers.items() if name in names and given in states[name]}


def _project(space: Space, values: Bits, names: frozenset[str]) -> Bits:
    """Bits of complete cases along some fields only, extended to open cases; they must not depend on the other fields."""
    for axis, name in enumerate(space.group.names):
        values = space.open_axis(values, axis) if name in names else np.take(values, [0], axis)
    return values


def _look(space: Space, wrong: Truth, what: str) -> Found:
    case = space.first_case(wrong)
    return wrong.size, None if case is None else Violation(case, what)


def _rules(edition: Edition) -> Iterator[tuple[Space, BoundRule]]:
    return ((space, rule) for space in spaces(edition) for rule in space.group.rules)


def spaces(edition: Edition) -> Iterator[Space]:
    """The space of each group that some rule of the pack reads under some reading: no other answer makes a difference."""
    read = frozenset[str]().union(*(rule.condition.fields for rule in edition.guidance.rules))
    return (open_space(group) for group in edition.groups if not read.isdisjoint(group.names))


CORE: Final[Mapping[str, Check]] = {"total": check_total, "tight": check_tight, "monotone": check_monotone}
"""What is checked under every reading and every pair of readings."""

UNPROMISED: Final = "monotone"
"""The one of them that is promised of the default readings only."""

CHECKS: Final[Mapping[str, Check]] = {
    **CORE,
    "narrowing": check_narrowing,
    "exact": check_exact,
    "alive": check_alive,
    "apart": check_apart,
    "faithful": check_faithful,
}
"""All properties by name; ``proof.*`` words them."""


def prove(edition: Edition, names: Mapping[str, Check] = CHECKS) -> Iterator[Result]:
    """Check properties of an edition, one result at a time.

    >>> from kapnb import load_guidance
    >>> all(result.holds for result in prove(load_guidance("begley").bind(), CORE))
    True
    """
    for name, check in names.items():
        start, checked, violation = perf_counter(), 0, None
        for count, violation in check(edition):
            checked += count
            if violation:
                break
        yield Result(name, checked, perf_counter() - start, violation)


def alternatives(guidance: Guidance, *together: int) -> Iterator[dict[str, str]]:
    """All choices of so many readings which differ from the default: ``1, 2`` for each by itself, then for every pair."""
    for number in together:
        for names in combinations(guidance.readings, number):
            others = ([choice.name for choice in guidance.readings[name].choices[1:]] for name in names)
            yield from (dict(zip(names, chosen, strict=True)) for chosen in product(*others))


@dataclass(frozen=True, slots=True)
class Trial:
    """The core properties under some readings other than the default."""

    readings: Mapping[str, str]
    results: Mapping[str, Result]


def try_readings(guidance: Guidance) -> Iterator[Trial]:
    """Prove the core properties under every other choice of a reading, then under every pair of choices."""
    for readings in alternatives(guidance, 1, 2):
        yield Trial(readings, {result.name: result for result in prove(guidance.bind(readings), CORE)})


def find_smallest(trials: Iterable[Trial], name: str) -> list[Trial]:
    """The trials in which a property fails, without those whose readings include another such trial's."""
    found: list[Trial] = []
    for trial in sorted(trials, key=lambda one: len(one.readings)):
        if not trial.results[name].holds and not any(one.readings.items() <= trial.readings.items() for one in found):
            found.append(trial)
    return found


def count_open_cases(edition: Edition) -> int:
    """How many cases there are, with "not recorded" as one more answer to every question."""
    return prod(prod(space.open_shape) for space in spaces(edition))


def count_complete_cases(edition: Edition) -> int:
    """How many distinct cases there are with every question that applies answered."""
    return prod(int(space.distinct.sum()) for space in spaces(edition))
