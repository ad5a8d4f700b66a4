"""Exploring one case: what to ask next, what would have to change, what it hinges on; and proving the rules over the whole space.

The cases are the practice cases, and for each question asked of them the worst of 1,000 random ones. "Warm" has asked the same of
the case before, as a page has after the first click; "cold" has forgotten all that is remembered of any case, but keeps what was
made of the guidance; "first of all" is a fresh interpreter with the guidance loaded, as a new page has it. Aim: each within 50 ms.

The proof is timed for the default reading in fresh interpreters, without the time to start them. Aims: the core three within
100 ms, all within 5 s. Printed: milliseconds, of processor time for the cases, elapsed for the proof; medians with their range.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from time import process_time

from kapnb import assess, explain, fields
from kapnb.assessment import Assessment, _reasons, judge_group
from kapnb.guidance.pack import possible_cautions

Case = Mapping[str, str]
PRACTICE = Path(__file__).parent.parent / "tests" / "data" / "practice_cases.csv"
ROUNDS = 5

ASKED: Mapping[str, Callable[[Assessment], object]] = {
    "the outcome alone": lambda a: a.outcome,
    "next questions": lambda a: a.next_questions,
    "ways forward": lambda a: a.changes,
    "near misses and twins": lambda a: (a.near_misses, a.twins),
    "hinges": lambda a: a.hinges_on,
    "every word of the page": explain,
}


def practice_cases() -> list[Case]:
    rows = csv.DictReader(PRACTICE.read_text("utf-8").splitlines())
    return [{name: row[name] for name in fields if row[name]} for row in rows]


def random_cases(number: int) -> list[Case]:
    """Partial cases: how much is recorded differs from case to case."""
    random = Random(1)
    cases = []
    for _ in range(number):
        recorded = random.random()
        cases.append({name: random.choice(field.options).name for name, field in fields.items() if random.random() < recorded})
    return cases


def forget() -> None:
    for remembered in (judge_group, possible_cautions, _reasons):
        remembered.cache_clear()


def ask(case: Case, look: Callable[[Assessment], object]) -> float:
    start = process_time()
    look(assess(case))
    return (process_time() - start) * 1e3


def ask_cold(case: Case, look: Callable[[Assessment], object]) -> float:
    forget()
    return ask(case, look)


def show_times(title: str, times: Mapping[str, list[float]]) -> None:
    print(f"{title:44} {'median':>10} {'range':>21}")
    for name, own in times.items():
        print(f"{name:44} {median(own):10.3f} {min(own):9.3f} - {max(own):9.3f}")
    print()


def over_practice_cases() -> None:
    cases = practice_cases()
    for heat, measure in (("warm", ask), ("cold", ask_cold)):
        times: dict[str, list[list[float]]] = {name: [[] for _ in cases] for name in ASKED}
        for _ in range(ROUNDS):
            for name, look in ASKED.items():
                for own, case in zip(times[name], cases, strict=True):
                    own.append(measure(case, look))
        show_times(f"{len(cases)} practice cases, {heat}, ms", {name: [*map(median, own)] for name, own in times.items()})


def over_worst_cases() -> None:
    """The five cases that take longest cold, looked for once and then measured again, so that no chance moment counts."""
    cases = random_cases(1_000)
    print(f"{'worst of 1,000 random cases, cold, ms':44} {'median':>10} {'range':>21}   answers")
    for name, look in ASKED.items():
        slowest = sorted(cases, key=partial(ask_cold, look=look))[-5:]
        again = {number: [ask_cold(case, look) for _ in range(ROUNDS)] for number, case in enumerate(slowest)}
        number, own = max(again.items(), key=lambda pair: median(pair[1]))
        print(f"{name:44} {median(own):10.3f} {min(own):9.3f} - {max(own):9.3f}   {len(slowest[number])}")
    print()


# --- in fresh interpreters

FIRST = """
import json, time
from kapnb import assess, explain, load_guidance
load_guidance().bind().groups
start = time.perf_counter()
explain(assess({case!r}))
print(json.dumps({{"first of all: every word of the page": (time.perf_counter() - start) * 1e3}}))
"""

PROOF = """
import json
from kapnb import load_guidance
from kapnb.proof import CHECKS, prove
times = {result.name: result.seconds * 1e3 for result in prove(load_guidance().bind()) if result.holds}
assert times.keys() == CHECKS.keys()
print(json.dumps(times))
"""

CORE = """
import json
from kapnb import load_guidance
from kapnb.proof import CORE, prove
times = [result.seconds * 1e3 for result in prove(load_guidance().bind(), CORE) if result.holds]
assert len(times) == 3
print(json.dumps({"core three: total, tight, monotone": sum(times)}))
"""


def run_fresh(code: str) -> dict[str, float]:
    ended = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=PRACTICE.parents[2])
    times: dict[str, float] = json.loads(ended.stdout)
    return times


def over_fresh_interpreters() -> None:
    first = FIRST.format(case=max(practice_cases(), key=len))
    times: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        whole = run_fresh(PROOF)
        together = {"all eight": sum(whole.values()), **{f"  {name}": own for name, own in whole.items()}}
        for name, own in {**run_fresh(first), **run_fresh(CORE), **together}.items():
            times.setdefault(name, []).append(own)
    show_times("fresh interpreters, ms", times)


def main() -> None:
    over_practice_cases()
    over_worst_cases()
    over_fresh_interpreters()


if __name__ == "__main__":
    main()
