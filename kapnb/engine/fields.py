"""The dictionary of fields: what can be recorded of a case. Read from ``schemas/fields.yaml``, frozen, the same for every layer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from keyword import iskeyword
from pathlib import Path
from typing import Final

from kapnb.engine.conditions import ALWAYS, NEVER, NOT_APPLICABLE, TRUE, UNKNOWN, Atom, Condition, ask
from kapnb.engine.problems import DictionaryError
from kapnb.engine.records import Record, finish, read_record
from kapnb.paths import schemas

WAYS: Final = ("treatment", "clarifying", "time")
"""How an answer can change: by treatment or preparation, by clarifying, or by time."""

RESERVED: Final = ("reading", "otherwise")
"""Names that mean something else in a rule."""


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to a question; ``was`` is its name in an earlier edition, ``said`` its label on earlier pages."""

    name: str
    label: str
    help: str = ""
    was: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """An answer that can become another one, and by what.

    Attributes:
        unless: recorded answers, any one of which rules the change out.
    """

    field: str
    before: str
    after: str
    by: str
    unless: frozenset[tuple[str, str]] = frozenset()

    def is_open(self, answers: Mapping[str, str]) -> bool:
        """Whether the change is possible beside these answers."""
        return answers.get(self.field) == self.before and self.unless.isdisjoint(answers.items())


@dataclass(frozen=True, slots=True)
class Field:
    """One question about a case.

    Attributes:
        name: as in tables, files and rules.
        label: a noun phrase, as in "Recorded: *label* is *option*".
        spoken: the question as it is put to the person in an interview.
        asked_when: whether the question applies, as a condition on earlier answers.
        order: the options from least to most cautious, equals together; empty where there is no order.
        content: the topic of an answer that a reader may want to be warned of; empty where there is none.
        quiet: the options that do not bring it up; any other does.
        support: the options with which help is shown; ``same_day`` those that ask for care on the same day.
        since: the number of the edition that added the question; empty for the first.
        said: labels and questions of it on earlier pages, separated by |; files may still have them.
        instruments: names of instruments that may inform the answer; pointers only, nothing of them is embedded.
    """

    name: str
    label: str
    question: str
    section: str
    options: tuple[Option, ...]
    help: str = ""
    spoken: str = ""
    instruments: tuple[str, ...] = ()
    asked_when: Condition = ALWAYS
    order: tuple[tuple[str, ...], ...] = ()
    changes: tuple[Change, ...] = ()
    content: str = ""
    since: str = ""
    said: str = ""
    quiet: frozenset[str] = frozenset()
    support: frozenset[str] = frozenset()
    same_day: frozenset[str] = frozenset()
    names: frozenset[str] = field(init=False)
    answers: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", frozenset(option.name for option in self.options))
        extra = () if self.always else (NOT_APPLICABLE,)
        object.__setattr__(self, "answers", self.names.union(extra))

    @property
    def always(self) -> bool:
        return self.asked_when is ALWAYS

    @property
    def parents(self) -> frozenset[str]:
        """The fields that decide whether the question applies."""
        return self.asked_when.fields

    def option(self, name: str) -> Option:
        return next(option for option in self.options if option.name == name)

    def is_one_of(self, *names: str) -> Atom:
        """The condition that the answer is one of these."""
        return Atom(self.name, frozenset(names), self.answers - frozenset(names))


@dataclass(frozen=True, slots=True)
class Section:
    name: str
    label: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Dictionary(Mapping[str, Field]):
    """All fields by name, in the order of the page and of a case table.

    Attributes:
        pairs: every field with each of its options: what a recorded answer can be.
    """

    edition: str
    sections: tuple[Section, ...]
    pairs: frozenset[tuple[str, str]] = field(init=False, repr=False)
    _fields: dict[str, Field] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        fields = {one.name: one for section in self.sections for one in section.fields}
        object.__setattr__(self, "_fields", fields)
        object.__setattr__(self, "pairs", frozenset((one.name, option) for one in fields.values() for option in one.names))

    def __getitem__(self, name: str) -> Field:
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    @property
    def contents(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.content for one in self.values() if one.content))

    def content_of(self, answers: Mapping[str, str]) -> frozenset[str]:
        """The contents that some answers bring up.

        >>> from kapnb import fields
        >>> sorted(fields.content_of({"suicide_attempts": "single", "psychotic_disorder": "none"}))
        ['suicide_attempts']
        """
        told = (self._fields[name] for name, given in answers.items() if given not in self._fields[name].quiet)
        return frozenset(one.content for one in told if one.content)

    @cached_property
    def least_cautious(self) -> Mapping[str, str]:
        """For every question that is always asked, the least cautious answer."""
        always = (one for one in self.values() if one.always)
        return {one.name: one.order[0][0] if one.order else one.options[0].name for one in always}

    __hash__ = object.__hash__  # one dictionary is one object; its fields are compared by name

    def states(self, answers: Mapping[str, str], names: Iterable[str] | None = None) -> dict[str, frozenset[str]]:
        """For each field the answers that it may still have, "not applicable" among them.

        Args:
            answers: the recorded answers.
            names: only these fields, each after its parents; all by default.
        """
        states: dict[str, frozenset[str]] = {}
        for name in self._fields if names is None else names:
            one = self._fields[name]
            applies = TRUE if one.always else ask(one.asked_when, states)
            recorded = answers.get(name)
            state = one.names if recorded is None else frozenset((recorded,))
            if applies != TRUE:
                state = state | {NOT_APPLICABLE} if applies == UNKNOWN else _NOT_ASKED
            states[name] = state
        return states

    def applies(self, name: str, answers: Mapping[str, str]) -> bool | None:
        """Whether a question is asked of a case; None where that hangs on an answer that is not recorded.

        >>> from kapnb import fields
        >>> fields.applies("ocd_preparation", {"ocd": "yes"}), fields.applies("ocd_preparation", {})
        (True, None)
        """
        state = self.states(answers)[name]
        return NOT_APPLICABLE not in state or (None if len(state) > 1 else False)


_NOT_ASKED: Final = frozenset((NOT_APPLICABLE,))


@cache
def load_fields(path: Path | None = None) -> Dictionary:
    """Load the dictionary, by default the bundled ``schemas/fields.yaml``.

    Raises:
        DictionaryError: listing every mistake in the file, each with its place and what is allowed.
    """
    file = read_record(path or schemas() / "fields.yaml", DictionaryError)
    fields: dict[str, Field] = {}
    sections = tuple(_read_section(record, fields) for record in file.records("sections", required=True))
    _refuse_repeats(file, "sections", [section.name for section in sections])
    _check_unless(file, fields)
    edition = file.text("edition")
    file.close()
    finish(file, DictionaryError)
    return Dictionary(edition, sections)


def _read_section(record: Record, fields: dict[str, Field]) -> Section:
    name = record.text("name")
    own = tuple(_read_field(one, name, fields) for one in record.records("fields", required=True))
    return record.fill(Section, name=name, fields=own)


def _read_field(record: Record, section: str, fields: dict[str, Field]) -> Field:
    name = record.text("name")
    options = tuple(one.fill(Option) for one in record.records("options", required=True))
    names = [option.name for option in options]
    if len(options) == 1:
        record.wrong("options", "offers no choice", "two options or more")
    one = record.fill(
        Field,
        name=name,
        section=section,
        options=options,
        asked_when=_read_asked_when(record.record("asked_when"), fields),
        order=record.groups("order", names),
        changes=tuple(change for row in record.records("changes") for change in _read_changes(row, name, names)),
        quiet=frozenset(record.texts("quiet", names)),
        support=frozenset(record.texts("support", names)),
        same_day=frozenset(record.texts("same_day", names)),
    )
    _refuse_repeats(record, "options", names)
    _refuse_repeats(record, "order", [option for group in one.order for option in group])
    _refuse_repeats(record, "changes", [f"{change.before} to {change.after}" for change in one.changes])
    if name and (not name.isidentifier() or iskeyword(name) or name in RESERVED):
        record.wrong(
            "name", "cannot name a rule's parameter", "lower-case letters, digits and underscores; not a word that rules use"
        )
    if not one.same_day <= one.support:
        record.wrong("same_day", "asks for same-day care where no help is shown", "options that are also under support")
    if one.quiet and not one.content:
        record.wrong("quiet", "has no content to be quiet about", "only together with content")
    if one.since and not one.since.isdecimal():
        record.wrong("since", "is not the number of an edition", "digits, as text")
    if name in fields:
        record.wrong("name", f'"{name}" is already the name of an earlier field')
    fields[name] = one
    return one


def _refuse_repeats(record: Record, key: str, names: Sequence[str]) -> None:
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        record.wrong(key, f'lists "{name}" twice')


def _read_changes(record: Record, field: str, names: list[str]) -> list[Change]:
    before, by = record.choice("from", names), record.choice("by", WAYS)
    unless = record.record("unless")
    barred = frozenset((name, option) for name in unless.names for option in unless.texts(name, required=True))
    changes = [Change(field, before, after, by, barred) for after in record.texts("to", names, required=True)]
    if before in {change.after for change in changes}:
        record.wrong("to", f'"{before}" to "{before}" is no change')
    record.close()
    return changes


def _check_unless(file: Record, fields: Mapping[str, Field]) -> None:
    """What rules a change out may be further down in the file, so it is checked when every field is known."""
    for one in fields.values():
        where = f"sections[{one.section}].fields[{one.name}].changes.unless"
        for name, option in sorted(frozenset().union(*(change.unless for change in one.changes))):
            if name == one.name:
                file.wrong(where, f'"{name}" cannot rule out its own change', "answers to other questions")
            elif file.check(where, name, fields):
                file.check(f"{where}.{name}", option, fields[name].names)


def _read_asked_when(record: Record, earlier: dict[str, Field]) -> Condition:
    """Each entry names an earlier field and the answers of it that raise the question; any entry suffices.

    No chains: diagrams, reasons and ways forward look one question up.
    """
    condition: Condition = NEVER
    always = [one.name for one in earlier.values() if one.always]
    for name in record.names:
        if record.check("", name, earlier):
            if name not in always:
                record.wrong("", f'"{name}" is itself asked only in some cases', ", ".join(always))
            condition |= earlier[name].is_one_of(*record.texts(name, earlier[name].names, required=True))
    return condition if record.names else ALWAYS
