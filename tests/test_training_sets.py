"""Sets: chosen by topic, length, twins and what is to be skipped; from one's own cases; for a supervisor; shared as a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kapnb.engine.outcomes import Outcome
from kapnb.text.cases import Case
from kapnb.training.errors import TrainingError
from kapnb.training.library import CONTENT, SUICIDAL, FollowUp, Library
from kapnb.training.session import begin, extend
from kapnb.training.sets import (
    APART,
    LENGTHS,
    Selection,
    check_cases,
    choose,
    gather,
    list_again,
    load_set,
    order_by_claims,
    order_by_dispute,
    save_set,
)
from tests.bundled import EDITION
from tests.bundled import LIBRARY as BUNDLED
from tests.example import CASES, JUDGMENTS
from tests.training import ATTEMPT, QUIET, WISH, change, judge, make
from tests.training import gather as gather_vignettes

OWN = [Case(ATTEMPT, "C1", "One", "A story of one attempt.", "Look at the pattern."), Case(QUIET, "C2", "", "A quiet story.")]


# --- choose ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [None, 1])
def test_a_choice_is_by_topic_length_and_twins(seed: int | None) -> None:
    """As many as fit, by their own estimate; nothing that would still fit is left out, and one is chosen however long it is."""
    assert choose(BUNDLED).items == tuple(BUNDLED)
    assert choose(BUNDLED, topics=["ocd"]).items == tuple(name for name, one in BUNDLED.items() if "ocd" in one.topics)
    for minutes in LENGTHS:
        items = choose(BUNDLED, minutes=minutes, seed=seed).items
        assert items == choose(BUNDLED, minutes=minutes, seed=seed).items
        shortest = min(one.minutes for name, one in BUNDLED.items() if name not in items)
        assert minutes - shortest < sum(BUNDLED[name].minutes for name in items) <= minutes
    twins = choose(BUNDLED, twins_only=True, seed=seed).items
    assert len(twins) >= 20
    assert all(BUNDLED[one].twin == other for one, other in zip(twins[::2], twins[1::2], strict=True))
    assert [len(choose(BUNDLED, minutes=1, twins_only=only).items) for only in (False, True)] == [1, 2]


# --- skip --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("skip", [["suicidal_ideation"], ["suicide_attempts"], SUICIDAL])
def test_skipping_suicidal_ideation_skips_it_wherever_it_is_shown(skip: Any) -> None:
    """By the notes, by the recorded answers, in follow-ups, and in the twin that a reveal shows."""
    items = choose(BUNDLED, skip=skip).items
    assert items
    for shown in [one for name in items for one in (BUNDLED[name], BUNDLED.get(BUNDLED[name].twin)) if one]:
        assert not SUICIDAL.intersection(shown.content)
        for told in (shown.answers, *(one.changes for one in shown.follow_ups)):
            assert told.get("suicidal_ideation", "none") == told.get("suicide_attempts", "none") == "none"
            assert told.get("suicidal_communication", "none_or_isolated") == "none_or_isolated"


@pytest.mark.parametrize(
    ("vignette", "touched"),
    [
        (make("A1", QUIET), set()),
        (make("A1", ATTEMPT), {"suicide_attempts"}),
        (make("A1", QUIET | {"suicidal_communication": "repeated_current"}), {"suicidal_ideation"}),
        (make("A1", QUIET, content=("suicidal_ideation",)), {"suicidal_ideation"}),
        (make("A1", QUIET, follow_ups=(FollowUp("…", {"suicide_attempts": "single"}, "…"),)), {"suicide_attempts"}),
        (make("A1", QUIET | {"developmental_trauma": "yes", "self_injury_or_recklessness": "past"}), {"trauma", "self_injury"}),
    ],
)
def test_what_a_vignette_touches(vignette: Any, touched: set[str]) -> None:
    assert gather_vignettes(vignette).find_content("A1") == touched
    assert touched <= set(CONTENT)


def test_a_twin_that_is_skipped_takes_its_twin_along() -> None:
    library = change(make("A1", QUIET, twin="A4"), make("A4", WISH, twin="A1"))
    assert choose(library, skip=["suicidal_ideation"]).items == ("A6",)
    assert choose(library, skip=["suicidal_ideation"], twins_only=True).items == ()


# --- own cases ---------------------------------------------------------------------------------------


def test_a_case_that_cannot_be_practiced_on_is_told() -> None:
    with pytest.raises(TrainingError) as caught:
        check_cases([*OWN, OWN[0], Case(QUIET, "", "", "A story."), Case(QUIET, "C3")])
    assert [problem.where for problem in caught.value.problems] == ["C1", "case 4", "C3"]


# --- for the supervisor ------------------------------------------------------------------------------


def test_claims_not_yet_met_are_met_by_what_is_proposed() -> None:
    """Each proposal brings up something new, and all of them together everything that the library can bring up."""
    claims = set(EDITION.ledger.claims)
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
    library = gather(CASES, EDITION)
    order = order_by_dispute(library, JUDGMENTS)
    spread = {name: {one.outcome for one in JUDGMENTS if one.case_id == name and one.outcome} for name in library}
    assert order
    assert all(len(spread[name]) > 1 for name in order)
    assert set(order) < {name for name, outcomes in spread.items() if len(outcomes) > 1}  # one dissenter is no dispute
    assert order_by_dispute(BUNDLED, JUDGMENTS) == ()


def test_a_twin_of_a_case_that_was_met_otherwise_comes_after_some_others() -> None:
    """In the next set, and not at once; not where both came to the same, and not twice."""
    one, twin = next((one, twin) for one, twin in BUNDLED.pairs if one.outcome)
    for outcome, again in ((next(other for other in Outcome if other is not one.outcome), (twin.id,)), (one.outcome, ())):
        training = judge(begin(BUNDLED, [one.id]), str(outcome))
        assert list_again(training, BUNDLED) == again
        rest = Library(EDITION, {name: each for name, each in BUNDLED.items() if name != one.id})
        items = choose(rest, minutes=60, seed=3, again=list_again(training, BUNDLED)).items
        assert (twin.id in items[APART : APART + 1]) is bool(again)
        assert len(set(items)) == len(items)
    assert list_again(extend(judge(begin(BUNDLED, [one.id])), BUNDLED, [twin.id]), BUNDLED) == ()


# --- as a file ---------------------------------------------------------------------------------------


SHARED = Selection(("V01", "C1", "C2"), tuple(OWN), "Monday", "Two of ours, one of the library.")


def test_a_shared_set_comes_back_whole() -> None:
    text = save_set(SHARED, EDITION)
    assert load_set(text, EDITION) == (SHARED, ())
    value = json.loads(text)
    assert (value["version"], value["pack"], value["edition"]) == (2, EDITION.pack, EDITION.number)


def test_a_shared_set_of_the_first_version_comes_back_whole() -> None:
    """It was written by commit ffa5b66, with the answers encoded, and a reading beside one case."""
    old = (Path(__file__).parent / "data/training_set_v1.json").read_text("utf-8")
    assert '"closed"' in old
    selection, messages = load_set(old, EDITION)
    assert (selection.items, selection.title, selection.note, messages) == (SHARED.items, SHARED.title, SHARED.note, ())
    one, two = selection.cases
    assert (dict(one.answers), one.note) == ({"suicide_attempts": "single", "structured_therapy": "not_started"}, OWN[0].note)
    assert (one.case_id, one.title, one.vignette) == ("C1", "One", "A story of one attempt.")
    assert one.readings == {"relief_condition": "newer_suffices"}
    assert (dict(two.answers), two.vignette) == ({"ocd": "no"}, "A quiet story.")
    assert load_set(save_set(selection, EDITION), EDITION)[0] == selection


def test_a_vignette_that_is_not_there_is_told_and_the_rest_kept() -> None:
    selection, (message,) = load_set(save_set(Selection(("V01", "V999")), EDITION), EDITION)
    assert selection.items == ("V01",)
    assert "V999 is set aside" in message


def edited(change: Callable[[Any], object]) -> str:
    value = json.loads(save_set(SHARED, EDITION))
    change(value)
    return json.dumps(value)


def closed(text: object) -> str:
    """A set of the first version, with something else in the place of the encoded answers."""
    value = json.loads((Path(__file__).parent / "data/training_set_v1.json").read_text("utf-8"))
    value["cases"][0]["closed"] = text
    return json.dumps(value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"format": "kapnb training", "version": 1}', "a different kind of file"),
        (edited(lambda v: v.update(version=3)), "a version that we cannot read"),
        (edited(lambda v: v.update(pack="other")), "pack"),
        (edited(lambda v: v.update(items=["V999"])), "found nothing in this file"),
        (edited(lambda v: v.update(items=[f"V{at}" for at in range(201)])), "at most 200"),
        (edited(lambda v: v["cases"].append(v["cases"][0])), "is listed twice"),
        (edited(lambda v: v.update(items=[["V01"]])), "a text"),
        (edited(lambda v: v.update(items=["555-123-4567"])), "identifies nobody"),
        (edited(lambda v: v.update(note="write to x.y@example.org")), "e-mail"),
        (edited(lambda v: v.update(extra=7)), "unknown key"),
        (closed("?"), "unknown key"),
        (closed(7), "unknown key"),
        (edited(lambda v: v["cases"][0].update(ocd="perhaps")), "Allowed: no, yes"),
        (edited(lambda v: v["cases"][0].update(vignette="Dr. Winter came.")), "name with a title"),
        (edited(lambda v: v["cases"][0].update(vignette="")), "no story"),
        (edited(lambda v: v["cases"][0].update(case_id="")), "not a name"),
    ],
)
def test_what_is_no_set_of_ours_is_refused(text: str, said: str) -> None:
    with pytest.raises(TrainingError) as caught:
        load_set(text, EDITION)
    assert said in str(caught.value)
    assert not [one for one in ("Winter", "555", "x.y@") if one in str(caught.value)]
