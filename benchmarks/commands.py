"""Three commands, each in a process of its own as a user runs it: `kapnb assess` of a large table, `kapnb prove`, `kapnb serve`."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from time import perf_counter

from benchmarks.figure import Figure, over, take_turns
from kapnb import fields
from tests.served import Served
from tests.strategies import random_case

ROWS = 100_000
ROOT = Path(__file__).parent.parent


def write_table(path: Path, rows: int) -> None:
    """Cases that are answered in part, as a table that needs no repair."""
    chance = Random(1)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, ["case_id", *fields], restval="")
        table.writeheader()
        for number in range(rows):
            case = {name: answer for name, answer in random_case(chance).items() if answer}
            case = {name: answer for name, answer in case.items() if fields.applies(name, case) is not False}
            table.writerow({"case_id": f"C{number}", **case})


def run(*command: str) -> tuple[float, float]:
    """Seconds that a Python command takes, and the MB that it needs at most."""
    begun = perf_counter()
    process = subprocess.Popen([sys.executable, *command], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return perf_counter() - begun, used.ru_maxrss / 1e3


def assess_table(rounds: int) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        cases, out = Path(folder) / "cases.csv", Path(folder) / "out.csv"
        write_table(cases, ROWS)
        copy = "import pandas, sys; pandas.read_csv(sys.argv[1], dtype=str).to_csv(sys.argv[2], index=False)"
        contenders: dict[str, Callable[[], tuple[float, float]]] = {
            "assess": lambda: run("-m", "kapnb", "assess", str(cases), "-o", str(out)),
            "copy": lambda: run("-c", copy, str(cases), str(out)),
        }
        measured = take_turns(contenders, rounds)
    seconds, memory = zip(*measured["assess"], strict=True)
    least = over("", "s", [seconds for seconds, _ in measured["copy"]])
    return [
        over(f"`kapnb assess` of a CSV of {ROWS:,} cases", "s", seconds, f"pandas reads and writes the same file in {least}"),
        over("the memory that it takes at most", "MB", memory),
    ]


def prove(rounds: int) -> list[Figure]:
    told = {
        "`kapnb prove`: every possible case, under every pair of readings": [],
        "`kapnb prove --default-only`": ["--default-only"],
    }
    measured = take_turns({what: lambda more=more: run("-m", "kapnb", "prove", *more)[0] for what, more in told.items()}, rounds)
    return [over(what, "s", seconds) for what, seconds in measured.items()]


def start_server(rounds: int) -> list[Figure]:
    def start() -> float:
        begun = perf_counter()
        with Served() as served:
            assert served.ask("/").status == 200
            return perf_counter() - begun

    return [over("`kapnb serve` until it answers", "s", [start() for _ in range(rounds)])]


def measure(*, brief: bool) -> list[Figure]:
    rounds = 1 if brief else 5
    return [*assess_table(rounds), *prove(rounds), *start_server(rounds)]
