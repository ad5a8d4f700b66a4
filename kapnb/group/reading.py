"""Read what a supervisor brings: a case table and, where there is one, a judgments table. What is wrong with either is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kapnb.engine.edition import Edition
from kapnb.group.room import LISTED, MOST_CASES, MOST_JUDGMENTS, Material, make_material, spread_words
from kapnb.tables.assess import assess_table
from kapnb.tables.listing import list_cases
from kapnb.tables.marking import can_be_marked, mark
from kapnb.tables.normalize import Repair
from kapnb.tables.problems import CaseTableError, TableProblem
from kapnb.tables.read import list_rows, read_cases, read_judgments
from kapnb.tables.template import make_template

Progress = Callable[[int], None]


@dataclass(frozen=True, eq=False)
class Brought:
    """What came of the files.

    Attributes:
        material: None where the case table cannot be used.
        listing: the list of cases, a frame.
        problems: for each table with any, all of them.
        markable: the tables of which a marked copy can be made.
        repairs: for each table what was mended while reading.
    """

    material: Material | None = None
    listing: Any = None
    problems: Mapping[str, Sequence[TableProblem]] = field(default_factory=dict)
    markable: frozenset[str] = frozenset()
    repairs: Mapping[str, Sequence[Repair]] = field(default_factory=dict)


def read_files(files: Mapping[str, bytes], edition: Edition, progress: Progress) -> Brought:
    """Read the tables.

    Args:
        files: the content of ``cases`` and, where there is one, of ``judgments``.
        edition: the guidance to ask.
        progress: told from time to time how many rows are done.
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
    if "judgments" in files:
        cases = frames.get("cases")
        read("judgments", lambda: read_judgments(files["judgments"], cases, edition, most_rows=MOST_JUDGMENTS, progress=count))
    if "cases" not in frames:
        return Brought(None, None, problems, frozenset(markable), repairs)
    cases = frames["cases"]
    judged = list_rows(frames["judgments"]) if "judgments" in frames else ()
    material = make_material(list_rows(cases), judged, edition)
    shown = cases.head(LISTED)
    spreads = {case_id: spread_words(given) for case_id, given in material.judgments.items()}
    reasons = {case_id: material.assess(case_id).reasons for case_id in material.listed}
    listing = list_cases(shown, assess_table(shown, edition), reasons, spreads, edition)
    return Brought(material, listing, problems, frozenset(markable), repairs)


def mark_file(name: str, data: bytes, problems: Sequence[TableProblem]) -> bytes:
    """The marked copy of one of the tables."""
    return mark(data, name, problems)


def make_empty(name: str) -> bytes:
    """An empty table to fill."""
    return make_template(name)
