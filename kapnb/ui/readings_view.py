"""The readings of the source: what each other choice does to the whole case space."""

from __future__ import annotations

from functools import lru_cache

from kapnb.engine.atlas import move
from kapnb.engine.edition import Edition, Guidance
from kapnb.engine.ledger import Choice, Reading
from kapnb.engine.proof import CHECKS, Violation, count_complete_cases, prove
from kapnb.text.html import Html, element, join
from kapnb.text.phrases import answer_words, outcome_words
from kapnb.text.words import words
from kapnb.ui.charts import Flows, write_flow, write_key, write_outcome_words
from kapnb.ui.controls import details, table


@lru_cache(maxsize=4)
def write_readings(guidance: Guidance) -> Html:
    """All readings with their effects."""
    cases = count_complete_cases(guidance.bind())
    return join(
        (
            element("h2", words("guidance.part_readings"), id="guidance-readings"),
            element("p", words("guidance.readings_lead", cases=f"{cases:,}"), class_="intro"),
            write_key(),
            *(_write_reading(guidance, reading) for reading in guidance.readings.values()),
        )
    )


def _write_reading(guidance: Guidance, reading: Reading) -> Html:
    claims = join((element("a", name, href=f"#guidance-claim-{name}") for name in reading.claims), ", ")
    default, *others = reading.choices
    shown = _write_choice(default, words("guidance.default_choice"))
    return element(
        "section",
        element("h3", reading.question),
        element("p", reading.why, " (", claims, ")", class_="why"),
        element(
            "div",
            element("div", shown, class_="choice default"),
            element("div", *(_write_other(guidance, reading, choice) for choice in others)),
            class_="choices",
        ),
        class_="card issue",
        id=f"guidance-reading-{reading.name}",
    )


def _write_choice(choice: Choice, lead: str) -> Html:
    return join((element("h4", element("span", f"{lead}: ", class_="lead-in"), choice.label), element("p", choice.text)))


def _write_other(guidance: Guidance, reading: Reading, choice: Choice) -> Html:
    moved, title = move(guidance.bind(), reading.name, choice.name), words("guidance.flow_title", choice=choice.label)
    said = words("guidance.moves", cases=f"{moved.total:,}", of=f"{moved.cases:,}", share=f"{moved.total / moved.cases:.1%}")
    return element(
        "div",
        _write_choice(choice, words("guidance.other_choice")),
        element("p", said, class_="moves"),
        element("div", write_flow(moved.moved, title), _write_flow_table(moved.moved, title), class_="flow"),
        _write_law(guidance.bind({reading.name: choice.name})),
        class_="choice",
        data_choice=choice.name,
    )


def _write_flow_table(flows: Flows, title: str) -> Html:
    heads = [words(f"guidance.flow_{name}") for name in ("from", "to", "cases")]
    rows = [(write_outcome_words(old), write_outcome_words(new), f"{cases:,}") for (old, new), cases in flows.items()]
    return table(heads, rows, label=title, class_="counts")


def find_loosening(edition: Edition) -> Violation | None:
    """A case in which a more cautious answer leads to a less cautious outcome; none where the order of caution holds."""
    (result,) = prove(edition, {"monotone": CHECKS["monotone"]})
    return result.violation


def _write_law(edition: Edition) -> Html:
    found = find_loosening(edition)
    if found is None:
        return element("p", words("guidance.law_holds"), class_="law")
    fields, (name, after), steps = edition.fields, found.change, []
    for answers in (found.case, {**found.case, name: after}):
        assessment = edition.assess(answers)
        said = answer_words(fields, name, answers[name]), outcome_words(assessment.least_cautious)
        steps.append(element("li", words("guidance.law_step", answer=said[0], outcome=said[1])))
    others = [answer_words(fields, *one) for one in found.case.items() if one[0] != name and one[0] not in assessment.ignored]
    return element(
        "div",
        element("p", element("strong", words("guidance.law_fails")), " ", words("guidance.law_meaning")),
        element("ul", *steps, class_="steps"),
        details(words("guidance.law_case"), element("ul", *(element("li", one) for one in others))),
        class_="law broken",
    )
