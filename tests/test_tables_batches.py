"""Tables beyond one machine: the same answers by record batches, on a pool of processes over Parquet, by Dask and by Spark."""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from kapnb import CaseTableError, assess_table, fields
from kapnb.tables.assess import RESULTS
from kapnb.tables.batches import judge_batches

if TYPE_CHECKING:
    from pathlib import Path

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

ROWS = 3_000


def make_cases(seed: int) -> pd.DataFrame:
    chance = np.random.default_rng(seed)
    columns = {"case_id": [f"C{seed}-{row}" for row in range(ROWS)]}
    for name, field in fields.items():
        columns[name] = chance.choice([*(one.name for one in field.options), None], ROWS)
    return pd.DataFrame(columns)


def expected(cases: pd.DataFrame) -> pd.DataFrame:
    return cases.join(assess_table(cases).astype(object))


def same(found: pd.DataFrame, cases: pd.DataFrame) -> None:
    wanted = expected(cases)
    for name in ("case_id", *RESULTS):
        assert found[name].tolist() == wanted[name].tolist(), name


def test_batches_say_what_the_table_says() -> None:
    """Also where a batch is empty, and where answers come as a dictionary."""
    cases = make_cases(1)
    table = pa.Table.from_pandas(cases, preserve_index=False)
    coded = pa.Table.from_pandas(cases.astype(dict.fromkeys(fields, "category")), preserve_index=False)
    for one in (table, coded):
        batches = one.to_batches(max_chunksize=700)
        batches.append(batches[0].slice(0, 0))
        same(pa.Table.from_batches(judge_batches(batches)).to_pandas(), cases)


def test_a_cell_that_is_no_answer_refuses_its_batch() -> None:
    cases = make_cases(2).head(3)
    cases.loc[1, "ocd"] = "perhaps"
    with pytest.raises(CaseTableError, match="is not an option"):
        list(judge_batches(pa.Table.from_pandas(cases).to_batches()))


def judge_file(paths: tuple[Path, Path]) -> int:
    """The recipe of docs/tables.md: one Parquet file to another, a batch at a time."""
    source, target = paths
    written = 0
    with parquet.ParquetFile(source) as cases:
        batches = judge_batches(cases.iter_batches(1_000))
        first = next(batches)
        with parquet.ParquetWriter(target, first.schema) as out:
            for batch in (first, *batches):
                out.write_batch(batch)
                written += batch.num_rows
    return written


@pytest.mark.slow
def test_a_pool_of_processes_over_files(tmp_path: Path) -> None:
    pairs = [(tmp_path / f"cases-{n}.parquet", tmp_path / f"assessed-{n}.parquet") for n in range(3)]
    for number, (source, _) in enumerate(pairs):
        make_cases(number).to_parquet(source, engine="pyarrow", index=False)
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        assert list(pool.map(judge_file, pairs)) == [ROWS] * 3
    for number, (_, target) in enumerate(pairs):
        same(parquet.read_table(target).to_pandas(), make_cases(number))


def test_dask() -> None:
    dask = pytest.importorskip("dask.dataframe")
    cases = make_cases(4)
    parts = dask.from_pandas(cases, npartitions=3)
    assessed = parts.map_partitions(expected, meta=expected(cases.head(1))).compute()
    same(assessed, cases)


@pytest.mark.slow
def test_spark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sql = pytest.importorskip("pyspark.sql")
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    monkeypatch.setenv("SPARK_LOCAL_DIRS", str(tmp_path))
    monkeypatch.setenv("JDK_JAVA_OPTIONS", f"-Djava.io.tmpdir={tmp_path}")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    cases = make_cases(5)
    session = sql.SparkSession.builder.master("local[1]").getOrCreate()
    try:
        frame = session.createDataFrame(
            cases.astype(object).where(cases.notna(), None).to_dict("records"), ", ".join(f"{name} string" for name in cases)
        )
        schema = ", ".join(f"{name} string" for name in (*cases.columns, *RESULTS))
        found = pd.DataFrame([row.asDict() for row in frame.mapInArrow(judge_batches, schema).collect()])
        same(found, cases)
    finally:
        gateway = session.sparkContext._gateway
        session.stop()
        gateway.shutdown()  # else its process stays until ours ends
        gateway.proc.stdin.close()
        gateway.proc.wait(30)
