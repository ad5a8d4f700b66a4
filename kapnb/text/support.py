"""Help where a case or a story touches suicide or self-injury: when it is shown, what comes first, and whom a reader can call.

Each field says which answers ask for it (``support`` and ``same_day`` in ``schemas/fields.yaml``). A story is known by its
words, whatever its fields say; these and the help lines are in ``helplines.yaml``. Nothing here assesses a risk.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from functools import cache
from os import environ
from pathlib import Path
from typing import Final

from kapnb.engine.fields import Dictionary
from kapnb.engine.problems import KapnbError
from kapnb.engine.records import Record, finish, read_record
from kapnb.text.blocks import Block, Line
from kapnb.text.words import words

CHECKED_WITH: Final = ("service", "guidance")
"""Where an entry was looked up: with the service itself, or only in the guidance of this project."""

ELSEWHERE: Final = "other"


@dataclass(frozen=True, slots=True)
class Helpline:
    """Whom a reader can turn to in one country.

    Attributes:
        country: its name; ``name`` is that of the service.
        call: a number, as is ``text``; ``chat`` is an address, each empty where there is none.
        press: what to press after calling.
        emergency: the number in immediate danger.
        source: the address of the service.
        checked_on: the day on which the entry was looked up, and ``checked_with`` where.
    """

    country: str
    name: str
    emergency: str
    source: str
    checked_on: str
    checked_with: str
    call: str = ""
    text: str = ""
    press: str = ""
    chat: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the sentence for a reader; ``href`` leads to the service."""

    text: str
    href: str = ""


def needs_support(fields: Dictionary, answers: Mapping[str, str], *texts: str) -> bool:
    """Whether a case touches suicide or self-injury, by its answers or by the texts on view.

    >>> from kapnb import fields
    >>> needs_support(fields, {"suicide_attempts": "none"}), needs_support(fields, {}, "They wish not to wake up.")
    (False, True)
    """
    return _asks(fields, answers, "support") or touches(*texts)


def touches(*texts: str) -> bool:
    """Whether texts speak of suicide or self-injury, also to say that there is none."""
    return any(_load().told.search(text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")) for text in texts)


def support(fields: Dictionary, answers: Mapping[str, str], *texts: str, judged: bool = True) -> Block | None:
    """What is shown with such a case or story: what comes first for the person, and a line for the reader.

    Args:
        fields: say which answers ask for it.
        answers: what is recorded.
        texts: the story, title and notes on view.
        judged: false before a commitment, when nothing that is recorded may show: the block is then the same for every story.
    """
    if not needs_support(fields, answers, *texts):
        return None
    today = [Line(words("support.same_day"))] if judged and _asks(fields, answers, "same_day") else []
    reader = "".join(piece.text for piece in tell_reader(find_helpline()))
    return Block("support", words("support.title"), (Line(words("support.first")), *today, Line(reader)), open=True)


def most_support(blocks: Iterable[Block | None]) -> Block | None:
    """Of the help for several cases the one that asks for most; nothing where none needs any."""
    return max(filter(None, blocks), key=lambda block: len(block.lines), default=None)


def _asks(fields: Dictionary, answers: Mapping[str, str], what: str) -> bool:
    """Whether an answer that counts asks for something; one to a question that does not apply is no answer."""
    asking = (name for name, given in answers.items() if name in fields and given in getattr(fields[name], what))
    return any(fields.applies(name, answers) is not False for name in asking)


# the reader's country


_country: ContextVar[str] = ContextVar("country")


@contextmanager
def reader_in(country: str) -> Iterator[None]:
    """Whatever is written meanwhile names the help line of this country."""
    before = _country.set(country)
    try:
        yield
    finally:
        _country.reset(before)


def reader_country() -> str:
    """The country of the reader: what :func:`reader_in` says, else the variable KAPNB_COUNTRY, else the United States."""
    return _country.get(environ.get("KAPNB_COUNTRY", "us"))


def list_countries() -> Mapping[str, str]:
    """The countries by their codes, each with its name; the last is for every other."""
    return {code: one.country for code, one in list_helplines().items()}


def list_helplines() -> Mapping[str, Helpline]:
    return _load().helplines


def find_helpline(country: str | None = None) -> Helpline:
    """The help line of a country, by default of the reader's; where none is known, a directory."""
    return list_helplines().get(country or reader_country(), list_helplines()[ELSEWHERE])


def tell_reader(line: Helpline, *, named: bool = True) -> tuple[Piece, ...]:
    """The sentences for a reader, with the country named, or left out where a page has a list to choose it from."""
    lead = words("support.reader_in", country=line.country) if named else words("support.reader")
    number = _dial(line.emergency)
    emergency = Piece(line.emergency, f"tel:{number}" if number else "")
    return (Piece(lead), *_ways(line), Piece(words("support.emergency")), emergency, Piece("."))


def _ways(line: Helpline) -> Iterator[Piece]:
    both = line.call and line.text == line.call
    if line.call:
        key = "support.call_or_text" if both else "support.call"
        yield Piece(words(key, number=line.call), f"tel:{_dial(line.call)}")
        yield Piece(". " if line.call in line.name else f" ({line.name}). ")
    if line.press:
        yield Piece(f"{line.press}. ")
    if line.text and not both:
        yield Piece(words("support.text", number=line.text), f"sms:{_dial(line.text)}")
        yield Piece(". ")
    if line.chat:
        yield Piece(words("support.chat" if line.call else "support.see"))
        yield Piece(line.chat, line.source)
        yield Piece(". ")


def _dial(number: str) -> str:
    return re.sub(r"\D", "", number)


# the data


@dataclass(frozen=True, slots=True)
class _Data:
    helplines: Mapping[str, Helpline]
    told: re.Pattern[str]


@cache
def _load() -> _Data:
    file = read_record(Path(__file__).with_name("helplines.yaml"), KapnbError)
    rows = file.record("countries", required=True)
    lines = {code: _read_line(row) for code, row in rows.named()}
    lines[ELSEWHERE] = _read_line(file.record("elsewhere", required=True))
    told = _make_pattern(file.texts("told", required=True))
    file.close()
    finish(file, KapnbError)
    return _Data(lines, told)


def _read_line(record: Record) -> Helpline:
    line = record.fill(Helpline, checked_with=record.choice("checked_with", CHECKED_WITH))
    try:
        date.fromisoformat(line.checked_on)
    except ValueError:
        record.wrong("checked_on", f'is "{line.checked_on}"', "a day, such as 2026-11-29")
    if not (line.call or line.text or line.chat):
        record.wrong("call", "names no way to reach it", "call, text or chat")
    return line


def _make_pattern(phrases: Iterable[str]) -> re.Pattern[str]:
    """What finds any of the phrases: a star is any part of a word, a stroke is "or"."""
    words_of = (re.escape(phrase).replace(r"\*", r"[\w']*").replace(r"\|", "|").split(r"\ ") for phrase in phrases)
    written = "|".join(r"\W+".join(f"(?:{word})" for word in told) for told in words_of)
    return re.compile(rf"(?<!\w)(?:{written})(?!\w)", re.IGNORECASE)
