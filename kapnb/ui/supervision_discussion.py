"""What to talk about, what was learned, and the note to take along."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final
from urllib.parse import quote

from kapnb.engine.ledger import FOCI, ROLES
from kapnb.group.discussion import Suggestion, explain_suggestions
from kapnb.group.state import MOST_IN_NOTE, MOST_LEARNING, MOST_OF_NAME, Scope, State
from kapnb.text.blocks import Line
from kapnb.text.html import Html, element, fragment
from kapnb.text.words import words
from kapnb.ui.controls import button, check, checks, details, options, radios, text_box
from kapnb.ui.explanation import write_badges
from kapnb.ui.supervision_picture import say

FIRST: Final = 6
"""So many prompts are shown at once, the rest one step away."""


def write_discussion(state: State) -> Html:
    """The prompts, to be narrowed and ticked, and the learning points."""
    choices = options((scope, say(f"scope_{scope}", case=state.chosen)) for scope in Scope)
    scope = radios("supervision-scope", say("scope"), choices, state.scope, action="scope", class_="")
    shown = (_write_boxes(kind, names, state.hidden) for kind, names in (("roles", ROLES), ("foci", FOCI)))
    return fragment(
        element("h2", say("discussion"), id="supervision-discussion"),
        element("p", say("discussion_lead"), class_="intro"),
        element("div", scope, *shown, class_="narrowing"),
        element("p", count_prompts(state), class_="tally"),
        _write_prompts(state),
        _write_learning(state),
    )


def write_note_part(state: State) -> Html:
    """What the note will hold, and the ways to take it along."""
    about = say(f"note_{state.scope}", most=MOST_IN_NOTE, case=state.chosen)
    named = say("note_names" if state.names else "note_no_names")
    styles = {"html": "firm", "docx": None, "markdown": None}
    ways = (button(say(f"note_{kind}"), "note", kind, class_=style) for kind, style in styles.items())
    return fragment(
        element("h2", say("note_title"), id="supervision-note"),
        element("p", f"{about} {named}", class_="intro"),
        element("div", *(_write_name(state, name) for name in ("title", "group")), class_="narrowing"),
        element("div", *ways, class_="tools"),
    )


def _write_name(state: State, name: str) -> Html:
    """A field for the title or the group; what may name somebody is refused and not repeated."""
    trouble, key = state.refused.get(f"{name}:", ""), f"supervision-note-{name}"
    told, said = f"{key}-trouble" if trouble else None, say("learning_wrong", problem=trouble)
    more = {"maxlength": str(MOST_OF_NAME), "data_name": name, "aria_describedby": told}
    box = text_box(key, say(f"note_of_{name}"), getattr(state, name), "entitle", **more)
    return element("div", box, element("span", said, class_="refused", id=told) if told else None, class_="pick")


def count_prompts(state: State) -> str:
    """How many prompts there are and how many are ticked, in words."""
    return say("prompts_count", count=len(state.offered), ticked=len(state.taken))


def learning_words(state: State) -> str:
    """Whether the learning points can be used."""
    if state.trouble:
        return say("learning_wrong", problem=state.trouble)
    return say("learning_taken", count=len(state.learning))


def _write_boxes(kind: str, names: Iterable[str], hidden: Collection[str]) -> Html:
    boxes = (check(f"supervision-{name}", words(f"{kind}.{name}"), "narrow", name, on=name not in hidden) for name in names)
    return checks(say(kind), boxes, class_="")


def _write_prompts(state: State) -> Html:
    offered, taken = state.offered, {one.key for one in state.taken}
    if not offered:
        return element("p", words("supervision.prompts_none"))
    rows = [_write_prompt(one, line, taken) for one, line in zip(offered, explain_suggestions(offered).lines, strict=True)]
    name = say("prompts")
    more = None
    if rows[FIRST:]:
        summary = say("prompts_more", count=len(rows) - FIRST)
        more = details(summary, element("ul", *rows[FIRST:], class_="prompts", aria_label=name), key="prompts")
    return element("div", element("ul", *rows[:FIRST], class_="prompts", aria_label=name), more)


def _write_prompt(one: Suggestion, line: Line, ticked: Collection[str]) -> Html:
    box = element("input", type="checkbox", checked=one.key in ticked, data_action="tick", data_name=one.key)
    details = (element("span", detail, class_="hint") for detail in line.details)
    return element("li", element("label", box, element("span", line.text)), element("div", write_badges(line), *details))


def _write_learning(state: State) -> Html:
    hint = say("learning_hint", limit=f"{MOST_LEARNING:,}")
    title = say(f"learning_{state.scope}", case=state.chosen)
    key = f"supervision-learning-{quote(f'{state.scope} {state.about}')}"  # another field for each, since what is typed stays in it
    area = element(
        "textarea",
        state.typed.get(state.about, ""),
        id=key,
        rows="5",
        maxlength=str(MOST_LEARNING),
        aria_describedby="supervision-learning-hint supervision-learning-state",
        aria_invalid="true" if state.trouble else None,
        data_action="learn",
        data_name=state.about,
        data_keep=f"learning:{state.scope}:{state.about}",
    )
    return element(
        "section",
        element("h3", element("label", title, for_=key)),
        element("p", hint, class_="hint", id="supervision-learning-hint"),
        area,
        element("p", learning_words(state), class_="refused" if state.trouble else "hint", id="supervision-learning-state"),
        class_="learning",
    )
