"""Which questions apply to the cases of a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from kapnb.dictionary import Dictionary
from kapnb.tables.judging import Codes

Keys = npt.NDArray[np.int64]

NO, MAYBE, YES = 0, 1, 2
_ANSWERS: Final = {False: NO, None: MAYBE, True: YES}


def find_applicable(codes: Mapping[str, Codes], rows: int, fields: Dictionary) -> dict[str, npt.NDArray[np.int8]]:
    """For each question that does not always apply: whether it does, row by row.

    Args:
        codes: for each field the places of the answers among its options, -1 where none is recorded.
        rows: how many rows there are.
        fields: the dictionary.
    """
    found = {}
    for name, field in fields.items():
        if not field.always:
            names = sorted(_ancestors(name, fields), key=list(fields).index)
            firsts, places = find_distinct(codes, rows, names, fields)
            answers = [read_answers(codes, row, names, fields) for row in firsts]
            told = np.array([_ANSWERS[fields.applies(name, own)] for own in answers], dtype=np.int8)
            found[name] = told[places]
    return found


def _ancestors(name: str, fields: Dictionary) -> frozenset[str]:
    parents = fields[name].parents
    return parents.union(*(_ancestors(parent, fields) for parent in parents))


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


def read_answers(codes: Mapping[str, Codes], row: Any, names: list[str], fields: Dictionary) -> dict[str, str]:
    """The recorded answers of one row."""
    return {name: fields[name].options[code].name for name in names if name in codes and (code := codes[name][row]) >= 0}


_MOST_KEYS: Final = 2**62
