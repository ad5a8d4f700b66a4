"""The overview: outcomes, agreement, disputes, where the group differs across cases, and what the cases reach."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kapnb.group.overview import compare_across_cases
from kapnb.group.state import Overview, State
from kapnb.text.blocks import Block
from kapnb.text.html import Html, element, join
from kapnb.text.words import words
from kapnb.ui.charts import STEPS, write_bar, write_count_table, write_key
from kapnb.ui.controls import button, details
from kapnb.ui.markup import write_line, write_lines
from kapnb.ui.supervision_case import write_panel

FIRST: Final = 4
"""So many lines of each kind of difference are shown at once, the rest one step away."""


def write_overview(state: State) -> Html:
    """The overview, or that it is being worked out, or a way to try again."""
    head = element("h2", words("supervision_page.overview"), id="supervision-overview")
    if state.stuck:
        again = button(words("supervision_page.overview_again"), "again")
        return join((head, element("p", words("supervision_page.overview_stuck")), again))
    if state.overview is None:
        said = words("supervision_page.overview_working")
        bar = element("div", element("progress", aria_label=said), element("span", said, class_="tally"), class_="progress")
        return join((head, bar))
    overview = state.overview
    return join(
        (
            head,
            _write_outcomes(overview),
            element("div", *_write_figures(overview), class_="figures"),
            _write_across(state, overview) if overview.differences else None,
            element("div", _fold(overview.coverage), class_="panel more"),
        )
    )


def _write_outcomes(overview: Overview) -> Html:
    title, counts = words("supervision_page.outcomes"), {one: overview.outcomes.get(one, 0) for one in STEPS}
    numbers = details(words("supervision_page.outcomes_numbers"), write_count_table(counts, title), key="numbers")
    bar = write_bar(counts, title)
    return element("section", element("h3", title), bar, write_key(), numbers, class_="panel outcomes")


def _write_figures(overview: Overview) -> Iterator[Html]:
    for block in overview.agreement:
        yield write_panel(block)
    if overview.disputes:
        yield write_panel(overview.disputes)


def _write_across(state: State, overview: Overview) -> Html:
    everything = [one for found in overview.differences.values() for one in found]
    blocks = compare_across_cases(everything, state.dataset.edition, names=state.names)
    head = element("h3", words("supervision_page.group_across"))
    if not blocks:
        return element("section", head, element("p", words("supervision_page.group_across_none")), class_="panel")
    return element("section", head, element("div", *map(_write_kind, blocks), class_="kinds"), class_="panel across")


def _write_kind(block: Block) -> Html:
    first, rest = block.lines[:FIRST], block.lines[FIRST:]
    lines = element("ul", *(write_line(line, block.key, {}) for line in first), class_="lines")
    more = None
    if rest:
        others = element("ul", *(write_line(line, block.key, {}) for line in rest), class_="lines")
        more = details(words("supervision_page.more_lines", count=len(rest)), others, key=block.key)
    return element("div", element("h4", block.title), lines, more)


def _fold(block: Block) -> Html:
    return details(element("h3", block.title), write_lines(block, {}), key=block.key)
