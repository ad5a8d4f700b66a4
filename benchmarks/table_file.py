"""A CSV file of 1,000,000 cases: read, checked, judged and written, by kapnb, by polars and by DuckDB.

Everybody starts from the same file and does the same: each answer is an option or empty, each case has a case_id, none stands
twice, no question is answered that does not apply; the rules, as in ``table.py``; and a file with every case, its outcome, the most
and the least cautious one that is possible, and whose view it is. kapnb looks for more on the way: blanks and spellings to mend,
texts that may identify someone, cells that a spreadsheet would run. In one variant a case is its answers alone, in the other it has
a short title and a note. First it is seen that all write the same of cases without open questions; where questions are open,
expressions may only give a wider span.

Each run is a process of its own, and the contenders take turns. The clock starts when the libraries are loaded and a small file has
been done. polars and DuckDB use all processors, kapnb uses one. Printed: seconds, as the median over the rounds with its range,
the ratio to kapnb, round by round; the time of all processors together; and the most memory that a process held. Then kapnb alone
with more and more rows: what its memory does when the table outgrows it. Aim: ahead of polars and of DuckDB.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import figures, rounds
from benchmarks.expressions import COLUMNS, RAISED, draw_codes, judge_in_polars, judge_in_sql, names_of
from benchmarks.figures import Figure
from kapnb import fields
from kapnb.engine.outcomes import BY_CAUTION
from kapnb.tables.asking import NO, find_applicable
from kapnb.tables.judging import judge_table
from kapnb.tables.lines import write_lines
from kapnb.tables.schema import load_table
from kapnb.tables.streaming import assess_file, read_in_chunks, write_chunks
from kapnb.tables.writing import add_source, write_head

ROWS, ROUNDS = 1_000_000, 3
GROWING = (1, 3, 10)
SAMPLE, PIECE = 20_000, 250_000
TEXTS = [name for name, column in load_table("cases").columns.items() if not column.options]
WRITTEN = [*TEXTS, *fields, *COLUMNS, "whose_view", "invented"]
OUTCOMES = [str(outcome) for outcome in BY_CAUTION]
SAID = {name: str(column.iloc[0]) for name, column in add_source(pd.DataFrame(index=[0])).items()}


# --- the file

BEGINNINGS = [
    "Low since the move",
    "Sleep is poor",
    "A second opinion is asked for",
    "Back after a pause",
    "Work goes on",
    "Eats little",
]
MIDDLES = [
    "mood lifts with company",
    "the week has a shape again",
    "the evenings are hard",
    "a sister calls daily",
    "much is avoided",
]
ENDS = [
    "hopes are high.",
    "the group helps, and so does walking.",
    'asks what "better" would be.',
    "the plan is open.",
    "trust grows slowly.",
]


def write_cases(path: Path, rows: int, *, texts: bool = False, complete: bool = False, seed: int = 1) -> None:
    """Random cases as :func:`draw_codes` has them; questions that do not apply stay without an answer."""
    with path.open("wb") as file:
        for first in range(0, rows, PIECE):
            frame = draw_cases(first, min(PIECE, rows - first), texts=texts, complete=complete, seed=seed + first)
            if not first:
                file.write(write_head(frame))
            file.writelines(write_lines(frame))


def draw_cases(first: int, rows: int, *, texts: bool, complete: bool, seed: int) -> pd.DataFrame:
    codes = draw_codes(rows, complete=complete, seed=seed)
    for field in RAISED:  # each after those it hangs on
        codes[field.name][find_applicable(codes, rows, fields)[field.name] == NO] = -1
    letters = "abcdefghijklmnopqrstuvwxyz"
    columns: dict[str, Any] = {
        "case_id": [f"{letters[n // 2_600_000]}{letters[n // 100_000 % 26]}{n % 100_000:05}" for n in range(first, first + rows)]
    }
    if texts:
        places = np.random.default_rng(seed).integers(0, 1 << 30, (rows, 4)).tolist()
        columns["title"] = [f"{BEGINNINGS[a % 6]}, case {b % 97}" for a, b, _, _ in places]
        columns["note"] = [f"{BEGINNINGS[a % 6]}; {MIDDLES[b % 5]} and {MIDDLES[c % 5]}; {ENDS[d % 5]}" for a, b, c, d in places]
    for name, own in codes.items():
        columns[name] = pd.Categorical.from_codes(own, names_of(fields[name]))
    return pd.DataFrame(columns)


# --- the contenders: each reads a file and writes another


def by_kapnb(source: Path, target: Path) -> None:
    with target.open("wb") as file:
        chunks = read_in_chunks(source, most_rows=10**9)
        write_chunks((add_source(frame.join(judge_table(frame))) for frame in chunks), file)


def by_kapnb_with_findings(source: Path, target: Path) -> None:
    assess_file(source, target, most_rows=10**9)


def by_polars(source: Path, target: Path) -> None:
    import polars as pl

    types = {name: pl.Enum(names_of(field)) for name, field in fields.items()}
    given = pl.scan_csv(source).collect_schema().names()
    cases = pl.read_csv(source, schema={name: types.get(name, pl.String) for name in given})  # what is no option fails
    assert cases["case_id"].null_count() == 0
    assert cases["case_id"].n_unique() == len(cases)
    judged = judge_in_polars(cases.lazy()).collect()
    contradict = pl.any_horizontal(pl.col(f"{field.name} asked").not_() & pl.col(field.name).is_not_null() for field in RAISED)
    assert not judged.select(contradict.any()).item()
    names = {column: pl.col(column).replace_strict(dict(enumerate(OUTCOMES)), return_dtype=pl.Enum(OUTCOMES)) for column in COLUMNS}
    missing = {name: pl.lit("") for name in TEXTS if name not in given}
    said = {name: pl.lit(text) for name, text in SAID.items()}
    written = judged.with_columns(**names, **missing, **said).select(WRITTEN)
    written.write_csv(target, include_bom=True, line_terminator="\r\n")


def by_duckdb(source: Path, target: Path) -> None:
    import duckdb

    connection = duckdb.connect()
    for name, field in fields.items():
        connection.execute(f"create type type_{name} as enum ({', '.join(map(repr, names_of(field)))})")
    given = source.open(encoding="utf-8-sig").readline().strip().split(",")
    types = ", ".join(f"'{name}': '{f'type_{name}' if name in fields else 'varchar'}'" for name in given)
    read = (
        f"read_csv('{source}', header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', columns = {{{types}}})"
    )
    connection.execute(f"create table cases as select * from {read}")  # what is no option fails
    count, known, distinct = connection.execute("select count(*), count(case_id), count(distinct case_id) from cases").fetchone()
    assert count == known == distinct
    connection.execute(f"create table judged as {judge_in_sql('cases')}")
    contradict = " or ".join(f'(not "{field.name} asked" and {field.name} is not null)' for field in RAISED)
    assert connection.execute(f"select count(*) from judged where {contradict}").fetchone() == (0,)
    outcomes = f"[{', '.join(map(repr, OUTCOMES))}]"
    columns = {name: name if name in given or name in fields else "''" for name in WRITTEN}
    columns |= {name: f"{outcomes}[{name} + 1]" for name in COLUMNS}
    columns |= {name: "'" + text.replace("'", "''") + "'" for name, text in SAID.items()}
    selected = ", ".join(f"{said} as {name}" for name, said in columns.items())
    connection.execute(f"copy (select {selected} from judged) to '{target}' (header, delim ',')")


KAPNB, WHOLE, POLARS, DUCKDB = "kapnb", "whole", "polars", "duckdb"
NAMES = {KAPNB: "kapnb", WHOLE: "kapnb, findings and next question too", POLARS: "polars", DUCKDB: "DuckDB"}
CONTENDERS: Mapping[str, Callable[[Path, Path], None]] = {
    KAPNB: by_kapnb,
    POLARS: by_polars,
    DUCKDB: by_duckdb,
    WHOLE: by_kapnb_with_findings,
}


# --- agreement


def read_back(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")[WRITTEN]


def check_agreement(folder: Path, *, texts: bool) -> list[Figure]:
    told = []
    source, target = folder / "sample.csv", folder / "judged.csv"
    for complete in (True, False):
        write_cases(source, SAMPLE, texts=texts, complete=complete, seed=2)
        written = {}
        for name, work in CONTENDERS.items():
            work(source, target)
            written[name] = read_back(target)
        ours = written[KAPNB]
        assert written[WHOLE].equals(ours)
        for name in (POLARS, DUCKDB):
            theirs = written[name]
            differs = (theirs != ours).any(axis=1)
            assert not (complete and differs.any()), name
            assert theirs[[*TEXTS, *fields]].equals(ours[[*TEXTS, *fields]]), name
            if not complete:
                group = f"Of {SAMPLE:,} cases with open questions, those whose span is wider than what is possible"
                told.append(Figure(f"wider_{name}", group, NAMES[name], "of 100", float(differs.mean()) * 100))
    source.unlink()
    target.unlink()
    return told


# --- measuring: one run is a process


def run_apart(name: str, source: Path, target: Path) -> tuple[float, float, float]:
    """Seconds, seconds of all processors, and megabytes at most."""
    command = [sys.executable, __file__, "--run", name, str(source), str(target)]
    done = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    target.unlink()
    elapsed, busy, memory = map(float, done)
    return elapsed, busy, memory


def run(name: str, source: Path, target: Path) -> None:
    small = target.with_suffix(".small.csv")
    write_cases(small, 1_000)
    CONTENDERS[name](small, target)
    small.unlink()
    busy = time.process_time()
    elapsed = rounds.clock(partial(CONTENDERS[name], source, target)) / 1e3
    print(elapsed, time.process_time() - busy, read_peak())


def read_peak() -> float:
    """The most memory that this process held, in megabytes; not a number where unknown."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmHWM")), float("nan"))


def compare(prefix: str, group: str, measured: Mapping[str, list[tuple[float, float, float]]]) -> list[Figure]:
    times, busy, memory = ({name: [one[place] for one in own] for name, own in measured.items()} for place in range(3))
    beside = [figures.beside(f"{prefix}_beside_{name}", group, NAMES[name], times[KAPNB], times[name]) for name in (POLARS, DUCKDB)]
    return [
        *figures.compare(prefix, group, "s", NAMES, times, base=KAPNB),
        *beside,
        *figures.compare(f"{prefix}_busy", f"Time of all processors, {group}", "s", NAMES, busy),
        *figures.compare(f"{prefix}_memory", f"Most memory, {group}", "MB", NAMES, memory),
    ]


def measure(*, brief: bool = False, rows: int = ROWS) -> list[Figure]:
    told = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, target = folder / "cases.csv", folder / "judged.csv"
        for texts, prefix, kind in ((False, "answers", "answers alone"), (True, "texts", "with title and note")):
            wider = check_agreement(folder, texts=texts)
            write_cases(source, rows, texts=texts)
            group = f"{rows:,} cases, {kind}, {source.stat().st_size / 1e6:.0f} MB"
            measured = rounds.run({one: partial(run_apart, one, source, target) for one in CONTENDERS}, 1 if brief else ROUNDS)
            told += [*compare(prefix, group, measured), *([] if texts else wider)]
        memory = []
        for times in () if brief else GROWING:
            write_cases(source, rows * times)
            elapsed, _, most = run_apart(KAPNB, source, target)
            what = f"{rows * times:,} cases, {source.stat().st_size / 1e6:.0f} MB"
            told.append(Figure(f"growing_{times}", "kapnb, more and more rows", what, "s", elapsed))
            memory.append(Figure(f"growing_memory_{times}", "kapnb, more and more rows, most memory", what, "MB", most))
    return [*told, *memory]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        run(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
    else:
        figures.show(measure())
