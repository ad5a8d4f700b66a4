"""A guidance pack, and what it comes to once every reading is chosen: the rules in force, in independent groups."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Self, cast

from kapnb.engine.conditions import ALWAYS, FALSE, NEVER, TRUE, UNKNOWN, Condition, restrict
from kapnb.engine.diagram import Diagram, build, reach
from kapnb.engine.fields import Dictionary
from kapnb.engine.ledger import Ledger, Reading, Review
from kapnb.engine.outcomes import BY_CAUTION, Kind, Outcome
from kapnb.engine.problems import GuidanceError, Problem
from kapnb.engine.rules import Rule

Answers = tuple[str | None, ...]
"""The answers to a group's questions, in its order; None where one is not recorded."""


@dataclass(frozen=True)
class BoundRule:
    """A rule with the condition and the outcome that the chosen readings give it.

    Attributes:
        elsewhere: other outcomes, each with the condition under which it counts instead.
    """

    name: str
    condition: Condition
    outcome: Outcome | None
    rule: Rule = field(compare=False, repr=False)
    elsewhere: tuple[tuple[Outcome, Condition], ...] = ()

    @property
    def reads(self) -> frozenset[str]:
        """The fields on which it turns whether the rule holds, what it leads to, and which claims it cites."""
        return self.condition.fields.union(*(where.fields for _, where in self.elsewhere), *self.rule.cited_when.values())

    @property
    def most_cautious(self) -> Outcome | None:
        """The most cautious outcome that it can lead to."""
        return self.effects[-1][0]

    @cached_property
    def effects(self) -> tuple[tuple[Outcome | None, Condition], ...]:
        """What it leads to, and where, the least cautious first: one outcome, or one more for each exception."""
        rest = self.condition
        for _, where in self.elsewhere:
            rest &= ~where
        effects = [(self.outcome, rest), *((outcome, self.condition & where) for outcome, where in self.elsewhere)]
        return tuple(sorted(effects, key=lambda effect: effect[0].caution if effect[0] else 0))


@dataclass(frozen=True, eq=False)
class Group:
    """Fields that rules or follow-up questions tie together. No rule reads across groups, so each is judged alone."""

    names: tuple[str, ...]
    rules: tuple[BoundRule, ...]
    pack: Pack = field(repr=False)

    @property
    def fields(self) -> Dictionary:
        return self.pack.fields

    @cached_property
    def levels(self) -> tuple[Condition, ...]:
        """For each caution, the condition under which one of the group's rules asks for it."""
        levels: list[Condition] = [NEVER] * len(BY_CAUTION)
        for rule in self.rules:
            for outcome, where in rule.effects:
                if outcome:
                    levels[outcome.caution] |= where
        return (ALWAYS, *levels[1:])

    @cached_property
    def diagram(self) -> Diagram:
        return build(self.names, self.levels, self.fields)

    @cached_property
    def rule_diagrams(self) -> Mapping[str, Diagram]:
        """For each rule a diagram that ends in 0 where it does not hold, else in the number of its effect, from 1."""
        effects = {rule.name: (ALWAYS, *(where for _, where in rule.effects)) for rule in self.rules}
        return {name: build(self.names, levels, self.fields) for name, levels in effects.items()}

    def settle(self, rule: str, answers: Mapping[str, str]) -> int:
        """Whether a rule holds for all completions of some answers (TRUE), for none (FALSE), or for some (UNKNOWN)."""
        reached = reach(self.rule_diagrams[rule], answers)
        return FALSE if reached == 1 else UNKNOWN if reached & 1 else TRUE

    def outcomes(self, rule: BoundRule, answers: Mapping[str, str]) -> tuple[Outcome | None, ...]:
        """What a rule leads to in those completions in which it holds, the least cautious first."""
        reached = reach(self.rule_diagrams[rule.name], answers)
        return tuple(outcome for place, (outcome, _) in enumerate(rule.effects, 1) if reached >> place & 1)


def possible_cautions(group: Group, answers: Mapping[str, str]) -> int:
    """The cautions that the completions of some answers reach, as a set of bits; see :func:`kapnb.engine.diagram.reach`."""
    return _reach_once(group, tuple(map(answers.get, group.names)))


@lru_cache(maxsize=1 << 16)
def _reach_once(group: Group, answers: Answers) -> int:
    return reach(group.diagram, {name: given for name, given in zip(group.names, answers, strict=True) if given is not None})


def least_caution(cautions: int) -> int:
    """The smallest of a set of bits."""
    return (cautions & -cautions).bit_length() - 1


def join_cautions(sets: Iterable[int]) -> int:
    """The cautions of a whole case from those of its groups: the greatest of any one pick from each.

    >>> bin(join_cautions(iter([0b00001, 0b01010])))
    '0b1010'
    """
    every, never_less = 0, -1
    for cautions in sets:
        every |= cautions
        never_less &= cautions | -cautions  # all bits from its lowest one up
    return every & never_less


@dataclass(frozen=True, eq=False)
class Pack:
    """One source, encoded, before any reading is chosen.

    Attributes:
        name: the name of its folder.
        folder: where it is, with all that it owns: its vignettes and examples too.
        ledger: its claims, readings and words.
        rules: in the order of the article.
        fields: the dictionary that the rules read.
        reviews: who reviewed which rule.
    """

    name: str
    folder: Path
    ledger: Ledger
    rules: tuple[Rule, ...]
    fields: Dictionary
    reviews: tuple[Review, ...] = ()

    @property
    def readings(self) -> Mapping[str, Reading]:
        return self.ledger.readings

    def choose(self, readings: Mapping[str, str] | None) -> tuple[str, ...]:
        """A choice for each reading: the one named, else the default.

        Raises:
            GuidanceError: naming each unknown reading or choice, and what is allowed.
        """
        problems = list(self._check(readings))
        if problems:
            raise GuidanceError(problems)
        return tuple((readings or {}).get(name, reading.default) for name, reading in self.readings.items())

    def _check(self, readings: object) -> Iterator[Problem]:
        if readings is None:
            return
        if not isinstance(readings, Mapping):
            yield Problem("readings", "are not a mapping", "names of readings, each with one of its choices")
            return
        for name, choice in readings.items():
            choices = [one.name for one in self.readings[name].choices] if name in self.readings else None
            if choices is None:
                yield Problem.unknown("readings", name, "is not a reading", self.readings)
            elif choice not in choices:
                yield Problem.unknown(f"reading {name}", choice, "is not a choice", choices)


@dataclass(frozen=True, eq=False)
class Bound:
    """A pack with every reading chosen: the rules in force, and the groups that they fall into.

    :class:`kapnb.engine.edition.Edition` is one that assesses cases.
    """

    guidance: Pack
    readings: Mapping[str, str]

    @property
    def fields(self) -> Dictionary:
        return self.guidance.fields

    @property
    def ledger(self) -> Ledger:
        return self.guidance.ledger

    def bind(self, readings: Mapping[str, str] | None = None) -> Self:
        """The same pack under other readings; those not named keep their default."""
        return cast("Self", bind(type(self), self.guidance, readings))

    @cached_property
    def rules(self) -> tuple[BoundRule, ...]:
        chosen = {f"reading.{name}": choice for name, choice in self.readings.items()}
        bound = []
        for rule in self.guidance.rules:
            condition, outcome = restrict(rule.condition, chosen), rule.outcome
            for reading, choices in rule.under.items():
                outcome = choices.get(self.readings[reading], outcome)
            where = tuple((other, restrict(one, chosen)) for other, one in rule.where)
            if condition != NEVER and (outcome or rule.kind is not Kind.OUTCOME):
                bound.append(BoundRule(rule.name, condition, outcome, rule, tuple(one for one in where if one[1] != NEVER)))
        return tuple(bound)

    @cached_property
    def default_rule(self) -> BoundRule:
        return next(rule for rule in self.rules if rule.condition == ALWAYS)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The independent groups, and each rule without an outcome on its own: it decides nothing, and may read across them."""
        return (*self.outcome_groups, *(self.alone(rule) for rule in self.rules if not rule.outcome))

    def alone(self, *rules: BoundRule) -> Group:
        """The fields that some rules read, and those that raise their questions, with these rules only."""
        read = frozenset[str]().union(*(rule.reads for rule in rules))
        names = read.union(*(self.fields[name].parents for name in read))
        return _make_group(self.guidance, tuple(name for name in self.fields if name in names), rules)

    def beside(self, other: Self) -> Iterator[tuple[Group, Group]]:
        """The rules that lead to an outcome, here and under another choice of readings, over the same groups of fields."""
        sides = [tuple(rule for rule in one.rules if rule.outcome) for one in (self, other)]
        for group in self._tie((*sides[0], *sides[1])):
            one, two = (tuple(rule for rule in rules if not rule.reads.isdisjoint(group.names)) for rules in sides)
            yield _make_group(self.guidance, group.names, one), _make_group(self.guidance, group.names, two)

    @cached_property
    def outcome_groups(self) -> tuple[Group, ...]:
        """The independent groups of fields, which hold all of them, each with the rules that lead to an outcome."""
        return self._tie(tuple(rule for rule in self.rules if rule.outcome))

    def _tie(self, rules: tuple[BoundRule, ...]) -> tuple[Group, ...]:
        """Tie together the fields that one rule reads, and each question to those that raise it."""
        together: list[frozenset[str]] = []
        for names in (*(one.parents | {one.name} for one in self.fields.values()), *(rule.reads for rule in rules)):
            apart = [group for group in together if group.isdisjoint(names)]
            together = [*apart, names.union(*(group for group in together if not group.isdisjoint(names)))]
        order = list(self.fields)
        groups = sorted((sorted(group, key=order.index) for group in together if group), key=lambda names: order.index(names[0]))
        own = {group[0]: tuple(rule for rule in rules if not rule.reads.isdisjoint(group)) for group in groups}
        return tuple(_make_group(self.guidance, tuple(group), own[group[0]]) for group in groups)

    def rank(self, name: str, outcome: Outcome | None) -> tuple[int, int]:
        """Where a finding is listed: the most cautious first, then as in the article; what leads to no outcome comes last."""
        return (-outcome.caution if outcome else 1, self._places[name])

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {rule.name: place for place, rule in enumerate(self.rules)}

    @cached_property
    def by_name(self) -> Mapping[str, BoundRule]:
        return {rule.name: rule for rule in self.rules}

    @cached_property
    def neighbors(self) -> tuple[tuple[str, str, Self], ...]:
        """The same pack, with one question of the article read otherwise: the reading, its other choice, and what follows."""
        return tuple(
            (name, choice.name, self.bind({**self.readings, name: choice.name}))
            for name, reading in self.guidance.readings.items()
            for choice in reading.choices
            if choice.name != self.readings[name]
        )

    @cached_property
    def changed(self) -> Mapping[str, str]:
        """The readings that differ from their default."""
        return {name: choice for name, choice in self.readings.items() if choice != self.guidance.readings[name].default}


@lru_cache(maxsize=1024)
def _make_group(pack: Pack, names: tuple[str, ...], rules: tuple[BoundRule, ...]) -> Group:
    """Editions that agree on a group's rules share the group, and what was found out about it."""
    return Group(names, rules, pack)


def bind(kind: type[Bound], pack: Pack, readings: Mapping[str, str] | None) -> Bound:
    """The pack under these readings; the same object for the same choices."""
    return _bind(cast("Hashable", kind), pack, pack.choose(readings))


@lru_cache(maxsize=1024)
def _bind(kind: type[Bound], pack: Pack, choices: tuple[str, ...]) -> Bound:
    return kind(pack, MappingProxyType(dict(zip(pack.readings, choices, strict=True))))
