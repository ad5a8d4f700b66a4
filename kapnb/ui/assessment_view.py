"""The assessment page as HTML: the case and its tools on the left, the explanation on the right."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache, lru_cache

from kapnb.engine.conditions import NOT_APPLICABLE
from kapnb.engine.edition import Edition
from kapnb.engine.fields import Dictionary, Field, Section
from kapnb.engine.ledger import Reading
from kapnb.limits import CASE_FILE, CASE_TEXTS
from kapnb.text.blocks import Block
from kapnb.text.cases import Case
from kapnb.text.compare import compare
from kapnb.text.explanation import Explanation, explain
from kapnb.text.explanation import outcome_line as write_outcome_line
from kapnb.text.glossary import write_terms
from kapnb.text.html import Html, element, join
from kapnb.text.phrases import sentence
from kapnb.text.support import most_support, support
from kapnb.text.words import words
from kapnb.ui.assessment_state import EMPTY, State, assess_case, read_examples
from kapnb.ui.controls import Notice, Option, button, details, join_names, menu, notice, row
from kapnb.ui.explanation import write_comparison, write_mark, write_pane, write_support
from kapnb.ui.page import NOTICES


def outcome_line(state: State) -> str:
    """The outcome in one line, as a bar shows and a screen reader speaks it."""
    if not state.invented:
        return words("explanation.start")
    line = write_outcome_line(assess_case(state, state.case))
    return words("page.whatif_line", outcome=line) if state.recorded else line


def find_blocks(state: State) -> tuple[Block, ...]:
    """Support; in a what-if also what it changes."""
    each = (support(state.fields, case.answers, *case.texts) for case in (state.case, state.recorded) if case)
    help_first = tuple(filter(None, [most_support(each)]))
    if state.recorded is None or not state.invented:
        return help_first
    moved, *rest = compare(assess_case(state, state.recorded), assess_case(state, state.case))
    return (moved, *help_first, *rest)


def write_frame(edition: Edition) -> Html:
    """What never changes around the regions."""
    strip = element("div", _place("band"), _place("notice", class_="notice", role="status"), class_="strip", data_sticky=True)
    sections = map(_write_section, edition.fields.sections)
    parts = *map(_place, ("gate", "title", NOTICES, "start")), strip, *sections, *map(_place, ("readings", "tools", "foot"))
    form = element("div", *parts, class_="kapnb kapnb-form")
    late = element("p", class_="late", role="status", data_late=words("page.behind"))
    named = {"aria_label": words("page.explanation")}
    answer = element("aside", late, _place("answer"), class_="answer", tabindex="-1", data_part="answer", **named)
    close = element("div", button(words("page.close"), class_="quiet", data_closes=True), class_="sheet-head")
    sheet = element("dialog", close, class_="sheet", id="case-sheet", **named)
    panel = element("div", answer, _place("bar"), sheet, class_="kapnb kapnb-panel")
    return element("div", form, panel, class_="kapnb-columns")


def _write_section(section: Section) -> Html:
    """One section of the dictionary. Each of its questions is a region, so that an answer draws no other question again."""
    title = element("h2", section.label, id=f"case-{section.name}")
    head = element("div", title, _place(f"count_{section.name}"), class_="head")
    questions = (_place(f"question_{one.name}") for one in section.fields)
    return element("section", head, *questions, class_="card", aria_labelledby=f"case-{section.name}")


def _place(name: str, class_: str = "place", **attributes: str) -> Html:
    return element("div", class_=class_, data_region=name, **attributes)


def write_regions(state: State, *, kept: bool) -> dict[str, Html]:
    """Every region of the page; ``kept`` says whether the browser keeps the case."""
    case, before = state.case, (state.recorded or state.case).answers
    asked, blocks = find_asked(state.fields, case.answers), find_blocks(state)
    told = explain(assess_case(state, case), *case.texts) if state.invented and not state.recorded else None
    counts = {f"count_{section.name}": _write_count(section, case.answers, asked) for section in state.fields.sections}
    questions = {
        f"question_{name}": _write_question(one, case.answers.get(name), before.get(name)) if name in asked else Html()
        for name, one in state.fields.items()
    }
    return {
        "gate": _write_gate(invented=state.invented),
        "title": _write_title(state),
        "start": _write_examples(state.edition) if (state.case, state.recorded) == (EMPTY, None) else Html(),
        "band": _write_band(state),
        "notice": _write_notice(state.notice),
        **counts,
        **questions,
        "readings": _write_readings(state),
        "tools": _write_tools(state),
        "foot": _write_foot(kept=kept),
        "answer": write_pane(told, asked) if told else _write_answer(state, asked, blocks),
        "bar": _write_bar(state, blocks, told),
    }


def _write_gate(*, invented: bool) -> Html:
    """What has to be confirmed before anything is assessed."""
    box = element("input", type="checkbox", checked=invented, data_action="confirm", data_keep="invented", data_key="gate")
    return element("label", box, element("span", words("page.gate_confirm")), class_="invented")


def _write_title(state: State) -> Html:
    """The title of the case, and what is written beside it."""
    problem = element("p", state.title_problem, class_="wrong", id="case-title-wrong") if state.title_problem else None
    box = element(
        "input",
        type="text",
        id="case-title",
        value=state.case.title if state.title is None else state.title,
        maxlength=str(CASE_TEXTS["title"]),
        placeholder=words("page.title"),
        autocomplete="off",
        data_action="title",
        data_live=True,
        aria_invalid="true" if problem else None,
        aria_describedby="case-title-wrong" if problem else None,
    )
    label = element("label", words("page.title_label"), class_="visually-hidden", for_="case-title")
    said = element("div", problem, role="status")
    texts = [element("p", text) for text in (state.case.vignette, state.case.note) if text]
    about = element("section", *texts, class_="about", aria_label=words("page.case")) if texts else None
    return join((label, box, said, about))


@cache
def _write_examples(edition: Edition) -> Html:
    """How to begin, while there is no case."""
    rows = (element("li", button(case.title, "example", name)) for name, case in read_examples(edition).items())
    return join((element("p", words("page.examples"), id="case-examples"), element("ul", *rows, aria_labelledby="case-examples")))


def find_asked(fields: Dictionary, answers: Mapping[str, str]) -> tuple[str, ...]:
    """The questions on view: those that apply, and those that may apply and have an answer, so that nothing hidden counts."""
    states = fields.states(answers)
    return tuple(name for name in fields if NOT_APPLICABLE not in states[name] or (name in answers and len(states[name]) > 1))


def _write_count(section: Section, answers: Mapping[str, str], asked: Collection[str]) -> Html:
    """How many of a section's questions have an answer."""
    here = [one.name for one in section.fields if one.name in asked]
    return element("span", words("page.answered", answered=sum(name in answers for name in here), asked=len(here)), class_="count")


@lru_cache(maxsize=1024)
def _write_question(one: Field, answer: str | None, before: str | None) -> Html:
    """One question as a row; where ``before``, the recorded answer, is another one, it says so."""
    label, instruments = sentence(one.label), ", ".join(one.instruments)
    told = (one.question, one.help, words("page.instruments", names=instruments) if instruments else "")
    said, terms = words("page.clear_of", label=label), set[str]()
    sign, title = words("page.clear_mark"), words("page.clear")
    return row(
        f"case-{one.name}",
        label,
        (Option(option.name, option.label, option.help) for option in one.options),
        answer,
        action="record",
        name=one.name,
        class_=join_names({"child": not one.always, "answered": answer, "changed": before != answer}),
        help=join(element("p", write_terms(text, terms)) for text in told if text),
        was=_was(before and one.option(before).label) if before != answer else "",
        clear=button(sign, "record", one.name, "", said=said, class_="clear", title=title),
        after=element("p", words("page.not_recorded"), class_="print-only", aria_hidden="true"),
        data_field=one.name,
    )


def _was(label: str | None) -> str:
    """What was recorded of a question before a what-if changed it."""
    return words("page.whatif_was", answer=label or words("page.not_recorded"))


def _write_tools(state: State) -> Html:
    accept = {"accept": ".json,application/json", "data_most": str(CASE_FILE)}
    return menu(
        words("page.tools"),
        button(words("page.whatif"), "whatif", enabled=state.recorded is None, data_focus=True),
        button(words("page.undo"), "undo", enabled=bool(state.past)),
        button(words("page.save"), "save"),
        button(words("page.note"), "note", enabled=state.invented),
        button(words("page.load"), data_opens="case-file"),
        button(words("page.new_case"), "new"),
        element("input", type="file", id="case-file", hidden=True, data_action="load", **accept),
    )


def _write_band(state: State) -> Html:
    """In a what-if, what it has changed so far, and how to end it."""
    if state.recorded is None:
        return Html()
    acts = element("div", button(words("page.whatif_keep"), "keep"), button(words("page.whatif_back"), "back"), class_="acts")
    changes = element("p", count_changes(state.recorded, state.case))
    return element("div", changes, acts, class_="band", role="group", aria_label=words("page.whatif_mode"))


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
    warning = one.choice(choice).warning
    return row(
        f"reading-{one.name}",
        one.question,
        (Option(each.name, each.label, f"{each.text} {each.warning}".strip(), each.direction) for each in one.choices),
        choice,
        action="choose",
        name=one.name,
        class_=join_names({"answered": True, "unusual": choice != one.default, "changed": choice != was}),
        help=element("p", one.why),
        after=element("p", warning, class_="warning caveat") if warning else None,
        was=_was(one.choice(was).label) if choice != was else "",
        data_reading=one.name,
    )


def _write_foot(*, kept: bool) -> Html:
    said = element("span", words("page.kept")) if kept else None
    return element("p", said, " ", button(words("page.forget"), "forget", class_="quiet"), class_="foot")


def _write_answer(state: State, asked: Sequence[str], blocks: Sequence[Block]) -> Html:
    """What replaces the explanation: support before the gate, and in a what-if what it changes."""
    if state.invented and state.recorded:
        return write_comparison(assess_case(state, state.case), blocks, asked)
    said = element("h2", words("explanation.start")), element("p", words("page.gate_next"))
    return join((element("div", *said), *map(write_support, blocks)))


def _write_bar(state: State, blocks: Sequence[Block], told: Explanation | None) -> Html:
    """The foot of a phone's page: the outcome in one line with the first reason; it opens the explanation over the question."""
    late = element("span", data_late=words("page.behind_bar", line=""), class_="late-mark")
    line = element("span", late, " ", write_mark(told.title, told.mark) if told else outcome_line(state), class_="line")
    parts = line, element("span", _find_reason(blocks, told), class_="reason"), element("span", words("page.why"), class_="more")
    return element("button", *parts, type="button", class_="bar", data_sheet="case-sheet", data_key="bar", aria_haspopup="dialog")


def _find_reason(blocks: Sequence[Block], told: Explanation | None) -> str:
    """What comes first, in one line: help where it is called for, or what decides."""
    if any(block.key == "support" for block in blocks):
        return words("page.support_bar")
    if told:
        return told.cards[0].text if told.cards else told.lines[0].text
    return next((block.lines[0].text for block in blocks), words("page.gate_next"))


def count_readings(state: State) -> str:
    """How many readings of the article differ from their default, in words."""
    known, chosen = state.edition.ledger.readings, state.case.readings
    changed = sum(choice != known[name].default for name, choice in chosen.items())
    return words("page.readings_changed", changed=changed, readings=len(known)) if changed else words("page.readings_none")


def count_changes(before: Case, after: Case) -> str:
    """In how many answers and readings two cases differ, in words."""
    pairs = ((before.answers, after.answers), (before.readings, after.readings))
    changes = sum(was.get(name) != now.get(name) for was, now in pairs for name in {**was, **now})
    return words("page.whatif_count", changes=changes) if changes else words("page.whatif_none")
