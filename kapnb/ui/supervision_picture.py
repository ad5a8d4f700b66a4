"""The one picture: cases and outcomes, with a dot for each person; below it what was read otherwise, and the figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from kapnb.engine.edition import Edition
from kapnb.engine.outcomes import Outcome
from kapnb.group.discussion import is_divided
from kapnb.group.overview import compare_across_cases
from kapnb.group.state import LISTED, Dataset, Order, State
from kapnb.text.blocks import Block
from kapnb.text.glossary import write_terms
from kapnb.text.html import Html, element, fragment
from kapnb.text.phrases import outcome_words, sentence
from kapnb.text.words import words
from kapnb.ui.controls import button, details, menu, options, radios, scroll_box, select
from kapnb.ui.dots import short_words, write_dots, write_legend, write_outcome, write_whiskers
from kapnb.ui.explanation import write_line, write_lines

PAGE: Final = 20
"""So many cases stand on one page of the picture."""

COLUMNS: Final = 12
"""So many cases stand beside each other where facts were read otherwise."""

FACTS: Final = 6
"""So many facts are shown at once, those that most people read otherwise first."""

FIRST: Final = 4
"""So many lines of each kind of difference are shown at once, the rest one step away."""


def say(key: str, **values: object) -> str:
    return words(f"supervision_page.{key}", **values)


def turn(state: State, page: int, by: int) -> int:
    """The next page of the picture, or the one before; at either end the same."""
    return min(max(page + by, 0), (len(state.listed) - 1) // PAGE)


def count_words(state: State, page: int) -> str:
    """Which cases are on view, of how many."""
    total, start = len(state.listed), page * PAGE
    return say("cases_info", start=start + 1, end=min(start + PAGE, total), total=total)


def write_picture(state: State, page: int) -> Html:
    """The cases, the most divided first."""
    data, start = state.dataset, page * PAGE
    head = element("tr", element("td"), *(element("th", write_outcome(one), scope="col") for one in Outcome))
    rows = (_write_row(state, name) for name in state.listed[start : start + PAGE])
    picture = element("table", element("thead", head), element("tbody", *rows), class_="picture", aria_label=say("picture"))
    many, lost = len(state.listed) > PAGE, len(data.cases) > LISTED
    before = button(say("cases_page_before"), "turn", value="-1", enabled=start > 0)
    after = button(say("cases_page_next"), "turn", value="1", enabled=start + PAGE < len(state.listed))
    return fragment(
        element("h2", say("picture"), id="supervision-picture"),
        element("p", say("picture_lead"), class_="intro"),
        element("p", say("cases_more", shown=f"{LISTED:,}", cases=f"{len(data.cases):,}"), class_="intro") if lost else None,
        _write_order(state) if data.everything else None,
        write_legend(data.everything),
        picture,
        _write_readings(data.edition),
        menu(say("cases_pages"), before, element("span", count_words(state, page), class_="tally"), after) if many else None,
    )


def readings_words(edition: Edition) -> str:
    """Which readings are in force."""
    known = edition.ledger.readings
    changed = (
        say("reading", question=known[name].question, choice=known[name].choice(choice).label)
        for name, choice in edition.changed.items()
    )
    return say("readings", readings=" ".join(changed)) if edition.changed else say("readings_default")


def _write_readings(edition: Edition) -> Html:
    """Where the article can be read in more than one way: what a group may choose, for every case and every note."""
    rows = []
    for name, one in edition.ledger.readings.items():
        labels = {each.name: each.label for each in one.choices}
        labels[one.default] = say("reading_default", choice=labels[one.default])
        chosen, choices = edition.changed.get(name, one.default), options(labels.items())
        picked = select(f"supervision-reading-{name}", one.question, choices, chosen, action="reading", name=name)
        rows.append(element("div", picked, class_="pick"))
    return details(readings_words(edition), element("p", write_terms(say("readings_lead")), class_="hint"), *rows, key="readings")


def _write_order(state: State) -> Html:
    choices = options((one, say(f"order_{one}")) for one in Order)
    look = {"class_": "narrowing", "options_class": "options row"}
    return radios("supervision-order", say("order"), choices, state.order, action="order", **look)


def _write_row(state: State, name: str) -> Html:
    data, chosen = state.dataset, name == state.chosen
    judgments, source = data.judgments.get(name, ()), data.assessments[name].outcome
    way = element("a", name, href="#supervision-case", data_action="pick", data_value=name, aria_current="true" if chosen else None)
    title = element("span", data.cases[name].title) if data.cases[name].title else None
    cells = []
    for outcome in Outcome:
        own = [one for one in judgments if one.outcome is outcome]
        framed = element("span", say("framed"), class_="visually-hidden") if outcome is source else None
        count = element("span", str(len(own)), class_="visually-hidden")
        drawn = element("div", element("span", write_dots(own), aria_hidden="true"), count, framed, class_="votes")
        states = " ".join(filter(None, ("fr" if outcome is source else "", "" if own else "none")))
        cells.append(element("td", drawn, class_=states or None, data_label=short_words(outcome)))
    head = element("th", way, title, element("small", agreement_words(data, name)), scope="row")
    return element("tr", head, *cells, class_="selected" if chosen else None, data_key=f"row-{name}")


def agreement_words(data: Dataset, name: str) -> str:
    """How far the group agrees on a case: in plain percent where it is divided; where one person differs, that alone."""
    judgments = data.judgments.get(name, ())
    given = [one.outcome for one in judgments if one.outcome]
    open_ = len(judgments) - len(given)
    share = data.agreeing(name)
    if share is None:
        said = say("judged_once") if given else say("judged_by_nobody")
    elif is_divided(given):
        said = say("pairs_agree", share=f"{100 * share:.0f}")
    else:
        said = say("all_agree" if share == 1 else "one_differs", count=len(given))
    return f"{said} {say('without_outcome', count=open_)}" if open_ else said


# below the picture


def write_unprepared(*, failed: bool) -> Html:
    """The overview before it is worked out, or where that went wrong."""
    title = element("h2", say("overview"), id="supervision-overview")
    if failed:
        return fragment(title, element("p", say("overview_failed"), " ", button(words("inbox.retry"), "again"), class_="refused"))
    return fragment(title, element("p", say("overview_waits"), class_="hint"))


@lru_cache(maxsize=2)  # of 20,000 judgments it takes a moment, and every event asks for every region
def write_overview(dataset: Dataset, *, names: bool) -> Html:
    """What was read otherwise, the differences in words, and the figures, with the labels of the people or without."""
    coverage = dataset.coverage
    reached = details(element("h3", coverage.title), write_lines(coverage, {}), key=coverage.key)
    return fragment(
        element("h2", say("overview"), id="supervision-overview"),
        *_write_facts(dataset),
        *(_write_across(dataset, names=names) if dataset.everything else ()),
        element("div", *_write_figures(dataset), reached, class_="panel more"),
    )


def _write_facts(dataset: Dataset) -> Iterator[Html]:
    """Facts and cases: how many people read a fact otherwise, never who."""
    if not dataset.everything:
        return
    yield element("h3", say("facts"))
    if not dataset.facts:
        yield element("p", say("facts_none"))
        return
    cases = list(dict.fromkeys(name for name in dataset.by_dispute if any(name in row for row in dataset.facts.values())))[:COLUMNS]
    fields = list(dataset.facts)
    yield element("p", say("facts_lead"), class_="hint")
    yield _write_facts_of(dataset, fields[:FACTS], cases, say("facts_region"))
    if rest := fields[FACTS:]:
        more = _write_facts_of(dataset, rest, cases, say("facts_region_more"))
        yield details(say("more_lines", count=len(rest)), more, key="facts")


def _write_facts_of(dataset: Dataset, fields: Sequence[str], cases: Sequence[str], label: str) -> Html:
    head = element("tr", element("td"), *(element("th", _link(name), scope="col") for name in cases))
    rows = []
    for field in fields:
        row, question = dataset.facts[field], sentence(dataset.edition.fields[field].label)
        cells = [
            element("td", *_write_read(dataset, field, name, row), data_label=name, class_=None if name in row else "none")
            for name in cases
        ]
        rows.append(element("tr", element("th", question, scope="row"), *cells))
    table = element("table", element("thead", head), element("tbody", *rows), class_="picture facts-read", aria_label=label)
    return scroll_box(table, label)


def _link(name: str) -> Html:
    return element("a", name, href="#supervision-case", data_action="pick", data_value=name)


def _write_read(dataset: Dataset, field: str, name: str, row: Mapping[str, Mapping[str | None, int]]) -> Iterator[Html]:
    if name not in row:
        return
    known, recorded = dataset.edition.fields[field], dataset.cases[name].answers.get(field)

    def label(option: str | None) -> str:
        return known.option(option).label if option else words("explanation.not_recorded")

    for option, count in row[name].items():
        yield element("p", say("read_as", count=count, option=label(option)))
    yield element("p", say("in_the_case", option=label(recorded)), class_="hint")


def _write_across(dataset: Dataset, *, names: bool) -> Iterator[Html]:
    blocks = compare_across_cases((one for found in dataset.differences.values() for one in found), names=names)
    if blocks:
        kinds = element("div", *map(_write_kind, blocks), class_="kinds")
        yield details(element("h3", say("group_across")), kinds, key="across", class_="panel")


def _write_kind(block: Block) -> Html:
    lines = [write_line(line, block.key, {}) for line in block.lines]
    more = None
    if rest := lines[FIRST:]:
        more = details(say("more_lines", count=len(rest)), element("ul", *rest, class_="lines"), key=block.key)
    return element("div", element("h4", block.title), element("ul", *lines[:FIRST], class_="lines"), more)


def _write_figures(dataset: Dataset) -> Iterator[Html]:
    """Plain agreement is read at once; the coefficients, each a dot with its interval, are one step away."""
    if dataset.measured is None:
        return
    plain, beyond, source = dataset.agreement
    for block in (plain, source):
        yield element("section", element("h3", block.title), write_lines(block, {}))
    figures = (dataset.measured.plain, dataset.measured.ac1, dataset.measured.ac2, dataset.measured.alpha)
    rows = [(words(f"supervision.{one.name}_name"), one.value, one.interval) for one in figures if one.value is not None]
    drawn = write_whiskers(rows, (say("by_chance"), say("full_agreement"))) if rows else None
    yield details(element("h3", beyond.title), drawn, write_lines(beyond, {}), key=beyond.key)


def picked_words(state: State) -> str:
    """The case on view, as it is spoken."""
    outcome = outcome_words(state.assessment.outcome, state.assessment.reasons)
    return say("picked", case=state.chosen, outcome=outcome, agree=agreement_words(state.dataset, state.chosen))
