"""The story of the item on view: read, and marked sentence by sentence or by selecting."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from kapnb.text.html import Html, element
from kapnb.text.words import words
from kapnb.training.journal import Passage
from kapnb.training.session import read
from kapnb.ui.markup import write_support
from kapnb.ui.training_visit import Visit

_SENTENCE: Final = re.compile(r"\S.*?(?:[.!?]+[\"'”\u2019)\]]*(?=\s|$)|$)")


def write_story(visit: Visit) -> Html:
    """The story, or first its content notes."""
    training = visit.under_way
    task, attempt = read(training, visit.library), training.now
    notes = _write_notes(task.content)
    title = element("h2", task.title, id="training-story", tabindex="-1")
    if visit.hushed:
        return element("article", title, notes, *_write_door(), class_="story waits")
    passages = attempt.draft.passages
    marking = visit.marking and attempt.open
    body = [
        element("p", *_write_paragraph(task.story, start, end, passages, marking=marking))
        for start, end in split_paragraphs(task.story)
    ]
    return element(
        "article",
        title,
        notes,
        write_support(task.support) if task.support else None,
        element("div", *body, class_="text", data_selectable=attempt.open),
        _write_marking(visit, passages) if attempt.open else None,
        class_="story",
    )


def _write_notes(content: Sequence[str]) -> Html | None:
    if not content:
        return None
    named = ", ".join(words(f"vignettes.content.{note}") for note in content)
    return element("p", words("training_page.content", notes=named), class_="notes")


def _write_door() -> Iterator[Html]:
    yield element("p", words("training_page.door"))
    yield element(
        "div",
        element("button", words("training_page.enter"), type="button", class_="firm", data_action="enter"),
        element("button", words("training_page.pass_over"), type="button", data_action="next"),
        class_="tools",
    )


def _write_marking(visit: Visit, passages: Sequence[Passage]) -> Html:
    switch = element(
        "button",
        words("training_page.marking"),
        type="button",
        data_action="marking",
        aria_pressed="true" if visit.marking else "false",
    )
    clear = element("button", words("training_page.unmark"), type="button", class_="quiet", data_action="unmark")
    hint = element("p", words("training_page.marking_hint"), class_="hint")
    return element("div", switch, clear if passages else None, hint, class_="marking")


def _write_paragraph(story: str, start: int, end: int, passages: Sequence[Passage], *, marking: bool) -> Iterator[str]:
    if not marking:
        yield from write_pieces(story, start, end, passages)
        return
    at = start
    for one in split_sentences(story, start, end):
        yield story[at : one.start]
        key = f"training-sentence-{one.start}"
        whole = any(mark.start <= one.start and one.end <= mark.end for mark in passages)
        box = element("input", type="checkbox", id=key, checked=whole, data_action="mark", data_name=f"{one.start}-{one.end}")
        label = element("label", *write_pieces(story, one.start, one.end, passages), for_=key)
        yield element("span", box, label, class_="sentence")
        at = one.end


def write_pieces(story: str, start: int, end: int, passages: Iterable[Passage]) -> Iterator[Html]:
    """A stretch of the story, its marked parts set off; each piece knows its place, for what is selected."""
    at = start
    for one in passages:
        left, right = max(one.start, start), min(one.end, end)
        if left >= right:
            continue
        if at < left:
            yield element("span", story[at:left], data_at=str(at))
        yield element("mark", story[left:right], data_at=str(left))
        at = right
    if at < end:
        yield element("span", story[at:end], data_at=str(at))


def split_paragraphs(story: str) -> Iterator[tuple[int, int]]:
    """Where each paragraph starts and ends."""
    for found in re.finditer(r"[^\n]+", story):
        if found.group().strip():
            yield found.span()


def split_sentences(story: str, start: int, end: int) -> Iterator[Passage]:
    """The sentences between two places."""
    for found in _SENTENCE.finditer(story, start, end):
        yield Passage(*found.span())
