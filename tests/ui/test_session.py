"""The page's state: what each step leads to, without a browser."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from kapnb import assess, explain, fields, load_guidance
from kapnb.text.cases import Case
from kapnb.text.compare import compare
from kapnb.text.words import words
from kapnb.ui import session as visit
from kapnb.ui.panel import describe_panel
from kapnb.ui.session import Session, as_record, asked
from kapnb.ui.view import look

if TYPE_CHECKING:
    from collections.abc import Callable

READINGS = load_guidance().readings
EXAMPLES = visit.list_examples()


def answers(session: Session) -> dict[str, str]:
    return dict(session.case.answers)


def walk(session: Session, *steps: tuple[str, str | None]) -> Session:
    for name, option in steps:
        session = visit.record(session, name, option)
    return session


steps = st.lists(
    st.sampled_from(sorted(fields)).flatmap(
        lambda name: st.tuples(st.just(name), st.sampled_from([None, *(option.name for option in fields[name].options)]))
    ),
    max_size=30,
)


@given(steps)
def test_nothing_hidden_counts(taken: list[tuple[str, str | None]]) -> None:
    """After any steps every recorded answer is on view, and none of them is ignored."""
    session = walk(Session(), *taken)
    assert set(session.case.answers) <= set(asked(session.case.answers))
    assert not assess(session.case.answers).ignored


@given(steps)
def test_every_question_that_applies_is_on_view(taken: list[tuple[str, str | None]]) -> None:
    """The questions on view are those that apply, and those that may apply and have an answer; never one that does not."""
    recorded = walk(Session(), *taken).case.answers
    for name in fields:
        applies = fields.applies(name, recorded)
        assert (name in asked(recorded)) is (applies is True or (applies is None and name in recorded))


@given(steps)
def test_undo_leads_back_through_every_step(taken: list[tuple[str, str | None]]) -> None:
    """As many undos as steps give back the case of the start."""
    session = walk(Session(), *taken)
    for _ in taken:
        session = visit.undo(session)
    assert session.case == Session().case
    assert visit.undo(session) is session


@given(steps)
def test_a_saved_case_is_the_case_that_is_loaded(taken: list[tuple[str, str | None]]) -> None:
    """Saving and loading gives the same case."""
    saved = walk(Session(), *taken).case
    assert visit.load_text(Session(), json.dumps(as_record(saved))).case == saved


def test_an_answer_can_be_taken_back() -> None:
    """An answer that is taken back is not recorded, which is no option."""
    session = walk(Session(), ("ocd", "no"), ("ocd", None))
    assert answers(session) == {}


def test_an_upstream_edit_clears_what_no_longer_applies_and_says_so() -> None:
    """Answers to questions that are no longer asked go; the notice names them and offers to take it back."""
    before = walk(Session(), ("suicidal_ideation", "passive"), ("ideation_onset", "newer"), ("likelihood_of_acting", "unlikely"))
    after = visit.record(before, "suicidal_ideation", "none")
    assert answers(after) == {"suicidal_ideation": "none"}
    assert after.notice is not None
    assert after.notice.undo
    assert all(fields[name].label in after.notice.text for name in ("ideation_onset", "likelihood_of_acting"))
    assert visit.undo(after).case == before.case


def test_an_answer_whose_question_may_still_apply_stays_on_view() -> None:
    """When the parent goes back to not recorded the child stays, visible."""
    session = walk(Session(), ("ocd", "yes"), ("ocd_preparation", "thorough"), ("ocd", None))
    assert answers(session) == {"ocd_preparation": "thorough"}
    assert "ocd_preparation" in look(session).shown


def test_clearing_a_section_reaches_its_children_elsewhere() -> None:
    """Structured therapy is asked because of another section; clearing that section leaves nothing hidden."""
    session = walk(Session(), ("suicide_attempts", "single"), ("structured_therapy", "in_progress"), ("ocd", "no"))
    cleared = visit.clear_section(session, "suicide_related")
    assert "suicide_attempts" not in answers(cleared)
    assert answers(cleared)["ocd"] == "no"
    assert set(answers(cleared)) <= set(look(cleared).shown)
    assert visit.undo(cleared).case == session.case


def test_a_new_case_resets_everything() -> None:
    """A new case has no answer, title, note or reading; undo brings the old one back."""
    text = '{"title": "One", "note": "Two", "ocd": "yes", "readings": {"unprepared_ocd": "defer"}}'
    full = visit.load_text(Session(), text)
    assert visit.new_case(full).case == Case({})
    assert visit.undo(visit.new_case(full)).case == full.case


@pytest.mark.parametrize(
    "step",
    [
        visit.new_case,
        visit.reset_readings,
        lambda session: visit.load_example(session, EXAMPLES[0]),
        lambda session: visit.clear_section(session, "ocd"),
        lambda session: visit.record(session, "ocd", "no"),
    ],
)
def test_a_step_taken_twice_is_undone_at_once(step: Callable[[Session], Session]) -> None:
    """Who clicks twice by impatience needs one undo, and it leads to where they were."""
    before = visit.choose(walk(Session(), ("ocd", "yes")), "unprepared_ocd", "defer")
    assert visit.undo(step(step(before))).case == before.case


def test_forgetting_leaves_nothing_to_undo() -> None:
    """After forgetting neither the case nor the ones before it can be brought back."""
    session = visit.forget(walk(Session(invented=True), ("ocd", "yes")))
    assert (session.case, session.past, session.invented) == (Case({}), (), True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "file"),
        ("[]", "file"),
        ("{" * 5000, "file"),
        ("x" * 10_000_000, "file"),
        ('{"ocd": "maybe"}', "ocd"),
        ('{"ocd": 3}', "ocd"),
        ('{"odc": "yes"}', "ocd"),
        ('{"title": ["no"]}', "title"),
        ('{"note": "write to someone@example.org"}', "note"),
        ('{"readings": {"unprepared_ocd": "later"}}', "unprepared_ocd"),
    ],
)
def test_a_bad_file_changes_nothing_but_the_notice(text: str, said: str) -> None:
    """Whatever is wrong with a file: all answers stay, and the notice says where the trouble is."""
    before = walk(Session(), ("ocd", "yes"))
    after = visit.load_text(before, text)
    assert (after.case, after.past) == (before.case, before.past)
    assert after.notice is not None
    assert after.notice.problem
    assert said in " ".join(after.notice.lines)
    assert len(" ".join(after.notice.lines)) < 5000


def test_all_problems_of_a_file_are_told_at_once() -> None:
    """One line for each problem."""
    after = visit.load_text(Session(), '{"ocd": "maybe", "psychotic_disorder": 1, "nonsense": "yes"}')
    assert after.notice is not None
    assert len(after.notice.lines) == 3


def test_a_loaded_file_leaves_out_what_does_not_apply() -> None:
    """An answer of a file whose question does not apply is left out, and the notice says so."""
    session = visit.load_text(Session(), '{"ocd": "no", "ocd_preparation": "thorough"}')
    assert answers(session) == {"ocd": "no"}
    assert session.notice is not None
    assert fields["ocd_preparation"].label in session.notice.lines[0]


def test_nothing_is_evaluated_before_the_case_is_said_to_be_invented() -> None:
    """Before the gate there is no assessment and no block but the support one; after it there is."""
    session = walk(Session(), ("psychotic_disorder", "schizophrenia"))
    assert (look(session).assessment, look(session).blocks) == (None, ())
    with_ideation = visit.record(session, "suicidal_ideation", "active")
    assert [block.key for block in look(with_ideation).blocks] == ["support"]
    view = look(visit.confirm(with_ideation))
    assert view.assessment is not None
    assert [block.key for block in view.blocks].count("support") == 1


@pytest.mark.parametrize("option", [None, "none", "passive", "active"])
@pytest.mark.parametrize("invented", [False, True])
def test_the_support_block_stands_exactly_when_ideation_is_recorded(option: str | None, invented: bool) -> None:  # noqa: FBT001
    """Once, before the gate and after it, for ideation other than none; never without."""
    session = visit.record(Session(invented=invented), "suicidal_ideation", option)
    assert [block.key for block in look(session).blocks].count("support") == (option in {"passive", "active"})


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_fills_the_whole_form(name: str) -> None:
    """Every example has a title and a note, and answers every question that is asked of it."""
    session = visit.load_example(Session(), name)
    assert session.case.title
    assert session.case.note
    view = look(session)
    assert view.answered == len(view.shown)


def test_there_are_six_examples() -> None:
    """Six cases to load, with titles of their own."""
    assert len({visit.read_example(name).title for name in EXAMPLES}) == len(EXAMPLES) == 6


# --- readings of the source

choices = st.lists(
    st.sampled_from(sorted(READINGS)).flatmap(
        lambda name: st.tuples(st.just(name), st.sampled_from([choice.name for choice in READINGS[name].choices]))
    ),
    max_size=20,
)


def read(session: Session, *chosen: tuple[str, str]) -> Session:
    for name, choice in chosen:
        session = visit.choose(session, name, choice)
    return session


@given(choices)
def test_a_case_holds_exactly_the_readings_that_are_changed(chosen: list[tuple[str, str]]) -> None:
    """After any choices only those other than the default are held, the last one of each; the count says how many."""
    session = read(Session(), *chosen)
    assert session.case.readings == {name: choice for name, choice in dict(chosen).items() if choice != READINGS[name].default}
    changed = len(session.case.readings)
    assert look(session).changed == (
        words("page.readings_changed", changed=changed, readings=len(READINGS)) if changed else words("page.readings_none")
    )


@given(choices, steps)
def test_readings_are_saved_loaded_and_undone_with_the_case(
    chosen: list[tuple[str, str]], taken: list[tuple[str, str | None]]
) -> None:
    """A saved case brings its readings back, and as many undos as steps lead to the default."""
    session = walk(read(Session(), *chosen), *taken)
    assert visit.load_text(Session(), json.dumps(as_record(session.case))).case == session.case
    assert visit.restore(Session(), json.dumps(as_record(session.case))).case == session.case
    for _ in (*chosen, *taken):
        session = visit.undo(session)
    assert session.case == Session().case


def test_readings_go_into_the_assessment() -> None:
    """What is chosen on the page is what the API is asked with."""
    session = read(walk(Session(invented=True), ("ocd", "yes")), ("unprepared_ocd", "defer"))
    assert look(session).assessment is not None
    assert look(session).blocks == explain(assess({"ocd": "yes"}, {"unprepared_ocd": "defer"}))


@pytest.mark.parametrize("step", [visit.reset_readings, visit.new_case, lambda session: visit.load_example(session, EXAMPLES[0])])
def test_readings_go_back_to_default_and_can_be_brought_back(step: Callable[[Session], Session]) -> None:
    """One control, a new case and an example put all readings back; undo brings them back."""
    before = read(walk(Session(), ("ocd", "yes")), ("unprepared_ocd", "defer"), ("single_attempt", "counts_as_pattern"))
    after = step(before)
    assert after.case.readings == {}
    assert after.notice is not None
    assert after.notice.undo
    assert visit.undo(after).case == before.case


def test_clearing_a_section_keeps_the_readings() -> None:
    """What is emptied is the case, not the way the source is read."""
    session = read(walk(Session(), ("ocd", "yes")), ("unprepared_ocd", "defer"))
    assert visit.clear_section(session, "ocd").case.readings == {"unprepared_ocd": "defer"}


# --- what if


@given(steps, steps, choices)
def test_a_what_if_leaves_the_recorded_case_alone(
    taken: list[tuple[str, str | None]], supposed: list[tuple[str, str | None]], chosen: list[tuple[str, str]]
) -> None:
    """Whatever is changed in a what-if, going back gives the recorded case, and keeping gives the changed one."""
    before = walk(Session(), *taken)
    within = read(walk(visit.suppose(before), *supposed), *chosen)
    assert within.whatif == before.case
    assert visit.go_back(within).case == before.case
    assert visit.keep_changes(within).case == within.case
    assert visit.go_back(within).whatif is visit.keep_changes(within).whatif is None
    assert visit.undo(visit.go_back(within)).case == within.case
    assert visit.undo(visit.go_back(within)).whatif == before.case


@given(steps, steps)
def test_undo_leads_out_of_a_what_if(taken: list[tuple[str, str | None]], supposed: list[tuple[str, str | None]]) -> None:
    """Undoing its steps and its beginning gives the session before it."""
    before = walk(Session(), *taken[:20])
    session = walk(visit.suppose(before), *supposed[:20])
    while session.whatif is not None:
        session = visit.undo(session)
    assert (session.case, session.whatif, session.past) == (before.case, None, before.past)


def test_a_what_if_within_a_what_if_is_the_same_one() -> None:
    """The recorded case is the one of the beginning."""
    session = walk(visit.suppose(walk(Session(), ("ocd", "no"))), ("ocd", "yes"))
    assert visit.suppose(session) is session


@pytest.mark.parametrize(
    "step",
    [visit.new_case, visit.forget, lambda session: visit.load_example(session, EXAMPLES[0]), lambda s: visit.load_text(s, "{}")],
)
def test_another_case_ends_a_what_if(step: Callable[[Session], Session]) -> None:
    """A new case, an example, a file and forgetting are recorded cases of their own."""
    assert step(walk(visit.suppose(Session()), ("ocd", "yes"))).whatif is None


@given(steps, steps)
def test_a_what_if_survives_a_reload(taken: list[tuple[str, str | None]], supposed: list[tuple[str, str | None]]) -> None:
    """From what the browser kept, both cases come back."""
    session = walk(visit.suppose(walk(Session(), *taken)), *supposed)
    assert session.whatif is not None
    again = visit.restore(Session(), json.dumps(as_record(session.case)), json.dumps(as_record(session.whatif)))
    assert (again.case, again.whatif) == (session.case, session.whatif)


@pytest.mark.parametrize("kept", ['{"ocd": "yes"}', '{"readings": {"unprepared_ocd": "defer"}}'])
def test_a_case_that_comes_back_late_pushes_none_out(kept: str) -> None:
    """A case restored over another one leaves that one to undo; over nothing it leaves nothing to undo."""
    first = visit.restore(Session(), kept)
    assert first.past == ()
    late = visit.restore(first, '{"outside_scope": "no"}')
    assert visit.undo(late).case == first.case != late.case


def test_a_damaged_recorded_case_is_told() -> None:
    """When the recorded case behind a what-if cannot be read, nothing is restored, and the notice says so."""
    session = visit.restore(Session(), '{"ocd": "yes"}', '{"ocd": "maybe"}')
    assert (session.case, session.whatif) == (Case({}), None)
    assert session.notice is not None
    assert session.notice.problem


def test_a_what_if_shows_what_changes_and_what_stands_beside_every_outcome() -> None:
    """The comparison of the API, with the four sentences, and the support block while either case has ideation."""
    session = walk(Session(invented=True), ("suicidal_ideation", "passive"), ("ocd", "no"))
    session = walk(visit.suppose(session), ("suicidal_ideation", "none"), ("ocd", "yes"))
    view = look(session)
    moved, *rest = compare(
        assess({"suicidal_ideation": "passive", "ocd": "no"}), assess({"suicidal_ideation": "none", "ocd": "yes"})
    )
    assert [block.key for block in view.blocks] == ["moved", "support", "four", *(block.key for block in rest)]
    assert view.blocks[0] == moved
    assert view.whatif == words("page.whatif_count", changes=2)


def test_a_what_if_is_not_evaluated_before_the_gate() -> None:
    """Before somebody has confirmed that the case is invented nothing is compared either."""
    view = look(walk(visit.suppose(Session()), ("ocd", "yes")))
    assert (view.assessment, view.recorded, view.blocks) == (None, None, ())
    assert view.whatif


# --- any order

FAMILY = ("ocd", "ocd_preparation", "suicidal_ideation", "ideation_onset", "substance_use_disorder", "formal_treatment")
questions = st.sampled_from((*FAMILY * 4, *fields)).flatmap(  # mostly of those that raise and drop one another
    lambda name: st.tuples(st.just(name), st.sampled_from([None, *(option.name for option in fields[name].options)]))
)
ways = st.sampled_from(sorted(READINGS)).flatmap(
    lambda name: st.tuples(st.just(name), st.sampled_from([choice.name for choice in READINGS[name].choices]))
)
ORPHANS = json.dumps({"ocd": "no", "ocd_preparation": "thorough", "suicidal_ideation": "none", "ideation_onset": "newer"})
JUNK = ("", "[]", '{"ocd": "maybe"}', '{"a_field_of_old": "yes"}', '{"note": "write to someone@example.org"}')


NOTHING_YET = ((Case({}), None),)
WITHIN = {visit.record, visit.clear_section, visit.choose, visit.reset_readings}  # what neither begins nor ends a what-if


class Visit(RuleBasedStateMachine):
    """Whatever a reader does, in any order: nothing hidden counts, nothing is lost, the page is a function of what is recorded."""

    saved = Bundle("saved")

    @initialize(target=saved, invented=st.booleans())
    def arrive(self, invented: bool) -> str:  # noqa: FBT001
        self.session = Session(invented=invented)
        return ORPHANS

    def step(self, change: Callable[..., Session], *said: object) -> None:
        """Any step but forgetting: what it changes an undo brings back, and what could be undone before still can be."""
        before, after = self.session, change(self.session, *said)
        self.session = after
        assert after.invented is (before.invented or change is visit.confirm)
        assert after.whatif == before.whatif or change not in WITHIN
        now, then = (after.case, after.whatif), (before.case, before.whatif)
        if change is visit.undo:
            assert (*after.past, now) == (before.past or (then,))
        elif now == then or (change is visit.restore and (*before.past, then) == NOTHING_YET):
            assert after.past == before.past
        else:
            assert after.past == (*before.past, then)[-50:]

    @rule(answer=questions)
    def record(self, answer: tuple[str, str | None]) -> None:
        self.step(visit.record, *answer)
        assert self.session.case.answers.get(answer[0]) in {answer[1], None}

    @rule(section=st.sampled_from([section.name for section in fields.sections]))
    def clear(self, section: str) -> None:
        self.step(visit.clear_section, section)

    @rule(way=ways)
    def choose(self, way: tuple[str, str]) -> None:
        self.step(visit.choose, *way)

    @rule(
        change=st.sampled_from([visit.reset_readings, visit.new_case, visit.dismiss, visit.confirm, visit.undo, visit.keep_changes])
    )
    def press(self, change: Callable[[Session], Session]) -> None:
        self.step(change)

    @rule()
    def suppose(self) -> None:
        recorded = self.session.whatif or self.session.case
        self.step(visit.suppose)
        assert self.session.whatif == recorded

    @rule()
    def back(self) -> None:
        recorded = self.session.whatif or self.session.case
        self.step(visit.go_back)
        assert (self.session.case, self.session.whatif) == (recorded, None)

    @rule(name=st.sampled_from(EXAMPLES))
    def example(self, name: str) -> None:
        self.step(visit.load_example, name)

    @rule(target=saved)
    def save(self) -> str:
        return json.dumps(as_record(self.session.whatif or self.session.case))

    @rule(text=st.one_of(saved, st.sampled_from(JUNK)))
    def load(self, text: str) -> None:
        self.step(visit.load_text, text)

    @rule(text=st.one_of(saved, st.sampled_from(JUNK)), recorded=st.one_of(st.none(), saved, st.sampled_from(JUNK)))
    def restore(self, text: str, recorded: str | None) -> None:
        before = self.session
        self.step(visit.restore, text, recorded)
        if {text, recorded} & set(JUNK):
            assert (self.session.case, self.session.whatif, self.session.past) == (before.case, before.whatif, before.past)

    @rule()
    def reload(self) -> None:
        """Another page takes back what the browser kept of this one: both cases, all but the undoing."""
        whatif = self.session.whatif and json.dumps(as_record(self.session.whatif))
        again = visit.restore(Session(), json.dumps(as_record(self.session.case)), whatif)
        assert (again.case, again.whatif) == (self.session.case, self.session.whatif)

    @rule()
    def forget(self) -> None:
        self.session = visit.forget(self.session)
        assert self.session == Session(invented=self.session.invented, notice=self.session.notice)

    @invariant()
    def nothing_hidden_counts(self) -> None:
        for case in filter(None, (self.session.case, self.session.whatif)):
            assert set(case.answers) <= set(asked(case.answers))
            assert not assess(case.answers, case.readings).ignored

    @invariant()
    def the_page_is_a_function_of_what_is_recorded(self) -> None:
        case, whatif, view = self.session.case, self.session.whatif, look(self.session)
        fresh = look(Session(Case(dict(case.answers), readings=case.readings), whatif, self.session.invented))
        assert (view.shown, view.counts, view.changed, view.whatif) == (fresh.shown, fresh.counts, fresh.changed, fresh.whatif)
        assert describe_panel(view) == describe_panel(fresh)
        assert view.answered == len(case.answers)
        if not self.session.invented:
            assert (view.assessment, view.recorded) == (None, None)
        elif whatif is None:
            applicable = {name: option for name, option in case.answers.items() if fields.applies(name, case.answers) is not False}
            assert view.blocks == explain(assess(applicable, case.readings))
        else:
            assert view.blocks[0] == compare(assess(whatif.answers, whatif.readings), assess(case.answers, case.readings))[0]


TestVisit = Visit.TestCase
TestVisit.settings = settings(max_examples=50, stateful_step_count=30, deadline=None)
