"""The proof as a report that grows while it is worked out."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from kapnb.engine.edition import Edition, Guidance
from kapnb.engine.proof import (
    CHECKS,
    CORE,
    UNPROMISED,
    Result,
    Trial,
    alternatives,
    count_complete_cases,
    count_open_cases,
    find_smallest,
    prove,
    try_readings,
)
from kapnb.text.html import Html, element, join
from kapnb.text.proving import violation_words
from kapnb.text.words import words
from kapnb.ui.controls import button, details


@dataclass(frozen=True, slots=True)
class Report:
    """What has been checked so far, and what is being checked."""

    work: Literal["", "all", "readings"] = ""
    results: Mapping[str, Result] = field(default_factory=dict)
    trials: tuple[Trial, ...] = ()


async def check_all(edition: Edition, report: Report) -> AsyncIterator[Report]:
    """Check every property of an edition, one at a time, beside whatever else is going on."""
    report, results = replace(report, work="all", results={}), prove(edition)
    yield report
    while result := await to_thread(next, results, None):
        report = replace(report, results={**report.results, result.name: result})
        yield report
    yield replace(report, work="")


async def check_readings(guidance: Guidance, report: Report) -> AsyncIterator[Report]:
    """Check the core properties under every reading and every pair of readings."""
    report, trials = replace(report, work="readings", trials=()), try_readings(guidance)
    yield report
    while trial := await to_thread(next, trials, None):
        report = replace(report, trials=(*report.trials, trial))
        yield report
    yield replace(report, work="")


def report_words(report: Report) -> str:
    """Where the work stands, as it is spoken: at its start and at its end."""
    if report.work:
        return words(f"guidance.checking_{report.work}")
    done = []
    if report.results:
        failed = sum(not result.holds for result in report.results.values())
        done.append(words("guidance.done_failed" if failed else "guidance.done_all", count=failed or len(report.results)))
    if report.trials:
        done.append(words("guidance.done_readings", editions=len(report.trials)))
    return " ".join(done)


def write_proof(edition: Edition, report: Report) -> Html:
    """The report as far as it has come."""
    guidance, editions = edition.guidance, sum(1 for _ in alternatives(edition.guidance, 1, 2))
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
                *_write_work("prove", "all", report, len(report.results), len(CHECKS)),
                element("ol", *_write_properties(guidance, report), class_="properties"),
                class_="card proof",
            ),
            element(
                "section",
                element("h3", words("guidance.proof_readings")),
                element("p", words("guidance.proof_readings_lead", editions=editions), class_="intro"),
                *_write_work("prove_readings", "readings", report, len(report.trials), editions),
                element("ol", *_write_trials(guidance, report.trials), class_="properties") if report.trials else None,
                class_="card proof",
            ),
        )
    )


def _write_work(action: str, work: str, report: Report, done: int, of: int) -> Iterator[Html]:
    """The button that begins it, and how far it has come."""
    at_work = report.work == work
    said = words("guidance.checking" if at_work else f"guidance.{action}")
    yield element("div", button(said, action, class_="firm", enabled=not report.work, id=f"guidance-{action}"), class_="tools")
    if at_work:
        progress = words("guidance.progress", done=done, of=of)
        bar = element("progress", progress, max=str(of), value=str(done), aria_label=words(f"guidance.checking_{work}"))
        yield element("div", bar, element("span", progress, class_="tally", aria_hidden="true"), class_="progress")


def _write_properties(guidance: Guidance, report: Report) -> Iterator[Html]:
    for place, name in enumerate(CHECKS):
        if result := report.results.get(name):
            problem = element("p", _case_words(guidance, result), class_="problem") if result.violation else None
            yield _write_property(name, "holds" if result.holds else "fails", _facts([result]), problem)
        else:
            yield _write_property(name, "now" if report.work == "all" and place == len(report.results) else "waits")


def _write_trials(guidance: Guidance, trials: tuple[Trial, ...]) -> Iterator[Html]:
    for name in CORE:
        results = [trial.results[name] for trial in trials]
        holding = sum(result.holds for result in results)
        facts = f"{words('guidance.tried', holds=holding, editions=len(trials))} {_facts(results)}"
        if holding == len(trials):
            yield _write_property(name, "holds", facts)
            continue
        rows = []
        for trial in find_smallest(trials, name):
            said = "; ".join(_choice_words(guidance, *one) for one in trial.readings.items())
            rows.append(element("li", details(said, element("p", _case_words(guidance, trial.results[name])), key=said)))
        exceptions = join((element("p", words("guidance.exceptions")), element("ul", *rows, class_="exceptions")))
        yield _write_property(name, "partly" if name == UNPROMISED else "fails", facts, exceptions)


def _write_property(name: str, status: str, facts: str = "", problem: Html | None = None) -> Html:
    said = element("span", words(f"guidance.status_{status}"), class_=f"status {status}")
    text = element("p", words(f"proof.{name}")), element("p", facts, class_="hint") if facts else None
    return element("li", said, element("div", *text, problem), data_property=name)


def _facts(results: Iterable[Result]) -> str:
    checked, seconds = (sum(parts) for parts in zip(*((one.checked, one.seconds) for one in results), strict=True))
    return words("guidance.checked", checked=f"{checked:,}", seconds=f"{seconds:.2f}")


def _case_words(guidance: Guidance, result: Result) -> str:
    return words("proof.counterexample", case=violation_words(guidance, result.violation))


def _choice_words(guidance: Guidance, name: str, choice: str) -> str:
    """A choice of a reading, with its question."""
    reading = guidance.readings[name]
    return words("guidance.reading_choice", question=reading.question, choice=reading.choice(choice).label)
