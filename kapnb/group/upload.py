"""Read the tables that a supervisor uploads: cases and, where there are any, judgments. What is wrong with either is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kapnb.engine.edition import Edition
from kapnb.group.state import LISTED, MOST_CASES, MOST_JUDGMENTS, Dataset, Row, list_cases, make_dataset
from kapnb.tables.assess import assess_table
from kapnb.tables.marking import can_be_marked
from kapnb.tables.normalize import Repair
from kapnb.tables.problems import CaseTableError, TableProblem
from kapnb.tables.read import list_rows, read_cases, read_judgments


@dataclass(frozen=True, eq=False)
class Upload:
    """What came of the files.

    Attributes:
        dataset: None where the case table cannot be used.
        listing: a row for each case that is listed.
        problems: for each table with any, all of them.
        markable: the tables of which a marked copy can be made.
        repairs: for each table what was mended while reading.
    """

    dataset: Dataset | None = None
    listing: tuple[Row, ...] = ()
    problems: Mapping[str, Sequence[TableProblem]] = field(default_factory=dict)
    markable: frozenset[str] = frozenset()
    repairs: Mapping[str, Sequence[Repair]] = field(default_factory=dict)


def read_files(files: Mapping[str, bytes], edition: Edition, progress: Callable[[int], None]) -> Upload:
    """Read the tables.

    Args:
        files: the content of ``cases`` and, where there is one, of ``judgments``.
        edition: what judges the cases.
        progress: is called from time to time with how many rows are done.
    """
    problems: dict[str, Sequence[TableProblem]] = {}
    repairs: dict[str, Sequence[Repair]] = {}
    markable: set[str] = set()
    frames: dict[str, Any] = {}

    def read(name: str, reader: Callable[[], Any]) -> None:
        try:
            frames[name] = reader()
            repairs[name] = frames[name].attrs["repairs"]
        except CaseTableError as error:
            problems[name] = error.listed
            if can_be_marked(error):
                markable.add(name)

    def count(done: int, _whole: int) -> None:
        progress(done)

    read("cases", lambda: read_cases(files["cases"], edition, most_rows=MOST_CASES, progress=count))
    cases = frames.get("cases")
    if "judgments" in files:
        read("judgments", lambda: read_judgments(files["judgments"], cases, edition, most_rows=MOST_JUDGMENTS, progress=count))
    if cases is None:
        return Upload(None, (), problems, frozenset(markable), repairs)
    judged = list_rows(frames["judgments"]) if "judgments" in frames else ()
    dataset = make_dataset(list_rows(cases), judged, edition)
    listing = list_cases(dataset, assess_table(cases.head(LISTED), edition).to_dict("records"))
    return Upload(dataset, listing, problems, frozenset(markable), repairs)
