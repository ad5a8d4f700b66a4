"""Tables larger than memory: a CSV file read, checked, assessed and written in chunks, with the same result as all at once.

A chunk that is plainly in order is read quickly (:mod:`kapnb.tables.quick`); any other goes the way of a small table. What only the
whole can tell, such as a case_id that stands twice, is put together at the end. Of a row that was read eight bytes are kept, and
eight more for each thing that was mended in it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, field
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from kapnb.tables.assessing import assess_table
from kapnb.tables.blocks import Blocks, Rows, find_encoding
from kapnb.tables.checking import check_sheet, examine, give_types, say_repeated, sort_problems
from kapnb.tables.lines import write_lines
from kapnb.tables.problems import CaseTableError, TableProblem
from kapnb.tables.quick import QuickReader
from kapnb.tables.reading import (
    MOST_ROWS,
    Limit,
    Progress,
    Sheet,
    find_first_line,
    find_separator,
    looks_like_csv,
    read_sheet,
    take_rows,
)
from kapnb.tables.repairing import Head, Repair, find_filled, mend_cells, read_head, report_all
from kapnb.tables.schema import Table, load_table
from kapnb.tables.writing import add_source, find_writer, open_whole, write_csv, write_head
from kapnb.text.words import words

MOST_PROBLEMS: Final = 100_000
"""After so many problems reading stops, and says so."""

_START: Final = 1 << 16


@dataclass
class Chunks:
    """A table as validated frames, one after the other.

    A CSV file may be larger than memory; any other kind is one chunk. Going through the chunks again reads the file again.

    Attributes:
        source: the file.
        table: which columns to expect.
        cases: the case table that the rows speak of.
        most_rows: a larger table is refused.
        progress: told how many rows are done.
        rows: how many were read, once all chunks are.
        repairs: what was mended, once all chunks are read; as in ``frame.attrs["repairs"]``.
    """

    source: Path
    table: Table
    cases: pd.DataFrame | None = None
    most_rows: int = MOST_ROWS
    progress: Progress | None = None
    rows: int = 0
    repairs: list[Repair] = field(default_factory=list)

    def __iter__(self) -> Iterator[pd.DataFrame]:
        """Frames as :func:`kapnb.read_cases` gives them, with the rows of all chunks counted on.

        Raises:
            CaseTableError: with every problem, when all is read. No chunk comes after the first problem; what came before it is
                of a table that cannot be used.
        """
        self.rows, self.repairs = 0, []
        if _can_be_divided(self.source):
            yield from self._divide()
        else:
            frame = check_sheet(
                read_sheet(self.source, self.table, self.most_rows, self.progress), self.table, self.cases, self.progress
            )
            self.rows, self.repairs = len(frame), frame.attrs["repairs"]
            yield frame

    def _divide(self) -> Iterator[pd.DataFrame]:
        file = _DividedFile(self)
        problems: list[TableProblem] = []
        mended: dict[tuple[str, str], array[int]] = {}
        keys = array("q")
        for part in file.read():
            problems += part.problems
            for what, numbers in part.mended.items():
                mended.setdefault(what, array("q")).extend(numbers)
            keys.frombytes(part.hash_keys().tobytes())
            self.rows += len(part.numbers)
            if len(problems) >= MOST_PROBLEMS:
                problems.append(TableProblem(part.numbers[-1], "", words("table.stopped"), remedy=words("table.remedy_stopped")))
                break
            if not problems:
                yield part.frame.set_axis(pd.RangeIndex(self.rows - len(part.numbers), self.rows))
            if self.progress:
                self.progress(self.rows, 0)
        head = file.read_head()
        problems = [*head.problems, *problems, *islice(_find_repeated(file, keys, self.rows), MOST_PROBLEMS)]
        if problems:
            raise CaseTableError(sort_problems(problems, self.table))
        places = {name: place for place, name in enumerate(head.places)}
        in_order = {what: mended[what] for what in sorted(mended, key=lambda what: places[what[0]])}
        self.repairs = report_all(file.sheet, head, in_order)


def read_in_chunks(
    source: str | PathLike[str],
    kind: str = "cases",
    cases: pd.DataFrame | None = None,
    *,
    most_rows: int = MOST_ROWS,
    progress: Progress | None = None,
) -> Chunks:
    """Read a table that may be larger than memory.

    Args:
        source: a path. A CSV file comes in chunks, any other kind as one.
        kind: what the table holds: ``cases``, ``judgments`` or ``responses``.
        cases: the case table that judgments or responses speak of.
        most_rows: a larger table is refused.
        progress: called with the rows done and, where known, all rows; 0 where not.

    Returns:
        To be gone through with ``for frame in …``; see :class:`Chunks`.
    """
    return Chunks(Path(source), load_table(kind), cases, most_rows, progress)


def assess_file(
    source: str | PathLike[str],
    target: str | PathLike[str] | BinaryIO,
    *,
    readings: Mapping[str, str] | None = None,
    guidance: str = "begley",
    most_rows: int = MOST_ROWS,
    progress: Progress | None = None,
) -> Chunks:
    """Read a table of invented cases, assess each case, and write both, with whose view it is in every row.

    From CSV to CSV the table may be larger than memory.

    Args:
        source: a path.
        target: the path to write, whole or not at all; its ending says what kind of file. Or a file open for writing, which gets
            CSV, and where some may stand already when a problem is found.
        readings: choices for readings that differ from the default.
        guidance: which pack to ask.
        most_rows: a larger table is refused.
        progress: called with the rows done and, where known, all rows; 0 where not.

    Returns:
        What was read: its ``rows`` and its ``repairs``.

    Raises:
        CaseTableError: with every problem of the table, or when the target cannot be written.
    """
    chunks = read_in_chunks(source, most_rows=most_rows, progress=progress)
    path = Path(target) if isinstance(target, str | PathLike) else None
    write = find_writer(path) if path else write_csv
    whole: AbstractContextManager[Any] = open_whole(path) if path else nullcontext(target)
    with whole as file:
        assessed = (add_source(frame.join(assess_table(frame, readings, guidance)), readings, guidance) for frame in chunks)
        if write is write_csv:
            write_chunks(assessed, file)
        else:
            file.write(write(pd.concat(list(assessed), ignore_index=True)))
    if progress:
        progress(chunks.rows, chunks.rows)
    return chunks


def write_chunks(chunks: Iterator[pd.DataFrame], file: BinaryIO) -> None:
    """Frames with the same columns as one CSV file."""
    for place, frame in enumerate(chunks):
        if place == 0:
            file.write(write_head(frame))
        file.writelines(write_lines(frame))


def _can_be_divided(path: Path) -> bool:
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return looks_like_csv(file.read(_START))
    except (OSError, ValueError):  # said where the file is read
        return False


# The parts of a file


@dataclass
class _Part:
    """Some rows.

    Attributes:
        frame: with types where nothing is wrong, else of texts.
        numbers: of each row, as a spreadsheet counts.
        key: the columns that together name a row.
    """

    frame: pd.DataFrame
    numbers: Sequence[int]
    key: tuple[str, ...]
    problems: list[TableProblem] = field(default_factory=list)
    mended: Mapping[tuple[str, str], Sequence[int]] = field(default_factory=dict)

    def list_keys(self) -> list[tuple[str, ...]]:
        return list(zip(*(self.frame[name].tolist() for name in self.key), strict=True))

    def hash_keys(self) -> npt.NDArray[np.int64]:
        """Of each whole key a number; of an incomplete one none."""
        if len(self.key) == 1:
            texts = self.frame[self.key[0]].tolist()
            return np.fromiter(map(hash, filter(None, texts) if "" in texts else texts), np.int64)
        return np.fromiter((hash(own) for own in self.list_keys() if all(own)), np.int64)


class _DividedFile:
    """A CSV file and how it is read: what holds for all its parts."""

    def __init__(self, chunks: Chunks) -> None:
        self.source, self.table, self.cases = chunks.source, chunks.table, chunks.cases
        self.limit = Limit(chunks.most_rows, None)
        self.encoding, self.notices = find_encoding(self.source)
        self.sheet = Sheet([])
        self.head: Head | None = None
        self.filled: set[int] = set()

    def read(self) -> Iterator[_Part]:
        """The parts, from the first. A table without a name that is known has none.

        Raises:
            CaseTableError: when the file cannot be read to its end.
        """
        self.sheet = sheet = Sheet([], notices=[*self.notices])
        with self.source.open("rb") as file:
            rows = self._begin(Blocks(file, self.encoding))
            try:
                self.head = self.read_head()
            except CaseTableError:  # the rows are read all the same: what makes them unreadable counts for more
                self.head = None
            quick = self._make_quick_reader(rows.separator)
            while block := rows.blocks.take():
                frame = quick.read(block) if quick else None
                if frame is not None:
                    first = rows.number + 1
                    rows.number += len(frame)
                    sheet.skipped, sheet.blank = sheet.skipped + sheet.blank, 0
                    sheet.before += len(frame)
                    self.limit.count(sheet.before)
                    yield _Part(frame, range(first, first + len(frame)), self.table.key)
                else:
                    take_rows(rows.split(block), self.limit, sheet)
                    if sheet.rows and self.head:
                        yield self._examine(self.head)
                    sheet.before, sheet.rows, sheet.numbers, sheet.odd = sheet.before + len(sheet.rows), [], [], {}
        sheet.finish()

    def _begin(self, blocks: Blocks) -> Rows:
        """Read as far as the header."""
        block = blocks.take()
        while not find_first_line(block.decode()) and (more := blocks.take()):
            block += more
        start, separator = find_separator(block.decode(), self.table)
        blocks.give_back(block.decode()[start:].encode())
        rows = Rows(blocks, separator)
        while not self.sheet.header and (block := blocks.take()):
            with closing(rows.split(block)) as found:
                for row in found:
                    if take_rows([row], self.limit, self.sheet).header:
                        break
        return rows

    def read_head(self) -> Head:
        return read_head(self.sheet, self.table, self.filled)

    def _make_quick_reader(self, separator: str) -> QuickReader | None:
        """None where what the header says needs a closer look."""
        head = self.head
        if not head or head.problems or len(head.places) < len(self.sheet.header) or "answer" in head.places:
            return None
        known = None if self.cases is None else frozenset(self.cases["case_id"])
        return QuickReader(self.table, tuple(head.places), separator, known)

    def _examine(self, head: Head) -> _Part:
        """The rows that were taken, as a part."""
        self.filled |= find_filled(self.sheet)
        draft = mend_cells(self.sheet, self.table, head)
        texts, problems = examine(draft, self.table, self.cases, repeats=False)
        problems = [*draft.problems, *problems]
        return _Part(texts if problems else give_types(texts, self.table), draft.numbers, self.table.key, problems, draft.mended)


# Rows with the same key


def _find_repeated(file: _DividedFile, hashes: array[int], rows: int) -> Iterator[TableProblem]:
    """Where a key stands again. Two keys may have the same hash, so the file is gone through again for what looks repeated."""
    ordered = np.frombuffer(hashes, dtype=np.int64)
    ordered.sort()  # where they are: a copy would be as large again
    suspects = set(ordered[1:][ordered[1:] == ordered[:-1]][:MOST_PROBLEMS].tolist())
    if not suspects:
        return
    firsts: dict[tuple[str, ...], int] = {}
    for part in file.read():
        for own, number in zip(part.list_keys(), part.numbers, strict=True):
            if all(own) and hash(own[0] if len(own) == 1 else own) in suspects and firsts.setdefault(own, number) != number:
                yield TableProblem(number, part.key[-1], *say_repeated(file.table, firsts[own]))
        rows -= len(part.numbers)
        if not rows:
            return
