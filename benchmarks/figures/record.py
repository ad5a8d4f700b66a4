"""The record: what each benchmark gave when it last ran, where, and of which commit. It lies in ``docs/figures.json``."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, strip

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "docs" / "figures.json"
MADE = ("README.md", "docs/serving.md", "docs/figures.md", "docs/figures.json", "docs/figures")
"""What the report writes; its own traces are no change of what is measured."""


@dataclass(frozen=True, slots=True)
class Machine:
    cores: int
    processor: str
    memory_gib: int
    system: str
    python: str

    def __str__(self) -> str:
        return f"{self.cores} cores ({self.processor}), {self.memory_gib} GiB, {self.system}, Python {self.python}"


@dataclass(frozen=True, slots=True)
class State:
    """Which code: a commit, and whether files were changed since."""

    commit: str
    changed: bool

    def __str__(self) -> str:
        return f"commit {self.commit}" + (" and changes since" if self.changed else "")


@dataclass(frozen=True, slots=True)
class Run:
    """One benchmark as it last ran. ``busy_around`` is how many cores other work kept busy just before or just after."""

    date: str
    state: State
    machine: Machine
    busy_around: float
    seconds: float
    brief: bool
    figures: tuple[Figure, ...]


Record = Mapping[str, Run]
"""The runs by the name of their script."""


def load(path: Path = RECORD) -> dict[str, Run]:
    return {name: _read(run) for name, run in json.loads(path.read_text("utf-8")).items()} if path.exists() else {}


def _read(run: dict[str, Any]) -> Run:
    state, machine, figures = State(**run["state"]), Machine(**run["machine"]), tuple(Figure(**one) for one in run["figures"])
    return Run(**{**run, "state": state, "machine": machine, "figures": figures})


def save(record: Record, path: Path = RECORD) -> None:
    runs = {name: {**asdict(record[name]), "figures": [strip(one) for one in record[name].figures]} for name in sorted(record)}
    path.write_text(json.dumps(runs, indent=1, ensure_ascii=False) + "\n", "utf-8")


def look_at_machine() -> Machine:
    import psutil

    try:
        system = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        system = f"{platform.system()} {platform.release()}"
    information = Path("/proc/cpuinfo")
    lines = information.read_text("utf-8").splitlines() if information.exists() else []
    processor = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    memory = round(psutil.virtual_memory().total / 2**30)
    return Machine(os.cpu_count() or 1, processor, memory, system, platform.python_version())


def look_at_state() -> State:
    commit = _git("rev-parse", "--short=10", "HEAD")
    changes = _git("status", "--porcelain", "--untracked-files=no", "--", ".", *(f":!{path}" for path in MADE))
    return State(commit or "unknown", bool(changes))


def _git(*words: str) -> str:
    try:
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    except FileNotFoundError:
        return ""


def look_at_load(seconds: float) -> float:
    """How many cores are busy while we do nothing."""
    import psutil

    return float(psutil.cpu_percent(seconds)) / 100 * (os.cpu_count() or 1)
