"""Assess a table: for every row what :func:`kapnb.assess` says of it, found a column at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from kapnb.engine.assess import headline, outcomes_of
from kapnb.engine.conditions import TRUE
from kapnb.engine.edition import Edition, load_guidance
from kapnb.engine.fields import Dictionary
from kapnb.engine.outcomes import BY_CAUTION, Outcome
from kapnb.engine.space import Bits
from kapnb.tables.asking import YES, find_applicable, find_distinct, read_answers
from kapnb.tables.judging import OUTCOMES, Codes, judge_codes, read_codes

Places = npt.NDArray[np.int64]

CHUNK: Final = 1 << 14
"""Rows assessed between two reports of progress."""

JOIN: Final = "; "
"""Between several findings, or several readings, in one cell."""


def assess_table(
    frame: pd.DataFrame,
    readings: Mapping[str, str] | None = None,
    guidance: str = "begley",
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Assess every case of a table.

    Args:
        frame: one row a case, as :func:`kapnb.read_cases` gives it; columns that are no fields are left alone.
        readings: choices for readings that differ from the default.
        guidance: which pack to ask.
        progress: called with the rows done and all rows.

    Returns:
        A frame with the same index and, as :func:`kapnb.assess` gives them for each row alone: ``outcome``, ``most_cautious`` and
        ``least_cautious``, ordered by caution; ``findings``, the names of the rules that hold, in their order; ``next_question``,
        the field to ask about first; ``hinges_on``, the readings under which the outcome moves. Where there is none, the text is
        empty; several are joined with "; ".

    Raises:
        CaseError: listing every column that holds anything but options and missing values.
        GuidanceError: for an unknown pack, reading or choice.
    """
    edition = load_guidance(guidance).bind(readings)
    codes = read_codes(frame, edition.guidance.fields)
    parts = []
    for start in range(0, max(len(frame), 1), CHUNK):
        size = min(CHUNK, len(frame) - start)
        parts.append(_assess({name: own[start : start + size] for name, own in codes.items()}, size, edition))
        if progress:
            progress(start + size, len(frame))
    columns = {
        name: pd.Categorical.from_codes(np.concatenate([part[name] for part in parts]), dtype=OUTCOMES)
        if name in _PICKS
        else pd.array(np.concatenate([part[name] for part in parts]), dtype="str")
        for name in parts[0]
    }
    return pd.DataFrame(columns, index=frame.index)


def _assess(codes: Mapping[str, Codes], rows: int, edition: Edition) -> dict[str, npt.NDArray[np.generic]]:
    cautions = judge_codes(codes, rows, edition)
    return {
        **{name: own.take(cautions) for name, own in _PICKS.items()},
        "findings": _find(codes, cautions, rows, edition),
        "next_question": _ask_next(codes, cautions, rows, edition),
        "hinges_on": _find_hinges(codes, cautions, rows, edition),
    }


def _find(codes: Mapping[str, Codes], cautions: Bits, rows: int, edition: Edition) -> npt.NDArray[np.object_]:
    """The rules that hold, as bits in their order, then in words for each different set."""
    fields = edition.guidance.fields
    order = sorted((rule.name for rule in edition.rules), key=edition.rank.__getitem__)
    held: Places = np.zeros(rows, dtype=np.int64)
    for group in edition.groups:
        for rule in group.rules:
            read = rule.condition.fields
            support = read.union(*(fields[name].parents for name in read))
            names = [name for name in group.names if name in support]
            firsts, places = find_distinct(codes, rows, names, fields)
            holds = [group.settle(rule.name, read_answers(codes, row, names, fields)) == TRUE for row in firsts]
            held |= np.array(holds, dtype=np.int64)[places] << order.index(rule.name)
    held |= (cautions == 1).astype(np.int64) << order.index(edition.default_rule.name)
    return _write_sets(held, order)


def _find_hinges(codes: Mapping[str, Codes], cautions: Bits, rows: int, edition: Edition) -> npt.NDArray[np.object_]:
    """The readings of which some other choice leads to another outcome."""
    readings = edition.guidance.readings
    outcomes = _PICKS["outcome"].take(cautions)
    hinges: Places = np.zeros(rows, dtype=np.int64)
    for place, (name, reading) in enumerate(readings.items()):
        for choice in reading.choices:
            if choice.name != edition.readings[name]:
                other = edition.guidance.bind({**edition.readings, name: choice.name})
                moved = _PICKS["outcome"].take(judge_codes(codes, rows, other)) != outcomes
                hinges |= moved.astype(np.int64) << place
    return _write_sets(hinges, list(readings))


def _write_sets(sets: Places, names: list[str]) -> npt.NDArray[np.object_]:
    """Each set of bits as the names it stands for."""
    places, distinct = pd.factorize(sets)
    said = [JOIN.join(name for bit, name in enumerate(names) if own >> bit & 1) for own in distinct.tolist()]
    return np.array([*said, ""], dtype=object)[places]


def _ask_next(codes: Mapping[str, Codes], cautions: Bits, rows: int, edition: Edition) -> npt.NDArray[np.object_]:
    """The question that :func:`kapnb.engine.explore.rank_questions` puts first.

    That is the one after whose least helpful option the fewest outcomes remain; then the one with the most options that leave one;
    then the first of the dictionary. Each question is asked of all rows at once, with each of its options.
    """
    fields = edition.guidance.fields
    open_rows = np.flatnonzero(cautions & (cautions - 1))  # where one outcome is possible, no question narrows it
    best = np.full(open_rows.size, _NEVER, dtype=np.int64)
    chosen = np.full(open_rows.size, len(fields), dtype=np.int64)
    own = {name: given[open_rows] for name, given in codes.items()}
    before = cautions[open_rows]
    for place, (name, counts) in enumerate(_who_can_be_asked(own, open_rows.size, fields).items()):
        after = [
            judge_codes({**own, name: np.full(open_rows.size, code, dtype=np.int8)}, open_rows.size, edition)
            for code in range(len(fields[name].options))
        ]
        left = np.array([_COUNT.take(one) for one in after])
        weight = left.max(axis=0) * _MOST_OPTIONS - (left == 1).sum(axis=0)
        helps = counts & np.any([one != before for one in after], axis=0)
        weight = np.where(helps, weight, _NEVER)
        chosen, best = np.where(weight < best, place, chosen), np.minimum(weight, best)
    result = np.full(rows, "", dtype=object)
    result[open_rows] = np.array([*fields, ""], dtype=object)[chosen]
    return result


def _who_can_be_asked(codes: Mapping[str, Codes], rows: int, fields: Dictionary) -> dict[str, npt.NDArray[np.bool_]]:
    """For each field the rows in which its question applies and has no answer."""
    applicable = find_applicable(codes, rows, fields)
    everywhere = np.full(rows, YES, dtype=np.int8)
    return {
        name: (applicable.get(name, everywhere) == YES) & ((codes[name] < 0) if name in codes else everywhere.astype(bool))
        for name in fields
    }


def _pick(choose: Callable[[int], Outcome]) -> Codes:
    """For each set of possible cautions the caution of one outcome."""
    return np.array([-1, *(choose(cautions).caution for cautions in range(1, 1 << len(BY_CAUTION)))], dtype=np.int8)


_PICKS: Final = {
    "outcome": _pick(headline),
    "most_cautious": _pick(lambda cautions: max(outcomes_of(cautions))),
    "least_cautious": _pick(lambda cautions: min(outcomes_of(cautions))),
}
_COUNT: Final = np.array([cautions.bit_count() for cautions in range(256)], dtype=np.int64)
_MOST_OPTIONS: Final = 1_000
_NEVER: Final = 1 << 40
