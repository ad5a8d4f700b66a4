"""Hand judgments to a supervisor: a deliberate act, under a label that the trainee invents.

Nothing leaves a training by itself. What is exported are rows of the judgments table and the responses table, as the supervision
page and :func:`kapnb.read_judgments` read them. Open drafts are left out, and so is what the library does not know any more.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Final

from kapnb.engine.fields import Dictionary
from kapnb.engine.problems import Problem
from kapnb.tables.columns import list_columns
from kapnb.text.characters import make_writable
from kapnb.text.words import words
from kapnb.training.errors import TrainingError, find_text_problems
from kapnb.training.library import Vignette
from kapnb.training.session import Training

JUDGMENTS: Final = "judgments"
RESPONSES: Final = "responses"
CASES: Final = "cases"
MOST_LABEL: Final = 40

Row = Mapping[str, str]


def export_judgments(training: Training, rater: str) -> tuple[Row, ...]:
    """A row of the judgments table for each commitment, under an invented label such as R1; what is not recorded is left out.

    Raises:
        TrainingError: when the label is empty, too long, or looks as if it could identify someone.
    """
    names, label = ("case_id", "rater", "outcome", "confidence", "deciding_finding", "comment"), _check_label(rater)
    judged = (one.as_judgment(training.edition, label) for one in training.present if not one.open)
    return tuple({**{name: str(getattr(one, name)) for name in names}, **(one.own or {})} for one in judged)


def export_responses(training: Training, rater: str) -> tuple[Row, ...]:
    """A row of the responses table for each response to a follow-up; the label as above."""
    label, pairs = _check_label(rater), training.edition.fields.pairs
    return tuple(
        {"case_id": attempt.item.id, "rater": label, "field": one.field, "answer": one.answer, "response": str(one.response)}
        for attempt in training.present
        for one in attempt.responses.values()
        if (one.field, one.answer) in pairs
    )


def export_cases(vignettes: Iterable[Vignette]) -> tuple[Row, ...]:
    """A row of the case table for each vignette: judgments are compared with it. It tells every answer."""
    return tuple(
        {"case_id": one.id, "title": one.title, "vignette": one.story, "note": one.debrief, **one.answers} for one in vignettes
    )


def as_csv(rows: Iterable[Row], table: str, fields: Dictionary) -> bytes:
    """The rows as a CSV file, header first, with the mark by which a spreadsheet knows UTF-8; no cell runs as a formula."""
    from kapnb.tables.normalize import neutralize  # only now: tables are heavy

    text = io.StringIO(newline="")
    columns = list_columns(table, fields)
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([neutralize(make_writable(row.get(name, ""))) for name in columns] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _check_label(rater: str) -> str:
    where, remedy = words("training.label"), words("training.remedy_label")
    problems = [Problem(where, one.what, one.allowed, remedy) for one in find_text_problems(where, rater, MOST_LABEL)]
    if not problems and not rater.strip().isprintable():
        problems.append(Problem(where, words("case.not_text"), remedy=remedy))
    if problems:
        raise TrainingError(problems)
    return rater.strip()
