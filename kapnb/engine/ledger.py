"""The ledger of a pack: every claim of its source, the readings it admits, and the words of each rule."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from kapnb.engine.outcomes import Caution
from kapnb.engine.problems import GuidanceError
from kapnb.engine.records import Record, finish, read_record

KINDS: Final = ("rule", "note", "why", "stance")
STANDINGS: Final = ("contested", "hypothesis", "opinion")
VERDICTS: Final = ("agrees", "differs", "unsure")
ROLES: Final = ("teacher", "counselor", "consultant")
FOCI: Final = ("intervention", "conceptualization", "personalization")


@dataclass(frozen=True, slots=True)
class Source:
    """Whose view a pack encodes."""

    author: str
    short: str
    organization: str
    title: str
    url: str
    whose_view: str
    review: str


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that the source says, in our words.

    Attributes:
        paragraph: where it stands, P1 for the first paragraph.
        kinds: rule (changes the outcome), note (changes advice), why (explains), stance (whose view).
        standing: contested, hypothesis or opinion, where it must not be shown as fact.
        contrast: what others hold, where that has to be said beside it.
        explains: rules that a why or a stance stands beside.
    """

    id: str
    paragraph: str
    kinds: tuple[str, ...]
    text: str
    caution: Caution | None = None
    favorable: bool = False
    inferred: bool = False
    standing: str = ""
    contrast: str = ""
    explains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to read the source."""

    name: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A question about the source with its possible answers; the first is the default."""

    name: str
    question: str
    why: str
    claims: tuple[str, ...]
    choices: tuple[Choice, ...]

    @property
    def default(self) -> str:
        """The name of the choice that holds unless another is made."""
        return self.choices[0].name

    def choice(self, name: str) -> Choice:
        """The choice of that name."""
        return next(choice for choice in self.choices if choice.name == name)


@dataclass(frozen=True, slots=True)
class Undefined:
    """A phrase of the source that points at text which is not there."""

    phrase: str
    paragraph: str
    claims: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question for the supervision hour, placed in Bernard's discrimination model."""

    text: str
    role: str
    focus: str


@dataclass(frozen=True, slots=True)
class RuleWords:
    """What is said when a rule holds."""

    text: str
    conditions: tuple[str, ...] = ()
    next_step: str = ""
    doubt: str = ""
    prompts: tuple[Prompt, ...] = ()
    stronger: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """What somebody licensed to judge it said of some rules.

    Attributes:
        edition: the number of the edition that was reviewed.
        role: in what capacity, such as psychiatrist.
        date: as YYYY-MM-DD.
        verdict: agrees, differs, or unsure.
    """

    rules: tuple[str, ...]
    edition: str
    role: str
    licence: str
    date: str
    verdict: str
    note: str = ""


@dataclass(frozen=True)
class Ledger:
    """All words of a pack."""

    name: str
    edition: str
    source: Source
    paragraphs: Mapping[str, str]
    claims: Mapping[str, Claim]
    readings: Mapping[str, Reading]
    words: Mapping[str, RuleWords]
    undefined: tuple[Undefined, ...]
    doubts: tuple[str, ...]
    prompts: tuple[Prompt, ...]
    not_addressed: tuple[str, ...]
    four: Mapping[str, str]


@cache
def load_ledger(path: Path) -> Ledger:
    """Load ``ledger.yaml``.

    Raises:
        GuidanceError: listing every mistake in the file.
    """
    file = read_record(path, GuidanceError)
    paragraphs = {name: file.record("paragraphs").text(name) for name in file.record("paragraphs", required=True).names}
    rules = file.record("rules", required=True)
    claims = {name: _read_claim(name, one, paragraphs, rules.names) for name, one in file.record("claims", required=True).named()}
    general = file.record("general", required=True)
    four = file.record("four", required=True)
    ledger = Ledger(
        name=file.text("name"),
        edition=file.text("edition"),
        source=_read_source(file.record("source", required=True)),
        paragraphs=MappingProxyType(paragraphs),
        claims=MappingProxyType(claims),
        readings=MappingProxyType(
            {name: _read_reading(name, one, claims) for name, one in file.record("readings", required=True).named()}
        ),
        words=MappingProxyType({name: _read_words(one) for name, one in rules.named()}),
        undefined=tuple(_read_undefined(one, paragraphs, claims) for one in file.records("undefined")),
        doubts=general.texts("doubts", required=True),
        prompts=tuple(map(_read_prompt, general.records("prompts", required=True))),
        not_addressed=file.texts("not_addressed", required=True),
        four=MappingProxyType({name: four.text(name) for name in ("whose", "left_out", "invented", "who_decides")}),
    )
    general.close()
    four.close()
    file.close()
    finish(file, GuidanceError)
    return ledger


@cache
def load_reviews(path: Path, rules: tuple[str, ...]) -> tuple[Review, ...]:
    """Load ``reviews.yaml``: who reviewed which of these rules. The list may be empty, the file may not be missing.

    Raises:
        GuidanceError: listing every mistake in the file.
    """
    file = read_record(path, GuidanceError)
    reviews = tuple(_read_review(one, rules) for one in file.records("reviews"))
    file.close()
    finish(file, GuidanceError)
    return reviews


def _read_review(record: Record, rules: tuple[str, ...]) -> Review:
    review = Review(
        rules=record.texts("rules", rules, required=True),
        edition=record.text("edition"),
        role=record.text("role"),
        licence=record.text("licence"),
        date=record.text("date"),
        verdict=record.choice("verdict", VERDICTS),
        note=record.text("note", ""),
    )
    if review.date and not re.fullmatch(r"\d{4}-\d\d-\d\d", review.date):
        record.wrong("date", "is no date", "a text such as '2026-01-31'")
    record.close()
    return review


def _read_source(record: Record) -> Source:
    names = ("author", "short", "organization", "title", "url", "whose_view", "review")
    source = Source(*(record.text(name) for name in names))
    record.close()
    return source


def _read_claim(name: str, record: Record, paragraphs: Mapping[str, str], rules: tuple[str, ...]) -> Claim:
    caution = record.choice("caution", tuple(Caution), "")
    claim = Claim(
        id=name,
        paragraph=record.choice("paragraph", paragraphs),
        kinds=record.texts("kind", KINDS, required=True),
        text=record.text("text"),
        caution=Caution(caution) if caution in tuple(Caution) else None,
        favorable=record.flag("favorable"),
        inferred=record.flag("inferred"),
        standing=record.choice("standing", STANDINGS, ""),
        contrast=record.text("contrast", ""),
        explains=record.texts("for", rules),
    )
    record.close()
    return claim


def _read_reading(name: str, record: Record, claims: Mapping[str, Claim]) -> Reading:
    choices = []
    for option, words in record.record("options", required=True).named():
        choices.append(Choice(option, words.text("label"), words.text("text")))
        words.close()
    if len(choices) < 2:
        record.wrong("options", "offers no choice", "two options or more, the default first")
    reading = Reading(name, record.text("question"), record.text("why"), record.texts("claims", claims), tuple(choices))
    record.close()
    return reading


def _read_words(record: Record) -> RuleWords:
    words = RuleWords(
        text=record.text("text"),
        conditions=record.texts("conditions"),
        next_step=record.text("next_step", ""),
        doubt=record.text("doubt", ""),
        prompts=tuple(map(_read_prompt, record.records("prompts"))),
        stronger=record.text("stronger", ""),
    )
    record.close()
    return words


def _read_prompt(record: Record) -> Prompt:
    prompt = Prompt(record.text("text"), record.choice("role", ROLES), record.choice("focus", FOCI))
    record.close()
    return prompt


def _read_undefined(record: Record, paragraphs: Mapping[str, str], claims: Mapping[str, Claim]) -> Undefined:
    undefined = Undefined(record.text("phrase"), record.choice("paragraph", paragraphs), record.texts("claims", claims))
    record.close()
    return undefined
