"""Before a training and around it: the gate, the choice of a set, the place in it, and what can be taken along."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kapnb.text.html import Html, element, join
from kapnb.text.words import words
from kapnb.training.library import Vignette, list_notes
from kapnb.training.session import Training
from kapnb.training.sets import LENGTHS, MOST_TEXT
from kapnb.ui.controls import button, cases_gate, check, checks, details, file, notice, options, radios
from kapnb.ui.page import MOST_BYTES
from kapnb.ui.training_judgment import write_question
from kapnb.ui.training_visit import Ask, Order, Part, Place, Visit, propose

MOST_TITLE: Final = 80
TABLES: Final = ".csv,.tsv,.txt,.xlsx,.json,.parquet"


def write_head(visit: Visit) -> Html:
    """The gate, the choice of a set, or the place in it."""
    if not visit.invented:
        return cases_gate("training", "invented")
    said = notice(visit.said_at(Place.HEAD), "training-notice")
    always = element("div", said, hidden=not said)  # keeps its place, so that what is folded open below stays open
    return join((always, _write_choice(visit) if visit.part is Part.CHOOSE else _write_place(visit)))


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
    parts: list[Html] = []
    if visit.own or visit.shared:
        sources = options((("library", words("training_page.source_library")), ("own", _name_own(visit))))
        chosen = "own" if wish.own else "library"
        parts.append(radios("training-source", words("training_page.source"), sources, chosen, action="source"))
    if not (wish.own and visit.shared):
        parts += _write_filters(visit)
    skip, hint = words("training_page.skip"), words("training_page.skip_hint")
    parts.append(check("training-skip", skip, "skip", on=wish.skip, hint=hint, class_="switch", data_keep="training-skip"))
    return element("section", *parts, class_="card wish")


def _write_filters(visit: Visit) -> Iterator[Html]:
    wish, row = visit.wish, "options row"
    lengths = [(str(minutes), words("training_page.minutes", minutes=minutes)) for minutes in LENGTHS]
    lengths.append(("all", words("training_page.every")))
    chosen = str(wish.minutes or "all")
    yield radios("training-minutes", words("training_page.length"), options(lengths), chosen, action="minutes", options_class=row)
    topics = (
        check(f"training-topic-{one.name}", one.label, "topic", one.name, on=one.name in wish.topics)
        for one in visit.edition.fields.sections
    )
    yield checks(words("training_page.topics"), topics, hint=words("training_page.topics_hint"))
    if not wish.own:
        twins, hint = words("training_page.twins"), words("training_page.twins_hint")
        yield check("training-twins", twins, "twins", on=wish.twins, hint=hint, class_="switch")
    orders = options((str(one), words(f"training_page.order_{one}")) for one in Order if one is not Order.DISPUTED or visit.panel)
    yield radios("training-order", words("training_page.order"), orders, wish.order, action="order", options_class=row)


def _name_own(visit: Visit) -> str:
    if visit.shared is None:
        return words("training_page.source_own", count=len(visit.own))
    title = visit.shared.title or words("training_page.untitled")
    return words("training_page.source_shared", title=title, count=len(visit.shared.items))


def _write_proposal(visit: Visit) -> Html:
    selection = propose(visit)
    minutes, count = sum(visit.library[name].minutes for name in selection.items), len(selection.items)
    said = words("training_page.proposal", count=count, minutes=minutes) if count else words("training_page.proposal_none")
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
            button(words("training_page.begin"), "begin", class_="firm", enabled=bool(count)),
            button(words("training_page.again"), "again") if mixed else None,
            class_="tools",
        ),
        class_="panel proposal",
    )


def _write_own(visit: Visit) -> Html:
    reading = element("p", words("training_page.reading"), class_="hint") if visit.busy else None
    panel, group = (
        words(f"training_page.{name}_there", count=count) if count else words(f"training_page.{name}_text")
        for name, count in (("panel", len(visit.panel)), ("group", visit.group.total()))
    )
    files = (
        _write_file("cases", TABLES, words("training_page.cases_text")),
        _write_file("set", ".json", words("training_page.set_text")),
        _write_file("load", ".json", words("training_page.load_text")),
        _write_file("panel", TABLES, panel),
        _write_file("group", TABLES, group),
    )
    content = element("div", *files, class_="files")
    return details(words("training_page.bring"), reading, content, key="bring", class_="card fold")


def _write_file(name: str, accept: str, hint: str) -> Html:
    key, label = f"training-file-{name}", words(f"training_page.file_{name}")
    chooser = file(key, label, action="file", name=name, accept=accept, most=MOST_BYTES, aria_describedby=f"{key}-hint")
    return element("div", chooser, element("span", hint, class_="hint", id=f"{key}-hint"), class_="pick")


def _write_supervisor(visit: Visit) -> Html:
    share = button(words("training_page.share"), "share")
    sheet: Html | None = button(words("training_page.sheet"), "ask_sheet")
    sure = None
    if visit.asking is Ask.SHEET:
        kinds = (button(words(f"training_page.sheet_{kind}"), "sheet", kind) for kind in ("html", "docx", "cases"))
        leave = button(words("training_page.leave"), "unask", class_="quiet")
        sure, sheet = write_question("sheet", words("training_page.sheet_question"), *kinds, leave), None
    return details(
        words("training_page.supervisor"),
        element("p", words("training_page.supervisor_text")),
        *_write_picking(visit),
        element("div", share, sheet, class_="tools"),
        sure,
        key="supervisor",
        class_="card fold",
    )


def _write_picking(visit: Visit) -> Iterator[Html]:
    """Single items to pick, of which no answer is told, and what to say of the set."""
    wish = visit.wish
    if not (wish.own and visit.shared):
        label, hint, on = words("training_page.picking"), words("training_page.picking_hint"), wish.picked is not None
        yield check("training-picking", label, "picking", on=on, hint=hint, class_="switch")
    if visit.picks:
        rows = (_write_item(visit, one, picked=one.id in (wish.picked or ())) for one in visit.source.values())
        yield checks(words("training_page.to_pick"), rows, class_="choice-of picking", options_class="items")
    title = {"value": wish.title or None, "maxlength": str(MOST_TITLE), "autocomplete": "off", "data_action": "title"}
    yield element(
        "div",
        element("label", words("training_page.set_title"), for_="training-set-title"),
        element("input", type="text", id="training-set-title", **title),
        element("label", words("training_page.set_note"), for_="training-set-note"),
        element("textarea", wish.note, id="training-set-note", rows="2", maxlength=str(MOST_TEXT), data_action="set_note"),
        class_="of-set",
    )


def _write_item(visit: Visit, one: Vignette, *, picked: bool) -> Html:
    sections = visit.edition.fields.sections
    notes = ", ".join(words(f"vignettes.content.{note}") for note in list_notes(one, visit.edition.fields))
    parts = (
        words(f"vignettes.level.{one.level}") if one.level else "",
        ", ".join(section.label for section in sections if section.name in one.topics),
        words("training_page.content_short", notes=notes) if notes else "",
        words("training_page.twin_of", id=one.twin) if one.twin else "",
    )
    label, hint = words("training.sheet_case", id=one.id, title=one.title), " · ".join(filter(None, parts))
    return check(f"training-pick-{one.id}", label, "pick", one.id, on=picked, hint=hint, class_="item")


# In progress


def _write_place(visit: Visit) -> Html:
    training = visit.under_way
    place = [one.item.id for one in training.present].index(training.current) + 1
    said = words("training_page.progress", place=place, count=len(training.present))
    turn, label = ("back", "looking_back") if visit.part is Part.PRACTICE else ("practice", "back_to_cases")
    return element(
        "div",
        element("p", said, class_="tally"),
        _write_steps(training),
        button(words(f"training_page.{label}"), turn, class_="quiet"),
        class_="standing",
    )


def _write_steps(training: Training) -> Html:
    """The items to turn to. Open or not is told, agreement never."""
    steps = [
        element(
            "option",
            words("training_page.step", number=number, stage=words(f"training_page.stage_{one.stage}")),
            value=one.item.id,
            selected=one.item.id == training.current,
        )
        for number, one in enumerate(training.present, 1)
    ]
    label = element("label", words("training_page.steps"), for_="training-steps", class_="visually-hidden")
    return element("div", label, element("select", *steps, id="training-steps", data_action="go"), class_="steps")


def write_foot(visit: Visit) -> Html:
    """What can be done with the training as a whole."""
    if not visit.invented or visit.training is None:
        return join(())
    tools = (button(words(f"training_page.{key}"), action) for key, action in FOOT.items())
    return element(
        "section",
        element("h2", words("training_page.yours"), id="training-yours", tabindex="-1", data_focus=True),
        element("p", words("training_page.kept"), class_="hint"),
        element("div", *tools, class_="tools"),
        _write_foot_question(visit),
        class_="yours",
    )


FOOT: Final = {"save": "save", "export": "ask_export", "anew": "ask_anew"}
"""The buttons of the foot, by their words, with what they ask for."""


def _write_foot_question(visit: Visit) -> Html | None:
    leave = words("training_page.leave")
    if visit.asking is Ask.ANEW:
        sure = button(words("training_page.anew_sure"), "anew", class_="firm")
        return write_question("anew", words("training_page.anew_question"), sure, button(leave, "unask"))
    if visit.asking is not Ask.EXPORT:
        return None
    box = {"autocomplete": "off", "maxlength": "40", "data_action": "label"}
    label = join(
        (
            element("label", words("training_page.label"), for_="training-label"),
            element("input", type="text", id="training-label", **box),
            notice(visit.said_at(Place.EXPORT)),
        )
    )
    tables = (button(words(f"training_page.export_{name}"), "export", name) for name in ("judgments", "responses"))
    question = words("training_page.export_question")
    return write_question("export", question, *tables, button(leave, "unask", class_="quiet"), content=label)
