"""A table of 1,000,000 cases: kapnb, beside polars and DuckDB with the same rules as expressions, and beside a copy of the columns.

Everybody starts from a table in memory that has been checked already: Categoricals for kapnb, Enums for the others. Everybody gives
three columns: the outcome, the most and the least cautious one that is possible. The expressions are written from the conditions
of the rules; they are three-valued, and a question that is not asked does not count. First it is seen that all agree on cases
without open questions. Where questions are open, expressions can only say "true, false or unknown" rule by rule, and their span may
be wider than what is possible; kapnb's is exact. How often that happens is printed.

polars and DuckDB use all processors, kapnb uses one. The copy goes into memory that is at hand already, while the others make their
three columns anew. Printed: milliseconds of elapsed time, as the median over the rounds with its range, and the ratio to the copy,
round by round. Then: 10,000,000 cases, and the memory that each needs on top of its table.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil

from benchmarks import rounds
from benchmarks.expressions import COLUMNS, Codes, draw_codes, judge_in_polars, judge_in_sql, names_of
from kapnb import fields
from kapnb.outcomes import BY_CAUTION
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


KAPNB, COPY = "kapnb", "copy of the columns"
POLARS, DUCKDB = "polars, rules as expressions", "DuckDB, rules as expressions"
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


def check_agreement() -> None:
    complete, some_open = draw_codes(SAMPLE, complete=True, seed=2), draw_codes(SAMPLE, seed=3)
    ours, ours_open = answers_of(KAPNB, complete), answers_of(KAPNB, some_open)
    print(f"{SAMPLE:,} complete cases, outcomes from most to least cautious:", end=" ")
    print(np.bincount(ours["outcome"], minlength=len(BY_CAUTION))[::-1].tolist())
    for name in (POLARS, DUCKDB):
        theirs = answers_of(name, complete)
        for column in COLUMNS:
            assert (theirs[column] == ours[column]).all(), (name, column)
        theirs = answers_of(name, some_open)
        assert (theirs["most_cautious"] >= ours_open["most_cautious"]).all(), name
        assert (theirs["least_cautious"] <= ours_open["least_cautious"]).all(), name
        wider = np.logical_or.reduce([theirs[column] != ours_open[column] for column in COLUMNS])
        print(f"{name}: agrees on them all; of {SAMPLE:,} cases with open questions the span is wider for {wider.mean():.1%}")
    print()


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


def main() -> None:
    check_agreement()
    codes = draw_codes(ROWS)
    print(f"{os.cpu_count()} processors; the columns of {ROWS:,} cases: {sum(own.nbytes for own in codes.values()) / 1e6:.0f} MB")
    works = {name: load(codes) for name, load in CONTENDERS.items()}
    for work in works.values():
        work()
    measured = rounds.run({name: partial(rounds.clock, work) for name, work in works.items()}, 9)
    rounds.show(f"{ROWS:,} cases, ms", measured, COPY)
    del works, codes

    codes = draw_codes(MANY)
    works = {name: CONTENDERS[name](codes) for name in (COPY, KAPNB)}
    for work in works.values():
        work()
    measured = rounds.run({name: partial(rounds.clock, work) for name, work in works.items()}, 5)
    rounds.show(f"{MANY:,} cases, ms", measured, COPY)
    del works, codes

    print(f"{'memory on top of the table, MB':44} {ROWS:>12,} {MANY:>12,}")
    for name in CONTENDERS:
        if name != COPY:
            many = f"{peak(name, MANY):12.0f}" if name == KAPNB else ""
            print(f"{name:44} {peak(name, ROWS):12.0f} {many}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peak"]:
        report_peak(sys.argv[2], int(sys.argv[3]))
    else:
        main()
