"""Count the case space: how outcomes are distributed over all complete cases, and how a reading of the article changes them.

Nothing is sampled. Groups of fields are independent and the outcome is the greatest caution of all groups, so the counts of the
whole space follow from those of the groups.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from itertools import product
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from kapnb.engine.edition import Edition
from kapnb.engine.fields import Field
from kapnb.engine.outcomes import BY_CAUTION, Outcome
from kapnb.engine.proof import spaces
from kapnb.engine.space import Space

Counts = npt.NDArray[np.int64]
"""Numbers of cases, the last axis by caution."""

_LEVELS = len(BY_CAUTION)


def count_outcomes(edition: Edition, fixed: Mapping[str, str] = MappingProxyType({})) -> dict[Outcome, int]:
    """How many complete cases, with the ``fixed`` answers, come to each outcome, the most cautious first.

    >>> from kapnb import load_guidance
    >>> counts = count_outcomes(load_guidance("begley").bind(), {"psychotic_disorder": "schizophrenia"})
    >>> [str(outcome) for outcome, count in counts.items() if count]
    ['not_recommended']
    """
    joined = reduce(_join, (_histogram(space, fixed) for space in spaces(edition)))
    return {BY_CAUTION[caution]: int(joined[caution]) for caution in reversed(range(_LEVELS))}


def map_outcomes(edition: Edition, rows: str, columns: str, fixed: Mapping[str, str]) -> dict[tuple[str, str], dict[Outcome, int]]:
    """For each pair of answers to two questions, how many complete cases with some answers fixed come to each outcome."""
    answers = product(list_options(edition.fields[rows]), list_options(edition.fields[columns]))
    return {(row, column): count_outcomes(edition, {**fixed, rows: row, columns: column}) for row, column in answers}


def list_options(field: Field) -> tuple[str, ...]:
    """The answers to a question; an empty one, "not asked", where the question may not apply."""
    options = tuple(option.name for option in field.options)
    return options if field.always else (*options, "")


def count_moved(edition: Edition, reading: str, choice: str) -> int:
    """How many complete cases another choice of one reading moves to another outcome."""
    other = edition.guidance.bind({**edition.readings, reading: choice})
    joint = np.zeros((_LEVELS, _LEVELS), dtype=np.int64)
    joint[0, 0] = 1
    for before, after in zip(spaces(edition), spaces(other), strict=True):
        pairs = np.zeros((_LEVELS, _LEVELS), dtype=np.int64)
        np.add.at(pairs, (before.cautions[before.distinct], after.cautions[before.distinct]), 1)
        joint = _join(joint, pairs)
    return int(joint.sum() - joint.trace())


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
