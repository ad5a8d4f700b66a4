"""Groups of questions that no rule ties to the others, each with its rules, and the cautions that a case can come to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache

from kapnb.engine.conditions import ALWAYS, FALSE, NEVER, TRUE, UNKNOWN, Condition
from kapnb.engine.diagram import Diagram, build, reach
from kapnb.engine.fields import Dictionary
from kapnb.engine.outcomes import BY_CAUTION, Outcome
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

    @cached_property
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
    fields: Dictionary = field(repr=False)

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


def outcomes_of(cautions: int) -> frozenset[Outcome]:
    return frozenset(outcome for caution, outcome in enumerate(BY_CAUTION) if cautions >> caution & 1)


@cache
def headline(cautions: int) -> Outcome:
    """The one possible outcome, or "at least" the least cautious one, or else: clarify first."""
    least = BY_CAUTION[least_caution(cautions)]
    settled = cautions & (cautions - 1) == 0
    return least if settled or least >= Outcome.NOT_AT_PRESENT else Outcome.CLARIFY_FIRST


def cautions_of(answers: Mapping[str, str], groups: Iterable[Group]) -> int:
    """The cautions of a whole case, as bits, given answers that are known to be fields and options of the dictionary."""
    return join_cautions(possible_cautions(group, answers) for group in groups)


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
