"""The supervision state as a value, and the tables that fill it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kapnb.engine.ledger import FOCI, ROLES
from kapnb.group.state import (
    LISTED,
    MOST_IN_NOTE,
    MOST_LEARNING,
    SESSION,
    Scope,
    State,
    learn,
    load,
    make_dataset,
    narrow,
    pick,
    spread_words,
    step,
    tick,
)
from kapnb.group.upload import Upload, read_files
from kapnb.tables.marking import mark
from kapnb.tables.template import make_template
from kapnb.text.words import words
from tests.example import CASES, EDITION, FILES, JUDGMENTS
from tests.tables import as_csv

EXAMPLE = {name: path.read_bytes() for name, path in FILES.items()}


def read(**files: bytes) -> Upload:
    return read_files(files, EDITION, lambda _done: None)


UPLOAD = read(**EXAMPLE)
assert UPLOAD.dataset
STATE = load(State(make_dataset((), (), EDITION)), UPLOAD.dataset)


def test_the_example_read_as_tables_is_the_example() -> None:
    """Cases and judgments that come through the table reader are, one by one, those that stand in the files."""
    assert UPLOAD.dataset
    assert tuple(UPLOAD.dataset.cases.values()) == CASES
    assert UPLOAD.dataset.everything == JUDGMENTS
    assert UPLOAD.repairs == {"cases": [], "judgments": []}


def test_a_wrong_judgments_table_leaves_the_cases_open() -> None:
    """Cases are used without judgments that cannot be; a wrong case table opens nothing."""
    wrong = as_csv([["case_id", "rater", "outcome"], ["S01", "R1", "perhaps"]])
    upload = read(cases=EXAMPLE["cases"], judgments=wrong)
    assert upload.dataset
    assert not upload.dataset.everything
    assert upload.problems.keys() == upload.markable == {"judgments"}
    assert read(cases=wrong).dataset is None


def test_an_empty_table_and_a_marked_copy_can_be_read_again() -> None:
    """And what was mended on the way is told."""
    wrong = as_csv([["case_id", "ocd"], ["S01", "perhaps"]])
    assert read(cases=mark(wrong, "cases", read(cases=wrong).problems["cases"], EDITION)).problems.keys() == {"cases"}
    assert read(cases=make_template("cases", EDITION)).problems.keys() <= {"cases"}
    assert len(read(cases=as_csv([["Case ID", "OCD"], ["A", "No"]])).repairs["cases"]) >= 2


def test_a_list_shows_so_many_cases_and_no_more() -> None:
    """Of a large table the list holds the first, and only those can be gone to; the overview counts all."""
    upload = read(cases=as_csv([["case_id", "ocd"], *([f"L{number}", "no"] for number in range(LISTED + 5))]))
    assert upload.dataset
    assert len(upload.dataset.rows) == len(upload.dataset.listed) == LISTED
    assert sum(upload.dataset.outcomes.values()) == LISTED + 5
    with pytest.raises(ValueError, match="no such case"):
        pick(load(STATE, upload.dataset), f"L{LISTED}")


def test_other_tables_keep_what_was_typed_and_hide_the_raters() -> None:
    """Learning points and ticks stay, the labels of raters go off, and the case on view stays where there is one."""
    state = learn(tick(replace(pick(STATE, "S03"), names=True), "a.b.c", on=True), "S03", "Ask what is open.")
    again = load(state, STATE.dataset)
    assert (again.learning, again.ticked, again.names, again.chosen) == (state.learning, state.ticked, False, "S03")
    other = read(cases=as_csv([["case_id"], ["Z1"]])).dataset
    assert other
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


def test_a_spread_is_told_by_number() -> None:
    """Each outcome that was given stands there by its number, the most cautious first; where they are many they are counted."""
    given = STATE.dataset.judgments["S10"]
    assert spread_words(given) == "2 2 3 3 4 4"
    thrice = [words("supervision_page.spread_cell", step=step, count=6) for step in (2, 3, 4)]
    assert spread_words(given * 3) == ", ".join(thrice)
    assert spread_words(()) == ""
