"""A table of 1,000,000 cases: kapnb, beside polars and DuckDB with the same rules as expressions, and beside a copy of the columns.

Everybody starts from a table in memory that has been checked already: Categoricals for kapnb, Enums for the others. Everybody gives
three columns: the outcome, the most and the least cautious one that is possible. The expressions are written from the conditions
of the rules; they are three-valued, and a question that is not asked does not count. First it is seen that all agree on cases
without open questions. Where questions are open, expressions can only say "true, false or unknown" rule by rule, and their span may
be wider than what is possible; kapnb's is exact. How often that happens is counted.

polars and DuckDB use all processors, kapnb uses one. The copy goes into memory that is at hand already, while the others make their
three columns anew. Printed: milliseconds of elapsed time, as the median over the rounds with its range, and the ratio to the copy,
round by round. Then: 10,000,000 cases, and the memory that each needs on top of its table. Aims: within 6 of the copy, and ahead of
polars and of DuckDB.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil

from benchmarks import figures, rounds
from benchmarks.expressions import COLUMNS, Codes, draw_codes, judge_in_polars, judge_in_sql, names_of
from benchmarks.figures import Figure
from kapnb import fields
from kapnb.engine.outcomes import BY_CAUTION
from kapnb.tables.judging import judge_table

ROWS = 1_000_000
MANY = 10_000_000
SAMPLE = 50_000


def as_pandas(codes: Codes) -> pd.DataFrame:
    columns = {name: pd.Categorical.from_codes(own, categories=names_of(fields[name])) for name, own in codes.items()}
    return pd.DataFrame(columns, copy=False)


# --- the contenders: each takes the codes, loads them, and gives the work to be timed


def by_kapnb(codes: Codes) -> Callable[[], pd.DataFrame]:
    return partial(judge_table, as_pandas(codes))


def by_copying(codes: Codes) -> Callable[[], None]:
    at_hand = {name: own.copy() for name, own in codes.items()}

    def copy() -> None:
        for name, own in codes.items():
            np.copyto(at_hand[name], own)

    return copy


def by_polars(codes: Codes) -> Callable[[], Any]:
    import polars as pl

    columns = [
        pl.Series(name, own).replace(-1, None).cast(pl.UInt8).cat.to(pl.Enum(names_of(fields[name]))) for name, own in codes.items()
    ]
    return judge_in_polars(pl.DataFrame(columns).lazy()).select(COLUMNS).collect


def by_duckdb(codes: Codes) -> Callable[[], Any]:
    import duckdb

    query = f"create or replace table judged as select {', '.join(COLUMNS)} from ({judge_in_sql('cases')})"
    connection = duckdb.connect()
    frame = as_pandas(codes)
    connection.register("frame", frame)
    connection.execute("create table cases as select * from frame")
    connection.unregister("frame")

    def judge() -> Any:
        connection.execute(query)
        return connection.table("judged")

    return judge


COPY, KAPNB, POLARS, DUCKDB = "copy", "kapnb", "polars", "duckdb"
NAMES = {
    COPY: "copy of the columns",
    KAPNB: "kapnb",
    POLARS: "polars, rules as expressions",
    DUCKDB: "DuckDB, rules as expressions",
}
CONTENDERS: Mapping[str, Callable[[Codes], Callable[[], Any]]] = {
    COPY: by_copying,
    KAPNB: by_kapnb,
    POLARS: by_polars,
    DUCKDB: by_duckdb,
}


# --- agreement


def answers_of(name: str, codes: Codes) -> dict[str, np.ndarray]:
    """The three columns as cautions."""
    judged = CONTENDERS[name](codes)()
    if name == KAPNB:
        return {column: np.asarray(judged[column].array.codes) for column in COLUMNS}
    if name == POLARS:
        return {column: judged[column].to_numpy() for column in COLUMNS}
    return judged.fetchnumpy()


def check_agreement() -> list[Figure]:
    """All agree on complete cases; how often the span of expressions is wider where questions are open."""
    complete, some_open = draw_codes(SAMPLE, complete=True, seed=2), draw_codes(SAMPLE, seed=3)
    ours, ours_open = answers_of(KAPNB, complete), answers_of(KAPNB, some_open)
    assert (np.bincount(ours["outcome"], minlength=len(BY_CAUTION)) > 0).all()
    told = []
    for name in (POLARS, DUCKDB):
        theirs = answers_of(name, complete)
        for column in COLUMNS:
            assert (theirs[column] == ours[column]).all(), (name, column)
        theirs = answers_of(name, some_open)
        assert (theirs["most_cautious"] >= ours_open["most_cautious"]).all(), name
        assert (theirs["least_cautious"] <= ours_open["least_cautious"]).all(), name
        wider = np.logical_or.reduce([theirs[column] != ours_open[column] for column in COLUMNS])
        group = f"Of {SAMPLE:,} cases with open questions, those whose span is wider than what is possible"
        told.append(Figure(f"wider_{name}", group, NAMES[name], "of 100", float(wider.mean()) * 100))
    return told


# --- memory


def peak(name: str, rows: int) -> float:
    """Megabytes that one run needs on top of the table it starts from, in a process of its own; not a number where unknown."""
    command = [sys.executable, __file__, "--peak", name, str(rows)]
    return float(subprocess.run(command, check=True, capture_output=True).stdout)


def report_peak(name: str, rows: int) -> None:
    CONTENDERS[name](draw_codes(1_000))()  # what is made once
    work = CONTENDERS[name](draw_codes(rows))
    status, reset = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if not reset.exists():
        print("nan")
        return
    reset.write_text("5")  # the peak starts anew
    before = psutil.Process().memory_info().rss
    judged = work()
    highest = next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) * 1024
    del judged
    print((highest - before) / 1e6)


def time_table(prefix: str, rows: int, names: Iterable[str], turns: int, aims: Mapping[str, float]) -> list[Figure]:
    codes = draw_codes(rows)
    works = {name: CONTENDERS[name](codes) for name in names}
    for work in works.values():
        work()
    measured = rounds.run({name: partial(rounds.clock, work) for name, work in works.items()}, turns)
    told = figures.compare(prefix, f"{rows:,} cases", "ms", NAMES, measured, base=COPY, aims=aims)
    for name in [name for name in (POLARS, DUCKDB) if name in measured]:
        told.append(figures.beside(f"{prefix}_beside_{name}", f"{rows:,} cases", NAMES[name], measured[KAPNB], measured[name]))
    return told


def measure(*, brief: bool = False) -> list[Figure]:
    told = check_agreement()
    told += time_table("million", ROWS, CONTENDERS, 2 if brief else 9, {KAPNB: 6})
    if not brief:
        told += time_table("many", MANY, (COPY, KAPNB), 5, {KAPNB: 6})
    for rows, names in ((ROWS, (KAPNB, POLARS, DUCKDB)), *([] if brief else [(MANY, (KAPNB,))])):
        peaks = {name: [peak(name, rows)] for name in names}
        told += figures.compare(f"memory_{rows}", f"Memory on top of a table of {rows:,} cases", "MB", NAMES, peaks)
    return told


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peak"]:
        report_peak(sys.argv[2], int(sys.argv[3]))
    else:
        figures.show(measure())
