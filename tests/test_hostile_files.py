"""Files made to do harm, as a page reads them: each is refused in kind words, soon, before it takes memory."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from functools import cache
from itertools import pairwise

import openpyxl
import pytest
from openpyxl.worksheet._reader import WorkSheetParser

from kapnb.group.state import MOST_CASES
from kapnb.tables.columns import load_table
from kapnb.tables.files import read_sheet
from kapnb.tables.problems import CaseTableError
from kapnb.tables.read import read_cases

SHEET, STRINGS, BOOK = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"
SPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
LINKS = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'


@cache
def make_book() -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "cases"
    for row in (["case_id", "title"], ["A", "One"]):
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def replace(name: str, part: str, more: int = 0) -> bytes:
    """A workbook with one of its parts replaced, and more parts that nobody needs."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(make_book())) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for one in old.namelist():
            new.writestr(one, part if one == name else old.read(one))
        if name not in old.namelist():
            new.writestr(name, part)
        for number in range(more):
            new.writestr(f"x/{number}", "")
    return file.getvalue()


def sheet(rows: str) -> bytes:
    head = '<row r="1"><c r="A1" t="inlineStr"><is><t>case_id</t></is></c></row>'
    return replace(SHEET, f"<worksheet {SPACE}><dimension ref='A1'/><sheetData>{head}{rows}</sheetData></worksheet>")


def sheets(count: int) -> bytes:
    named = "".join(f'<sheet name="s{number}" sheetId="{number}" r:id="rId1"/>' for number in range(1, count))
    return replace(BOOK, f"<workbook {SPACE} {LINKS}><sheets>{named}</sheets></workbook>")


UNFOLD = "".join(f'<!ENTITY {one} "{f"&{before};" * 10}">' for before, one in pairwise("abcdefghij"))
UNFOLD = f'<!DOCTYPE worksheet [<!ENTITY a "V">{UNFOLD}]>'

WORKBOOKS: dict[str, Callable[[], bytes]] = {
    "cells far to the right": lambda: sheet("".join(f'<row r="{at}"><c r="XFD{at}"><v>1</v></c></row>' for at in range(2, 3_000))),
    "a row far below": lambda: sheet('<row r="1000000000"><c r="A1000000000"/></row>'),
    "a million rows": lambda: sheet("<row/>" * 1_000_000),
    "millions of blank cells": lambda: sheet(f"<row>{'<c/>' * 1_000}</row>" * 9_000),
    "a long column": lambda: sheet(f'<row r="2"><c r="{"Z" * 100_000}2"/></row>'),
    "deep": lambda: sheet("<a>" * 900_000 + "</a>" * 900_000),
    "one long text": lambda: sheet(f'<row r="2"><c r="A2" t="inlineStr"><is><t>{"a" * 50_000_000}</t></is></c></row>'),
    "many texts": lambda: replace(STRINGS, f"<sst {SPACE}>{'<si><t>a</t></si>' * 1_000_000}</sst>"),
    "many styles": lambda: replace("xl/styles.xml", f"<styleSheet {SPACE}><cellXfs>{'<xf/>' * 1_000_000}</cellXfs></styleSheet>"),
    "many sheets that are one": lambda: sheets(20_000),
    "many parts": lambda: replace("x/x", "", 10_000),
    "entities that unfold": lambda: replace(SHEET, f"{UNFOLD}<worksheet {SPACE}><sheetData>&j;</sheetData></worksheet>"),
    "a foreign file": lambda: replace(
        BOOK, f'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><workbook {SPACE}><sheets>&e;</sheets></workbook>'
    ),
}


@pytest.mark.parametrize("case", WORKBOOKS)
def test_a_workbook_that_would_take_long_is_refused_before_it_does(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few kilobytes took 16 s to minutes before: what there is to read is counted, and nothing of it is read."""
    read, usual = [], WorkSheetParser.parse_cell
    data = WORKBOOKS[case]()
    monkeypatch.setattr(WorkSheetParser, "parse_cell", lambda self, element: [read.append(1), usual(self, element)][1])
    with pytest.raises(CaseTableError) as refused:
        read_cases(data, most_rows=MOST_CASES)
    assert refused.value.unreadable
    assert len(refused.value.listed) == 1
    assert len(read) < 10_000
    assert "root:" not in str(refused.value)


ROW = "<row{}><c t='inlineStr'><is>{}</is></c></row>"
B = ROW.format("", "<t>B</t>")
ODD = {
    "no references": f"{ROW.format('', '<t>A</t>')}<row/>{B}",
    "rich and phonetic text": ROW.format("", "<r><t>A</t></r><rPh sb='0' eb='1'><t>x</t></rPh>") + B,
    "a claim of another size": ROW.format(" r='4'", "<t>A</t>") + B,
}


@pytest.mark.parametrize("rows", ODD.values(), ids=ODD)
def test_a_workbook_that_is_only_odd_is_read(rows: str) -> None:
    assert read_cases(sheet(rows))["case_id"].tolist() == ["A", "B"]


def test_rows_out_of_order_are_refused() -> None:
    """Which of two rows of one number is shown cannot be told."""
    with pytest.raises(CaseTableError):
        read_cases(sheet(ROW.format(" r='3'", "<t>A</t>") + ROW.format(" r='2'", "<t>B</t>")))


OTHERS: dict[str, bytes] = {
    "json, deep": b"[" * 1_000_000,
    "json, a long number": b'[{"case_id":' + b"1" * 100_000 + b"}]",
    "json, half a character": b'[{"case_id":"\\ud800"}]',
    "csv, many columns": b",".join(b"c%d" % at for at in range(100_000)) + b"\n",
    "csv, an open quotation": b'case_id,title\nA,"' + b"x\n" * 500_000,
    "csv, blank lines": b"case_id,title\n" + b"\n" * 1_100_000,
    "utf-32": "case_id,title\nA,b\n".encode("utf-32"),
    "utf-16, halves": b"\xff\xfe" + b"\x00\xd8" * 100_000,
    "html and csv": b"<html><script>alert(1)</script>\ncase_id,title\nA,b\n",
    "gif and json": b'GIF89a[{"case_id":"A"}]',
    "pdf and xlsx": b"%PDF-1.4\n" + make_book(),
    "pickle": b"\x80\x04\x95cos\nsystem\n(S'true'\ntR.",
    "parquet, broken": b"PAR1" + bytes(100) + b"PAR1",
}


@pytest.mark.parametrize("case", OTHERS)
def test_no_other_file_is_read_by_half(case: str) -> None:
    """Whatever it pretends to be. What stands in it is not repeated as markup, nor run."""
    with pytest.raises(CaseTableError) as refused:
        read_cases(OTHERS[case], most_rows=MOST_CASES)
    assert "Traceback" not in str(refused.value)
    assert len(str(refused.value)) < 20_000


def test_a_row_of_very_many_cells_is_one_problem() -> None:
    """Each cell beyond the last column was noted before, which took 570 MB for a file of 5."""
    sheet = read_sheet(b"case_id,title\n" + b"a," * 100_000, load_table("cases"))
    assert list(sheet.odd.values()) == ["beyond"]
