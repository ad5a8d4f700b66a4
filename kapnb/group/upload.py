"""Read the tables that a supervisor uploads: cases and, where there are any, judgments. What is wrong with either is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from kapnb.engine.edition import Edition
from kapnb.group.state import MOST_CASES, MOST_JUDGMENTS, Dataset, make_dataset
from kapnb.tables.marking import can_be_marked
from kapnb.tables.problems import CaseTableError, TableProblem
from kapnb.tables.read import list_rows, read_cases, read_judgments
from kapnb.tables.sheets import Repair


@dataclass(frozen=True, eq=False)
class Upload:
    """What came of the files.

    Attributes:
        dataset: None where the case table cannot be used.
        problems: for each table with any, all of them.
        markable: the tables of which a marked copy can be made.
        repairs: for each table what was mended while reading.
    """

    dataset: Dataset | None = None
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
    frames: dict[str, Any] = {}
    errors: dict[str, CaseTableError] = {}

    def read(name: str, reader: Callable[..., Any], most_rows: int) -> None:
        try:
            frames[name] = reader(edition=edition, most_rows=most_rows, progress=lambda done, _whole: progress(done))
        except CaseTableError as error:
            errors[name] = error

    read("cases", partial(read_cases, files["cases"]), MOST_CASES)
    if "judgments" in files:
        read("judgments", partial(read_judgments, files["judgments"], frames.get("cases")), MOST_JUDGMENTS)
    judged = list_rows(frames["judgments"]) if "judgments" in frames else ()
    return Upload(
        make_dataset(list_rows(frames["cases"]), judged, edition).prepare() if "cases" in frames else None,
        {name: error.listed for name, error in errors.items()},
        frozenset(name for name, error in errors.items() if can_be_marked(error)),
        {name: frame.attrs["repairs"] for name, frame in frames.items()},
    )
