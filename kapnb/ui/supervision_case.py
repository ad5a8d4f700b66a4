"""One case: its story, what this source says of it, and what the group made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from kapnb.engine.edition import Assessment
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
    if not state.chosen:
        return join(())
    dataset, case = state.dataset, state.case
    assessment, differences = dataset.assess(case.case_id), dataset.differ(case.case_id)
    blocks = explain(assessment)
    first, rest = ([block for block in blocks if (block.key in FIRST) is wanted] for wanted in (True, False))
    return join(
        (
            element("h2", title_words(case), id="supervision-case"),
            _write_picker(dataset.cases, case.case_id, dataset.listed),
            element(
                "div",
                _write_story(case),
                element("div", write_explanation(assessment, first, ()), class_="said"),
                class_="beside",
            ),
            _write_group(assessment, differences, names=state.names, judged=bool(dataset.judgments)),
            element("div", write_explanation(assessment, rest, ()), class_="behind"),
        )
    )


def title_words(case: Case) -> str:
    """The case by its label and title."""
    key = "case_titled" if case.title else "case_title"
    return words(f"supervision_page.{key}", case=case.case_id, title=case.title)


def write_panel(block: Block) -> Html:
    """A block that is read at once, in a card of its own."""
    return element("section", element("h3", block.title), write_lines(block, {}), class_=f"panel {block.key}")


def _write_picker(cases: Mapping[str, Case], chosen: str, listed: Sequence[str]) -> Html:
    place = listed.index(chosen)
    choices = options((name, _option_words(cases[name])) for name in listed)
    picker = select("supervision-choose", words("supervision_page.choose_case"), choices, chosen, action="pick")
    before = button(words("supervision_page.before"), "step", value="-1", enabled=place > 0)
    after = button(words("supervision_page.next"), "step", value="1", enabled=place < len(listed) - 1)
    return element("div", before, element("div", picker, class_="pick"), after, class_="picker")


def _option_words(case: Case) -> str:
    return words("supervision_page.case_option", case=case.case_id, title=case.title) if case.title else case.case_id


def _write_story(case: Case) -> Html:
    note = (element("h3", words("supervision_page.note")), *_write_text(case.note)) if case.note else ()
    story = _write_text(case.vignette or words("supervision_page.no_vignette"))
    return element("section", element("h3", words("supervision_page.vignette")), *story, *note, class_="story")


def _write_text(text: str) -> Iterator[Html]:
    for part in text.split("\n"):
        if part.strip():
            yield element("p", part)


def _write_group(assessment: Assessment, differences: Sequence[Difference], *, names: bool, judged: bool) -> Html:
    head = element("h3", words("supervision_page.group"))
    if not differences:
        key = "supervision.no_judgment" if judged else "supervision_page.no_group"
        return element("section", head, element("p", words(key)), class_="panel group")
    spread_of, *rest = compare_in_case(differences, assessment.edition, names=names)
    blocks = (spread_of, *rest) if names else rest  # without labels the plot says the same
    hint = words("supervision_page.names_hint")
    switch = check("supervision-names", words("supervision_page.names"), "names", on=names, hint=hint, class_="switch")
    said = [element("div", element("h4", block.title), write_lines(block, {}), class_=block.key) for block in blocks]
    alike = len(said) - sum(block.key in KINDS for block in blocks)
    return element(
        "section",
        head,
        element(
            "div",
            element(
                "div",
                write_spread_plot(assessment, differences),
                switch,
                *said[:alike],
            ),
            element("div", *said[alike:]) if said[alike:] else None,
            class_="gathered",
        ),
        _write_comments(differences, names=names),
        _write_each(assessment, differences) if names else None,
        class_="panel group",
    )


def _write_comments(differences: Sequence[Difference], *, names: bool) -> Html | None:
    """What raters wrote. Without their labels it stands in the order of the alphabet, so that nobody can be told by their place."""
    said = [(one.judgment.rater, one.judgment.comment) for one in differences if one.judgment.comment]
    if not said:
        return None
    lines = (
        [words("supervision_page.comment_named", rater=rater, comment=comment) for rater, comment in sorted(said)]
        if names
        else sorted(comment for _, comment in said)
    )
    rows = (element("li", line) for line in lines)
    return details(words("supervision_page.comments"), element("ul", *rows, class_="comments"), key="comments")


def _write_each(assessment: Assessment, differences: Sequence[Difference]) -> Html:
    blocks = [
        explain_difference(one, assessment.edition, names=True) for one in sorted(differences, key=lambda d: d.judgment.rater)
    ]
    parts = (element("div", element("h4", block.title), write_lines(block, {})) for block in blocks)
    return details(words("supervision_page.each"), *parts, key="each")


def spread_said(assessment: Assessment, differences: Sequence[Difference]) -> str:
    """The plot in words."""
    counts = spread(one.judgment for one in differences)
    said = describe_counts(counts) if counts else words("supervision_page.spread_none")
    title = words("supervision_page.spread_plot")
    return words(
        "supervision_page.spread_said", title=title, spread=said, outcome=outcome_words(assessment.outcome, assessment.reasons)
    )


def write_spread_plot(assessment: Assessment, differences: Sequence[Difference]) -> Html:
    """The outcomes that were given on the scale of five steps: a dot a judgment, and a frame around what this source says."""
    counts, said = spread(one.judgment for one in differences), spread_said(assessment, differences)
    plot = write_dots(counts, assessment.outcome, said, label=words("supervision_page.this_source"))
    ends = element("p", element("span", words("page.most_cautious")), element("span", words("page.least_cautious")), class_="ends")
    key = details(words("guidance.key"), write_key(), key="key")
    return element("div", plot, ends, key, class_="spread-figure")
