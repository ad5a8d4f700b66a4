"""The story of the item on view: read, and marked sentence by sentence or by selecting."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from kapnb.text.html import Html, element
from kapnb.text.words import words
from kapnb.training.session import Passage, read
from kapnb.ui.controls import button
from kapnb.ui.markup import write_support
from kapnb.ui.training_visit import Visit

_SENTENCE: Final = re.compile(r"\S.*?(?:[.!?]+[\"'”\u2019)\]]*(?=\s|$)|$)")


def write_story(visit: Visit) -> Html:
    """The story, or first its content notes."""
    training = visit.under_way
    task, attempt = read(training, visit.library), training.now
    title = element("h2", task.title, id="training-story", tabindex="-1")
    named = ", ".join(words(f"vignettes.content.{note}") for note in task.content)
    notes = element("p", words("training_page.content", notes=named), class_="notes") if named else None
    if visit.gated:
        enter = button(words("training_page.enter"), "enter", class_="firm")
        tools = element("div", enter, button(words("training_page.pass_over"), "next"), class_="tools")
        return element("article", title, notes, element("p", words("training_page.door")), tools, class_="story waits")
    passages, marking = attempt.draft.passages, visit.marking and attempt.open
    body = [
        element("p", *_write_paragraph(task.story, start, end, passages, marking=marking))
        for start, end in split_paragraphs(task.story)
    ]
    selectable = {"data_selectable": words("training_page.mark_selected"), "data_action": "mark", "data_about": task.id}
    return element(
        "article",
        title,
        notes,
        write_support(task.support) if task.support else None,
        element("div", *body, class_="text", **(selectable if attempt.open else {})),
        _write_marking(visit, passages) if attempt.open else None,
        class_="story",
    )


def _write_marking(visit: Visit, passages: Sequence[Passage]) -> Html:
    pressed = "true" if visit.marking else "false"
    switch = button(words("training_page.marking"), "marking", aria_pressed=pressed)
    clear = button(words("training_page.unmark"), "unmark", class_="quiet") if passages else None
    return element("div", switch, clear, element("p", words("training_page.marking_hint"), class_="hint"), class_="marking")


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
