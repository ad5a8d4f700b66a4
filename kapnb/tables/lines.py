"""Write a frame as lines of CSV, many rows at a time.

A cell of a Categorical is one of few texts, so neighboring ones are written together: every combination of their answers once, then
looked up row by row. What is left to do for a row is to join a handful of ready pieces.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import product
from math import prod
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from kapnb.tables.repairing import RISKY, neutralize

MOST_COMBINATIONS: Final = 1 << 12
"""How many combinations of answers are written beforehand, of as many neighbors as that allows."""

_TOGETHER: Final = 2_000
"""How many rows are joined at a time: few enough to stay in the processor's cache."""

_SAMPLE: Final = 1_000
"""How many texts are looked at to see whether the same ones come again and again."""

Options = tuple[str, ...]
Pieces = bytes | list[bytes]
"""What stands in a row: the same everywhere, or row by row."""


def write_lines(frame: pd.DataFrame, separator: str = ",", newline: str = "\r\n", *, neutral: bool = True) -> Iterator[bytes]:
    """The rows of a frame, without a header, in UTF-8, some at a time.

    What is missing is empty; a cell is in quotation marks where it has to be.

    Args:
        frame: any frame; Categoricals are quick.
        separator: between two cells.
        newline: after each row.
        neutral: whether a cell that a spreadsheet would run gets an apostrophe in front.
    """
    pieces: list[Pieces] = []
    between = b""
    for run in _find_runs(frame):
        pieces.append(between)
        pieces += (
            _write_options(run, separator, neutral)
            if len(run) > 1 or _has_few(run[0])
            else _write_texts(run[0], separator, neutral)
        )
        between = separator.encode()
    pieces.append(newline.encode())
    pieces = [piece for piece in pieces if piece != b""]
    for start in range(0, len(frame), _TOGETHER):
        rows = min(_TOGETHER, len(frame) - start)
        joined: list[Any] = [b""] * (rows * len(pieces))
        for place, piece in enumerate(pieces):
            joined[place :: len(pieces)] = [piece] * rows if isinstance(piece, bytes) else piece[start : start + rows]
        yield b"".join(joined)


def _find_runs(frame: pd.DataFrame) -> Iterator[list[pd.Series]]:
    """Neighboring columns with few texts together, any other one alone."""
    run: list[pd.Series] = []
    size = 1
    for place in range(frame.shape[1]):
        column = frame.iloc[:, place]
        own = len(column.cat.categories) + 1 if _has_few(column) else MOST_COMBINATIONS + 1
        if run and size * own > MOST_COMBINATIONS:
            yield run
            run, size = [], 1
        run.append(column)
        size *= own
    if run:
        yield run


def _has_few(column: pd.Series) -> bool:
    return isinstance(column.dtype, pd.CategoricalDtype) and len(column.cat.categories) < MOST_COMBINATIONS


# Columns with few texts


def _write_options(run: Sequence[pd.Series], separator: str, neutral: bool) -> list[Pieces]:  # noqa: FBT001  # as the caller has it
    options = tuple(tuple(map(str, column.cat.categories)) for column in run)
    written = _write_combinations(options, separator, neutral)
    if len(written) == 1:
        return [written.tolist()[0]]
    places: npt.NDArray[np.int64] = np.zeros(len(run[0]), dtype=np.int64)
    for column, own in zip(run, options, strict=True):
        places *= len(own) + 1
        places += np.asarray(column.array.codes) + np.int16(1)  # -1 is what is missing; it stands first
    return [written.take(places).tolist()]


@lru_cache(maxsize=64)
def _write_combinations(options: tuple[Options, ...], separator: str, neutral: bool) -> npt.NDArray[np.object_]:  # noqa: FBT001  # as above
    cells = [["", *(_write(one, separator, neutral) for one in own)] for own in options]
    written = np.empty(prod(map(len, cells)), dtype=object)
    written[:] = [separator.join(combination).encode() for combination in product(*cells)]
    return written


# Columns of free text


def _write_texts(column: pd.Series, separator: str, neutral: bool) -> list[Pieces]:  # noqa: FBT001  # as above
    texts: list[str] = column.tolist()
    if column.dtype != "str" or column.hasnans:
        texts = ["" if gone else str(cell) for cell, gone in zip(texts, column.isna(), strict=True)]
    if not any(texts):
        return []
    if len(set(texts[:_SAMPLE])) < _SAMPLE // 4:
        written = {text: _write(text, separator, neutral).encode() for text in set(texts)}
        return [[written[text] for text in texts]]
    if neutral and not RISKY.isdisjoint({text[:1] for text in texts}):
        texts = [neutralize(text) if text[:1] in RISKY else text for text in texts]
    joined = "\0".join(texts)
    if joined.count("\0") >= len(texts):
        return [[_quote(text, separator).encode() for text in texts]]
    if not any(sign in joined for sign in (separator, '"', "\r", "\n")):
        return [joined.encode().split(b"\0")]
    return [_quote_where_needed(joined.encode(), separator)]


def _quote_where_needed(joined: bytes, separator: str) -> list[bytes]:
    """Many cells, a zero sign between two, each in quotation marks if it has to be."""
    signs = np.frombuffer(joined + b"\0", dtype=np.uint8)
    special = (signs == ord(separator)) | (signs == _QUOTE) | (signs == _RETURN) | (signs == _LINE)
    ends = np.flatnonzero(signs == 0)
    needs = np.zeros(ends.size, dtype=bool)
    needs[np.searchsorted(ends, np.flatnonzero(special))] = True
    cells = joined.replace(b'"', b'""').split(b"\0")
    return [b'"' + cell + b'"' if quoted else cell for cell, quoted in zip(cells, needs.tolist(), strict=True)]


def _write(text: str, separator: str, neutral: bool) -> str:  # noqa: FBT001  # as above
    return _quote(neutralize(text) if neutral else text, separator)


def _quote(text: str, separator: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in (separator, '"', "\r", "\n")) else text


_QUOTE, _RETURN, _LINE = b'"\r\n'
