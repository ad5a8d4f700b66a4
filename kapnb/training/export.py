"""Hand judgments to a supervisor: a deliberate act, under a label that the trainee invents.

Nothing leaves a training by itself. What is exported are rows of the judgments table and the responses table, as the supervision
page and :func:`kapnb.read_judgments` read them. Open drafts stay at home, and so does what the library does not know any more.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from kapnb.engine.fields import load_fields
from kapnb.engine.problems import Problem
from kapnb.engine.records import read_record
from kapnb.paths import schemas
from kapnb.text.characters import make_writable
from kapnb.text.words import words
from kapnb.training.checking import TrainingError, find_text_problems
from kapnb.training.library import Vignette
from kapnb.training.session import Attempt, Training

JUDGMENTS: Final = "judgments_table.yaml"
RESPONSES: Final = "responses_table.yaml"
CASES: Final = "case_table.yaml"
MOST_LABEL: Final = 40

Row = Mapping[str, str]


def export_judgments(training: Training, rater: str) -> tuple[Row, ...]:
    """A row for each commitment, with the columns of the judgments table; what is not recorded is empty.

    Args:
        training: of which the items set aside are left out.
        rater: an invented label, such as R1.

    Raises:
        TrainingError: when the label is empty, too long, or looks as if it could identify someone.
    """
    label, columns = check_label(rater), columns_of(JUDGMENTS)
    return tuple(_fill(columns, _judgment(one, label)) for one in training.present if not one.open)


def export_responses(training: Training, rater: str) -> tuple[Row, ...]:
    """A row for each response to a follow-up, with the columns of the responses table.

    Raises:
        TrainingError: as for :func:`export_judgments`.
    """
    label, columns = check_label(rater), columns_of(RESPONSES)
    return tuple(_fill(columns, row) for one in training.present for row in _responses(one, label))


def export_cases(vignettes: Iterable[Vignette]) -> tuple[Row, ...]:
    """A row for each vignette, with the columns of the case table: judgments are compared with it. It tells every answer."""
    texts = ((one, {"case_id": one.id, "title": one.title, "vignette": one.story, "note": one.debrief}) for one in vignettes)
    return tuple(_fill(columns_of(CASES), {**head, **one.answers}) for one, head in texts)


def as_csv(rows: Sequence[Row], table: str = JUDGMENTS) -> bytes:
    """The rows as a CSV file, header first, with the mark by which a spreadsheet knows UTF-8; nothing in it is run."""
    from kapnb.tables.repairing import neutralize  # only now: tables are heavy

    text = io.StringIO(newline="")
    columns = columns_of(table)
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([neutralize(make_writable(row[name])) for name in columns] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def columns_of(table: str) -> tuple[str, ...]:
    """The columns of a table, of which ``schemas/`` holds the list."""
    names = (record.text("name") for record in read_record(schemas() / table, TrainingError).records("columns"))
    return tuple(name for one in names for name in (load_fields() if one == "all_fields" else (one,)))


def check_label(rater: str) -> str:
    """The label without blanks around it.

    Raises:
        TrainingError: when it cannot stand for a rater.
    """
    where, remedy = words("training.label"), words("training.remedy_label")
    problems = [Problem(where, one.what, one.allowed, remedy) for one in find_text_problems(where, rater, MOST_LABEL)]
    if not problems and not rater.strip().isprintable():
        problems.append(Problem(where, words("case.not_text"), remedy=remedy))
    if problems:
        raise TrainingError(problems)
    return rater.strip()


def _judgment(attempt: Attempt, rater: str) -> dict[str, str]:
    judgment = attempt.as_judgment(rater)
    return {
        "case_id": judgment.case_id,
        "rater": judgment.rater,
        "outcome": str(judgment.outcome or ""),
        "confidence": str(judgment.confidence or ""),
        "deciding_finding": judgment.deciding_finding,
        "comment": judgment.comment,
        **(judgment.own or {}),
    }


def _responses(attempt: Attempt, rater: str) -> Iterator[dict[str, str]]:
    pairs = load_fields().pairs
    for one in attempt.responses.values():
        if (one.field, one.answer) in pairs:
            head = {"case_id": attempt.item.id, "rater": rater}
            yield {**head, "field": one.field, "answer": one.answer, "response": str(one.response)}


def _fill(columns: Sequence[str], row: Row) -> Row:
    return {name: row.get(name, "") for name in columns}
