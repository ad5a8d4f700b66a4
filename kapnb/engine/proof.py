"""Prove what kapnb promises of an edition, over the whole case space with unrecorded answers.

Every property is checked group by group; since no rule reads across groups, and the outcome is the greatest caution of all groups,
what holds in each group holds in their product. A property that fails gives a case to look at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import combinations, pairwise, product
from math import prod
from time import perf_counter
from typing import Final

import numpy as np

from kapnb.engine.assess import Finding, find
from kapnb.engine.diagram import Diagram, Node
from kapnb.engine.edition import Edition, Guidance
from kapnb.engine.groups import BoundRule, Group
from kapnb.engine.outcomes import Basis
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
    for field in edition.fields.values():
        for milder, harsher in pairwise(field.order):
            for before, after in product(milder, harsher):
                what = f"{field.name} from {before} to {after} leads to a less cautious outcome"
                yield from _look_at_change(edition, (field.name, before, after), np.less, what)


def check_narrowing(edition: Edition) -> Iterator[Found]:
    """Answering one more question never widens what is possible."""
    for space in spaces(edition):
        reached = space.reached(space.group.diagram)
        for axis, (name, size) in enumerate(zip(space.group.names, space.shape, strict=True)):
            answered, blank = np.take(reached, range(size), axis), np.take(reached, [size], axis)
            yield _look(space, (answered & ~blank) != 0, f"answering {name} widens what is possible")


def check_helped(edition: Edition) -> Iterator[Found]:
    """Having been helped never makes it worse: no treatment that lowers a caution leads to a more cautious outcome."""
    for field in edition.fields.values():
        tiers = {option: tier for tier, options in enumerate(field.order) for option in options}
        for one in field.changes:
            if one.by == "treatment" and tiers.get(one.after, len(tiers)) < tiers.get(one.before, -1):
                what = f"{field.name} from {one.before} to {one.after} leads to a more cautious outcome"
                yield from _look_at_change(edition, (field.name, one.before, one.after), np.greater, what)


def _look_at_change(edition: Edition, change: tuple[str, str, str], wrong: np.ufunc, what: str) -> Iterator[Found]:
    """Compare the cautions after and before a change of one answer, in every case of its group."""
    name, before, after = change
    for space in spaces(edition):
        if name in space.group.names:
            axis, options = space.group.names.index(name), [option.name for option in edition.fields[name].options]
            changed, kept = (np.take(space.cautions, [options.index(option)], axis) for option in (after, before))
            case = space.first_case(wrong(changed, kept))
            yield changed.size, None if case is None else Violation({**case, name: before}, what, (name, after))


def check_stated(edition: Edition) -> Iterator[Found]:
    """A rule whose outcome a reading can move is "stated" only where the default is the letter of the article.

    A reading moves the outcome of a rule where the rule holds under both choices and leads to something else.
    """
    default = edition.guidance.bind()
    for name, choice, other in default.neighbors:
        direction = default.ledger.readings[name].choices[0].direction
        for rule in default.rules:
            moved = other.by_name.get(rule.name)
            if moved and name in rule.rule.reads and rule.rule.basis is Basis.STATED:
                space = open_space(default.alone(rule, moved))
                before, after = (_find_effects(space, one) for one in (rule, moved))
                wrong = (before > 0) & (after > 0) & (before != after) & (direction != "letter")
                yield _look(space, wrong, f"{rule.name} is stated, and {choice} moves it from a default called {direction}")


def check_letter(edition: Edition) -> Iterator[Found]:
    """No default is looser than the letter of the article, and each direction is as it is called.

    No default is called looser or against the letter. No case has a less cautious outcome by default than to the letter, or than
    under a choice that is called looser; and none a less cautious one under a choice called stricter than to the letter.
    """
    default = edition.guidance.bind()
    for reading in default.ledger.readings.values():
        called = {choice.name: choice.direction for choice in reading.choices}
        own = called.pop(reading.default)
        wrong = own in ("looser", "against the letter")
        yield 1, Violation({}, f"the default of {reading.name} is {own}") if wrong else None
        for name, direction in called.items():
            other = default.bind({reading.name: name})
            if direction in ("letter", "looser"):
                yield from _compare(default, other, f"the default of {reading.name} is looser than {name}, called {direction}")
            elif direction == "stricter" and own == "letter":
                yield from _compare(other, default, f"{name} of {reading.name}, called stricter, is looser than the letter")


def _compare(stricter: Edition, looser: Edition, what: str) -> Iterator[Found]:
    """See that no case has a less cautious outcome in the first edition than in the second."""
    for one, other in stricter.beside(looser):
        space = open_space(one)
        yield _look(space, space.cautions < open_space(other).cautions, what)


def _find_effects(space: Space, rule: BoundRule) -> Bits:
    """For each complete case what a rule leads to: 0 where it does not hold, else the number of its effect by caution, from 1."""
    effects = np.zeros(space.shape, dtype=np.uint8)
    for outcome, where in rule.effects:
        effects[space.holds(where)] = 1 + (outcome.caution if outcome else 0)
    return effects


def check_exact(edition: Edition) -> Iterator[Found]:
    """A rule counts as certain, open or ruled out exactly when its completions say so."""
    for group, rule in _rules(edition):
        space = open_space(edition.alone(rule))
        effects = np.zeros(space.shape, dtype=np.uint8)
        for place, (_, where) in enumerate(rule.effects, 1):
            effects[space.holds(where)] = place
        exact = reduce(space.open_axis, range(effects.ndim), np.left_shift(np.uint8(1), effects))
        wrong = space.reached_small(group.rule_diagrams[rule.name]) != exact
        yield _look(space, wrong, f"the rule {rule.name} is not settled as its completions are")


def check_alive(edition: Edition) -> Iterator[Found]:
    """Each rule holds somewhere, and is decisive somewhere; with each outcome that it can lead to."""
    for group, rule in _rules(edition):
        space = open_space(group)
        for outcome, where in rule.effects:
            holds = space.holds(where)
            if not holds.any():
                yield holds.size, Violation({}, f"the rule {rule.name} holds nowhere")
            elif outcome:
                outranked = holds & (space.cautions != outcome.caution)
                wrong = outranked if np.array_equal(outranked, holds) else np.zeros_like(holds)
                yield _look(space, wrong, f"the rule {rule.name} is outranked wherever it holds")


def check_apart(edition: Edition) -> Iterator[Found]:
    """No two rules hold in exactly the same cases with the same effect."""
    for one, two in combinations([rule for _, rule in _rules(edition)], 2):
        what = f"the rules {one.name} and {two.name} hold in the same cases, with the same effect"
        violation = None
        if one.rule.kind is two.rule.kind and one.outcome is two.outcome:
            space = open_space(edition.alone(one, two))
            if np.array_equal(_find_effects(space, one), _find_effects(space, two)):
                violation = Violation(space.first_case(space.holds(one.condition)) or {}, what)
        yield 1, violation


def check_faithful(edition: Edition) -> Iterator[Found]:
    """Each reason suffices, and no cited answer can be left out or is without effect."""
    for group, rule in _rules(edition):
        space = open_space(edition.alone(rule))
        said = np.broadcast_to(space.reached_small(group.rule_diagrams[rule.name]), space.open_shape)
        for case in _follow(group.rule_diagrams[rule.name], {}):
            what = _find_fault(space, said, find(group, rule, case), case)
            yield 1, Violation(case, what) if what else None


def _find_fault(space: Space, said: Bits, finding: Finding, case: Mapping[str, str]) -> str:
    """What is wrong with the reasons of a finding; nothing where they are right."""
    least = _find_least(said[space.place(case)])

    def holds(answers: Mapping[str, str]) -> bool:
        return _find_least(said[space.place(answers)]) == least

    if not finding.because.items() <= case.items():
        return f"{finding.rule} cites an answer that is not recorded"
    if not holds(finding.because):
        return f"the reasons of {finding.rule} do not suffice"
    for name in finding.because:
        rest = {other: given for other, given in finding.because.items() if other != name}
        if holds(rest):
            return f"the reason {name} of {finding.rule} can be left out"
        if all(holds({**rest, name: option.name}) for option in space.group.fields[name].options):
            return f"no change of {name} changes {finding.rule}"
    return ""


def _find_least(reached: np.uint8) -> int:
    """Of what a rule's diagram reaches, the least: 1 where the rule may not hold, else its least cautious effect."""
    return int(reached) & -int(reached)


def _follow(diagram: Diagram, answers: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """The ways through a rule's diagram on which it holds, each with the answers that it asks for.

    What a way does not ask for can be left out of any case that takes it: reasons are sought from the last answer to the first, and
    after the earlier ones the rest of the diagram does not depend on it. So the reasons on the ways are those of all cases.
    """
    if isinstance(diagram, Node):
        for option, branch in diagram.branches.items():
            yield from _follow(branch, {**answers, diagram.field: option})
    elif diagram:
        yield answers


def _look(space: Space, wrong: Truth, what: str) -> Found:
    case = space.first_case(wrong)
    return wrong.size, None if case is None else Violation(case, what)


def _rules(edition: Edition) -> Iterator[tuple[Group, BoundRule]]:
    """Each rule that reads anything, with the group in which it is judged."""
    return ((group, rule) for group in edition.groups for rule in group.rules)


def spaces(edition: Edition) -> Iterator[Space]:
    """The space of each group that some rule of the pack reads under some reading: no other answer makes a difference."""
    read = frozenset[str]().union(*(rule.condition.fields for rule in edition.guidance.rules))
    return (open_space(group) for group in edition.outcome_groups if not read.isdisjoint(group.names))


CORE: Final[Mapping[str, Check]] = {"total": check_total, "tight": check_tight, "monotone": check_monotone}
"""What is checked under every reading and every pair of readings."""

UNPROMISED: Final = "monotone"
"""The one of them that is promised of the default readings only."""

CHECKS: Final[Mapping[str, Check]] = {
    **CORE,
    "helped": check_helped,
    "stated": check_stated,
    "letter": check_letter,
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
