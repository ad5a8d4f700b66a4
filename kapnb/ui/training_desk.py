"""The item on view: its story, read and marked, and the judgment, all neutral until it is committed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from kapnb.engine.outcomes import Outcome
from kapnb.group.judgments import Confidence
from kapnb.text.html import Html, element, join
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from kapnb.training.library import find_support, list_notes
from kapnb.training.reveal import describe_draft
from kapnb.training.session import Passage, find
from kapnb.ui.controls import button, notice, options, radios, select
from kapnb.ui.markup import write_support
from kapnb.ui.questions import count_words, find_asked, write_section
from kapnb.ui.training_visit import NONE, Visit, digest, say

_SENTENCE: Final = re.compile(r"\S.*?(?:[.!?]+[\"'”\u2019)\]]*(?=\s|$)|$)")


# what recurs on this page


def heading(text: str, key: str, **more: bool) -> Html:
    """The title of a part; the focus goes there when the part comes on view."""
    return element("h2", text, id=f"training-{key}", tabindex="-1", **more)


def hint(key: str) -> Html:
    """A word on what is above it."""
    return element("p", say(key), class_="hint")


def press(key: str, action: str = "", name: str | None = None, value: str | None = None, **more: Any) -> Html:
    """A button by its words, which have the name of what it asks for, as a rule."""
    return button(say(key), action or key, name, value, **more)


def tools(*buttons: Html | None) -> Html:
    """Buttons in a row."""
    return element("div", *buttons, class_="tools")


def write_question(name: str, *buttons: Html, content: Html | None = None) -> Html:
    """What is asked before something is done."""
    key = f"training-{name}"
    asked = element("p", say(f"{name}_question"), id=f"{key}-text")
    return element("div", asked, content, tools(*buttons), id=key, class_="sure", role="group", aria_labelledby=f"{key}-text")


# the story


def write_story(visit: Visit) -> Html:
    """The story, or first its content notes; of the vignette this takes what may be told before a commitment, and nothing else."""
    attempt = visit.under_way.now
    one = find(visit.library, attempt.item)
    story, first = one.story, find_support(one, visit.edition.fields, judged=attempt.revealed)
    named = ", ".join(words(f"vignettes.content.{note}") for note in list_notes(one, visit.edition.fields))
    head = (heading(one.title, "story"), element("p", say("content", notes=named), class_="notes") if named else None)
    if visit.gated:
        door = element("p", say("door")), tools(press("enter", class_="firm"), press("pass_over", "next"))
        return element("article", *head, *door, class_="story waits")
    passages, marking = attempt.draft.passages, visit.marking and attempt.open
    body = [element("p", *_write_paragraph(story, *place, passages, marking=marking)) for place in split_paragraphs(story)]
    selectable: dict[str, str] = {}
    switch: Html | None = None
    if attempt.open:
        selectable = {"data_selectable": say("mark_selected"), "data_action": "mark", "data_about": one.id}
        pressed = press("marking", aria_pressed="true" if visit.marking else "false")
        clear = press("unmark", "mark", f"0-{len(story)}", "off", class_="quiet") if passages else None
        switch = element("div", pressed, clear, hint("marking_hint"), class_="marking")
    return element(
        "article",
        *head,
        write_support(first) if first else None,
        element("div", *body, class_="text", **selectable),
        switch,
        class_="story",
    )


def _write_paragraph(story: str, start: int, end: int, passages: Iterable[Passage], *, marking: bool) -> Iterator[str]:
    at = start
    for one in split_sentences(story, start, end) if marking else ():
        yield story[at : one.start]
        key = f"training-sentence-{one.start}"
        whole = any(mark.start <= one.start and one.end <= mark.end for mark in passages)
        box = element("input", type="checkbox", id=key, checked=whole, data_action="mark", data_name=f"{one.start}-{one.end}")
        label = element("label", *write_pieces(story, one.start, one.end, passages), for_=key)
        yield element("span", box, label, class_="sentence")
        at = one.end
    yield from write_pieces(story, at, end, passages)


def write_pieces(story: str, start: int, end: int, passages: Iterable[Passage]) -> Iterator[Html]:
    """A stretch of the story, its marked parts set off; each piece knows its place, for what is selected."""
    at = start
    for one in passages:
        left, right = max(one.start, start), min(one.end, end)
        if left < right:
            if at < left:
                yield element("span", story[at:left], data_at=str(at))
            yield element("mark", story[left:right], data_at=str(left))
            at = right
    if at < end:
        yield element("span", story[at:end], data_at=str(at))


def split_paragraphs(story: str) -> Iterator[tuple[int, int]]:
    """Where each paragraph starts and ends."""
    yield from (found.span() for found in re.finditer(r"[^\n]+", story) if found.group().strip())


def split_sentences(story: str, start: int, end: int) -> Iterator[Passage]:
    """The sentences between two places."""
    yield from (Passage(*found.span()) for found in _SENTENCE.finditer(story, start, end))


# the judgment


def write_fields(visit: Visit) -> tuple[Html, Html]:
    """What unfolds the form, with how much is recorded; and the form with the fields that can be recorded."""
    attempt, fields = visit.under_way.now, visit.edition.fields
    answers = attempt.draft.fields
    asked = find_asked(fields, answers)
    count = element("span", count_words(sum(name in answers for name in asked), len(asked)), class_="count")
    label = join((element("span", say("fields")), count))
    unfold = button(label, "recording", aria_expanded="true" if visit.recording else "false")
    head = element("div", unfold, hint("fields_hint"), class_="unfold")
    if not visit.recording:
        return head, join(())
    here = [section for section in fields.sections if any(one.name in asked for one in section.fields)]
    return head, join(write_section(section, answers, asked, prefix="training", about=attempt.item.id) for section in here)


def write_judgment(visit: Visit) -> Html:
    """The form; from the commitment on what was committed, and the way to the reveal."""
    attempt = visit.under_way.now
    draft, item = attempt.draft, attempt.item.id
    if not attempt.open:
        lines = [element("li", line) for line in describe_draft(draft, visit.edition)]
        return element(
            "section",
            heading(words("training.committed_title"), "committed"),
            element("ul", *lines, class_="lines tight"),
            hint("committed"),
            notice(visit.said_at("judgment")),
            tools(press("reveal", class_="firm", data_focus=True, data_about=item)),
            class_="card judgment committed",
        )
    outcomes = options((str(one), outcome_words(one)) for one in Outcome)
    levels = options((str(one), say(f"confidence_{one}")) for one in Confidence)
    finding = {None: "", "": NONE}.get(draft.finding, draft.finding)
    rules = [(rule.name, rule.meaning) for rule in visit.edition.guidance.rules]
    findings = options((("", say("choose")), (NONE, say("none_of_these")), *rules))
    row = {"about": item, "options_class": "options row"}
    chooser = select("training-finding", say("finding"), findings, finding, action="finding", data_about=item)
    firm: dict[str, Any] = {"class_": "firm", "data_focus": True, "data_about": item}
    if visit.asking == "commit":  # the answer names what it confirms, so that it can be repeated after a kernel was lost
        ask = write_question("commit", press("commit_sure", value=digest(draft), **firm), press("commit_back", "unask"))
    else:
        ask = tools(press("commit", **firm))
    return element(
        "section",
        heading(say("judgment"), "judgment"),
        hint("judgment_lead"),
        radios("training-outcome", say("outcome"), outcomes, draft.outcome, action="outcome", about=item),
        radios("training-confidence", say("confidence"), levels, draft.confidence, action="confidence", **row),
        element("div", chooser, class_="choice-of"),
        notice(visit.said_at("judgment")),
        ask,
        class_="card judgment",
    )
