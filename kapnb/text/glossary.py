"""The glossary: each term is a button that opens its entry, the browser's own popover. The entries are written once on a page.

A click, a key or the pointer opens an entry; Esc, a tap outside or leaving it with the pointer closes it. A screen reader hears
it with the button. What can be explained stands in ``kapnb/words/glossary.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from kapnb.engine.outcomes import Basis, Caution, Outcome
from kapnb.text.blocks import Badge
from kapnb.text.html import Html, element, join
from kapnb.text.words import list_words, words

VOICES: Final[Mapping[str, str]] = {Basis.STATED: "says", Basis.INFERRED: "implies", Basis.READING: "ours", Basis.SILENT: "silent"}
"""Whose words a finding is, each with its entry."""


def list_terms() -> tuple[str, ...]:
    """The names of all entries."""
    return tuple(dict.fromkeys(key.partition(".")[0] for key in list_words("glossary")))


def write_term(name: str, text: str | None = None, class_: str = "term") -> Html:
    """A button that opens an entry; its text is the term itself, unless another is given."""
    about = {"type": "button", "popovertarget": f"term-{name}", "popovertargetaction": "show", "aria_describedby": f"term-{name}"}
    return element("button", text or words(f"glossary.{name}.term"), class_=class_, **about)


def write_voice(whose: str) -> Html:
    """Whose words something is, as a label that opens its entry: of a basis, or of an entry that tells of one."""
    name = VOICES.get(whose, whose)
    return write_term(name, class_=f"tag {name}")


def find_term(badge: Badge) -> str:
    """The entry of a badge, by its kind and what it says; empty where there is none."""
    if badge.kind in VOICES and badge.text.startswith(words(f"bases.{badge.kind}")):
        return VOICES[badge.kind]
    for names, kind in ((Outcome, "outcomes"), (Caution, "cautions")):
        for name in names:
            if badge.text.startswith(words(f"{kind}.{name}")):
                return str(name)
    if badge.text == words("outcomes.no_answer"):
        return "no_answer"
    return badge.kind if badge.kind in list_terms() else ""


def write_badge(badge: Badge) -> Html:
    """A badge that opens its entry, where there is one."""
    name, class_ = find_term(badge), f"badge {badge.kind}"
    return write_term(name, badge.text, class_) if name else element("span", badge.text, class_=class_)


def write_terms(text: str, told: set[str] | None = None) -> Html:
    """A text in which the first use of each term opens its entry.

    Args:
        text: is escaped.
        told: the terms that were marked before, in the same block; those of this text are added.

    >>> write_terms("No KAP for now.").count("<button")
    1
    """
    told = set() if told is None else told
    return join(_mark(text, told))


def _mark(text: str, told: set[str]) -> Iterator[str]:
    marks, pattern = _find_marks()
    at = 0
    for found in pattern.finditer(text):
        name = marks[found[0].lower() if found[0].lower() in marks else found[0]]
        if name in told:
            continue
        told.add(name)
        yield text[at : found.start()]
        yield write_term(name, found[0])
        at = found.end()
    yield text[at:]


@cache
def _find_marks() -> tuple[Mapping[str, str], re.Pattern[str]]:
    """Each word that leads to an entry. Initials count as they are written, other words with or without a capital letter."""
    marks: dict[str, str] = {}
    known = list_words("glossary")
    for name in list_terms():
        marks |= dict.fromkeys(filter(None, known.get(f"{name}.marks", "").split("|")), name)
    written = (f"(?i:{re.escape(mark)})" if mark.islower() else re.escape(mark) for mark in sorted(marks, key=len, reverse=True))
    return marks, re.compile(rf"(?<![\w-])(?:{'|'.join(written)})(?![\w-])")


def write_glossary(*names: str) -> Html:
    """The entries, all of them unless some are named; once on a page."""
    return join(_write_entry(name) for name in names or list_terms())


def _write_entry(name: str) -> Html:
    term, text = (words(f"glossary.{name}.{key}") for key in ("term", "text"))
    return element("div", element("strong", term[:1].upper() + term[1:]), " ", text, id=f"term-{name}", popover=True, class_="pop")
