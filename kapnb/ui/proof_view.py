"""The proof as a report that grows while it is worked out."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from kapnb.engine.edition import Guidance
from kapnb.engine.proof import CHECKS, CORE, Result, alternatives, count_complete_cases, count_open_cases, prove
from kapnb.text.html import Html, element, join
from kapnb.text.proving import violation_words
from kapnb.text.words import words

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


async def check_all(guidance: Guidance, report: Report) -> AsyncIterator[Report]:
    """Check every property of the default readings, one at a time, beside whatever else is going on."""
    report = replace(report, work=Work.ALL, results=())
    yield report
    for name in CHECKS:
        report = replace(report, results=(*report.results, await to_thread(_prove_one, guidance, name)))
        yield report
    yield replace(report, work=Work.NOTHING)


async def check_readings(guidance: Guidance, report: Report) -> AsyncIterator[Report]:
    """Check the core properties under every reading and every pair of readings."""
    report = replace(report, work=Work.READINGS, trials=())
    yield report
    for readings in list_editions(guidance):
        report = replace(report, trials=(*report.trials, await to_thread(_try, guidance, readings)))
        yield report
    yield replace(report, work=Work.NOTHING)


def _prove_one(guidance: Guidance, name: str) -> Result:
    (result,) = prove(guidance.bind(), {name: CHECKS[name]})
    return result


def _try(guidance: Guidance, readings: Mapping[str, str]) -> Trial:
    return Trial(readings, tuple(prove(guidance.bind(readings), CORE)))


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


def write_proof(guidance: Guidance, report: Report) -> Html:
    """The report as far as it has come."""
    edition, ledger = guidance.bind(), guidance.ledger
    counts = {"open": f"{count_open_cases(edition):,}", "complete": f"{count_complete_cases(edition):,}"}
    whole = words("proof.space", guidance=ledger.source.author, edition=ledger.edition, **counts)
    return join(
        (
            element("h2", words("guidance.part_proof"), id="guidance-proof"),
            element("p", words("guidance.proof_lead"), class_="intro"),
            element("p", whole, class_="intro"),
            element(
                "section",
                element("h3", words("guidance.proof_default")),
                _write_button("prove", Work.ALL, report),
                _write_progress(len(report.results), len(CHECKS), Work.ALL, report),
                element("ol", *_write_properties(guidance, report), class_="properties"),
                class_="card proof",
            ),
            element(
                "section",
                element("h3", words("guidance.proof_readings")),
                element("p", words("guidance.proof_readings_lead", editions=len(list_editions(guidance))), class_="intro"),
                _write_button("prove_readings", Work.READINGS, report),
                _write_progress(len(report.trials), len(list_editions(guidance)), Work.READINGS, report),
                element("ol", *_write_trials(guidance, report), class_="properties") if report.trials else None,
                class_="card proof",
            ),
        )
    )


def _write_button(action: str, work: Work, report: Report) -> Html:
    said = words("guidance.checking" if report.work is work else f"guidance.{action}")
    off = "true" if report.work else None
    return element(
        "div", element("button", said, type="button", data_action=action, class_="firm", aria_disabled=off), class_="tools"
    )


def _write_progress(done: int, of: int, work: Work, report: Report) -> Html | None:
    if report.work is not work:
        return None
    said = words("guidance.progress", done=done, of=of)
    bar = element("progress", said, max=str(of), value=str(done), aria_label=words(f"guidance.checking_{work}"))
    return element("div", bar, element("span", said, class_="tally", aria_hidden="true"), class_="progress")


def _write_properties(guidance: Guidance, report: Report) -> Iterator[Html]:
    results = {result.name: result for result in report.results}
    begun = False
    for name in CHECKS:
        result = results.get(name)
        if result:
            said = "holds" if result.holds else "fails"
            facts = words("guidance.checked", checked=f"{result.checked:,}", seconds=f"{result.seconds:.2f}")
        else:
            said = "now" if report.work is Work.ALL and not begun else "waits"
            begun, facts = True, ""
        problem = violation_words(guidance, result.violation) if result and result.violation else ""
        yield _write_property(name, said, facts, problem)


def _write_property(name: str, said: str, facts: str, problem: str) -> Html:
    status = element("span", words(f"guidance.status_{said}"), class_=f"status {said}")
    return element(
        "li",
        status,
        element(
            "div",
            element("p", words(f"proof.{name}")),
            element("p", facts, class_="hint") if facts else None,
            element("p", words("proof.counterexample", case=problem), class_="problem") if problem else None,
        ),
        data_property=name,
    )


def _write_trials(guidance: Guidance, report: Report) -> Iterator[Html]:
    trials = report.trials
    for name in CORE:
        failing = [trial for trial in trials if not trial.result(name).holds]
        checked = sum(trial.result(name).checked for trial in trials)
        seconds = sum(trial.result(name).seconds for trial in trials)
        facts = words("guidance.tried", holds=len(trials) - len(failing), editions=len(trials))
        facts += " " + words("guidance.checked", checked=f"{checked:,}", seconds=f"{seconds:.2f}")
        said = "holds" if not failing else "partly" if name == UNPROMISED else "fails"
        yield element(
            "li",
            element("span", words(f"guidance.status_{said}"), class_=f"status {said}"),
            element(
                "div",
                element("p", words(f"proof.{name}")),
                element("p", facts, class_="hint"),
                _write_exceptions(guidance, find_smallest(trials, name), name) if failing else None,
            ),
            data_property=name,
        )


def _write_exceptions(guidance: Guidance, smallest: tuple[Trial, ...], name: str) -> Html:
    rows = []
    for trial in smallest:
        violation = trial.result(name).violation
        case = violation_words(guidance, violation) if violation else ""
        summary = element("summary", readings_words(guidance, trial.readings))
        rows.append(element("li", element("details", summary, element("p", words("proof.counterexample", case=case)))))
    return join((element("p", words("guidance.exceptions")), element("ul", *rows, class_="exceptions")))


def readings_words(guidance: Guidance, readings: Mapping[str, str]) -> str:
    """Choices of readings, each with its question."""
    said = (guidance.readings[name] for name in readings)
    return "; ".join(
        words("guidance.reading_choice", question=one.question, choice=one.choice(readings[one.name]).label) for one in said
    )
