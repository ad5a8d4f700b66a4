"""Put a sheet in order: columns by their names, cells as plain texts. What is mended is told; nothing that could be lost is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Final

from kapnb.engine.problems import shorten, suggest
from kapnb.tables.problems import CaseTableError, TableProblem
from kapnb.tables.reading import Sheet
from kapnb.tables.schema import Column, Table
from kapnb.text.characters import has_unwritable
from kapnb.text.identifiers import find_identifiers
from kapnb.text.words import words

Repair = dict[str, str | int]
"""What was mended: ``column``, ``repair``, ``rows`` as a text such as "2, 5-9", and their ``count``."""

BLANKS: Final = " \t\n\r\v\f\x1c\x1d\x1e\x1f\x85\u00a0\u1680\u2028\u2029\u202f\u205f\u3000\u200b\u2060\ufeff" + "".join(
    map(chr, range(0x2000, 0x200B))
)
"""Everything that looks like nothing, the no-break space of a web page among it."""

_QUOTES: Final = "\"'`\u00b4\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb"

_RUNS: Final = r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
_NUMBER: Final = r"[+-]?\d+(?:\.\d+)?$"
_TO_NEUTRALIZE: Final = re.compile(rf"(?!{_NUMBER})'*\s*{_RUNS}")
_NEUTRALIZED: Final = re.compile(rf"'(?!{_NUMBER})'*\s*{_RUNS}")


RISKY: Final = frozenset(f"'=+-@\uff1d\uff0b\uff0d\uff20{BLANKS}")
"""What a text begins with where :func:`neutralize`, or reading, may change its beginning."""


def neutralize(text: str) -> str:
    """A text that no spreadsheet runs: an apostrophe in front of what would begin a formula.

    >>> neutralize("=1+1"), neutralize("-2"), neutralize("mixed")
    ("'=1+1", '-2', 'mixed')
    """
    return f"'{text}" if _TO_NEUTRALIZE.match(text) else text


@dataclass
class Head:
    """What the first row of a sheet says.

    Attributes:
        places: the place of each known column; results of an earlier export are left out.
        problems: what is wrong with the names.
        repairs: which names were mended.
    """

    places: dict[str, int] = field(default_factory=dict)
    problems: list[TableProblem] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)


@dataclass
class Draft:
    """A sheet in order, not yet checked.

    Attributes:
        texts: for each column of the file that is known, its cells.
        numbers: for each row its number as a spreadsheet shows it.
        problems: what was found wrong so far.
        repairs: what was mended.
        mended: what was mended in the cells, by column and by what is said of it: the numbers of the rows.
    """

    texts: dict[str, list[str]] = field(default_factory=dict)
    numbers: list[int] = field(default_factory=list)
    problems: list[TableProblem] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)
    mended: dict[tuple[str, str], list[int]] = field(default_factory=dict)


def put_in_order(sheet: Sheet, table: Table) -> Draft:
    """Find the columns and mend the cells.

    Raises:
        CaseTableError: when the first row names no column of the table.
    """
    head = read_head(sheet, table, find_filled(sheet))
    draft = mend_cells(sheet, table, head)
    draft.problems = [*head.problems, *draft.problems]
    draft.repairs = report_all(sheet, head, draft.mended)
    return draft


def mend_cells(sheet: Sheet, table: Table, head: Head) -> Draft:
    """The rows of a sheet as columns, each cell mended or told as a problem."""
    draft = Draft(numbers=sheet.numbers)
    cells: Sequence[Sequence[str]] = list(zip(*sheet.rows, strict=True)) or [()] * len(sheet.header)
    for name, place in head.places.items():
        draft.texts[name] = _mend_column(table.columns[name], cells[place], sheet, draft)
    shown = {place: name for name, place in head.places.items()}
    for (row, place), key in sheet.odd.items():
        if row != sheet.header_row and (place in shown or key == "beyond"):
            remedy = words(f"table.remedy_{key}")
            draft.problems.append(TableProblem(row, shown.get(place, ""), words(f"table.{key}"), remedy=remedy))
    return draft


def report_all(sheet: Sheet, head: Head, mended: Mapping[tuple[str, str], Sequence[int]]) -> list[Repair]:
    """Everything that was mended: in the file as a whole, in the names, in the cells."""
    notices = [_report("", notice, []) for notice in sheet.notices]
    return [*notices, *head.repairs, *(_report(column, said, rows) for (column, said), rows in mended.items())]


# The header


def read_head(sheet: Sheet, table: Table, filled: Collection[int]) -> Head:
    """Find the columns.

    Args:
        sheet: with its header.
        table: the columns to look for.
        filled: the places of columns without a name in which something stands.

    Raises:
        CaseTableError: when the first row names no column of the table.
    """
    row = sheet.header_row
    known = {make_plain(name): name for name in (*table.columns, *table.results)}
    head = Head()
    for place, given in enumerate(sheet.header):
        name = known.get(make_plain(given))
        if name is None:
            head.problems += _refuse_name(place, given, sheet, table, filled)
        elif name in head.places:
            head.problems.append(TableProblem(row, name, words("table.twice"), remedy=words("table.remedy_twice")))
        else:
            head.places[name] = place
            if given != name:
                head.repairs.append(_report(name, words("table.repair_name", name=name), [row]))
    results = [name for name in head.places if name in table.results]
    if len(results) == len(head.places):
        names = ", ".join(table.columns)
        raise CaseTableError([TableProblem(row, "", words("table.no_header"), names, words("table.remedy_template"))])
    if results:
        head.repairs.append(_report("", words("table.notice_results", names=", ".join(results)), []))
    head.problems += [
        TableProblem(row, column.name, words("table.missing_column"), remedy=words("table.remedy_missing_column"))
        for column in table.columns.values()
        if column.required and column.name not in head.places
    ]
    for name in results:
        del head.places[name]
    return head


def find_filled(sheet: Sheet) -> set[int]:
    """The places of the columns without a name in which something stands."""
    nameless = [place for place, given in enumerate(sheet.header) if not given.strip(BLANKS)]
    odd = {place for _, place in sheet.odd}
    return {place for place in nameless if place in odd or any(row[place].strip(BLANKS) for row in sheet.rows)}


def _refuse_name(place: int, given: str, sheet: Sheet, table: Table, filled: Collection[int]) -> Iterator[TableProblem]:
    """What is wrong with a column whose name is unknown. One that is empty, name and all, is nothing."""
    row = sheet.header_row
    if (row, place) in sheet.odd:
        yield TableProblem(row, "", words("table.odd_name", column=place + 1), remedy=words("table.remedy_no_name"))
    elif given.strip(BLANKS):
        yield _unknown_column(row, given, table)
    elif place in filled:
        yield TableProblem(row, "", words("table.no_name", column=place + 1), remedy=words("table.remedy_no_name"))


def _unknown_column(row: int, given: str, table: Table) -> TableProblem:
    kinds = set(find_identifiers(given))
    hidden = bool(kinds) and (kinds != {"birth"} or any(map(str.isdigit, given)))  # "DOB" alone names a column, not a birthday
    name = "…" if hidden else shorten(given.strip(BLANKS))
    remedy = "" if hidden else suggest(make_plain(given), table.columns)
    return TableProblem(
        row, name, words("table.unknown_column"), ", ".join(table.columns), remedy or words("table.remedy_unknown_column")
    )


# The cells


def _mend_column(column: Column, cells: Sequence[str], sheet: Sheet, draft: Draft) -> list[str]:
    """Each different text is looked at once."""
    texts = dict.fromkeys(cells)
    mended = {text: _mend_option(column, text) if column.options else _mend_text(text, sheet.spreadsheet) for text in texts}
    unwritable = {text for text, (plain, _) in mended.items() if has_unwritable(plain)}
    changed = {text for text, (plain, _) in mended.items() if plain != text} - unwritable
    if unwritable:
        problem, remedy = words("table.unwritable"), words("table.remedy_unwritable")
        for number, text in zip(sheet.numbers, cells, strict=True):
            if text in unwritable:
                draft.problems.append(TableProblem(number, column.name, problem, remedy=remedy))
    if changed:
        for number, text in zip(sheet.numbers, cells, strict=True):
            if text in changed:
                for said in mended[text][1]:
                    draft.mended.setdefault((column.name, said), []).append(number)
    return [("" if text in unwritable else mended[text][0]) for text in cells]


def _mend_text(text: str, spreadsheet: bool) -> tuple[str, tuple[str, ...]]:  # noqa: FBT001  # a fact of the file, not a switch
    """A free text without blanks around it, its lines ended alike, and without the apostrophe of :func:`neutralize`."""
    said = []
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    if plain != text:
        said.append(words("table.repair_lines"))
    stripped = plain.strip(BLANKS)
    if stripped != plain:
        said.append(words("table.repair_blanks"))
    if spreadsheet and _NEUTRALIZED.match(stripped):
        stripped = stripped[1:]
        said.append(words("table.repair_apostrophe"))
    return stripped, tuple(said)


def _mend_option(column: Column, text: str) -> tuple[str, tuple[str, ...]]:
    """An option as it is spelled, where exactly one can be meant; anything else as it stands."""
    stripped = text.strip(BLANKS)
    if stripped in column.options or not stripped:
        return stripped, (words("table.repair_blanks"),)
    meant = _spellings(column).get(make_plain(stripped), set())
    if len(meant) == 1:
        (option,) = meant
        return option, (words("table.repair_option", option=option),)
    return stripped, (words("table.repair_blanks"),)


@lru_cache(maxsize=256)
def _spellings(column: Column) -> Mapping[str, set[str]]:
    """Each way to write an option, its name or its label, with the options that can be meant."""
    meant: dict[str, set[str]] = {}
    for option in column.options:
        for said in (option, column.labels.get(option, "")):
            if said:
                meant.setdefault(make_plain(said), set()).add(option)
    return meant


def make_plain(text: str) -> str:
    """A name or an option apart from how it is typed: case, quotation marks, blanks, hyphens and underscores."""
    signs = unicodedata.normalize("NFKC", text).replace("\N{MINUS SIGN}", "-").casefold()
    bare = signs.strip(BLANKS + _QUOTES).removeprefix("+")
    return re.sub(r"[\s_]+|(?<=\w)-(?=\w)", "_", bare)


# What was mended


def _report(column: str, said: str, rows: Sequence[int]) -> Repair:
    return {"column": column, "repair": said, "rows": ", ".join(_join_runs(rows)), "count": len(rows)}


def _join_runs(numbers: Sequence[int]) -> Iterator[str]:
    """Neighbors as one: 2, 5-9, 12."""
    if not numbers:
        return
    starts = [numbers[0], *(after for before, after in pairwise(numbers) if after != before + 1)]
    ends = [*(before for before, after in pairwise(numbers) if after != before + 1), numbers[-1]]
    for start, end in zip(starts, ends, strict=True):
        yield str(start) if start == end else f"{start}-{end}"
