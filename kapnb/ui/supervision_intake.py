"""What is on the table: the gate, the example, the files, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from kapnb.group.state import MOST_CASES, MOST_JUDGMENTS, Dataset
from kapnb.text.html import Html, element, join
from kapnb.text.words import words
from kapnb.ui.controls import button, cases_gate, details, file, scroll_box, table
from kapnb.ui.page import MOST_BYTES

if TYPE_CHECKING:  # what reads tables is imported when a table is read
    from kapnb.group.upload import Upload
    from kapnb.tables.problems import TableProblem
    from kapnb.tables.sheets import Repair

SHOWN: Final = 200
"""How many problems of a table are listed here."""

MOST_ALLOWED: Final = 8
"""A longer list of what is allowed is folded away."""

FILES: Final = ("cases", "judgments")


@dataclass(frozen=True)
class Intake:
    """The state of this part.

    Attributes:
        invented: somebody has confirmed that the cases are invented; nothing is read before.
        files: the content of the tables that were chosen.
        busy: the tables are being read.
        done: rows read so far.
        opened: what is open, in words.
        refused: why a file could not be taken at all, in words.
        replaced: that a file took the place of one that was chosen before, in words.
        upload: what came of the last reading.
        round: grows when files that were chosen before are put away, so that the page does not name them any more.
    """

    invented: bool = False
    files: Mapping[str, bytes] = field(default_factory=dict)
    busy: bool = False
    done: int = 0
    opened: str = ""
    refused: str = ""
    replaced: str = ""
    upload: Upload | None = None
    round: int = 0


def opened_words(dataset: Dataset) -> str:
    """What is open."""
    judgments = dataset.everything
    counts = {"cases": dataset.cases, "judgments": judgments, "raters": {one.rater for one in judgments}}
    key = "opened_judgments" if judgments else "opened"
    return words(f"supervision_page.{key}", **{name: f"{len(found):,}" for name, found in counts.items()})


def intake_words(intake: Intake) -> str:
    """Where things stand, as it is spoken."""
    if intake.busy:
        return words("supervision_page.reading")
    counts = [f"{_count_problems(name, found)}." for name, found in intake.upload.problems.items()] if intake.upload else []
    return " ".join(filter(None, (intake.refused, intake.replaced, *counts, intake.opened)))


def _count_problems(name: str, problems: Sequence[TableProblem]) -> str:
    return words(f"supervision_page.problems_{name}", count=f"{len(problems):,}")


def write_intake(intake: Intake) -> Html:
    """The gate, or what comes after it."""
    if not intake.invented:
        return cases_gate("supervision", "invented-cases")
    style, upload = None if intake.opened else "firm", intake.upload
    example = element(
        "section",
        element("h3", words("supervision_page.example")),
        element("p", words("supervision_page.example_text"), class_="hint"),
        button(words("supervision_page.example_open"), "example", enabled=not intake.busy, class_=style),
        class_="panel source",
    )
    limits = {"size": MOST_BYTES // 1024**2, "cases": f"{MOST_CASES:,}", "judgments": f"{MOST_JUDGMENTS:,}"}
    empty = [button(words(f"supervision_page.empty_{name}"), "empty", name, class_="quiet") for name in FILES]
    if "judgments" in intake.files:
        empty.append(button(words("supervision_page.leave_judgments"), "leave", class_="quiet"))
    own = element(
        "section",
        element("h3", words("supervision_page.own")),
        element("div", *(_write_file(name, intake.round) for name in FILES), class_="files"),
        element("p", words("supervision_page.own_text", **limits), class_="hint", id="supervision-limits"),
        element("div", *empty, class_="tools"),
        class_="panel source",
    )
    return join(
        (
            element("h2", words("supervision_page.tables"), id="supervision-tables", tabindex="-1", data_focus=True),
            element("div", example, own, class_="sources"),
            element("div", *_write_standing(intake), class_="standing"),
            *(_write_upload(upload) if upload else ()),
        )
    )


def _write_file(name: str, number: int) -> Html:
    chooser = file(
        f"supervision-file-{name}",
        words(f"supervision_page.file_{name}"),
        action="file",
        name=name,
        accept=".csv,.tsv,.txt,.xlsx,.json,.parquet",
        most=MOST_BYTES,
        aria_describedby="supervision-limits",
    )
    return element("div", chooser, class_="pick", id=f"supervision-pick-{name}-{number}")


def _write_standing(intake: Intake) -> Iterator[Html]:
    if intake.busy:
        said = words(f"supervision_page.{'reading_rows' if intake.done else 'reading'}", done=f"{intake.done:,}")
        bar = element("progress", aria_label=words("supervision_page.reading_bar"))
        yield element("div", bar, element("span", said, class_="tally", aria_hidden="true"), class_="progress")
    if intake.refused:
        yield element("p", intake.refused, class_="refused")
    if intake.replaced:
        yield element("p", intake.replaced, class_="hint")
    if intake.opened and not intake.busy:
        kept = intake.refused or (intake.upload and not intake.upload.dataset)
        more = words("supervision_page.kept_open") if kept else ""
        yield element("p", f"{intake.opened} {more}".strip(), class_="opened")


def _write_upload(upload: Upload) -> Iterator[Html]:
    yield from (_write_problems(name, upload) for name in upload.problems)
    if any(upload.repairs.values()):
        yield _write_repairs(upload.repairs)


def _write_problems(name: str, upload: Upload) -> Html:
    problems, tools = upload.problems[name], None
    head = tuple(words(f"supervision_page.problem_{one}") for one in ("row", "column", "problem", "allowed", "remedy"))
    shown = table(head, map(_write_problem, problems[:SHOWN]), label=_count_problems(name, problems), class_="problems")
    more = words("supervision_page.problems_more", shown=f"{SHOWN:,}") if len(problems) > SHOWN else None
    if name in upload.markable:
        hint = element("span", words("supervision_page.marked_text"), class_="hint")
        tools = element("div", button(words("supervision_page.marked"), "marked", name), hint, class_="tools")
    return element(
        "section",
        element("h3", _count_problems(name, problems), id=f"supervision-problems-{name}"),
        element("p", words(f"supervision_page.{'judgments_left' if upload.dataset else 'cases_left'}")),
        scroll_box(shown, words("supervision_page.problems_region")),
        element("p", more, class_="hint") if more else None,
        tools,
        class_="wrong",
        id=f"supervision-wrong-{name}",
    )


def _write_problem(problem: TableProblem) -> tuple[str, ...]:
    """A row; a long list is one step away."""
    number = f"{problem.row:,}" if problem.row else words("supervision_page.whole_file")
    allowed = problem.allowed
    if (count := allowed.count(", ") + 1) > MOST_ALLOWED:
        allowed = details(words("supervision_page.allowed_many", count=count), allowed)
    return number, problem.column, problem.problem, allowed, problem.remedy


def _write_repairs(repairs: Mapping[str, Sequence[Repair]]) -> Html:
    parts = []
    for name, found in repairs.items():
        if found:
            parts.append(element("h3", words(f"supervision_page.of_{name}")))
            parts.append(element("ul", *(element("li", say_repair(one)) for one in found)))
    count = sum(map(len, repairs.values()))
    return details(words("supervision_page.repairs", count=count), *parts, class_="repairs")


def say_repair(repair: Repair) -> str:
    """What was mended, and where."""
    where = words("supervision_page.repair_where", column=repair["column"]) if repair["column"] else ""
    rows = words("supervision_page.repair_rows", rows=repair["rows"]) if repair["rows"] else ""
    return words("supervision_page.repair", where=where, repair=repair["repair"], rows=rows)
