"""A map of outcomes over two questions. It opens with all others at their least cautious answer, so that it shows the rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from kapnb.engine.atlas import list_options, map_outcomes
from kapnb.engine.edition import Edition
from kapnb.engine.fields import Dictionary, Field
from kapnb.engine.flips import find_quiet
from kapnb.engine.outcomes import Outcome
from kapnb.text.html import Html, element, fragment
from kapnb.text.phrases import outcome_words, sentence
from kapnb.text.words import words
from kapnb.ui.controls import check, options, scroll_box, select, table
from kapnb.ui.widget import Event


@dataclass(frozen=True, slots=True)
class Choice:
    """The two questions, and whether all other answers count too."""

    rows: str = "bpd_diagnosis"
    columns: str = "structured_therapy"
    others: bool = False


def choose(choice: Choice, event: Event, fields: Dictionary) -> Choice:
    """The choice after a control was used. The same question for rows and columns makes them change places."""
    match event:
        case Event("axis", "rows", str(name)) if name in fields:
            return replace(choice, rows=name, columns=choice.rows if name == choice.columns else choice.columns)
        case Event("axis", "columns", str(name)) if name in fields:
            return replace(choice, columns=name, rows=choice.columns if name == choice.rows else choice.rows)
        case Event("others", value=bool(on)):
            return replace(choice, others=on)
    raise ValueError(f"{event.name} cannot be {event.value}")


def write_map(edition: Edition, choice: Choice) -> Html:
    """The controls and the map."""
    fields, axes = edition.fields, {"rows": choice.rows, "columns": choice.columns}
    questions = options((one.name, sentence(one.label)) for one in fields.values())
    picks = (
        element("div", select(f"map-{axis}", words(f"reviewers.{axis}"), questions, name, action="axis", name=axis), class_="pick")
        for axis, name in axes.items()
    )
    quiet = {} if choice.others else {name: given for name, given in find_quiet(fields).items() if name not in axes.values()}
    title = words("reviewers.map_title", rows=fields[choice.rows].label, columns=fields[choice.columns].label)
    return fragment(
        element("h2", words("reviewers.map"), id="map"),
        element("p", words("reviewers.map_lead"), class_="intro"),
        element("div", *picks, class_="axes"),
        check("map-others", words("reviewers.others"), "others", on=choice.others),
        scroll_box(_write_table(edition, choice, quiet), title),
    )


def _write_table(edition: Edition, choice: Choice, fixed: Mapping[str, str]) -> Html:
    counts = map_outcomes(edition, choice.rows, choice.columns, fixed)
    first, second = edition.fields[choice.rows], edition.fields[choice.columns]
    columns = list_options(second)
    body = ((_label(first, row), *(_write_cell(counts[row, column]) for column in columns)) for row in list_options(first))
    return table((sentence(first.label), *(_label(second, column) for column in columns)), body, class_="map")


def _label(one: Field, option: str) -> str:
    return one.option(option).label if option else words("reviewers.not_asked")


def _write_cell(counts: Mapping[Outcome, int]) -> Html:
    """The outcome of all cases there; where they differ, each outcome with its number."""
    found = {outcome: cases for outcome, cases in counts.items() if cases}
    if not found:
        return element("span", words("reviewers.no_case"), class_="hint")
    said = (
        outcome_words(one) if len(found) == 1 else words("reviewers.count", outcome=outcome_words(one), cases=f"{cases:,}")
        for one, cases in found.items()
    )
    return element("ul", *(element("li", one) for one in said))
