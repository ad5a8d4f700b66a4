"""Before a training and around it: the gate, the choice of a set, where one stands, and what can be taken along."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kapnb.engine.fields import load_fields
from kapnb.text.html import Html, element, join
from kapnb.text.words import words
from kapnb.training.content import notes
from kapnb.training.library import Vignette
from kapnb.training.session import Training
from kapnb.training.sets import LENGTHS, MOST_TEXT
from kapnb.ui.markup import write_cases_gate
from kapnb.ui.sheet import MOST_BYTES
from kapnb.ui.training_judgment import write_notice, write_radios
from kapnb.ui.training_visit import Ask, Order, Part, Place, Visit, propose

MOST_TITLE: Final = 80
TABLES: Final = ".csv,.tsv,.txt,.xlsx,.json,.parquet"


def write_head(visit: Visit) -> Html:
    """The gate, the choice of a set, or where one stands in it."""
    if not visit.invented:
        return write_cases_gate("training", "invented")
    said = write_notice(visit.said_at(Place.HEAD), "training-notice")
    always = element("div", said, hidden=not said)  # keeps its place, so that what is folded open below stays open
    return join((always, _write_choice(visit) if visit.part is Part.CHOOSE else _write_standing(visit)))


# The choice


def _write_choice(visit: Visit) -> Html:
    return join(
        (
            element("h2", words("training_page.choose_set"), id="training-choose", tabindex="-1", data_focus=True),
            element("p", words("training_page.choose_lead"), class_="intro"),
            element("div", _write_wish(visit), _write_proposal(visit), class_="choosing"),
            element("div", _write_own(visit), _write_supervisor(visit), class_="choosing folds"),
        )
    )


def _write_wish(visit: Visit) -> Html:
    wish = visit.wish
    lengths = [(str(minutes), words("training_page.minutes", minutes=minutes)) for minutes in LENGTHS]
    sources = (("library", words("training_page.source_library")), ("own", _name_own(visit)))
    orders = [one for one in Order if one is not Order.DISPUTED or visit.panel]
    return element(
        "section",
        write_radios("source", words("training_page.source"), sources, "own" if wish.own else "library")
        if visit.own or visit.shared
        else None,
        None
        if wish.own and visit.shared
        else join(
            (
                write_radios(
                    "minutes",
                    words("training_page.length"),
                    (*lengths, ("all", words("training_page.every"))),
                    str(wish.minutes) if wish.minutes else "all",
                    "row",
                ),
                _write_topics(visit),
                None
                if wish.own
                else _write_check("twins", words("training_page.twins"), words("training_page.twins_hint"), on=wish.twins),
                write_radios(
                    "order",
                    words("training_page.order"),
                    ((str(one), words(f"training_page.order_{one}")) for one in orders),
                    str(wish.order),
                    "row",
                ),
            )
        ),
        _write_check("skip", words("training_page.skip"), words("training_page.skip_hint"), on=wish.skip, keep="training-skip"),
        class_="card wish",
    )


def _name_own(visit: Visit) -> str:
    key = "source_shared" if visit.shared else "source_own"
    title = visit.shared.title if visit.shared and visit.shared.title else words("training_page.untitled")
    return words(f"training_page.{key}", title=title, count=len(visit.shared.items if visit.shared else visit.own))


def _write_topics(visit: Visit) -> Html:
    boxes = []
    for section in load_fields().sections:
        key = f"training-topic-{section.name}"
        box = element(
            "input",
            type="checkbox",
            id=key,
            checked=section.name in visit.wish.topics,
            data_action="topic",
            data_name=section.name,
        )
        boxes.append(element("div", box, element("label", section.label, for_=key), class_="option"))
    legend = element("legend", words("training_page.topics"))
    hint = element("p", words("training_page.topics_hint"), class_="hint")
    return element("fieldset", legend, hint, element("div", *boxes, class_="options"), class_="choice-of")


def _write_check(name: str, label: str, hint: str, *, on: bool, keep: str | None = None) -> Html:
    key, told = f"training-{name}", f"training-{name}-hint"
    box = element("input", type="checkbox", id=key, checked=on, data_action=name, data_keep=keep, aria_describedby=told)
    text = element("div", element("label", label, for_=key), element("span", hint, class_="hint", id=told))
    return element("div", box, text, class_="switch")


def _write_proposal(visit: Visit) -> Html:
    selection = propose(visit)
    minutes = sum(visit.library[name].minutes for name in selection.items)
    count = len(selection.items)
    said = words("training_page.proposal", count=count, minutes=minutes) if count else words("training_page.proposal_none")
    again = element("button", words("training_page.again"), type="button", data_action="again")
    mixed = visit.wish.order is Order.MIXED and not (visit.wish.own and visit.shared) and not visit.picks
    return element(
        "section",
        element("h3", words("training_page.your_set")),
        element("p", selection.title, class_="titled") if selection.title else None,
        element("p", said, class_="size"),
        element("p", words("training_page.picked_hint"), class_="hint") if visit.picks else None,
        element("p", selection.note, class_="hint") if selection.note else None,
        element("p", words("training_page.private"), class_="hint"),
        element(
            "div",
            element(
                "button",
                words("training_page.begin"),
                type="button",
                class_="firm",
                data_action="begin",
                aria_disabled=None if count else "true",
            ),
            again if mixed else None,
            class_="tools",
        ),
        class_="panel proposal",
    )


def _write_own(visit: Visit) -> Html:
    state = element("p", words("training_page.reading"), class_="hint") if visit.busy else None
    panel = words("training_page.panel_there", count=len(visit.panel)) if visit.panel else words("training_page.panel_text")
    group = words("training_page.group_there", count=len(visit.group)) if visit.group else words("training_page.group_text")
    files = (
        _write_file("cases", TABLES, words("training_page.cases_text")),
        _write_file("set", ".json", words("training_page.set_text")),
        _write_file("load", ".json", words("training_page.load_text")),
        _write_file("panel", TABLES, panel),
        _write_file("group", TABLES, group),
    )
    title = element("summary", words("training_page.bring"))
    return element("details", title, state, element("div", *files, class_="files"), class_="card fold", data_key="bring")


def _write_file(name: str, accept: str, hint: str) -> Html:
    key, told = f"training-file-{name}", f"training-file-{name}-hint"
    label = element("label", words(f"training_page.file_{name}"), for_=key)
    chooser = element(
        "input",
        type="file",
        id=key,
        accept=accept,
        aria_describedby=told,
        data_action="file",
        data_name=name,
        data_most=str(MOST_BYTES),
    )
    return element("div", label, chooser, element("span", hint, class_="hint", id=told), class_="pick")


def _write_supervisor(visit: Visit) -> Html:
    share = element("button", words("training_page.share"), type="button", data_action="share")
    sheet = element("button", words("training_page.sheet"), type="button", data_action="ask_sheet")
    sure = element(
        "div",
        element("p", words("training_page.sheet_question"), id="training-sheet-text"),
        element(
            "div",
            *(
                element("button", words(f"training_page.sheet_{kind}"), type="button", data_action="sheet", data_name=kind)
                for kind in ("html", "docx", "cases")
            ),
            element("button", words("training_page.leave"), type="button", class_="quiet", data_action="unask"),
            class_="tools",
        ),
        class_="sure",
        role="group",
        aria_labelledby="training-sheet-text",
    )
    return element(
        "details",
        element("summary", words("training_page.supervisor")),
        element("p", words("training_page.supervisor_text")),
        *_write_picking(visit),
        element("div", share, None if visit.asking is Ask.SHEET else sheet, class_="tools"),
        sure if visit.asking is Ask.SHEET else None,
        class_="card fold",
        data_key="supervisor",
    )


def _write_picking(visit: Visit) -> Iterator[Html]:
    """Single items to pick, of which no answer is told, and what to say of the set."""
    wish = visit.wish
    if not (wish.own and visit.shared):
        hint = words("training_page.picking_hint")
        yield _write_check("picking", words("training_page.picking"), hint, on=wish.picked is not None)
    if visit.picks:
        rows = (_write_item(one, picked=one.id in (wish.picked or ())) for one in visit.source.values())
        legend = element("legend", words("training_page.to_pick"))
        yield element("fieldset", legend, element("div", *rows, class_="items"), class_="choice-of picking")
    title = {"value": wish.title or None, "maxlength": str(MOST_TITLE), "autocomplete": "off", "data_action": "title"}
    yield element(
        "div",
        element("label", words("training_page.set_title"), for_="training-set-title"),
        element("input", type="text", id="training-set-title", **title),
        element("label", words("training_page.set_note"), for_="training-set-note"),
        element("textarea", wish.note, id="training-set-note", rows="2", maxlength=str(MOST_TEXT), data_action="set_note"),
        class_="of-set",
    )


def _write_item(one: Vignette, *, picked: bool) -> Html:
    key, told = f"training-pick-{one.id}", f"training-pick-{one.id}-hint"
    topics = [section.label for section in load_fields().sections if section.name in one.topics]
    parts = [
        words(f"vignettes.level.{one.level}") if one.level else "",
        ", ".join(topics),
        words("training_page.content_short", notes=", ".join(words(f"vignettes.content.{note}") for note in notes(one)))
        if notes(one)
        else "",
        words("training_page.twin_of", id=one.twin) if one.twin else "",
    ]
    box = element("input", type="checkbox", id=key, checked=picked, data_action="pick", data_name=one.id, aria_describedby=told)
    label = element("label", words("training.sheet_case", id=one.id, title=one.title), for_=key)
    text = element("div", label, element("span", " · ".join(filter(None, parts)), class_="hint", id=told))
    return element("div", box, text, class_="item")


# Under way


def _write_standing(visit: Visit) -> Html:
    training = visit.under_way
    present = training.present
    place = [one.item.id for one in present].index(training.now.item.id) + 1
    said = words("training_page.progress", place=place, count=len(present))
    turn = (Part.BACK, "looking_back") if visit.part is Part.PRACTICE else (Part.PRACTICE, "back_to_cases")
    return element(
        "div",
        element("p", said, class_="tally"),
        _write_steps(training),
        element("button", words(f"training_page.{turn[1]}"), type="button", class_="quiet", data_action=turn[0]),
        class_="standing",
    )


def _write_steps(training: Training) -> Html:
    """The items to turn to. Open or not is told, agreement never."""
    options = [
        element(
            "option",
            words("training_page.step", number=number, stage=words(f"training_page.stage_{one.stage}")),
            value=one.item.id,
            selected=one.item.id == training.now.item.id,
        )
        for number, one in enumerate(training.present, 1)
    ]
    label = element("label", words("training_page.steps"), for_="training-steps", class_="hushed")
    return element("div", label, element("select", *options, id="training-steps", data_action="go"), class_="steps")


def write_foot(visit: Visit) -> Html:
    """What can be done with the training as a whole."""
    if not visit.invented or visit.training is None:
        return join(())
    tools = (
        element("button", words("training_page.save"), type="button", data_action="save"),
        element("button", words("training_page.export"), type="button", data_action="ask_export"),
        element("button", words("training_page.anew"), type="button", data_action="ask_anew"),
    )
    return element(
        "section",
        element("h2", words("training_page.yours"), id="training-yours", tabindex="-1", data_focus=True),
        element("p", words("training_page.kept"), class_="hint"),
        element("div", *tools, class_="tools"),
        *_write_questions(visit),
        class_="yours",
    )


def _write_questions(visit: Visit) -> Iterator[Html]:
    if visit.asking is Ask.ANEW:
        yield element(
            "div",
            element("p", words("training_page.anew_question"), id="training-anew-text"),
            element(
                "div",
                element("button", words("training_page.anew_sure"), type="button", class_="firm", data_action="anew"),
                element("button", words("training_page.leave"), type="button", data_action="unask"),
                class_="tools",
            ),
            class_="sure",
            id="training-anew",
            role="group",
            aria_labelledby="training-anew-text",
        )
    if visit.asking is Ask.EXPORT:
        yield element(
            "div",
            element("p", words("training_page.export_question"), id="training-export-text"),
            element("label", words("training_page.label"), for_="training-label"),
            element("input", type="text", id="training-label", autocomplete="off", maxlength="40", data_action="label"),
            write_notice(visit.said_at(Place.EXPORT)),
            element(
                "div",
                *(
                    element("button", words(f"training_page.export_{name}"), type="button", data_action="export", data_name=name)
                    for name in ("judgments", "responses")
                ),
                element("button", words("training_page.leave"), type="button", class_="quiet", data_action="unask"),
                class_="tools",
            ),
            class_="sure",
            id="training-export",
            role="group",
            aria_labelledby="training-export-text",
        )
