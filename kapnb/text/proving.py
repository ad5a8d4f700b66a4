"""The proof as a report in words, one line for each property."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from kapnb.engine.edition import Guidance
from kapnb.engine.proof import (
    UNPROMISED,
    Result,
    Violation,
    count_complete_cases,
    count_open_cases,
    find_smallest,
    prove,
    try_readings,
)
from kapnb.text.phrases import answer_words
from kapnb.text.words import words


def report(guidance: Guidance, say: Callable[[str], object], *, default_only: bool = False) -> int:
    """Prove the rules, under other readings too unless ``default_only``, and say each result.

    Returns:
        0 when all that is promised holds, 1 when something fails. Under readings other than the default the order of caution is not
        promised; where it does not hold, that is said.
    """
    edition, ledger = guidance.bind(), guidance.ledger
    counts = {"open": f"{count_open_cases(edition):,}", "complete": f"{count_complete_cases(edition):,}"}
    say(words("proof.space", guidance=ledger.source.author, edition=ledger.edition, **counts))
    failed = 0
    for result in prove(edition):
        failed += not result.holds
        say(result_words(result))
        if result.violation:
            say("  " + violation_words(guidance, result.violation))
    return int(bool(failed) | (not default_only and _report_readings(guidance, say)))


def _report_readings(guidance: Guidance, say: Callable[[str], object]) -> bool:
    """The core properties under each other reading and each pair of them; whether one fails that is promised there."""
    start, trials = perf_counter(), list(try_readings(guidance))
    broken = [one for trial in trials for one in trial.results.values() if one.violation and one.name != UNPROMISED]
    for result in broken:
        say(result_words(result))
        say("  " + violation_words(guidance, result.violation))
    say(words("proof.readings", editions=len(trials), seconds=f"{perf_counter() - start:.2f}"))
    if not broken:
        say(words("proof.everywhere"))
    for trial in find_smallest(trials, UNPROMISED):
        say(words("proof.expected", readings=", ".join(f"{name}={choice}" for name, choice in trial.readings.items())))
    return bool(broken)


def result_words(result: Result) -> str:
    verdict = words("proof.holds" if result.holds else "proof.fails")
    checked = f"{result.checked:>12,}"
    return words(
        "proof.result", verdict=verdict, seconds=f"{result.seconds:7.3f}", checked=checked, property=words(f"proof.{result.name}")
    )


def violation_words(guidance: Guidance, violation: Violation | None) -> str:
    """Where a property fails: the case, and what is wrong there. Nothing where it holds."""
    if violation is None:
        return ""
    answers = "; ".join(answer_words(guidance.fields, name, given) for name, given in violation.case.items())
    return words("proof.what", what=violation.what, case=answers or words("proof.nothing_recorded"))
