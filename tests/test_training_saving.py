"""A training as a file and as tables: it comes back whole, a broken one is refused, what is not known any more is set aside."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kapnb import read_judgments
from kapnb.group.judgments import read_judgment
from kapnb.tables.read import read_responses
from kapnb.text.words import words
from kapnb.training.errors import NothingAtHandError, TrainingError
from kapnb.training.reveal import count_responses, explain_reveal
from kapnb.training.saving import MOST_CHARACTERS, as_csv, export_judgments, export_responses, load, save
from kapnb.training.session import (
    MOST_ITEMS,
    Training,
    begin,
    choose,
    explain_why,
    go_to,
    interview,
    point,
    prepare,
    put_question,
    reconsider,
    record,
    reflect,
    respond,
    turn,
)
from tests.bundled import EDITION
from tests.training import ATTEMPT, FIELDS, LIBRARY, QUIET, change, gather, judge, make

DATA = Path(__file__).parent / "data"


def full() -> Training:
    """A session with something at every stage."""
    training = choose(point(begin(LIBRARY, LIBRARY, "3f"), 4, 11), "prediction", "not_recommended")
    training = judge(training, "clarify_first", "", QUIET)
    training = respond(training, LIBRARY, 1, 0, "A new fact,\nand no more.")
    training = reconsider(training, "not_at_present", "low", "“Two” others saw it.")
    training = reflect(reflect(training, "Nobody asked\nabout winter."), "“I” had not either.")
    repeated = {"suicide_attempts": "repeated_past"}
    training = judge(go_to(training, "A2"), "not_at_present", "past_suicidal_pattern", repeated, "low")
    training = judge(go_to(training, "A3"), "not_at_present", "current_suicidal_pattern")
    training = put_question(interview(go_to(training, "A7"), LIBRARY, on=True), LIBRARY, "suicide_attempts")
    training = record(choose(go_to(training, "A4"), "outcome", "may_be_considered"), "ocd", "no")
    training = explain_why(choose(training, "confidence", "low"), "It is new.")
    return prepare(turn(go_to(training, "A1"), "follow"), "lean", -1)


FULL = full()
TEXT = save(FULL)


def problems_of(value: Any) -> str:
    """What a file is refused with."""
    with pytest.raises(TrainingError) as caught:
        load(value if isinstance(value, str | bytes) else json.dumps(value), LIBRARY)
    assert all(problem.what for problem in caught.value.problems)
    return str(caught.value)


def edited(change: Callable[[Any], object]) -> Any:
    value = json.loads(TEXT)
    change(value)
    return value


def test_a_session_comes_back_whole() -> None:
    loaded = load(TEXT, LIBRARY)
    assert (loaded.training, loaded.messages) == (FULL, ())
    assert load(TEXT.encode("utf-8-sig"), LIBRARY).training == FULL
    assert save(loaded.training) == TEXT
    value = json.loads(TEXT)
    assert (value["version"], value["pack"], value["edition"]) == (4, EDITION.pack, EDITION.number)


def test_a_file_of_the_first_version_comes_back_whole() -> None:
    """It was written by commit ffa5b66, with a journal and seals; what goes on from it is saved in today's form."""
    old = (DATA / "training_v1.json").read_text("utf-8")
    assert '"version": 1' in old
    assert '"seal"' in old
    loaded, later = load(old, LIBRARY), load((DATA / "training_v2.json").read_text("utf-8"), LIBRARY)
    assert loaded.training == later.training
    assert load(save(loaded.training), LIBRARY) == (loaded.training, ())


def test_a_file_of_the_second_version_comes_back_and_tells_what_was_carried_over() -> None:
    """It was written by commit 83c3e4c. What was written after a reveal is a later thought and never a reason."""
    old = (DATA / "training_v2.json").read_text("utf-8")
    assert '"version": 2' in old
    assert '"annotated"' in old
    training, messages = load(old, LIBRARY)
    assert messages == (words("training.carried_judgments"), words("training.carried_notes", count=2))
    first = training.attempts["A1"]
    assert first.reflections == ("Nobody asked\nabout winter.", "“I” had not either.")
    assert (first.draft.reason, first.draft.prediction, first.second) == ("", None, None)
    judgment = first.as_judgment(EDITION)
    assert (str(judgment.outcome), judgment.comment) == ("clarify_first", "")
    assert judgment.reflection == "Nobody asked\nabout winter.\n“I” had not either."
    assert training.screen == "list"


def test_a_long_session_is_saved_and_loaded() -> None:
    """As many items as there may be, with as much said of each as there may be, stay within the bound of a file."""
    library = gather(*(make(f"B{at}", QUIET, story="w " * 2_500) for at in range(MOST_ITEMS)))
    training = begin(library, library)
    for at, name in enumerate(library):
        training = go_to(training, name)
        training = record(training, "ocd", "no") if at % 20 else reflect(judge(training, own=QUIET), "é" * 2_000)
    assert load(save(training), library).training == training
    assert len(save(training)) < MOST_CHARACTERS / 4


# --- broken ------------------------------------------------------------------------------------------


def committed(value: Any) -> Any:
    return next(row for row in value["events"] if row["step"] == "committed")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("", "JSON"),
        (b"\xff\xfe\x00", "not readable as text"),
        ('{"format": "kapnb training set", "version": 1}', "a different kind of file"),
        ('{"format": "kapnb training", "version": 5}', "a version that we cannot read"),
        ('{"format": "kapnb training", "version": true}', "a version that we cannot read"),
        ("x" * (MOST_CHARACTERS + 1), "larger than"),
        ({"format": "kapnb training", "version": 4}, "position"),
        (edited(lambda v: v.update(pack="other")), EDITION.pack),
        (edited(lambda v: v.update(items=[])), "items: is missing"),
        (edited(lambda v: v.update(items=v["items"] * 60)), "longer than"),
        (edited(lambda v: v["items"].append(v["items"][0])), "is listed twice"),
        (edited(lambda v: v["items"][0].update(id="a\nb")), "one line"),
        (edited(lambda v: v["items"][0].update(id="555-123-4567")), "identifies nobody"),
        (edited(lambda v: v["items"][0].update(story="x")), "not the digest"),
        (edited(lambda v: v["items"][0].update(characters=10**9)), "whole number from"),
        (edited(lambda v: v.update(position="A99")), '"A99" is not known'),
        (edited(lambda v: v.update(drafts={"A9": {}})), "not part of this session"),
        (edited(lambda v: v["drafts"].update(A1=v["drafts"]["A4"])), "cannot change"),
        (edited(lambda v: v["drafts"]["A4"].update(passages=[[3, 2]])), "of the story"),
        (edited(lambda v: v["drafts"]["A4"].update(passages=[[0, 9], [9, 12]])), "of the story"),
        (edited(lambda v: v["drafts"]["A4"].update(passages=[[3, 10_000]])), "of the story"),
        (edited(lambda v: v["drafts"]["A4"].update(fields={str(at): "x" for at in range(101)})), "longer than 100"),
        (edited(lambda v: v["drafts"]["A4"].update(fields={"ocd": "555-123-4567"})), "identifies nobody"),
        (edited(lambda v: v["drafts"]["A4"].update(finding="a@example.org")), "identifies nobody"),
        (edited(lambda v: v["drafts"]["A4"].update(outcome="fine")), "Allowed: not_recommended"),
        (edited(lambda v: v["drafts"]["A4"].update(mood="fine")), 'unknown key "mood"'),
        (edited(lambda v: v["events"][3].update(text="Dr. Winter said")), "name with a title"),
        (edited(lambda v: v["events"][1].update(response=3)), "from -2 to 2"),
        (edited(lambda v: v["events"][1].update(place=True)), "whole number"),
        (edited(lambda v: v["events"][0].update(step="undone")), "committed, responded"),
        (edited(lambda v: v["events"].pop(0)), "before your answer is locked in"),
        (edited(lambda v: v["events"].insert(0, v["events"][0])), "cannot change"),
        (edited(lambda v: v["events"].insert(0, v["events"][3])), "before your answer is locked in"),
        (edited(lambda v: v["events"].insert(0, {"step": "revealed", "item": "A1"})), "before your answer is locked in"),
        (edited(lambda v: committed(v).update(outcome=None)), "choose what you would do"),
        (edited(lambda v: committed(v).update(reason="Dr. Winter said so")), "name with a title"),
        (edited(lambda v: committed(v).update(prediction="fine")), "Allowed: not_recommended"),
        (edited(lambda v: v["events"][2].update(confidence="very")), "Allowed: low"),
        (edited(lambda v: v["events"].insert(3, v["events"][2])), "second judgment"),
        (edited(lambda v: v.update(screen="answer")), "not known"),
        (edited(lambda v: v.update(since=99)), "not the place of a case"),
        (edited(lambda v: v["unsaid"].update(why="write to a@example.org")), "e-mail"),
        (edited(lambda v: v["unsaid"].update(mood=1)), "unknown key"),
        (TEXT.replace('"position"', '"position": "A1", "position"'), "is listed twice"),
    ],
)
def test_a_broken_file_is_refused(value: Any, said: str) -> None:
    """Where, what, what to do; and nothing that may identify somebody is repeated."""
    told = problems_of(value)
    assert said in told
    assert not [one for one in ("Winter", "555", "a@example") if one in told]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    def spoil(value: Any) -> None:
        value["items"][5]["characters"] = "many"
        value["events"][1]["response"] = 9
        value["position"] = "A99"
        value["more"] = 1

    assert problems_of(edited(spoil)).count("\n") == 3


# --- set aside ---------------------------------------------------------------------------------------


def test_an_item_that_is_not_there_is_set_aside() -> None:
    """The rest goes on, what was done with it is saved again, and it is back when the library has it again."""
    loaded = load(TEXT, change(without=("A1", "A4")))
    assert loaded.training.aside == {"A1", "A4"}
    assert [message.split()[0] for message in loaded.messages] == ["A1", "A4"]
    assert loaded.training.current == "A2"
    assert [one.item.id for one in loaded.training.present] == ["A2", "A3", "A5", "A6", "A7"]
    assert loaded.training.coming == ("A3", "A5", "A6", "A7")
    with pytest.raises(TrainingError, match="not part of this session"):
        go_to(loaded.training, "A1")
    assert load(save(loaded.training), LIBRARY).training == turn(go_to(FULL, "A2"), "list")
    assert [row["case_id"] for row in export_judgments(loaded.training, "R1")] == ["A2", "A3"]
    assert export_responses(loaded.training, "R1") == ()


def test_another_story_under_the_same_id_is_another_item() -> None:
    """A judgment is never held against a story that was not read."""
    other = change(replace(LIBRARY["A2"], story="Another story."))
    loaded = load(TEXT, other)
    assert loaded.training.aside == {"A2"}
    assert "its story has changed" in loaded.messages[0]
    with pytest.raises(TrainingError, match="a different story"):
        explain_reveal(go_to(FULL, "A2"), other)


def test_nothing_left_is_a_problem_and_not_an_empty_session() -> None:
    with pytest.raises(NothingAtHandError, match="load their table"):
        load(TEXT, gather())


def test_renamed_fields_and_rules_are_set_aside() -> None:
    """Of a draft they go; in a commitment they stay as written, be it of another edition, and are not compared."""
    value = json.loads(TEXT) | {"edition": "0"}
    committed(value)["fields"]["mood_swings"] = "yes"
    committed(value)["finding"] = "old_rule"
    value["drafts"]["A4"] |= {"fields": {"ocd": "no", "ocd_kind": "x", "bipolar_disorder": "old"}, "finding": "old_rule"}
    loaded = load(json.dumps(value), LIBRARY)
    assert len(loaded.messages) == 5
    draft = loaded.training.attempts["A4"].draft
    assert (dict(draft.fields), draft.finding) == ({"ocd": "no"}, None)
    kept = loaded.training.attempts["A1"]
    assert (kept.draft.fields["mood_swings"], kept.draft.finding) == ("yes", "old_rule")
    assert json.loads(save(loaded.training))["events"] == value["events"]
    judgment = kept.as_judgment(EDITION)
    assert "mood_swings" not in (judgment.own or {})
    assert judgment.deciding_finding == ""
    assert explain_reveal(go_to(loaded.training, "A1"), LIBRARY).source


def test_another_edition_of_the_guidance_is_told() -> None:
    """Not where nothing was committed under it."""
    assert "edition 0" in load(json.dumps(edited(lambda v: v.update(edition="0"))), LIBRARY).messages[-1]
    fresh = save(begin(LIBRARY, LIBRARY)).replace(f'"edition": "{EDITION.number}"', '"edition": "0"')
    assert load(fresh, LIBRARY).messages == ()


TRAINING = choose(begin(LIBRARY, LIBRARY), "prediction", "clarify_first")
TRAINING = judge(TRAINING, "not_at_present", "single_attempt", QUIET)
TRAINING = respond(respond(TRAINING, LIBRARY, 0, -2, "First things first."), LIBRARY, 1, 0)
TRAINING = reconsider(TRAINING, "not_recommended", "low", "We talked.")
TRAINING = reflect(reflect(TRAINING, '=1+1 was my first thought,\nor "so"; later it changed.'), "- and once more")
TRAINING = judge(go_to(TRAINING, "A2"), "clarify_first", "", ATTEMPT, "low")
TRAINING = choose(go_to(TRAINING, "A3"), "outcome", "not_recommended")


def test_judgments_come_back_as_they_were_committed() -> None:
    """Through the file and the checks of the supervision room, row by row; an open draft stays at home."""
    frame = read_judgments(as_csv(export_judgments(TRAINING, " R1 "), "judgments", FIELDS))
    read = [read_judgment(row, EDITION) for row in frame.to_dict("records")]
    assert read == [TRAINING.attempts[name].as_judgment(EDITION, "R1") for name in ("A1", "A2")]
    assert [one.case_id for one in read] == ["A1", "A2"]
    assert read[0].own == QUIET
    assert (read[0].comment, str(read[0].prediction), read[0].second.reason) == ("The winter.", "clarify_first", "We talked.")
    assert read[0].reflection.startswith("=1+1")


def test_an_older_table_of_judgments_is_read_with_a_line_on_its_comments() -> None:
    """It has no column for what was written later, so its comments are reasons; a table of today needs no such line."""
    frame = read_judgments(DATA / "judgments_v2.csv")
    notice = words("table.notice_comment")
    assert notice in [one["repair"] for one in frame.attrs["repairs"]]
    first = read_judgment(frame.to_dict("records")[0], EDITION)
    assert (str(first.outcome), first.reflection, first.second.outcome) == ("not_at_present", "", None)
    assert first.comment.startswith("=1+1")
    today = read_judgments(as_csv(export_judgments(TRAINING, "R1"), "judgments", FIELDS))
    assert notice not in [one["repair"] for one in today.attrs["repairs"]]
    assert len(read_responses(DATA / "responses_v2.csv")) == 2


def test_responses_come_back_as_they_were_given() -> None:
    frame = read_responses(as_csv(export_responses(TRAINING, "R1"), "responses", FIELDS))
    assert count_responses(frame.to_dict("records")) == {
        ("A1", "substance_use_disorder", "active", "-2"): 1,
        ("A1", "psychological_assessment", "incomplete", "0"): 1,
    }


@pytest.mark.parametrize("label", ["  ", "x" * 41, "Dr. Winter", "R1\nR2", "R\ud83d", 7])
@pytest.mark.parametrize("export", [export_judgments, export_responses])
def test_a_label_is_invented_and_short(export: Any, label: Any) -> None:
    with pytest.raises(TrainingError) as caught:
        export(TRAINING, label)
    assert "such as R1" in str(caught.value)
    assert "Winter" not in str(caught.value)
