"""Before a training and around it: the gate, the choice of a set, and what can be taken along."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, get_args

from kapnb.text.html import Html, element, fragment, join
from kapnb.text.words import without_server
from kapnb.training.sets import LENGTHS, list_again
from kapnb.ui.controls import button, cases_gate, check, checks, details, file, notice, options, radios
from kapnb.ui.page import MOST_BYTES
from kapnb.ui.training_desk import heading, hint, press, tools, write_question
from kapnb.ui.training_visit import Order, Visit, propose, say

EXPORTS: Final = (
    ("page.html", "page", "firm"),
    ("page.docx", "page_docx", None),
    ("judgments.csv", "judgments", None),
    ("judgments.xlsx", "judgments_xlsx", None),
    ("responses.csv", "responses", None),
)
"""What can be handed over: the file, its words, and how its button looks."""
PLAIN: Final = (".html", ".csv", ".json")
"""The kinds of file that need no server."""
TABLES: Final = ".csv,.tsv,.txt,.xlsx,.json,.parquet"
FILES: Final = {"cases": TABLES, "set": ".json", "load": ".json", "panel": TABLES, "group": TABLES}
"""What can be brought, and in which kinds of file."""


def write_head(visit: Visit) -> Html:
    """The gate, the choice of a set, or the place in it."""
    if not visit.invented:
        return cases_gate("training", "invented")
    said = notice(visit.said_at("head"), "training-notice")
    always = element("div", said, hidden=not said)  # keeps its place, so that what is folded open below stays open
    if visit.screen != "choose":
        return always
    back = tools(press("to_cases", class_="quiet")) if visit.training else None
    return fragment(
        always,
        back,
        heading(say("choose_set"), "choose", data_focus=True),
        element("p", say("content"), class_="hint"),
        element("div", _write_proposal(visit), _write_wish(visit), class_="choosing"),
        element("div", _write_own(visit), class_="choosing folds"),
        element("p", element("a", say("supervisor"), href="sets"), class_="hint"),
    )


# The choice


def _write_wish(visit: Visit) -> Html:
    wish, parts = visit.wish, []
    if visit.own or visit.shared:
        title = visit.shared and (visit.shared.title or say("untitled"))
        own = say("source_shared", title=title, count=len(visit.shared.items)) if visit.shared else ""
        sources = options((("library", say("source_library")), ("own", own or say("source_own", count=len(visit.own)))))
        parts.append(radios("training-source", say("source"), sources, "own" if wish.own else "library", action="source"))
    if not visit.as_shared:
        parts += _write_filters(visit)
    switch = {"class_": "switch", "data_keep": "training-skip"}
    parts.append(check("training-skip", say("skip"), "skip", on=wish.skip, hint=say("skip_hint"), **switch))
    return element("section", *parts, class_="card wish")


def _write_filters(visit: Visit) -> Iterator[Html]:
    wish = visit.wish
    lengths = options([*((str(one), say("minutes", minutes=one)) for one in LENGTHS), ("all", say("every"))])
    chosen = str(wish.minutes or "all")
    yield radios("training-minutes", say("length"), lengths, chosen, action="minutes", options_class="options row")
    topics = (
        check(f"training-topic-{one.name}", one.label, "topic", one.name, on=one.name in wish.topics)
        for one in visit.edition.fields.sections
    )
    yield checks(say("topics"), topics, hint=say("topics_hint"))
    if not wish.own:
        yield check("training-twins", say("twins"), "twins", on=wish.twins, hint=say("twins_hint"), class_="switch")
    orders = options((one, say(f"order_{one}")) for one in get_args(Order) if one != "disputed" or visit.panel)
    yield radios("training-order", say("order"), orders, wish.order, action="order", options_class="options row")


def _write_proposal(visit: Visit) -> Html:
    selection = propose(visit)
    minutes, count = sum(visit.library[name].minutes for name in selection.items), len(selection.items)
    again = visit.training is not None and not set(list_again(visit.training, visit.library)).isdisjoint(selection.items)
    mixed = visit.wish.order == "mixed" and not visit.as_shared
    return element(
        "section",
        element("h3", say("your_set")),
        element("p", selection.title, class_="titled") if selection.title else None,
        element("p", say("proposal", count=count, minutes=minutes) if count else say("proposal_none"), class_="size"),
        hint("again_twin") if again else None,
        element("p", selection.note, class_="hint") if selection.note else None,
        hint("private"),
        tools(press("begin", class_="firm", enabled=bool(count)), press("again") if mixed else None),
        class_="panel proposal",
    )


def _write_own(visit: Visit) -> Html:
    there, files = {"panel": len(visit.panel), "group": visit.group.total()}, []
    for name, accept in FILES.items():
        if without_server() and accept not in PLAIN:
            continue
        key, count = f"training-file-{name}", there.get(name, 0)
        more = {"accept": accept, "aria_describedby": f"{key}-hint"}
        chooser = file(key, say(f"file_{name}"), action="file", name=name, most=MOST_BYTES, **more)
        told = say(f"{name}_there", count=count) if count else say(f"{name}_text")
        files.append(element("div", chooser, element("span", told, class_="hint", id=f"{key}-hint"), class_="pick"))
    reading = hint("reading") if visit.busy else None
    return details(say("bring"), reading, element("div", *files, class_="files"), key="bring", class_="card fold")


# In progress


def write_foot(visit: Visit) -> Html:
    """What can be done with the training as a whole."""
    if not visit.invented or visit.training is None or visit.screen != "list":
        return join(())
    asked, quiet = None, press("leave", "unask", class_="quiet")
    if visit.asking == "anew":
        asked = write_question("anew", press("anew_sure", "anew", class_="firm"), quiet)
    elif visit.asking == "export":
        box = {"autocomplete": "off", "maxlength": "40", "data_action": "label"}
        label = (
            element("label", say("label"), for_="training-label"),
            element("input", type="text", id="training-label", **box),
            notice(visit.said_at("export")),
        )
        offered = (one for one in EXPORTS if not without_server() or one[0].endswith(PLAIN))
        files = (button(say(f"export_{kind}"), "export", name, class_=look) for name, kind, look in offered)
        signs = press("export_signs", "signs") if visit.linked else None
        asked = write_question("export", *files, signs, quiet, content=join(label))
    return element(
        "section",
        heading(say("yours"), "yours", data_focus=True),
        hint("kept"),
        tools(press("save"), press("export", "ask_export"), press("anew", "ask_anew")),
        asked,
        class_="yours",
    )
