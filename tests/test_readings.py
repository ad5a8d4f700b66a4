"""A clinic that reads the article otherwise teaches that: a choice follows from table, set, room and session into every note."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kapnb import read_cases
from kapnb.cli import main
from kapnb.engine.outcomes import Outcome
from kapnb.report import cards_of_set, handout_of_set, note_of_case, note_of_session, note_of_set, note_of_training
from kapnb.report.note import Note
from kapnb.report.room import note_of_room
from kapnb.room.state import Round, Vote
from kapnb.room.store import Given
from kapnb.text.cases import Case
from kapnb.text.phrases import edition_words
from kapnb.text.words import words
from kapnb.training.library import Library
from kapnb.training.saving import as_csv, export_cases, load, save
from kapnb.training.session import begin
from kapnb.training.sets import Selection, load_set, save_set
from tests.bundled import EDITION, LIBRARY
from tests.report_notes import FORMATS
from tests.test_room_state import make_room
from tests.training import judge
from tests.ui.test_supervision_view import Here
from tests.ui.test_training_view import Trainee

CHOSEN = {"single_attempt": "counts_as_pattern"}
EDITIONS = {"usual": EDITION, "other": EDITION.bind(CHOSEN)}
OTHER = EDITIONS["other"]
SAID = edition_words(OTHER)
PLAYED = [one for one in LIBRARY.values() if one.interview]
CASE = next(one for one in PLAYED if EDITION.assess(one.answers).outcome is not OTHER.assess(one.answers).outcome)


def notes(edition: Any) -> dict[str, Note]:
    """Every kind of note, of a case that the reading turns."""
    assessment = edition.assess(CASE.answers)
    case = Case(CASE.answers, CASE.id, CASE.title, CASE.story)
    library = Library(edition, LIBRARY)
    training = judge(begin(library, [CASE.id], "1"), "clarify_first")
    room = replace(make_room(), cases=(CASE.id,), readings=dict(edition.changed))
    vote = Vote(CASE.id, Round.FIRST, Outcome.CLARIFY_FIRST, "high")  # type: ignore[arg-type]
    return {
        "case": note_of_case(case, assessment),
        "session": note_of_session("Tuesday", [(case, assessment, ())], edition),
        "sheet": note_of_set("", [CASE], edition),
        "handout": handout_of_set("", [CASE], edition),
        "cards": cards_of_set("", [CASE], edition),
        "training": note_of_training(training, library, "R1", date(2026, 11, 9)),
        "room": note_of_room(room, [Given(1, "Heron", "ref", vote)], (), ()),
    }


@pytest.mark.parametrize("kind", notes(EDITION))
def test_every_note_says_once_by_which_rules_and_readings_it_was_made(kind: str) -> None:
    """Whoever finds it knows the pack, its edition, and how the article is read where that is unusual."""
    made = words("report.pack", pack=EDITION.pack, edition=EDITION.number)
    for text_of in FORMATS.values():
        texts = [text_of(notes(edition)[kind]) for edition in EDITIONS.values()]
        assert [(text.count(SAID), made in text) for text in texts] == [(0, True), (1, True)]


def test_a_table_is_assessed_by_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The outcome moves, and every row says why."""
    (tmp_path / "cases.csv").write_bytes(as_csv(export_cases([CASE]), "cases", EDITION.fields))
    found = []
    for more in ([], ["--reading", "single_attempt=counts_as_pattern"]):
        assert main(["assess", str(tmp_path / "cases.csv"), "-o", str(tmp_path / "out.csv"), *more]) == 0
        found.append((tmp_path / "out.csv").read_text("utf-8-sig"))
        assert len(read_cases(tmp_path / "out.csv")) == 1
        assert main(["explain", str(tmp_path / "cases.csv"), "--case", CASE.id, *more]) == 0
        found.append(capsys.readouterr().out)
    for place, edition in ((0, EDITION), (2, OTHER)):
        assert f",{edition.assess(CASE.answers).outcome}," in found[place]
    assert ["counts_as_pattern" in one for one in found[::2]] == [False, True]
    assert found[1] != found[3]


@pytest.mark.parametrize(
    ("given", "said"),
    [("single_attempt", "is not NAME=CHOICE"), ("single_atempt=x", 'Did you mean "single_attempt"?'), ("single_attempt=x", "x")],
)
def test_a_wrong_reading_is_told(given: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "cases.csv").write_text("case_id\nC1\n")
    try:
        code: Any = main(["assess", str(tmp_path / "cases.csv"), "--reading", given])
    except SystemExit as end:  # argparse exits by itself
        code = end.code
    told = capsys.readouterr().err
    assert code == 2
    assert said in told
    assert "Traceback" not in told


def test_a_set_as_a_file_carries_it_to_trainee_and_supervisor() -> None:
    data = save_set(Selection((CASE.id,)), OTHER).encode()
    assert load_set(data, EDITION)[0].readings == CHOSEN
    assert load_set(save_set(Selection((CASE.id,)), EDITION), EDITION)[0].readings == {}
    trainee = Trainee().load("set", data).say("begin")
    state = trainee.page.state
    assert state.training.edition is state.edition is state.library.edition is OTHER
    with closing(Here()) as here:
        here.say("confirm", value=True)
        here.give(data)
        assert here.state.dataset.edition is OTHER
        here.give(save_set(Selection(("V15",)), EDITION).encode())
        assert here.state.dataset.edition is OTHER  # what says nothing changes nothing


def test_a_training_keeps_it() -> None:
    """In its file and in the browser, whatever page opens it."""
    training = begin(Library(OTHER, LIBRARY), [CASE.id], "1")
    assert load(save(training), LIBRARY).training.edition is OTHER
    trainee = Trainee().load("load", save(training).encode())
    assert trainee.page.state.edition is trainee.page.state.library.edition is OTHER
    assert "readings" not in save(begin(LIBRARY, [CASE.id], "1"))
