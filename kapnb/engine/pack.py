"""A guidance pack, and what it comes to once every reading is chosen: the rules in force, in independent groups."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final, Self, cast

from kapnb.engine.conditions import ALWAYS, FALSE, NEVER, TRUE, UNKNOWN, Condition, restrict
from kapnb.engine.diagram import Diagram, build, reach
from kapnb.engine.fields import Dictionary
from kapnb.engine.ledger import Ledger, Reading, Review
from kapnb.engine.outcomes import BY_CAUTION, Kind, Outcome
from kapnb.engine.problems import GuidanceError, Problem
from kapnb.engine.rules import Rule

Answers = tuple[str | None, ...]
"""The answers to a group's questions, in its order; None where one is not recorded."""


@dataclass(frozen=True, slots=True)
class BoundRule:
    """A rule with the condition and the outcome that the chosen readings give it."""

    name: str
    condition: Condition
    outcome: Outcome | None
    rule: Rule = field(compare=False, repr=False)


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
            if rule.outcome:
                levels[rule.outcome.caution] |= rule.condition
        return (ALWAYS, *levels[1:])

    @cached_property
    def diagram(self) -> Diagram:
        return build(self.names, self.levels, self.fields)

    @cached_property
    def rule_diagrams(self) -> Mapping[str, Diagram]:
        """For each rule a diagram that ends in 1 where it holds and in 0 where it does not."""
        return {rule.name: build(self.names, (ALWAYS, rule.condition), self.fields) for rule in self.rules}

    def settle(self, rule: str, answers: Mapping[str, str]) -> int:
        """Whether a rule holds for all completions of some answers (TRUE), for none (FALSE), or for some (UNKNOWN)."""
        return _SETTLED[reach(self.rule_diagrams[rule], answers)]


_SETTLED: Final = {0b01: FALSE, 0b10: TRUE, 0b11: UNKNOWN}


@lru_cache(maxsize=1 << 16)
def possible_cautions(group: Group, answers: Answers) -> int:
    """The cautions that the completions of some answers reach, as a set of bits; see :func:`kapnb.engine.diagram.reach`."""
    return reach(group.diagram, {name: given for name, given in zip(group.names, answers, strict=True) if given is not None})


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
        folder: where it stands, with all that it owns: its vignettes and examples too.
        ledger: its claims, readings and words.
        rules: in the order of the source.
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
            yield Problem("readings", "are not a mapping", "reading names with one of their choices each")
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
            if condition != NEVER and (outcome or rule.kind is not Kind.OUTCOME):
                bound.append(BoundRule(rule.name, condition, outcome, rule))
        return tuple(bound)

    @cached_property
    def default_rule(self) -> BoundRule:
        return next(rule for rule in self.rules if rule.condition == ALWAYS)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The independent groups of fields, each with its rules."""
        return self._tie(self.rules)

    def split(self, answers: Mapping[str, str]) -> Iterator[tuple[Group, Answers]]:
        return ((group, tuple(map(answers.get, group.names))) for group in self.groups)

    @cached_property
    def outcome_groups(self) -> tuple[Group, ...]:
        """The same for the rules that lead to an outcome: smaller groups, which leave notes and favorable findings out."""
        return self._tie(tuple(rule for rule in self.rules if rule.outcome))

    def _tie(self, rules: tuple[BoundRule, ...]) -> tuple[Group, ...]:
        """Tie together the fields that one rule reads, and each question to those that raise it."""
        together: list[frozenset[str]] = []
        for names in (*(one.parents | {one.name} for one in self.fields.values()), *(rule.condition.fields for rule in rules)):
            apart = [group for group in together if group.isdisjoint(names)]
            together = [*apart, names.union(*(group for group in together if not group.isdisjoint(names)))]
        order = list(self.fields)
        groups = sorted((sorted(group, key=order.index) for group in together if group), key=lambda names: order.index(names[0]))
        own = {group[0]: tuple(rule for rule in rules if not rule.condition.fields.isdisjoint(group)) for group in groups}
        return tuple(_make_group(self.guidance, tuple(group), own[group[0]]) for group in groups)

    @cached_property
    def rank(self) -> Mapping[str, tuple[int, int]]:
        """How findings are sorted: the most cautious first, then as in the source; what leads to no outcome comes last."""
        return {rule.name: (-rule.outcome.caution if rule.outcome else 1, place) for place, rule in enumerate(self.rules)}

    @cached_property
    def by_name(self) -> Mapping[str, BoundRule]:
        return {rule.name: rule for rule in self.rules}

    @cached_property
    def neighbors(self) -> tuple[tuple[str, str, Self], ...]:
        """The same pack, with one question of the source read otherwise: the reading, its other choice, and what comes of it."""
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
