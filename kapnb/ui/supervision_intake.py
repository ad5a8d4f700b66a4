"""What is on the table: the gate, the example, the files, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from kapnb.group.state import MOST_CASES, MOST_JUDGMENTS
from kapnb.text.html import Html, element, join
from kapnb.text.words import words
from kapnb.ui.controls import button, cases_gate, details, file
from kapnb.ui.page import MOST_BYTES

if TYPE_CHECKING:  # what reads tables is imported when a table is read
    from kapnb.tables.normalize import Repair
    from kapnb.tables.problems import TableProblem

SHOWN: Final = 200
"""How many problems of a table are listed here."""

MOST_ALLOWED: Final = 8
"""A longer list of what is allowed is folded away."""

FILES: Final = ("cases", "judgments")
COLUMNS: Final = ("row", "column", "problem", "allowed", "remedy")


@dataclass(frozen=True)
class Intake:
    """The state of this part.

    Attributes:
        invented: somebody has confirmed that the cases are invented; nothing is read before.
        busy: the tables are being read.
        done: rows read so far.
        opened: what is open, in words.
        refused: files that could not be taken at all, each with the reason in words.
        problems: for each table with any, all of them.
        markable: the tables of which a marked copy can be made.
        repairs: for each table what was mended while reading.
        replaced: that a file took the place of one that was chosen before.
        judged: a judgments table is at hand, whatever is wrong with it.
        round: grows when files that were chosen before are put away, so that the page does not name them any more.
    """

    invented: bool = False
    busy: bool = False
    done: int = 0
    opened: str = ""
    refused: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, Sequence[TableProblem]] = field(default_factory=dict)
    markable: frozenset[str] = frozenset()
    repairs: Mapping[str, Sequence[Repair]] = field(default_factory=dict)
    replaced: str = ""
    judged: bool = False
    round: int = 0


def intake_words(intake: Intake) -> str:
    """Where things stand, as it is spoken."""
    if intake.busy:
        return words("supervision_page.reading")
    counts = [
        words(f"supervision_page.problems_{name}", count=f"{len(found):,}") + "."
        for name, found in intake.problems.items()
        if found
    ]
    return " ".join(filter(None, (*intake.refused.values(), intake.replaced, *counts, intake.opened)))


def write_intake(intake: Intake) -> Html:
    """The gate, or what comes after it."""
    return _write_tables(intake) if intake.invented else cases_gate("supervision", "invented-cases")


def _write_tables(intake: Intake) -> Html:
    size = MOST_BYTES // 1024**2
    example = element(
        "section",
        element("h3", words("supervision_page.example")),
        element("p", words("supervision_page.example_text"), class_="hint"),
        button(
            words("supervision_page.example_open"), "example", enabled=not intake.busy, class_=None if intake.opened else "firm"
        ),
        class_="panel source",
    )
    limits = {"size": size, "cases": f"{MOST_CASES:,}", "judgments": f"{MOST_JUDGMENTS:,}"}
    leave = button(words("supervision_page.leave_judgments"), "leave", class_="quiet")
    own = element(
        "section",
        element("h3", words("supervision_page.own")),
        element("div", *(_write_file(name, intake.round) for name in FILES), class_="files"),
        element("p", words("supervision_page.own_text", **limits), class_="hint", id="supervision-limits"),
        element("div", *map(_write_empty, FILES), leave if intake.judged else None, class_="tools"),
        class_="panel source",
    )
    head = element("h2", words("supervision_page.tables"), id="supervision-tables", tabindex="-1", data_focus=True)
    return join(
        (
            head,
            element("div", example, own, class_="sources"),
            element("div", _write_progress(intake), *_write_state(intake), class_="standing"),
            *(_write_problems(name, intake) for name in FILES if intake.problems.get(name)),
            _write_repairs(intake.repairs) if any(intake.repairs.values()) else None,
        )
    )


def _write_file(name: str, number: int) -> Html:
    key = f"supervision-file-{name}"
    chooser = file(
        key,
        words(f"supervision_page.file_{name}"),
        action="file",
        name=name,
        accept=".csv,.tsv,.txt,.xlsx,.json,.parquet",
        most=MOST_BYTES,
        aria_describedby="supervision-limits",
    )
    return element("div", chooser, class_="pick", id=f"supervision-pick-{name}-{number}")


def _write_empty(name: str) -> Html:
    return button(words(f"supervision_page.empty_{name}"), "empty", name, class_="quiet")


def _write_progress(intake: Intake) -> Html | None:
    if not intake.busy:
        return None
    key, done = ("reading_rows", f"{intake.done:,}") if intake.done else ("reading", "")
    said = words(f"supervision_page.{key}", done=done)
    bar = element("progress", aria_label=words("supervision_page.reading_bar"))
    return element("div", bar, element("span", said, class_="tally", aria_hidden="true"), class_="progress")


def _write_state(intake: Intake) -> Iterator[Html]:
    for reason in intake.refused.values():
        yield element("p", reason, class_="refused")
    if intake.replaced:
        yield element("p", intake.replaced, class_="hint")
    if intake.opened and not intake.busy:
        kept = "cases" in intake.problems or intake.refused
        more = words("supervision_page.kept_open") if kept else ""
        yield element("p", f"{intake.opened} {more}".strip(), class_="opened")


def _write_problems(name: str, intake: Intake) -> Html:
    problems = intake.problems[name]
    marked = button(words("supervision_page.marked"), "marked", name)
    left = "judgments_left" if name == "judgments" and "cases" not in intake.problems else "cases_left"
    names = (element("th", words(f"supervision_page.problem_{one}"), scope="col", role="columnheader") for one in COLUMNS)
    table = element(  # the roles hold where a narrow page shows each row as a block
        "table",
        element("thead", element("tr", *names, role="row"), role="rowgroup"),
        element("tbody", *map(_write_problem, problems[:SHOWN]), role="rowgroup"),
        class_="problems",
        role="table",
        aria_labelledby=f"supervision-problems-{name}",
    )
    more = words("supervision_page.problems_more", shown=f"{SHOWN:,}") if len(problems) > SHOWN else None
    said = words(f"supervision_page.problems_{name}", count=f"{len(problems):,}")
    return element(
        "section",
        element("h3", said, id=f"supervision-problems-{name}"),
        element("p", words(f"supervision_page.{left}")),
        element("div", table, class_="scroll", role="region", tabindex="0", aria_label=words("supervision_page.problems_region")),
        element("p", more, class_="hint") if more else None,
        element("div", marked, element("span", words("supervision_page.marked_text"), class_="hint"), class_="tools")
        if name in intake.markable
        else None,
        class_="wrong",
        id=f"supervision-wrong-{name}",
    )


def _write_problem(problem: TableProblem) -> Html:
    cells = (problem.column, problem.problem, _write_allowed(problem.allowed), problem.remedy)
    return element(
        "tr",
        element("th", *_write_row(problem.row), scope="row", role="rowheader"),
        *(element("td", cell, role="cell") for cell in cells),
        role="row",
    )


def _write_row(number: int) -> Iterator[str]:
    """The number; its name goes before it where the head of the column is not on view."""
    if number:
        yield element("span", words("supervision_page.problem_row") + " ", class_="narrow", aria_hidden="true")
    yield f"{number:,}" if number else words("supervision_page.whole_file")


def _write_allowed(allowed: str) -> str | Html:
    """What is allowed; a long list is one step away."""
    count = allowed.count(", ") + 1
    if count <= MOST_ALLOWED:
        return allowed
    return details(words("supervision_page.allowed_many", count=count), allowed)


def _write_repairs(repairs: Mapping[str, Sequence[Repair]]) -> Html:
    count = sum(map(len, repairs.values()))
    parts: list[Html] = []
    for name in FILES:
        if repairs.get(name):
            parts.append(element("h3", words(f"supervision_page.of_{name}")))
            parts.append(element("ul", *(element("li", say_repair(one)) for one in repairs[name])))
    return details(words("supervision_page.repairs", count=count), *parts, class_="repairs")


def say_repair(repair: Repair) -> str:
    """What was mended, and where."""
    where = words("supervision_page.repair_where", column=repair["column"]) if repair["column"] else ""
    rows = words("supervision_page.repair_rows", rows=repair["rows"]) if repair["rows"] else ""
    return words("supervision_page.repair", where=where, repair=repair["repair"], rows=rows)
