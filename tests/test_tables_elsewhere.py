"""Tables beyond one machine: the recipes of docs/tables.md say what the whole table says, over Parquet, by Dask and by Spark."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kapnb import assess_table, fields
from kapnb.tables.assess import RESULTS

ROWS = 3_000


def make_cases(seed: int) -> pd.DataFrame:
    chance = np.random.default_rng(seed)
    columns = {"case_id": [f"C{seed}-{row}" for row in range(ROWS)]}
    for name, field in fields.items():
        columns[name] = chance.choice([*(one.name for one in field.options), None], ROWS)
    return pd.DataFrame(columns)


def judge(cases: pd.DataFrame) -> pd.DataFrame:
    return cases.join(assess_table(cases).astype(object))


def judge_parts(parts: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    return map(judge, parts)


def assert_same(found: pd.DataFrame, cases: pd.DataFrame) -> None:
    wanted = judge(cases)
    for name in ("case_id", *RESULTS):
        assert found[name].tolist() == wanted[name].tolist(), name


@pytest.mark.parametrize("kind", ["object", "category"])
def test_parquet_a_part_at_a_time(tmp_path: Path, kind: str) -> None:
    """Answers as texts and as a dictionary of texts."""
    parquet = pytest.importorskip("pyarrow.parquet")
    cases, source = make_cases(1), tmp_path / "cases.parquet"
    cases.astype(dict.fromkeys(fields, kind)).to_parquet(source, engine="pyarrow", index=False)
    for number, batch in enumerate(parquet.ParquetFile(source).iter_batches(700)):
        part = batch.to_pandas()
        part.join(assess_table(part)).to_parquet(tmp_path / f"{number}.parquet")
    assert_same(pd.concat([pd.read_parquet(tmp_path / f"{number}.parquet") for number in range(5)]), cases)


def test_dask() -> None:
    dask = pytest.importorskip("dask.dataframe")
    cases = make_cases(4)
    parts = dask.from_pandas(cases, npartitions=3)
    assert_same(parts.map_partitions(judge, meta=judge(cases.head(1))).compute(), cases)


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
        assert_same(pd.DataFrame([row.asDict() for row in frame.mapInPandas(judge_parts, schema).collect()]), cases)
    finally:
        gateway = session.sparkContext._gateway
        session.stop()
        gateway.shutdown()  # else its process stays until ours ends
        gateway.proc.stdin.close()
        gateway.proc.wait(30)
