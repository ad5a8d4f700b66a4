"""``make bench``: measure, keep the figures in ``docs/figures.json``, and write ``docs/figures.md`` and the README's part."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import psutil

from benchmarks.figure import Figure

ROOT = Path(__file__).parent.parent
RECORD, PAGE, README = ROOT / "docs/figures.json", ROOT / "docs/figures.md", ROOT / "README.md"
PARTS = {
    "pages": "One person in a browser",
    "load": "A class",
    "room": "A room",
    "commands": "Commands",
    "site": "Without a server",
}
HEADLINES = (
    "a click to the changed explanation, in Chromium",
    "a page to its first question, in a browser that has never been there",
    "the memory of an assessment page, once a question is answered",
    "an answer, 40 people answering every 3 s",
    "1,000 phones, SQLite: from a vote to the desk",
    "1,000 phones, PostgreSQL, two servers: from a vote to the desk",
    "`kapnb assess` of a CSV of 100,000 cases",
    "`kapnb prove`: every possible case, under every pair of readings",
    "pages in a folder: an explanation",
    "pages in one file: an explanation",
)
"""The figures that the README shows; docs/figures.md has them all."""
BEGIN, END = '<!-- figures: "make bench" writes what follows -->', "<!-- the end of the figures -->"

HEAD = """# Figures

How long kapnb takes and how much memory, as `make bench` measured it. A figure is the median of several rounds, and its range goes
from the least to the most. Times depend on the machine; we measured what is beside them in the same rounds.
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure, and write docs/figures.md.")
    parser.add_argument("parts", nargs="*", help=f"renew these alone: {', '.join(PARTS)}")
    parser.add_argument("--brief", action="store_true", help="few rounds, to see that all runs; nothing is written")
    given = parser.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    record = json.loads(RECORD.read_text("utf-8")) if RECORD.exists() else {}
    commit = describe_commit()  # before a part writes its figures
    for name in given.parts or PARTS:
        busy = psutil.cpu_percent(2) / 100 * (os.cpu_count() or 1)
        print(f"{PARTS[name]} …" + (f" Other work keeps {busy:.1f} cores busy." if busy > 0.3 else ""), flush=True)
        begun = perf_counter()
        figures = importlib.import_module(f"benchmarks.{name}").measure(brief=given.brief)
        print("\n".join(write_rows(figures)), f"\n{perf_counter() - begun:.0f} s", flush=True)
        record[name] = {**describe_run(busy, commit), "figures": [asdict(figure) for figure in figures]}
        if not given.brief:
            write(record)
    return 0


def describe_commit() -> str:
    described = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False)
    return described.stdout.strip()


def describe_run(busy: float, commit: str) -> dict[str, Any]:
    """When, of what, on what, and beside how much other work."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text("utf-8").splitlines() if cpuinfo.exists() else []
    processor = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    memory = round(psutil.virtual_memory().total / 2**30)
    machine = f"{os.cpu_count()} cores ({processor}), {memory} GiB, {platform.system()}, Python {platform.python_version()}"
    return {"date": f"{datetime.now(UTC):%Y-%m-%d}", "commit": commit, "machine": machine, "busy": round(busy, 1)}


def write(record: dict[str, Any]) -> None:
    RECORD.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")
    parts, every = [HEAD], dict[str, Figure]()
    for name, title in PARTS.items():
        if name in record:
            figures = [Figure(**one) for one in record[name]["figures"]]
            every |= {figure.what: figure for figure in figures}
            parts.append("\n".join([f"## {title}\n", f"{say_run(record[name])}\n", *write_rows(figures), ""]))
    PAGE.write_text("\n".join(parts), "utf-8")
    before, _, rest = README.read_text("utf-8").partition(BEGIN)
    told = "\n".join([BEGIN, *write_rows((every[what] for what in HEADLINES if what in every), spread=False), END])
    README.write_text(before + told + rest.partition(END)[2], "utf-8")


def say_run(run: dict[str, Any]) -> str:
    busy = f" Other work kept {run['busy']} cores busy." if run["busy"] > 0.3 else ""
    return f"Measured {run['date']}, commit {run['commit']}, on {run['machine']}.{busy}"


def write_rows(figures: Iterable[Figure], *, spread: bool = True) -> list[str]:
    columns = ["what", "figure", *(["range"] if spread else []), "beside it"]
    rows = [[one.what, str(one), *([one.range] if spread else []), one.beside] for one in figures]
    return [f"| {' | '.join(cells)} |" for cells in (columns, ["---"] * len(columns), *rows)]


if __name__ == "__main__":
    sys.exit(main())
