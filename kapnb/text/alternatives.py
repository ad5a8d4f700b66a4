"""What could be otherwise: what would have to change, what comes close, which reading of the source the outcome turns on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from kapnb.engine.edition import Assessment
from kapnb.engine.explore import Step, Twin, Way, counting, find_deciding, find_raised, find_reasons
from kapnb.engine.fields import WAYS, Dictionary, Field
from kapnb.engine.outcomes import Outcome, Reason
from kapnb.text.blocks import Block, Line
from kapnb.text.phrases import answer_words, join_words, list_answers, outcome_words, sentence
from kapnb.text.words import words


def explain_ways(a: Assessment) -> Block:
    fields, ledger = a.edition.guidance.fields, a.edition.guidance.ledger
    toward: dict[str, list[str]] = {}
    for way in a.changes:
        after = {**counting(a), **{step.field: step.after for step in way.steps}}
        outcome = outcome_words(way.outcome, find_reasons(after, a.edition))
        toward.setdefault(outcome, []).append(_way(fields, way))
    lines = [Line(words("explanation.ways_to", outcome=outcome), (), tuple(ways)) for outcome, ways in toward.items()]
    if lines:
        lead = [words("explanation.ways_lead")]
        first = dict.fromkeys(ledger.words[finding.rule].next_step for finding in a.deciding)
        lead += [words("explanation.ways_first", text=step) for step in first if step]
        lead += [] if a.settled else [words("explanation.ways_unrecorded")]
        lines = [*map(Line, lead), *lines]
    elif a.least_cautious is not Outcome.MAY_BE_CONSIDERED:
        named = a.outcome is Outcome.CONSIDER_WITH_CONDITIONS or any(ledger.words[one.rule].next_step for one in a.deciding)
        lines.append(Line(words("explanation.ways_none_named" if named else "explanation.ways_none")))
        lines += [] if a.settled else [Line(words("explanation.ways_ask"))]
    if Reason.SOURCE_SILENT in a.reasons:
        lines.append(Line(words("explanation.ways_silent")))
    fixed = {n: g for finding in a.deciding for n, g in finding.because.items() if _stays(a, n, g)}
    if a.least_cautious is Outcome.MAY_BE_CONSIDERED:
        lines.append(Line(words("explanation.ways_least" if a.settled else "explanation.ways_open")))
    elif fixed:
        lines.append(Line(words("explanation.cannot_change", answers=list_answers(fields, fixed))))
    return Block("ways", words("explanation.ways"), tuple(lines))


def _stays(a: Assessment, name: str, given: str) -> bool:
    """Whether an answer that stands for caution cannot change."""
    field = a.edition.guidance.fields[name]
    mildest = field.order[:1]
    return bool(mildest) and given not in mildest[0] and not any(change.is_open(a.answers) for change in field.changes)


def _way(fields: Dictionary, way: Way) -> str:
    """One way forward, its steps sorted by what brings them about."""
    said = []
    for by in WAYS:
        steps = [_step(fields[step.field], step) for step in way.steps if step.by == by]
        if steps:
            said.append(words("explanation.way", by=words(f"ways.{by}"), steps="; ".join(steps)))
    return " ".join(said)


def _step(field: Field, step: Step) -> str:
    before, after = (field.option(name).label if name else "" for name in (step.before, step.after))
    key = "explanation.step" if before else "explanation.step_raised"
    return words(key, label=field.label, before=before, after=after)


def explain_near(a: Assessment) -> Block:
    """What is less cautious first, answer by answer; what is more cautious counted, and listed by where it leads."""
    less = [twin for twin in a.twins if twin.outcome < a.outcome]
    more = [twin for twin in a.twins if twin.outcome > a.outcome]
    lines = [*([Line(words("explanation.near_lead"))] if less else []), *_tell_twins(a, less)]
    if more:
        lines.append(Line(words("explanation.near_more", count=len(more)), (), tuple(_gather_twins(a, more))))
    return Block("near", words("explanation.near"), tuple(lines) or (Line(words("explanation.near_none")),))


def _tell_twins(a: Assessment, twins: Iterable[Twin]) -> Iterator[Line]:
    fields = a.edition.guidance.fields
    for name, each in groupby(twins, lambda twin: twin.field):
        said = []
        for twin in each:
            values = {"option": fields[name].option(twin.after).label, "outcome": twin_outcome_words(a, twin)}
            why = " ".join(a.edition.by_name[rule].rule.meaning for rule in find_deciding(a, twin))
            decides = words("explanation.twin_decides", meanings=why) if why else ""
            said.append(" ".join(filter(None, (words("explanation.twin", **values), decides, _would_raise(a, twin)))))
        yield Line(answer_words(fields, name, a.answers[name]), (), tuple(said), field=name)


def _gather_twins(a: Assessment, twins: Iterable[Twin]) -> Iterator[str]:
    fields = a.edition.guidance.fields
    together: dict[tuple[str, str], dict[str, list[str]]] = {}
    for twin in sorted(twins, key=lambda twin: -twin.outcome.caution):
        options = together.setdefault((twin_outcome_words(a, twin), _would_raise(a, twin)), {}).setdefault(twin.field, [])
        options.append(f'"{fields[twin.field].option(twin.after).label}"')
    for (outcome, raised), where in together.items():
        answers = [
            words("explanation.answer", label=sentence(fields[name].label), option=join_words(options, "or"))
            for name, options in where.items()
        ]
        yield " ".join(filter(None, (words("explanation.twins", outcome=outcome, answers="; ".join(answers)), raised)))


def twin_outcome_words(a: Assessment, twin: Twin) -> str:
    """The outcome of a twin, with its reasons."""
    return outcome_words(twin.outcome, find_reasons({**counting(a), twin.field: twin.after}, a.edition))


def _would_raise(a: Assessment, twin: Twin) -> str:
    """The questions that keep a twin from being concluded, where it is the other answer that raises them."""
    if twin.outcome is not Outcome.CLARIFY_FIRST:
        return ""
    raised = [a.edition.guidance.fields[name].label for name in find_raised(a, {twin.field: twin.after})]
    return words("explanation.raised", fields=join_words(raised)) if raised else ""


def explain_hinges(a: Assessment) -> Block:
    """A reading is never shown without what it says; one that would loosen an outcome is marked."""
    known, edition = a.edition.guidance.readings, a.edition
    lines = []
    for name, hinges in groupby(a.hinges_on, lambda hinge: hinge.reading):
        said = [words("explanation.hinge_why", why=known[name].why)]
        for hinge in hinges:
            choice = known[name].choice(hinge.choice)
            there = edition.guidance.bind({**edition.readings, name: hinge.choice})
            outcome = outcome_words(hinge.outcome, find_reasons(a.answers, there))
            key = "explanation.hinge_less" if hinge.outcome < a.outcome else "explanation.hinge"
            said.append(words(key, choice=choice.label, outcome=outcome, text=choice.text))
        lines.append(Line(known[name].question, (), tuple(said)))
    if any(hinge.outcome < a.outcome for hinge in a.hinges_on):
        lines.append(Line(words("explanation.hinges_caution")))
    return Block("hinges", words("explanation.hinges"), tuple(lines) or (Line(words("explanation.hinges_none")),))
