"""A table is read as it stands, in whatever form a spreadsheet leaves it; what is mended is told."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from pandas.testing import assert_frame_equal

import kapnb
from kapnb import CaseTableError, assess_table, read_cases, read_judgments
from kapnb.text.words import words
from tests.tables import FORMATS, as_csv, as_json, as_workbook, only_problem, practice_rows, problems_of, read_practice, repairs_of

# --- formats ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_gives_the_same_frame(kind: str, tmp_path: Path) -> None:
    """By its content, whatever the ending of its name says."""
    path = tmp_path / "table.csv"
    path.write_bytes(FORMATS[kind](practice_rows()))
    assert_frame_equal(read_cases(str(path)), read_practice())


@pytest.mark.parametrize(
    ("separator", "encoding"), [*zip(",;\t,;", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"], strict=True)]
)
def test_separators_and_encodings_are_told_apart(separator: str, encoding: str) -> None:
    frame = read_cases(as_csv(practice_rows()[:4], separator, encoding))
    assert_frame_equal(frame, read_practice().head(3))
    assert frame.attrs["repairs"] == []


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_western_european_text_is_read_and_told(encoding: str) -> None:
    frame = read_cases(as_csv([["case_id", "title"], ["V1", "Zoë, naïve"]], encoding=encoding))
    assert frame.loc[0, "title"] == "Zoë, naïve"
    assert "Western European" in frame.attrs["repairs"][0]["repair"]


def test_the_separator_line_of_excel_is_no_row() -> None:
    told = b"sep=;\r\n" + as_csv([["case_id", "ocd"], ["V1", "perhaps"]], ";")
    assert only_problem(told)["row"] == 2


def test_free_texts_keep_their_signs() -> None:
    """Lines, separators, curly quotes, dashes and no-break spaces inside a text are its own."""
    rows = [["case_id", "vignette"], ["V1", 'First, a line; a tab\t.\nSecond "quoted", “better”\u00a0— \u2018not yet\u2019…']]
    for data in (as_csv(rows, ","), as_csv(rows, ";"), as_csv(rows, "\t"), as_workbook(rows)):
        frame = read_cases(data)
        assert (frame.loc[0, "vignette"], frame.attrs["repairs"]) == (rows[1][1], [])


def test_short_and_blank_rows() -> None:
    """Excel leaves trailing separators out; blank rows between others are told; each repair names its rows."""
    frame = read_cases(b"case_id,ocd,outside_scope\nV1,NO\n,\nV2,NO\nV3,NO,no\n,\n,\n")
    assert frame["outside_scope"].isna().tolist() == [True, True, False]
    blank, mended = frame.attrs["repairs"]
    assert "1" in blank["repair"]
    assert (mended["rows"], mended["count"]) == ("2, 4-5", 3)


def test_rows_are_counted_as_a_spreadsheet_shows_them() -> None:
    """A text over several lines is one row; a blank row is one too."""
    rows = [["case_id", "note", "ocd"], ["V1", "one\ntwo\nthree", "no"], [None] * 3, ["V2", "", "perhaps"]]
    assert [only_problem(write(rows))["row"] for write in (as_csv, as_workbook)] == [4, 4]


@pytest.mark.parametrize("write", [as_csv, as_json])
def test_progress_is_told(write: Any) -> None:
    told: list[tuple[int, int]] = []
    read_cases(write([["case_id"], *([f"V{number}"] for number in range(1_000))]), progress=lambda *done: told.append(done))
    assert told[-1][0] == 1_000


# --- what a spreadsheet does to a table ------------------------------------------------------------------


def test_an_option_is_mended_where_one_alone_can_be_meant() -> None:
    given = ["no", "No", "NO", " no ", "\u00a0no\u00a0", "\u201cno\u201d", "'no'", "\u200bno", "\uff2e\uff2f"]
    frame = read_cases(as_csv([["case_id", "ocd"], *([f"V{at}", cell] for at, cell in enumerate(given))]))
    assert frame["ocd"].tolist() == ["no"] * len(given)
    assert repairs_of(frame) == [("ocd", 'read as "no"', "4, 7-8, 10"), ("ocd", "removed spaces around the text", "5-6, 9")]


def test_the_words_of_earlier_pages_are_still_read() -> None:
    """Labels and questions change; a table that somebody filled in before keeps its answers."""
    header = ["case_id", "Psychotic disorder (past or present)", "time since the last attempt", "suicide_attempts"]
    frame = read_cases(as_csv([header, ["V1", *("Another primary psychotic disorder", "Within three months", "One attempt")]]))
    assert frame[["psychotic_disorder", "last_attempt", "suicide_attempts"]].loc[0].tolist() == [
        "other_primary",
        "within_three_months",
        "single",
    ]


def test_a_label_or_another_spelling_is_read_as_its_option() -> None:
    names = ["case_id", "bpd_diagnosis", "bipolar_disorder", "suicide_attempts", "structured_therapy", "psychotic_disorder"]
    rows = [names, ["V1", "current", "Not stabilized", "One attempt", "Stabilized after DBT", "NONE"]]
    frame = read_cases(as_csv([*rows, ["V2", "", "NOT-STABILIZED"]]))
    assert frame.loc[0, names[2:]].tolist() == ["not_stabilized", "single", "stabilized_after_dbt", "none"]
    assert frame.loc[1, "bipolar_disorder"] == "not_stabilized"


def test_what_could_mean_something_else_is_never_mended() -> None:
    given = ["nope", "none of it", "0", "no no", "not", "unsure", "not at present"]
    found = problems_of(as_csv([["case_id", "ocd"], *([f"V{at}", cell] for at, cell in enumerate(given))]))
    assert [(one["row"], one["column"]) for one in found] == [(row, "ocd") for row in range(2, len(given) + 2)]


def test_yes_and_no_as_people_and_check_boxes_write_them() -> None:
    """Only where these are the answers; what stands for nothing is not recorded, in every question, and all of it is told."""
    given = ["y", "Y", "TRUE", "n", "False", "N/A", "?", "-", "not recorded", "unknown", "NA", "null", True, False, None]
    frame = read_cases(as_workbook([["case_id", "ocd"], *([f"V{at}", cell] for at, cell in enumerate(given))]))
    assert frame["ocd"].astype(object).fillna("").tolist() == ["yes"] * 3 + ["no"] * 2 + [""] * 7 + ["yes", "no", ""]
    assert [rows for _, _, rows in repairs_of(frame)] == ["2-4, 14", "5-6, 15", "7-13"]
    assert only_problem(as_csv([["case_id", "psychotic_disorder"], ["V1", "yes"]]))["row"] == 2


def test_the_names_that_pages_and_people_use_are_names_of_columns() -> None:
    """A label, a question or a usual word; told. A person's own column is named and left out whole, a misspelled one is not."""
    header = ["Case", "Your label", "How sure are you?", "Why", "OCD", "Author", "rowan@example.org"]
    frame = read_judgments(as_csv([header, ["V1", "R1", "high", "a reason", "Yes", "=1+1", "Dr. Rowan"]]))
    assert frame.loc[0, ["case_id", "rater", "confidence", "comment", "ocd"]].tolist() == ["V1", "R1", "high", "a reason", "yes"]
    (told,) = [said for column, said, _ in repairs_of(frame) if not column]
    assert told == words("table.notice_left_out", names="Author, \u2026")
    assert only_problem(as_csv([["case_id", "bipolar_disorde"], ["V1", "none"]]))["column"] == "bipolar_disorde"


def test_column_names_are_mended_and_that_is_told() -> None:
    frame = read_cases("\ufeff Case ID ,“OCD”,Outside-Scope\nV1,no,no\n".encode())
    assert frame.loc[0, ["case_id", "ocd", "outside_scope"]].tolist() == ["V1", "no", "no"]
    assert [name for name, _, rows in repairs_of(frame)] == ["case_id", "ocd", "outside_scope"]


def test_labels_of_cases_stay_as_they_are_typed() -> None:
    """Leading zeros, what looks like a number, a month or a part of a date."""
    given = ["007", "7", "1E5", "3-4", "03-May", "7.0", "TRUE"]
    assert list(read_cases(as_csv([["case_id"], *([one] for one in given)]))["case_id"]) == given
    assert list(read_cases(as_workbook([["case_id"], *([one] for one in given)]))["case_id"]) == given


def test_a_cell_that_was_turned_into_a_date_is_a_problem() -> None:
    """What was typed cannot be known any more."""
    values = [dt.date(2024, 5, 3), dt.datetime(2024, 5, 3, 9, 30), dt.time(9, 30)]  # noqa: DTZ001
    found = problems_of(as_workbook([["case_id", "title"], *([f"V{at}", value] for at, value in enumerate(values))]))
    assert [(one["row"], one["column"]) for one in found] == [(2, "title"), (3, "title"), (4, "title")]
    assert "Format the column as text" in found[0]["remedy"]


@pytest.mark.parametrize("kind", FORMATS)
def test_a_missing_cell_is_never_read_as_an_answer(kind: str) -> None:
    """Empty, or in a column that is not there: not recorded, and every completion stays possible."""
    answers = {name: field.options[-1].name for name, field in kapnb.fields.items() if field.always}
    dropped = list(answers)[::4]
    rows = [["V0"], *([f"V{at}", *(cell for one, cell in answers.items())] for at in range(1, len(dropped) + 1))]
    for row, name in zip(rows[1:], dropped, strict=True):
        row[list(answers).index(name) + 1] = ""
    rows[0] += [""] * len(answers)
    said = assess_table(read_cases(FORMATS[kind]([["case_id", *answers], *rows]))).astype(str)
    for at, name in enumerate(dropped, 1):
        alone = kapnb.assess({one: answer for one, answer in answers.items() if one != name})
        assert said.iloc[at, :3].tolist() == [str(alone.outcome), str(alone.most_cautious), str(alone.least_cautious)]
    for nothing in (said.loc[0], assess_table(read_cases(FORMATS[kind]([["case_id"], ["V0"]]))).loc[0]):
        assert (nothing["outcome"], nothing["least_cautious"]) == ("clarify_first", "may_be_considered")


# --- limits ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FORMATS)
def test_too_many_rows_or_columns(kind: str) -> None:
    """Also where one cell alone stands far out."""
    data = FORMATS[kind](practice_rows())
    assert len(read_cases(data, most_rows=46)) == 46
    problem = only_problem(data, most_rows=45)
    assert (problem["row"], "45 rows" in problem["problem"]) == (0, True)
    names = [f"name_{number}" for number in range(101)]
    assert "100 columns" in only_problem(FORMATS[kind]([names, names]))["problem"]
    assert "100 columns" in only_problem(as_workbook([["case_id"], ["V1"], [*[None] * 5_000, "far out"]]))["problem"]


def test_too_many_bytes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("kapnb.tables.files.MOST_BYTES", 1024**2)
    data = b"case_id\n" + b"V" * 1024**2
    assert "1 MB" in only_problem(data)["problem"]
    path = tmp_path / "large.csv"
    path.write_bytes(data)
    assert "1 MB" in only_problem(path)["problem"]


def test_a_workbook_that_unpacks_to_far_more_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A zip bomb: what it claims is looked at first."""
    monkeypatch.setattr("kapnb.tables.workbooks.MOST_UNPACKED", 20 * 1024**2)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"")
        with archive.open("xl/worksheets/sheet1.xml", "w") as part:
            for _ in range(21):
                part.write(bytes(1024**2))
    assert len(file.getvalue()) < 1024**2
    assert "unpack" in only_problem(file.getvalue())["problem"]


def test_an_error_says_everything_and_is_of_the_family() -> None:
    with pytest.raises(kapnb.KapnbError) as caught:
        read_cases(as_csv([["case_id", "ocd"], *(["", "perhaps"] for _ in range(60))]))
    assert isinstance(caught.value, CaseTableError)
    assert len(caught.value.problems) == 120
    assert "70" in str(caught.value).splitlines()[-1]
    assert not caught.value.unreadable
