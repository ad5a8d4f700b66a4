"""The overview: outcomes, agreement, disputes, where the group differs across cases, and what the cases reach."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from kapnb.group.overview import compare_across_cases
from kapnb.group.state import Dataset
from kapnb.text.blocks import Block
from kapnb.text.html import Html, element, join
from kapnb.text.words import words
from kapnb.ui.charts import STEPS, write_bar_and_table, write_key
from kapnb.ui.controls import details
from kapnb.ui.markup import write_line, write_lines
from kapnb.ui.supervision_case import write_panel

FIRST: Final = 4
"""So many lines of each kind of difference are shown at once, the rest one step away."""


@lru_cache(maxsize=2)  # of 20,000 judgments it takes a moment, and every event asks for every region
def write_overview(dataset: Dataset, *, names: bool) -> Html:
    """The overview, with the labels of the raters or without."""
    title, counts = words("supervision_page.outcomes"), {one: dataset.outcomes.get(one, 0) for one in STEPS}
    outcomes = (element("h3", title), write_bar_and_table(counts, title), write_key())
    coverage = dataset.coverage
    reached = details(element("h3", coverage.title), write_lines(coverage, {}), key=coverage.key)
    return join(
        (
            element("h2", words("supervision_page.overview"), id="supervision-overview"),
            element("section", *outcomes, class_="panel outcomes"),
            element("div", *map(write_panel, dataset.agreement), class_="figures"),
            _write_across(dataset, names=names) if dataset.everything else None,
            element("div", reached, class_="panel more"),
        )
    )


def _write_across(dataset: Dataset, *, names: bool) -> Html:
    blocks = compare_across_cases((one for found in dataset.differences.values() for one in found), names=names)
    kinds = element("div", *map(_write_kind, blocks), class_="kinds")
    head, none = element("h3", words("supervision_page.group_across")), element("p", words("supervision_page.group_across_none"))
    return element("section", head, kinds if blocks else none, class_="panel across")


def _write_kind(block: Block) -> Html:
    lines = [write_line(line, block.key, {}) for line in block.lines]
    more = None
    if rest := lines[FIRST:]:
        more = details(words("supervision_page.more_lines", count=len(rest)), element("ul", *rest, class_="lines"), key=block.key)
    return element("div", element("h4", block.title), element("ul", *lines[:FIRST], class_="lines"), more)
