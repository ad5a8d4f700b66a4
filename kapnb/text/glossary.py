"""The glossary: each term is a button that opens its entry, the browser's own popover. The entries are written once on a page.

A click, a key or the pointer opens an entry; Esc, a tap outside or leaving it with the pointer closes it. A screen reader hears
it with the button. What can be explained is in ``kapnb/words/glossary.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Final

from kapnb.engine.outcomes import Basis, Caution, Outcome
from kapnb.text.blocks import Badge
from kapnb.text.html import VOID, Html, element, fragment, join
from kapnb.text.words import list_words, words

VOICES: Final[Mapping[str, str]] = {Basis.STATED: "says", Basis.INFERRED: "implies", Basis.READING: "ours", Basis.SILENT: "silent"}
"""Whose words a finding is, each with its entry."""


@cache
def list_terms() -> tuple[str, ...]:
    """The names of all entries."""
    return tuple(dict.fromkeys(key.partition(".")[0] for key in list_words("glossary")))


def write_term(name: str, text: str | None = None, class_: str = "term") -> Html:
    """A button that opens an entry; its text is the term itself, unless another is given."""
    about = {"type": "button", "popovertarget": f"term-{name}", "popovertargetaction": "show", "aria_describedby": f"term-{name}"}
    return element("button", text or words(f"glossary.{name}.term"), class_=class_, **about)


def write_voice(whose: str) -> Html:
    """Whose words something is, as a label that opens its entry: of a basis, or of an entry about one."""
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


@lru_cache(maxsize=256)  # most regions of a page are the same after a step
def mark_initials(html: str) -> Html:
    """Markup in which initials, such as KAP or an instrument's, open their entry: the first of each in a section, card or fold.

    What can be pressed already, or is spoken when it changes, stays as it is. Other terms are words of every day too, so whoever
    writes a text of ours marks them, by :func:`write_terms`.

    >>> mark_initials(element("p", "No KAP, no KAP.") + element("label", "KAP")).count("<button")
    1
    """
    if not _find_marks(initials=True)[1].search(html):
        return Html(html)
    parts: list[str] = []
    told, inside, at = set[str](), list[tuple[str, set[str], bool]](), 0
    silent = False
    for tag in _TAG.finditer(html):
        text, at = html[at : tag.start()], tag.end()
        parts += [text] if silent or not text else _mark(text, told, initials=True)
        name, about = tag[2], tag[3]
        if tag[1]:
            while inside:
                opened, told, silent = inside.pop()
                if opened == name:
                    break
        elif name not in VOID:
            inside.append((name, told, silent))
            told |= {found} if (found := about.partition('popovertarget="term-')[2].partition('"')[0]) else set()
            told = set() if name in _SCOPES else told
            silent = silent or name in _SILENT or bool(_SPOKEN.search(about))
        parts.append(tag[0])
    return Html("".join(parts) + html[at:])


_TAG: Final = re.compile(r"<(/?)([a-z0-9]+)([^>]*)>")
_SCOPES: Final = frozenset(("section", "article", "details"))
_SILENT: Final = frozenset(("button", "a", "label", "legend", "summary", "select", "textarea", "svg"))
_SPOKEN: Final = re.compile(r'role="(?:status|alert|img)"|aria-hidden="true"')


def _mark(text: str, told: set[str], *, initials: bool = False) -> Iterator[str]:
    at = 0
    for name, start, end in _find_terms(text, initials=initials):
        if name in told:
            continue
        told.add(name)
        yield text[at:start]
        term, at = write_term(name, text[start:end]), end
        if " " not in text[start:end]:
            at = _END.match(text, end).end()  # type: ignore[union-attr]  # matches anything
        yield element("span", term, text[end:at], class_="whole") if at > end else term
    yield text[at:]


_END: Final = re.compile(r"[).,;:!?”]*")
"""What must not begin a line; beside a button, browsers would let it."""


@lru_cache(maxsize=1 << 11)  # most sentences of a page are the same after a step
def _find_terms(text: str, *, initials: bool) -> tuple[tuple[str, int, int], ...]:
    """Each term in a text: its entry, and from where to where it stands."""
    marks, pattern = _find_marks(initials=initials)
    return tuple((marks.get(found[0].lower()) or marks[found[0]], *found.span()) for found in pattern.finditer(text))


@cache
def _find_marks(*, initials: bool = False) -> tuple[Mapping[str, str], re.Pattern[str]]:
    """Each word that leads to an entry. Initials count as they are written, other words with or without a capital letter."""
    marks: dict[str, str] = {}
    known = list_words("glossary")
    for name in list_terms():
        marks |= dict.fromkeys(filter(None, known.get(f"{name}.marks", "").split("|")), name)
    if initials:
        marks = {mark: name for mark, name in marks.items() if not mark.islower()}
    written = (f"(?i:{re.escape(mark)})" if mark.islower() else re.escape(mark) for mark in sorted(marks, key=len, reverse=True))
    return marks, re.compile(rf"(?<![\w-])(?:{'|'.join(written)})(?![\w-])")


def explain_initials(html: Html) -> Html:
    """One element with its initials marked and, at its end, the entries that it leads to: for a page whose frame has none."""
    marked = mark_initials(html)
    names = dict.fromkeys(re.findall(r'popovertarget="term-(\w+)"', marked))
    before, end, tag = marked.rpartition("</")
    return fragment(Html(before), *map(_write_entry, names), Html(end + tag))


def write_glossary(*names: str) -> Html:
    """The entries, all of them unless some are named; once on a page."""
    return join(_write_entry(name) for name in names or list_terms())


def _write_entry(name: str) -> Html:
    term, text = (words(f"glossary.{name}.{key}") for key in ("term", "text"))
    return element("div", element("strong", term[:1].upper() + term[1:]), " ", text, id=f"term-{name}", popover=True, class_="pop")
