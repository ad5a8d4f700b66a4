"""Check a frame by a pandera schema, and say what is wrong in our words, with nothing of what a cell holds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches
from functools import cache

import pandas as pd
import pandera.pandas as pa
from pandera.config import ValidationDepth, config_context
from pandera.errors import SchemaError, SchemaErrors

from kapnb.engine.fields import Dictionary
from kapnb.tables.columns import Column, Table, find_nearest
from kapnb.tables.problems import CaseTableError, TableProblem
from kapnb.tables.schema import give_types, make_schema
from kapnb.text.identifiers import find_identifiers
from kapnb.text.words import words


def check_table(
    frame: pd.DataFrame,
    table: Table,
    cases: Collection[str] | None = None,
    found: Iterable[TableProblem] = (),
    header_row: int = 1,
    *,
    unique: bool = True,
) -> pd.DataFrame:
    """Check a frame of texts or Categoricals, whose index counts rows as a spreadsheet does.

    Args:
        frame: the rows.
        table: its columns.
        cases: the only ones that rows may be about; None for any.
        found: problems found before.
        header_row: the number of the row with the column names.
        unique: whether two rows with the same key are a problem.

    Returns:
        The frame with every column, options as ordered Categoricals.

    Raises:
        CaseTableError: with every problem, by row and column; of each cell only the first, which others may follow from.
    """
    problems = list(found)
    present = replace(table, columns={name: one for name, one in table.columns.items() if name in frame or one.required})
    try:
        # Whatever is set for pandera on this machine, everything is checked.
        with config_context(True, ValidationDepth.SCHEMA_AND_DATA, use_narwhals_backend=False):  # noqa: FBT003  # as pandera has it
            typed: pd.DataFrame = make_schema(present, cases, unique=unique).validate(frame, lazy=True)
    except SchemaErrors as failure:
        problems += _list_problems(failure.schema_errors, frame, table, cases or (), header_row)
    if not problems:
        return give_types(table, typed)
    place = {name: at for at, name in enumerate(table.columns)}
    first: dict[tuple[int, str, str], TableProblem] = {}
    for one in problems:
        first.setdefault((one.row, one.column, "" if one.column in place else one.problem), one)
    raise CaseTableError(sorted(first.values(), key=lambda one: (one.row, place.get(one.column, len(place))))) from None


def _list_problems(
    errors: Iterable[SchemaError], frame: pd.DataFrame, table: Table, cases: Collection[str], header_row: int
) -> Iterator[TableProblem]:
    @cache
    def say(name: str, check: str, cell: str) -> tuple[str, str, str]:
        return _find_words(table, table.columns[name], check, cell, cases)

    for error in errors:
        check = error.check
        if isinstance(check, pa.Check):
            name, kind, held = check.title or str(error.schema.name), str(check.name), error.check_output
            rows = held.index[~held.astype(bool)]
            if kind == "repeated":
                first = pd.Series(frame.index, frame.index).groupby([frame[key] for key in table.key]).transform("first")
                cells = map(str, first[rows])
            else:
                cells = map(str, frame.loc[rows, "field" if kind == "answer_of" else name])
            for row, cell in zip(rows, cells, strict=True):
                yield TableProblem(int(row), name, *say(name, kind, cell))
        elif key := {"column_in_dataframe": "missing_column", "dataframe_column_labels_unique": "twice"}.get(str(check)):
            names = error.failure_cases
            for name in [names] if isinstance(names, str) else names:
                yield TableProblem(header_row, name, words(f"table.{key}"), remedy=words(f"table.remedy_{key}"))
        elif not str(check).startswith("dtype"):  # a cell that is no option is told by itself
            raise AssertionError(f"unforeseen check: {check}")


def _find_words(table: Table, column: Column, check: str, cell: str, cases: Collection[str]) -> tuple[str, str, str]:
    """Problem, allowed and remedy for a check that a cell fails; for a row that repeats another, the cell is the other's number."""

    def suggest(known: Collection[str], given: str, likeness: float) -> str:
        near = get_close_matches(given, known, n=1, cutoff=likeness)
        return words("table.may_mean", name=near[0]) if near else words(f"table.remedy_{check}")

    problem, allowed, remedy = f"table.{check}", "", f"table.remedy_{check}"
    values: dict[str, object] = {}
    match check:
        case "option":  # a misspelled one is meant; a word more or less may mean something else
            near = find_nearest(cell, column)
            remedy = words("table.may_mean", name=near) if near else words("table.remedy_option")
            return words(problem), ", ".join(column.options), remedy
        case "unknown_case":
            return words(problem), "", suggest(cases, cell, 0.6)
        case "answer_of":
            field = table.fields[cell]
            return words(problem, field=field.label), ", ".join(option.name for option in field.options), ""
        case "too_long":
            problem, values = "case.too_long", {"limit": f"{column.most_characters:,}"}
        case "identifier":
            kinds = words("table.and").join(words(f"identifiers.{kind}") for kind in find_identifiers(cell))
            problem, values = "case.identifier", {"kind": kinds}
        case "not_asked":
            allowed, values = words("table.nothing"), {"raised": _say_when_asked(column.name, table.fields)}
        case "repeated":
            values = {"row": cell, "key": ", ".join(table.key)}
    return words(problem, **values), allowed, words(remedy, **values)


def _say_when_asked(name: str, fields: Dictionary) -> str:
    """What raises a question, so that either answer can be corrected."""
    raised = []
    for parent in fields:
        if parent in fields[name].parents:
            options = [o.name for o in fields[parent].options if fields.applies(name, {parent: o.name})]
            raised.append(words("table.asked_when", parent=parent, options=words("explanation.or").join(options)))
    return "; ".join(raised)
