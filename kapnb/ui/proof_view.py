"""The proof as a report that grows while it is worked out."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from kapnb.engine.edition import Edition, Guidance
from kapnb.engine.proof import CHECKS, CORE, Result, alternatives, count_complete_cases, count_open_cases, prove
from kapnb.text.html import Html, element, join
from kapnb.text.proving import violation_words
from kapnb.text.words import words
from kapnb.ui.controls import button, details

UNPROMISED: Final = "monotone"
"""The property that is promised of the default readings only."""


class Work(StrEnum):
    """What is being checked."""

    NOTHING = ""
    ALL = "all"
    READINGS = "readings"


@dataclass(frozen=True, slots=True)
class Trial:
    """The core properties under some readings other than the default."""

    readings: Mapping[str, str]
    results: tuple[Result, ...]

    def result(self, name: str) -> Result:
        """What became of one property."""
        return next(result for result in self.results if result.name == name)


@dataclass(frozen=True, slots=True)
class Report:
    """What has been checked so far."""

    work: Work = Work.NOTHING
    results: tuple[Result, ...] = ()
    trials: tuple[Trial, ...] = ()


def list_editions(guidance: Guidance) -> tuple[Mapping[str, str], ...]:
    """Every choice of one reading, then of two, other than the default."""
    return (*alternatives(guidance, 1), *alternatives(guidance, 2))


async def check_all(edition: Edition, report: Report) -> AsyncIterator[Report]:
    """Check every property of an edition, one at a time, beside whatever else is going on."""
    report = replace(report, work=Work.ALL, results=())
    yield report
    for name in CHECKS:
        report = replace(report, results=(*report.results, *await to_thread(_prove, edition, name)))
        yield report
    yield replace(report, work=Work.NOTHING)


async def check_readings(guidance: Guidance, report: Report) -> AsyncIterator[Report]:
    """Check the core properties under every reading and every pair of readings."""
    report = replace(report, work=Work.READINGS, trials=())
    yield report
    for readings in list_editions(guidance):
        results = await to_thread(_prove, guidance.bind(readings), *CORE)
        report = replace(report, trials=(*report.trials, Trial(readings, results)))
        yield report
    yield replace(report, work=Work.NOTHING)


def _prove(edition: Edition, *names: str) -> tuple[Result, ...]:
    return tuple(prove(edition, {name: CHECKS[name] for name in names}))


def find_smallest(trials: tuple[Trial, ...], name: str) -> tuple[Trial, ...]:
    """The trials in which a property fails, without those whose readings include another such trial's."""
    found: list[Trial] = []
    for trial in sorted(trials, key=lambda one: len(one.readings)):
        if not trial.result(name).holds and not any(one.readings.items() <= trial.readings.items() for one in found):
            found.append(trial)
    return tuple(found)


def report_words(report: Report) -> str:
    """Where the work stands, as it is spoken: at its start and at its end."""
    if report.work:
        return words(f"guidance.checking_{report.work}")
    done = []
    if report.results:
        failed = sum(not result.holds for result in report.results)
        done.append(words("guidance.done_failed" if failed else "guidance.done_all", count=failed or len(report.results)))
    if report.trials:
        done.append(words("guidance.done_readings", editions=len(report.trials)))
    return " ".join(done)


def write_proof(edition: Edition, report: Report) -> Html:
    """The report as far as it has come."""
    guidance, editions = edition.guidance, len(list_editions(edition.guidance))
    counts = {"open": f"{count_open_cases(edition):,}", "complete": f"{count_complete_cases(edition):,}"}
    whole = words("proof.space", guidance=edition.ledger.source.author, edition=edition.number, **counts)
    return join(
        (
            element("h2", words("guidance.part_proof"), id="guidance-proof"),
            element("p", words("guidance.proof_lead"), class_="intro"),
            element("p", whole, class_="intro"),
            element(
                "section",
                element("h3", words("guidance.proof_default")),
                _write_work("prove", Work.ALL, report, len(report.results), len(CHECKS)),
                element("ol", *_write_properties(guidance, report), class_="properties"),
                class_="card proof",
            ),
            element(
                "section",
                element("h3", words("guidance.proof_readings")),
                element("p", words("guidance.proof_readings_lead", editions=editions), class_="intro"),
                _write_work("prove_readings", Work.READINGS, report, len(report.trials), editions),
                element("ol", *_write_trials(guidance, report.trials), class_="properties") if report.trials else None,
                class_="card proof",
            ),
        )
    )


def _write_work(action: str, work: Work, report: Report, done: int, of: int) -> Html:
    """The button that begins it, and how far it has come."""
    at_work = report.work is work
    said = words("guidance.checking" if at_work else f"guidance.{action}")
    tools = element("div", button(said, action, class_="firm", enabled=not report.work, id=f"guidance-{action}"), class_="tools")
    if not at_work:
        return tools
    progress = words("guidance.progress", done=done, of=of)
    bar = element("progress", progress, max=str(of), value=str(done), aria_label=words(f"guidance.checking_{work}"))
    return join((tools, element("div", bar, element("span", progress, class_="tally", aria_hidden="true"), class_="progress")))


def _write_properties(guidance: Guidance, report: Report) -> Iterator[Html]:
    results = {result.name: result for result in report.results}
    for place, name in enumerate(CHECKS):
        result = results.get(name)
        if result is None:
            at_work = report.work is Work.ALL and place == len(results)
            yield _write_property(name, "now" if at_work else "waits")
            continue
        facts = words("guidance.checked", checked=f"{result.checked:,}", seconds=f"{result.seconds:.2f}")
        case = words("proof.counterexample", case=violation_words(guidance, result.violation)) if result.violation else ""
        problem = element("p", case, class_="problem") if case else None
        yield _write_property(name, "holds" if result.holds else "fails", facts, problem)


def _write_trials(guidance: Guidance, trials: tuple[Trial, ...]) -> Iterator[Html]:
    for name in CORE:
        results = [trial.result(name) for trial in trials]
        holding = sum(result.holds for result in results)
        checked, seconds = sum(result.checked for result in results), sum(result.seconds for result in results)
        facts = words("guidance.tried", holds=holding, editions=len(trials))
        facts += " " + words("guidance.checked", checked=f"{checked:,}", seconds=f"{seconds:.2f}")
        if holding == len(trials):
            yield _write_property(name, "holds", facts)
        else:
            exceptions = _write_exceptions(guidance, find_smallest(trials, name), name)
            yield _write_property(name, "partly" if name == UNPROMISED else "fails", facts, exceptions)


def _write_property(name: str, status: str, facts: str = "", problem: Html | None = None) -> Html:
    text = element("p", words(f"proof.{name}")), element("p", facts, class_="hint") if facts else None
    return element(
        "li",
        element("span", words(f"guidance.status_{status}"), class_=f"status {status}"),
        element("div", *text, problem),
        data_property=name,
    )


def _write_exceptions(guidance: Guidance, smallest: tuple[Trial, ...], name: str) -> Html:
    rows = []
    for trial in smallest:
        violation = trial.result(name).violation
        case = words("proof.counterexample", case=violation_words(guidance, violation) if violation else "")
        said = readings_words(guidance, trial.readings)
        rows.append(element("li", details(said, element("p", case), key=said)))
    return join((element("p", words("guidance.exceptions")), element("ul", *rows, class_="exceptions")))


def readings_words(guidance: Guidance, readings: Mapping[str, str]) -> str:
    """Choices of readings, each with its question."""
    said = (guidance.readings[name] for name in readings)
    return "; ".join(
        words("guidance.reading_choice", question=one.question, choice=one.choice(readings[one.name]).label) for one in said
    )
