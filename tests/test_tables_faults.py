"""Faults that were found from outside, each with its whole kind: what a sheet shows is what is read, or it is told."""

from __future__ import annotations

import csv
import doctest
import io
import os
import re
import stat
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from openpyxl.styles import Font
from pandera.config import CONFIG, ValidationDepth
from pandera.errors import SchemaErrors

from kapnb import CaseTableError, case_schema, judgments_schema, read_cases, read_judgments, responses_schema
from kapnb.cli import main
from kapnb.engine.edition import Edition
from kapnb.tables.write import save, write_csv, write_workbook
from kapnb.text.characters import neutralize
from kapnb.text.words import words
from tests.bundled import EDITION
from tests.tables import as_csv, as_workbook, only_problem, practice_rows, problems_of, repairs_of
from tests.toy_pack import find_strays

CASES: list[list[Any]] = [["case_id", "title", "ocd"], ["V1", "a", "yes"], ["V2", "b", "no"], ["V3", "c", None]]


def book_of(change: Callable[[Any, Any], object]) -> bytes:
    """A workbook of three cases, changed by hand."""
    book = openpyxl.load_workbook(io.BytesIO(as_workbook(CASES)))
    change(book, book["cases"])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


# --- schemas that anybody can use -------------------------------------------------------------------------


def failures(frame: pd.DataFrame, schema: Any = None) -> set[tuple[str, int]]:
    """The checks that fail, with the rows that pandera names."""
    with pytest.raises(SchemaErrors) as caught:
        (schema or case_schema(EDITION)).validate(frame, lazy=True)
    found = caught.value.failure_cases
    return {(str(check), int(row)) for check, row in zip(found["check"], found["index"], strict=True) if "dtype" not in str(check)}


def test_a_frame_of_texts_comes_back_typed() -> None:
    """Every column in its order, options as ordered Categoricals, and twice gives the same."""
    frame = pd.DataFrame({"ocd": ["yes", None, ""], "case_id": ["A", "B", "C"]}, index=[7, 8, 9])
    typed = case_schema(EDITION).validate(frame, lazy=True)
    assert list(typed) == ["case_id", "title", "vignette", "note", *EDITION.fields]
    assert typed["ocd"].cat.ordered
    assert typed["ocd"].isna().tolist() == [False, True, True]
    assert typed.index.tolist() == [7, 8, 9]
    for valid in (typed, read_cases(as_csv(practice_rows()))):
        pd.testing.assert_frame_equal(case_schema(EDITION).validate(valid, lazy=True), valid)


def test_a_schema_names_every_kind_of_mistake_and_its_row() -> None:
    columns = {
        "case_id": ["A", "A", "", None, "x" * 65],
        "title": ["Dr. Rowan", None, "", "x" * 201, "x" * 200],
        "ocd": ["no", "zz", "no", None, "no"],
        "ocd_preparation": ["thorough", "thorough", None, None, ""],
    }
    assert failures(pd.DataFrame(columns)) == {
        ("empty", 2),
        ("empty", 3),
        ("too_long", 4),
        ("too_long", 3),
        ("identifier", 0),
        ("option", 1),
        ("case_id: repeated", 1),
        ("ocd_preparation: not_asked", 0),
    }


@pytest.mark.parametrize(
    "frame", [{"case_id": ["A"], "age": ["7"]}, {"ocd": ["yes"]}, {"case_id": [7]}, {"case_id": ["A"], "ocd": [["yes"]]}]
)
def test_a_schema_refuses_what_is_no_such_table(frame: dict[str, list[Any]]) -> None:
    """A column that it does not know, a key that is missing, a number for a text, a list for an option."""
    with pytest.raises(SchemaErrors):
        case_schema(EDITION).validate(pd.DataFrame(frame), lazy=True)


def test_judgments_and_responses_have_schemas_too() -> None:
    judgments = pd.DataFrame({"case_id": ["A", "B", "A"], "rater": ["R1", "R1", "R1"], "outcome": ["clarify_first", None, None]})
    assert failures(judgments, judgments_schema(EDITION, ["A"])) == {("rater: repeated", 2), ("unknown_case", 1)}
    responses = pd.DataFrame({"case_id": ["A"], "rater": ["R1"], "field": ["ocd"], "answer": ["thorough"]})
    assert failures(responses, responses_schema(EDITION)) == {("answer: answer_of", 0)}


def test_a_frame_of_your_own_is_read_like_a_file() -> None:
    """With the same repairs and the same words; rows are counted as if it stood in a spreadsheet."""
    frame = pd.DataFrame({"Case ID": ["A", "B"], "ocd": ["NO", None]}, index=["x", "y"])
    read = read_cases(frame)
    assert read["ocd"].tolist()[0] == "no"
    assert [rows for _, _, rows in repairs_of(read)] == ["1", "2"]
    assert only_problem(frame.assign(ocd=["perhaps", None]))["row"] == 2  # type: ignore[arg-type]


def test_an_incomplete_key_is_no_repeated_one() -> None:
    """Two judgments without a rater are two mistakes of one kind each, and not the same judgment twice."""
    found = problems_of(as_csv([["case_id", "rater"], ["V1", ""], ["V1", ""], ["", "R1"], ["", "R1"]]), read_judgments)
    assert [(one["row"], one["column"], one["problem"]) for one in found] == [
        (row, column, "is empty") for row, column in ((2, "rater"), (3, "rater"), (4, "case_id"), (5, "case_id"))
    ]


# --- settings of the machine ------------------------------------------------------------------------------

TABLE = [["case_id", "title", "ocd", "ocd_preparation"], ["V1", "Dr. Rowan", "", ""], ["V2", "", "perhaps", ""]]
TABLE += [["V3", "", "no", "thorough"], ["", "", "", ""], ["V3", "", "", ""], ["", "x", "", ""]]
WRONG = [(2, "title"), (3, "ocd"), (4, "ocd_preparation"), (6, "case_id"), (7, "case_id")]


@pytest.mark.parametrize("setting", [{"validation_enabled": False}, {"validation_depth": ValidationDepth.SCHEMA_ONLY}], ids=str)
def test_no_setting_of_pandera_switches_a_check_off(setting: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in setting.items():
        monkeypatch.setattr(CONFIG, name, value)
    assert [(one["row"], one["column"]) for one in problems_of(as_csv(TABLE))] == WRONG


@pytest.mark.slow
def test_no_setting_of_the_machine_switches_a_check_off(tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    path.write_bytes(as_csv(TABLE))
    pandera = {"PANDERA_VALIDATION_ENABLED": "False", "PANDERA_VALIDATION_DEPTH": "SCHEMA_ONLY"}
    done = run("check", path, **pandera, PYTHONWARNINGS="error", LC_ALL="C", PYTHONUTF8="0", PYTHONOPTIMIZE="1")
    assert done.returncode == 1
    places = re.findall(r"^row (\d+), (\w+)", done.stdout.decode(), re.MULTILINE)
    assert [(int(row), column) for row, column in places] == WRONG


def run(*arguments: object, closed: str = "", **settings: str) -> subprocess.CompletedProcess[bytes]:
    """A command in a process of its own."""
    command = ["sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-m", "kapnb", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=False, env=os.environ | settings, timeout=120)


def test_reading_changes_nothing_for_the_rest_of_the_process() -> None:
    """openpyxl's class was patched for good, and the greatest length of a cell is csv's own."""
    book = as_workbook([["case_id"], ["V1"]])
    before = csv.field_size_limit(77_777)
    try:
        read_cases(book)
        read_cases(as_csv([["case_id"], ["V1"]]))
        assert csv.field_size_limit() == 77_777
    finally:
        csv.field_size_limit(before)
    sheet = openpyxl.load_workbook(io.BytesIO(book), read_only=True).active
    assert sheet is not None
    assert (sheet.max_row, sheet.max_column) == (2, 1)


# --- what a sheet shows -----------------------------------------------------------------------------------


def test_what_a_sheet_shows_is_what_is_read_or_it_is_told() -> None:
    """A merged answer counts for all its rows; what is hidden or struck out is read; a number is read as its cell shows it."""

    def change(_: Any, sheet: Any) -> None:
        sheet["C3"].value = None
        sheet.merge_cells("C2:C4")
        sheet["B2"].font = Font(strike=True)
        sheet.row_dimensions[3].hidden = True
        sheet.column_dimensions["B"].hidden = True
        for row, (number, shown) in enumerate([(1, '"V"00'), (7, "000"), (0.5, "0 %")], 2):
            sheet.cell(row, 1, number).number_format = shown

    frame = read_cases(book_of(change))
    assert frame["ocd"].tolist() == ["yes"] * 3
    assert frame["case_id"].tolist() == ["V01", "007", "0.5"]
    told = {"own_format": ("case_id", "4"), "struck_out": ("title", "2"), "merged": ("ocd", "2-4"), "hidden_column": ("title", "")}
    meant = [(column, words(f"table.repair_{key}"), rows) for key, (column, rows) in told.items()]
    assert sorted(repairs_of(frame)) == sorted([*meant, ("", words("table.notice_hidden_rows"), "3")])


@pytest.mark.parametrize("area", ["B3:C3", "A2:B3"])
def test_what_is_merged_over_several_columns_is_refused(area: str) -> None:
    """Which of them it is meant for cannot be told."""
    problem = problems_of(book_of(lambda _, sheet: sheet.merge_cells(area)))[0]
    assert ("merged" in problem["problem"], problem["row"]) == (True, int(area[1]))


def test_escaped_signs_are_the_signs_that_they_stand_for() -> None:
    """And what only looks like one is written so that it is shown as it stands."""
    data = book_of(lambda _, sheet: (sheet.__setitem__("B2", "a_x000D_\nb _x005F_x0041_"), sheet.__setitem__("C3", "no_x000D_")))
    frame = read_cases(data)
    assert frame["title"][0] == "a\nb _x0041_"
    assert frame["ocd"][1] == "no"
    written = write_workbook(frame)
    assert b"_x005F_x0041_" in zipfile.ZipFile(io.BytesIO(written)).read("xl/worksheets/sheet1.xml")
    assert read_cases(written)["title"][0] == "a\nb _x0041_"


# --- what is meant ----------------------------------------------------------------------------------------


def test_none_as_python_writes_it_is_asked_about() -> None:
    """It can be the option, or a missing value; only beside other answers as people see them it is read as one of those."""
    rows = [["case_id", "psychotic_disorder", "bipolar_disorder"], ["V1", "None", "none"], ["V2", "none", ""]]
    problem = only_problem(as_csv(rows))
    assert (problem["row"], problem["column"]) == (2, "psychotic_disorder")
    assert "program" in problem["problem"]
    frame = read_cases(as_csv([*rows, ["V3", "Schizophrenia", "Not stabilized"]]))
    assert frame["psychotic_disorder"][0] == "none"


def test_labels_that_cannot_be_told_apart_are_one() -> None:
    """In two forms of the same letters, or with other blanks: one case; judgments find it, and the repair is told."""
    one, two = "Caf\u00e9  1", "Cafe\u0301\u00a01"
    cases = read_cases(as_csv([["case_id"], [one]]))
    assert cases["case_id"].tolist() == ["Caf\u00e9 1"]
    judgments = read_judgments(as_csv([["case_id", "rater"], [two, "R1"]]), cases)
    assert {rows for _, _, rows in repairs_of(judgments)} == {"2"}
    assert only_problem(as_csv([["case_id"], [one], [two]]))["row"] == 3


def test_labels_that_look_alike_are_told() -> None:
    """Which may be one is not for us to say. No label is repeated in that."""
    rows = [[f"V{at}", label] for at, label in enumerate(["R1", "r 1", "R-1", "R2", "(r1)", "?", "!"])]
    frame = read_judgments(as_csv([["case_id", "rater"], *rows]))
    assert repairs_of(frame) == [("rater", "the label looks like the one in row 2, but we count it as a different one", "3-4, 6")]


def test_a_cell_that_is_too_long_is_told_as_one() -> None:
    """It was called a mistake of quotation marks. One of exactly the greatest length is not too long."""
    found = problems_of(as_csv([["case_id", "note"], ["V1", "x" * 150_000], ["v" * 64, ""], ["v" * 65, ""]]))
    assert [(one["row"], one["column"], one["problem"]) for one in found] == [
        (2, "note", words("case.too_long", limit="5,000")),
        (4, "case_id", words("case.too_long", limit="64")),
    ]


def test_very_many_values_of_json_are_refused_soon() -> None:
    begun = time.process_time()
    assert only_problem(b"[" + b"{}," * 1_700_000 + b"{}]", most_rows=5_000)["row"] == 0
    assert time.process_time() - begun < 2


# --- what is written --------------------------------------------------------------------------------------

RUNS = ["seen twice;=1+1;x", "tab\t@SUM(1)\tx", "line\n+1+1", "a|-1-1", "=1;'=2", "''=x;'@y", "first;\t=1"]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_no_formula_stands_behind_any_separator(separator: str) -> None:
    """A spreadsheet of another country opens the file with another separator, and knows nothing of our quotation marks then."""
    data = write_csv(pd.DataFrame({"case_id": [f"V{at}" for at in range(len(RUNS))], "note": RUNS}))
    for line in data.decode("utf-8-sig").splitlines()[1:]:
        for cell in next(csv.reader([line], delimiter=separator)):
            assert not re.match(r"\s*[=+\-@]", cell)
    assert read_cases(data)["note"].tolist() == RUNS
    plain = ["-2", "a;-2;b", "a - b", "x=y"]
    assert [neutralize(text) for text in plain] == plain, "a list in a text and numbers stay readable"


@pytest.mark.slow
def test_what_is_printed_is_what_a_file_would_hold(tmp_path: Path) -> None:
    """Whatever the stream is set to, and nothing else stands in it; one that is closed is told."""
    table, out = tmp_path / "cases.csv", tmp_path / "out.csv"
    table.write_bytes(as_csv([["case_id", "note"], ["V1", "arrow → and 你好"], ["V2", ""]]))
    assert main(["assess", str(table), "-o", str(out)]) == 0
    done = run("assess", table, PYTHONIOENCODING="cp1252", PYTHONUTF8="0")
    assert (done.returncode, done.stdout) == (0, out.read_bytes())
    assert b"\r\r\n" not in done.stdout
    done = run("assess", table, closed=">&-")
    assert (done.returncode, b"Traceback" in done.stderr, done.stderr != b"") == (2, False, True)


def test_what_stood_there_keeps_its_mode_and_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target.csv", tmp_path / "link.csv"
    target.write_bytes(b"before")
    target.chmod(0o640)
    link.symlink_to(target)
    save(b"after", link)
    assert link.is_symlink()
    assert target.read_bytes() == b"after"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    target.chmod(0o444)
    with pytest.raises(CaseTableError, match="read-only"):
        save(b"again", target)
    assert target.read_bytes() == b"after"
    assert sorted(tmp_path.iterdir()) == [link, target]


def test_a_pipe_stays_a_pipe(tmp_path: Path) -> None:
    path, read = tmp_path / "pipe.csv", list[bytes]()
    os.mkfifo(path)
    reader = threading.Thread(target=lambda: read.append(path.read_bytes()), daemon=True)
    reader.start()
    save(b"through", path)
    reader.join(10)
    assert read == [b"through"]
    assert stat.S_ISFIFO(path.stat().st_mode)


# --- a second pack, and the recipe ------------------------------------------------------------------------


def test_a_table_under_another_pack_speaks_of_that_pack_alone(
    toy: Edition, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Template, check, assess, explain and schema, by the commands as a user has them."""
    path, out = tmp_path / "cases.xlsx", tmp_path / "out.json"
    assert main(["template", str(path)]) == 0
    book = openpyxl.load_workbook(path)
    texts = [str(cell.value) for sheet in book for row in sheet.iter_rows(max_row=40) for cell in row if cell.value]
    notes = [cell.comment.text for cell in book["cases"][1] if cell.comment]
    book["cases"].append(["V1"])
    book.save(path)
    for command in (["check", path], ["assess", path, "-o", out], ["explain", path, "--case", "V1"], ["assess", path]):
        assert main([str(part) for part in command]) == 0
    said = capsys.readouterr()
    assert toy.ledger.source.author in out.read_text("utf-8")
    assert find_strays("\n".join([*texts, *notes, said.out, said.err, out.read_text("utf-8")])) == []
    for kind in ("cases", "judgments"):
        folder = toy.guidance.folder / "examples" / "supervision"
        frame = READ[kind](folder / f"{kind}.csv", edition=toy)
        assert find_strays(frame.to_csv()) == []
    with pytest.raises(CaseTableError) as caught:
        read_judgments(as_csv([["case_id", "rater", "deciding_finding"], ["V1", "R1", "schizophrenia"]]), edition=toy)
    assert find_strays(caught.value.problems.to_csv() + str(list(case_schema(toy).columns))) == []


READ: dict[str, Any] = {"cases": read_cases, "judgments": read_judgments}


def test_the_recipe_for_large_tables_gives_what_the_command_gives(tmp_path: Path) -> None:
    """The code of docs/tables.md, run as it stands there; its examples hold too."""
    path = Path(__file__).parent.parent / "docs" / "tables.md"
    names: dict[str, Any] = {}
    failed, tried = doctest.testfile(str(path), module_relative=False, globs=names)
    assert (failed, tried > 5) == (0, True)
    parser = doctest.DocTestParser()
    for example in parser.get_examples(path.read_text("utf-8")):
        if "import" in example.source or "def assess_large" in example.source:
            exec(example.source, names)
    source, ours, theirs = (tmp_path / name for name in ("in.csv", "ours.csv", "theirs.csv"))
    source.write_bytes(as_csv(practice_rows()))
    names["assess_large"](source, theirs, rows=7)
    assert main(["assess", str(source), "-o", str(ours)]) == 0
    frames = [pd.read_csv(one, dtype=str, encoding="utf-8-sig") for one in (ours, theirs)]
    pd.testing.assert_frame_equal(frames[0][list(frames[1])], frames[1])
