"""One case: its story, what the article says of it, and what the group made of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kapnb.group.differences import Difference
from kapnb.group.judgments import count_moves
from kapnb.group.overview import compare_in_case, explain_difference
from kapnb.group.state import State
from kapnb.text.cases import Case
from kapnb.text.explanation import explain
from kapnb.text.html import Html, element, fragment
from kapnb.text.words import words
from kapnb.ui.controls import button, check, details, options, select
from kapnb.ui.dots import describe_moves, write_legend, write_slopes, write_strip
from kapnb.ui.explanation import write_lines, write_pane
from kapnb.ui.supervision_picture import agreement_words, say


def write_case(state: State) -> Html:
    """The case on view."""
    comments = (one.judgment.comment or "" for one in state.differences)
    said = element("div", write_pane(explain(state.assessment, *state.case.texts, *comments), ()), class_="said")
    return fragment(
        element("h2", title_words(state.case), id="supervision-case"),
        _write_picker(state),
        element("div", _write_story(state.case), said, class_="beside"),
        element("section", element("h3", say("group")), *_write_group(state), class_="panel group"),
    )


def title_words(case: Case) -> str:
    """The case by its label and title."""
    key = "case_titled" if case.title else "case_title"
    return say(key, case=case.case_id, title=case.title)


def _write_picker(state: State) -> Html:
    cases, listed = state.dataset.cases, state.listed
    titled = {name: say("case_option", case=name, title=cases[name].title) for name in listed}
    choices = options((name, titled[name] if cases[name].title else name) for name in listed)
    picker = select("supervision-choose", say("choose_case"), choices, state.chosen, action="pick")
    before = button(say("before"), "step", value="-1", enabled=state.chosen != listed[0])
    after = button(say("next"), "step", value="1", enabled=state.chosen != listed[-1])
    return element("div", before, element("div", picker, class_="pick"), after, class_="picker")


def _write_story(case: Case) -> Html:
    note = (element("h3", say("note")), *_write_text(case.note)) if case.note else ()
    story = _write_text(case.vignette or say("no_vignette"))
    return element("section", element("h3", say("vignette")), *story, *note, class_="story")


def _write_text(text: str) -> Iterator[Html]:
    return (element("p", part) for part in text.split("\n") if part.strip())


def _write_group(state: State) -> Iterator[Html | None]:
    """The strip in words, who moved after talking, and what was read, known or weighed otherwise."""
    differences, names = state.differences, state.names
    if not differences:
        key = "supervision.no_judgment" if state.dataset.judgments else "supervision_page.no_group"
        yield element("p", words(key))
        return
    judgments = [one.judgment for one in differences]
    yield element("p", agreement_words(state.dataset, state.chosen), class_="intro")
    yield write_strip(judgments, state.assessment.outcome)
    yield write_legend(judgments)
    if moves := count_moves(judgments):
        yield element("h4", words("dots.talked"))
        yield write_slopes(moves)
        yield element("p", describe_moves(moves))
    hint = say("names_hint")
    yield check("supervision-names", say("names"), "names", on=names, hint=hint, class_="switch")
    blocks = compare_in_case(differences, names=names)
    if not names:
        blocks = blocks[1:]  # the strip says the same as the spread
    written = (element("div", element("h4", block.title), write_lines(block, {}), class_=block.key) for block in blocks)
    yield element("div", *written, class_="kinds")
    yield _write_comments(differences, names=names)
    if names:
        each = [explain_difference(one, names=True) for one in sorted(differences, key=lambda one: one.judgment.rater)]
        parts = (element("div", element("h4", block.title), write_lines(block, {})) for block in each)
        yield details(say("each"), *parts, key="each")


def _write_comments(differences: Sequence[Difference], *, names: bool) -> Html | None:
    """What raters wrote. Without their labels it is sorted by the alphabet, so that its place identifies nobody."""
    said = [(one.judgment.rater if names else "", one.judgment.comment) for one in differences if one.judgment.comment]
    if not said:
        return None
    named = (say("comment_named", rater=rater, comment=text) if names else text for rater, text in sorted(said))
    rows = (element("li", line) for line in named)
    return details(say("comments"), element("ul", *rows, class_="comments"), key="comments")
