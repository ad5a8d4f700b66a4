"""What is written and read again is the same table; a template filled is a table; the commands say what they do."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from pandas.testing import assert_frame_equal

from kapnb import assess, assess_table, explain, fields, load_guidance, read_cases, read_judgments, read_responses
from kapnb.cli import main
from kapnb.tables.columns import TABLES, load_table
from kapnb.tables.problems import CaseTableError
from kapnb.tables.template import ROWS, make_template
from kapnb.tables.write import WRITERS, add_source, find_writer, write_csv, write_json, write_workbook
from kapnb.text.blocks import as_text
from kapnb.text.characters import neutralize
from kapnb.text.identifiers import find_identifiers
from tests.tables import COLUMNS, PRACTICE, as_csv, practice_rows, read_practice

WRITE = {ending: write for ending, write in WRITERS.items() if ending != ".parquet" or find_spec("pyarrow")}

RUN_BY_A_SPREADSHEET = ["=1+1", "+1+1", "-1-1", "@SUM(1)", "'=1", "''@x", '=HYPERLINK("x";"y")', "- a list", "\uff1d1+1"]
NOT_RUN = ["-2", "+3.5", "-0", "'tis", "'90s", "a=b", "plain", ""]


def make_cases(texts: list[str]) -> pd.DataFrame:
    """A valid table with these texts as notes."""
    return read_cases(write_json(pd.DataFrame({"case_id": [f"V{at}" for at in range(len(texts))], "note": texts})))


# --- round trips -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", WRITE)
def test_an_export_says_whose_view_it_is_and_is_read_again_as_the_same_cases(ending: str) -> None:
    """In every row, also that cases are invented; read again, the results are left out."""
    plain = read_practice()
    written = add_source(plain.join(assess_table(plain)))
    again = read_cases(WRITE[ending](written))
    assert_frame_equal(again, plain)
    assert "outcome" in again.attrs["repairs"][0]["repair"]
    ledger = load_guidance("begley").ledger
    assert written["whose_view"].str.contains(ledger.four["whose"], regex=False).all()
    assert written["whose_view"].str.contains(ledger.source.author, regex=False).all()
    assert (written["invented"] == ledger.four["invented"]).all()


@pytest.mark.parametrize("ending", WRITE)
def test_texts_that_a_spreadsheet_would_run_come_back(ending: str) -> None:
    cases = make_cases([*RUN_BY_A_SPREADSHEET, *NOT_RUN, "two\nlines; one, more\t.", "_x0041_", "“Zoë” — naïve"])
    assert_frame_equal(read_cases(WRITE[ending](cases)), cases)


readable = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]) | st.sampled_from("=+-@'\t\n,;\""), max_size=30)


@given(texts=st.lists(readable, min_size=30, max_size=40))
@settings(max_examples=3, deadline=None)
def test_any_text_comes_back(texts: list[str]) -> None:
    """Whatever a note says, as long as the table is valid at all."""
    cases = make_cases([text for text in texts if not find_identifiers(text)])
    for write in WRITE.values():
        assert_frame_equal(read_cases(write(cases)), cases)


def test_no_cell_is_written_that_a_spreadsheet_runs() -> None:
    cases = make_cases(RUN_BY_A_SPREADSHEET)
    neutral = [f"'{text}" for text in RUN_BY_A_SPREADSHEET]
    rows = csv.DictReader(io.StringIO(write_csv(cases).decode("utf-8-sig"), newline=""))
    assert [row["note"] for row in rows] == neutral
    sheet = load_workbook(io.BytesIO(write_workbook(cases)))["cases"]
    assert [sheet.cell(row, 4).value for row in range(2, len(neutral) + 2)] == neutral
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} == {"s"}
    assert [row["note"] for row in json.loads(write_json(cases))] == RUN_BY_A_SPREADSHEET  # no spreadsheet runs JSON
    assert [neutralize(text) for text in NOT_RUN] == NOT_RUN


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_template_filled_checked_assessed_exported_and_read_again(ending: str, tmp_path: Path) -> None:
    """The whole way, by the commands."""
    path, out, third = tmp_path / f"cases{ending}", tmp_path / f"out{ending}", tmp_path / "third.json"
    assert main(["template", str(path)]) == 0
    rows = practice_rows()[1:]
    if ending == ".csv":
        names = path.read_text("utf-8-sig").strip().split(",")
        assert names[1:4] == ["title", "vignette", "note"]
        beside = len(names) - len(COLUMNS)
        path.write_bytes(as_csv([names, *([row[0], *[""] * beside, *row[1:]] for row in rows)]))
    else:
        book = load_workbook(path)
        for row in rows:
            beside = book["cases"].max_column - len(COLUMNS)
            book["cases"].append([row[0], *[None] * beside, *(cell or None for cell in row[1:])])
        book.save(path)
    assert main(["assess", str(path), "-o", str(out)]) == 0
    assert_frame_equal(read_cases(path), read_practice())
    assert main(["assess", str(out), "-o", str(third)]) == 0
    assert [row["outcome"] for row in json.loads(third.read_text("utf-8"))] == [row["expected"] for row in PRACTICE]
    assert_frame_equal(read_cases(third), read_practice())


# --- templates -------------------------------------------------------------------------------------------

READ: dict[str, Any] = {"cases": read_cases, "judgments": read_judgments, "responses": read_responses}


@pytest.mark.parametrize("kind", TABLES)
def test_an_empty_template_offers_every_option(kind: str) -> None:
    """A drop-down on each column that has options, over all its rows, with exactly those; and a note on each name."""
    data = make_template(kind)
    for template in (data, make_template(kind, ending=".csv")):
        assert (len(READ[kind](template)), READ[kind](template).attrs["repairs"]) == (0, [])
    book = load_workbook(io.BytesIO(data))
    sheet, options = book[kind], book["options"]
    offered = {}
    for drop_down in sheet.data_validations.dataValidation:
        (cells,) = drop_down.sqref.ranges
        assert (cells.min_row, cells.max_row) == (2, ROWS + 1)
        area = drop_down.formula1.split("!")[1].replace("$", "")
        offered[sheet.cell(1, cells.min_col).value] = tuple(cell.value for (cell,) in options[area])
    columns = load_table(kind).columns
    assert offered == {name: column.options for name, column in columns.items() if column.options}
    assert all(sheet.cell(1, place).comment.text.startswith(column.help) for place, column in enumerate(columns.values(), 1))
    assert all(len(column.help.split()) > 2 for column in columns.values())
    formats = {sheet.column_dimensions[get_column_letter(place)].number_format for place in range(1, len(columns) + 1)}
    assert formats == {"@"}, "texts: nothing typed becomes a date"
    assert load_guidance("begley").ledger.four["invented"] in [cell.value for cell in book["about"]["A"]]


def test_a_template_never_replaces_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "cases.csv"
    path.write_text("filled")
    assert main(["template", str(path)]) == 2
    assert path.read_text() == "filled"
    assert "already exists" in capsys.readouterr().err
    assert main(["template", str(tmp_path / "cases.docx")]) == 2
    assert ".csv or .xlsx" in capsys.readouterr().err


# --- commands --------------------------------------------------------------------------------------------


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.csv"
    path.write_bytes(as_csv(practice_rows()))
    return path


def test_check_answers_with_its_exit_code(good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """0 without a problem, 1 with problems, each on a line of its own, 2 where nothing can be read."""
    bad, out = tmp_path / "bad.csv", tmp_path / "out.csv"
    bad.write_bytes(b"case_id,ocd\nV1,perhaps\nV1,no\n")
    assert main(["check", str(good)]) == 0
    assert "no problem" in capsys.readouterr().out
    assert main(["check", str(bad)]) == 1
    said = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in said] == ["row 2, ocd", "row 3, case_id", f"Problems in {bad}"]
    assert main(["check", str(tmp_path / "none.csv")]) == 2
    assert main(["check", str(good), "--most-rows", "3"]) == 2
    out.write_text("before")
    assert main(["assess", str(bad), "-o", str(out)]) == 1
    assert out.read_text() == "before", "nothing is written when the table has problems"
    capsys.readouterr()
    assert main(["assess", str(bad)]) == 1
    printed = capsys.readouterr()
    assert (printed.out, "row 2, ocd" in printed.err) == ("", True)
    bad.write_bytes(b"case_id,rater\nV01,R1\nV99,R1\n")
    assert main(["check", str(bad), "--as", "judgments"]) == 0
    assert main(["check", str(bad), "--as", "judgments", "--cases", str(good)]) == 1


def test_assess_refuses_a_file_that_it_cannot_or_must_not_write(
    good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another kind of file, the table itself, a folder that is not there, one that is a file."""
    before = good.read_bytes()
    for out in (tmp_path / "out.docx", good, tmp_path / "nowhere" / "out.csv", good / "out.csv"):
        assert main(["assess", str(good), "-o", str(out)]) == 2
        assert "Traceback" not in capsys.readouterr().err
    assert good.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["good.csv"]


def test_parquet_is_written_only_where_pyarrow_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("kapnb.tables.write.find_spec", lambda _name: None)
    with pytest.raises(CaseTableError, match="pyarrow"):
        find_writer(tmp_path / "out.parquet")


def test_explain_says_of_a_row_what_it_says_of_the_case(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for row in PRACTICE[::15]:
        assert main(["explain", str(good), "--case", row["case_id"]]) == 0
        alone = as_text(explain(assess({name: row.get(name) or None for name in fields})).open)
        assert capsys.readouterr().out == f"{alone}\n"
    assert main(["explain", str(good)]) == 2
    assert "--case" in capsys.readouterr().err
    assert main(["explain", str(good), "--case", "V1x"]) == 2
    assert "Did you mean" in capsys.readouterr().err


def test_long_work_tells_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Once a second, apart from what is printed."""
    seconds = iter(range(1_000_000))
    monkeypatch.setattr("kapnb.cli.monotonic", lambda: next(seconds))
    path = tmp_path / "many.csv"
    path.write_bytes(as_csv([["case_id"], *([f"V{number}"] for number in range(1_000))]))
    assert main(["assess", str(path)]) == 0
    said = capsys.readouterr()
    assert "reading: 1,000 rows" in said.err
    assert "1,000 rows" not in said.out


def test_memory_of_a_large_table() -> None:
    """A text that stands in many rows is held once, and few rows at a time are texts: 100,000 rows took 390 MB before."""
    data = write_csv(pd.concat([read_practice()] * 150, ignore_index=True).assign(case_id=lambda frame: frame.index.astype(str)))
    tracemalloc.start()
    write_csv(read_cases(data))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 11 * len(data)
