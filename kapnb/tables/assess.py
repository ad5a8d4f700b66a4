"""Assess a table: for every row what :meth:`Edition.assess` says of it, a column at a time.

No rule reads across groups of fields, and the cases of one group are few (``kapnb.engine.space``). So what a group says of each of
its cases is an array, and the answers of a row are a place in it. An answer that is not recorded has the code -1, which is the last
place along an axis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache, reduce
from operator import and_, or_
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from kapnb.engine.conditions import ALWAYS
from kapnb.engine.diagram import Diagram, build
from kapnb.engine.edition import Assessment, Edition, load_guidance
from kapnb.engine.fields import Field
from kapnb.engine.groups import Group, headline, outcomes_of
from kapnb.engine.outcomes import BY_CAUTION, Outcome
from kapnb.engine.space import Bits, Truth, open_space
from kapnb.limits import PACK
from kapnb.tables.check import check_table
from kapnb.tables.columns import load_table
from kapnb.text.cards import deciding_line
from kapnb.text.explanation import outcome_line

Codes = Mapping[str, npt.NDArray[Any]]
"""For each field the places of the answers among its options, row by row; -1 where none is recorded."""

Judge = Callable[[Group], Bits]
"""Gives for a group the cautions that are possible, row by row, as bits."""

Texts = npt.NDArray[np.object_]

OUTCOMES: Final = pd.CategoricalDtype([str(outcome) for outcome in BY_CAUTION], ordered=True)
"""The outcomes as an ordered type: more caution is greater."""

RESULTS: Final = ("outcome", "most_cautious", "least_cautious", "findings", "next_question", "hinges_on", "says", "because")
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
        the field to ask about first; ``hinges_on``, the readings under which the outcome moves; ``says`` and ``because``, the
        outcome and the sentence that decides, in the words of :func:`kapnb.explain`. Where there is none, the text is empty;
        several are joined with "; ".

    Raises:
        CaseTableError: listing every cell that holds anything but an option or nothing; rows count as in a spreadsheet.
    """
    edition = edition or load_guidance(PACK).bind()
    codes = _read_codes(frame, edition)
    judge = cache(lambda group: _look_up(open_space(group).possible, group, codes))  # other editions share most groups
    cautions = _join(map(judge, edition.outcome_groups))
    ordered = {name: pd.Categorical.from_codes(pick.take(cautions), dtype=OUTCOMES) for name, pick in _PICKS.items()}
    holds = _find(codes, cautions, edition)
    texts = {
        "findings": _name(holds, len(cautions)),
        "next_question": _ask_next(codes, cautions, edition, judge),
        "hinges_on": _find_hinges(cautions, edition, judge),
        **_explain(codes, cautions, edition, holds),
    }
    return pd.DataFrame(ordered | {name: pd.array(own, dtype="str") for name, own in texts.items()}, index=frame.index)


def _read_codes(frame: pd.DataFrame, edition: Edition) -> Codes:
    """The codes of every field; one that has no column is recorded nowhere."""
    cases = load_table("cases", edition)
    answers = replace(cases, key=(), columns={name: cases.columns[name] for name in edition.fields})
    given = frame[[name for name in frame if name in edition.fields]]
    typed = check_table(given.set_axis(range(2, len(frame) + 2)), answers)
    return {name: typed[name].cat.codes.to_numpy() for name in edition.fields}


def _look_up(values: npt.NDArray[Any], group: Group, codes: Codes) -> npt.NDArray[Any]:
    """What an array over the open cases of a group holds for each row. An axis of length 1 makes no difference."""
    places = tuple(codes[name] if size > 1 else 0 for name, size in zip(group.names, values.shape, strict=True))
    return np.asarray(values[places])


def _reach(diagram: Diagram, group: Group, codes: Codes) -> Bits:
    """What a diagram says of each row, as bits."""
    reached: Bits = _look_up(open_space(group).reached_small(diagram), group, codes)
    return reached


def _join(sets: Iterable[Bits]) -> Bits:
    """The cautions of whole cases from those of the groups, as :func:`kapnb.engine.groups.join_cautions` joins them."""
    parts = list(sets)
    return reduce(or_, parts) & reduce(and_, [part | np.negative(part) for part in parts])


Holds = Mapping[tuple[str, Any], Truth]
"""Where each rule holds with each of its outcomes, in the order of findings."""


def _find(codes: Codes, cautions: Bits, edition: Edition) -> Holds:
    default = edition.default_rule
    holds = {(default.name, default.outcome): cautions == 1}
    for group in edition.groups:
        for rule in group.rules:
            reached = _reach(group.rule_diagrams[rule.name], group, codes)
            for place, (outcome, _) in enumerate(rule.effects, 1):
                least = reached & ((1 << place + 1) - 1)  # neither may it not hold, nor lead to a less cautious outcome
                holds[rule.name, outcome] = least == 1 << place
    return {one: holds[one] for one in sorted(holds, key=lambda one: edition.rank(*one))}


def _explain(codes: Codes, cautions: Bits, edition: Edition, holds: Holds) -> dict[str, Texts]:
    """The outcome and the sentence that decides, in words.

    The sentence depends only on the findings that decide. So does the outcome's line, with two exceptions: while it is too early
    to sum up, it says how many answers are known; and where something has to be clarified and no finding decides, the whole case
    matters.
    """
    outcome = _PICKS["outcome"].take(cautions)
    clarify = outcome == Outcome.CLARIFY_FIRST.caution
    early = clarify & (np.bitwise_count(cautions) > 1)
    deciding = _name({one: where & (outcome == one[1].caution) for one, where in holds.items() if one[1]}, len(cautions))
    known, missing = _count(codes, edition)
    alone = clarify & ~early & (deciding == "")
    lines = {
        "outcome": outcome,
        "early": early,
        "deciding": np.where(early, "", deciding),
        "known": np.where(early, known, 0),
        "missing": np.where(early, missing, 0),
        "row": np.where(alone, np.arange(len(cautions)), -1),
    }
    sentences = {"outcome": outcome, "deciding": deciding}
    return {
        "says": _say_once(outcome_line, pd.DataFrame(lines), codes, edition),
        "because": _say_once(deciding_line, pd.DataFrame(sentences), codes, edition),
    }


def _say_once(say: Callable[[Assessment], str], rows: pd.DataFrame, codes: Codes, edition: Edition) -> Texts:
    """Words about each case, worked out once for all rows that are equal."""
    kinds = rows.groupby(list(rows), sort=False).ngroup()  # numbered as they first occur
    texts = []
    for row in np.flatnonzero(~rows.duplicated()):
        places = {name: own[row] for name, own in codes.items() if own[row] >= 0}
        texts.append(say(edition.assess({name: edition.fields[name].options[place].name for name, place in places.items()})))
    return np.array(texts, dtype=object)[kinds]


def _count(codes: Codes, edition: Edition) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """How many answers count, and how many are missing of the questions that certainly apply."""
    known, missing = (np.zeros(len(next(iter(codes.values()))), dtype=np.int64) for _ in range(2))
    for name, field in edition.fields.items():
        applies = _apply(field, edition, codes)
        known += (codes[name] >= 0) & (applies != 0b01)
        missing += (codes[name] < 0) & (applies == 0b10)
    return known, missing


def _find_hinges(cautions: Bits, edition: Edition, judge: Judge) -> Texts:
    """The readings of which some other choice leads to another outcome."""
    headlines = _PICKS["outcome"]
    moved = {name: np.zeros(len(cautions), dtype=bool) for name in edition.readings}
    for name, _, other in edition.neighbors:
        moved[name] |= headlines.take(_join(map(judge, other.outcome_groups))) != headlines.take(cautions)
    return _name({(name, None): where for name, where in moved.items()}, len(cautions))


def _name(where: Mapping[tuple[str, object], Truth], rows: int) -> Texts:
    """For each row the names, first in each key, of what is true there; each different text is made once."""
    at, texts = np.zeros(rows, dtype=np.intp), [""]
    for (name, _), own in where.items():
        at, kinds = pd.factorize(2 * at + own)
        texts = [texts[kind // 2] + (JOIN + name) * (kind % 2) for kind in kinds]
    return np.array([text.removeprefix(JOIN) for text in texts], dtype=object)[at]


def _ask_next(codes: Codes, cautions: Bits, edition: Edition, judge: Judge) -> Texts:
    """The question that :func:`kapnb.engine.explore.rank_questions` puts first.

    That is the one after whose least helpful option the fewest outcomes remain; then the one with the most options that leave one;
    then the first of the dictionary. Each question is asked of all rows at once, with each of its options.
    """
    fields = edition.fields
    home = {name: group for group in edition.outcome_groups for name in group.names}
    fewest, most_settled = np.full(len(cautions), len(BY_CAUTION) + 1), np.zeros(len(cautions), dtype=np.int64)
    chosen = np.full(len(cautions), len(fields), dtype=np.intp)
    for place, (name, field) in enumerate(fields.items()):
        others = [judge(group) for group in edition.outcome_groups if group is not home[name]]
        after = []
        for code in range(len(field.options)):
            own = _look_up(open_space(home[name]).possible, home[name], {**codes, name: np.full(len(cautions), code)})
            after.append(_join([own, *others]))
        left = np.array([np.bitwise_count(one) for one in after]).astype(np.int64)
        remain, settled = left.max(axis=0), (left == 1).sum(axis=0)
        helps = (codes[name] < 0) & (_apply(field, edition, codes) == 0b10) & np.any([one != cautions for one in after], axis=0)
        better = helps & ((remain < fewest) | ((remain == fewest) & (settled > most_settled)))
        chosen[better], fewest[better], most_settled[better] = place, remain[better], settled[better]
    return np.array([*fields, ""], dtype=object)[chosen]


def _apply(field: Field, edition: Edition, codes: Codes) -> Bits | np.uint8:
    """Whether a question applies: 0b10 where it certainly does, 0b01 where it certainly does not."""
    if field.always:
        return np.uint8(0b10)
    group = next(group for group in edition.outcome_groups if field.name in group.names)
    return _reach(build(group.names, (ALWAYS, field.asked_when), group.fields), group, codes)


_CHOICES: Final[dict[str, Callable[[int], Outcome]]] = {
    "outcome": headline,
    "most_cautious": lambda cautions: max(outcomes_of(cautions)),
    "least_cautious": lambda cautions: min(outcomes_of(cautions)),
}
_PICKS: Final = {
    name: np.array([-1, *(choose(cautions).caution for cautions in range(1, 1 << len(BY_CAUTION)))], dtype=np.int8)
    for name, choose in _CHOICES.items()
}
"""For each set of possible cautions the caution of one outcome."""
