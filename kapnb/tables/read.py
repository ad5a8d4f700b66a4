"""Read a table: normalize its texts and check them; gives a typed frame, or everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from kapnb.engine.earlier import list_earlier, list_new
from kapnb.engine.edition import Edition, load_guidance
from kapnb.limits import PACK
from kapnb.tables.check import check_table
from kapnb.tables.columns import LATER, load_table
from kapnb.tables.files import Source, read_sheet
from kapnb.tables.normalize import normalize
from kapnb.tables.sheets import MOST_ROWS, Progress, Sheet
from kapnb.text.earlier import describe_edition, describe_replays
from kapnb.text.words import words


def read_cases(
    source: Source, edition: Edition | None = None, *, most_rows: int = MOST_ROWS, progress: Progress | None = None
) -> pd.DataFrame:
    """Read a table of invented cases: CSV, XLSX, JSON, or Parquet where pyarrow is installed; or check a frame of your own.

    Args:
        source: a path, the content of a file, or a frame.
        edition: the guidance whose questions are the columns, by default the bundled one.
        most_rows: a larger table is refused.
        progress: called with the rows done and, where known, all rows; 0 where not.

    Returns:
        One row a case, with every column of the case table in its order. Each field is a Categorical with its options
        in the order of the page; a missing value is not recorded. ``frame.attrs["repairs"]`` lists what was repaired on the way.

    Raises:
        CaseTableError: with every problem as a row of ``problems``.
    """
    return read_table("cases", source, None, edition, most_rows=most_rows, progress=progress)


def read_judgments(
    source: Source, cases: pd.DataFrame | None = None, edition: Edition | None = None, **options: Any
) -> pd.DataFrame:
    """Read a table of judgments: who concluded what of which case. A missing outcome is a judgment not completed.

    Args:
        source: as for :func:`read_cases`, and so are the other options and what is raised.
        cases: the case table; a judgment on a case that is not in it is then a problem.
        edition: the guidance whose rules may be named as deciding.
        options: ``most_rows`` and ``progress``.
    """
    return read_table("judgments", source, cases, edition, **options)


def read_responses(
    source: Source, cases: pd.DataFrame | None = None, edition: Edition | None = None, **options: Any
) -> pd.DataFrame:
    """Read a table of responses: what each rater makes of an answer that a follow-up adds. As :func:`read_judgments`."""
    return read_table("responses", source, cases, edition, **options)


def read_table(
    kind: str,
    source: Source,
    cases: pd.DataFrame | None = None,
    edition: Edition | None = None,
    *,
    most_rows: int = MOST_ROWS,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Read a table of any kind: ``cases``, ``judgments`` or ``responses``."""
    edition = edition or load_guidance(PACK).bind()
    table = load_table(kind, edition)
    sheet = read_sheet(source, table, most_rows, progress)
    texts = normalize(sheet, table)
    known = None if cases is None else list(cases["case_id"])
    frame = check_table(texts, table, known, sheet.problems, sheet.header_row).reset_index(drop=True)
    frame.attrs |= {"earlier": tell_earlier(sheet, {*texts}, edition), "repairs": sheet.repairs}
    return frame


def tell_earlier(sheet: Sheet, columns: set[str], edition: Edition) -> str:
    """The number of the earlier edition that a table is from, once said; nothing where it is of today.

    An older table has a column for every question of its time and for no other, or an answer that has another name today.
    """
    fields, number = edition.fields, ""
    for earlier in list_earlier(edition.guidance):
        if sheet.old or fields.keys() & columns == fields.keys() - {*list_new(fields, earlier)}:
            number = earlier
            sheet.mend("", describe_edition(edition, number), [])
            break
    if {"outcome", "comment"} <= columns and not columns & {*LATER}:
        sheet.mend("comment", words("table.notice_comment"), [])
    return number


def replay_rows(frame: pd.DataFrame, edition: Edition | None = None) -> Iterator[str]:
    """For a case table of an earlier edition, one line for each case whose outcome moved, with why; for any other table nothing."""
    edition = edition or load_guidance(PACK).bind()
    if number := frame.attrs.get("earlier"):
        rows = list_rows(frame)
        cases = ((row["case_id"], {name: row[name] for name in edition.fields if name in row}) for row in rows)
        yield from describe_replays(cases, edition, number)


def list_rows(frame: pd.DataFrame) -> list[dict[str, str]]:
    """The rows of a table that was read, as texts; what is missing is left out."""
    return [{str(name): cell for name, cell in row.items() if isinstance(cell, str) and cell} for row in frame.to_dict("records")]
