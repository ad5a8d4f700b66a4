"""The atlas: how outcomes are distributed over two questions, with the answers to others fixed at will."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kapnb.engine.atlas import Map, count_outcomes, map_outcomes
from kapnb.engine.edition import Edition
from kapnb.engine.fields import Dictionary, Field
from kapnb.engine.outcomes import Outcome
from kapnb.engine.proof import count_complete_cases
from kapnb.text.html import Html, element, join
from kapnb.text.phrases import sentence
from kapnb.text.words import words
from kapnb.ui.charts import STEPS, write_bar, write_bar_and_table, write_chip, write_key
from kapnb.ui.controls import Option, button, details, options, scroll_box, select, table
from kapnb.ui.widget import Event

ANY = ""
"""What a question whose answer is not fixed says."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a reader looks at: two questions, and the answers that all cases share."""

    rows: str = "bpd_diagnosis"
    columns: str = "structured_therapy"
    fixed: Mapping[str, str] = field(default_factory=dict)


def choose(choice: Choice, event: Event, fields: Dictionary) -> Choice:
    """The choice after one of the controls was used. A question stands on an axis or is fixed, never both.

    ``axis`` puts a question on the rows or columns; the same on both would show nothing, so then they change places. ``fix`` fixes
    an answer, ``quiet`` each that is always asked and has an order of caution at its least cautious; ``free`` lets all be any.
    """
    rows, columns, fixed = choice.rows, choice.columns, dict(choice.fixed)
    match event:
        case Event("axis", "rows", str(name)) if name in fields:
            rows, columns = name, rows if name == columns else columns
        case Event("axis", "columns", str(name)) if name in fields:
            rows, columns = columns if name == rows else rows, name
        case Event("fix", name, option) if name not in {rows, columns} and option in {ANY, *fields[name].names}:
            fixed[name] = option
        case Event("quiet"):
            fixed = {one.name: one.order[0][0] for one in fields.values() if one.order and one.always}
        case Event("free"):
            fixed = {}
        case _:
            raise ValueError(f"{event.name} cannot be {event.value} by {event.action}")
    kept = {name: given for name, given in fixed.items() if given != ANY and name not in {rows, columns}}
    return Choice(rows, columns, kept)


def write_atlas(edition: Edition, choice: Choice) -> Html:
    """The controls, how many cases are meant, and the map."""
    parts = [
        element("h2", words("guidance.part_atlas"), id="guidance-atlas"),
        element("p", words("guidance.atlas_lead"), class_="intro"),
        element("p", words("guidance.atlas_warning"), class_="intro caveat"),
        _write_controls(choice, edition.fields),
        element("h3", words("guidance.atlas_meant")),
        element("p", count_words(edition, choice), class_="intro"),
    ]
    counts, title = count_outcomes(edition, choice.fixed), words("guidance.atlas_whole")
    if any(counts.values()):
        shown = map_outcomes(edition, choice.rows, choice.columns, choice.fixed)
        parts += [
            element("div", write_bar_and_table(counts, title), class_="whole"),
            write_key(),
            *_write_map(shown, edition.fields),
        ]
    return join(parts)


def count_words(edition: Edition, choice: Choice) -> str:
    """How many cases are meant, in words."""
    some, whole = sum(count_outcomes(edition, choice.fixed).values()), f"{count_complete_cases(edition):,}"
    if not choice.fixed:
        return words("guidance.atlas_all", cases=whole)
    return words("guidance.atlas_some" if some else "guidance.atlas_none", cases=f"{some:,}", of=whole)


def _write_controls(choice: Choice, fields: Dictionary) -> Html:
    axes = {"rows": choice.rows, "columns": choice.columns}
    questions = options((one.name, sentence(one.label)) for one in fields.values())
    sections = []
    for section in fields.sections:
        picks = []
        for one in section.fields:
            if one.name not in axes.values():
                answers = [Option(ANY, words("guidance.any")), *options((option.name, option.label) for option in one.options)]
                picks.append(_write_pick(sentence(one.label), "fix", one.name, answers, choice.fixed.get(one.name, ANY)))
        sections.append(element("fieldset", element("legend", section.label), *picks) if picks else None)
    said = words("guidance.fixed_count", count=len(choice.fixed)) if choice.fixed else words("guidance.fixed_none")
    summary = join((words("guidance.narrow"), " ", element("span", said, class_="count")))
    picks = [_write_pick(words(f"guidance.{axis}"), "axis", axis, questions, name) for axis, name in axes.items()]
    tools = button(words("guidance.quiet"), "quiet", class_="firm"), button(words("guidance.free"), "free")
    return element(
        "div",
        element("div", *picks, class_="axes"),
        element("div", *tools, class_="tools"),
        details(summary, element("div", *sections, class_="narrow"), key="narrow"),
        class_="card controls",
    )


def _write_pick(label: str, action: str, name: str, choices: Iterable[Option], chosen: str) -> Html:
    class_ = "fixed" if chosen and action == "fix" else None
    control = select(f"guidance-{action}-{name}", label, choices, chosen, action=action, name=name, class_=class_)
    return element("div", control, class_="pick")


def _write_map(shown: Map, fields: Dictionary) -> tuple[Html, ...]:
    """The map, and all its counts for whoever does not see it or wants them exactly."""
    (first, second), (rows, columns) = (fields[shown.rows[0]], fields[shown.columns[0]]), (shown.rows[1], shown.columns[1])
    body: list[list[str]] = []
    exact: list[list[str]] = []
    for row, one in enumerate(rows):
        body.append([_label(first, one)])
        for column, two in enumerate(columns):
            counts = shown.outcomes(row, column)
            body[-1].append(_write_cell(counts, words("guidance.cell", row=_label(first, one), column=_label(second, two))))
            exact.append([_label(first, one), _label(second, two), *(f"{counts[outcome]:,}" for outcome in STEPS)])
    title = words("guidance.map_title", rows=first.label, columns=second.label)
    heads = sentence(first.label), *(_label(second, name) for name in columns)
    exact_heads = sentence(first.label), sentence(second.label), *(words(f"outcomes.{outcome}") for outcome in STEPS)
    table_of_all = scroll_box(table(exact_heads, exact, class_="counts exact"), words("guidance.exact"))
    return (
        scroll_box(table(heads, body, class_="map"), title),
        element("p", words("guidance.map_note"), class_="hint"),
        details(words("guidance.exact"), table_of_all, key="exact"),
    )


def _label(one: Field, option: str) -> str:
    return one.option(option).label if option else words("guidance.not_asked")


def _write_cell(counts: Mapping[Outcome, int], title: str) -> Html:
    if not any(counts.values()):
        return element("span", words("guidance.no_case"), class_="hint")
    steps = [write_chip(outcome) if counts[outcome] else element("span", str(outcome.step), class_="chip off") for outcome in STEPS]
    chips = element("span", *steps, class_="chips", aria_hidden="true")
    cases = words("guidance.cell_cases", cases=f"{sum(counts.values()):,}")
    return join((write_bar(counts, title), chips, element("span", cases, class_="hint")))
