"""Sets: chosen by topic, length, twins and what is to be skipped; from one's own cases; for a supervisor; shared as a file."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from kapnb import load_guidance
from kapnb.group.example import load_example
from kapnb.text.cases import Case
from kapnb.training.checking import TrainingError
from kapnb.training.content import SUICIDAL, notes, touches
from kapnb.training.library import CONTENT, LEVELS, FollowUp, load_library
from kapnb.training.reveal import reveal
from kapnb.training.session import begin, read
from kapnb.training.sets import (
    LENGTHS,
    Selection,
    choose,
    choose_cases,
    gather,
    load_set,
    order_by_claims,
    order_by_dispute,
    save_set,
)
from tests.training import ATTEMPT, LIBRARY, PATTERN, QUIET, WISH, judge, make

BUNDLED = load_library()
CASES, JUDGMENTS = load_example()
OWN = [Case(ATTEMPT, "C1", "One", "A story of one attempt.", "Look at the pattern."), Case(QUIET, "C2", "", "A quiet story.")]


# --- choose ------------------------------------------------------------------------------------------


def test_everything_is_chosen_when_nothing_is_asked_for() -> None:
    assert choose(BUNDLED).items == tuple(BUNDLED)


@pytest.mark.parametrize("topic", ["psychosis_and_mood", "suicide_related", "substance_use", "ocd"])
def test_a_topic_is_a_section_of_the_dictionary(topic: str) -> None:
    items = choose(BUNDLED, topics=[topic]).items
    assert items
    assert items == tuple(name for name, one in BUNDLED.items() if topic in one.topics)


@pytest.mark.parametrize("minutes", LENGTHS)
@pytest.mark.parametrize("seed", [None, 1, 2])
def test_a_length_is_kept_and_used(minutes: int, seed: int | None) -> None:
    """As many as fit, by their own estimate; nothing that would still fit is left out."""
    items = choose(BUNDLED, minutes=minutes, seed=seed).items
    spent = sum(BUNDLED[name].minutes for name in items)
    shortest = min(one.minutes for name, one in BUNDLED.items() if name not in items)
    assert minutes - shortest < spent <= minutes


def test_one_item_is_chosen_however_long_it_is() -> None:
    assert len(choose(BUNDLED, minutes=1).items) == 1
    assert len(choose(BUNDLED, minutes=1, twins_only=True).items) == 2


@pytest.mark.parametrize("seed", [None, 5])
def test_twins_come_in_pairs_one_after_the_other(seed: int | None) -> None:
    items = choose(BUNDLED, twins_only=True, seed=seed).items
    assert len(items) >= 20
    assert all(BUNDLED[one].twin == other for one, other in zip(items[::2], items[1::2], strict=True))


def test_a_seed_shuffles_always_in_the_same_way() -> None:
    assert choose(BUNDLED, seed=3) == choose(BUNDLED, seed=3)
    assert choose(BUNDLED, seed=3) != choose(BUNDLED, seed=4)
    assert sorted(choose(BUNDLED, seed=3).items) == sorted(BUNDLED)


@pytest.mark.parametrize("level", LEVELS)
def test_a_level_is_chosen(level: str) -> None:
    assert {BUNDLED[name].level for name in choose(BUNDLED, levels=[level]).items} == {level}


# --- skip --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("skip", [["suicidal_ideation"], ["suicide_attempts"], SUICIDAL])
def test_skipping_suicidal_ideation_skips_it_wherever_it_is_shown(skip: Any) -> None:
    """By the notes, by the recorded answers, in follow-ups, and in the twin that a reveal shows."""
    items = choose(BUNDLED, skip=skip).items
    assert items
    for name in items:
        shown = [BUNDLED[name], *([BUNDLED[BUNDLED[name].twin]] if BUNDLED[name].twin else [])]
        for one in shown:
            told = {**one.answers}
            for follow_up in one.follow_ups:
                told |= {field: given for field, given in follow_up.changes.items() if given not in {"none", "none_or_isolated"}}
            assert not SUICIDAL.intersection(one.content)
            assert told.get("suicidal_ideation", "none") == "none"
            assert told.get("suicide_attempts", "none") == "none"
            assert told.get("suicidal_communication", "none_or_isolated") == "none_or_isolated"


@pytest.mark.parametrize(
    ("vignette", "touched"),
    [
        (make("A1", QUIET), set()),
        (make("A1", {}), set()),
        (make("A1", WISH), {"suicidal_ideation"}),
        (make("A1", ATTEMPT), {"suicide_attempts"}),
        (make("A1", QUIET | {"suicidal_communication": "repeated"}), {"suicidal_ideation"}),
        (make("A1", QUIET, content=("suicidal_ideation",)), {"suicidal_ideation"}),
        (make("A1", QUIET, follow_ups=(FollowUp("…", {"suicide_attempts": "single"}, "…"),)), {"suicide_attempts"}),
        (make("A1", QUIET | {"developmental_trauma": "yes", "self_injury_or_recklessness": "past"}), {"trauma", "self_injury"}),
        (
            make("A1", QUIET | {"psychotic_disorder": "schizophrenia", "substance_use_disorder": "active"}),
            {"psychosis", "substance_use"},
        ),
    ],
)
def test_what_a_vignette_touches(vignette: Any, touched: set[str]) -> None:
    assert touches(vignette) == touched
    assert touched <= set(CONTENT)


def test_a_twin_that_is_skipped_takes_its_twin_along() -> None:
    library = {**LIBRARY, "A1": make("A1", QUIET, twin="A4"), "A4": make("A4", WISH, twin="A1")}
    assert choose(library, skip=["suicidal_ideation"]).items == ("A6",)
    assert choose(library, skip=["suicidal_ideation"], twins_only=True).items == ()


def test_notes_before_a_story_tell_of_suicide_even_without_a_note() -> None:
    """What other answers tell is left for the reader to find."""
    assert notes(make("A1", PATTERN | {"psychotic_disorder": "schizophrenia"})) == ("suicide_attempts",)
    assert notes(make("A1", WISH, content=("suicidal_ideation",))) == ("suicidal_ideation",)


# --- own cases ---------------------------------------------------------------------------------------


def test_own_cases_can_be_practiced_on() -> None:
    """The story first; the note only after the commitment."""
    selection = choose_cases(OWN)
    library = gather(selection)
    training = begin(library, selection.items)
    assert "Look at" not in repr(read(training, library))
    shown = reveal(judge(training, "clarify_first", "single_attempt"), library)[1]
    assert shown.debrief
    assert shown.debrief.lines[0].text == "Look at the pattern."
    assert shown.located.agrees


def test_own_cases_are_skipped_by_their_answers() -> None:
    assert choose_cases(OWN, skip=["suicidal_ideation"]).items == ("C2",)


def test_a_case_that_cannot_be_practiced_on_is_told() -> None:
    with pytest.raises(TrainingError) as caught:
        choose_cases([*OWN, OWN[0], Case(QUIET, "", "", "A story."), Case(QUIET, "C3")])
    assert [problem.where for problem in caught.value.problems] == ["C1", "case 4", "C3"]


def test_the_example_table_of_supervision_can_be_practiced_on() -> None:
    selection = choose_cases(CASES)
    assert begin(gather(selection), selection.items).items


# --- for the supervisor ------------------------------------------------------------------------------


def test_claims_not_yet_met_are_met_by_what_is_proposed() -> None:
    """Each proposal brings up something new, and all of them together everything that the library can bring up."""
    claims = set(load_guidance().ledger.claims)
    met: set[str] = set()
    for name in order_by_claims(BUNDLED):
        assert not met.issuperset(BUNDLED[name].claims)
        met |= set(BUNDLED[name].claims)
    assert met == {claim for one in BUNDLED.values() for claim in one.claims}
    left = order_by_claims(BUNDLED, claims - {"C26"})
    assert len(left) == 1
    assert "C26" in BUNDLED[left[0]].claims
    assert order_by_claims(BUNDLED, claims) == ()


def test_the_most_disputed_come_first() -> None:
    library = gather(choose_cases(CASES))
    order = order_by_dispute(library, JUDGMENTS)
    spread = {name: {one.outcome for one in JUDGMENTS if one.case_id == name and one.outcome} for name in library}
    assert order
    assert all(len(spread[name]) > 1 for name in order)
    assert {name for name, outcomes in spread.items() if len(outcomes) > 1} == set(order)
    assert order_by_dispute(BUNDLED, JUDGMENTS) == ()


# --- as a file ---------------------------------------------------------------------------------------


SHARED = Selection(("V01", "C1", "C2"), tuple(OWN), "Monday", "Two of ours, one of the library.")


def test_a_shared_set_comes_back_whole() -> None:
    selection, messages = load_set(save_set(SHARED))
    assert (selection, messages) == (SHARED, ())


def test_a_shared_set_tells_no_answer_at_a_glance() -> None:
    text = save_set(SHARED)
    assert "A story of one attempt." in text
    assert not [one for one in ("single", "not_started", "Look at the pattern", "clarify") if one in text]


def test_a_vignette_that_is_not_there_is_told_and_the_rest_kept() -> None:
    selection, messages = load_set(save_set(Selection(("V01", "V999"))))
    assert selection.items == ("V01",)
    assert "V999 is set aside" in messages[0]


def edited(change: Callable[[Any], object]) -> str:
    value = json.loads(save_set(SHARED))
    change(value)
    return json.dumps(value)


def close(value: object) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "JSON"),
        ('{"format": "kapnb training", "version": 1}', "not a file of this kind"),
        (edited(lambda v: v.update(version=2)), "another version"),
        (edited(lambda v: v.update(items=["V999"])), "Nothing of this file"),
        (edited(lambda v: v.update(items=[])), "one item or more"),
        (edited(lambda v: v.update(items=["V01", "V01"])), "stands twice"),
        (edited(lambda v: v.update(items=[["V01"]])), "one line"),
        (edited(lambda v: v.update(note="write to x.y@example.org")), "e-mail"),
        (edited(lambda v: v.update(title=7)), "not readable as text"),
        (edited(lambda v: v.update(extra=7)), "does not belong"),
        (edited(lambda v: v["cases"][0].update(closed="?")), "was changed"),
        (edited(lambda v: v["cases"][0].update(closed=close([]))), "was changed"),
        (edited(lambda v: v["cases"][0].update(closed=7)), "was changed"),
        (edited(lambda v: v["cases"][0].update(closed=close({"ocd": "perhaps"}))), "Allowed: no, yes"),
        (edited(lambda v: v["cases"][0].update(vignette="Dr. Winter came.")), "name with a title"),
        (edited(lambda v: v["cases"][0].update(vignette="")), "no story"),
        (edited(lambda v: v["cases"][0].update(more="")), "does not belong"),
    ],
)
def test_what_is_no_set_of_ours_is_refused(text: str, said: str) -> None:
    with pytest.raises(TrainingError) as caught:
        load_set(text)
    assert said in str(caught.value)
    assert "Winter" not in str(caught.value)
