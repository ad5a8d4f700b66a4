"""Assess a table: for every row what :meth:`Edition.assess` says of it, a column at a time.

No rule reads across groups of fields, and the cases of one group are few (``kapnb.engine.space``). So what a group says of each of
its cases is an array, and the answers of a row are a place in it. An answer that is not recorded has the code -1, which is the last
place along an axis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import reduce
from operator import and_, or_
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from kapnb.engine.assess import headline, outcomes_of
from kapnb.engine.conditions import ALWAYS
from kapnb.engine.diagram import build
from kapnb.engine.edition import Edition, load_guidance
from kapnb.engine.fields import Field
from kapnb.engine.outcomes import BY_CAUTION, Outcome
from kapnb.engine.pack import Group
from kapnb.engine.space import Bits, Truth, open_space
from kapnb.limits import PACK
from kapnb.tables.check import check_table
from kapnb.tables.columns import load_table

Codes = Mapping[str, npt.NDArray[Any]]
"""For each field the places of the answers among its options, row by row; -1 where none is recorded."""

OUTCOMES: Final = pd.CategoricalDtype([str(outcome) for outcome in BY_CAUTION], ordered=True)
"""The outcomes as an ordered type: more caution is greater."""

RESULTS: Final = ("outcome", "most_cautious", "least_cautious", "findings", "next_question", "hinges_on")
"""The columns that :func:`assess_table` gives."""

JOIN: Final = "; "
"""Between several findings, or several readings, in one cell."""


def assess_table(frame: pd.DataFrame, edition: Edition | None = None) -> pd.DataFrame:
    """Assess every case of a table.

    Args:
        frame: one row a case, as :func:`kapnb.read_cases` gives it; columns that are no fields are left alone.
        edition: the guidance to ask, by default the bundled one with its default readings.

    Returns:
        A frame with the same index and, as ``edition.assess`` gives them for each row alone: ``outcome``, ``most_cautious`` and
        ``least_cautious``, ordered by caution; ``findings``, the names of the rules that hold, in their order; ``next_question``,
        the field to ask about first; ``hinges_on``, the readings under which the outcome moves. Where there is none, the text is
        empty; several are joined with "; ".

    Raises:
        CaseTableError: listing every cell that holds anything but an option or nothing; rows count as in a spreadsheet.
    """
    edition = edition or load_guidance(PACK).bind()
    codes = _read_codes(frame, edition)
    known: dict[Group, Bits] = {}  # other editions share most groups
    cautions = _join(_judge(edition, codes, known))
    columns: dict[str, Any] = {
        name: pd.Categorical.from_codes(own.take(cautions), dtype=OUTCOMES) for name, own in zip(RESULTS[:3], _PICKS, strict=True)
    }
    columns["findings"] = _find(codes, cautions, edition)
    columns["next_question"] = _ask_next(codes, cautions, edition, known)
    columns["hinges_on"] = _find_hinges(codes, cautions, edition, known)
    texts = {name: pd.array(columns[name], dtype="str") for name in RESULTS[3:]}
    return pd.DataFrame(columns | texts, index=frame.index)


def _read_codes(frame: pd.DataFrame, edition: Edition) -> Codes:
    """The codes of every field; one that has no column is recorded nowhere."""
    cases = load_table("cases", edition)
    answers = replace(cases, key=(), columns={name: column for name, column in cases.columns.items() if name in edition.fields})
    given = frame[[name for name in frame if name in edition.fields]]
    typed = check_table(given.set_axis(range(2, len(frame) + 2)), answers)
    return {name: typed[name].cat.codes.to_numpy(np.intp) for name in edition.fields}


# Outcomes


def _look_up(values: npt.NDArray[Any], group: Group, codes: Codes) -> npt.NDArray[Any]:
    """What an array over the open cases of a group holds for each row. An axis of length 1 makes no difference."""
    places = tuple(codes[name] if size > 1 else 0 for name, size in zip(group.names, values.shape, strict=True))
    return np.asarray(values[places])


def _judge(edition: Edition, codes: Codes, known: dict[Group, Bits]) -> list[Bits]:
    """For each group the cautions that are possible, as bits."""
    for group in edition.outcome_groups:
        if group not in known:
            known[group] = _look_up(open_space(group).possible, group, codes)
    return [known[group] for group in edition.outcome_groups]


def _join(sets: Iterable[Bits]) -> Bits:
    """The cautions of whole cases from those of the groups, as :func:`kapnb.engine.pack.join_cautions` joins them."""
    parts = list(sets)
    return reduce(or_, parts) & reduce(and_, [part | np.negative(part) for part in parts])


# Findings and readings


def _find(codes: Codes, cautions: Bits, edition: Edition) -> list[str]:
    """The rules that hold, in the order of findings."""
    holds = {edition.default_rule.name: cautions == 1}
    for group in edition.groups:
        for rule in group.rules:
            reached = open_space(group).reached_small(group.rule_diagrams[rule.name])
            holds[rule.name] = _look_up(reached, group, codes) == _CERTAIN
    return _name_sets({name: holds[name] for name in sorted(holds, key=edition.rank.__getitem__)}, len(cautions))


def _find_hinges(codes: Codes, cautions: Bits, edition: Edition, known: dict[Group, Bits]) -> list[str]:
    """The readings of which some other choice leads to another outcome."""
    outcomes = _PICKS[0].take(cautions)
    moved = {name: np.zeros(len(cautions), dtype=bool) for name in edition.readings}
    for name, _, other in edition.neighbors:
        moved[name] |= _PICKS[0].take(_join(_judge(other, codes, known))) != outcomes
    return _name_sets(moved, len(cautions))


def _name_sets(where: Mapping[str, Truth], rows: int) -> list[str]:
    """For each row the names of what is true there; each different set is written once."""
    if not where:
        return [""] * rows
    flags = np.array([np.broadcast_to(own, rows) for own in where.values()])
    packed = np.packbits(flags, axis=0).T
    kinds, places = np.unique(packed, axis=0, return_inverse=True)
    texts = [JOIN.join(name for name, bit in zip(where, np.unpackbits(kind), strict=False) if bit) for kind in kinds]
    return [texts[place] for place in places.reshape(-1).tolist()]


# The next question


def _ask_next(codes: Codes, cautions: Bits, edition: Edition, known: dict[Group, Bits]) -> npt.NDArray[np.object_]:
    """The question that :func:`kapnb.engine.explore.rank_questions` puts first.

    That is the one after whose least helpful option the fewest outcomes remain; then the one with the most options that leave one;
    then the first of the dictionary. Each question is asked of all rows at once, with each of its options.
    """
    fields = edition.fields
    home = {name: group for group in edition.outcome_groups for name in group.names}
    best = np.full(len(cautions), _NEVER, dtype=np.int64)
    chosen = np.full(len(cautions), len(fields), dtype=np.int64)
    for place, (name, field) in enumerate(fields.items()):
        others = [known[group] for group in edition.outcome_groups if group is not home[name]]
        after = []
        for code in range(len(field.options)):
            own = _look_up(open_space(home[name]).possible, home[name], {**codes, name: np.full(len(cautions), code)})
            after.append(_join([own, *others]))
        left = np.array([np.bitwise_count(one) for one in after]).astype(np.int64)
        weight = left.max(axis=0) * _MOST_OPTIONS - (left == 1).sum(axis=0)
        helps = (codes[name] < 0) & _applies(field, edition, codes) & np.any([one != cautions for one in after], axis=0)
        better = helps & (weight < best)
        chosen[better], best[better] = place, weight[better]
    return np.array([*fields, ""], dtype=object)[chosen]


def _applies(field: Field, edition: Edition, codes: Codes) -> Truth | np.bool_:
    """Where a question is certain to apply."""
    if field.always:
        return np.True_
    group = next(group for group in edition.groups if field.name in group.names)
    diagram = build(group.names, (ALWAYS, field.asked_when), group.fields)
    certain: Truth = _look_up(open_space(group).reached_small(diagram), group, codes) == _CERTAIN
    return certain


def _pick(choose: Callable[[int], Outcome]) -> npt.NDArray[np.int8]:
    """For each set of possible cautions the caution of one outcome."""
    return np.array([-1, *(choose(cautions).caution for cautions in range(1, 1 << len(BY_CAUTION)))], dtype=np.int8)


_PICKS: Final = (
    _pick(headline),
    _pick(lambda cautions: max(outcomes_of(cautions))),
    _pick(lambda cautions: min(outcomes_of(cautions))),
)
"""The three outcomes of :data:`RESULTS`."""

_CERTAIN: Final = 0b10
"""What :func:`kapnb.engine.diagram.reach` says of a condition that every completion fulfills."""

_MOST_OPTIONS: Final = 1_000
_NEVER: Final = 1 << 40
