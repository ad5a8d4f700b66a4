"""Find the smallest case that a way of reading the article turns to another outcome. It needs no numpy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations, product

from kapnb.engine.edition import Guidance
from kapnb.engine.fields import Dictionary
from kapnb.engine.groups import Group, cautions_of, outcomes_of
from kapnb.engine.outcomes import Outcome

_MOST = 5
"""A case with more answers than this explains no reading."""


@dataclass(frozen=True, slots=True)
class Flip:
    """A case in which at least two choices of a reading lead to different outcomes.

    Attributes:
        answers: what is present; every other question has its least cautious answer.
        outcomes: for each choice, where it leads.
        case: all the answers.
    """

    answers: Mapping[str, str]
    outcomes: Mapping[str, Outcome]
    case: Mapping[str, str]


def find_quiet(fields: Dictionary) -> dict[str, str]:
    """For every question that is always asked, the least cautious answer."""
    return {one.name: one.order[0][0] if one.order else one.options[0].name for one in fields.values() if one.always}


@cache
def find_flip(guidance: Guidance, reading: str) -> Flip | None:
    """The case with the fewest answers that a reading turns; of several, one that sets its choices furthest apart."""
    names = _find_names(guidance, reading)
    groups = {
        choice.name: [one for one in guidance.bind({reading: choice.name}).outcome_groups if not set(names).isdisjoint(one.names)]
        for choice in guidance.readings[reading].choices
    }
    for size in range(1, _MOST + 1):
        flips = list(_find_flips(guidance.fields, groups, names, size))
        if flips:
            return max(flips, key=_spread)
    return None


def _spread(flip: Flip) -> tuple[int, int]:
    """How many outcomes its choices have, and how far these lie apart."""
    cautions = {outcome.caution for outcome in flip.outcomes.values()}
    return len(cautions), max(cautions) - min(cautions)


def _find_names(guidance: Guidance, reading: str) -> tuple[str, ...]:
    """The questions that can matter: those of the rules that look at the reading, those that raise them, and their follow-ups."""
    fields = guidance.fields
    read = {name for rule in guidance.rules if reading in rule.reads for name in rule.condition.fields if name in fields}
    read |= {parent for name in read for parent in fields[name].parents}
    return tuple(one.name for one in fields.values() if one.name in read or not read.isdisjoint(one.parents))


def _find_flips(fields: Dictionary, groups: Mapping[str, list[Group]], names: tuple[str, ...], size: int) -> Iterator[Flip]:
    """The cases of one size that settle under every choice, and not all alike. Other groups are quiet, so they decide nothing."""
    quiet = find_quiet(fields)
    for chosen in combinations(names, size):
        if not all(fields[name].always or not fields[name].parents.isdisjoint(chosen) for name in chosen):
            continue  # a follow-up that nothing raises
        options = ([one.name for one in fields[name].options if one.name != quiet.get(name)] for name in chosen)
        for given in product(*options):
            answers = dict(zip(chosen, given, strict=True))
            case = {**quiet, **answers}
            found = {choice: _judge(ours, case) for choice, ours in groups.items()}
            apart = len(set(found.values())) > 1 and None not in found.values()
            if apart and all(fields.applies(name, case) for name in chosen):
                yield Flip(answers, {choice: outcome for choice, outcome in found.items() if outcome}, case)


def _judge(groups: list[Group], case: Mapping[str, str]) -> Outcome | None:
    """Where a case leads by the rules of some groups; None where that is open."""
    outcomes = outcomes_of(cautions_of(case, groups))
    return next(iter(outcomes)) if len(outcomes) == 1 else None
