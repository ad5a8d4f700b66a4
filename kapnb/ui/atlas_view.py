"""The atlas: how outcomes are distributed over two questions, with the answers to others fixed at will."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from kapnb.engine.atlas import Map, count_outcomes, map_outcomes
from kapnb.engine.edition import Edition
from kapnb.engine.fields import Dictionary, Field
from kapnb.engine.outcomes import Outcome
from kapnb.engine.proof import count_complete_cases
from kapnb.text.html import Html, element, join
from kapnb.text.words import words
from kapnb.ui.charts import STEPS, write_bar, write_chip, write_count_table, write_key, write_textures
from kapnb.ui.controls import Option, button, details, scroll_box, select, table

KEY = "atlas"
ANY = ""
"""What a question whose answer is not fixed says."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a reader looks at: two questions, and the answers that all cases share."""

    rows: str = "bpd_diagnosis"
    columns: str = "structured_therapy"
    fixed: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def choose(choice: Choice, action: str, name: str, value: str, fields: Dictionary) -> Choice:
    """The choice after one of the controls was used: ``axis``, ``fix``, ``quiet`` or ``free``."""
    match action:
        case "axis":
            return choose_axis(choice, name, value, fields)
        case "fix":
            return fix(choice, name, value, fields)
        case "quiet":
            return quiet(choice, fields)
    return replace(choice, fixed=MappingProxyType({}))


def choose_axis(choice: Choice, axis: str, name: str, fields: Dictionary) -> Choice:
    """Put a question on the rows or the columns; the same on both would show nothing, so then they change places."""
    if name not in fields or axis not in {"rows", "columns"}:
        raise ValueError(f"{name} cannot be put on the {axis}")
    rows, columns = (name, choice.columns) if axis == "rows" else (choice.rows, name)
    if rows == columns:
        rows, columns = choice.columns, choice.rows
    return Choice(rows, columns, _keep(choice.fixed, rows, columns))


def fix(choice: Choice, name: str, option: str, fields: Dictionary) -> Choice:
    """Fix the answer to a question; with :data:`ANY` it is free again."""
    if name in {choice.rows, choice.columns} or (option != ANY and option not in fields[name].names):
        raise ValueError(f"{name} cannot be fixed at {option}")
    others = {other: given for other, given in choice.fixed.items() if other != name}
    return replace(choice, fixed=MappingProxyType(others if option == ANY else {**others, name: option}))


def quiet(choice: Choice, fields: Dictionary) -> Choice:
    """Every other question that has an order of caution is answered with its least cautious answer, where it is asked."""
    least = {one.name: one.order[0][0] for one in fields.values() if one.order and one.always}
    return replace(choice, fixed=_keep(least, choice.rows, choice.columns))


def _keep(fixed: Mapping[str, str], rows: str, columns: str) -> Mapping[str, str]:
    return MappingProxyType({name: given for name, given in fixed.items() if name not in {rows, columns}})


def write_atlas(edition: Edition, choice: Choice) -> Html:
    """The controls, how many cases are meant, and the map."""
    fields = edition.fields
    counts = count_outcomes(edition, choice.fixed)
    return join(
        (
            write_textures(KEY),
            element("h2", words("guidance.part_atlas"), id="guidance-atlas"),
            element("p", words("guidance.atlas_lead"), class_="intro"),
            element("p", words("guidance.atlas_warning"), class_="intro caveat"),
            _write_controls(choice, fields),
            element("h3", words("guidance.atlas_meant")),
            element("p", count_words(edition, choice), class_="intro"),
            _write_whole(counts),
            write_key(KEY),
            _write_map(map_outcomes(edition, choice.rows, choice.columns, choice.fixed), fields) if any(counts.values()) else None,
        )
    )


def count_words(edition: Edition, choice: Choice) -> str:
    """How many cases are meant, in words."""
    some = sum(count_outcomes(edition, choice.fixed).values())
    whole = f"{count_complete_cases(edition):,}"
    if not choice.fixed:
        return words("guidance.atlas_all", cases=whole)
    return words("guidance.atlas_some" if some else "guidance.atlas_none", cases=f"{some:,}", of=whole)


def _write_whole(counts: Mapping[Outcome, int]) -> Html | None:
    if not any(counts.values()):
        return None
    title = words("guidance.atlas_whole")
    exact = details(words("guidance.as_table"), write_count_table(counts, title), key="whole")
    return element("div", write_bar(counts, KEY, title), exact, class_="whole")


def _write_controls(choice: Choice, fields: Dictionary) -> Html:
    questions = [Option(one.name, _sentence(one.label)) for one in fields.values()]
    axes = [
        _write_select(words(f"guidance.{axis}"), "axis", axis, questions, chosen)
        for axis, chosen in (("rows", choice.rows), ("columns", choice.columns))
    ]
    sections = [
        element("fieldset", element("legend", section.label), *(_write_fix(one, choice) for one in shown))
        for section in fields.sections
        if (shown := [one for one in section.fields if one.name not in {choice.rows, choice.columns}])
    ]
    least = button(words("guidance.quiet"), "quiet", class_="firm")
    said = words("guidance.fixed_count", count=len(choice.fixed)) if choice.fixed else words("guidance.fixed_none")
    summary = join((words("guidance.narrow"), " ", element("span", said, class_="count")))
    return element(
        "div",
        element("div", *axes, class_="axes"),
        element("div", least, button(words("guidance.free"), "free"), class_="tools"),
        details(summary, element("div", *sections, class_="narrow"), key="narrow"),
        class_="card controls",
    )


def _write_fix(one: Field, choice: Choice) -> Html:
    options = [Option(ANY, words("guidance.any")), *(Option(option.name, option.label) for option in one.options)]
    return _write_select(_sentence(one.label), "fix", one.name, options, choice.fixed.get(one.name, ANY))


def _write_select(label: str, action: str, name: str, options: list[Option], chosen: str) -> Html:
    class_ = "fixed" if chosen and action == "fix" else None
    return element(
        "div", select(f"guidance-{action}-{name}", label, options, chosen, action=action, name=name, class_=class_), class_="pick"
    )


def _sentence(label: str) -> str:
    return label[:1].upper() + label[1:]


def _write_map(shown: Map, fields: Dictionary) -> Html:
    title = words("guidance.map_title", rows=fields[shown.rows[0]].label, columns=fields[shown.columns[0]].label)
    columns = [_option_words(fields, shown.columns[0], name) for name in shown.columns[1]]
    body = []
    for row, name in enumerate(shown.rows[1]):
        said = _option_words(fields, shown.rows[0], name)
        body.append((said, *(_write_cell(shown.outcomes(row, column), said, text) for column, text in enumerate(columns))))
    return join(
        (
            scroll_box(table((_sentence(fields[shown.rows[0]].label), *columns), body, class_="map"), title),
            element("p", words("guidance.map_note"), class_="hint"),
            details(words("guidance.exact"), _write_exact(shown, fields), key="exact"),
        )
    )


def _option_words(fields: Dictionary, name: str, option: str) -> str:
    return fields[name].option(option).label if option else words("guidance.not_asked")


def _write_cell(counts: Mapping[Outcome, int], row: str, column: str) -> Html:
    total = sum(counts.values())
    if not total:
        return element("span", words("guidance.no_case"), class_="hint")
    steps = [write_chip(outcome) if counts[outcome] else element("span", str(outcome.step), class_="chip off") for outcome in STEPS]
    return join(
        (
            write_bar(counts, KEY, words("guidance.cell", row=row, column=column)),
            element("span", *steps, class_="chips", aria_hidden="true"),
            element("span", round_words(total), class_="hint", title=f"{total:,}"),
        )
    )


def round_words(cases: int) -> str:
    """A number of cases that is quickly read."""
    if cases >= 1_000_000:
        return words("guidance.millions", number=f"{cases / 1_000_000:.1f}")
    if cases >= 10_000:
        return words("guidance.thousands", number=f"{cases / 1_000:.0f}")
    return words("guidance.one" if cases == 1 else "guidance.ones", number=f"{cases:,}")


def _write_exact(shown: Map, fields: Dictionary) -> Html:
    """All counts of a map, for whoever does not see it or wants them exactly."""
    first, second = shown.rows[0], shown.columns[0]
    head = [*(_sentence(fields[name].label) for name in (first, second)), *(words(f"outcomes.{outcome}") for outcome in STEPS)]
    rows = []
    for row, one in enumerate(shown.rows[1]):
        for column, two in enumerate(shown.columns[1]):
            counts = shown.outcomes(row, column)
            answers = _option_words(fields, first, one), _option_words(fields, second, two)
            rows.append((*answers, *(f"{counts[outcome]:,}" for outcome in STEPS)))
    return scroll_box(table(head, rows, class_="counts exact"), words("guidance.exact"))
