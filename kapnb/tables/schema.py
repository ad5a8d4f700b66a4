"""The columns of a table, read from ``schemas/``: data, one way only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

import pandas as pd

from kapnb.engine.edition import load_guidance
from kapnb.engine.fields import load_fields
from kapnb.engine.outcomes import BY_CAUTION
from kapnb.engine.problems import DictionaryError
from kapnb.engine.records import Record, finish, read_record
from kapnb.paths import schemas
from kapnb.text.words import words

TABLES: Final = {"cases": "case_table.yaml", "judgments": "judgments_table.yaml", "responses": "responses_table.yaml"}
"""Each kind of table, with its column list."""

KINDS: Final = ("text", "option", "fields")


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
        key: the columns that together name a row.
        results: columns that an export adds; known when a table is read, and left out.
    """

    name: str
    row: str
    key: tuple[str, ...]
    columns: Mapping[str, Column]
    results: tuple[str, ...]


@cache
def load_table(name: str, guidance: str = "begley") -> Table:
    """Load the column list of a kind of table.

    Raises:
        DictionaryError: listing every mistake in the file.
    """
    return read_table_schema(schemas() / TABLES[name], guidance)


def read_table_schema(path: Path, guidance: str = "begley") -> Table:
    """Read a column list.

    Raises:
        DictionaryError: listing every mistake in the file.
    """
    file = read_record(path, DictionaryError)
    sources = _options_from(guidance)
    columns: dict[str, Column] = {}
    for record in file.records("columns", required=True):
        for column in _read_columns(record, sources):
            if column.name in columns:
                record.wrong("name", f'"{column.name}" is the name of an earlier column too')
            columns[column.name] = column
    file.text("edition")
    table = Table(
        name=file.text("name"),
        row=file.text("row"),
        key=file.texts("key", columns, required=True),
        columns=columns,
        results=file.texts("results"),
    )
    file.close()
    finish(file, DictionaryError)
    return table


def _options_from(guidance: str) -> dict[str, dict[str, str]]:
    """Lists of options that are written elsewhere, each option with its label."""
    fields = load_fields()
    return {
        "outcomes": {str(outcome): words(f"outcomes.{outcome}") for outcome in BY_CAUTION},
        "rules": {rule.name: "" for rule in load_guidance(guidance).rules},
        "fields": {name: one.label for name, one in fields.items()},
        "answers": {option.name: "" for one in fields.values() for option in one.options},
    }


def _read_columns(record: Record, sources: Mapping[str, Mapping[str, str]]) -> Iterator[Column]:
    name, kind, said = record.text("name"), record.choice("kind", KINDS), record.text("help")
    required = record.flag("required")
    if kind == "fields":
        yield from _field_columns()
    elif kind == "option":
        source = record.choice("options_from", sources, "")
        labels = sources[source] if source in sources else dict.fromkeys(record.texts("options", required=True), "")
        yield Column(name, said, required, tuple(labels), labels)
    else:
        yield Column(name, said, required, most_characters=_read_number(record, "most_characters"))
    record.close()


def _field_columns() -> Iterator[Column]:
    for one in load_fields().values():
        labels = {option.name: option.label for option in one.options}
        yield Column(one.name, one.question, options=tuple(labels), labels=labels)


def _read_number(record: Record, key: str) -> int:
    number = record.number(key)
    if number < 1:
        record.wrong(key, "is no length", "a whole number from 1")
    return number
