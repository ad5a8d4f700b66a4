"""Count the case space: how outcomes are distributed over all complete cases, and how a reading of the article changes them.

Nothing is sampled. Groups of fields are independent and the outcome is the greatest caution of all groups, so the counts of the
whole space follow from those of the groups.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt

from kapnb.engine.edition import Edition
from kapnb.engine.outcomes import BY_CAUTION, Outcome
from kapnb.engine.proof import spaces
from kapnb.engine.space import Space

Counts = npt.NDArray[np.int64]
"""Numbers of cases, the last axis by caution."""

_LEVELS = len(BY_CAUTION)


@dataclass(frozen=True, eq=False)
class Map:
    """How the outcomes of all complete cases are distributed over the answers to two questions.

    Attributes:
        rows: the first field, with its options; "not asked" is the empty name, where the question may not apply.
        columns: the second field, likewise.
        counts: cases by row, column and caution.
    """

    rows: tuple[str, tuple[str, ...]]
    columns: tuple[str, tuple[str, ...]]
    counts: Counts

    def outcomes(self, row: int, column: int) -> dict[Outcome, int]:
        return {BY_CAUTION[caution]: int(self.counts[row, column, caution]) for caution in reversed(range(_LEVELS))}


@dataclass(frozen=True, eq=False)
class Move:
    """How many cases a choice of a reading moves, from which outcome to which."""

    reading: str
    choice: str
    moved: Mapping[tuple[Outcome, Outcome], int]
    cases: int

    @property
    def total(self) -> int:
        return sum(self.moved.values())


def count_outcomes(edition: Edition, fixed: Mapping[str, str] | None = None) -> dict[Outcome, int]:
    """How many complete cases come to each outcome, the most cautious first.

    Args:
        edition: the guidance with its readings.
        fixed: answers that all cases share.

    >>> from kapnb import load_guidance
    >>> counts = count_outcomes(load_guidance("begley").bind(), {"psychotic_disorder": "schizophrenia"})
    >>> [str(outcome) for outcome, count in counts.items() if count]
    ['not_recommended']
    """
    joined = reduce(_join, (_histogram(space, fixed or {}) for space in spaces(edition)))
    return {BY_CAUTION[caution]: int(joined[caution]) for caution in reversed(range(_LEVELS))}


def map_outcomes(edition: Edition, rows: str, columns: str, fixed: Mapping[str, str] | None = None) -> Map:
    """Distribute the outcomes over two fields.

    Args:
        edition: the guidance with its readings.
        rows: the field whose answers make the rows.
        columns: another field, whose answers make the columns.
        fixed: answers that all cases share.
    """
    names = {rows: _answers(edition, rows), columns: _answers(edition, columns)}
    counts = np.zeros((len(names[rows]), len(names[columns]), _LEVELS), dtype=np.int64)
    for row, first in enumerate(names[rows]):
        for column, second in enumerate(names[columns]):
            given = {**(fixed or {}), rows: first, columns: second}
            if all(given[name] == answer for name, answer in (fixed or {}).items()):
                counts[row, column] = reduce(_join, (_histogram(space, given) for space in spaces(edition)))
    return Map((rows, names[rows]), (columns, names[columns]), counts)


def move(edition: Edition, reading: str, choice: str) -> Move:
    """What another choice of one reading does to the outcomes of all complete cases."""
    other = edition.guidance.bind({**edition.readings, reading: choice})
    joint = np.zeros((_LEVELS, _LEVELS), dtype=np.int64)
    joint[0, 0] = 1
    for before, after in zip(spaces(edition), spaces(other), strict=True):
        pairs = np.zeros((_LEVELS, _LEVELS), dtype=np.int64)
        np.add.at(pairs, (before.cautions[before.distinct], after.cautions[before.distinct]), 1)
        joint = _join(joint, pairs)
    moved = {
        (BY_CAUTION[old], BY_CAUTION[new]): int(joint[old, new])
        for old in reversed(range(_LEVELS))
        for new in reversed(range(_LEVELS))
        if old != new and joint[old, new]
    }
    return Move(reading, choice, moved, int(joint.sum()))


def _answers(edition: Edition, name: str) -> tuple[str, ...]:
    field = edition.fields[name]
    options = tuple(option.name for option in field.options)
    return options if field.always else (*options, "")


def _histogram(space: Space, given: Mapping[str, str]) -> Counts:
    """The distinct cases of a group by caution, with some answers given; an empty answer means that the question is not asked."""
    kept = space.distinct
    for field in space.fields:
        answer = given.get(field.name)
        if answer is not None:
            asked = space.truth(field.asked_when)
            here = space.axis(field.name, [option.name == answer for option in field.options])
            kept = kept & (asked & here if answer else ~asked)
    counts: Counts = np.bincount(space.cautions[kept], minlength=_LEVELS).astype(np.int64)
    return counts


def _join(one: Counts, two: Counts) -> Counts:
    """The greatest caution of two independent groups, or of each pair of cautions: through the numbers of cases up to each."""
    both = np.ones_like(one)
    for counts in (one, two):
        both = both * reduce(np.cumsum, range(one.ndim), counts)
    for axis in range(one.ndim):
        both = np.diff(both, axis=axis, prepend=0)
    return both
