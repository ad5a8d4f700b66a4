"""Check a frame by a pandera schema, and say what is wrong in our words, with nothing of what a cell holds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches

import pandas as pd
import pandera.pandas as pa
from pandera.config import ValidationDepth, config_context
from pandera.errors import SchemaError, SchemaErrors

from kapnb.tables.columns import Column, Table, make_plain
from kapnb.tables.problems import CaseTableError, TableProblem
from kapnb.tables.schema import make_schema
from kapnb.text.identifiers import find_identifiers
from kapnb.text.words import words


def check_table(
    frame: pd.DataFrame, table: Table, cases: Collection[str] | None = None, found: Iterable[TableProblem] = (), header_row: int = 1
) -> pd.DataFrame:
    """Check a frame whose index counts rows as a spreadsheet does.

    Args:
        frame: texts, or Categoricals.
        table: its columns.
        cases: the cases that the rows may speak of.
        found: what was found wrong before.
        header_row: the number of the row with the names.

    Returns:
        The frame with every column, options as ordered Categoricals.

    Raises:
        CaseTableError: with every problem, by row and column; of each cell only the first, which others may follow from.
    """
    problems = list(found)
    try:
        # Whatever is set for pandera on this machine, everything is checked.
        with config_context(True, ValidationDepth.SCHEMA_AND_DATA, use_narwhals_backend=False):  # noqa: FBT003  # as pandera has it
            typed: pd.DataFrame = make_schema(table, cases).validate(frame, lazy=True)
    except SchemaErrors as failure:
        problems += _Words(frame, table, cases or ()).list_problems(failure.schema_errors, header_row)
    if not problems:
        return typed
    place = {name: at for at, name in enumerate(table.columns)}
    first: dict[tuple[int, str, str], TableProblem] = {}
    for one in problems:
        first.setdefault((one.row, one.column, "" if one.column in place else one.problem), one)
    raise CaseTableError(sorted(first.values(), key=lambda one: (one.row, place.get(one.column, len(place))))) from None


_OF_COLUMNS = {"column_in_dataframe": "missing_column", "dataframe_column_labels_unique": "twice"}


class _Words:
    """Problem, allowed and remedy for each check that a cell can fail."""

    def __init__(self, frame: pd.DataFrame, table: Table, cases: Collection[str]) -> None:
        self.frame, self.table, self.cases = frame, table, cases
        self.said: dict[tuple[str, str, str], tuple[str, str, str]] = {}
        self.firsts: dict[tuple[str, ...], int] = {}

    def list_problems(self, errors: Iterable[SchemaError], header_row: int) -> Iterator[TableProblem]:
        for error in errors:
            check = error.check
            if isinstance(check, pa.Check):
                name, failed = check.title or str(error.schema.name), error.check_output
                for row in failed.index[~failed.astype(bool)]:
                    yield TableProblem(int(row), name, *self._say(name, str(check.name), int(row)))
            elif check in _OF_COLUMNS:
                key, names = _OF_COLUMNS[str(check)], error.failure_cases
                for name in [names] if isinstance(names, str) else names:
                    yield TableProblem(header_row, name, words(f"table.{key}"), remedy=words(f"table.remedy_{key}"))
            elif not str(check).startswith("dtype"):  # a cell that is no option is told by itself
                raise AssertionError(f"unforeseen check: {check}")

    def _say(self, name: str, check: str, row: int) -> tuple[str, str, str]:
        if check == "repeated":  # tells another row each time
            return (
                words("table.repeated", row=self._first_row(row)),
                "",
                words("table.remedy_repeated", key=", ".join(self.table.key)),
            )
        key = name, check, str(self.frame.at[row, "field" if check == "answer_of" else name])  # noqa: PD008  # one cell, by its row
        if key not in self.said:
            self.said[key] = self._find_words(self.table.columns[name], check, key[2])
        return self.said[key]

    def _first_row(self, row: int) -> int:
        keys = list(self.table.key)
        if not self.firsts:
            firsts = self.frame[keys].drop_duplicates()
            self.firsts = {tuple(own): int(number) for number, own in zip(firsts.index, firsts.to_numpy(), strict=True)}
        return self.firsts[tuple(str(self.frame.at[row, name]) for name in keys)]  # noqa: PD008  # as above

    def _find_words(self, column: Column, check: str, cell: str) -> tuple[str, str, str]:  # noqa: PLR0911  # a table
        problem, allowed, remedy = f"table.{check}", "", f"table.remedy_{check}"
        match check:
            case "option":  # a misspelled one is meant; a word more or less may mean something else
                near = get_close_matches(make_plain(cell), column.options, n=1, cutoff=0.8)
                return words(problem), ", ".join(column.options), words("table.may_mean", name=near[0]) if near else words(remedy)
            case "unknown_case":
                near = get_close_matches(cell, self.cases, n=1)
                return words(problem), allowed, words("table.may_mean", name=near[0]) if near else words(remedy)
            case "too_long":
                return words("case.too_long", limit=f"{column.most_characters:,}"), allowed, words(remedy)
            case "identifier":
                kinds = words("table.and").join(words(f"identifiers.{kind}") for kind in find_identifiers(cell))
                return words("case.identifier", kind=kinds), allowed, words(remedy)
            case "not_asked":
                return words(problem), words("table.nothing"), words(remedy, raised=self._say_when_asked(column.name))
            case "answer_of":
                one = self.table.fields[cell]
                return words(problem, field=one.label), ", ".join(option.name for option in one.options), ""
        return words(problem), allowed, words(remedy)

    def _say_when_asked(self, name: str) -> str:
        """What raises a question, so that either answer can be corrected."""
        fields, raised = self.table.fields, []
        for parent in fields:
            if parent in fields[name].parents:
                options = [o.name for o in fields[parent].options if fields.applies(name, {parent: o.name})]
                raised.append(words("table.asked_when", parent=parent, options=words("explanation.or").join(options)))
        return "; ".join(raised)
