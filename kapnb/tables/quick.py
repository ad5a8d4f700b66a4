"""Read a block of a CSV file in which everything is in order; any other block is for the thorough reader.

The cells are found by where the separators are, and an option by its length and one of its letters. That is quick and would prove
nothing, so what was found is written again: the block counts as read only where that gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.extensions import ExtensionArray

from kapnb.engine.fields import load_fields
from kapnb.tables.asking import NO, find_applicable
from kapnb.tables.judging import Codes
from kapnb.tables.lines import write_lines
from kapnb.tables.repairing import BLANKS, RISKY
from kapnb.tables.schema import Column, Table
from kapnb.text.characters import has_unwritable
from kapnb.text.identifiers import find_identifying

Bytes = npt.NDArray[np.uint8]
Categorical: TypeAlias = "pd.Categorical[str]"
Places = npt.NDArray[np.int32]

_EMPTY, _STRANGE = -1, -2
_LINE, _RETURN, _QUOTE = b"\n"[0], b"\r"[0], b'"'[0]


@dataclass(frozen=True, eq=False)
class Finder:
    """Tells the options of a column by their length and by the letter at one place.

    Attributes:
        place: which letter to look at.
        most: the length of the longest option.
        codes: by length and letter the place of the option, -1 for an empty cell, -2 for what is none.
    """

    place: int
    most: int
    codes: Codes

    def find(self, block: Bytes, starts: Places, ends: Places) -> Codes:
        """The code of each cell. ``block`` goes on for a while behind its end."""
        keys = np.minimum(ends - starts, self.most + 1)
        keys <<= 8
        keys += block[starts + self.place]
        codes: Codes = self.codes.take(keys)
        return codes


def make_finder(options: Sequence[str]) -> Finder | None:
    """A finder for a column, if one letter is enough to tell its options apart."""
    names = [option.encode() for option in options]
    most = max(map(len, names))
    for place in range(most):
        if len({(len(name), name[place : place + 1]) for name in names}) == len(names):
            codes = np.full((most + 2, 256), _STRANGE, dtype=np.int8)
            codes[0] = _EMPTY
            for code, name in enumerate(names):
                codes[len(name), name[place] if place < len(name) else slice(None)] = code
            return Finder(place, most, codes.reshape(-1))
    return None


@dataclass(frozen=True)
class QuickReader:
    """Reads blocks of a file whose columns are these.

    Attributes:
        table: the columns there can be.
        names: the columns there are, in the order of the file.
        separator: what separates the cells.
        known_cases: the cases that rows may speak of; None where any will do.
    """

    table: Table
    names: tuple[str, ...]
    separator: str
    known_cases: frozenset[str] | None = None

    def read(self, block: bytes) -> pd.DataFrame | None:
        """The rows of a block as a frame, or None where anything might be out of order."""
        newline = "\r\n" if block.endswith(b"\r\n") else "\n"
        signs = np.frombuffer(block + bytes(_BEHIND), dtype=np.uint8)
        cells = self._find_cells(signs, len(block), len(newline))
        if cells is None:
            return None
        starts, ends = cells
        columns: dict[str, Categorical | ExtensionArray] = {}
        for name, start, end in zip(self.names, starts, ends, strict=True):
            column = self.table.columns[name]
            read = (
                self._read_options(column, block, signs, start, end)
                if column.options
                else self._read_texts(column, block, signs, start, end)
            )
            if read is None:
                return None
            columns[name] = read
        found = pd.DataFrame(columns, copy=False)
        if not self._is_sound(found) or not _is_written(write_lines(found, self.separator, newline, neutral=False), block):
            return None
        return self._complete(found)

    def _find_cells(self, signs: Bytes, size: int, newline: int) -> tuple[Places, Places] | None:
        """Where the cells of each column begin and end; None where the rows are not alike."""
        own = signs[:size]
        marks = np.flatnonzero((own == ord(self.separator)) | (own == _LINE)).astype(np.int32)
        quotes = np.flatnonzero(own == _QUOTE)
        if quotes.size:
            marks = marks[np.searchsorted(quotes, marks) % 2 == 0]
        width = len(self.names)
        if marks.size == 0 or marks.size % width or marks[-1] != size - 1:
            return None
        ends = np.ascontiguousarray(marks.reshape(-1, width).T)
        if (own[ends[-1]] != _LINE).any() or (own[ends[:-1]] == _LINE).any():
            return None
        starts = np.empty_like(ends)
        starts[1:] = ends[:-1] + 1
        starts[0, 0] = 0
        starts[0, 1:] = ends[-1, :-1] + 1
        ends[-1] -= newline - 1
        return starts, ends

    def _read_options(self, column: Column, block: bytes, signs: Bytes, starts: Places, ends: Places) -> Categorical | None:
        finder = self._finders[column.name]
        if finder:
            codes = finder.find(signs, starts, ends)
        else:
            places = {b"": _EMPTY, **{option.encode(): code for code, option in enumerate(column.options)}}
            cells = (block[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True))
            codes = np.fromiter((places.get(cell, _STRANGE) for cell in cells), np.int8, starts.size)
        if codes.min() < (0 if column.required else _EMPTY):
            return None
        return pd.Categorical.from_codes(codes, dtype=self._types[column.name], validate=False)

    @staticmethod
    def _read_texts(column: Column, block: bytes, signs: Bytes, starts: Places, ends: Places) -> ExtensionArray | None:
        """Free texts that need no mending, and that nobody can be identified by."""
        cells = b"\0".join([block[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)])
        quoted = (signs[starts] == _QUOTE).astype(np.int32)
        if quoted.any():
            cells = (b"\0" + cells + b"\0").replace(b'\0"', b"\0").replace(b'"\0', b"\0").replace(b'""', b'"')[1:-1]
        joined = cells.decode()
        texts = joined.split("\0")
        if (ends - starts).max() > column.most_characters and max(map(len, texts)) > column.most_characters:
            return None
        if column.required and "" in texts:
            return None
        plain = _PLAIN[signs[starts + quoted]].all() and _PLAIN[signs[ends - 1 - quoted]].all()
        if not plain and not (RISKY.isdisjoint(text[:1] for text in texts) and _BLANKS.isdisjoint(text[-1:] for text in texts)):
            return None
        if "\r" in joined or has_unwritable(joined.replace("\0", "")) or find_identifying(texts):
            return None
        return pd.array(texts, dtype="str")

    def _is_sound(self, found: pd.DataFrame) -> bool:
        """Whether no row contradicts itself, or speaks of a case that is not there."""
        fields = load_fields()
        codes = {name: np.asarray(found[name].array.codes) for name in self.names if name in fields}
        asked = find_applicable(codes, len(found), fields)
        if any(((codes[name] >= 0) & (asked[name] == NO)).any() for name in asked.keys() & codes.keys()):
            return False
        return self.known_cases is None or self.known_cases.issuperset(found["case_id"])

    def _complete(self, found: pd.DataFrame) -> pd.DataFrame:
        """With the columns that the file does not have, in the order of the table."""
        rows = len(found)
        nothing = pd.array(np.full(rows, "", dtype=object), dtype="str")
        columns = {}
        for name, column in self.table.columns.items():
            if name not in found:
                columns[name] = pd.Categorical.from_codes(np.full(rows, -1), dtype=self._types[name]) if column.options else nothing
            else:
                columns[name] = found[name].array
        return pd.DataFrame(columns, copy=False)

    @cached_property
    def _finders(self) -> dict[str, Finder | None]:
        return {name: make_finder(self.table.columns[name].options) for name in self._types}

    @cached_property
    def _types(self) -> dict[str, pd.CategoricalDtype[str]]:
        return {name: column.dtype for name, column in self.table.columns.items() if column.options}


def _is_written(lines: Iterable[bytes], block: bytes) -> bool:
    """Whether lines make up a block."""
    at = 0
    for some in lines:
        if not block.startswith(some, at):
            return False
        at += len(some)
    return at == len(block)


_BEHIND: Final = 256
_PLAIN: Final = np.array([code < 128 and chr(code) not in RISKY and chr(code) != '"' for code in range(256)])
"""Signs with which a text may begin and end without a closer look."""

_BLANKS: Final = frozenset(BLANKS)
