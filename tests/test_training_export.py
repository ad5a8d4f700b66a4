"""Judgments handed to a supervisor: only when asked, under an invented label, and readable by the supervision room."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from kapnb import read_judgments
from kapnb.group.judgments import read_judgment
from kapnb.tables.read import read_responses
from kapnb.training.errors import TrainingError
from kapnb.training.export import JUDGMENTS, RESPONSES, as_csv, export_judgments, export_responses
from kapnb.training.follow_ups import count_responses
from kapnb.training.saving import load, save
from kapnb.training.session import annotate, begin, choose, go_to, respond, uncover
from tests.training import ATTEMPT, EDITION, FIELDS, LIBRARY, QUIET, change, judge

TRAINING = judge(begin(LIBRARY, LIBRARY), "not_at_present", "single_attempt", QUIET)
TRAINING = respond(respond(uncover(TRAINING), LIBRARY, 0, -2), LIBRARY, 1, 0)
TRAINING = annotate(annotate(TRAINING, '=1+1 was my first thought,\nor "so"; later it changed.'), "- and once more")
TRAINING = judge(go_to(TRAINING, "A2"), "clarify_first", "", ATTEMPT, "low")
TRAINING = choose(go_to(TRAINING, "A3"), "outcome", "not_recommended")


def test_judgments_come_back_as_they_were_committed() -> None:
    """Through the file and the checks of the supervision room, row by row; an open draft stays at home."""
    frame = read_judgments(as_csv(export_judgments(TRAINING, " R1 "), JUDGMENTS, FIELDS))
    read = [read_judgment(row, EDITION) for row in frame.to_dict("records")]
    assert read == [TRAINING.attempts[name].as_judgment(EDITION, "R1") for name in ("A1", "A2")]
    assert [one.case_id for one in read] == ["A1", "A2"]
    assert read[0].own == QUIET


def test_responses_come_back_as_they_were_given() -> None:
    frame = read_responses(as_csv(export_responses(TRAINING, "R1"), RESPONSES, FIELDS))
    assert count_responses(frame.to_dict("records")) == {
        ("A1", "substance_use_disorder", "active", "-2"): 1,
        ("A1", "psychological_assessment", "incomplete", "0"): 1,
    }


def test_a_spreadsheet_runs_nothing_of_it() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(export_judgments(TRAINING, "R1"), JUDGMENTS, FIELDS).decode("utf-8-sig"))))
    assert rows[0]["comment"].startswith("'=")


def test_what_is_set_aside_is_not_handed_over() -> None:
    """It was said of a story that this library does not have."""
    kept = load(save(TRAINING), change(without=("A1",))).training
    assert [row["case_id"] for row in export_judgments(kept, "R1")] == ["A2"]
    assert export_responses(kept, "R1") == ()


@pytest.mark.parametrize("label", ["  ", "x" * 41, "Dr. Winter", "R1\nR2", "R\ud83d", 7])
@pytest.mark.parametrize("export", [export_judgments, export_responses])
def test_a_label_is_invented_and_short(export: Any, label: Any) -> None:
    with pytest.raises(TrainingError) as caught:
        export(TRAINING, label)
    assert "such as R1" in str(caught.value)
    assert "Winter" not in str(caught.value)
