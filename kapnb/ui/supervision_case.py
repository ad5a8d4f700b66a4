"""One case: its story, what this source says of it, and what the group made of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from kapnb.group.differences import Difference, Kind
from kapnb.group.judgments import spread
from kapnb.group.overview import compare_in_case, explain_difference
from kapnb.group.state import State
from kapnb.text.blocks import Block
from kapnb.text.cases import Case
from kapnb.text.explain import explain
from kapnb.text.html import Html, element, join
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words
from kapnb.ui.charts import describe_counts, write_dots, write_key
from kapnb.ui.controls import button, check, details, options, select
from kapnb.ui.markup import write_explanation, write_lines

FIRST: Final = ("outcome", "support", "four")
"""What stands beside the story; the group comes next, and then why this source says so."""

KINDS: Final = (*Kind, "untold")


def write_case(state: State) -> Html:
    """The case on view."""
    comments = (one.judgment.comment or "" for one in state.differences)
    blocks = explain(state.assessment, *state.case.texts, *comments)
    first, rest = ([block for block in blocks if (block.key in FIRST) is wanted] for wanted in (True, False))
    said = element("div", write_explanation(state.assessment, first, ()), class_="said")
    return join(
        (
            element("h2", title_words(state.case), id="supervision-case"),
            _write_picker(state),
            element("div", _write_story(state.case), said, class_="beside"),
            element("section", element("h3", words("supervision_page.group")), *_write_group(state), class_="panel group"),
            element("div", write_explanation(state.assessment, rest, ()), class_="behind"),
        )
    )


def title_words(case: Case) -> str:
    """The case by its label and title."""
    key = "case_titled" if case.title else "case_title"
    return words(f"supervision_page.{key}", case=case.case_id, title=case.title)


def write_panel(block: Block) -> Html:
    """A block that is read at once, in a card of its own."""
    return element("section", element("h3", block.title), write_lines(block, {}), class_=f"panel {block.key}")


def _write_picker(state: State) -> Html:
    cases, listed = state.dataset.cases, state.dataset.listed
    titled = {name: words("supervision_page.case_option", case=name, title=cases[name].title) for name in listed}
    choices = options((name, titled[name] if cases[name].title else name) for name in listed)
    picker = select("supervision-choose", words("supervision_page.choose_case"), choices, state.chosen, action="pick")
    before = button(words("supervision_page.before"), "step", value="-1", enabled=state.chosen != listed[0])
    after = button(words("supervision_page.next"), "step", value="1", enabled=state.chosen != listed[-1])
    return element("div", before, element("div", picker, class_="pick"), after, class_="picker")


def _write_story(case: Case) -> Html:
    note = (element("h3", words("supervision_page.note")), *_write_text(case.note)) if case.note else ()
    story = _write_text(case.vignette or words("supervision_page.no_vignette"))
    return element("section", element("h3", words("supervision_page.vignette")), *story, *note, class_="story")


def _write_text(text: str) -> Iterator[Html]:
    return (element("p", part) for part in text.split("\n") if part.strip())


def _write_group(state: State) -> Iterator[Html | None]:
    differences, names = state.differences, state.names
    if not differences:
        key = "supervision.no_judgment" if state.dataset.judgments else "supervision_page.no_group"
        yield element("p", words(key))
        return
    blocks = compare_in_case(differences, names=names)
    if not names:
        blocks = blocks[1:]  # the plot says the same as the spread
    said = {block.key: element("div", element("h4", block.title), write_lines(block, {}), class_=block.key) for block in blocks}
    kinds = [html for key, html in said.items() if key in KINDS]
    alike = [html for key, html in said.items() if key not in KINDS]
    hint = words("supervision_page.names_hint")
    switch = check("supervision-names", words("supervision_page.names"), "names", on=names, hint=hint, class_="switch")
    beside = element("div", _write_plot(state), switch, *alike)
    yield element("div", beside, element("div", *kinds) if kinds else None, class_="gathered")
    yield _write_comments(differences, names=names)
    if names:
        each = [explain_difference(one, names=True) for one in sorted(differences, key=lambda one: one.judgment.rater)]
        parts = (element("div", element("h4", block.title), write_lines(block, {})) for block in each)
        yield details(words("supervision_page.each"), *parts, key="each")


def _write_comments(differences: Sequence[Difference], *, names: bool) -> Html | None:
    """What raters wrote. Without their labels it stands in the order of the alphabet, so that nobody can be told by their place."""
    said = [(one.judgment.rater if names else "", one.judgment.comment) for one in differences if one.judgment.comment]
    if not said:
        return None
    named = (words("supervision_page.comment_named", rater=rater, comment=text) if names else text for rater, text in sorted(said))
    rows = (element("li", line) for line in named)
    return details(words("supervision_page.comments"), element("ul", *rows, class_="comments"), key="comments")


def spread_said(state: State) -> str:
    """The plot in words."""
    counts, source = spread(one.judgment for one in state.differences), state.assessment
    said = describe_counts(counts) if counts else words("supervision_page.spread_none")
    outcome = outcome_words(source.outcome, source.reasons)
    return words("supervision_page.spread_said", title=words("supervision_page.spread_plot"), spread=said, outcome=outcome)


def _write_plot(state: State) -> Html:
    """The outcomes that were given on the scale of five steps: a dot a judgment, and a frame around what this source says."""
    counts, label = spread(one.judgment for one in state.differences), words("supervision_page.this_source")
    plot = write_dots(counts, state.assessment.outcome, spread_said(state), label=label)
    ends = element("p", element("span", words("page.most_cautious")), element("span", words("page.least_cautious")), class_="ends")
    return element("div", plot, ends, details(words("chart.key"), write_key(), key="key"), class_="spread-figure")
