"""Exploring one case: what to ask next, what would have to change, what it hinges on; and proving the rules over the whole space.

The cases are the practice cases, and for each question asked of them the worst of 1,000 random ones. "Warm" has asked the same of
the case before, as a page has after the first click; "cold" has forgotten all that is remembered of any case, but keeps what was
made of the guidance; "first of all" is a fresh interpreter with the guidance loaded, as a new page has it. Aim: each within 50 ms.

The proof is timed for the default reading in fresh interpreters, without the time to start them. Aims: the core three within
100 ms, all within 5 s. Then the command ``kapnb prove`` as it is typed, start and all. Milliseconds are of processor time for the
cases, elapsed for the proof; medians with their range.
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
from typing import Any

from benchmarks import figures
from benchmarks.figures import Figure, over_rounds
from kapnb import assess, explain, fields, load_guidance
from kapnb.engine.assess import _reasons, judge_group
from kapnb.engine.edition import Assessment
from kapnb.engine.pack import possible_cautions
from kapnb.engine.proof import count_open_cases

Case = Mapping[str, str]
PRACTICE = Path(__file__).parent.parent / "tests" / "data" / "practice_cases.csv"
ROUNDS = 5

WITHIN = 50
"""Milliseconds that are aimed for."""

ASKED: Mapping[str, Callable[[Assessment], object]] = {
    "outcome": lambda a: a.outcome,
    "next": lambda a: a.next_questions,
    "ways": lambda a: a.changes,
    "near": lambda a: a.twins,
    "hinges": lambda a: a.hinges_on,
    "page": explain,
}
NAMES = {
    "outcome": "the outcome alone",
    "next": "next questions",
    "ways": "ways forward",
    "near": "near misses and twins",
    "hinges": "hinges",
    "page": "every word of the page",
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


def over_practice_cases(turns: int) -> list[Figure]:
    cases, told = practice_cases(), []
    for heat, measure in (("warm", ask), ("cold", ask_cold)):
        times: dict[str, list[list[float]]] = {name: [[] for _ in cases] for name in ASKED}
        for _ in range(turns):
            for name, look in ASKED.items():
                for own, case in zip(times[name], cases, strict=True):
                    own.append(measure(case, look))
        group, medians = f"{len(cases)} practice cases, {heat}", {name: [*map(median, own)] for name, own in times.items()}
        told += figures.compare(heat, group, "ms", NAMES, medians)
    return told


def over_worst_cases(turns: int) -> list[Figure]:
    """The five cases that take longest cold, looked for once and then measured again, so that no chance moment counts."""
    cases, told = random_cases(1_000), []
    for name, look in ASKED.items():
        slowest = sorted(cases, key=partial(ask_cold, look=look))[-5:]
        own = max(([ask_cold(case, look) for _ in range(turns)] for case in slowest), key=median)
        told.append(over_rounds(f"worst_{name}", "The worst of 1,000 random cases, cold", NAMES[name], "ms", own, at_most=WITHIN))
    return told


# --- in fresh interpreters

FIRST = """
import json, time
from kapnb import assess, explain, load_guidance
load_guidance().bind().groups
start = time.perf_counter()
explain(assess({case!r}))
print(json.dumps((time.perf_counter() - start) * 1e3))
"""

PROOF = """
import json
from kapnb import load_guidance
from kapnb.engine.proof import CHECKS, prove
times = {result.name: result.seconds * 1e3 for result in prove(load_guidance().bind()) if result.holds}
assert times.keys() == CHECKS.keys()
print(json.dumps(times))
"""

CORE = """
import json
from kapnb import load_guidance
from kapnb.engine.proof import CORE, prove
times = [result.seconds * 1e3 for result in prove(load_guidance().bind(), CORE) if result.holds]
assert len(times) == 3
print(json.dumps(sum(times)))
"""


COMMAND = """
import subprocess, sys, time
start = time.perf_counter()
subprocess.run([sys.executable, "-m", "kapnb", "prove", *{options}], check=True, stdout=subprocess.DEVNULL)
print(time.perf_counter() - start)
"""


def run_fresh(code: str) -> Any:
    return json.loads(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=PRACTICE.parents[2]).stdout)


def over_fresh_interpreters(turns: int) -> list[Figure]:
    code = FIRST.format(case=max(practice_cases(), key=len))
    first, core, whole, default, everything = [], [], [], [], []
    for _ in range(turns):
        first.append(run_fresh(code))
        core.append(run_fresh(CORE))
        whole.append(run_fresh(PROOF))
        default.append(run_fresh(COMMAND.format(options=["--default-only"])))
        everything.append(run_fresh(COMMAND.format(options=[])))
    proof, command = "The proof, default reading, a fresh interpreter", "The proof as a command, start and all"
    checks = {name: [one[name] for one in whole] for name in whole[0]}
    return [
        over_rounds("first", "First of all in a fresh interpreter", "every word of the page", "ms", first),
        over_rounds("proof_core", proof, "core three: total, tight, monotone", "ms", core, at_most=100),
        over_rounds("proof_eight", proof, "all eight", "ms", [sum(one.values()) for one in whole], at_most=5_000),
        *figures.compare("proof", proof, "ms", dict(zip(checks, checks, strict=True)), checks),
        over_rounds("prove_default", command, "kapnb prove --default-only", "s", default),
        over_rounds("prove_all", command, "kapnb prove, with every other reading and pair", "s", everything),
        Figure("space", "The case space", "cases, not recorded as one more answer", "", count_open_cases(load_guidance().bind())),
    ]


def measure(*, brief: bool = False) -> list[Figure]:
    turns = 2 if brief else ROUNDS
    return [*over_practice_cases(turns), *over_worst_cases(turns), *over_fresh_interpreters(turns)]


if __name__ == "__main__":
    figures.show(measure())
