"""Whatever a file holds: a frame or problems, never a traceback, never a silent change.

Set KAPNB_FUZZ to a number of files to look at more.
"""

from __future__ import annotations

import io
import os
import random
import zipfile
from typing import Any

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from kapnb import CaseTableError, fields, read_cases, read_judgments, read_responses
from kapnb.tables.columns import TABLES
from kapnb.tables.template import make_template
from kapnb.tables.write import write_csv
from tests.tables import FORMATS, as_csv, practice_rows, read_runs

FILES = int(os.environ.get("KAPNB_FUZZ", "60"))
READERS = [read_cases, read_judgments, read_responses]


def outcome_of(data: bytes, read: Any = read_cases) -> pd.DataFrame | None:
    """The frame, or None where there are problems; anything else that is raised fails the test."""
    try:
        frame = read(data)
    except CaseTableError as error:
        failure = error
    else:
        assert isinstance(frame, pd.DataFrame)
        return frame
    assert list(failure.problems) == ["row", "column", "problem", "allowed", "remedy"]
    assert len(failure.problems) > 0
    assert (failure.problems["problem"] != "").all()
    assert str(failure)
    return None


HEADS = [b"", *b"PK\x03\x04 PK\x05\x06 \xd0\xcf\x11\xe0 PAR1 %PDF [ { [{ \xff\xfe \xfe\xff \xef\xbb\xbf".split(b" ")]


@given(
    head=st.sampled_from(HEADS),
    data=st.binary(max_size=400) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
    read=st.sampled_from(READERS),
)
@example(head=b"\xef\xbb\xbf", data=b"\x0b", read=read_cases)
@settings(max_examples=60, deadline=None)
def test_any_bytes(head: bytes, data: bytes, read: Any) -> None:
    """Also behind the mark of a known kind."""
    outcome_of(head + data, read)


# --- mutations of real files -----------------------------------------------------------------------------

REAL = [make(practice_rows()[:6]) for make in FORMATS.values()]
REAL += [as_csv(practice_rows()[:6], separator, encoding) for separator, encoding in ((";", "utf-16"), ("\t", "latin-1"))]
REAL += [make_template(name, ending=".csv") for name in TABLES]
PIECES = [b"", *b"\0 \" , ; \n \r ' = \xff \xc3\xa9 none NO < [ } \x1a".split(b" "), b"9" * 30]


def mutate(data: bytes, chance: random.Random) -> bytes:
    """Cut, double, replace or shuffle a few places."""
    for _ in range(chance.choice([1, 1, 2, 5, 20])):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.choice([0, 1, 1, 4, 30]))
        piece = chance.choice([chance.choice(PIECES), bytes([chance.randrange(256)]), data[start:end] * 2, data[:start][-20:]])
        data = data[:start] + piece + data[end:]
    return data if chance.random() < 0.95 else data[: chance.randrange(len(data) + 1)]


def mutate_inside(data: bytes, chance: random.Random) -> bytes:
    """A workbook of which one part is mutated, packed again as it should be."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w") as new:
        chosen = chance.choice([name for name in old.namelist() if "xl/" in name])
        for name in old.namelist():
            new.writestr(name, mutate(old.read(name), chance) if name == chosen else old.read(name))
    return file.getvalue()


@pytest.mark.slow
def test_mutations_of_real_files() -> None:
    """The same ones in the same order each time."""
    chance, frames = random.Random(20), 0
    for tried in range(FILES):
        real = chance.choice(REAL)
        mutated = (mutate_inside if real.startswith(b"PK") and chance.random() < 0.8 else mutate)(real, chance)
        frame = outcome_of(mutated, chance.choice([*[read_cases] * 4, *READERS]))
        frames += frame is not None
        if frame is not None and "vignette" in frame and tried % 5 == 0:
            assert_frame_equal(read_cases(write_csv(frame)), frame)
    assert 0 < frames < FILES  # some mutations do no harm, most do


# --- never a silent change -------------------------------------------------------------------------------

NAMES = ["case_id", "note", "ocd", "psychotic_disorder", "outside_scope"]
yes_or_no = st.sampled_from(["", "no", "yes", "NO", " no", "Yes\u00a0", "\u201cno\u201d", "\tno\r\n", "No\u200b"])
disorders = st.sampled_from(["", "none", "NONE ", "Schizophrenia", "other-primary", "Another primary psychotic disorder"])
notes = st.sampled_from(["=1", "'=1", " a ", "a\r\nb", "'", "-1", "\n-x"]) | st.text(
    st.characters(exclude_categories=["C"]), max_size=5
)


@given(
    rows=st.lists(st.tuples(notes, yes_or_no, disorders, yes_or_no), min_size=4, max_size=16), kind=st.sampled_from(["csv", "json"])
)
@settings(max_examples=15, deadline=None)
def test_what_differs_from_the_file_is_reported(rows: list[tuple[str, ...]], kind: str) -> None:
    """Each cell is as in the file, or a repair names its column and its row."""
    given_rows = [NAMES, *([f"V{at}", *row] for at, row in enumerate(rows))]
    frame = outcome_of(FORMATS[kind](given_rows))
    assert frame is not None
    assert not silent_changes(given_rows, frame)


def silent_changes(rows: list[list[str]], frame: pd.DataFrame) -> list[tuple[int, str]]:
    told = {(row, one["column"]) for one in frame.attrs["repairs"] for row in read_runs(one["rows"])}
    return [
        (number, name)
        for number, (row, read) in enumerate(zip(rows[1:], frame[rows[0]].astype(object).fillna("").to_numpy(), strict=True), 2)
        for name, before, after in zip(rows[0], row, read, strict=True)
        if before != after and (number, name) not in told and not is_label(name, before, after)
    ]


def is_label(name: str, before: str, after: str) -> bool:
    """Whether a cell holds the words that the pages show for the option it is read as."""
    return any(option.label == before and option.name == after for option in getattr(fields.get(name), "options", ()))


def test_a_silent_change_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted fault: a reader that mends options and tells nobody."""
    rows = [["case_id", "ocd"], ["V1", "NO"]]
    assert not silent_changes(rows, read_cases(as_csv(rows)))
    monkeypatch.setattr("kapnb.tables.sheets.Sheet.mend", lambda *_: None)
    assert silent_changes(rows, read_cases(as_csv(rows)))
