"""The state of the assessment page: what each step leads to, without a browser."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields as dataclass_fields
from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from kapnb.engine.edition import served_edition
from kapnb.text.cases import Case, as_record
from kapnb.text.compare import compare
from kapnb.text.explanation import explain
from kapnb.text.words import words
from kapnb.ui import assessment_state as steps
from kapnb.ui.assessment_state import State
from kapnb.ui.assessment_view import count_changes, count_readings, find_asked, find_blocks, outcome_line, write_regions
from kapnb.ui.explanation import write_pane
from tests import oracle

EDITION = served_edition()
FIELDS, READINGS = EDITION.fields, EDITION.ledger.readings
EXAMPLES = sorted(EDITION.examples())
START = State(EDITION)
FAMILY = ("ocd", "ocd_preparation", "suicidal_ideation", "ideation_onset", "substance_use_disorder", "formal_treatment")

answered = st.sampled_from((*FAMILY * 4, *FIELDS)).flatmap(  # mostly questions that raise and drop one another
    lambda name: st.tuples(st.just(name), st.sampled_from([None, *(option.name for option in FIELDS[name].options)]))
)
chosen = st.sampled_from(sorted(READINGS)).flatmap(
    lambda name: st.tuples(st.just(name), st.sampled_from([choice.name for choice in READINGS[name].choices]))
)


def walk(state: State, *taken: tuple[str, str | None]) -> State:
    for name, option in taken:
        state = steps.record(state, name, option)
    return state


def load(state: State, record: dict[str, object] | str) -> State:
    return steps.load_file(state, (record if isinstance(record, str) else json.dumps(record)).encode())


def answers(state: State) -> dict[str, str]:
    return dict(state.case.answers)


def test_an_upstream_edit_clears_what_no_longer_applies_and_says_so() -> None:
    """Answers to questions that are no longer asked go; the notice names them and offers to take it back."""
    before = walk(START, ("suicidal_ideation", "passive"), ("ideation_onset", "newer"), ("likelihood_of_acting", "unlikely"))
    after = steps.record(before, "suicidal_ideation", "none")
    assert answers(after) == {"suicidal_ideation": "none"}
    assert after.notice
    assert after.notice.undo
    assert all(FIELDS[name].label in after.notice.text for name in ("ideation_onset", "likelihood_of_acting"))
    assert steps.undo(after).case == before.case


def test_a_title_is_one_step_to_undo() -> None:
    """However many letters were typed; the recorded case behind a what-if has it too."""
    answered = steps.suppose(walk(START, ("ocd", "yes")))
    titled = answered
    for end in range(1, 6):
        titled = steps.entitle(titled, "Rowan"[:end])
    assert (titled.case.title, titled.recorded and titled.recorded.title) == ("Rowan", "Rowan")
    assert len(titled.past) == len(answered.past) + 1
    assert steps.undo(titled).case == answered.case


def test_a_twin_is_a_what_if_that_one_undo_takes_back() -> None:
    """Each leads where the explanation says; in a what-if the recorded case stays what it was."""
    before = replace(steps.load_example(START, EXAMPLES[1]), invented=True)
    told = explain(steps.assess_case(before, before.case))
    assert len(told.twins) > 1
    for row in told.twins:
        after = steps.open_twin(before, row.about, row.choice)
        assert outcome_line(after) == words("page.whatif_line", outcome=row.outcome)
        assert after.recorded == before.case
        assert (steps.undo(after).case, steps.undo(after).recorded) == (before.case, None)
        assert steps.go_back(after).case == before.case
        assert steps.open_twin(after, "ocd", "yes").recorded == before.case


def test_a_loaded_file_leaves_out_what_does_not_apply() -> None:
    """An answer of a file whose question does not apply is left out, and the notice says so."""
    state = load(START, {"ocd": "no", "ocd_preparation": "thorough"})
    assert answers(state) == {"ocd": "no"}
    assert state.notice
    assert FIELDS["ocd_preparation"].label in state.notice.lines[0]


@pytest.mark.parametrize("option", [None, "none", "passive", "active"])
@pytest.mark.parametrize("story", ["", "She wishes not to wake up."])
@pytest.mark.parametrize("invented", [False, True])
def test_help_is_shown_exactly_where_a_case_asks_for_it(option: str | None, story: str, invented: bool) -> None:  # noqa: FBT001
    """Once, before the gate and after it, by an answer or by the story on view; never without."""
    state = steps.record(State(EDITION, Case({}, vignette=story), invented=invented), "suicidal_ideation", option)
    assert [block.key for block in find_blocks(state)].count("support") == (option in {"passive", "active"} or bool(story))


def test_an_example_fills_the_whole_form() -> None:
    """Each of six has a title of its own and a note, and answers every question that is asked of it and that a rule reads."""
    cases = [steps.load_example(START, name).case for name in EXAMPLES]
    assert len({case.title for case in cases}) == 6
    for case in cases:
        asked = set(find_asked(FIELDS, case.answers))
        assert case.note
        assert asked & oracle.FIELDS.keys() <= case.answers.keys() <= asked


def test_a_what_if_shows_what_changes_and_what_stands_beside_every_outcome() -> None:
    """The comparison of the API, and the support block while either case has ideation."""
    before, after = {"suicidal_ideation": "passive", "ocd": "no"}, {"suicidal_ideation": "none", "ocd": "yes"}
    state = walk(steps.suppose(walk(State(EDITION, invented=True), *before.items())), *after.items())
    moved, *rest = compare(EDITION.assess(before), EDITION.assess(after))
    blocks = find_blocks(state)
    assert [block.key for block in blocks] == ["moved", "support", *(block.key for block in rest)]
    assert blocks[0] == moved
    assert count_changes(state.recorded or Case({}), state.case) == words("page.whatif_count", changes=2)


NOTHING_YET = ((Case({}), None),)
WITHIN = {steps.record, steps.choose, steps.reset_readings}  # what neither begins nor ends a what-if
ORPHANS = json.dumps({"ocd": "no", "ocd_preparation": "thorough", "suicidal_ideation": "none", "ideation_onset": "newer"})


class AnyOrder(RuleBasedStateMachine):
    """Whatever a reader does, in any order: nothing hidden counts, nothing is lost, the page is a function of what is recorded."""

    saved = Bundle("saved")

    @initialize(target=saved, invented=st.booleans())
    def arrive(self, invented: bool) -> str:  # noqa: FBT001
        self.state = State(EDITION, invented=invented)
        return ORPHANS

    def step(self, change: Callable[..., State], *said: object) -> None:
        """Any step but forgetting: what it changes an undo brings back, and what could be undone before still can be."""
        before, after = self.state, change(self.state, *said)
        self.state = after
        assert after.invented is before.invented
        assert after.recorded == before.recorded or change not in WITHIN
        now, then = (after.case, after.recorded), (before.case, before.recorded)
        if change is steps.undo:
            assert (*after.past, now) == (before.past or (then,))
        elif now == then or (change is steps.read_kept and (*before.past, then) == NOTHING_YET):
            assert after.past == before.past
        else:
            assert after.past == (*before.past, then)[-50:]

    @rule(answer=answered)
    def record(self, answer: tuple[str, str | None]) -> None:
        self.step(steps.record, *answer)
        assert self.state.case.answers.get(answer[0]) in {answer[1], None}

    @rule(title=st.sampled_from(["", "Six weeks", "Six weeks on", "Ask Dr. Rowan"]))
    def entitle(self, title: str) -> None:
        """Both cases get it, one that may identify somebody neither; letters that are typed one after the other are one step."""
        before, self.state = self.state, steps.entitle(self.state, title)
        refused = title.startswith("Ask")
        for now, then in ((self.state.case, before.case), (self.state.recorded, before.recorded)):
            assert now == (then and replace(then, title=then.title if refused else title))
        assert (self.state.title, bool(self.state.title_problem)) == ((title, True) if refused else (None, False))
        assert len(self.state.past) - len(before.past) in {0, 1}

    @rule(choice=chosen)
    def choose(self, choice: tuple[str, str]) -> None:
        self.step(steps.choose, *choice)
        usual = READINGS[choice[0]].default
        assert self.state.case.readings.get(choice[0], usual) == choice[1]
        assert usual != self.state.case.readings.get(choice[0])

    @rule(change=st.sampled_from([steps.reset_readings, steps.new_case, steps.undo]))
    def press(self, change: Callable[[State], State]) -> None:
        self.step(change)

    @rule()
    def suppose(self) -> None:
        recorded = self.state.recorded or self.state.case
        self.step(steps.suppose)
        assert self.state.recorded == recorded

    @rule(end=st.sampled_from([steps.go_back, steps.keep_changes]))
    def end_what_if(self, end: Callable[[State], State]) -> None:
        case = self.state.case if end is steps.keep_changes else self.state.recorded or self.state.case
        self.step(end)
        assert (self.state.case, self.state.recorded) == (case, None)

    @rule(name=st.sampled_from(EXAMPLES))
    def example(self, name: str) -> None:
        self.step(steps.load_example, name)
        assert self.state.recorded is None

    @rule(target=saved)
    def save(self) -> str:
        return json.dumps(as_record(self.state.recorded or self.state.case, EDITION))

    @rule(text=saved)
    def load(self, text: str) -> None:
        self.step(load, text)
        assert self.state.recorded is None

    @rule(text=saved)
    def restore(self, text: str) -> None:
        self.step(steps.read_kept, text)

    @rule()
    def reload(self) -> None:
        """Another page takes back what the browser kept of this one: both cases, all but the undoing."""
        kept = steps.write_kept(self.state)
        again = steps.read_kept(START, kept) if kept else START
        assert (again.case, again.recorded, again.past) == (self.state.case, self.state.recorded, ())

    @rule()
    def forget(self) -> None:
        self.state = steps.forget(self.state)
        assert self.state == State(EDITION, invented=self.state.invented, notice=self.state.notice)

    @invariant()
    def nothing_hidden_counts(self) -> None:
        for case in filter(None, (self.state.case, self.state.recorded)):
            asked = find_asked(FIELDS, case.answers)
            assert set(case.answers) <= set(asked)
            assert not EDITION.assess(case.answers).ignored
            for name in FIELDS:
                applies = FIELDS.applies(name, case.answers)
                assert (name in asked) is (applies is True or (applies is None and name in case.answers))

    def teardown(self) -> None:
        """The page is a function of what is recorded."""
        case, recorded = self.state.case, self.state.recorded
        fresh = replace(State(EDITION), **{one.name: getattr(self.state, one.name) for one in dataclass_fields(State)})
        assert write_regions(self.state, kept=True) == write_regions(fresh, kept=True)
        changed = len(case.readings)
        none, some = words("page.readings_none"), words("page.readings_changed", changed=changed, readings=len(READINGS))
        assert count_readings(self.state) == (some if changed else none)
        if self.state.invented and recorded is None:
            told = explain(EDITION.bind(case.readings).assess(case.answers), *case.texts)
            assert write_pane(told, find_asked(FIELDS, case.answers)) in write_regions(self.state, kept=True)["answer"]


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=25, stateful_step_count=25)
