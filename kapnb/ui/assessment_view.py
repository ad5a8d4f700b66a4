"""The assessment page as HTML: the case and its tools on the left, the explanation on the right."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Final

from kapnb.engine.edition import Edition
from kapnb.engine.ledger import Reading
from kapnb.limits import CASE_FILE
from kapnb.text.blocks import Block
from kapnb.text.cases import Case
from kapnb.text.compare import compare
from kapnb.text.explain import four
from kapnb.text.explanation import explain
from kapnb.text.explanation import outcome_line as write_outcome_line
from kapnb.text.html import Html, element, join
from kapnb.text.support import most_support, support
from kapnb.text.words import words
from kapnb.ui.assessment_state import State, assess_case, read_examples
from kapnb.ui.controls import Notice, Option, button, details, join_names, menu, notice, radios
from kapnb.ui.explanation import write_pane
from kapnb.ui.markup import write_comparison, write_support
from kapnb.ui.page import NOTICES
from kapnb.ui.questions import count_words, find_asked, was_words, write_section

PREFIX: Final = "case"
"""Begins the ids of the questions."""


def outcome_line(state: State) -> str:
    """The outcome in one line, as a bar shows and a screen reader speaks it."""
    if not state.invented:
        return words("page.gate_bar")
    line = write_outcome_line(assess_case(state, state.case))
    return words("page.whatif_line", outcome=line) if state.recorded else line


def find_blocks(state: State) -> tuple[Block, ...]:
    """The explanation; in a what-if what it changes, below what stands beside every outcome; before the gate support alone."""
    each = (support(state.fields, case.answers, *case.texts) for case in (state.case, state.recorded) if case)
    help_first = tuple(filter(None, [most_support(each)]))
    if not state.invented:
        return help_first
    assessment = assess_case(state, state.case)
    if state.recorded is None:
        return help_first
    moved, *rest = compare(assess_case(state, state.recorded), assessment)
    return (moved, *help_first, four(assessment), *rest)


def write_frame(edition: Edition) -> Html:
    """What never changes around the regions."""
    strip = element("div", _place("strip"), _place("notice", class_="notice", role="status"), class_="strip", data_sticky=True)
    sections = (f"section_{section.name}" for section in edition.fields.sections)
    parts = *map(_place, ("tools", NOTICES, "about")), strip, *map(_place, (*sections, "readings", "foot"))
    form = element("div", *parts, class_="kapnb kapnb-form")
    late = element("div", element("p", class_="late", role="status", data_late=words("page.behind")))
    place = {"tabindex": "-1", "data_part": "answer", "data_region": "answer"}
    answer = element("aside", class_="answer", aria_label=words("page.explanation"), **place)
    panel = element("div", late, answer, _place("bar", data_away="answer"), class_="kapnb kapnb-panel")
    return element("div", form, panel, class_="kapnb-columns")


def _place(name: str, class_: str = "place", **attributes: str) -> Html:
    return element("div", class_=class_, data_region=name, **attributes)


def write_regions(state: State, *, kept: bool) -> dict[str, Html]:
    """Every region of the page; ``kept`` says whether the browser keeps the case."""
    case, before = state.case, state.recorded.answers if state.recorded else None
    asked, blocks = find_asked(state.fields, case.answers), find_blocks(state)
    sections = {
        f"section_{section.name}": write_section(section, case.answers, asked, prefix=PREFIX, recorded=before)
        for section in state.fields.sections
    }
    return {
        "tools": _write_tools(state),
        "about": _write_about(case),
        "strip": _write_strip(state, asked),
        "notice": _write_notice(state.notice),
        **sections,
        "readings": _write_readings(state),
        "foot": _write_foot(kept=kept),
        "answer": _write_answer(state, asked, blocks),
        "bar": _write_bar(state, blocks),
    }


def _write_tools(state: State) -> Html:
    accept = {"accept": ".json,application/json", "data_most": str(CASE_FILE)}
    return menu(
        words("page.tools"),
        button(words("page.examples"), data_opens="case-examples"),
        button(words("page.load"), data_opens="case-file"),
        button(words("page.save"), "save"),
        button(words("page.note"), "note", enabled=state.invented),
        button(words("page.new_case"), "new"),
        button(words("page.whatif"), "whatif", enabled=state.recorded is None),
        button(words("page.undo"), "undo", enabled=bool(state.past)),
        element("input", type="file", id="case-file", hidden=True, data_action="load", **accept),
        _write_examples(state.edition),
    )


@cache
def _write_examples(edition: Edition) -> Html:
    rows = []
    for name, case in read_examples(edition).items():
        label = join((element("strong", case.title), element("span", case.note)))
        rows.append(element("li", button(label, "example", name, data_closes=True)))
    title = element("h2", words("page.examples_title"), id="case-examples-title")
    lead, close = element("p", words("page.examples_lead")), button(words("page.close"), data_closes=True)
    about = {"id": "case-examples", "aria_labelledby": "case-examples-title"}
    return element("dialog", title, lead, element("ul", *rows), close, class_="shelf", **about)


def _write_about(case: Case) -> Html:
    parts = (
        element("h2", case.title) if case.title else None,
        *(element("p", text) for text in (case.vignette, case.note) if text),
    )
    return element("section", *parts, class_="about", aria_label=words("page.case")) if any(parts) else join(())


def _write_strip(state: State, asked: Sequence[str]) -> Html:
    answered, of = sum(name in state.case.answers for name in asked), len(asked)
    tally = element("p", count_words(answered, of), class_="tally")
    meter = element("span", element("span", style=f"scale: {answered / of:.4f} 1"), class_="meter", aria_hidden="true")
    onward = button(words("page.next_unanswered"), enabled=answered < of, data_next=True, data_focus=True)
    row = element("div", tally, meter, onward, class_="row")
    if state.recorded is None:
        return row
    acts = element("div", button(words("page.whatif_keep"), "keep"), button(words("page.whatif_back"), "back"), class_="acts")
    changes = element("p", count_changes(state.recorded, state.case))
    mode = {"role": "group", "aria_label": words("page.whatif_mode"), "data_key": "band"}
    return join((element("div", changes, acts, class_="band", **mode), row))


def _write_notice(said: Notice | None) -> Html:
    """What has just been said, with what can be done about it."""
    undo = button(words("page.undo"), "undo", class_="quiet") if said and said.undo else None
    return join([notice(said, None, undo, button(words("page.dismiss"), "dismiss", class_="quiet"))])


def _write_readings(state: State) -> Html:
    known, chosen = state.edition.ledger.readings, state.case.readings
    before = state.recorded.readings if state.recorded else chosen
    title = join((element("h2", words("page.readings")), element("span", count_readings(state), class_="count")))
    reset = button(words("page.readings_reset"), "reset", enabled=bool(chosen))
    return details(
        title,
        element("div", element("p", words("page.readings_lead")), reset, class_="lead"),
        *(_write_reading(one, chosen.get(name, one.default), before.get(name, one.default)) for name, one in known.items()),
        key="readings",
        summary_class="head",
        class_="card readings unusual" if chosen else "card readings",
        data_part="readings",
    )


@lru_cache(maxsize=256)
def _write_reading(one: Reading, choice: str, was: str) -> Html:
    states = {"question answered": True, "unusual": choice != one.default, "changed": choice != was}
    usual = words("page.default")
    return radios(
        f"reading-{one.name}",
        one.question,
        (Option(each.name, each.label, each.text, usual if each.name == one.default else "") for each in one.choices),
        choice,
        action="choose",
        name=one.name,
        class_=join_names(states),
        options_class="options roomy",
        help=element("p", one.why),
        was=was_words(one.choice(was).label) if choice != was else "",
        data_reading=one.name,
    )


def _write_foot(*, kept: bool) -> Html:
    said = element("span", words("page.kept")) if kept else None
    return element("p", said, " ", button(words("page.forget"), "forget", class_="quiet"), class_="foot")


def _write_answer(state: State, asked: Sequence[str], blocks: Sequence[Block]) -> Html:
    if not state.invented:
        return join((_write_gate(), *map(write_support, blocks)))
    assessment = assess_case(state, state.case)
    if state.recorded:
        return write_comparison(assess_case(state, state.recorded), assessment, blocks, asked)
    return write_pane(explain(assessment, *state.case.texts), asked)


def _write_gate() -> Html:
    """What has to be confirmed before anything is assessed."""
    box = element("input", type="checkbox", required=True, data_key="gate")
    label = element("label", box, element("span", words("page.gate_confirm")))
    send = element("button", words("page.gate_button"), class_="firm", data_key="gate-button")
    form = element("form", label, send, data_action="confirm", data_keep="invented")
    return element("div", element("h2", words("page.gate_title")), element("p", words("page.gate_text")), form, class_="gate")


def _write_bar(state: State, blocks: Sequence[Block]) -> Html:
    """The foot of a phone's page: the outcome in one line, and the way to the explanation."""
    first = words("page.support_bar") if any(block.key == "support" for block in blocks) else ""
    late = element("span", data_late=words("page.behind_bar", line=""), class_="late-mark")
    line = element("div", element("p", late, " ", outcome_line(state)), element("p", first, class_="first"))
    why = button(words("page.why" if state.invented else "page.gate_go"), data_go="answer")
    return element("div", line, why, class_="bar", data_outcome=assess_case(state, state.case).outcome if state.invented else "")


def count_readings(state: State) -> str:
    """How many readings of the source differ from their default, in words."""
    known, chosen = state.edition.ledger.readings, state.case.readings
    changed = sum(choice != known[name].default for name, choice in chosen.items())
    return words("page.readings_changed", changed=changed, readings=len(known)) if changed else words("page.readings_none")


def count_changes(before: Case, after: Case) -> str:
    """In how many answers and readings two cases differ, in words."""
    pairs = ((before.answers, after.answers), (before.readings, after.readings))
    changes = sum(was.get(name) != now.get(name) for was, now in pairs for name in {**was, **now})
    return words("page.whatif_count", changes=changes) if changes else words("page.whatif_none")
