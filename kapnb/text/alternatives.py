"""What could be otherwise: what to ask next, what would change the outcome, the nearest twins, other readings, and doubts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from kapnb.engine.edition import Assessment
from kapnb.engine.explore import Hinge as Other
from kapnb.engine.explore import Way
from kapnb.engine.ledger import Choice
from kapnb.engine.outcomes import Outcome, Reason
from kapnb.text.phrases import answer_words, join_words, list_answers, list_outcomes, mark_of, outcome_words, sentence
from kapnb.text.words import words

MOST_STEPS, MOST_CHANGES, MOST_TWINS, MOST_READINGS, MOST_PROMPTS, MOST_MISSING = 3, 4, 3, 3, 2, 3
"""Answers that one way changes, ways, twins, readings, prompts, and labels of what else is missing."""


@dataclass(frozen=True, slots=True)
class Ask:
    """The question to ask next, and why."""

    field: str
    question: str
    because: str


@dataclass(frozen=True, slots=True)
class Row:
    """What leads to another outcome: other answers, or another reading.

    Attributes:
        said: what is different.
        outcome: its words.
        mark: of the outcome, as :func:`kapnb.text.phrases.mark_of` gives it.
        more: what has to be said beside it.
        about: the field, or the reading, that is different; empty where there are several.
        choice: its other answer, or other choice.
    """

    said: str
    outcome: str
    mark: str
    more: str = ""
    about: str = ""
    choice: str = ""


@dataclass(frozen=True, slots=True)
class Hinge:
    """A reading that the outcome turns on: how it is read now, and what its other choices lead to."""

    name: str
    question: str
    now: str
    rows: tuple[Row, ...]


def find_next(a: Assessment) -> Ask | None:
    """The question that narrows the outcome most: its answer decides between what its options lead to."""
    if not a.answers or not a.next_questions:
        return None
    question = a.next_questions[0]
    leads = {_lead_of(outcomes): max(outcomes).caution for outcomes in question.possible.values()}
    ordered = sorted(leads, key=lambda lead: -leads[lead])
    if len(ordered) > 1:
        because = words("explanation.because_between", most=ordered[0], least=ordered[-1])
    else:
        shared = frozenset.intersection(*question.possible.values())
        some = max(frozenset.union(*question.possible.values()) - shared)
        because = words("explanation.because_whether", outcome=_shorten(some))
    return Ask(question.field, a.edition.fields[question.field].question, because)


def _lead_of(outcomes: frozenset[Outcome]) -> str:
    most, least = max(outcomes), min(outcomes)
    if len(outcomes) == 1:
        return words("explanation.lead_one", outcome=_shorten(most))
    if least >= Outcome.NOT_AT_PRESENT:
        return words("explanation.lead_least", outcome=_shorten(least))
    return words("explanation.lead_open")


def _shorten(outcome: Outcome) -> str:
    """Its name without what follows a colon."""
    return outcome_words(outcome).partition(":")[0]


def list_missing(a: Assessment) -> Iterator[str]:
    fields = a.edition.fields
    if a.ignored:
        yield words("explanation.ignored", answers=list_answers(fields, a.ignored))
    if a.settled and a.unrecorded:
        yield words("explanation.settled")
    if a.answers and not a.settled:
        others = [sentence(fields[question.field].label) for question in a.next_questions[1:]]
        if others:
            more = len(others) - MOST_MISSING
            key = "explanation.missing_also" if more > 0 else "explanation.missing_all"
            yield words(key, labels="; ".join(others[:MOST_MISSING]), count=more)
        if len(a.possible) < len(Outcome):
            yield words("explanation.possible", outcomes=list_outcomes(a.possible))


def list_changes(a: Assessment) -> Sequence[Row]:
    """The ways to less caution, the shortest first; those that differ in one answer alone are one row."""
    rows: dict[tuple[str, str], list[Way]] = {}
    for way in sorted(a.changes, key=lambda way: (len(way.steps), way.outcome.caution)):
        if len(way.steps) <= MOST_STEPS:
            there = _there(a, way.outcome, {step.field: step.after for step in way.steps}).outcome
            alone = way.steps[0].field if len(way.steps) == 1 else str(len(rows))
            rows.setdefault((alone, there), []).append(way)
    found = []
    for together in rows.values():
        row = _there(a, together[0].outcome, {step.field: step.after for step in together[0].steps})
        found.append(replace(row, said=_steps(a, together)))
    if not found and a.changes:
        fewest = min(a.changes, key=lambda way: (len(way.steps), way.outcome.caution))
        row = _there(a, fewest.outcome, {step.field: step.after for step in fewest.steps})
        found.append(replace(row, said=words("explanation.many_changes", count=len(fewest.steps))))
    return found[:MOST_CHANGES]


def _there(a: Assessment, outcome: Outcome, changed: Mapping[str, str], said: str = "") -> Row:
    """The row of an outcome that other answers lead to; where it has several reasons, the first represents them."""
    reasons = a.edition.assess({**a.counted, **changed}).reasons if outcome is Outcome.CLARIFY_FIRST else ()
    return Row(said, outcome_words(outcome, reasons[:1]), mark_of(outcome, reasons))


def _steps(a: Assessment, ways: Sequence[Way]) -> str:
    fields = a.edition.fields
    if len(ways[0].steps) > 1:
        return "; ".join(answer_words(fields, step.field, step.after) for step in ways[0].steps)
    name = ways[0].steps[0].field
    options = [fields[name].option(way.steps[0].after).label for way in ways]
    return words("explanation.answer", label=sentence(fields[name].label), option=join_words(options, "or"))


def list_twins(a: Assessment) -> Sequence[Row]:
    """The nearest cases that end elsewhere: on what decides first, each outcome once; none that a change already shows."""
    if not (a.settled or a.at_least):
        return ()
    found = [finding for finding in a.findings if finding.rule != a.edition.default_rule.name] or a.findings
    decides = {name for finding in a.deciding if finding in found for name in finding.because}
    touched = decides | {name for finding in found for name in (*finding.because, *finding.also)}
    shown = {(way.steps[0].field, way.steps[0].after) for way in a.changes if len(way.steps) == 1}
    twins = [twin for twin in a.twins if twin.field in touched and (twin.field, twin.after) not in shown]
    away = {outcome: abs(outcome.caution - a.outcome.caution) for outcome in Outcome}
    rows: dict[str, Row] = {}
    for twin in sorted(twins, key=lambda twin: (twin.field not in decides, twin.outcome > a.outcome, away[twin.outcome])):
        there = _there(a, twin.outcome, {twin.field: twin.after}, answer_words(a.edition.fields, twin.field, twin.after))
        if there.outcome != outcome_words(Outcome.CLARIFY_FIRST, [Reason.INFORMATION_MISSING]):
            rows.setdefault(there.outcome, replace(there, about=twin.field, choice=twin.after))
    return tuple(rows.values())[:MOST_TWINS]


def list_readings(a: Assessment) -> Sequence[Hinge]:
    """The readings that the outcome turns on, each with its direction against the letter of the article."""
    found = []
    for name, others in groupby(a.hinges_on, lambda other: other.reading):
        reading = a.edition.ledger.readings[name]
        now = _choice_words("explanation.read_now", reading.choice(a.edition.readings[name]))
        found.append(Hinge(name, reading.question, now, tuple(_read_otherwise(a, other) for other in others)))
    return found[:MOST_READINGS]


def _read_otherwise(a: Assessment, other: Other) -> Row:
    choice = a.edition.ledger.readings[other.reading].choice(other.choice)
    there = a.edition.guidance.bind({**a.edition.readings, other.reading: other.choice}).assess(a.answers)
    label, mark = outcome_words(other.outcome, there.reasons[:1]), mark_of(other.outcome, there.reasons)
    return Row(_choice_words("explanation.read_as", choice), label, mark, choice.warning, other.reading, other.choice)


def _choice_words(key: str, choice: Choice) -> str:
    direction = words(f"explanation.directions.{choice.direction.replace(' ', '_')}")
    return words(key, choice=choice.label, direction=direction)


def list_doubts(a: Assessment) -> Iterator[str]:
    """Of what decides first; what the article does not cover is the last, and always a reason to doubt."""
    ledger = a.edition.ledger
    if not a.answers:
        return
    own = dict.fromkeys(doubt for finding in (a.deciding or a.findings) if (doubt := ledger.words[finding.rule].doubt))
    yield from own or ledger.doubts
    topics = ledger.not_addressed
    if topics:
        yield words("explanation.not_addressed", count=len(topics), first=topics[0].lower(), last=topics[-1].lower())


def list_prompts(a: Assessment) -> Sequence[str]:
    ledger = a.edition.ledger
    prompts = [prompt.text for finding in (*a.deciding, *a.findings) for prompt in ledger.words[finding.rule].prompts]
    return tuple(dict.fromkeys(prompts))[:MOST_PROMPTS]
