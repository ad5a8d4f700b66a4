"""A table in chunks is the table as a whole: the same frame, the same problems, the same file written, in bounded memory."""

from __future__ import annotations

import csv
import io
import random
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from kapnb import CaseTableError, assess_table, fields, read_cases
from kapnb.cli import main
from kapnb.tables import blocks, quick, streaming
from kapnb.tables.checking import check_sheet
from kapnb.tables.reading import read_sheet
from kapnb.tables.repairing import neutralize
from kapnb.tables.schema import load_table
from kapnb.tables.streaming import assess_file, read_in_chunks
from kapnb.tables.writing import add_source, write_csv
from tests.tables import COLUMNS, as_csv, as_workbook, practice_rows
from tests.test_tables_checking import FIXTURES

CASES = read_cases(as_csv([["case_id"], ["V1"], ["V2"]]))
MANY = [COLUMNS, *([f"{row[0]}-{turn}", *row[1:]] for turn in range(4) for row in practice_rows()[1:])]


def read_whole(data: bytes, kind: str = "cases", cases: pd.DataFrame | None = None, most_rows: int = 1_000) -> pd.DataFrame:
    table = load_table(kind)
    return check_sheet(read_sheet(data, table, most_rows), table, cases)


def read_divided(path: Path, kind: str = "cases", cases: pd.DataFrame | None = None, most_rows: int = 1_000) -> pd.DataFrame:
    chunks = read_in_chunks(path, kind, cases, most_rows=most_rows)
    keys = ",".join(load_table(kind).key)
    frame = pd.concat([read_whole(keys.encode(), kind), *chunks])
    frame.attrs["repairs"] = chunks.repairs
    assert chunks.rows == len(frame)
    return frame.reset_index(drop=True)


def result_of(read: Any, *given: Any, **options: Any) -> tuple[pd.DataFrame | None, Any]:
    """A frame with its repairs, or the problems."""
    try:
        frame = read(*given, **options)
    except CaseTableError as error:
        return None, (error.problems.to_dict("records"), error.unreadable)
    return frame, frame.attrs["repairs"]


def assert_same(data: bytes, path: Path, kind: str = "cases", cases: pd.DataFrame | None = None, **options: Any) -> bool:
    """Chunks give what the whole gives; tells whether that is a frame."""
    path.write_bytes(data)
    whole, told = result_of(read_whole, data, kind, cases, **options)
    divided, told_of_chunks = result_of(read_divided, path, kind, cases, **options)
    assert told_of_chunks == told, data
    assert (divided is None) == (whole is None), data
    if divided is not None and whole is not None:
        assert_frame_equal(divided, whole)
    return whole is not None


@pytest.fixture(params=[250, 1_500])
def small_blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Blocks of a few rows, so that a small table has many."""
    monkeypatch.setattr(blocks, "BLOCK", request.param)
    return int(request.param)


ODD = [
    as_csv(MANY),
    as_csv(MANY, ";", "utf-16"),
    as_csv(MANY, "\t", "utf-8-sig"),
    as_csv(MANY).replace(b"\r\n", b"\n"),
    as_csv(MANY).replace(b"\r\n", b"\r"),
    as_csv(MANY).rstrip(),
    b"\n,,\n" + as_csv(MANY).replace(b"V03-2", b"\n , ,\n\nV03-2") + b"\n\n,,\n",
    b"sep=;\r\n" + as_csv(MANY, ";"),
    as_csv(MANY).replace(b"V07-2,thorough", b" V07-2 ,Thorough").replace(b"none,none", b"NONE,none", 3),
    as_csv(MANY).replace(b"V07-3,", b"V07-2,").replace(b"V01-3", b"V01-1").replace(b"V05-3", b""),
    as_csv(MANY).replace(b"thorough", b"perhaps", 40),
    as_csv(MANY)[:-40] + b'"',
    as_csv(MANY).replace(b"V09-2,", b'V09-2",'),
    as_csv(MANY).replace(b"V09-2,", b'"V09-2" ,'),
    as_csv([["case_id", "note", "ocd"], *([f"V{n}", f'Zoë said "no, {n}"\nand left', "no"] for n in range(90))], encoding="cp1252"),
    as_csv([["case_id", "note", "ocd"], *([f"V{n}", "=1" if n == 50 else "'=1" if n == 70 else "ok", "no"] for n in range(90))]),
    as_csv([["case_id", "note"], *([f"V{n}", "Mr. Rowan" if n % 40 == 30 else "a\x07" if n == 60 else "x"] for n in range(90))]),
    as_csv([["case_id", "", "age"], *([f"V{n}", "x" if n == 80 else "", "7"] for n in range(90))]),
    as_csv([["ocd", "", "Case ID ", "outcome", "ocd"], *(["no", "", f"V{n}", "x", "no"] for n in range(90))]),
    as_csv([["ocd", "outside_scope"], *(["NO", "no"] for n in range(90))]),
    as_csv([["name", "age"], *([f"V{n}", "7"] for n in range(90))]),
    as_csv([["case_id", "ocd"], *([f"V{n}", "no", "more"] if n == 77 else [f"V{n}"] for n in range(90))]),
    as_csv([["case_id", "ocd_preparation", "ocd"], *([f"V{n}", "thorough", "no" if n == 66 else "yes"] for n in range(90))]),
    as_csv([["case_id"], *([f"V{n}"] for n in range(1_001))]),
    as_csv([["case_id", "note"], *([f"V{n}", "x" * 5_001 if n == 44 else "é" * 4_990 if n == 45 else ""] for n in range(90))]),
    ("case_id,note\n" + "".join(f"V{n},\u00a0a\u2028b \n" for n in range(60))).encode(),
]


@pytest.mark.parametrize("data", ODD, ids=range(len(ODD)))
def test_chunks_give_what_the_whole_gives(data: bytes, small_blocks: int, tmp_path: Path) -> None:
    """The frame, its index, its repairs in their order; or the problems, all of them, in their order."""
    assert_same(data, tmp_path / "t.csv")


def test_judgments_and_responses_too(small_blocks: int, tmp_path: Path) -> None:
    names = ["case_id", "rater", "outcome", "deciding_finding", "ocd"]
    rows = [[f"V{n % 2 + 1}", f"R{n}", "clarify_first", "single_attempt", "no"] for n in range(60)]
    assert assert_same(as_csv([names, *rows]), tmp_path / "t.csv", "judgments", CASES)
    assert not assert_same(as_csv([names, *rows, ["V3", *rows[0][1:]], rows[7]]), tmp_path / "t.csv", "judgments", CASES)
    follow_ups = [["case_id", "rater", "field", "answer"], *([f"V{n % 2 + 1}", f"R{n}", "ocd", "no"] for n in range(60))]
    assert assert_same(as_csv(follow_ups), tmp_path / "t.csv", "responses", CASES)
    assert not assert_same(as_csv([*follow_ups, ["V1", "R1", "ocd", "unclear"]]), tmp_path / "t.csv", "responses", CASES)


@pytest.mark.parametrize("kind", [kind for kind, (data, *_) in FIXTURES.items() if isinstance(data, bytes)])
def test_every_problem_is_said_alike(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of every kind of file; what is no CSV is one chunk."""
    data, read, *_ = FIXTURES[kind]
    limits = {} if kind != "too_many_rows" else {"most_rows": 0}
    name = {"read_cases": "cases", "read_judgments": "judgments", "read_responses": "responses"}[
        getattr(read, "func", read).__name__
    ]
    assert not assert_same(data, tmp_path / "t", name, CASES if name != "cases" else None, **limits)


PIECES = [b"", b'"', b",", b"\n", b"\r", b"\r\n", b"'", b"=", b" ", b"\xff", b"\xc3\xa9", b"NO", b"none", b'""', b"\n\n", b"V01-1,"]


def test_mutated_tables_in_chunks_and_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever a block ends, and whatever stands there."""
    chance = random.Random(7)
    frames = 0
    texts = [
        ["case_id", "note", "ocd"],
        *([f"V{n}", chance.choice(["", "plain", 'a "b", c', "two\nlines"]), "no"] for n in range(12)),
    ]
    for turn in range(60):
        data = chance.choice([as_csv(MANY[:9]), as_csv(texts), as_csv(texts, ";").replace(b"\r\n", b"\n")])
        for _ in range(chance.choice([0, 1, 1, 2, 6])):
            at = chance.randrange(len(data) + 1)
            data = data[:at] + chance.choice(PIECES) + data[at + chance.choice([0, 0, 1, 1, 5]) :]
        monkeypatch.setattr(blocks, "BLOCK", chance.choice([100, 300, 1_000]))
        frames += assert_same(data, tmp_path / f"{turn % 2}.csv")
    assert 5 < frames < 55


# --- the quick way ---------------------------------------------------------------------------------------


def make_reader(separator: str = ",") -> quick.QuickReader:
    return quick.QuickReader(load_table("cases"), tuple(COLUMNS), separator)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_block_in_order_is_read_quickly(separator: str) -> None:
    """Else all that is said of the quick way would be said of nothing."""
    head, _, rest = as_csv(MANY, separator).partition(b"\n")
    frame = make_reader(separator).read(rest)
    assert frame is not None
    assert_frame_equal(frame, read_cases(head + b"\n" + rest), check_like=False)


def test_what_is_misread_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted fault: a finder that takes one option for another. Written again, the block is not the same."""
    rest = as_csv(MANY).partition(b"\n")[2]
    right = quick.make_finder

    def make_wrong(options: Any) -> Any:
        finder = right(options)
        if finder and "thorough" in options:
            finder.codes[finder.codes == 0] = 1
        return finder

    monkeypatch.setattr(quick, "make_finder", make_wrong)
    assert make_reader().read(rest) is None


def test_an_option_that_only_looks_like_one_is_not_taken() -> None:
    """The same length, the same letter at the place that is looked at."""
    rest = as_csv(MANY).partition(b"\n")[2]
    assert make_reader().read(rest.replace(b",thorough,", b",thoroush,", 1)) is None


signs = st.text(st.sampled_from("ab,;\t\"'=-+@ \r\n\0é\u3000"), max_size=4)


@given(texts=st.lists(signs, min_size=1, max_size=5), few=st.lists(signs, min_size=1, max_size=3, unique=True))
@settings(max_examples=150, deadline=None)
def test_lines_are_those_of_the_csv_module(texts: list[str], few: list[str]) -> None:
    """Free texts and Categoricals, neutralized, quoted, missing."""
    chosen = pd.Categorical([few[len(text)] if len(text) < len(few) else None for text in texts], few)
    frame = pd.DataFrame({"a": pd.array(texts, dtype="str"), "b": chosen, "c": chosen, "d": pd.array(texts, dtype="str")})
    said = io.StringIO(newline="")
    rows = [[text, "" if pd.isna(b) else b, "" if pd.isna(b) else b, text] for text, b in zip(texts, chosen, strict=True)]
    csv.writer(said).writerows([list(frame), *([neutralize(cell) for cell in row] for row in rows)])
    assert write_csv(frame) == said.getvalue().encode("utf-8-sig")


# --- from file to file -----------------------------------------------------------------------------------


def test_a_file_assessed_in_chunks_is_the_file_assessed_as_a_whole(small_blocks: int, tmp_path: Path) -> None:
    """To the byte, by the function and by the command."""
    source, target, again = tmp_path / "cases.csv", tmp_path / "out.csv", tmp_path / "again.csv"
    source.write_bytes(as_csv(MANY))
    frame = read_whole(source.read_bytes())
    whole = write_csv(add_source(frame.join(assess_table(frame))))
    done = assess_file(source, target)
    assert (done.rows, done.repairs) == (len(MANY) - 1, [])
    assert target.read_bytes() == whole
    assert main(["assess", str(source), "-o", str(again)]) == 0
    assert again.read_bytes() == whole
    assert_frame_equal(read_cases(target), frame)


def test_readings_are_passed_on(tmp_path: Path) -> None:
    source, target = tmp_path / "cases.csv", tmp_path / "out.xlsx"
    source.write_bytes(as_csv(MANY))
    readings = {"single_attempt": "counts_as_pattern"}
    assess_file(source, target, readings=readings)
    assess_file(source, tmp_path / "out.csv", readings=readings)
    for path in tmp_path.glob("out.*"):
        assert_frame_equal(read_cases(path), read_cases(source))
    said = pd.read_csv(tmp_path / "out.csv", keep_default_na=False)
    assert list(said["outcome"]) == list(assess_table(read_cases(source), readings)["outcome"])
    assert said["whose_view"].str.contains("counts_as_pattern").all()


def test_other_kinds_of_file_are_one_chunk(tmp_path: Path) -> None:
    path = tmp_path / "cases.xlsx"
    path.write_bytes(as_workbook(practice_rows()))
    (frame,) = read_in_chunks(path)
    assert_frame_equal(frame, read_cases(path))


def test_nothing_is_written_where_a_problem_comes_late(small_blocks: int, tmp_path: Path) -> None:
    source, target = tmp_path / "cases.csv", tmp_path / "out.csv"
    source.write_bytes(as_csv([*MANY, ["V1", "perhaps"]]))
    with pytest.raises(CaseTableError):
        assess_file(source, target)
    target.write_text("before")
    with pytest.raises(CaseTableError):
        assess_file(source, target)
    assert target.read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cases.csv", "out.csv"]


def test_two_keys_with_the_same_hash_are_two(small_blocks: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What looks repeated is looked at again."""
    monkeypatch.setattr(streaming._Part, "hash_keys", lambda part: np.zeros(len(part.numbers), dtype=np.int64))
    monkeypatch.setattr(streaming, "hash", lambda _key: 0, raising=False)
    assert assert_same(as_csv(MANY), tmp_path / "t.csv")
    assert not assert_same(as_csv([*MANY, MANY[3], MANY[3]]), tmp_path / "t.csv")


def test_reading_stops_at_very_many_problems(small_blocks: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "MOST_PROBLEMS", 20)
    path = tmp_path / "cases.csv"
    path.write_bytes(as_csv([["case_id", "ocd"], *([f"V{n}", "perhaps"] for n in range(500))]))
    with pytest.raises(CaseTableError) as caught:
        list(read_in_chunks(path))
    found = caught.value.problems
    assert 20 < len(found) < 500
    assert "very many problems" in found["problem"].iloc[-1]
    path.write_bytes(as_csv([["case_id"], *([f"V{n}"] for n in range(500)), *([f"V{n}"] for n in range(500))]))
    with pytest.raises(CaseTableError) as caught:
        list(read_in_chunks(path))
    assert len(caught.value.problems) == 20


def test_a_line_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 1_000)
    monkeypatch.setattr(blocks, "MOST_LINE", 10_000)
    path = tmp_path / "cases.csv"
    path.write_bytes(b"case_id," * 20_000)
    with pytest.raises(CaseTableError, match="has a line of more than") as caught:
        list(read_in_chunks(path))
    assert caught.value.unreadable


def test_progress_is_told_chunk_by_chunk(small_blocks: int, tmp_path: Path) -> None:
    path, told = tmp_path / "cases.csv", []
    path.write_bytes(as_csv(MANY))
    assess_file(path, tmp_path / "out.csv", progress=lambda done, whole: told.append((done, whole)))
    assert len(told) > 3
    assert told == sorted(told)
    assert told[-1] == (len(MANY) - 1, len(MANY) - 1)


def measure_peak(path: Path) -> int:
    tracemalloc.start()
    assess_file(path, path.with_suffix(".out.csv"), most_rows=1_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_memory_does_not_grow_with_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four times the rows: eight bytes more for each, and a little."""
    monkeypatch.setattr(blocks, "BLOCK", 50_000)
    row = ",".join("no" if "no" in (option.name for option in field.options) else "" for field in fields.values())
    small, large = tmp_path / "small.csv", tmp_path / "large.csv"
    for path, rows in ((small, 2_500), (large, 10_000)):
        lines = [",".join(COLUMNS), *(f"V{n},{row}" for n in range(rows))]
        path.write_text("\n".join(lines).replace("no,no,", "no,,") + "\n")
    assess_file(small, tmp_path / "warm.csv")
    assert measure_peak(large) < 1.3 * measure_peak(small) + 16 * 10_000
