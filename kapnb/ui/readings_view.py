"""The readings of the source: what each other choice does to the whole case space."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from kapnb.engine.atlas import Move, move
from kapnb.engine.conditions import NOT_APPLICABLE
from kapnb.engine.edition import Edition, Guidance
from kapnb.engine.ledger import Choice, Reading
from kapnb.engine.outcomes import BY_CAUTION, Outcome
from kapnb.engine.pack import Group, possible_cautions
from kapnb.engine.proof import CHECKS, Violation, count_complete_cases, prove
from kapnb.text.html import Html, element, join
from kapnb.text.phrases import answer_words, outcome_words
from kapnb.text.words import words
from kapnb.ui.charts import Flows, write_flow, write_key, write_outcome_words, write_textures
from kapnb.ui.controls import details, table

KEY = "readings"


@dataclass(frozen=True, slots=True)
class Loosening:
    """A more cautious answer that leads to a less cautious outcome.

    Attributes:
        case: the other answers that count.
        field: the question whose answer becomes more cautious.
        before: that answer and its outcome.
        after: the more cautious answer and its outcome.
    """

    case: Mapping[str, str]
    field: str
    before: tuple[str, Outcome]
    after: tuple[str, Outcome]


@dataclass(frozen=True, slots=True)
class Effect:
    """What another choice of one reading does; ``loosening`` where the order of caution does not hold under it."""

    move: Move
    loosening: Loosening | None


@lru_cache(maxsize=256)
def weigh(guidance: Guidance, reading: str, choice: str) -> Effect:
    """Work out what a choice does to the outcomes of all complete cases, and whether the order of caution still holds."""
    edition = guidance.bind({reading: choice})
    (result,) = prove(edition, {"monotone": CHECKS["monotone"]})
    loosening = find_loosening(edition, result.violation) if result.violation else None
    return Effect(move(guidance.bind(), reading, choice), loosening)


def find_loosening(edition: Edition, violation: Violation) -> Loosening:
    """Say of a counterexample to the order of caution which answer loosens what.

    Raises:
        LookupError: when no more cautious answer loosens anything in that case.
    """
    group = next(group for group in edition.groups if violation.case.keys() <= set(group.names))
    fields = edition.fields
    for name, before in violation.case.items():
        order = fields[name].order
        rank = next((place for place, options in enumerate(order) if before in options), len(order))
        for after in (option for options in order[rank + 1 :] for option in options):
            old, new = _outcome(group, violation.case), _outcome(group, {**violation.case, name: after})
            if new < old:
                states = fields.states({**violation.case, name: after}, group.names)
                counting = {other: given for other, given in violation.case.items() if states[other] != {NOT_APPLICABLE}}
                return Loosening({other: counting[other] for other in counting if other != name}, name, (before, old), (after, new))
    raise LookupError("no more cautious answer loosens anything here")


def _outcome(group: Group, answers: Mapping[str, str]) -> Outcome:
    """The outcome that a group's answers lead to when nothing else is of concern."""
    return BY_CAUTION[possible_cautions(group, tuple(answers.get(name) for name in group.names)).bit_length() - 1]


def write_readings(guidance: Guidance) -> Html:
    """All readings with their effects."""
    cases = count_complete_cases(guidance.bind())
    return join(
        (
            write_textures(KEY),
            element("h2", words("guidance.part_readings"), id="guidance-readings"),
            element("p", words("guidance.readings_lead", cases=f"{cases:,}"), class_="intro"),
            write_key(KEY),
            *(_write_reading(guidance, reading) for reading in guidance.readings.values()),
        )
    )


def _write_reading(guidance: Guidance, reading: Reading) -> Html:
    claims = [element("a", name, href=f"#guidance-claim-{name}") for name in reading.claims]
    default = reading.choice(reading.default)
    return element(
        "section",
        element("h3", reading.question),
        element("p", reading.why, " ", *_list(claims), class_="why"),
        element(
            "div",
            element("div", _write_choice(default, words("guidance.default_choice")), class_="choice default"),
            element("div", *(_write_other(guidance, reading, choice) for choice in reading.choices[1:])),
            class_="choices",
        ),
        class_="card issue",
        id=f"guidance-reading-{reading.name}",
    )


def _list(claims: list[Html]) -> Iterator[str]:
    for place, claim in enumerate(claims):
        yield ", " if place else "("
        yield claim
    yield ")"


def _write_choice(choice: Choice, lead: str) -> Html:
    return join((element("h4", element("span", f"{lead}: ", class_="lead-in"), choice.label), element("p", choice.text)))


def _write_other(guidance: Guidance, reading: Reading, choice: Choice) -> Html:
    effect = weigh(guidance, reading.name, choice.name)
    moved, title = effect.move, words("guidance.flow_title", choice=choice.label)
    said = words("guidance.moves", cases=f"{moved.total:,}", of=f"{moved.cases:,}", share=share_words(moved.total, moved.cases))
    picture = element("div", write_flow(moved.moved, KEY, title), _write_flow_table(moved.moved, title), class_="flow")
    law = _write_law(guidance, effect.loosening) if effect.loosening else element("p", words("guidance.law_holds"), class_="law")
    text = _write_choice(choice, words("guidance.other_choice"))
    return element("div", text, element("p", said, class_="moves"), picture, law, class_="choice", data_choice=choice.name)


def share_words(part: int, whole: int) -> str:
    """How large a part is, roughly, in words."""
    if not part:
        return words("guidance.share_none")
    if part * 10 > whole:
        return words("guidance.share_many", number=f"{100 * part / whole:.0f}")
    every = whole / part
    digits = 10 ** max(0, len(str(int(every))) - 2)
    return words("guidance.share_few", number=f"{round(every / digits) * digits:,}")


def _write_flow_table(flows: Flows, title: str) -> Html:
    heads = [words(f"guidance.flow_{name}") for name in ("from", "to", "cases")]
    rows = [(write_outcome_words(old), write_outcome_words(new), f"{cases:,}") for (old, new), cases in flows.items()]
    return table(heads, rows, label=title, class_="counts")


def _write_law(guidance: Guidance, found: Loosening) -> Html:
    fields = guidance.fields
    others = [element("li", answer_words(fields, name, given)) for name, given in found.case.items()]
    one, two = (
        words("guidance.law_step", answer=answer_words(fields, found.field, answer), outcome=outcome_words(outcome))
        for answer, outcome in (found.before, found.after)
    )
    return element(
        "div",
        element("p", element("strong", words("guidance.law_fails")), " ", words("guidance.law_meaning")),
        element("ul", element("li", one), element("li", two), class_="steps"),
        details(words("guidance.law_case"), element("ul", *others)),
        class_="law broken",
    )
