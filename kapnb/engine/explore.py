"""Explore a case: what to ask next, what would have to change, and what comes close.

Functions that take ``groups`` take all groups of questions of an edition, with the rules that lead to an outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from types import MappingProxyType

from kapnb.engine.conditions import NOT_APPLICABLE
from kapnb.engine.fields import Change, Dictionary, Field
from kapnb.engine.groups import Answers, Group, cautions_of, headline, join_cautions, least_caution, outcomes_of, possible_cautions
from kapnb.engine.outcomes import BY_CAUTION, Outcome


@dataclass(frozen=True, slots=True)
class Question:
    """An unrecorded answer that would narrow the possible outcomes.

    Attributes:
        possible: for each option, all outcomes that would remain.
    """

    field: str
    possible: Mapping[str, frozenset[Outcome]]

    @property
    def settles(self) -> tuple[str, ...]:
        return tuple(option for option, outcomes in self.possible.items() if len(outcomes) == 1)


@dataclass(frozen=True, slots=True)
class Way:
    """A smallest set of changes after which an outcome is the least cautious one possible; no part of it leads any further.

    ``before`` of a step is empty where the question comes to be asked only through another step.
    """

    outcome: Outcome
    steps: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Twin:
    """The same case but for one answer, with its outcome."""

    field: str
    before: str
    after: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Hinge:
    """Another choice of a reading, under which the case comes to another outcome."""

    reading: str
    choice: str
    outcome: Outcome


def rank_questions(answers: Mapping[str, str], unrecorded: Sequence[Field], groups: Sequence[Group]) -> tuple[Question, ...]:
    """The unrecorded questions, ranked by how much they narrow the possible outcomes.

    The worst case comes first: the fewer outcomes remain after the least helpful option, the higher. Then the number of options
    that leave one outcome. Ties stay in the order of the dictionary. A question that may only come to apply is taken into
    account through the question that raises it.
    """
    now, vary, questions = cautions_of(answers, groups), _vary(answers, groups), []
    for field in unrecorded:
        after = {option.name: vary(field.name, option.name) for option in field.options}
        if set(after.values()) != {now}:
            possible = {option: outcomes_of(cautions) for option, cautions in after.items()}
            questions.append(Question(field.name, MappingProxyType(possible)))
    return tuple(sorted(questions, key=lambda one: (max(map(len, one.possible.values())), -len(one.settles))))


def _vary(answers: Mapping[str, str], groups: Sequence[Group]) -> Callable[[str, str], int]:
    """What gives the cautions of the case with another answer to one question: those of the other groups stay as they are."""
    now = {group: possible_cautions(group, answers) for group in groups}

    def vary(name: str, option: str) -> int:
        group = next(group for group in groups if name in group.names)
        return join_cautions({**now, group: possible_cautions(group, {**answers, name: option})}.values())

    return vary


def find_ways(answers: Mapping[str, str], groups: Sequence[Group]) -> tuple[Way, ...]:
    """All smallest sets of changes, among those that the dictionary allows, that lead to each less cautious outcome.

    What is not recorded stays as it is: a way leads to an outcome when that becomes the least cautious one possible. A question
    that a change newly raises is part of the way when its answer matters, and counts as most cautious when it is left out. A set
    of which a part alone leads to a less cautious outcome is no way: its other steps would be pointless, or make it worse.
    """
    now = least_caution(cautions_of(answers, groups))
    tables = [_ways_of_group(group, tuple(map(answers.get, group.names)), _open_changes(group, answers), now) for group in groups]
    ways = []
    for target in range(now):
        found = list(_combine(tables, target))
        fewest = min(map(len, found), default=0)
        ways += [Way(BY_CAUTION[target], steps) for steps in found if len(steps) == fewest]
    return tuple(ways)


Steps = tuple[Change, ...]


def _combine(tables: Sequence[Mapping[int, Sequence[Steps]]], target: int) -> Iterator[Steps]:
    """One choice of each group, such that the greatest caution is the target."""
    choices = [[(caution, steps) for caution, sets in table.items() if caution <= target for steps in sets] for table in tables]
    for chosen in product(*choices):
        if max(caution for caution, _ in chosen) == target:
            yield tuple(step for _, steps in chosen for step in steps)


def _open_changes(group: Group, answers: Mapping[str, str]) -> Steps:
    """The changes of a group's answers that are possible beside all answers."""
    return tuple(change for name in group.names for change in group.fields[name].changes if change.is_open(answers))


@lru_cache(maxsize=1 << 12)  # after a step all groups but one are as they were
def _ways_of_group(group: Group, answers: Answers, able: Steps, most: int) -> Mapping[int, Sequence[Steps]]:
    """For the group's own caution and each smaller one that it can come down to, the smallest sets of steps that lead there."""
    given = {name: answer for name, answer in zip(group.names, answers, strict=True) if answer is not None}
    now = _floor(group, given, ())
    found: dict[int, list[Steps]] = {now: [()]} if now < most else {}
    whole: list[tuple[int, frozenset[Change]]] = []  # every set so far of which no part leads to less caution than the whole
    for steps, floor in sorted(_every_way(group, given, able), key=lambda way: len(way[0])) if now else ():
        if floor < now and not any(less < floor and part < frozenset(steps) for less, part in whole):
            whole.append((floor, frozenset(steps)))
            sets = found.setdefault(floor, [])
            if not sets or len(steps) == len(sets[0]):
                sets.append(steps)
    return found


def _every_way(group: Group, given: Mapping[str, str], able: Steps) -> Iterator[tuple[Steps, int]]:
    """Every set of possible changes in a group, with the caution that remains after it."""
    asked = _asked(group, given)
    hidden = [name for name in group.names if name not in asked and name not in given]
    for chosen in product(*([*(change for change in able if change.field == name), None] for name in group.names if name in asked)):
        changes = [change for change in chosen if change]
        for raised, floor in _raise_questions(group, given, hidden, changes):
            yield (*changes, *raised), floor


def _raise_questions(
    group: Group, given: Mapping[str, str], hidden: Sequence[str], changes: Sequence[Change]
) -> Iterator[tuple[Steps, int]]:
    """The caution that remains after some changes, with each choice of answers to the questions that they raise."""
    fields = group.fields
    after = {**given, **{change.field: change.after for change in changes}}
    raised = [name for name in hidden if name in _asked(group, after)]
    for options in product(*([*fields[name].options, None] for name in raised)):
        chosen = {name: option.name for name, option in zip(raised, options, strict=True) if option}
        left = tuple(name for name in raised if name not in chosen)
        steps = tuple(Change(name, "", option, _way_to(fields[name], option)) for name, option in chosen.items())
        yield steps, _floor(group, {**after, **chosen}, left)


def _floor(group: Group, answers: Mapping[str, str], worst: tuple[str, ...]) -> int:
    """The least caution possible, with the questions in ``worst`` at their most cautious answer."""
    if worst:
        name, *rest = worst
        return max(_floor(group, {**answers, name: option.name}, tuple(rest)) for option in group.fields[name].options)
    return least_caution(possible_cautions(group, answers))


def _asked(group: Group, answers: Mapping[str, str]) -> frozenset[str]:
    states = group.fields.states(answers, group.names)
    return frozenset(name for name, state in states.items() if NOT_APPLICABLE not in state)


def _way_to(field: Field, option: str) -> str:
    """How an answer is reached that nothing was recorded before: as any recorded one would reach it, else by clarifying."""
    return next((change.by for change in field.changes if change.after == option), "clarifying")


def find_twins(answers: Mapping[str, str], fields: Dictionary, groups: Sequence[Group]) -> tuple[Twin, ...]:
    """Each single recorded answer that, as another option, gives another outcome; in the order of the dictionary."""
    now, vary = headline(cautions_of(answers, groups)), _vary(answers, groups)
    twins = [
        Twin(name, answers[name], option.name, headline(vary(name, option.name)))
        for name, field in fields.items()
        if name in answers
        for option in field.options
        if option.name != answers[name]
    ]
    return tuple(twin for twin in twins if twin.outcome is not now)
