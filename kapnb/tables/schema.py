"""The tables: their columns, read from ``schemas/``, and the pandera schemas that check a frame."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Final

import pandas as pd
import pandera.pandas as pa

from kapnb.engine.conditions import Atom, evaluate
from kapnb.engine.edition import Edition, load_guidance
from kapnb.engine.fields import Dictionary
from kapnb.engine.outcomes import BY_CAUTION
from kapnb.engine.problems import DictionaryError
from kapnb.engine.records import Record, finish, read_record
from kapnb.limits import PACK
from kapnb.paths import schemas
from kapnb.text.identifiers import find_identifying
from kapnb.text.words import words

TABLES: Final = {"cases": "case_table.yaml", "judgments": "judgments_table.yaml", "responses": "responses_table.yaml"}
"""Each kind of table, with its column list."""

BLANKS: Final = " \t\n\r\v\f\x1c\x1d\x1e\x1f\x85\u00a0\u1680\u2028\u2029\u202f\u205f\u3000\u200b\u2060\ufeff" + "".join(
    map(chr, range(0x2000, 0x200B))
)
"""Everything that looks like nothing, the no-break space of a web page among it."""

_QUOTES: Final = "\"'`\u00b4\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb"

_MOST_EXAMPLES: Final = 100
"""How many failing rows pandera lists of a check over several columns: it repeats each of them cell by cell."""


# The columns


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        options: what a cell may hold besides nothing, in order; empty for free text.
        labels: for each option the words that a person sees; a cell may hold those instead, which is repaired.
        most_characters: the greatest length of a free text.
    """

    name: str
    help: str
    required: bool = False
    options: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict, compare=False)
    most_characters: int = 0

    @property
    def dtype(self) -> pd.CategoricalDtype[str]:
        """The options in their order, as a type."""
        return pd.CategoricalDtype(list(self.options), ordered=True)


@dataclass(frozen=True)
class Table:
    """A kind of table.

    Attributes:
        row: what one row is, in a word.
        key: the columns that together name a row; none where the rows are answers alone.
        fields: the dictionary of the questions among the columns.
    """

    name: str
    row: str
    key: tuple[str, ...]
    columns: Mapping[str, Column]
    fields: Dictionary


def load_table(name: str, edition: Edition | None = None) -> Table:
    """The columns of a kind of table, with the questions, options and rules of an edition.

    Raises:
        DictionaryError: listing every mistake in the file.
    """
    return _load(name, edition or load_guidance(PACK).bind())


@cache
def _load(name: str, edition: Edition) -> Table:
    return read_columns(schemas() / TABLES[name], edition)


def read_columns(path: Path, edition: Edition) -> Table:
    """Read a column list.

    Raises:
        DictionaryError: listing every mistake in the file.
    """
    file = read_record(path, DictionaryError)
    fields = edition.fields
    lists = {
        "outcomes": {str(outcome): words(f"outcomes.{outcome}") for outcome in BY_CAUTION},
        "rules": {rule.name: "" for rule in edition.guidance.rules},
        "fields": {name: one.label for name, one in fields.items()},
        "answers": {option.name: "" for one in fields.values() for option in one.options},
    }
    columns: dict[str, Column] = {}
    for record in file.records("columns", required=True):
        for column in _read_columns(record, lists, fields):
            if column.name in columns:
                record.wrong("name", f'"{column.name}" is the name of an earlier column too')
            columns[column.name] = column
    file.text("edition")
    table = Table(file.text("name"), file.text("row"), file.texts("key", columns, required=True), columns, fields)
    file.close()
    finish(file, DictionaryError)
    return table


def _read_columns(record: Record, lists: Mapping[str, Mapping[str, str]], fields: Dictionary) -> Iterator[Column]:
    name, kind, said = record.text("name"), record.choice("kind", ("text", "option", "fields")), record.text("help")
    required = record.flag("required")
    if kind == "fields":
        for one in fields.values():
            labels = {option.name: option.label for option in one.options}
            yield Column(one.name, one.question, options=tuple(labels), labels=labels)
    elif kind == "option":
        source = record.choice("options_from", lists, "")
        options = lists[source] if source in lists else dict.fromkeys(record.texts("options", required=True), "")
        yield Column(name, said, required, tuple(options), options)
    else:
        most = record.number("most_characters")
        if most < 1:
            record.wrong("most_characters", "is no length", "a whole number from 1")
        yield Column(name, said, required, most_characters=most)
    record.close()


def make_plain(text: str) -> str:
    """A name or an option apart from how it is typed: case, quotation marks, blanks, hyphens and underscores."""
    signs = unicodedata.normalize("NFKC", text).replace("\N{MINUS SIGN}", "-").casefold()
    bare = signs.strip(BLANKS + _QUOTES).removeprefix("+")
    return re.sub(r"[\s_]+|(?<=\w)-(?=\w)", "_", bare)


# The schemas


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


def make_schema(table: Table, cases: Collection[str] | None = None) -> pa.DataFrameSchema:
    """The schema of a table. The title of a check over several columns names the one to blame."""
    columns = {
        name: pa.Column(
            column.dtype if column.options else str,
            list(_check_column(column, cases)),
            nullable=True,
            required=column.required,
            description=column.help,
        )
        for name, column in table.columns.items()
    }
    return pa.DataFrameSchema(
        columns,
        list(_check_rows(table)),
        parsers=pa.Parser(partial(_give_types, table)),
        strict=True,
        unique_column_names=True,
        name=table.name,
    )


def _give_types(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Every column in its order, texts as texts, options as ordered Categoricals; what cannot be one stays, to be refused."""
    if not frame.columns.is_unique:
        return frame
    typed = {
        name: _give_type(frame[name] if name in frame else pd.Series(pd.NA, frame.index, dtype=object), column)
        for name, column in table.columns.items()
        if name in frame or not column.required
    }
    return pd.DataFrame(typed | {name: frame[name] for name in frame if name not in typed}, index=frame.index)


def _give_type(cells: pd.Series, column: Column) -> pd.Series:
    if cells.dtype == column.dtype and column.options:
        return cells
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
    return pd.Series(pd.Categorical.from_codes(codes, dtype=column.dtype), filled.index)


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


def _check_rows(table: Table) -> Iterator[pa.Check]:
    def is_first(frame: pd.DataFrame) -> pd.Series:
        keys = frame[list(table.key)].astype(object)
        return ~keys.duplicated() | keys.isna().any(axis=1) | (keys == "").any(axis=1)

    if not table.key:  # answers alone: one that does not count is no mistake
        return
    yield _check_wide("repeated", table.key[-1], table.key, is_first)
    for name in table.columns.keys() & {one.name for one in table.fields.values() if not one.always}:
        yield _check_wide("not_asked", name, (name,), partial(_is_asked, name, table.fields))
    if {"field", "answer"} <= table.columns.keys():
        pairs = {f"{name} {option}" for name, option in table.fields.pairs}

        def is_of_field(frame: pd.DataFrame) -> pd.Series:
            known = frame["field"].isin(list(table.fields)) & frame["answer"].notna()
            return ~known | (frame["field"].astype("str") + " " + frame["answer"].astype("str")).isin(pairs)

        yield _check_wide("answer_of", "answer", ("field", "answer"), is_of_field)


def _is_asked(name: str, fields: Dictionary, frame: pd.DataFrame) -> pd.Series:
    return frame[name].isna() | may_apply(name, frame, fields)


def may_apply(name: str, frame: pd.DataFrame, fields: Dictionary) -> pd.Series:
    """Where a question may be asked, as far as the answers to those that raise it tell."""

    def leaf(atom: Atom) -> pd.Series:
        if atom.field not in frame:
            return may_apply(atom.field, frame, fields)
        cells = frame[atom.field]
        known = cells.isin([option.name for option in fields[atom.field].options])
        return (~known | cells.isin(atom.answers)) & may_apply(atom.field, frame, fields)

    everywhere = pd.Series(True, frame.index)  # noqa: FBT003  # the value, not a switch
    one = fields[name]
    may: pd.Series = everywhere if one.always else evaluate(one.asked_when, leaf, true=everywhere, false=~everywhere)
    return may


def _check(name: str, holds: Callable[..., pd.Series], *, ignore_na: bool = True) -> pa.Check:
    return pa.Check(holds, name=name, error=name, ignore_na=ignore_na)


def _check_wide(name: str, blamed: str, read: Collection[str], holds: Callable[[pd.DataFrame], pd.Series]) -> pa.Check:
    def check(frame: pd.DataFrame) -> pd.Series | bool:
        return holds(frame) if set(read) <= set(frame) else True  # a missing column is told by itself

    return pa.Check(check, name=name, error=f"{blamed}: {name}", title=blamed, n_failure_cases=_MOST_EXAMPLES)
