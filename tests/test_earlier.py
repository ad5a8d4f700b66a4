"""What edition 1 saved still opens: nothing is dropped, and the reader is told what was carried over, what moved, and why."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from kapnb import assess, read_cases
from kapnb.cli import main
from kapnb.engine import earlier
from kapnb.engine.earlier import Replay, carry, list_earlier, list_new, replay
from kapnb.tables.read import list_rows, read_judgments, replay_rows
from kapnb.text.cases import as_record, read_case
from kapnb.text.earlier import describe_case, describe_replay
from kapnb.text.words import words
from kapnb.training.saving import load
from kapnb.training.session import Responded
from kapnb.training.sets import gather, load_set, save_set
from kapnb.ui.assessment_state import State, load_file, read_kept
from tests import oracle
from tests.bundled import EDITION

DATA = Path(__file__).parent / "data" / "edition1"
ROWS = list(csv.DictReader((DATA / "outcomes.csv").read_text("utf-8").splitlines()))
"""220 cases with what edition 1 said of them, 44 for each outcome; partial ones and other readings among them."""


def answers_of(row: Mapping[str, str]) -> dict[str, str]:
    return carry({name: row[name] for name in EDITION.fields if row.get(name)}, EDITION.fields)


def readings_of(row: Mapping[str, str]) -> dict[str, str]:
    return dict(pair.split("=") for pair in row["readings"].split("; ") if pair)


# --- edition 1 as it was


def test_edition_1_says_what_it_said() -> None:
    """Over the questions of today, its rules give the outcome and the span that its own code gave."""
    for row in ROWS:
        then = earlier._open(EDITION.guidance, "1", tuple(readings_of(row).items())).assess(answers_of(row))
        said = (str(then.outcome), str(then.most_cautious), str(then.least_cautious))
        assert said == (row["outcome"], row["most_cautious"], row["least_cautious"]), row


def test_what_is_new() -> None:
    assert list_earlier(EDITION.guidance) == ("1",)
    assert list_new(EDITION.fields, "1") == ("current_mood_episode", "last_attempt")
    assert list_new(EDITION.fields, "2") == ()


def test_editions_are_numbers(tmp_path: Path) -> None:
    """The tenth comes after the second, whatever the alphabet says."""
    for number in ("10", "9", "2", "draft"):
        (tmp_path / f"edition_{number}.py").touch()
    assert list_earlier(replace(EDITION.guidance, folder=tmp_path)) == ("2", "9", "10")
    assert list_new(EDITION.fields, "10") == ()


def test_carrying_over_loses_no_answer() -> None:
    """Every answer of edition 1 is an answer of today."""
    for row in ROWS:
        told = {name: row[name] for name in EDITION.fields if row.get(name)}
        carried = carry(told, EDITION.fields)
        assert carried.keys() == told.keys()
        assert carried.items() <= EDITION.fields.pairs


def test_what_moved_has_a_reason() -> None:
    """An outcome that moves is told with its reason, and one that stays is told to stay."""
    lines = []
    for row in ROWS:
        edition = EDITION.bind(readings_of(row))
        again = replay(answers_of(row), edition, "1", readings_of(row))
        assert again.moved == (row["outcome"] != str(edition.assess(answers_of(row)).outcome))
        lines.append(describe_replay("A case", again, edition))
        assert "\n" not in lines[-1]
    moved = [line for line in lines if " became " in line]
    assert 10 < len(moved) < len(lines)
    assert sum("Several rules" in line for line in moved) * 5 < len(moved)


def test_a_move_without_a_reason_would_be_seen() -> None:
    """Planted fault: an outcome that moves by no rule that says so has no reason of its own."""
    again = Replay(assess({"ocd": "yes"}).outcome, assess({"psychotic_disorder": "schizophrenia"}).outcome)
    assert "Several rules" in describe_replay("A case", again, EDITION)


# --- a case file


CASE = (DATA / "case.json").read_text("utf-8")


def test_a_case_opens_whole() -> None:
    """All that the file says is in the case, with the new name of one answer; saved again, it is a case of today."""
    case, file = read_case(CASE, EDITION), json.loads(CASE)
    assert case.edition == "1"
    assert dict(case.answers) == {
        **{name: file[name] for name in file if name in EDITION.fields},
        "suicidal_communication": "repeated_current",
    }
    assert (case.case_id, case.title, case.vignette, case.note) == (file["case_id"], file["title"], file["vignette"], file["note"])
    assert dict(case.readings) == file["readings"]
    again = read_case(json.dumps(as_record(case, EDITION)), EDITION)
    assert again == case
    assert again.edition == ""


def test_the_page_tells_what_became_of_a_case() -> None:
    for state in (load_file(State(EDITION), CASE.encode()), read_kept(State(EDITION), json.dumps({"case": json.loads(CASE)}))):
        assert state.notice
        edition, renamed, outcome = state.notice.lines
        assert "edition 1" in edition
        assert all(EDITION.fields[name].label in edition for name in list_new(EDITION.fields, "1"))
        assert EDITION.fields["suicidal_communication"].option("repeated_current").label in renamed
        assert "the outcome is the same" in outcome


def test_a_case_that_moved_is_told_with_why() -> None:
    """A remitted diagnosis was clarified first, and counts for life now; a stabilized disorder waits for a new answer."""
    quiet = oracle.QUIET | {"structured_therapy": "not_started"}
    *_, said = describe_case(quiet | {"bpd_diagnosis": "past_or_remitted"}, EDITION, "1", {})
    assert EDITION.ledger.words["bpd_remitted"].new in said
    *_, said = describe_case(quiet | {"bipolar_disorder": "stabilized", "mood_shift": "unclear"}, EDITION, "1", {})
    assert EDITION.fields["current_mood_episode"].label in said


def test_a_case_without_a_number_is_recognized_by_its_answer() -> None:
    assert read_case('{"suicidal_communication": "repeated"}', EDITION).edition == "1"
    assert read_case('{"suicidal_communication": "repeated_past"}', EDITION).edition == ""


# --- a table


@pytest.mark.parametrize("name", ["cases.csv", "assessed.csv"])
def test_a_table_opens_whole(name: str) -> None:
    """Every answer is there; what was renamed is told, with the rows; every case that moved has a line, the others one together."""
    frame = read_cases(DATA / name)
    written = list(csv.DictReader((DATA / name).read_text("utf-8-sig").splitlines()))
    for row, now in zip(written, list_rows(frame), strict=True):
        assert answers_of(row) == {field: now[field] for field in EDITION.fields if field in now}
    told = [repair["repair"] for repair in frame.attrs["repairs"]]
    assert 'read as "repeated_current"' in told
    assert any("edition 1" in one for one in told)
    *moved, same = replay_rows(frame)
    assert [line.partition(":")[0] for line in moved] == ["T4", "T5", "T6", "T7"]
    assert "4 cases" in same


def test_the_outcomes_of_then_are_those_of_the_export() -> None:
    """What an export of edition 1 says in its own columns is what is told to have been."""
    for row in csv.DictReader((DATA / "assessed.csv").read_text("utf-8-sig").splitlines()):
        assert str(replay(answers_of(row), EDITION, "1").before) == row["outcome"]


def test_a_table_of_today_is_not_called_old() -> None:
    frame = read_cases(_table_of_today())
    assert frame.attrs["earlier"] == ""
    assert not list(replay_rows(frame))


def _table_of_today() -> bytes:
    header = ["case_id", *EDITION.fields]
    return (",".join(header) + "\nA1" + "," * len(EDITION.fields) + "\n").encode()


def test_judgments_of_then_are_read() -> None:
    """The finding that was named has its name of today."""
    text = (
        "case_id,rater,outcome,deciding_finding\nA1,R1,not_at_present,past_attempt_pattern\nA2,R1,not_at_present,current_feature\n"
    )
    frame = read_judgments(text.encode())
    assert list(frame["deciding_finding"]) == ["past_suicidal_pattern", "one_current_feature"]


def test_the_commands_print_one_line_a_case(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(DATA / "cases.csv")]) == 0
    assert [line for line in capsys.readouterr().out.splitlines() if line.startswith("T4: ")]
    assert main(["explain", str(DATA / "case.json")]) == 0
    explained = capsys.readouterr()
    assert "edition 1" in explained.err
    assert "edition 1 of" not in explained.out


# --- a training and a set


def test_a_set_opens_whole() -> None:
    file = json.loads((DATA / "training_set.json").read_text("utf-8"))
    selection, messages = load_set(json.dumps(file), EDITION)
    assert list(selection.items) == file["items"]
    assert (selection.title, selection.note) == (file["title"], file["note"])
    assert selection.cases[0].answers["suicidal_communication"] == "repeated_current"
    assert any("edition 1" in one for one in messages)
    assert any(one.startswith("C1: ") for one in messages)
    assert not load_set(save_set(selection, EDITION), EDITION)[1]


def test_a_training_opens_whole() -> None:
    """Judgments, marks, responses and annotations are all there; answers and findings have their names of today."""
    file = json.loads((DATA / "training.json").read_text("utf-8"))
    selection, _ = load_set((DATA / "training_set.json").read_text("utf-8"), EDITION)
    training, messages = load(json.dumps(file), gather(selection.cases, EDITION))
    assert training.aside <= {"V15", "V16", "V20"}  # their stories have been told anew since
    assert [one["id"] for one in file["items"]] == list(training.attempts)
    events = [event for attempt in training.attempts.values() for event in attempt.events]
    assert len(events) == sum(one["step"] != "revealed" for one in file["events"])
    drafts = {name: attempt.draft for name, attempt in training.attempts.items()}
    assert drafts["V15"].fields == {"suicidal_communication": "repeated_current", "ocd": "no"}
    assert drafts["V20"].finding == "one_current_feature"
    assert drafts["C1"].fields == {"suicidal_communication": "repeated_current"}
    assert list(_findings(file)) == ["current_suicidal_pattern", "current_feature"]
    assert any(isinstance(event, Responded) for event in events)
    assert any("edition 1" in one for one in messages)
    assert not [one for one in messages if "left out" in one or "does not exist" in one]
    assert words("training.carried_judgments") in messages


def _findings(file: Mapping[str, list[dict[str, str]]]) -> Iterator[str]:
    return (event["finding"] for event in file["events"] if event["step"] == "committed")
