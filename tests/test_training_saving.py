"""A training as a file: it comes back whole, an altered one is refused and told, what is not known any more is set aside."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from kapnb.engine.outcomes import Outcome
from kapnb.training import journal
from kapnb.training.checking import NothingAtHandError, TrainingError
from kapnb.training.journal import Step, seal, write_entry
from kapnb.training.reveal import reveal
from kapnb.training.saving import MOST_CHARACTERS, load, save
from kapnb.training.session import (
    MOST_ITEMS,
    Training,
    annotate,
    begin,
    choose_finding,
    choose_outcome,
    first_seal,
    go_on,
    go_to,
    mark,
    record,
    respond,
)
from tests.training import LIBRARY, QUIET, judge, make

if TYPE_CHECKING:
    from collections.abc import Callable


def full() -> Training:
    """A session with something at every stage."""
    training = judge(mark(begin(LIBRARY, LIBRARY), 4, 11), "clarify_first", "", QUIET)
    training = respond(reveal(training, LIBRARY)[0], LIBRARY, 1, 0)
    training = annotate(annotate(training, "Nobody asked\nabout winter."), "“I” had not either.")
    training = judge(go_on(training), "not_at_present", "past_attempt_pattern", {"suicide_attempts": "repeated_past"}, "low")
    training = reveal(judge(go_on(training), "not_at_present", "current_suicidal_pattern"), LIBRARY)[0]
    return record(choose_outcome(go_on(training), "may_be_considered"), "ocd", "no")


FULL = full()
TEXT = save(FULL)


def problems_of(value: Any, library: Any = LIBRARY) -> str:
    """What a file is refused with."""
    with pytest.raises(TrainingError) as caught:
        load(value if isinstance(value, str | bytes) else json.dumps(value), library)
    assert all(problem.what for problem in caught.value.problems)
    return str(caught.value)


def edited(change: Callable[[Any], object]) -> Any:
    value = json.loads(TEXT)
    change(value)
    return value


# --- whole -------------------------------------------------------------------------------------------


def test_a_session_comes_back_whole() -> None:
    loaded = load(TEXT, LIBRARY)
    assert (loaded.training, loaded.messages) == (FULL, ())
    assert load(TEXT.encode("utf-8-sig"), LIBRARY).training == FULL
    assert save(loaded.training) == TEXT


def test_work_goes_on_where_it_was() -> None:
    """What comes after loading is sealed to what was before."""
    training = reveal(go_to(load(TEXT, LIBRARY).training, "A2"), LIBRARY)[0]
    assert load(save(training), LIBRARY).training == training


def test_a_long_session_is_saved_and_loaded() -> None:
    """As many items as there may be, with as much said of each as there may be, stay within the bound of a file."""
    library = {f"B{at}": make(f"B{at}", QUIET, story="w " * 2_500) for at in range(MOST_ITEMS)}
    training = begin(library, library)
    for at, name in enumerate(library):
        training = go_to(training, name)
        training = judge(training, "clarify_first", "single_attempt", QUIET) if at % 20 == 0 else record(training, "ocd", "no")
        training = annotate(reveal(training, library)[0], "é" * 2_000) if at % 20 == 0 else training
    assert load(save(training), library).training == training
    assert len(save(training)) < MOST_CHARACTERS / 4


# --- altered -----------------------------------------------------------------------------------------


def commitment(value: Any, number: int = 0) -> Any:
    return [row for row in value["journal"] if row["step"] == "committed"][number]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda v: commitment(v).update(outcome="may_be_considered"), "journal, 1"),
        (lambda v: commitment(v).update(confidence="low"), "journal, 1"),
        (lambda v: commitment(v).update(finding="single_attempt"), "journal, 1"),
        (lambda v: commitment(v)["fields"].update(ocd="yes"), "journal, 1"),
        (lambda v: commitment(v)["passages"].clear(), "journal, 1"),
        (lambda v: commitment(v, 1).update(outcome="clarify_first"), "journal, 6"),
        (lambda v: commitment(v).update(item="A6"), "journal, 1"),
        (lambda v: v["journal"][3].update(text="Nobody asked."), "journal, 4"),
        (lambda v: v["journal"][2].update(response=2), "journal, 3"),
        (lambda v: v["journal"].pop(3), "journal, 4"),
        (lambda v: v["journal"].insert(3, v["journal"].pop(4)), "journal, 4"),
        (lambda v: v["items"].pop(5), "journal, 1"),
        (lambda v: v["items"].reverse(), "journal, 1"),
    ],
)
def test_an_altered_entry_is_told(change: Callable[[Any], object], where: str) -> None:
    """A file in which anything that happened was changed is refused, with the place."""
    told = problems_of(edited(change))
    assert f"{where}: was changed after it was written" in told


def test_only_the_altered_entry_is_told() -> None:
    """Those after it are as they were written."""
    assert problems_of(edited(lambda v: commitment(v).update(confidence="low"))).count("was changed") == 1


def test_everything_that_is_wrong_is_told_at_once() -> None:
    def spoil(value: Any) -> None:
        value["items"][5]["characters"] = "many"
        value["journal"][2]["response"] = 9
        value["position"] = "A99"
        value["more"] = 1

    assert problems_of(edited(spoil)).count("\n") == 3


def reseal(training: Training, rows: list[tuple[Step, str, Any]]) -> Any:
    """A file with these steps and fitting seals, as a forger would write it."""
    previous, entries = first_seal(training.items), []
    for step, item, said in rows:
        entries.append(write_entry(previous, step, item, said))
        previous = entries[-1].seal
    forged = replace(training, journal=tuple(entries))
    return json.loads(save(forged))


SAID = FULL.attempts["A1"].draft


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([(Step.REVEALED, "A1", None)], "nothing is shown before"),
        ([(Step.REVEALED, "A1", None), (Step.COMMITTED, "A1", SAID)], "nothing is shown before"),
        ([(Step.COMMITTED, "A1", SAID), (Step.COMMITTED, "A1", SAID)], "a second time"),
        ([(Step.COMMITTED, "A1", SAID), (Step.REVEALED, "A1", None), (Step.REVEALED, "A1", None)], "a second time"),
        ([(Step.COMMITTED, "A1", SAID), (Step.ANNOTATED, "A1", "x")], "after the answer"),
        ([(Step.COMMITTED, "A1", SAID), (Step.RESPONDED, "A1", FULL.attempts["A1"].responses[1])], "after the answer"),
        ([(Step.COMMITTED, "A1", replace(SAID, outcome=None))], "without an outcome"),
        ([(Step.COMMITTED, "A4", SAID)], "stays as it is"),
    ],
)
def test_fitting_seals_do_not_let_steps_be_taken_in_another_order(rows: list[tuple[Step, str, Any]], said: str) -> None:
    """Whatever the seals say: nothing precedes its commitment, and nothing is committed twice or beside a draft."""
    assert said in problems_of(reseal(FULL, rows))


def test_what_a_seal_cannot_show() -> None:
    """Steps cut off at the end, or a judgment sealed anew by somebody who knows how, are not noticed; the docstring says so."""
    cut = edited(lambda v: v["journal"].pop())
    assert not load(json.dumps(cut), LIBRARY).training.attempts["A3"].revealed
    forged = reseal(FULL, [(Step.COMMITTED, "A1", replace(SAID, outcome=Outcome.NOT_RECOMMENDED))])
    assert str(load(json.dumps(forged), LIBRARY).training.attempts["A1"].draft.outcome) == "not_recommended"
    assert "cannot show: a forgery" in str(journal.__doc__)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("", "JSON"),
        ("[", "JSON"),
        ("[" * 100_000, "JSON"),
        ("1" * 10_000, "JSON"),
        (b"\xff\xfe\x00", "not readable as text"),
        ("[]", "not a file of this kind"),
        ("{}", "not a file of this kind"),
        ('{"format": "kapnb training set", "version": 1}', "not a file of this kind"),
        ('{"format": "kapnb training", "version": 2}', "another version"),
        ('{"format": "kapnb training", "version": true}', "another version"),
        ("x" * (MOST_CHARACTERS + 1), "larger than"),
        ({"format": "kapnb training", "version": 1}, "position"),
        (edited(lambda v: v.update(items=[])), "one item or more"),
        (edited(lambda v: v.update(items=v["items"] * 60)), "more than"),
        (edited(lambda v: v["items"].append(v["items"][0])), "stands twice"),
        (edited(lambda v: v["items"][0].update(id="a\nb")), "one line"),
        (edited(lambda v: v["items"][0].update(id="555-123-4567")), "identifies a person"),
        (edited(lambda v: v["items"][0].update(story="x")), "no seal"),
        (edited(lambda v: v["items"][0].update(characters=10**9)), "whole numbers"),
        (edited(lambda v: v.update(drafts=[])), "an object"),
        (edited(lambda v: v.update(drafts={"A9": {}})), "no item"),
        (edited(lambda v: v["drafts"]["A4"].update(passages=[[3, 2]])), "within the story"),
        (edited(lambda v: v["drafts"]["A4"].update(passages=[[0, 9], [5, 12]])), "within the story"),
        (edited(lambda v: v["drafts"]["A4"].update(passages=[[0, 1e3]])), "within the story"),
        (edited(lambda v: v["drafts"]["A4"].update(fields={str(at): "x" for at in range(101)})), "more than 100"),
        (edited(lambda v: v["drafts"]["A4"].update(fields={"ocd": {}})), "one line"),
        (edited(lambda v: v["drafts"]["A4"].update(outcome="fine")), "Allowed: not_recommended"),
        (edited(lambda v: v["drafts"]["A4"].update(mood="fine")), "does not belong"),
        (edited(lambda v: v["journal"][3].update(text="Dr. Winter said")), "name with a title"),
        (edited(lambda v: v["journal"][0].update(step="undone")), "committed, revealed"),
        (edited(lambda v: v["journal"][0].update(seal=None)), "no seal"),
        (edited(lambda v: v["journal"].append(7)), "an object"),
        (TEXT.replace('"position"', '"position": "A1", "position"'), "a name twice"),
    ],
)
def test_what_is_no_file_of_ours_is_refused(value: Any, said: str) -> None:
    """Where, what, what to do; and nothing that may identify somebody is repeated."""
    told = problems_of(value)
    assert said in told
    assert "Winter" not in told
    assert "555" not in told


# --- set aside ---------------------------------------------------------------------------------------


def test_an_item_that_is_not_there_is_set_aside() -> None:
    """The rest goes on, what was done with it is saved again, and it is back when the library has it again."""
    without = {name: one for name, one in LIBRARY.items() if name not in {"A1", "A4"}}
    loaded = load(TEXT, without)
    assert loaded.training.aside == {"A1", "A4"}
    assert [message.split()[0] for message in loaded.messages] == ["A1", "A4"]
    assert loaded.training.now.item.id == "A2"
    assert [one.item.id for one in loaded.training.present] == ["A2", "A3", "A5", "A6"]
    with pytest.raises(TrainingError, match="no item"):
        go_to(loaded.training, "A1")
    assert load(save(go_to(loaded.training, "A2")), LIBRARY).training == go_to(FULL, "A2")


def test_another_story_under_the_same_id_is_another_item() -> None:
    """A judgment is never held against a story that was not read."""
    other = {**LIBRARY, "A2": replace(LIBRARY["A2"], story="Another story.")}
    loaded = load(TEXT, other)
    assert loaded.training.aside == {"A2"}
    assert "its story is another one" in loaded.messages[0]
    with pytest.raises(TrainingError, match="another story"):
        reveal(go_to(FULL, "A2"), other)


def test_nothing_left_is_a_problem_and_not_an_empty_session() -> None:
    with pytest.raises(NothingAtHandError, match="load their table"):
        load(TEXT, {})


def test_renamed_fields_and_rules_are_set_aside() -> None:
    """Of a draft they go; in a commitment they stay as written and are not compared."""
    value = reseal(FULL, [(Step.COMMITTED, "A1", replace(SAID, fields={**SAID.fields, "mood_swings": "yes"}, finding="old_rule"))])
    value["drafts"]["A4"] |= {"fields": {"ocd": "no", "ocd_kind": "x", "bipolar_disorder": "old"}, "finding": "old_rule"}
    loaded = load(json.dumps(value), LIBRARY)
    assert len(loaded.messages) == 4
    draft = loaded.training.attempts["A4"].draft
    assert (dict(draft.fields), draft.finding) == ({"ocd": "no"}, None)
    kept = loaded.training.attempts["A1"]
    assert kept.draft.fields["mood_swings"] == "yes"
    judgment = kept.as_judgment()
    assert "mood_swings" not in (judgment.own or {})
    assert judgment.deciding_finding == ""
    assert save(loaded.training) == save(load(save(loaded.training), LIBRARY).training)
    assert reveal(go_to(loaded.training, "A1"), LIBRARY)[1].blocks


def test_an_open_draft_may_be_edited_by_hand() -> None:
    value = edited(lambda v: v["drafts"]["A4"].update(outcome="clarify_first", fields={"ocd": "yes"}))
    draft = load(json.dumps(value), LIBRARY).training.attempts["A4"].draft
    assert (str(draft.outcome), dict(draft.fields)) == ("clarify_first", {"ocd": "yes"})


def test_another_edition_of_the_guidance_is_told() -> None:
    assert "edition 0" in load(json.dumps(edited(lambda v: v.update(edition="0"))), LIBRARY).messages[-1]


def test_a_seal_depends_on_everything_before_it() -> None:
    assert len({seal("a", [1]), seal("b", [1]), seal("a", [2])}) == 3
    assert choose_finding(go_to(FULL, "A4"), "").seal == FULL.seal
