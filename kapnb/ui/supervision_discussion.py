"""What to talk about, what was learned, and the note to take along."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final
from urllib.parse import quote

from kapnb.engine.ledger import FOCI, ROLES
from kapnb.group.discussion import Suggestion, explain_suggestions
from kapnb.group.room import MOST_IN_NOTE, MOST_LEARNING, Room, Scope
from kapnb.text.blocks import Line
from kapnb.text.html import Html, element, join
from kapnb.text.words import words
from kapnb.ui.markup import write_badges

FIRST: Final = 6
"""So many prompts are shown at once, the rest one step away."""

KINDS: Final = ("html", "docx", "markdown")
"""What a note can be written as."""


def write_discussion(room: Room) -> Html:
    """The prompts, to be narrowed and ticked, and the learning points."""
    if not room.chosen:
        return join(())
    return join(
        (
            element("h2", words("supervision_page.discussion"), id="supervision-discussion"),
            element("p", words("supervision_page.discussion_lead"), class_="intro"),
            element(
                "div",
                _write_scope(room),
                _write_boxes("roles", ROLES, room.roles),
                _write_boxes("foci", FOCI, room.foci),
                class_="narrowing",
            ),
            element("p", count_prompts(room), class_="tally"),
            None if room.working else _write_prompts(room),
            _write_learning(room),
        )
    )


def write_note_part(room: Room) -> Html:
    """What the note will hold, and the ways to take it along."""
    if not room.chosen:
        return join(())
    about = (
        words("supervision_page.note_session", most=MOST_IN_NOTE)
        if room.scope is Scope.SESSION
        else words("supervision_page.note_case", case=room.chosen)
    )
    named = words("supervision_page.note_names" if room.names else "supervision_page.note_no_names")
    return join(
        (
            element("h2", words("supervision_page.note_title"), id="supervision-note"),
            element("p", f"{about} {named}", class_="intro"),
            element("div", *map(_write_download, KINDS), class_="tools"),
        )
    )


def count_prompts(room: Room) -> str:
    """How many prompts there are and how many are ticked, in words."""
    if room.working:
        return words("supervision_page.prompts_stuck" if room.stuck else "supervision_page.prompts_working")
    return words("supervision_page.prompts_count", count=len(room.offered), ticked=len(room.taken))


def learning_words(room: Room) -> str:
    """Whether the learning points can be used."""
    if room.trouble:
        return words("supervision_page.learning_wrong", problem=room.trouble)
    return words("supervision_page.learning_taken", count=len(room.learning))


def _write_scope(room: Room) -> Html:
    choices = []
    for scope in Scope:
        key = f"supervision-scope-{scope}"
        box = element(
            "input", type="radio", name="supervision-scope", id=key, value=scope, checked=room.scope is scope, data_action="scope"
        )
        said = words(f"supervision_page.scope_{scope}", case=room.chosen)
        choices.append(element("div", box, element("label", said, for_=key), class_="option"))
    return _write_set("scope", choices)


def _write_boxes(kind: str, names: Iterable[str], chosen: Collection[str]) -> Html:
    choices = []
    for name in names:
        key = f"supervision-{name}"
        box = element("input", type="checkbox", id=key, checked=name in chosen, data_action="narrow", data_name=name)
        choices.append(element("div", box, element("label", words(f"{kind}.{name}"), for_=key), class_="option"))
    return _write_set(kind, choices)


def _write_set(key: str, choices: Iterable[Html]) -> Html:
    legend = element("legend", words(f"supervision_page.{key}"))
    return element("fieldset", legend, element("div", *choices, class_="options"))


def _write_prompts(room: Room) -> Html:
    offered, taken = room.offered, {one.key for one in room.taken}
    if not offered:
        return element("p", words("supervision.prompts_none"))
    rows = [_write_prompt(one, line, taken) for one, line in zip(offered, explain_suggestions(offered).lines, strict=True)]
    name = words("supervision_page.prompts")
    more = None
    if rows[FIRST:]:
        summary = element("summary", words("supervision_page.prompts_more", count=len(rows) - FIRST))
        more = element("details", summary, element("ul", *rows[FIRST:], class_="prompts", aria_label=name), data_key="prompts")
    return element("div", element("ul", *rows[:FIRST], class_="prompts", aria_label=name), more)


def _write_prompt(one: Suggestion, line: Line, ticked: Collection[str]) -> Html:
    box = element("input", type="checkbox", checked=one.key in ticked, data_action="tick", data_name=one.key)
    details = (element("span", detail, class_="hint") for detail in line.details)
    return element("li", element("label", box, element("span", line.text)), element("div", write_badges(line), *details))


def _write_learning(room: Room) -> Html:
    hint = words("supervision_page.learning_hint", limit=f"{MOST_LEARNING:,}")
    title = words(f"supervision_page.learning_{room.scope}", case=room.chosen)
    key = f"supervision-learning-{quote(f'{room.scope} {room.about}')}"  # another field for each, since what is typed stays in it
    area = element(
        "textarea",
        room.typed.get(room.about, ""),
        id=key,
        rows="5",
        maxlength=str(MOST_LEARNING),
        aria_describedby="supervision-learning-hint supervision-learning-state",
        aria_invalid="true" if room.trouble else None,
        data_action="learn",
        data_name=room.about,
        data_keep=f"learning:{room.scope}:{room.about}",
    )
    return element(
        "section",
        element("h3", element("label", title, for_=key)),
        element("p", hint, class_="hint", id="supervision-learning-hint"),
        area,
        element("p", learning_words(room), class_="refused" if room.trouble else "hint", id="supervision-learning-state"),
        class_="learning",
    )


def _write_download(kind: str) -> Html:
    style = "firm" if kind == KINDS[0] else None
    said = words(f"supervision_page.note_{kind}")
    return element("button", said, type="button", class_=style, data_action="note", data_name=kind)
