"""A training: what each step does, what no step does, and that no sequence of steps, reloads and edited files does otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kapnb.engine.outcomes import Outcome
from kapnb.training.errors import TrainingError
from kapnb.training.reveal import ask, explain_reveal
from kapnb.training.saving import load, save
from kapnb.training.session import (
    BLANK,
    MOST_ITEMS,
    MOST_TEXT,
    SCREENS,
    Committed,
    Draft,
    Passage,
    Training,
    apply_event,
    begin,
    choose,
    commit,
    continues,
    explain_why,
    extend,
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
from tests.training import ASKED, FIELDS, LIBRARY, QUIET, gather, judge, make

RULES = [one.name for one in EDITION.guidance.rules]
FRESH = begin(LIBRARY, LIBRARY)
DONE = judge(FRESH)


def refused(step: Callable[[], object]) -> str:
    """What a step that cannot be taken says."""
    with pytest.raises(TrainingError) as caught:
        step()
    assert caught.value.problems
    return str(caught.value)


# --- while open --------------------------------------------------------------------------------------


def test_what_is_chosen_can_be_taken_back() -> None:
    """A session starts with nothing said, and None takes back each choice; an empty finding is a choice, none is not."""
    assert all((one.stage, one.draft) == ("open", BLANK) for one in FRESH.attempts.values())
    said = record(choose(choose(choose(FRESH, "outcome", "clarify_first"), "confidence", "low"), "finding", ""), "ocd", "yes")
    draft = said.now.draft
    assert (draft.outcome, draft.finding, dict(draft.fields), draft.missing) == (
        Outcome.CLARIFY_FIRST,
        "",
        {"ocd": "yes"},
        ("reason",),
    )
    for part in ("outcome", "confidence", "finding"):
        said = choose(said, part, None)
    assert said.now.draft.missing == ("outcome", "confidence", "reason", "ground")
    assert record(said, "ocd", None) == FRESH


def test_answers_that_no_longer_apply_go() -> None:
    said = record(record(FRESH, "ocd", "yes"), "ocd_preparation", "thorough")
    assert dict(record(said, "ocd", "no").now.draft.fields) == {"ocd": "no"}


def test_one_passage_is_pointed_at() -> None:
    """Another takes its place, it can be taken back, and it can be the whole story."""
    once = point(FRESH, 5, 9)
    assert once.now.draft.passages == (Passage(5, 9),)
    assert point(once, 0, 3).now.draft.passages == (Passage(0, 3),)
    assert point(once, 5, 9, on=False) == FRESH
    whole = point(FRESH, 0, len(LIBRARY["A1"].story))
    assert load(save(whole), LIBRARY).training == whole


@pytest.mark.parametrize("range_", [(-1, 3), (3, 3), (5, 2), (0, 10_000), (0, True), ("0", 4), (None, None)])
def test_a_passage_lies_within_the_story(range_: tuple[Any, Any]) -> None:
    assert "0 to" in refused(lambda: point(FRESH, *range_))


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (lambda: record(FRESH, "ocdd", "yes"), 'Did you mean "ocd"?'),
        (lambda: record(FRESH, "ocd", "maybe"), "Allowed: no, yes"),
        (lambda: record(FRESH, ["ocd"], "yes"), "not one of our questions"),
        (lambda: record(FRESH, "ocd", ["yes"]), "Allowed: no, yes"),
        (lambda: choose(FRESH, "outcome", "clarify"), 'Did you mean "clarify_first"?'),
        (lambda: choose(FRESH, "outcome", ""), "Allowed"),
        (lambda: choose(FRESH, "confidence", ""), "low, medium, high"),
        (lambda: choose(FRESH, "finding", "single_attempts"), 'Did you mean "single_attempt"?'),
        (lambda: begin(LIBRARY, []), f"at most {MOST_ITEMS}"),
        (lambda: begin(gather(make("A1", QUIET, story=" ")), ["A1"]), "no story"),
        (lambda: begin(gather(make("555-123-4567", QUIET)), ["555-123-4567"]), "not a name"),
        (lambda: go_to(FRESH, "A9"), "Allowed: A1"),
        (lambda: respond(DONE, LIBRARY, 2, 0), "it has 2"),
        (lambda: respond(DONE, LIBRARY, True, 0), "it has 2"),
        (lambda: respond(DONE, LIBRARY, 0, 3), "from -2 to 2"),
        (lambda: respond(DONE, LIBRARY, 0, True), "from -2 to 2"),
    ],
)
def test_a_step_that_cannot_be_taken_says_why(step: Callable[[], object], said: str) -> None:
    """Where, what, and what is allowed."""
    assert said in refused(step)


def test_everything_that_is_wrong_or_missing_is_told_at_once() -> None:
    told = refused(lambda: begin(LIBRARY, ["A1", "A1", "A8", "A9"]))
    assert "A1: is listed twice" in told
    assert all(f"{name}: is neither in the library" in told for name in ("A8", "A9"))
    assert len(refused(lambda: commit(FRESH)).splitlines()) == 4
    assert refused(lambda: apply_event(FRESH.now, Committed(FRESH.now.draft))).count("A1: ") == 2
    assert len(refused(lambda: turn(choose(FRESH, "outcome", "clarify_first"), "decide")).splitlines()) == 2


def test_a_sentence_or_a_finding_is_what_a_commitment_needs() -> None:
    """Either is enough, and without one of them nothing is locked in."""
    said = explain_why(choose(choose(FRESH, "outcome", "clarify_first"), "confidence", "low"), " The winter. ")
    assert said.now.draft.reason == "The winter."
    assert "point at the sentence" in refused(lambda: commit(said))
    assert not commit(point(said, 3, 9)).now.open
    assert not commit(choose(said, "finding", "ocd")).now.open


# --- commit, reveal, annotate ------------------------------------------------------------------------


@pytest.mark.parametrize("training", [FRESH, choose(FRESH, "outcome", "clarify_first")], ids=["fresh", "chosen"])
def test_nothing_is_shown_before_the_commitment(training: Training) -> None:
    """Nor is anything said that comes after it."""
    for step in (
        lambda: explain_reveal(training, LIBRARY),
        lambda: ask(training, LIBRARY),
        lambda: respond(training, LIBRARY, 0, 1),
        lambda: reflect(training, "I changed my mind."),
        lambda: reconsider(training, "clarify_first", "low"),
        lambda: prepare(training, "thought", "Later."),
    ):
        refused(step)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (" \n", "is empty"),
        ("x" * (MOST_TEXT + 1), "longer than"),
        ("Dr. Winter told me", "name with a title"),
        ("write to me at a.b@example.org", "e-mail"),
        ("half \ud83d", "not readable as text"),
        (7, "not readable as text"),
    ],
)
def test_a_text_is_bounded_and_identifies_nobody(text: Any, said: str) -> None:
    """Reasons and later thoughts alike; what is refused is never repeated. An empty reason is no reason, and takes nothing away."""
    steps = [lambda: reflect(DONE, text)]
    if said != "is empty":
        steps += [
            lambda: explain_why(FRESH, text),
            lambda: respond(DONE, LIBRARY, 0, 1, text),
            lambda: reconsider(DONE, "clarify_first", "low", text),
            lambda: prepare(DONE, "thought", text),
        ]
    for step in steps:
        told = refused(step)
        assert said in told
        assert not any(one in told for one in ("Winter", "a.b@"))
    assert explain_why(FRESH, " ").now.draft.reason == ""


def test_later_thoughts_are_added_and_fit_into_one_cell() -> None:
    once = reflect(DONE, f" {'y' * (MOST_TEXT - 10)} ")
    refused(lambda: reflect(once, "z" * 10))
    twice = reflect(once, "z" * 9)
    assert twice.now.reflections == (*once.now.reflections, "z" * 9)
    assert len(twice.now.as_judgment(EDITION).reflection) == MOST_TEXT


def test_four_things_that_are_said_stay_apart() -> None:
    """Own judgment, prediction, judgment after talking, later thought: none fills in for another, and the first stays."""
    training = choose(FRESH, "prediction", "not_recommended")
    training = judge(training, "consider_with_conditions", "ocd")
    before = training.now.as_judgment(EDITION)
    after = reflect(reconsider(training, "not_at_present", "low", "Two others saw it."), "Later.").now.as_judgment(EDITION)
    assert (before.outcome, before.prediction, before.comment) == (
        Outcome.CONSIDER_WITH_CONDITIONS,
        Outcome.NOT_RECOMMENDED,
        "The winter.",
    )
    assert (before.second.outcome, before.reflection) == (None, "")
    assert (after.second.outcome, after.second.reason, after.reflection) == (Outcome.NOT_AT_PRESENT, "Two others saw it.", "Later.")
    for name in ("outcome", "confidence", "comment", "prediction", "deciding_finding"):
        assert getattr(after, name) == getattr(before, name)
    assert "already has" in refused(lambda: reconsider(reconsider(training, "clarify_first", "low"), "clarify_first", "low"))


def test_a_screen_comes_in_its_turn() -> None:
    """The list at any time; what decides after the judgment; the reveal after the lock."""
    for training in (FRESH, DONE):
        open_ = set(SCREENS[training.now.stage]) - {"decide"}
        for screen in ("list", "back", *SCREENS["open"], *SCREENS["committed"]):
            if screen in {*open_, "list", "back"}:
                assert turn(training, screen).screen == screen
            else:
                refused(lambda screen=screen, training=training: turn(training, screen))
    assert (go_to(DONE, "A2").screen, go_to(DONE, "A1").screen) == ("read", "reveal")


def test_another_set_goes_on_without_losing_the_first() -> None:
    first = judge(begin(LIBRARY, ["A1", "A2"]), "clarify_first")
    both = extend(first, LIBRARY, ["A4", "A5"])
    assert (both.attempts["A1"], list(both.attempts), both.since) == (first.now, ["A1", "A2", "A4", "A5"], 2)
    assert (both.current, both.screen) == ("A4", "list")
    assert load(save(both), LIBRARY).training == both
    assert "is listed twice" in refused(lambda: extend(both, LIBRARY, ["A1"]))


def test_an_interview_is_asked_question_by_question() -> None:
    """What an answer raises can be asked once it was heard; what was asked stays asked, in its order, and is locked in with it."""
    library = gather(ASKED, LIBRARY["A1"])
    training = begin(library, ["A7", "A1"])
    refused(lambda: put_question(training, library, "ocd"))
    refused(lambda: interview(go_to(training, "A1"), library, on=True))
    training = interview(training, library, on=True)
    refused(lambda: put_question(training, library, "last_attempt"))
    refused(lambda: put_question(training, library, "bipolar_disorder"))  # nobody wrote an answer to that
    for name in ("ocd", "suicide_attempts", "last_attempt", "ocd"):
        training = put_question(training, library, name)
    assert training.now.draft.asked == ("ocd", "suicide_attempts", "last_attempt")
    training = judge(training, "clarify_first", "single_attempt")
    assert training.now.draft.asked == ("ocd", "suicide_attempts", "last_attempt")
    assert load(save(training), library).training == training
    refused(lambda: put_question(training, library, "psychotic_disorder"))


def test_a_training_continues_what_it_holds_all_events_of() -> None:
    later = reflect(DONE, "Later.")
    assert continues(later, DONE)
    assert continues(DONE, DONE)
    assert not continues(DONE, later)
    assert not continues(judge(FRESH, "not_at_present"), DONE)
    assert continues(begin(LIBRARY, ["A1"]), DONE)
    one = judge(begin(LIBRARY, ["A1"], "3f"), "clarify_first")
    two = judge(extend(one, LIBRARY, ["A2"]), "clarify_first")
    assert continues(two, one)
    assert not continues(one, two)  # the same training, before its second set


# --- the value tells nothing, and cannot be reached into ---------------------------------------------


@pytest.mark.parametrize("name", LIBRARY)
def test_what_is_held_before_a_commitment_does_not_depend_on_the_answers(name: str) -> None:
    """Another library with the same stories and notes, and other answers, gives the same session and file; neither names a rule."""
    active = {"ocd": "yes", "substance_use_disorder": "active"}
    other = gather(*(make(one.id, {**one.answers, **active}, content=one.content) for one in LIBRARY.values()))
    assert EDITION.assess(LIBRARY["A1"].answers).outcome is not EDITION.assess(other["A1"].answers).outcome
    held = []
    for library in (LIBRARY, other):
        training = point(record(go_to(begin(library, library), name), "developmental_trauma", "no"), 3, 9)
        held.append((training, save(training), repr(training)))
    assert held[0] == held[1]
    for text in map(str, held[0]):
        assert not [one for one in (*map(str, Outcome), *RULES) if f'"{one}"' in text or f"'{one}'" in text]
        assert LIBRARY[name].debrief not in text


def test_a_value_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        DONE.now.draft.outcome = Outcome.NOT_RECOMMENDED  # type: ignore[misc]
    said = record(FRESH, "ocd", "no")
    for mapping in (said.now.draft.fields, said.attempts, said.now.responses):
        with pytest.raises(TypeError):
            mapping["ocd"] = "yes"  # type: ignore[index]


# --- any sequence ------------------------------------------------------------------------------------


def edit(value: Any, chance: Random) -> Any:
    """The same file, changed by hand in one place: a scalar, a name, an entry dropped, doubled, moved or added."""
    spots: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for key, inner in pairs:
            spots.append((node, key))
            walk(inner)

    walk(value)
    node, key = chance.choice(spots)
    steps = ("committed", "reflected", "reconsidered", "read", "follow")
    known = [*map(str, Outcome), *RULES, *steps, "low", "A1", "A2", "yes", 0, 1, -2, None, "", {}, []]
    match chance.randrange(5):
        case 0 if isinstance(node, list):
            node.insert(chance.randrange(len(node) + 1), json.loads(json.dumps(node[key])))
        case 1 if isinstance(node, list) and len(node) > 1:
            node.insert(0, node.pop())
        case 2:
            del node[key]
        case 3:
            value["events"].append({"step": "reflected", "text": "So.", "item": chance.choice(["A1", "A2", "A3"])})
        case _:
            node[key] = chance.choice(known)
    return value


TEXTS = st.sampled_from(["I had not asked.", "", "The pattern is past.", "call 555-123-4567"])


class Session(RuleBasedStateMachine):
    """A trainee who clicks anything, reloads at any time, and edits the file; and a model of what was committed."""

    @initialize()
    def start(self) -> None:
        self.training = self.before = begin(LIBRARY, ["A1", "A2", "A3", "A5", "A7"])
        self.committed: dict[str, Draft] = {}

    def attempt(self, step: Callable[[], Training]) -> bool:
        """Take a step; one that is refused leaves everything as it is."""
        before, text = self.training, save(self.training)
        try:
            self.training = step()
        except TrainingError:
            return False
        finally:
            assert save(before) == text
        return True

    @rule(field=st.sampled_from(sorted(FIELDS)), data=st.data())
    def record(self, field: str, data: st.DataObject) -> None:
        option = data.draw(st.sampled_from([*sorted(FIELDS[field].names), None, "nonsense"]))
        self.attempt(lambda: record(self.training, field, option))

    @rule(start=st.integers(-2, 60), length=st.integers(0, 30), on=st.booleans())
    def point(self, start: int, length: int, *, on: bool) -> None:
        self.attempt(lambda: point(self.training, start, start + length, on=on))

    @rule(part=st.sampled_from(["outcome", "confidence", "finding"]), data=st.data())
    def choose(self, part: str, data: st.DataObject) -> None:
        known = {"outcome": [*map(str, Outcome)], "confidence": ["low", "high"], "finding": [*RULES[:6], ""]}[part]
        value = data.draw(st.sampled_from([*known, None]))
        self.attempt(lambda: choose(self.training, part, value))

    @rule(outcome=st.sampled_from([None, *map(str, Outcome)]))
    def commit(self, outcome: str | None) -> None:
        item, ready = self.training.now.item.id, not self.training.now.draft.missing
        done = self.attempt(lambda: judge(self.training, outcome) if outcome else commit(self.training))
        assert done == ((ready or outcome is not None) and item not in self.committed)
        if done:
            self.committed[item] = self.training.now.draft

    @rule(place=st.integers(-1, 2), response=st.integers(-3, 3))
    def respond(self, place: int, response: int) -> None:
        if self.attempt(lambda: respond(self.training, LIBRARY, place, response)):
            assert self.training.now.item.id in self.committed
            assert self.training.now.responses[place].response == response
            assert ask(self.training, LIBRARY)[place].blocks

    @rule(text=TEXTS)
    def say_why(self, text: str) -> None:
        item = self.training.now.item.id
        assert not (self.attempt(lambda: explain_why(self.training, text)) and item in self.committed)

    @rule(outcome=st.sampled_from([None, *map(str, Outcome)]))
    def predict(self, outcome: str | None) -> None:
        self.attempt(lambda: choose(self.training, "prediction", outcome))

    @rule(outcome=st.sampled_from([*map(str, Outcome)]), text=TEXTS)
    def reconsider(self, outcome: str, text: str) -> None:
        if self.attempt(lambda: reconsider(self.training, outcome, "low", text)):
            assert self.training.now.item.id in self.committed

    @rule(text=TEXTS, name=st.sampled_from(["why", "reason", "thought"]))
    def prepare(self, text: str, name: str) -> None:
        if self.attempt(lambda: prepare(self.training, name, text)):
            assert self.training.now.item.id in self.committed

    @rule(text=TEXTS)
    def reflect(self, text: str) -> None:
        if self.attempt(lambda: reflect(self.training, text)):
            assert self.training.now.item.id in self.committed

    @rule(screen=st.sampled_from(["list", "back", *(one for every in SCREENS.values() for one in every)]))
    def turn(self, screen: str) -> None:
        item = self.training.now.item.id
        if self.attempt(lambda: turn(self.training, screen)) and screen in SCREENS["committed"]:
            assert item in self.committed

    @rule(on=st.booleans())
    def interview(self, *, on: bool) -> None:
        self.attempt(lambda: interview(self.training, LIBRARY, on=on))

    @rule(name=st.sampled_from(["ocd", "suicide_attempts", "last_attempt", "psychotic_disorder"]))
    def ask(self, name: str) -> None:
        self.attempt(lambda: put_question(self.training, LIBRARY, name))

    @rule(items=st.lists(st.sampled_from(["A6", "A4", "A1"]), max_size=2))
    def go_on_with_another_set(self, items: list[str]) -> None:
        self.attempt(lambda: extend(self.training, LIBRARY, items))

    @rule(item=st.sampled_from(["A1", "A2", "A3", "A5", "A7", "A9"]))
    def go_to(self, item: str) -> None:
        self.attempt(lambda: go_to(self.training, item))

    @rule()
    def reload(self) -> None:
        """The page is closed and opened again: nothing is lost, and nothing is said."""
        assert load(save(self.training), LIBRARY) == (self.training, ())

    @rule(seed=st.integers(0, 10_000))
    def edit_the_file(self, seed: int) -> None:
        """Whatever is changed by hand: the file is refused, or it shows nothing without its commitment."""
        value = edit(json.loads(save(self.training)), Random(seed))
        try:
            training = load(json.dumps(value), LIBRARY).training
        except TrainingError:
            return
        for attempt in training.attempts.values():
            assert attempt.open or (attempt.draft.outcome and attempt.draft.confidence)
            assert [type(event) for event in attempt.events].count(Committed) == bool(attempt.events)
            assert attempt.open or type(attempt.events[0]) is Committed

    @precondition(lambda self: hasattr(self, "training"))
    @invariant()
    def nothing_is_shown_before_its_commitment_and_no_commitment_changes(self) -> None:
        """What happened only grows."""
        for item, attempt in self.training.attempts.items():
            assert attempt.open == (item not in self.committed)
            assert not (attempt.open and (attempt.responses or attempt.reflections or attempt.second))
        assert {name: self.training.attempts[name].draft for name in self.committed} == self.committed
        here = self.training.now
        assert self.training.screen in {"list", "back", *SCREENS[here.stage]}
        if self.training.items == self.before.items:
            assert continues(self.training, self.before)
        self.before = self.training


TestSession = Session.TestCase
TestSession.settings = settings(
    max_examples=30,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
