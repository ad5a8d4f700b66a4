"""The page's state: what each step leads to, without a browser."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapnb import assess, fields
from kapnb.cases import Case
from kapnb.ui import session as visit
from kapnb.ui.session import Session, as_record, asked
from kapnb.ui.view import look

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
