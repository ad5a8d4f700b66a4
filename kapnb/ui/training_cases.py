"""Around the cases: the gate, the choice of a set, the cases by title with what was met, looking back, and what is taken along."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, get_args

from kapnb.text.html import Html, element, fragment, join
from kapnb.text.phrases import edition_words, join_words
from kapnb.text.words import without_server, words
from kapnb.training.looking_back import look_back
from kapnb.training.reveal import locate_attempt
from kapnb.training.session import BLANK, Attempt, find
from kapnb.training.sets import LENGTHS, list_again
from kapnb.ui.controls import button, cases_gate, check, checks, details, file, notice, options, radios, text_box
from kapnb.ui.explanation import write_lines
from kapnb.ui.page import MOST_BYTES
from kapnb.ui.training_desk import heading, hint, press, tools
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
        element("div", _write_own(visit), class_="choosing"),
        tools(element("a", say("supervisor"), href="sets")),
    )


# The choice


def _write_wish(visit: Visit) -> Html:
    wish = visit.wish
    switch = {"class_": "switch", "data_keep": "training-skip"}
    parts = [check("training-skip", say("skip"), "skip", on=wish.skip, hint=say("skip_hint"), **switch)]
    if visit.own or visit.shared:
        title = visit.shared and (visit.shared.title or say("untitled"))
        own = say("source_shared", title=title, count=len(visit.shared.items)) if visit.shared else ""
        sources = options((("library", say("source_library")), ("own", own or say("source_own", count=len(visit.own)))))
        parts.append(radios("training-source", say("source"), sources, "own" if wish.own else "library", action="source"))
    if not visit.as_shared:
        parts += _write_filters(visit)
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


# The cases by title


def write_cases(visit: Visit) -> Html:
    """The cases of this set, those before it folded, and the ways on; or the training in retrospect."""
    if visit.screen == "back":
        return _write_back(visit)
    training = visit.under_way
    here = training.here
    before = [one for one in training.present if one not in here]
    left = [one for one in here if one.open]
    minutes = sum(find(visit.library, one.item).minutes for one in left)
    said = say("left", done=len(here) - len(left), count=len(here), minutes=minutes) if left else say("all_done", count=len(here))
    following = left[0].item.id if left else ""
    rows = [_write_row(visit, one, is_next=one.item.id == following) for one in here]
    earlier = element("ol", *(_write_row(visit, one, is_next=False) for one in before), class_="my-cases") if before else None
    return element(
        "section",
        heading(say("my_cases"), "list"),
        element("p", said, class_="intro"),
        element("p", edition_words(visit.edition), class_="hint") if visit.edition.changed else None,
        element("ol", *rows, class_="my-cases"),
        details(say("earlier", count=len(before)), earlier, key="earlier") if before else None,
        element("p", say("content"), class_="hint"),
        tools(
            press("looking_back", "screen", value="back") if any(not one.open for one in training.present) else None,
            None if visit.linked else press("another", class_="quiet" if left else "firm"),
        ),
        class_="screen narrow",
    )


def _write_row(visit: Visit, one: Attempt, *, is_next: bool) -> Html:
    vignette = find(visit.library, one.item)
    state = "now" if is_next else "begun" if one.open and one.draft != BLANK else one.stage
    minutes = say("interview_minutes" if vignette.interview else "case_minutes", minutes=vignette.minutes)
    about = minutes if one.open else _describe_met(visit, one)
    if state == "begun":
        about = f"{minutes} · {say('begun')}"
    key = "look_again" if not one.open else "start" if one.draft == BLANK else "go_on"
    act = button(say(key), "open", one.item.id, of=vignette.title, class_="firm" if is_next else "quiet", data_focus=is_next)
    spoken = element("span", say(f"state_{state}"), " ", class_="visually-hidden")
    text = element("span", spoken, element("strong", vignette.title), element("span", about, class_="state"))
    mark = element("span", class_="st", aria_hidden="true")
    return element("li", mark, text, act, class_=state)


def _describe_met(visit: Visit, attempt: Attempt) -> str:
    """How a revealed case compares, and what it tempts to."""
    vignette = find(visit.library, attempt.item)
    found = locate_attempt(attempt, vignette, visit.edition.assess(vignette.answers))
    kinds = join_words([words(f"training.kind_{kind}") for kind in found.kinds])
    if found.agrees:
        said = say("same_otherwise" if kinds else "same")
    else:
        said = say("other_kinds", kinds=kinds) if kinds else say("other")
    traps = ". ".join(words(f"vignettes.trap.{trap}") for trap in vignette.traps)
    return f"{said}. {say('met', traps=traps)}." if traps else f"{said}."


def _write_back(visit: Visit) -> Html:
    """The training in retrospect."""
    blocks = look_back(visit.under_way, visit.library)
    parts = [element("section", element("h3", block.title), write_lines(block, {})) for block in blocks if block.open]
    parts += [details(block.title, write_lines(block, {}), key=block.key) for block in blocks if not block.open]
    return element(
        "section",
        heading(say("looking_back"), "back"),
        *parts,
        tools(press("to_cases", "screen", value="list", class_="firm")),
        class_="screen narrow looking-back",
    )


def write_foot(visit: Visit) -> Html:
    """What can be done with the training as a whole."""
    if not visit.invented or visit.training is None or visit.screen != "list":
        return join(())
    offered = (one for one in EXPORTS if not without_server() or one[0].endswith(PLAIN))
    files = (button(say(f"export_{kind}"), "export", name, class_=look) for name, kind, look in offered)
    export = (
        element("p", say("export_question")),
        text_box("training-label", say("label"), "", "label", autocomplete="off", maxlength="40"),
        notice(visit.said_at("export")),
        tools(*files, press("export_signs", "signs") if visit.linked else None),
    )
    anew = element("p", say("anew_question")), tools(press("anew_sure", "anew", class_="firm"))
    return element(
        "section",
        heading(say("yours"), "yours", data_focus=True),
        hint("kept"),
        tools(press("save")),
        details(say("export"), element("div", *export, class_="of-set export"), key="export"),
        details(say("anew"), element("div", *anew, class_="sure"), key="anew"),
        class_="yours",
    )
