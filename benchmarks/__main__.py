"""``make bench``: every benchmark one after the other, each in a process of its own, and the report of what they gave.

What a benchmark gave is kept in ``docs/figures.json`` with its date, commit and machine as soon as it is done. One that fails keeps
the figures it had, is told of in the end, and makes the exit code 1. From the record alone come ``docs/figures.md`` with its
plots and the tables in ``README.md`` and ``docs/serving.md``. An aim that is missed is no failure: the report says so.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from benchmarks.figures import Figure, record, report, show, strip
from benchmarks.figures.record import ROOT, Run

TOO_LONG = 45 * 60
"""Seconds after which a benchmark is ended."""


def measure_here(name: str, into: Path, *, brief: bool) -> None:
    """In the process of its own."""
    figures = importlib.import_module(f"benchmarks.{name}").measure(brief=brief)
    show(figures)
    into.write_text(json.dumps([strip(figure) for figure in figures]), "utf-8")


def measure_apart(name: str, *, brief: bool) -> tuple[Figure, ...] | None:
    """None when it failed."""
    with tempfile.TemporaryDirectory() as folder:
        into = Path(folder) / "figures.json"
        command = [sys.executable, "-m", "benchmarks", "--measure", name, "--into", str(into), *(["--brief"] if brief else [])]
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, start_new_session=True)
        try:
            code = process.wait(TOO_LONG)
        except subprocess.TimeoutExpired:
            code = -1
        finally:
            end(process)
        return tuple(Figure(**figure) for figure in json.loads(into.read_text("utf-8"))) if code == 0 else None


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask it to clean up after itself, and end what is left of it and of all that it started."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(40)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def run(names: list[str], *, brief: bool) -> list[str]:
    """Measure these and keep what they gave; which failed."""
    kept, state, machine = record.load(), record.look_at_state(), record.look_at_machine()
    known = [kept[name].seconds for name in names if name in kept and kept[name].brief == brief]
    last = (
        f"They took {minutes(sum(known))} when they last ran."
        if len(known) == len(names)
        else "All of them take about half an hour."
    )
    print(f"{len(names)} benchmarks. {last} Let the machine do nothing else meanwhile.\n{machine}; {state}", flush=True)
    failed = []
    for place, name in enumerate(names, 1):
        busy = record.look_at_load(3)
        before = f", {minutes(kept[name].seconds)} the last time" if name in kept else ""
        warning = f" Other work keeps {busy:.1f} cores busy." if busy > report.QUIET else ""
        print(f"\n== {place} of {len(names)}: {name}{before}.{warning}", flush=True)
        date, start = f"{datetime.now(UTC):%Y-%m-%d %H:%M}", perf_counter()
        figures = measure_apart(name, brief=brief)
        if figures is None:
            failed.append(name)
            print(f"-- {name} failed; the figures that it had before are kept", flush=True)
            continue
        seconds = perf_counter() - start
        busy = max(busy, record.look_at_load(3))
        kept[name] = Run(date, state, machine, round(busy, 2), round(seconds, 1), brief, figures)
        record.save(kept)
    return failed


def minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 90 else f"{seconds:.0f} s"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure, and write the report.")
    parser.add_argument("--only", metavar="NAME,…", help=f"renew these alone: {', '.join(report.NAMES)}")
    parser.add_argument("--report", action="store_true", help="measure nothing; write the report from docs/figures.json anew")
    parser.add_argument("--brief", action="store_true", help="fewer rounds, to see that all runs; the report says so")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        measure_here(given.measure, given.into, brief=given.brief)
        return 0
    names = given.only.split(",") if given.only else list(report.NAMES)
    unknown = sorted({*names} - {*report.NAMES})
    if unknown:
        parser.error(f"no benchmark: {', '.join(unknown)}; there are {', '.join(report.NAMES)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # on the way out a benchmark under way is ended too
    start = perf_counter()
    failed = [] if given.report else run(names, brief=given.brief)
    missing = report.write(record.load())
    if not given.report:
        print(f"\nMeasured in {minutes(perf_counter() - start)}; the report is docs/figures.md.")
    for name in failed:
        print(f"FAILED: {name}")
    if missing:
        print(f"NOT MEASURED YET: {', '.join(missing)}")
    return int(bool(failed or missing))


if __name__ == "__main__":
    sys.exit(main())
