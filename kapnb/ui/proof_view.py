"""The proof as a report that grows while it is worked out."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from kapnb.engine.edition import Edition, Guidance
from kapnb.engine.proof import CHECKS, CORE, Check, Result, alternatives, count_complete_cases, count_open_cases, prove
from kapnb.text.html import Html, element, join
from kapnb.text.proving import violation_words
from kapnb.text.words import words
from kapnb.ui.controls import button, details

UNPROMISED: Final = "monotone"
"""The property that is promised of the default readings only."""

Results = Mapping[str, Result]


@dataclass(frozen=True, slots=True)
class Trial:
    """The core properties under some readings other than the default."""

    readings: Mapping[str, str]
    results: Results


@dataclass(frozen=True, slots=True)
class Report:
    """What has been checked so far, and what is being checked."""

    work: Literal["", "all", "readings"] = ""
    results: Results = field(default_factory=dict)
    trials: tuple[Trial, ...] = ()


def list_editions(guidance: Guidance) -> tuple[Mapping[str, str], ...]:
    """Every choice of one reading, then of two, other than the default."""
    return (*alternatives(guidance, 1), *alternatives(guidance, 2))


async def check_all(edition: Edition, report: Report) -> AsyncIterator[Report]:
    """Check every property of an edition, one at a time, beside whatever else is going on."""
    report = replace(report, work="all", results={})
    yield report
    for name, check in CHECKS.items():
        report = replace(report, results={**report.results, **await to_thread(_prove, edition, {name: check})})
        yield report
    yield replace(report, work="")


async def check_readings(guidance: Guidance, report: Report) -> AsyncIterator[Report]:
    """Check the core properties under every reading and every pair of readings."""
    report = replace(report, work="readings", trials=())
    yield report
    for readings in list_editions(guidance):
        results = await to_thread(_prove, guidance.bind(readings), CORE)
        report = replace(report, trials=(*report.trials, Trial(readings, results)))
        yield report
    yield replace(report, work="")


def _prove(edition: Edition, checks: Mapping[str, Check]) -> Results:
    return {result.name: result for result in prove(edition, checks)}


def find_smallest(trials: Iterable[Trial], name: str) -> list[Trial]:
    """The trials in which a property fails, without those whose readings include another such trial's."""
    found: list[Trial] = []
    for trial in sorted(trials, key=lambda one: len(one.readings)):
        if not trial.results[name].holds and not any(one.readings.items() <= trial.readings.items() for one in found):
            found.append(trial)
    return found


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
    return words("proof.counterexample", case=violation_words(guidance, result.violation) if result.violation else "")


def _choice_words(guidance: Guidance, name: str, choice: str) -> str:
    """A choice of a reading, with its question."""
    reading = guidance.readings[name]
    return words("guidance.reading_choice", question=reading.question, choice=reading.choice(choice).label)
