"""Every way in which a table can be wrong is found, and said without repeating what may identify someone."""

from __future__ import annotations

import io
import logging
import sys
import warnings
import zipfile
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from kapnb import CaseTableError, fields, read_cases, read_judgments
from kapnb.cli import main
from kapnb.engine.edition import load_guidance
from kapnb.limits import CASE_TEXTS
from kapnb.tables.columns import LATER
from kapnb.tables.read import read_responses
from kapnb.text.words import words
from tests.tables import as_csv, as_workbook, only_problem, problems_of, repairs_of
from tests.test_identifiers import FORMS

CASES = read_cases(as_csv([["case_id"], ["V1"], ["V2"]]))


def table(*cells: str, names: str = "case_id,ocd", **options: str) -> bytes:
    return as_csv([names.split(","), ["V1", "no"][: max(0, 2 - len(cells))] + list(cells)], **options)


def zipped(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return file.getvalue()


judgments = partial(read_judgments, cases=CASES)
responses = partial(read_responses, cases=CASES)
FOLLOW_UP = "case_id,rater,field,answer"

# What is wrong -> the file, how it is read, and the row and column of its one problem.
FIXTURES: dict[str, tuple[Any, Any, int, str]] = {
    "not_there": ("no-such-file.csv", read_cases, 0, ""),
    "no_path": ("a\0b.csv", read_cases, 0, ""),
    "empty_file": (b" \r\n", read_cases, 0, ""),
    "too_many_rows": (table(), partial(read_cases, most_rows=0), 0, ""),
    "too_many_columns": (as_csv([[f"n{n}" for n in range(101)]]), read_cases, 0, ""),
    "not_text": (b"case_id\nV\x00\n", read_cases, 0, ""),
    "too_many_cells": (zipped(**{"xl/workbook.xml": b"<a>" * 6_000}), read_cases, 0, ""),
    "not_workbook": (zipped(**{"xl/workbook.xml": b"<a"}), read_cases, 0, ""),
    "other_zip": (zipped(**{"word/document.xml": b""}), read_cases, 0, ""),
    "old_workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", read_cases, 0, ""),
    "other_file": (b"%PDF-1.7", read_cases, 0, ""),
    "not_json": (b'[{"case_id": "V1",\n}]', read_cases, 0, ""),
    "not_json_at_all": (b"[" * 100_000, read_cases, 0, ""),
    "json_one": (b'{"ocd": "no"}', read_cases, 0, ""),
    "json_rows": (b'[["case_id"], ["V1"]]', read_cases, 0, ""),
    "json_twice": (b'[{"case_id": "V1", "case_id": "V2"}]', read_cases, 0, ""),
    "broken_quotes": (b'case_id,note\nV1,"a" b\n', read_cases, 2, ""),
    "no_header": (b"V1,no,yes\nV2,no,no\n", read_cases, 1, ""),
    "odd_name": (as_workbook([["case_id", "=A1"], ["V1", "x"]]), read_cases, 1, ""),
    "no_name": (table("V1", "stray", "no", names="case_id,,ocd"), read_cases, 1, ""),
    "unknown_column": (table(names="case_id,ocdd"), read_cases, 1, "ocdd"),
    "personal_column": (table(names="case_id,Age of person"), read_cases, 1, "Age of person"),
    "twice": (table(names="case_id,Case_ID"), read_cases, 1, "case_id"),
    "missing_column": (b"ocd\nno\n", read_cases, 1, "case_id"),
    "formula": (as_workbook([["case_id", "note"], ["V1", '=HYPERLINK("x")']]), read_cases, 2, "note"),
    "spreadsheet_error": (as_workbook([["case_id", "ocd"], ["V1", "#REF!"]]), read_cases, 2, "ocd"),
    "date_cell": (as_workbook([["case_id"], [pd.Timestamp("2024-05-03")]]), read_cases, 2, "case_id"),
    "not_a_text": (b'[{"case_id": "V1", "ocd": ["no"]}]', read_cases, 2, "ocd"),
    "beyond": (b"case_id,ocd\nV1,no,yes\n", read_cases, 2, ""),
    "merged": (as_workbook([["case_id", "ocd", "outside_scope"], ["V1", "no", None]], merged="B2:C2"), read_cases, 2, "ocd"),
    "missing": (table("None", names="case_id,psychotic_disorder"), read_cases, 2, "psychotic_disorder"),
    "unwritable": (b"case_id,note\nV1,a\x07b\n", read_cases, 2, "note"),
    "empty": (table("", "no"), read_cases, 2, "case_id"),
    "option": (table("maybe"), read_cases, 2, "ocd"),
    "case.too_long": (table("V1", "x" * 201, names="case_id,title"), read_cases, 2, "title"),
    "case.identifier": (table("V1", "Dr. Rowan", names="case_id,title"), read_cases, 2, "title"),
    "repeated": (b"case_id\nV1\nV2\nV1\n", read_cases, 4, "case_id"),
    "not_asked": (table("V1", "no", "thorough", names="case_id,ocd,ocd_preparation"), read_cases, 2, "ocd_preparation"),
    "unknown_case": (table("V3", "R1", names="case_id,rater"), judgments, 2, "case_id"),
    "answer_of": (table("V1", "R1", "ocd", "unclear", names=FOLLOW_UP), responses, 2, "answer"),
}


@pytest.mark.parametrize("kind", FIXTURES)
def test_every_problem_is_found_where_it_is(kind: str) -> None:
    """One problem, with its row as the spreadsheet shows it, its column, and something to do about it."""
    data, read, row, column = FIXTURES[kind]
    problem = only_problem(data, read)
    assert (problem["row"], problem["column"]) == (row, column)
    key = kind if "." in kind else f"table.{kind}"
    said = words(key).split("{")[0].strip()
    assert problem["problem"].startswith(said) or said in problem["problem"]
    assert problem["remedy"] or problem["allowed"] or kind in {"not_there", "no_path"}


def test_all_problems_come_at_once_one_a_cell_in_the_order_of_the_table() -> None:
    rows = [["case_id", "note", "ocd", "ocd_preparation", "age", "vignete"]]
    rows += [["V1", "x" * 5_001, "maybe", "", "", ""], ["V1", "", "no", "thorough", "", ""], ["", "Dr. Rowan", "", "", "", ""]]
    found = [(one["row"], one["column"]) for one in problems_of(as_csv(rows))]
    of_rows = {1: ["age", "vignete"], 2: ["note", "ocd"], 3: ["case_id", "ocd_preparation"], 4: ["case_id", "note"]}
    assert found == [(row, name) for row, names in of_rows.items() for name in names]


def test_what_is_allowed_and_what_may_be_meant_is_said() -> None:
    problem = only_problem(table("V1", "not_stabilised", names="case_id,bipolar_disorder"))
    assert problem["allowed"] == "none, stabilized, not_stabilized, diagnosis_in_question"
    assert problem["remedy"] == 'Did you mean "not_stabilized"?'
    assert 'Did you mean "ocd_preparation"?' in only_problem(table(names="case_id,ocd_preperation"))["remedy"]
    assert 'Did you mean "V1"?' in only_problem(table("V1a", "R1", names="case_id,rater"), judgments)["remedy"]


def test_an_answer_to_a_question_that_may_apply_is_none_to_refuse() -> None:
    """Only a contradiction is: what raises the question is not recorded here."""
    read_cases(table("V1", "thorough", names="case_id,ocd_preparation"))
    remedy = only_problem(table("V1", "none", "yes", names="case_id,substance_use_disorder,formal_treatment"))["remedy"]
    assert "substance_use_disorder is in_recovery" in remedy


# --- judgments and responses -----------------------------------------------------------------------------


def test_judgments_are_read_with_the_rater_s_own_fields() -> None:
    names = "case_id,rater,outcome,confidence,deciding_finding,ocd,comment"
    rows = [names.split(","), ["V1", "R1", "not_at_present", "low", "ocd_unprepared", "yes", "as read"], ["V1", "R2", *[""] * 5]]
    frame = read_judgments(as_csv(rows), CASES)
    assert list(frame) == ["case_id", "rater", "outcome", "confidence", "deciding_finding", *fields, "comment", *LATER]
    assert frame.loc[0, "outcome"] > "may_be_considered"  # more caution is greater
    assert list(frame["confidence"].cat.categories) == ["low", "medium", "high"]
    assert frame["deciding_finding"].cat.categories.tolist() == [rule.name for rule in load_guidance("begley").rules]
    assert frame.loc[1].isna().sum() == 6 + len(fields)  # a judgment that was not completed


def test_responses_are_read() -> None:
    rows = [[*FOLLOW_UP.split(","), "response"], ["V1", "R1", "ocd", "yes", "-2"], ["V1", "R1", "ocd", "no", "+1"]]
    frame = read_responses(as_csv(rows), CASES)
    assert list(frame["response"]) == ["-2", "1"]
    assert repairs_of(frame) == [("response", 'read as "1"', "3")]


# --- what may identify someone ---------------------------------------------------------------------------

SECRETS = [(kind, form) for kind, forms in FORMS.items() for form in forms[:2]]


def test_identifiers_of_every_class_are_refused_and_never_repeated() -> None:
    """In every column of free text."""
    found = problems_of(as_csv([list(CASE_TEXTS), *([secret] * len(CASE_TEXTS) for _, secret in SECRETS)]))
    assert [(one["row"], one["column"]) for one in found] == [
        (row, name) for row in range(2, len(SECRETS) + 2) for name in CASE_TEXTS
    ]
    for kind, secret in SECRETS:
        assert secret not in str(found)
        row = 2 + SECRETS.index((kind, secret))
        assert all(words(f"identifiers.{kind}") in one["problem"] for one in found if one["row"] == row)


CELLS = [
    ("ocd", "Rowan Ash"),
    ("psychotic_disorder", "None of Rowan's"),
    ("case_id", "Dr. Rowan"),
    ("note", "Rowan, call 555-010-4477"),
    ("note", "Rowan\x07"),
    ("rowan@example.org", "no"),
    ("Rowan 555-010-4477", ""),
]


def test_no_cell_is_repeated_anywhere(tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    """Neither in the error, its rows and its traceback's chain, nor by a command, nor in a log or a warning."""
    caplog.set_level(logging.DEBUG)
    names = list(dict.fromkeys(["case_id", *(column for column, _ in CELLS)]))
    rows = [[cell if name == column else "V1" if name == "case_id" else "" for name in names] for column, cell in CELLS]
    path = tmp_path / "table.csv"
    path.write_bytes(as_csv([names, *rows]))
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with pytest.raises(CaseTableError) as caught:
            read_cases(path)
        for arguments in (["check", str(path)], ["assess", str(path)], ["explain", str(path), "--case", "V1"]):
            assert main(arguments) in (1, 2)
    said = "".join(capsys.readouterr())
    said += str(caught.value) + repr(caught.value) + caught.value.problems.to_csv() + caplog.text
    said += "".join(str(one.message) for one in warned)
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    assert len(caught.value.listed) >= len(CELLS)
    assert "rowan" not in said.casefold()
    assert "4477" not in said


def test_a_table_without_a_header_is_not_taken_for_names() -> None:
    """Its first row would otherwise be repeated as column names."""
    assert "Rowan" not in str(problems_of(b"V1,Rowan Ash,no\nV2,Ash Rowan,no\n"))


# --- Parquet ---------------------------------------------------------------------------------------------


def test_parquet_without_pyarrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    problem = only_problem(b"PAR1....PAR1")
    assert "pyarrow" in problem["problem"]
    assert problem["remedy"] == words("table.remedy_parquet")


def test_parquet_that_is_none() -> None:
    pytest.importorskip("pyarrow")
    assert only_problem(b"PAR1....PAR1")["row"] == 0
