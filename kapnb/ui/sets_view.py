"""The page for supervisors, drawn: the stories to choose from, and the set with what can be handed out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kapnb.text.glossary import write_terms
from kapnb.text.html import Html, element, fragment, join
from kapnb.text.words import is_one_file, without_server, words
from kapnb.training.library import LEVELS, TRAPS, Vignette
from kapnb.training.links import KEY
from kapnb.training.sets import load_presets
from kapnb.ui.controls import button, cases_gate, details, file, notice, options, select, text_box
from kapnb.ui.explanation import write_outcome_mark
from kapnb.ui.page import MOST_BYTES
from kapnb.ui.sets_desk import FILTERS, INTERVIEW, Desk, find_cases, say
from kapnb.ui.training_cases import TABLES

MOST_TITLE: Final = 80
FIRST_LINE: Final = 150
"""Characters of a story in the list."""
PAPERS: Final = ("handout", "sheet", "cards")
"""What can be printed of a set; the last only where a story can be asked for."""


def write_stories(desk: Desk) -> Html:
    """The gate, or the stories to choose from."""
    if not desk.invented:
        return cases_gate("sets", "invented")
    return fragment(_write_search(desk), _write_found(desk))


# the stories


def _write_search(desk: Desk) -> Html:
    sections = desk.edition.fields.sections
    lists = {
        "topic": [(one.name, one.label) for one in sections],
        "level": [*((one, words(f"vignettes.level.{one}")) for one in LEVELS), (INTERVIEW, say("interview"))],
        "trap": [(one, words(f"vignettes.trap.{one}")) for one in TRAPS],
    }
    search = text_box("sets-search", say("search"), desk.search, "search", type="search", data_live=True, autocomplete="off")
    fields = []
    for one in FILTERS:
        choices = options((("", say("all")), *lists[one]))
        fields.append(element("div", select(f"sets-{one}", say(one), choices, desk.filters.get(one), action="narrow", name=one)))
    return element("div", element("div", search), *fields, class_="narrowing", role="search")


def _write_found(desk: Desk) -> Html:
    found = find_cases(desk)
    rows = (_write_case(desk, one) for one in found[: desk.most])
    count = element("p", say("found", count=len(found), all=len(desk.library)) if found else say("none"), class_="hint")
    title = element("h2", say("stories"), id="sets-stories", tabindex="-1")
    more = element("div", button(say("more"), "more"), class_="tools") if len(found) > desk.most else None
    return element("section", title, count, element("ul", *rows, class_="stories"), more)


def _write_case(desk: Desk, one: Vignette) -> Html:
    key, there, opened = f"sets-case-{one.id}", one.id in desk.picked, one.id in desk.shown
    pick, show = say("take_out" if there else "add"), say("hide" if opened else "show")
    acts = (
        button(pick, "pick", one.id, of=one.title, id=f"{key}-pick", class_="quiet" if there else None),
        button(show, "show", one.id, of=one.title, id=f"{key}-show", class_="quiet", aria_expanded=str(opened).lower()),
    )
    return element(
        "li",
        element("div", element("h3", one.title), element("p", _describe(desk, one), class_="hint")),
        element("p", shorten(one.story), class_="first-line"),
        _write_answer(desk, one) if opened else None,
        element("div", *acts, class_="tools"),
        class_="taken" if there else None,
        data_key=key,
    )


def _describe(desk: Desk, one: Vignette) -> str:
    labels = [section.label for section in desk.edition.fields.sections if section.name in one.topics]
    parts = (
        one.id,
        words(f"vignettes.level.{one.level}") if one.level else "",
        words("sheets.minutes", minutes=one.minutes),
        say("interview") if one.interview else "",
        ", ".join(labels),
    )
    return " · ".join(filter(None, parts))


def shorten(story: str) -> str:
    r"""The first lines of a story, up to a word.

    >>> shorten("They keep bees.\n\nNobody asks.")
    'They keep bees. Nobody asks.'
    """
    text = " ".join(story.split())
    return text if len(text) <= FIRST_LINE else f"{text[:FIRST_LINE].rpartition(' ')[0]} …"


def _write_answer(desk: Desk, one: Vignette) -> Html:
    """Outcome, traps and what it teaches: for whoever leads, and only when asked for."""
    assessment = desk.edition.assess(one.answers)
    twin = desk.library.find_twin(one)
    rows = (
        (words("sheets.outcome"), write_outcome_mark(assessment.outcome, assessment.reasons)),
        (words("sheets.trap"), "; ".join(words(f"vignettes.trap.{trap}") for trap in one.traps)),
        (words("sheets.tension"), one.tension),
        (say("twin"), twin.title if twin else ""),
    )
    told = (element("div", element("dt", label), element("dd", text)) for label, text in rows if text)
    return element("dl", *told, class_="told-of")


# the set


def write_set(desk: Desk) -> Html:
    """The set, and what can be handed out; nothing before the gate."""
    if not desk.invented:
        return join(())
    return element(
        "section",
        element("div", notice(desk.notice, "sets-notice"), role="status"),
        element("h2", say("set"), id="sets-set", tabindex="-1"),
        *_write_order(desk),
        *(_write_hand_out(desk) if desk.picked else ()),
        _write_presets(desk),
        _write_readings(desk),
        _write_own(desk) if not without_server() else None,
        class_="panel set-panel",
    )


def _write_order(desk: Desk) -> Iterator[Html]:
    if not desk.picked:
        yield element("p", say("empty"))
        return
    minutes = sum(one.minutes for one in desk.vignettes)
    yield element("p", say("size", count=len(desk.picked), minutes=minutes), class_="size")
    last = len(desk.picked) - 1
    rows = (_write_place(one, place, first=place == 0, last=place == last) for place, one in enumerate(desk.vignettes))
    yield element("ol", *rows, class_="order")


def _write_place(one: Vignette, place: int, *, first: bool, last: bool) -> Html:
    key = f"sets-place-{one.id}"
    acts = (
        button(_sign("↑", "up", one), "move", one.id, "-1", enabled=not first, id=f"{key}-up"),
        button(_sign("↓", "down", one), "move", one.id, "1", enabled=not last, id=f"{key}-down"),
        button(_sign("\N{MULTIPLICATION SIGN}", "out", one), "pick", one.id, id=f"{key}-out"),
    )
    minutes = element("span", words("sheets.minutes", minutes=one.minutes), class_="hint")
    text = element("span", element("strong", one.title), minutes)
    number = element("span", str(place + 1), class_="number")
    return element("li", number, text, element("span", *acts, class_="moves"), data_key=key)


def _sign(sign: str, key: str, one: Vignette) -> Html:
    """A sign for the eye, and what it does in words."""
    spoken = element("span", say(key, title=one.title), class_="visually-hidden")
    return fragment(element("span", sign, aria_hidden="true"), spoken)


def _write_hand_out(desk: Desk) -> Iterator[Html]:
    name = {"maxlength": str(MOST_TITLE), "autocomplete": "off"}
    yield element("div", text_box("sets-name", say("name"), desk.title, "title", data_live=True, **name), class_="of-set")
    yield element("h3", say("to_trainees"))
    note = {"rows": "2", "aria_describedby": "sets-note-hint", "aria_invalid": "true" if desk.trouble else None}
    said = say("note_trouble", trouble=desk.trouble) if desk.trouble else say("note_hint")
    box = text_box("sets-note", say("note"), desk.note, "note", data_live=True, **note)
    yield element("div", box, element("p", said, class_="hint", id="sets-note-hint"), class_="of-set")
    if desk.link:
        copy = button(say("copy"), class_="firm", data_copies="sets-link", data_done=say("copied"))
        sent = "part" if is_one_file() else "whole"
        link = element("a", say("link"), id="sets-link", href=f"training?{KEY}={desk.link}", data_address=sent)
        yield element("p", say("link_text"), class_="hint")
        yield element("p", link, class_="address")
        yield element("div", copy, element("span", role="status"), class_="tools")
    else:
        yield element("p", say("own_in_set"), class_="hint")
    live = element("a", say("live"), href=f"room/new?{KEY}={desk.link}") if desk.link and not without_server() else None
    yield element("div", button(say("share"), "share", class_="quiet"), live, class_="tools")
    yield element("h3", say("on_paper"))
    kinds = {"html": say("html")} if without_server() else {"html": say("html"), "docx": "DOCX"}
    rows = []
    for paper in PAPERS if any(one.interview for one in desk.vignettes) else PAPERS[:-1]:
        acts = (button(label, "paper", f"{paper}.{ending}", of=say(paper)) for ending, label in kinds.items())
        rows.append(element("li", element("span", say(paper)), element("span", *acts, class_="tools")))
    yield element("ul", *rows, class_="papers")
    yield element("p", say("sheet_hint"), class_="hint")
    yield element("div", button(say("cases"), "cases", class_="quiet"), class_="tools")


def _write_presets(desk: Desk) -> Html | None:
    presets = load_presets(desk.edition.guidance)
    rows = (
        element("li", button(one.title, "preset", value=str(number), class_="quiet"), element("p", one.text, class_="hint"))
        for number, one in enumerate(presets)
    )
    return details(say("presets"), element("ul", *rows, class_="presets"), key="presets", open=not desk.picked) if presets else None


def _write_readings(desk: Desk) -> Html:
    rows = [element("p", write_terms(say("readings_text")), class_="hint")]
    for name, one in desk.edition.guidance.readings.items():
        choices, chosen = options((each.name, each.label) for each in one.choices), desk.edition.readings[name]
        picked = select(f"sets-reading-{name}", one.question, choices, chosen, action="reading", name=name)
        rows.append(element("div", picked))
    changed = len(desk.edition.changed)
    title = say("readings_changed", count=changed) if changed else say("readings")
    return details(title, *rows, key="readings", class_="set-readings")


def _write_own(desk: Desk) -> Html:
    more = {"accept": TABLES, "aria_describedby": "sets-own-hint"}
    chooser = file("sets-own", say("own"), action="file", name="cases", most=MOST_BYTES, **more)
    told = say("reading") if desk.busy else say("own_there", count=len(desk.own)) if desk.own else say("own_text")
    return details(say("bring"), element("div", chooser, element("p", told, class_="hint", id="sets-own-hint")), key="bring")
