"""The columns of each kind of table. Nothing here needs pandas."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Final

from kapnb.engine.edition import Edition, load_guidance
from kapnb.engine.fields import Dictionary
from kapnb.engine.outcomes import BY_CAUTION
from kapnb.limits import CASE_TEXTS, PACK
from kapnb.text.words import words

FIELDS: Final = "fields"
"""Stands in :data:`TABLES` for the questions of the dictionary, a column each."""

TABLES: Final = {
    "cases": ("case_id", "title", "vignette", "note", FIELDS),
    "judgments": ("case_id", "rater", "outcome", "confidence", "deciding_finding", FIELDS, "comment"),
    "responses": ("case_id", "rater", "field", "answer", "response", "comment"),
}
"""Each kind of table, with its columns in their order. What one is for, the words ``columns.*`` say."""

KEYS: Final = {"cases": ("case_id",), "judgments": ("case_id", "rater"), "responses": ("case_id", "rater", "field", "answer")}
"""The columns that together name a row: every row needs them."""

TEXTS: Final = {**CASE_TEXTS, "rater": 40}
"""The free texts with the most characters of each; any other has 2,000."""

BLANKS: Final = " \t\n\r\v\f\x1c\x1d\x1e\x1f\x85\u00a0\u1680\u2028\u2029\u202f\u205f\u3000\u200b\u2060\ufeff" + "".join(
    map(chr, range(0x2000, 0x200B))
)
"""Everything that looks like nothing, the no-break space of a web page among it."""

_QUOTES: Final = "\"'`\u00b4\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb"


@dataclass(frozen=True, eq=False)
class Column:
    """One column.

    Attributes:
        labels: for each option, in order, the words that a person sees; a cell may hold those instead, which is repaired.
        most_characters: the greatest length of a free text.
        was: for the name of an option in an earlier edition, its name of today.
    """

    name: str
    help: str
    required: bool
    labels: Mapping[str, str]
    most_characters: int
    was: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def options(self) -> tuple[str, ...]:
        """What a cell may hold besides nothing; empty for free text."""
        return tuple(self.labels)


@dataclass(frozen=True)
class Table:
    """A kind of table.

    Attributes:
        key: the columns that together name a row; none where the rows are answers alone.
        fields: the dictionary of the questions among the columns.
    """

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, Column]
    fields: Dictionary


@cache
def load_table(name: str, edition: Edition | None = None) -> Table:
    """The columns of a kind of table, with the questions, options and rules of an edition, by default the bundled one."""
    edition = edition or load_guidance(PACK).bind()
    fields, columns = edition.fields, dict[str, Column]()
    options = {
        "outcome": {str(outcome): words(f"outcomes.{outcome}") for outcome in BY_CAUTION},
        "confidence": dict.fromkeys(("low", "medium", "high"), ""),
        "deciding_finding": {rule.name: "" for rule in edition.guidance.rules},
        "field": {name: one.label for name, one in fields.items()},
        "answer": {option.name: "" for one in fields.values() for option in one.options},
        "response": dict.fromkeys(("-2", "-1", "0", "1", "2"), ""),
    }
    earlier = {
        "deciding_finding": {was: rule for rule, said in edition.ledger.words.items() for was in said.was},
        "answer": {option.was: option.name for one in fields.values() for option in one.options if option.was},
        **{name: {option.was: option.name for option in one.options if option.was} for name, one in fields.items()},
    }
    for one in list_columns(name, fields):
        if one in fields and one not in TABLES[name]:
            own, said = {option.name: option.label for option in fields[one].options}, fields[one].question
        else:
            own, said = options.get(one, {}), words(f"columns.{name}.{one}")
        columns[one] = Column(one, said, one in KEYS[name], own, TEXTS.get(one, 2_000), earlier.get(one, {}))
    return Table(name, KEYS[name], columns, fields)


def list_columns(name: str, fields: Dictionary) -> tuple[str, ...]:
    """The names of the columns of a kind of table."""
    return tuple(column for one in TABLES[name] for column in (fields if one == FIELDS else (one,)))


def make_plain(text: str) -> str:
    """A name or an option apart from how it is typed: case, quotation marks, blanks, hyphens and underscores."""
    signs = unicodedata.normalize("NFKC", text).replace("\N{MINUS SIGN}", "-").casefold()
    bare = signs.strip(BLANKS + _QUOTES).removeprefix("+")
    return re.sub(r"[\s_]+|(?<=\w)-(?=\w)", "_", bare)
