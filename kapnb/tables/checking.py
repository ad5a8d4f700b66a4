"""Check a table: read it, mend what can be mended, and give a frame of Categoricals, or everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from kapnb.engine.fields import Dictionary, load_fields
from kapnb.engine.problems import suggest
from kapnb.tables.asking import NO, find_applicable
from kapnb.tables.judging import Codes
from kapnb.tables.problems import CaseTableError, TableProblem
from kapnb.tables.reading import MOST_ROWS, STEP, Progress, Sheet, Source, read_sheet
from kapnb.tables.repairing import Draft, make_plain, put_in_order
from kapnb.tables.schema import Column, Table, load_table
from kapnb.text.identifiers import find_identifiers, find_identifying
from kapnb.text.words import words


def read_cases(source: Source, *, most_rows: int = MOST_ROWS, progress: Progress | None = None) -> pd.DataFrame:
    """Read a table of invented cases: CSV, XLSX, JSON, or Parquet where pyarrow is installed.

    Args:
        source: a path, or the content of a file.
        most_rows: a larger table is refused.
        progress: called with the rows done and, where known, all rows; 0 where not.

    Returns:
        One row a case, with every column of ``schemas/case_table.yaml`` in its order. Each field is a Categorical with its options
        in the order of the page; a missing value is not recorded. ``frame.attrs["repairs"]`` lists what was mended on the way.

    Raises:
        CaseTableError: with every problem as a row of ``problems``.
    """
    table = load_table("cases")
    return check_sheet(read_sheet(source, table, most_rows, progress), table, progress=progress)


def read_judgments(
    source: Source,
    cases: pd.DataFrame | None = None,
    *,
    most_rows: int = MOST_ROWS,
    guidance: str = "begley",
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Read a table of judgments: who concluded what of which case.

    Args:
        source: as for :func:`read_cases`.
        cases: the case table; a judgment on a case that is not in it is then a problem.
        most_rows: a larger table is refused.
        guidance: the pack whose rules may be named as deciding.
        progress: as for :func:`read_cases`.

    Returns:
        One row a judgment, as :func:`read_cases` returns cases. A missing outcome is a judgment not completed.

    Raises:
        CaseTableError: with every problem as a row of ``problems``.
    """
    table = load_table("judgments", guidance)
    return check_sheet(read_sheet(source, table, most_rows, progress), table, cases, progress)


def read_responses(
    source: Source,
    cases: pd.DataFrame | None = None,
    *,
    most_rows: int = MOST_ROWS,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Read a table of responses to follow-ups; as :func:`read_judgments`."""
    table = load_table("responses")
    return check_sheet(read_sheet(source, table, most_rows, progress), table, cases, progress)


def check_sheet(sheet: Sheet, table: Table, cases: pd.DataFrame | None = None, progress: Progress | None = None) -> pd.DataFrame:
    """The frame that a sheet holds.

    Raises:
        CaseTableError: with every problem.
    """
    draft = put_in_order(sheet, table)
    frame, problems = examine(draft, table, cases, progress)
    problems = [*draft.problems, *problems]
    if problems:
        raise CaseTableError(sort_problems(problems, table))
    result = give_types(frame, table)
    result.attrs["repairs"] = draft.repairs
    return result


def examine(
    draft: Draft, table: Table, cases: pd.DataFrame | None = None, progress: Progress | None = None, *, repeats: bool = True
) -> tuple[pd.DataFrame, list[TableProblem]]:
    """A frame of texts, indexed by row number, and what is wrong with it.

    Args:
        draft: a sheet in order.
        table: its columns.
        cases: the case table that the rows speak of.
        progress: told how many rows are looked at.
        repeats: whether to look for rows with the same key; where a file is read in parts, that is for the whole to see.
    """
    columns = {name: draft.texts.get(name) or [""] * len(draft.numbers) for name in table.columns}
    frame = pd.DataFrame(columns, index=pd.Index(draft.numbers, dtype="int64"), dtype="str")
    given = frame[list(draft.texts)]  # what a missing column lacks is said once, of the header
    schema = make_schema(table, given, cases, search_texts(given, table, progress), repeats=repeats)
    return frame, list(_find_problems(given, schema, table, cases))


def give_types(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Texts as they are, options as ordered Categoricals; rows are counted from 0."""
    typed = {
        name: frame[name].replace("", None).astype(column.dtype).array if column.options else frame[name].array
        for name, column in table.columns.items()
    }
    return pd.DataFrame(typed, columns=list(table.columns))


def sort_problems(problems: Iterable[TableProblem], table: Table) -> list[TableProblem]:
    """By row, then by column; of each cell only the first, which the others may follow from."""
    place = {name: at for at, name in enumerate(table.columns)}
    first: dict[tuple[int, str, str], TableProblem] = {}
    for one in problems:
        first.setdefault((one.row, one.column, "" if one.column in place else one.problem), one)
    return sorted(first.values(), key=lambda one: (one.row, place.get(one.column, len(place))))


# What is checked, by pandera


def search_texts(frame: pd.DataFrame, table: Table, progress: Progress | None = None) -> frozenset[str]:
    """The free texts that look as if they could identify a person. Its progress is told: long texts take long."""
    found: set[str] = set()
    for start in range(0, len(frame), STEP):
        for name, column in table.columns.items():
            if name in frame and not column.options:
                found |= find_identifying(frame[name].iloc[start : start + STEP])
        if progress:
            progress(min(start + STEP, len(frame)), len(frame))
    return frozenset(found)


def make_schema(
    table: Table,
    frame: pd.DataFrame,
    cases: pd.DataFrame | None = None,
    identifying: frozenset[str] = frozenset(),
    *,
    repeats: bool = True,
) -> pa.DataFrameSchema:
    """The checks of a table, for a frame of texts. A check that looks across columns is made for this frame alone.

    Args:
        table: its columns.
        frame: one row a row, indexed as a spreadsheet counts, with those columns that are given.
        cases: the case table that the rows speak of.
        identifying: texts that may identify someone.
        repeats: whether no two rows may have the same key.
    """
    fields = load_fields()
    checks = {name: list(_check_column(column, identifying)) for name, column in table.columns.items() if name in frame}
    for name, wrong in _cross_columns(table, frame, cases, fields, repeats=repeats):
        checks[name[0]].append(_check(name[1], lambda cells, wrong=wrong: ~wrong.reindex(cells.index, fill_value=False)))
    return pa.DataFrameSchema({name: pa.Column(str, own) for name, own in checks.items()}, strict=True)


def _check_column(column: Column, identifying: frozenset[str]) -> Iterator[pa.Check]:
    if column.required:
        yield _check("empty", lambda cells: cells != "")
    if column.options:
        yield _check("option", lambda cells: cells.isin([*column.options, ""]))
    else:
        yield _check("too_long", lambda cells: cells.str.len() <= column.most_characters)
        yield _check("identifier", lambda cells: ~cells.isin(identifying))


def _check(name: str, holds: Callable[..., pd.Series]) -> pa.Check:
    return pa.Check(holds, name=name, error=name)


def _cross_columns(
    table: Table, frame: pd.DataFrame, cases: pd.DataFrame | None, fields: Dictionary, *, repeats: bool
) -> Iterator[tuple[tuple[str, str], pd.Series]]:
    """Where columns contradict each other, or another table: the column to blame, the check, and which rows fail it."""
    if repeats and set(table.key) <= set(frame):
        keys = frame[list(table.key)]
        yield (table.key[-1], "repeated"), keys.duplicated() & (keys != "").all(axis=1)
    codes = {name: _code(frame[name], table.columns[name]) for name in fields if name in frame}
    for name, applies in find_applicable(codes, len(frame), fields).items():
        if name in codes:
            yield (name, "not_asked"), (frame[name] != "") & (applies == NO)
    if cases is not None and "case_id" in frame:
        yield ("case_id", "unknown_case"), (frame["case_id"] != "") & ~frame["case_id"].isin(set(cases["case_id"]))
    if {"field", "answer"} <= set(frame):
        pairs = pd.Series([*zip(frame["field"], frame["answer"], strict=True)], index=frame.index, dtype=object)
        known = frame["field"].isin(list(fields)) & (frame["answer"] != "")
        yield ("answer", "answer_of"), known & ~pairs.isin(fields.pairs)


def _code(cells: pd.Series, column: Column) -> Codes:
    """The place of each cell among the options; -1 for an empty cell, and for what is no option."""
    return pd.Index(column.options).get_indexer(pd.Index(cells)).astype(np.int8)


# What is wrong, in words


def _find_problems(
    frame: pd.DataFrame, schema: pa.DataFrameSchema, table: Table, cases: pd.DataFrame | None
) -> Iterator[TableProblem]:
    """Let pandera find what is wrong, and say it in our words: one problem a cell, and nothing of what the cell holds."""
    try:
        schema.validate(frame, lazy=True)
    except SchemaErrors as failure:
        found = failure.failure_cases
        words_of = _Words(frame, table, cases)
        order = {(name, check.name): place for name, column in schema.columns.items() for place, check in enumerate(column.checks)}
        cells = zip(found["column"], found["check"], found["index"], strict=True)
        for name, check, row in sorted(cells, key=lambda cell: order[cell[0], cell[1]]):  # pandera's own order is no promise
            yield TableProblem(int(row), name, *words_of.say(name, check, int(row)))


class _Words:
    """Problem, allowed and remedy for each check that a cell can fail."""

    def __init__(self, frame: pd.DataFrame, table: Table, cases: pd.DataFrame | None) -> None:
        self.frame, self.table = frame, table
        self.known_cases = [] if cases is None else list(cases["case_id"])
        self.said: dict[tuple[str, str, str], tuple[str, str, str]] = {}

    def say(self, name: str, check: str, row: int) -> tuple[str, str, str]:
        if check == "repeated":  # tells another row each time
            return say_repeated(self.table, self._first_row(row))
        key = name, check, self._cell(row, "field" if check == "answer_of" else name)
        if key not in self.said:
            self.said[key] = self._say(self.table.columns[name], check, key[2])
        return self.said[key]

    def _cell(self, row: int, name: str) -> str:
        return str(self.frame.at[row, name])  # noqa: PD008  # one cell, by its row number

    @cached_property
    def _first_rows(self) -> dict[tuple[str, ...], int]:
        keys = self.frame[list(self.table.key)]
        firsts = keys[~keys.duplicated()]
        return dict(zip(firsts.itertuples(index=False, name=None), firsts.index, strict=True))

    def _first_row(self, row: int) -> int:
        return self._first_rows[tuple(self._cell(row, name) for name in self.table.key)]

    def _say(self, column: Column, check: str, cell: str) -> tuple[str, str, str]:  # noqa: PLR0911  # a table
        fields = load_fields()
        match check:
            case "option":
                remedy = suggest(make_plain(cell), column.options) or words("table.remedy_option")
                return words("table.option"), ", ".join(column.options), remedy
            case "too_long":
                return words("case.too_long", limit=f"{column.most_characters:,}"), "", words("table.remedy_too_long")
            case "identifier":
                kinds = words("table.and").join(words(f"identifiers.{kind}") for kind in find_identifiers(cell))
                return words("case.identifier", kind=kinds), "", words("table.remedy_identifier")
            case "not_asked":
                return words("table.not_asked"), words("table.nothing"), _tell_when_asked(column.name, fields)
            case "unknown_case":
                return words("table.unknown_case"), "", suggest(cell, self.known_cases) or words("table.remedy_unknown_case")
            case "answer_of":
                options = ", ".join(option.name for option in fields[cell].options)
                return words("table.answer_of", field=fields[cell].label), options, ""
        return words(f"table.{check}"), "", words(f"table.remedy_{check}")


def say_repeated(table: Table, first_row: int) -> tuple[str, str, str]:
    return words("table.repeated", row=first_row), "", words("table.remedy_repeated", key=", ".join(table.key))


def _tell_when_asked(name: str, fields: Dictionary) -> str:
    """What raises the question, so that either answer can be mended."""
    raised = []
    for parent in fields:
        if parent in fields[name].parents:
            options = [o.name for o in fields[parent].options if fields.applies(name, {parent: o.name})]
            raised.append(words("table.asked_when", parent=parent, options=words("explanation.or").join(options)))
    return words("table.remedy_not_asked", raised="; ".join(raised))
