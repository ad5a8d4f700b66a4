"""The columns of each kind of table. Nothing here needs pandas."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache, cached_property
from typing import Final

from kapnb.engine.edition import Edition, load_guidance
from kapnb.engine.fields import Dictionary
from kapnb.engine.outcomes import BY_CAUTION
from kapnb.limits import CASE_TEXTS, PACK
from kapnb.text.words import list_words, words

FIELDS: Final = "fields"
"""Stands in :data:`TABLES` for the questions of the dictionary, a column each."""

LATER: Final = ("prediction", "second_outcome", "second_confidence", "second_reason", "reflection")
"""Columns of a judgment that are apart from the rater's own: what the article was expected to say, the judgment after talking, and
what was written later. A table without them is read too."""

TABLES: Final = {
    "cases": ("case_id", "title", "vignette", "note", FIELDS),
    "judgments": ("case_id", "rater", "outcome", "confidence", "deciding_finding", FIELDS, "comment", *LATER),
    "responses": ("case_id", "rater", "field", "answer", "response", "comment"),
}
"""Each kind of table, with its columns in their order. What one is for, the words ``columns.*`` say."""

KEYS: Final = {"cases": ("case_id",), "judgments": ("case_id", "rater"), "responses": ("case_id", "rater", "field", "answer")}
"""The columns that together name a row: every row needs them."""

TEXTS: Final = {**CASE_TEXTS, "rater": 40}
"""The free texts with the most characters of each; any other has 2,000."""

SPOKEN: Final = {
    **dict.fromkeys(("outcome", "prediction", "second_outcome"), "outcome"),
    **dict.fromkeys(("confidence", "second_confidence"), "confidence"),
}
"""Columns whose options people say in other words too, and the kind of them."""

YES_OR_NO: Final = {"y": "yes", "true": "yes", "n": "no", "false": "no"}
"""What people and check boxes write for the answers of a question with these two."""

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
        said: for other words that people and pages have used for an option, its name.
    """

    name: str
    help: str
    required: bool
    labels: Mapping[str, str]
    most_characters: int
    was: Mapping[str, str] = field(default_factory=dict)
    said: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def options(self) -> tuple[str, ...]:
        """What a cell may hold besides nothing; empty for free text."""
        return tuple(self.labels)

    @cached_property
    def spellings(self) -> Mapping[str, frozenset[str]]:
        """Each way to write an option, its name, its label or another word for it, with the options that can be meant."""
        meant: dict[str, set[str]] = {}
        for option, label in self.labels.items():
            for said in filter(None, (option, label)):
                meant.setdefault(make_bare(said), set()).add(option)
        for said, option in {**self.was, **self.said}.items():
            meant.setdefault(make_bare(said), {option})
        return {said: frozenset(options) for said, options in meant.items()}


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

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Each way to write the name of a column: its own, what the pages call it, and what people type."""
        found, typed = {make_bare(name): name for name in self.columns}, list_words("headers")
        for name in self.columns:
            own = typed.get(name, "").split("|")
            one = self.fields.get(name)
            of_field = (one.label, one.question, *one.said.split("|")) if one else ()
            for said in filter(None, (*own, *of_field)):
                found.setdefault(make_bare(said), name)
        return found

    def find_column(self, given: str) -> str | None:
        """The column that a header means; None where it is none of this table."""
        return self.names.get(make_bare(given))


@cache
def load_table(name: str, edition: Edition | None = None) -> Table:
    """The columns of a kind of table, with the questions, options and rules of an edition, by default the bundled one."""
    edition = edition or load_guidance(PACK).bind()
    fields, columns = edition.fields, dict[str, Column]()
    outcomes = {str(outcome): words(f"outcomes.{outcome}") for outcome in BY_CAUTION}
    levels = dict.fromkeys(("low", "medium", "high"), "")
    options = {
        **dict.fromkeys(("outcome", "prediction", "second_outcome"), outcomes),
        **dict.fromkeys(("confidence", "second_confidence"), levels),
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
    other = {
        column: {said: option for option in options[column] for said in words(f"spellings.{kind}.{option}").split("|")}
        for column, kind in SPOKEN.items()
    } | {name: {option.said: option.name for option in one.options if option.said} for name, one in fields.items()}
    for one in list_columns(name, fields):
        if one in fields and one not in TABLES[name]:
            own, said = {option.name: option.label for option in fields[one].options}, fields[one].question
        else:
            own, said = options.get(one, {}), words(f"columns.{name}.{one}")
        columns[one] = Column(one, said, one in KEYS[name], own, TEXTS.get(one, 2_000), earlier.get(one, {}), other.get(one, {}))
    return Table(name, KEYS[name], columns, fields)


def list_columns(name: str, fields: Dictionary) -> tuple[str, ...]:
    """The names of the columns of a kind of table."""
    return tuple(column for one in TABLES[name] for column in (fields if one == FIELDS else (one,)))


def make_bare(text: str) -> str:
    """As :func:`make_plain`, and apart from commas, colons and full stops.

    >>> make_bare("Consider, with conditions.")
    'consider_with_conditions'
    """
    return make_plain(re.sub(r"[,;:.!]+(?=\s|$)", "", text.strip(BLANKS)))


def make_plain(text: str) -> str:
    """A name or an option apart from how it is typed: case, quotation marks, blanks, hyphens and underscores."""
    signs = unicodedata.normalize("NFKC", text).replace("\N{MINUS SIGN}", "-").casefold()
    bare = signs.strip(BLANKS + _QUOTES).removeprefix("+")
    return re.sub(r"[\s_]+|(?<=\w)-(?=\w)", "_", bare)


def find_option(text: str, column: Column) -> str:
    """The one option that a text can mean; nothing where it is none, or could be several."""
    said = make_bare(text)
    if {"yes", "no"} <= {*column.options}:
        said = YES_OR_NO.get(said, said)
    meant = column.spellings.get(said, frozenset())
    return next(iter(meant)) if len(meant) == 1 else ""


def find_nearest(text: str, column: Column) -> str:
    """The option that a text most likely means: misspelled, with its number in front, or short for it; nothing where none is near.

    A word more or less may mean something else, so that it has to have the same number of words, or begin the option and no other.

    >>> outcome = load_table("judgments").columns["outcome"]
    >>> [find_nearest(said, outcome) for said in ("not at presnt", "2 Clarify", "not recommended now", "unsure")]
    ['not_at_present', 'clarify_first', '', '']
    """
    said = re.sub(r"^\d+[_)]*", "", make_bare(text))
    if option := find_option(said, column):
        return option
    begun = {
        option for known, options in column.spellings.items() for option in options if len(said) > 3 and known.startswith(said)
    }
    if len(begun) == 1:
        return begun.pop()
    alike = [known for known in column.spellings if known.count("_") == said.count("_")]
    near = get_close_matches(said, alike, n=1, cutoff=0.8)
    meant = column.spellings[near[0]] if near else frozenset()
    return next(iter(meant)) if len(meant) == 1 else ""


def name_column(column: str, edition: Edition) -> str:
    """What the pages call a column."""
    return edition.fields[column].label if column in edition.fields else words(f"column_names.{column}")


def list_choices(column: str, kind: str, edition: Edition, cases: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """What a cell that waits can be mended to, each with the words for it; nothing where it is a free text."""
    if column == "case_id":
        return tuple((one, one) for one in cases)
    options = load_table(kind, edition).columns[column].labels
    return tuple((option, label or words(f"option_names.{SPOKEN[column]}.{option}")) for option, label in options.items())
