"""Judge a table of cases, column by column.

The exact possible outcomes of every open case of a group are looked up, not computed: a group's whole space is small (see
:mod:`kapnb.space`), and an answer's code is a coordinate in it. Missing answers have the code -1, as in a pandas Categorical.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from kapnb.assessment import headline, outcomes_of
from kapnb.dictionary import Field
from kapnb.guidance.pack import Edition, load_guidance
from kapnb.outcomes import BY_CAUTION, Outcome
from kapnb.space import Bits, open_space

Codes = npt.NDArray[np.int8]

CHUNK: Final = 1 << 16
"""Rows judged at a time: few enough to stay in the processor's cache."""

_MOST_ENTRIES: Final = 1 << 16
"""How large a table to look up in may become by joining small groups."""

OUTCOMES: Final = pd.CategoricalDtype([str(outcome) for outcome in BY_CAUTION], ordered=True)
"""The outcomes as an ordered type: more caution is greater."""


@dataclass(frozen=True, eq=False)
class Key:
    """A few fields packed into one byte: each answer's place, "not recorded" first, times the field's stride."""

    strides: Mapping[str, int]
    weight: int


@dataclass(frozen=True, eq=False)
class Lookup:
    """The possible cautions, as bits, for every combination of answers to some fields.

    Attributes:
        keys: the place of a case in ``bits`` is the sum of its keys, each times its weight.
    """

    keys: tuple[Key, ...]
    bits: Bits


def judge_table(frame: pd.DataFrame, readings: Mapping[str, str] | None = None, guidance: str = "begley") -> pd.DataFrame:
    """The outcome and the span of every case of a table.

    Args:
        frame: one row a case, with a column for each field; a missing value is not recorded, a missing column is recorded nowhere.
            Columns are best Categoricals with the field's options in their order; others are converted.
        readings: choices for readings that differ from the default.
        guidance: which pack to ask.

    Returns:
        A frame with the same index and the columns ``outcome``, ``most_cautious`` and ``least_cautious``, ordered by caution.
    """
    edition = load_guidance(guidance).bind(readings)
    codes = {name: to_codes(frame[name], field) for name, field in edition.guidance.fields.items() if name in frame}
    cautions = judge_codes(codes, len(frame), edition)
    columns = {
        name: pd.Categorical.from_codes(table.take(cautions), dtype=OUTCOMES, validate=False) for name, table in _SPANS.items()
    }
    return pd.DataFrame(columns, index=frame.index, copy=False)


def to_codes(column: pd.Series, field: Field) -> Codes:
    """The answers of a column as places among the field's options, -1 where none is recorded."""
    names = [option.name for option in field.options]
    if isinstance(column.dtype, pd.CategoricalDtype) and list(column.cat.categories) == names:
        values = column.array
    else:
        values = pd.Categorical(column, categories=names)
    codes: Codes = np.asarray(values.codes)
    return codes


def judge_codes(codes: Mapping[str, Codes], rows: int, edition: Edition) -> Bits:
    """The possible cautions of every row, as bits.

    Args:
        codes: for each field the places of the answers among its options, -1 where none is recorded.
        rows: how many rows there are.
        edition: the guidance with its readings.
    """
    lookups = make_lookups(edition)
    answers = {name: np.ascontiguousarray(own).view(np.uint8) for name, own in codes.items()}
    result = np.empty(rows, dtype=np.uint8)
    places, steps = np.empty(CHUNK, dtype=np.intp), np.empty(CHUNK, dtype=np.intp)
    keys, parts = np.empty(CHUNK, dtype=np.uint8), np.empty(CHUNK, dtype=np.uint8)
    for start in range(0, rows, CHUNK):
        size = min(CHUNK, rows - start)
        here = slice(start, start + size)
        every, least = np.zeros(size, dtype=np.uint8), np.zeros(size, dtype=np.uint8)
        for lookup in lookups:
            places[:size] = 0
            for key in lookup.keys:
                packed = _pack(key, answers, here, keys[:size], parts[:size])
                places[:size] += np.multiply(packed, np.intp(key.weight), out=steps[:size])
            found = lookup.bits.take(places[:size])
            every |= found
            np.maximum(least, found & np.negative(found), out=least)
        np.bitwise_and(every, np.negative(least), out=result[here])
    return result


def _pack(key: Key, answers: Mapping[str, Bits], here: slice, into: Bits, part: Bits) -> Bits:
    """The key of each row. Bytes wrap around, so the code -1 (255) plus 1 is 0."""
    into.fill(sum(stride for name, stride in key.strides.items() if name in answers))
    for name, stride in key.strides.items():
        if name in answers:
            into += np.multiply(answers[name][here], np.uint8(stride), out=part)
    return into


@lru_cache(maxsize=64)
def make_lookups(edition: Edition) -> tuple[Lookup, ...]:
    """One lookup for each group of fields, small groups joined."""
    joined: list[list[tuple[tuple[str, ...], Bits]]] = []
    for group in edition.outcome_groups:
        if not group.rules:
            continue
        names, bits = _trim(group.names, open_space(group).possible)
        room = next((own for own in joined if bits.size * prod(other.size for _, other in own) <= _MOST_ENTRIES), None)
        if room is None:
            joined.append([(names, bits)])
        else:
            room.append((names, bits))
    return tuple(_join(own) for own in joined)


def _trim(names: tuple[str, ...], bits: Bits) -> tuple[tuple[str, ...], Bits]:
    """Leave out the fields that make no difference."""
    for axis in reversed(range(len(names))):
        first = np.take(bits, [0], axis)
        if (bits == first).all():
            names, bits = names[:axis] + names[axis + 1 :], first.squeeze(axis)
    return names, bits


def _join(groups: Sequence[tuple[tuple[str, ...], Bits]]) -> Lookup:
    """Several groups as one: the greatest caution of any one pick from each. "Not recorded" moves to the front, as code -1 asks."""
    bits = np.ones(1, dtype=np.uint8)
    for _, own in groups:
        bits = _join_bits(bits[:, None], _to_front(own).reshape(-1))
    sizes = {name: size for names, own in groups for name, size in zip(names, own.shape, strict=True)}
    keys: list[Key] = []
    weight = 1
    strides: dict[str, int] = {}
    for name in reversed(sizes):
        if prod(sizes[packed] for packed in strides) * sizes[name] > _BYTE:
            keys.append(Key(strides, weight))
            weight *= prod(sizes[packed] for packed in strides)
            strides = {}
        strides[name] = prod(sizes[packed] for packed in strides)
    return Lookup((*keys, Key(strides, weight)), bits)


_BYTE: Final = 256


def _join_bits(one: Bits, two: Bits) -> Bits:
    least = np.maximum(one & np.negative(one), two & np.negative(two))
    joined: Bits = ((one | two) & np.negative(least)).reshape(-1)
    return joined


def _to_front(bits: Bits) -> Bits:
    for axis in range(bits.ndim):
        bits = np.roll(bits, 1, axis)
    return bits


def _span(pick: Callable[[int], Outcome]) -> npt.NDArray[np.int8]:
    """For each set of bits the caution of one outcome of it."""
    return np.array([-1, *(pick(bits).caution for bits in range(1, 1 << len(BY_CAUTION)))], dtype=np.int8)


_SPANS: Final = {
    "outcome": _span(headline),
    "most_cautious": _span(lambda bits: max(outcomes_of(bits))),
    "least_cautious": _span(lambda bits: min(outcomes_of(bits))),
}
