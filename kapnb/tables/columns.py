"""The columns of each kind of table. Nothing here needs pandas."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, cached_property
from typing import Final

from kapnb.engine.edition import Edition, load_guidance
from kapnb.engine.fields import Dictionary, Option
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
        choices: what a cell may hold, by name; empty for free text. A label, an earlier name or other words are repaired.
        most_characters: the greatest length of a free text.
    """

    name: str
    help: str
    required: bool
    choices: tuple[Option, ...]
    most_characters: int

    @cached_property
    def options(self) -> tuple[str, ...]:
        """What a cell may hold besides nothing; empty for free text."""
        return tuple(option.name for option in self.choices)

    @cached_property
    def labels(self) -> Mapping[str, str]:
        return {option.name: option.label for option in self.choices}

    @cached_property
    def was(self) -> frozenset[str]:
        """The names that options had in earlier editions."""
        return frozenset(was for option in self.choices for was in option.was.split("|") if was)

    @cached_property
    def spellings(self) -> Mapping[str, frozenset[str]]:
        """Each way to write an option, its name, its label or another word for it, with the options that can be meant."""
        meant: dict[str, set[str]] = {}
        for option in self.choices:
            for said in filter(None, (option.name, option.label)):
                meant.setdefault(make_bare(said), set()).add(option.name)
        for option in reversed(self.choices):  # where several took the place of one, the last is meant
            for said in filter(None, (*option.was.split("|"), *option.said.split("|"))):
                meant.setdefault(make_bare(said), {option.name})
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
    columns, choices = dict[str, Column](), _list_choices(edition)
    for column in list_columns(name, edition.fields):
        required, most = column in KEYS[name], TEXTS.get(column, 2_000)
        if column in TABLES[name]:
            columns[column] = Column(column, words(f"columns.{name}.{column}"), required, choices.get(column, ()), most)
        else:
            field = edition.fields[column]
            columns[column] = Column(column, field.question, required, field.options, most)
    return Table(name, KEYS[name], columns, edition.fields)


def _list_choices(edition: Edition) -> dict[str, tuple[Option, ...]]:
    """The options of columns that are no questions. Several earlier names or other words are separated by |."""
    outcomes = tuple(Option(one, words(f"outcomes.{one}"), said=words(f"spellings.outcome.{one}")) for one in map(str, BY_CAUTION))
    sure = tuple(Option(one, "", said=words(f"spellings.confidence.{one}")) for one in ("low", "medium", "high"))
    answers = dict[str, list[str]]()
    for field in edition.fields.values():
        for option in field.options:
            answers.setdefault(option.name, []).append(option.was)
    return {
        **dict.fromkeys(("outcome", "prediction", "second_outcome"), outcomes),
        **dict.fromkeys(("confidence", "second_confidence"), sure),
        "deciding_finding": tuple(
            Option(rule.name, "", was="|".join(edition.ledger.words[rule.name].was)) for rule in edition.guidance.rules
        ),
        "field": tuple(Option(field.name, field.label) for field in edition.fields.values()),
        "answer": tuple(Option(name, "", was="|".join(was)) for name, was in answers.items()),
        "response": tuple(Option(one, "") for one in ("-2", "-1", "0", "1", "2")),
    }


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


def make_alike(label: str) -> str:
    """A label apart from case, blanks and signs, by which those that look alike are found; one of signs alone stays as it is.

    >>> make_alike("R-1 "), make_alike("r\uff11"), make_alike("?")
    ('r1', 'r1', '?')
    """
    plain = unicodedata.normalize("NFKC", label).casefold().strip()
    return "".join(filter(_counts, plain)) or plain


@cache
def _counts(character: str) -> bool:
    """Whether it is a letter, a mark on one, or a digit."""
    return unicodedata.category(character)[0] in "LMN"


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
    return tuple((option.name, option.label or option.name) for option in load_table(kind, edition).columns[column].choices)
