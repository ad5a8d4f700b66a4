"""The words of a pack: its ledger, with all claims, the readings it admits and the words of each rule; its article; its reviews."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from kapnb.engine.outcomes import Basis, Caution
from kapnb.engine.problems import GuidanceError
from kapnb.engine.records import Record, finish, read_record

KINDS: Final = ("rule", "note", "why", "stance")
DIRECTIONS: Final = ("letter", "stricter", "looser", "open", "against the letter")
STANDINGS: Final = ("contested", "hypothesis", "opinion")
VERDICTS: Final = ("agrees", "differs", "unsure")
ROLES: Final = ("teacher", "counselor", "consultant")
FOCI: Final = ("intervention", "conceptualization", "personalization")
PLACES: Final = ("rules_out", "comes_first", "conditions", "speaks_for", "left_open")
"""Where a card is in an explanation, in this order."""


@dataclass(frozen=True, slots=True)
class Source:
    """Whose view a pack encodes; ``review`` says whether a licensed clinician has reviewed the rules."""

    author: str
    short: str
    organization: str
    title: str
    url: str
    review: str


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that the article says, in our words.

    Attributes:
        paragraph: where it is, P1 for the first paragraph.
        about: what the article speaks of there; the text keeps it.
        modal: the words by which the article limits what it says; the text has them.
        kinds: rule (changes the outcome), note (changes advice), why (explains), stance (whose view).
        standing: contested, hypothesis or opinion, where it must not be shown as fact.
        contrast: what others hold, where that has to be said beside it.
        explains: rules that a why or a stance is beside.
    """

    id: str
    paragraph: str
    kinds: tuple[str, ...]
    text: str
    about: str = ""
    modal: tuple[str, ...] = ()
    caution: Caution | None = None
    favorable: bool = False
    inferred: bool = False
    standing: str = ""
    contrast: str = ""
    explains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to read the article.

    Attributes:
        direction: against the letter of the article; "open" where the letter does not decide.
        warning: what else it brings with it that has to be said, such as a gap in the order of caution.
    """

    name: str
    label: str
    direction: str
    text: str
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A question about the article with its possible answers; the first is the default.

    Attributes:
        case: the answers of one that it turns; every other question has its least cautious answer.
    """

    name: str
    question: str
    why: str
    claims: tuple[str, ...]
    choices: tuple[Choice, ...]
    case: Mapping[str, str] = field(hash=False)

    @property
    def default(self) -> str:
        return self.choices[0].name

    def choice(self, name: str) -> Choice:
        return next(choice for choice in self.choices if choice.name == name)


@dataclass(frozen=True, slots=True)
class Undefined:
    """A phrase of the article that points at text which is not there."""

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
    """What is said when a rule holds.

    Attributes:
        card: one sentence, or two short ones, in the modality of the claim.
        brief: the same as a name of a few words, for a list.
        text: what the card leaves out.
        was: its names in earlier editions.
        new: what it changed in this edition, and why.
    """

    card: str
    brief: str
    text: str
    conditions: tuple[str, ...] = ()
    next_step: str = ""
    doubt: str = ""
    prompts: tuple[Prompt, ...] = ()
    was: tuple[str, ...] = ()
    new: str = ""


Row = Mapping[str, tuple[str, ...]]
"""Some questions, each with answers of which one is recorded."""


@dataclass(frozen=True, slots=True)
class Variant:
    """Other words of a card, for a case with these answers."""

    when: Row
    text: str


@dataclass(frozen=True, slots=True)
class ClaimCard:
    """What is said of some claims that no finding names.

    Attributes:
        when: the answers of which the claims speak: those of any one row.
        place: where the card is.
        more: what the card leaves out.
        met: the line that is left of it when what the claims ask for is recorded.
        met_when: the answers that record it.
        met_by: the rules of which any records it.
    """

    name: str
    claims: tuple[str, ...]
    when: tuple[Row, ...]
    place: str
    text: str
    brief: str
    more: str = ""
    basis: Basis = Basis.STATED
    variants: tuple[Variant, ...] = ()
    met: str = ""
    met_when: Row = field(default_factory=dict)
    met_by: tuple[str, ...] = ()

    @property
    def answers(self) -> Iterator[tuple[str, str]]:
        rows = (*self.when, self.met_when, *(variant.when for variant in self.variants))
        return ((name, option) for row in rows for name, options in row.items() for option in options)


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


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph of the article.

    Attributes:
        summary: a sentence or two.
        ours: what we add where the article leaves it open.
        silent: what it says nothing of.
    """

    summary: str
    ours: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Article:
    """What a pack says of its article on the home page and on the page of the article itself.

    Attributes:
        question: the headline of the home page.
        lead: what a visitor can do, in three sentences.
        treatment: the name of what the article is about, and ``treatment_text`` what it is.
        about: what kind of text the article is.
        intro: the first sentence of the article's page.
        paragraphs: by their names in the ledger.
    """

    question: str
    lead: str
    treatment: str
    treatment_text: str
    about: str
    intro: str
    paragraphs: Mapping[str, Paragraph]


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
    cards: tuple[ClaimCard, ...]
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
    paragraphs = _read_texts(file.record("paragraphs", required=True))
    rules = file.record("rules", required=True)
    claims = {name: _read_claim(name, one, paragraphs, rules.names) for name, one in file.record("claims", required=True).named()}
    general = file.record("general", required=True)
    ledger = file.fill(
        Ledger,
        source=file.record("source", required=True).fill(Source),
        paragraphs=paragraphs,
        claims=MappingProxyType(claims),
        readings=MappingProxyType(
            {name: _read_reading(name, one, claims) for name, one in file.record("readings", required=True).named()}
        ),
        words=MappingProxyType({name: one.fill(RuleWords, prompts=_read_prompts(one)) for name, one in rules.named()}),
        cards=tuple(_read_card(name, one, claims, rules.names) for name, one in file.record("cards").named()),
        undefined=tuple(one.fill(Undefined, {"paragraph": paragraphs, "claims": claims}) for one in file.records("undefined")),
        doubts=general.texts("doubts", required=True),
        prompts=_read_prompts(general, required=True),
        four=_read_texts(file.record("four", required=True), "whose", "left_out", "invented", "who_decides"),
    )
    general.close()
    finish(file, GuidanceError)
    return ledger


def load_article(path: Path, known: Mapping[str, str]) -> Article:
    """Load ``article.yaml``.

    Raises:
        GuidanceError: listing every mistake in the file, and each known paragraph that it leaves out.
    """
    file = read_record(path, GuidanceError)
    rows = file.record("paragraphs", required=True)
    for name in set(rows.names) - set(known):
        rows.check(name, name, known)
    paragraphs = {name: rows.record(name, required=True).fill(Paragraph) for name in known}
    article = file.fill(Article, paragraphs=MappingProxyType(paragraphs))
    finish(file, GuidanceError)
    return article


@cache
def load_reviews(path: Path, rules: tuple[str, ...]) -> tuple[Review, ...]:
    """Load ``reviews.yaml``: who reviewed which of these rules. The list may be empty, the file may not be missing.

    Raises:
        GuidanceError: listing every mistake in the file.
    """
    file = read_record(path, GuidanceError)
    rows = file.records("reviews")
    reviews = tuple(row.fill(Review, {"rules": rules, "verdict": VERDICTS}) for row in rows)
    for row, review in zip(rows, reviews, strict=True):
        if review.date and not re.fullmatch(r"\d{4}-\d\d-\d\d", review.date):
            row.wrong("date", "is not a date", "a text such as '2026-01-31'")
    file.close()
    finish(file, GuidanceError)
    return reviews


def _read_texts(record: Record, *names: str) -> Mapping[str, str]:
    """Texts by their names: by these, or by whatever is there."""
    texts = {name: record.text(name) for name in names or record.names}
    record.close()
    return MappingProxyType(texts)


def _read_claim(name: str, record: Record, paragraphs: Mapping[str, str], rules: tuple[str, ...]) -> Claim:
    kinds, explains = record.texts("kind", KINDS, required=True), record.texts("for", rules)
    caution = record.choice("caution", tuple(Caution), "")
    known = {"paragraph": paragraphs, "standing": STANDINGS}
    return record.fill(Claim, known, id=name, kinds=kinds, explains=explains, caution=Caution(caution) if caution else None)


def _read_reading(name: str, record: Record, claims: Mapping[str, Claim]) -> Reading:
    options = record.record("options", required=True).named()
    choices = tuple(words.fill(Choice, {"direction": DIRECTIONS}, name=option) for option, words in options)
    if len(choices) < 2:
        record.wrong("options", "offers no choice", "two options or more, the default first")
    return record.fill(Reading, {"claims": claims}, name=name, choices=choices, case=MappingProxyType(record.mapping("case")))


def _read_card(name: str, record: Record, claims: Mapping[str, Claim], rules: tuple[str, ...]) -> ClaimCard:
    when = tuple(_read_row(row) for row in record.records("when", required=True))
    variants = tuple(one.fill(Variant, when=_read_row(one.record("when", required=True))) for one in record.records("variants"))
    basis = Basis(record.choice("basis", tuple(Basis), "") or Basis.STATED)
    known = {"claims": claims, "place": PLACES, "met_by": rules}
    row = _read_row(record.record("met_when"))
    return record.fill(ClaimCard, known, name=name, when=when, variants=variants, basis=basis, met_when=row)


def _read_row(record: Record) -> Row:
    row = {name: record.texts(name, required=True) for name in record.names}
    record.close()
    return MappingProxyType(row)


def _read_prompts(record: Record, *, required: bool = False) -> tuple[Prompt, ...]:
    rows = record.records("prompts", required=required)
    return tuple(row.fill(Prompt, {"role": ROLES, "focus": FOCI}) for row in rows)
