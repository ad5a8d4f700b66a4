"""Marked copies of tables: everything wrong beside its row, nothing that may identify someone, and readable again."""

from __future__ import annotations

import io
from typing import Any

import pytest
from openpyxl import load_workbook
from pandas.testing import assert_frame_equal

from kapnb import CaseTableError, read_cases
from kapnb.tables.marking import MARKS, can_be_marked, mark
from kapnb.text.words import words
from tests.tables import COLUMNS, as_csv, as_workbook, practice_rows

CASES = "cases"
IDENTIFYING = [
    "rowan@example.org",
    "call 555-123-4567",
    "seen on 2024-03-07",
    "Dr. Rowan Vale",
    "www.example.org/me",
    "MRN 4455667",
]
OUT = words("supervision_page.marked_out")


def broken(data: bytes) -> CaseTableError:
    with pytest.raises(CaseTableError) as caught:
        read_cases(data)
    return caught.value


def rows_of(data: bytes, sheet: str) -> list[list[str]]:
    book = load_workbook(io.BytesIO(data))
    return [[str(cell) if cell is not None else "" for cell in row] for row in book[sheet].iter_rows(values_only=True)]


def test_each_row_keeps_its_number_and_has_its_problems_beside_it() -> None:
    """A blank row keeps its place, a row without a problem has none beside it, the rest are said in full."""
    data = as_csv([["case_id", "ocd"], ["A", "yes"], [], ["B", "perhaps"], ["A", "no"]])
    error = broken(data)
    marked = rows_of(mark(data, CASES, error.listed), "cases")
    assert marked[0] == [MARKS, "case_id", "ocd"]
    assert marked[1] == ["", "A", "yes"]
    assert marked[2] == ["", "", ""]
    for row in (4, 5):
        (problem,) = [one for one in error.listed if one.row == row]
        assert all(text in marked[row - 1][0] for text in (problem.column, problem.problem, problem.remedy))
    assert marked[3][1:] == ["B", "perhaps"]


def test_every_problem_stands_in_the_list_and_an_unknown_column_is_left_out() -> None:
    """What has to be taken out anyway is not repeated; a name that is nearly right is kept, to be mended."""
    data = as_csv([["case_id", "employer", "ocd_preperation", "case_id"], ["A", "a bakery", "thorough", "B"]])
    error = broken(data)
    marked = mark(data, CASES, error.listed)
    listed = rows_of(marked, MARKS)[1:]
    assert [(row[0], row[1], row[2]) for row in listed] == [("1", one.column, one.problem) for one in error.listed]
    assert rows_of(marked, "cases")[0] == [MARKS, "case_id", "ocd_preperation", "case_id"]


@pytest.mark.parametrize("write", [as_csv, as_workbook])
def test_no_text_that_may_identify_someone_is_repeated_and_nothing_can_run(write: Any) -> None:
    """Wherever it stands, in a free text, in place of an option, in a column of its own or as its name, it is taken out."""
    rows = [["case_id", "title", "ocd", "remarks", *IDENTIFYING]]
    for at, text in enumerate(IDENTIFYING):
        rows += [[f"A{at}", text, "yes", text, text], [f"B{at}", "'=1+1", text, "", "x"]]
    data = write(rows)
    book = load_workbook(io.BytesIO(mark(data, CASES, broken(data).listed)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    said = [str(cell.value) for cell in cells]
    assert not [cell for cell in said for text in IDENTIFYING if text in cell]
    assert said.count(OUT) >= 2 * len(IDENTIFYING)
    assert {cell.data_type for cell in cells} == {"s"}


def test_a_mended_copy_is_read_as_it_is() -> None:
    """The column of problems is known as ours: once the cell is mended, the copy is the table."""
    rows = practice_rows()
    place = COLUMNS.index("ocd")
    wanted, rows[3][place] = rows[3][place], "perhaps"
    data = as_csv(rows)
    book = load_workbook(io.BytesIO(mark(data, CASES, broken(data).listed)))
    cell = book["cases"].cell(4, place + 2)
    assert cell.value == "perhaps"
    assert cell.fill.fgColor.rgb != book["cases"].cell(5, place + 2).fill.fgColor.rgb
    cell.value = wanted or None
    file = io.BytesIO()
    book.save(file)
    assert_frame_equal(read_cases(file.getvalue()), read_cases(as_csv(practice_rows())))


def test_what_holds_no_rows_cannot_be_marked() -> None:
    """A file that is no table has nothing to mark; one with a wrong cell has."""
    assert not can_be_marked(broken(b"%PDF-1.7"))
    assert can_be_marked(broken(as_csv([["case_id", "ocd"], ["A", "perhaps"]])))
