"""Which questions apply to the cases of a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import product
from math import prod
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from kapnb.engine.fields import Dictionary
from kapnb.tables.judging import Codes

Keys = npt.NDArray[np.int64]
Answers = npt.NDArray[np.int8]

NO, MAYBE, YES = 0, 1, 2
_ANSWERS: Final = {False: NO, None: MAYBE, True: YES}


def find_applicable(codes: Mapping[str, Codes], rows: int, fields: Dictionary) -> dict[str, Answers]:
    """For each question that does not always apply: whether it does, row by row.

    Args:
        codes: for each field the places of the answers among its options, -1 where none is recorded.
        rows: how many rows there are.
        fields: the dictionary.
    """
    found = {}
    for name, field in fields.items():
        if not field.always:
            names = _list_ancestors(name, fields)
            known = _tell_all(name, fields)
            if known is not None:
                found[name] = known.take(_make_keys(codes, rows, names, fields))
            else:
                firsts, places = find_distinct(codes, rows, list(names), fields)
                told = [_tell(name, read_answers(codes, row, names, fields), fields) for row in firsts]
                found[name] = np.array(told, dtype=np.int8)[places]
    return found


@lru_cache(maxsize=64)
def _list_ancestors(name: str, fields: Dictionary) -> tuple[str, ...]:
    """The questions on which it hangs whether a question is asked, in their order."""

    def find(child: str) -> frozenset[str]:
        parents = fields[child].parents
        return parents.union(*map(find, parents))

    return tuple(sorted(find(name), key=list(fields).index))


@lru_cache(maxsize=64)
def _tell_all(name: str, fields: Dictionary) -> Answers | None:
    """Whether a question applies, for every combination of answers to those on which it hangs; None where they are too many."""
    names = _list_ancestors(name, fields)
    options = [[None, *(option.name for option in fields[one].options)] for one in names]
    if prod(map(len, options)) > _MOST_COMBINATIONS:
        return None
    cases = ({one: own for one, own in zip(names, answers, strict=True) if own is not None} for answers in product(*options))
    return np.array([_tell(name, case, fields) for case in cases], dtype=np.int8)


def _tell(name: str, answers: Mapping[str, str], fields: Dictionary) -> int:
    return _ANSWERS[fields.applies(name, answers)]


def _make_keys(codes: Mapping[str, Codes], rows: int, names: Iterable[str], fields: Dictionary) -> Keys:
    """One number for each row: its place among the combinations of answers."""
    keys = np.zeros(rows, dtype=np.int64)
    for name in names:
        keys *= len(fields[name].options) + 1
        if name in codes:
            keys += codes[name] + np.int16(1)
    return keys


def find_distinct(
    codes: Mapping[str, Codes], rows: int, names: list[str], fields: Dictionary
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Rows that answer some questions differently: the first row of each kind, and for each row the place of its kind."""
    keys: Keys = np.zeros(rows, dtype=np.int64)
    room = 1
    for name in names:
        if name not in codes:
            continue
        size = len(fields[name].options) + 1
        if room * size > _MOST_KEYS:
            keys = pd.factorize(keys)[0].astype(np.int64)
            room = rows + 1
        keys = keys * size + codes[name] + 1
        room *= size
    places, _ = pd.factorize(keys)
    firsts = np.flatnonzero(~pd.Series(keys).duplicated().to_numpy())
    return firsts, places


def read_answers(codes: Mapping[str, Codes], row: Any, names: Iterable[str], fields: Dictionary) -> dict[str, str]:
    """The recorded answers of one row."""
    return {name: fields[name].options[code].name for name in names if name in codes and (code := codes[name][row]) >= 0}


_MOST_KEYS: Final = 2**62
_MOST_COMBINATIONS: Final = 1 << 14
