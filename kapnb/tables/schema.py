"""The pandera schemas of the tables."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import cache, partial
from typing import Any, Final

import pandas as pd
import pandera.pandas as pa

from kapnb.engine.conditions import Atom, evaluate
from kapnb.engine.edition import Edition
from kapnb.engine.fields import Dictionary
from kapnb.tables.columns import Column, Table, load_table
from kapnb.text.identifiers import find_identifying

_MOST_EXAMPLES: Final = 100
"""How many failing rows pandera lists of a check over several columns: it repeats each of them cell by cell."""


def case_schema(edition: Edition | None = None) -> pa.DataFrameSchema:
    """The schema of a case table, for a frame of your own.

    ``case_schema(edition).validate(frame, lazy=True)`` gives the frame with every column, options as ordered Categoricals, or
    raises pandera's ``SchemaErrors``. Unlike :func:`kapnb.read_cases` it obeys pandera's own settings, which can switch it off.

    >>> import pandas as pd
    >>> frame = case_schema().validate(pd.DataFrame({"case_id": ["A"], "ocd": ["yes"]}), lazy=True)
    >>> str(frame["ocd"].max()), int(frame["bpd_diagnosis"].notna().sum())
    ('yes', 0)
    """
    return make_schema(load_table("cases", edition))


def judgments_schema(edition: Edition | None = None, cases: Collection[str] | None = None) -> pa.DataFrameSchema:
    """The schema of a judgments table, as :func:`case_schema`; where ``cases`` are given, only those can be judged."""
    return make_schema(load_table("judgments", edition), cases)


def responses_schema(edition: Edition | None = None, cases: Collection[str] | None = None) -> pa.DataFrameSchema:
    """The schema of a table of responses to follow-ups, as :func:`judgments_schema`."""
    return make_schema(load_table("responses", edition), cases)


def make_schema(table: Table, cases: Collection[str] | None = None, *, unique: bool = True) -> pa.DataFrameSchema:
    """The schema of a table; ``unique`` rows name each thing once."""
    columns = {
        name: pa.Column(_type_of(column), list(_check_column(column, cases)), nullable=True, required=column.required)
        for name, column in table.columns.items()
    }
    return pa.DataFrameSchema(
        columns,
        list(_check_rows(table, unique=unique)),
        parsers=pa.Parser(partial(give_types, table)),
        strict=True,
        unique_column_names=True,
        name=table.name,
    )


@cache
def _type_of(column: Column) -> Any:
    """Text, or the options in their order."""
    return pd.CategoricalDtype(list(column.options), ordered=True) if column.options else "str"


def give_types(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Every column in its order, texts as texts, options as ordered Categoricals; what cannot be one stays, to be refused."""
    if not frame.columns.is_unique:
        return frame
    typed = {
        name: _give_type(frame[name], column)
        if name in frame
        else pd.Series(None if column.options else "", frame.index, dtype=_type_of(column))
        for name, column in table.columns.items()
        if name in frame or not column.required
    }
    return pd.DataFrame(typed | {name: frame[name] for name in frame if name not in typed}, index=frame.index)


def _give_type(cells: pd.Series, column: Column) -> pd.Series:
    if cells.dtype == _type_of(column):
        return cells if column.options else cells.fillna("")
    plain = cells.astype(object)
    if not column.options:
        filled = plain.where(plain.notna(), "")
        return filled.astype("str") if pd.api.types.infer_dtype(filled) in ("string", "empty") else filled
    filled = plain.where(plain != "", None)
    try:
        codes = pd.Index(column.options).get_indexer(pd.Index(filled))
    except TypeError:  # a list, or something else that cannot be looked up, in a cell
        return filled.map(lambda cell: cell if isinstance(cell, str) else repr(cell), na_action="ignore")
    if ((codes < 0) & filled.notna()).any():
        return filled
    return pd.Series(pd.Categorical.from_codes(codes, dtype=_type_of(column)), filled.index)


def _check_column(column: Column, cases: Collection[str] | None) -> Iterator[pa.Check]:
    if column.required:
        yield _check("empty", lambda cells: cells.notna() & (cells != ""), ignore_na=False)
    if column.options:
        yield _check("option", lambda cells: cells.isin(column.options))
    else:
        yield _check("too_long", lambda cells: cells.str.len() <= column.most_characters)
        yield _check("identifier", lambda cells: ~cells.isin(find_identifying(cells)))
    if column.name == "case_id" and cases is not None:
        known = frozenset(cases)
        yield _check("unknown_case", lambda cells: cells.isin(known) | (cells == ""))


def _check_rows(table: Table, *, unique: bool) -> Iterator[pa.Check]:
    def is_first(frame: pd.DataFrame) -> pd.Series:
        keys = frame[list(table.key)].astype(object)
        return ~keys.duplicated() | keys.isna().any(axis=1) | (keys == "").any(axis=1)

    def is_of_field(frame: pd.DataFrame) -> pd.Series:
        known = frame["field"].isin(list(table.fields)) & frame["answer"].notna()
        pairs = {f"{name} {option}" for name, option in table.fields.pairs}
        return ~known | (frame["field"].astype("str") + " " + frame["answer"].astype("str")).isin(pairs)

    def is_asked(name: str, frame: pd.DataFrame) -> pd.Series:
        return frame[name].isna() | _may_apply(name, frame, table.fields)

    if not table.key:  # answers alone: one that does not count is no mistake
        return
    if unique:
        yield _check_wide("repeated", table.key, is_first)
    if "answer" in table.columns:
        yield _check_wide("answer_of", ("field", "answer"), is_of_field)
    for name, field in table.fields.items():
        if name in table.columns and not field.always:
            yield _check_wide("not_asked", (name,), partial(is_asked, name))


def _may_apply(name: str, frame: pd.DataFrame, fields: Dictionary) -> pd.Series:
    """Where a question may be asked, as far as the answers to those that raise it tell."""

    def leaf(atom: Atom) -> pd.Series:
        asked = _may_apply(atom.field, frame, fields)
        if atom.field not in frame:
            return asked
        cells = frame[atom.field]
        return (cells.isin(atom.answers) | ~cells.isin([option.name for option in fields[atom.field].options])) & asked

    everywhere = pd.Series(True, frame.index)  # noqa: FBT003  # the value, not a switch
    may: pd.Series = evaluate(fields[name].asked_when, leaf, true=everywhere, false=~everywhere)
    return may


def _check(name: str, holds: Callable[..., pd.Series], *, ignore_na: bool = True) -> pa.Check:
    return pa.Check(holds, name=name, error=name, ignore_na=ignore_na)


def _check_wide(name: str, read: tuple[str, ...], holds: Callable[[pd.DataFrame], pd.Series]) -> pa.Check:
    """A check over several columns, of which the last is to blame."""

    def check(frame: pd.DataFrame) -> pd.Series | bool:
        return holds(frame) if set(read) <= set(frame) else True  # a missing column is told by itself

    return pa.Check(check, name=name, error=f"{read[-1]}: {name}", title=read[-1], n_failure_cases=_MOST_EXAMPLES)
