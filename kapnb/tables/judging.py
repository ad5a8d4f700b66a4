"""Judge a table of cases, column by column.

The exact possible outcomes of every open case of a group are looked up, not computed: a group's whole space is small (see
``kapnb.engine.space``), and an answer's code is a coordinate in it. Missing answers have the code -1, as in a pandas Categorical.

What is looked up is one byte, the *span* of a case: its lower half says which of the cautions 1 to 4 are possible, its upper half
which of them every completion reaches. Made so, the spans of all groups join by a plain or.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from math import prod
from operator import or_
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from kapnb.engine.edition import Edition, load_guidance
from kapnb.engine.fields import Field
from kapnb.engine.outcomes import BY_CAUTION, Outcome
from kapnb.engine.problems import CaseError, Problem, shorten, suggest
from kapnb.engine.space import Bits, open_space

Codes = npt.NDArray[np.int8]
Spans = npt.NDArray[np.uint8]

CHUNK: Final = 1 << 16
"""Rows judged at a time: few enough to stay in the processor's cache."""

_MOST_ENTRIES: Final = 1 << 13
"""How large a table to look up in may become by joining small groups."""

OUTCOMES: Final = pd.CategoricalDtype([str(outcome) for outcome in BY_CAUTION], ordered=True)
"""The outcomes as an ordered type: more caution is greater."""


@dataclass(frozen=True, eq=False)
class Key:
    """A few fields packed into one byte: each answer's place, "not recorded" first, times the field's stride."""

    strides: Mapping[str, int]

    def pack(self, answers: Mapping[str, Bits], rows: int) -> Bits:
        """The key of each row. Bytes wrap around, so the code -1 (255) plus 1 is 0."""
        strides = {name: stride for name, stride in self.strides.items() if name in answers}
        packed = np.full(rows, sum(strides.values()), dtype=np.uint8)
        for name, stride in strides.items():
            packed += answers[name] * np.uint8(stride)
        return packed


@dataclass(frozen=True, eq=False)
class Lookup:
    """The spans for every combination of answers to some fields.

    Attributes:
        keys: the place of a case in ``spans`` is the sum of its keys, each times its weight.
        weights: of the smallest type that can count the places; the fewer bytes are moved, the faster.
    """

    keys: tuple[Key, ...]
    weights: npt.NDArray[np.unsignedinteger[Any]]
    spans: Spans

    def find(self, answers: Mapping[str, Bits], rows: int) -> Spans:
        """The span of each row, as far as these fields go."""
        places = np.zeros(rows, dtype=self.weights.dtype)
        for key, weight in zip(self.keys, self.weights, strict=True):
            places += key.pack(answers, rows) * weight
        return self.spans.take(places)


def judge_table(frame: pd.DataFrame, readings: Mapping[str, str] | None = None, guidance: str = "begley") -> pd.DataFrame:
    """The outcome and the span of every case of a table.

    Args:
        frame: one row a case, with a column for each field; a missing value is not recorded, a missing column is recorded nowhere.
            Columns are best Categoricals with the field's options in their order; others are converted. Columns that are no fields
            are left alone.
        readings: choices for readings that differ from the default.
        guidance: which pack to ask.

    Returns:
        A frame with the same index and the columns ``outcome``, ``most_cautious`` and ``least_cautious``, ordered by caution.

    Raises:
        CaseError: listing every column that holds anything but options and missing values.
        GuidanceError: for an unknown pack, reading or choice.
    """
    edition = load_guidance(guidance).bind(readings)
    codes = read_codes(frame, edition.guidance.fields)
    outcome, most, least = np.empty((3, len(frame)), dtype=np.int8)  # one block: allocators keep it at hand for the next table
    for here, spans in _find_spans(codes, len(frame), edition):
        least[here], most[here] = _read_ends(spans)
        outcome[here] = _pick_headline(least[here], most[here])
    columns = {
        name: pd.Categorical.from_codes(own, dtype=OUTCOMES, validate=False)
        for name, own in (("outcome", outcome), ("most_cautious", most), ("least_cautious", least))
    }
    return pd.DataFrame(columns, index=frame.index, copy=False)


def judge_codes(codes: Mapping[str, Codes], rows: int, edition: Edition) -> Bits:
    """The possible cautions of every row, as bits.

    Args:
        codes: for each field the places of the answers among its options, -1 where none is recorded.
        rows: how many rows there are.
        edition: the guidance with its readings.
    """
    result = np.empty(rows, dtype=np.uint8)
    for here, spans in _find_spans(codes, rows, edition):
        result[here] = _read_cautions(spans)
    return result


def _find_spans(codes: Mapping[str, Codes], rows: int, edition: Edition) -> Iterator[tuple[slice, Spans]]:
    """The span of every row, chunk by chunk."""
    lookups = make_lookups(edition)
    answers = {name: np.ascontiguousarray(own).view(np.uint8) for name, own in codes.items()}
    for start in range(0, rows, CHUNK):
        size = min(CHUNK, rows - start)
        here = slice(start, start + size)
        own = {name: given[here] for name, given in answers.items()}
        yield here, reduce(or_, (lookup.find(own, size) for lookup in lookups), np.zeros(size, dtype=np.uint8))


# What a span is, and what it tells: the same for any number of rows


def _make_spans(cautions: Bits) -> Spans:
    """The spans of sets of possible cautions. What every completion reaches is the least caution and all below it."""
    reached = (cautions & np.negative(cautions)) - np.uint8(1)  # bit n for caution n + 1
    spans: Spans = np.bitwise_or(cautions >> 1, reached << 4)
    return spans


def _read_cautions(spans: Spans) -> Bits:
    """The possible cautions: with a joined span, none is left below what every completion reaches."""
    cautions: Bits = np.bitwise_and((spans & 0b1111) << 1 | 1, ~(spans >> 4))
    return cautions


def _read_ends(spans: Spans) -> tuple[Bits, Bits]:
    """The least and the most cautious that is possible."""
    reached = spans >> 4
    most = spans & 0b1111 | reached
    most |= most >> 1
    most |= most >> 2  # now every bit up to the highest
    return np.bitwise_count(reached), np.bitwise_count(most)


def _pick_headline(least: Codes, most: Codes) -> Codes:
    """The headlines as :func:`kapnb.engine.assess.headline` has them."""
    unclear = (least != most) & (least < Outcome.NOT_AT_PRESENT.caution)
    headline: Codes = np.add(least, unclear * (np.int8(Outcome.CLARIFY_FIRST.caution) - least))
    return headline


# Reading the columns of a frame


def read_codes(frame: pd.DataFrame, fields: Mapping[str, Field]) -> dict[str, Codes]:
    """The codes of every column that is a field.

    Raises:
        CaseError: with one problem for each column that cannot be read; no cell is repeated in it.
    """
    codes: dict[str, Codes] = {}
    problems: list[Problem] = []
    for name, field in fields.items():
        column = frame.get(name)
        if isinstance(column, pd.DataFrame):
            problems.append(Problem(name, "is the name of several columns", "one column for each field"))
        elif column is not None:
            codes[name] = to_codes(column, field, problems)
    if problems:
        raise CaseError(problems)
    return codes


def to_codes(column: pd.Series, field: Field, problems: list[Problem]) -> Codes:
    """The answers of a column as places among the field's options, -1 where none is recorded; anything else is a problem."""
    names = pd.Index([option.name for option in field.options])
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes: Codes = np.asarray(column.array.codes)
        if column.cat.categories.equals(names):
            return codes
        codes = np.append(_places(names, column.cat.categories), np.int8(-1))[codes]
    else:
        codes = _places(names, column)
    strange = np.flatnonzero((codes < 0) & column.notna().to_numpy())
    if strange.size:
        more = f"; so do {strange.size - 1:,} more" if strange.size > 1 else ""
        what = f"row {shorten(column.index[strange[0]])} holds no option{more}"
        remedy = suggest(column.iloc[strange[0]], names) or "Leave the cell empty when it is not recorded."
        problems.append(Problem(field.name, what, ", ".join(names), remedy))
    return codes


def _places(names: pd.Index, values: Iterable[object]) -> Codes:
    try:
        places = names.get_indexer(pd.Index(values))
    except TypeError:  # a list, or something else that cannot be looked up, in a cell
        places = names.get_indexer(pd.Index([value if isinstance(value, str) else "" for value in values]))
    return places.astype(np.int8)


# Making the lookups


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
    """Several groups as one. "Not recorded" moves to the front, as code -1 asks."""
    spans = np.zeros(1, dtype=np.uint8)
    for _, bits in groups:
        spans = (spans[:, None] | _make_spans(_to_front(bits)).reshape(-1)).reshape(-1)
    sizes = {name: size for names, own in groups for name, size in zip(names, own.shape, strict=True)}
    keys: list[Key] = []
    weights = [1]
    strides: dict[str, int] = {}
    for name in reversed(sizes):
        size = prod(sizes[packed] for packed in strides)
        if size * sizes[name] > _BYTE:
            keys.append(Key(strides))
            weights.append(weights[-1] * size)
            strides, size = {}, 1
        strides[name] = size
    smallest = np.promote_types(np.uint16, np.min_scalar_type(spans.size - 1))
    return Lookup((*keys, Key(strides)), np.array(weights, dtype=smallest), spans)


_BYTE: Final = 256


def _to_front(bits: Bits) -> Bits:
    for axis in range(bits.ndim):
        bits = np.roll(bits, 1, axis)
    return bits
