"""The supervision state as a value, and the tables that fill it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kapnb.engine.ledger import FOCI, ROLES
from kapnb.group.inbox import Inbox
from kapnb.group.settle import settle, take
from kapnb.group.state import (
    LISTED,
    MOST_IN_NOTE,
    MOST_LEARNING,
    SESSION,
    Dataset,
    Order,
    Scope,
    State,
    learn,
    load,
    make_dataset,
    narrow,
    pick,
    step,
    tick,
)
from tests.bundled import EDITION
from tests.example import CASES, DATASET, FILES, JUDGMENTS, LOCATED
from tests.tables import as_csv


def read(**files: bytes) -> Dataset:
    """What follows from a case table, and from judgments where there are any."""
    inbox = Inbox()
    for data in files.values():
        inbox = take(inbox, data, EDITION, {})
    settled = settle(inbox, EDITION, {})
    return make_dataset(settled.cases, settled.judgments, EDITION)


STATE = load(replace(State(make_dataset((), (), EDITION)), order=Order.GIVEN), DATASET)


def test_the_example_read_as_tables_is_the_example() -> None:
    """Cases and judgments that come through the inbox are, one by one, those that stand in the files."""
    dataset = read(**{name: path.read_bytes() for name, path in FILES.items()})
    assert tuple(dataset.cases.values()) == CASES
    assert dataset.everything == JUDGMENTS


def test_a_list_shows_so_many_cases_and_no_more() -> None:
    """Of a large table the list holds the first, and only those can be gone to; the overview counts all."""
    large = read(cases=as_csv([["case_id", "ocd"], *([f"L{number}", "no"] for number in range(LISTED + 5))]))
    assert len(large.listed) == LISTED
    assert len(large.assessments) == LISTED + 5
    with pytest.raises(ValueError, match="no such case"):
        pick(load(STATE, large), f"L{LISTED}")


def test_facts_are_gathered_by_question_and_case() -> None:
    """Only what moves the outcome, with how many read which answer, the question that most read otherwise first."""
    facts = DATASET.facts
    found = [fact for found in LOCATED.values() for one in found for fact in one.facts if fact.matters]
    totals = [sum(counts.total() for counts in row.values()) for row in facts.values()]
    assert totals == sorted(totals, reverse=True)
    assert sum(totals) == len(found)
    assert facts["recovery_lifestyle"]["S10"]["no"] == 2


def test_other_tables_keep_what_was_typed_and_hide_the_raters() -> None:
    """Learning points and ticks stay, the labels of raters go off, and the case on view stays where there is one."""
    state = learn(tick(replace(pick(STATE, "S03"), names=True), "a.b.c", on=True), "S03", "Ask what is open.")
    again = load(state, STATE.dataset)
    assert (again.learning, again.ticked, again.names, again.chosen) == (state.learning, state.ticked, False, "S03")
    other = read(cases=as_csv([["case_id"], ["Z1"]]))
    assert load(state, other).chosen == "Z1"


def test_one_case_after_the_other() -> None:
    """A step goes on and back, and stays at either end."""
    assert step(STATE, 1).chosen == "S02"
    assert step(step(STATE, 1), -1).chosen == "S01"
    assert step(STATE, -1).chosen == "S01"
    assert step(pick(STATE, "S12"), 1).chosen == "S12"


def test_prompts_are_narrowed_and_ticked_by_the_supervisor_alone() -> None:
    """Nothing is ticked at first; hiding a role hides its prompts, and what was ticked of them is still taken."""
    assert STATE.taken == ()
    first = next(one for one in STATE.offered if one.role == ROLES[0])
    state = narrow(tick(STATE, first.key, on=True), ROLES[0], on=False)
    assert {one.role for one in state.offered} == set(ROLES[1:])
    assert state.taken == (first,)
    assert narrow(state, ROLES[0], on=True).offered == STATE.offered
    assert {one.focus for one in narrow(STATE, FOCI[1], on=False).offered} == set(FOCI) - {FOCI[1]}
    with pytest.raises(ValueError, match="neither"):
        narrow(STATE, "judge", on=True)


def test_prompts_of_the_session_name_their_cases() -> None:
    whole = replace(STATE, scope=Scope.SESSION)
    assert {case for one in whole.offered for case in one.cases} == set(STATE.dataset.cases)


def test_a_note_of_a_session_takes_the_most_disputed_cases() -> None:
    """All cases where there is state, in their order; else those on which the group differs most."""
    assert [case.case_id for case, _, _ in STATE.session] == list(STATE.dataset.cases)
    many = make_dataset(({"case_id": f"C{n}"} for n in range(40)), _two_raters("C39", "C20"), EDITION)
    session = load(STATE, many).session
    assert len(session) == MOST_IN_NOTE
    assert {"C39", "C20"} <= {case.case_id for case, _, _ in session}
    assert many.by_dispute[:3] == ("C20", "C39", "C0")
    assert many.suggestions[-1].cases[:3] == ("C20", "C39", "C0")


def _two_raters(*cases: str) -> list[dict[str, str]]:
    outcomes = {"R1": "not_recommended", "R2": "clarify_first"}
    return [{"case_id": case, "rater": rater, "outcome": outcome} for case in cases for rater, outcome in outcomes.items()]


@pytest.mark.parametrize("text", ["Write to rowan@example.org", "born in 1980", "x" * (MOST_LEARNING + 1)])
def test_learning_points_that_cannot_be_used_are_not_kept_or_repeated(text: str) -> None:
    """A text that may identify someone, or is too long, is refused with a reason and not held."""
    state = learn(learn(STATE, "S01", "First."), "S01", f"First.\n{text}")
    assert state.learning == ()
    assert state.trouble
    assert text not in state.trouble
    assert learn(state, "S01", "First.\n\n  Second.  ").learning == ("First.", "Second.")
    assert learn(state, "S01", "First.").trouble == ""


def test_each_case_and_the_session_have_their_own_points_and_prompts() -> None:
    """What is typed and ticked for one case is in the note of that case alone; the session has its own."""
    key = STATE.offered[-1].key
    assert key in {one.key for one in pick(STATE, "S02").offered}
    state = learn(learn(tick(STATE, key, on=True), "S01", "Of one."), SESSION, "Of all.")
    assert (state.learning, [one.key for one in state.taken]) == (("Of one.",), [key])
    other = pick(state, "S02")
    assert (other.learning, other.taken) == ((), ())
    whole = replace(state, scope=Scope.SESSION)
    assert (whole.learning, whole.taken) == (("Of all.",), ())
    assert key in {one.key for one in whole.offered}
    with pytest.raises(ValueError, match="no such case"):
        learn(STATE, "S99", "Of none.")
