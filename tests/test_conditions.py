"""Conditions and diagrams by themselves, against trying every answer of a small dictionary that no pack knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kapnb.engine.conditions import ALWAYS, FALSE, NEVER, NOT_APPLICABLE, TRUE, UNKNOWN, Condition, ask, restrict
from kapnb.engine.diagram import build, open_questions, reach
from kapnb.engine.fields import Dictionary, Field, Option, Section

Case = Mapping[str, str]


def field(name: str, *options: str, asked_when: Condition = ALWAYS) -> Field:
    return Field(name, name, f"{name}?", "all", tuple(Option(option, option) for option in options), asked_when=asked_when)


SLEEP, DIET = field("sleep", "well", "badly", "hardly"), field("diet", "plain", "rich")
DREAMS = field("dreams", "none", "some", asked_when=SLEEP.is_one_of("badly", "hardly"))
NAPS = field("naps", "none", "short", "long", asked_when=SLEEP.is_one_of("hardly") | DIET.is_one_of("rich"))
FIELDS = Dictionary("1", (Section("all", "All", (SLEEP, DIET, DREAMS, NAPS)),))

atoms = st.sampled_from(list(FIELDS)).flatmap(
    lambda name: st.sets(st.sampled_from(sorted(FIELDS[name].answers))).map(lambda answers: FIELDS[name].is_one_of(*answers))
)
conditions = st.recursive(
    atoms | st.sampled_from([ALWAYS, NEVER]),
    lambda inner: (
        st.tuples(inner, inner).map(lambda two: two[0] & two[1])
        | st.tuples(inner, inner).map(lambda two: two[0] | two[1])
        | inner.map(lambda one: ~one)
    ),
    max_leaves=8,
)
cases = st.fixed_dictionaries({}, optional={name: st.sampled_from(sorted(one.names)) for name, one in FIELDS.items()})


def every_answer() -> Iterator[Case]:
    """Each way to answer all questions, whether they are asked or not."""
    for answers in product(*(sorted(one.answers) for one in FIELDS.values())):
        yield dict(zip(FIELDS, answers, strict=True))


def completions(case: Case) -> Iterator[Case]:
    """Each way to give what is not recorded an answer."""
    for answers in product(*((case[name],) if name in case else sorted(one.names) for name, one in FIELDS.items())):
        yield dict(zip(FIELDS, answers, strict=True))


def counted(case: Case) -> dict[str, str]:
    """A complete case with the answers to questions that are not asked taken out."""
    found: dict[str, str] = {}
    for name, one in FIELDS.items():
        found[name] = case[name] if holds(one.asked_when, found) else NOT_APPLICABLE
    return found


def holds(condition: Condition, case: Case) -> bool:
    worth = ask(condition, {name: frozenset((answer,)) for name, answer in case.items()})
    assert worth != UNKNOWN
    return worth == TRUE


@settings(max_examples=60)
@given(one=conditions, two=conditions)
def test_joined_conditions_hold_as_their_parts_do(one: Condition, two: Condition) -> None:
    for case in every_answer():
        assert holds(one & two, case) == (holds(one, case) and holds(two, case))
        assert holds(one | two, case) == (holds(one, case) or holds(two, case))
        assert holds(~one, case) == (not holds(one, case))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (SLEEP.is_one_of("well") | SLEEP.is_one_of("badly", "hardly"), ALWAYS),
        (SLEEP.is_one_of("well") | ~SLEEP.is_one_of("well"), ALWAYS),
        (SLEEP.is_one_of("well") & SLEEP.is_one_of("badly"), NEVER),
        (SLEEP.is_one_of() | DIET.is_one_of(), NEVER),
        (SLEEP.is_one_of("well", "badly", "hardly") & DIET.is_one_of("plain", "rich"), ALWAYS),
        (SLEEP.is_one_of("well", "badly") & SLEEP.is_one_of("badly", "hardly"), SLEEP.is_one_of("badly")),
    ],
)
def test_what_can_be_simplified_is(condition: Condition, expected: Condition) -> None:
    """A statement and its opposite: always together, and never at once."""
    assert condition == expected


def test_joining_one_part_leaves_it_as_it_is() -> None:
    assert SLEEP.is_one_of("well") & SLEEP.is_one_of("well") == SLEEP.is_one_of("well")
    assert (SLEEP.is_one_of("well") & DIET.is_one_of("rich")).fields == {"sleep", "diet"}


@given(condition=conditions, case=cases)
def test_what_is_known_is_put_in(condition: Condition, case: Case) -> None:
    """What is left reads nothing that is known, and holds of the other answers as before."""
    rest = restrict(condition, case)
    assert rest.fields.isdisjoint(case)
    for answers in every_answer():
        if case.items() <= answers.items():
            assert holds(rest, answers) == holds(condition, answers)


@given(condition=conditions, case=cases)
def test_an_open_answer_is_never_taken_for_a_known_one(condition: Condition, case: Case) -> None:
    """Certain or ruled out only where all answers agree."""
    worth = ask(condition, FIELDS.states(case))
    found = {holds(condition, counted(one)) for one in completions(case)}
    assert {TRUE: found == {True}, FALSE: found == {False}, UNKNOWN: True}[worth]


def end(rules: tuple[Condition, ...], case: Case) -> int:
    """The greatest caution whose rule holds."""
    return max(caution for caution, rule in enumerate((ALWAYS, *rules[1:])) if holds(rule, counted(case)))


@settings(max_examples=60)
@given(rules=st.tuples(conditions, conditions, conditions), case=cases)
def test_a_diagram_reaches_what_the_completions_reach(rules: tuple[Condition, ...], case: Case) -> None:
    """All of them and no other; and it waits for exactly the answers that can, alone, lead elsewhere."""
    diagram = build(list(FIELDS), rules, FIELDS)
    ends = {tuple(one.values()): end(rules, one) for one in completions(case)}
    assert reach(diagram, case) == sum(1 << caution for caution in set(ends.values()))
    apart = {
        name
        for name, one in FIELDS.items()
        if name not in case
        for answers in completions(case)
        if len({ends[tuple({**answers, name: option}.values())] for option in one.names}) > 1
    }
    assert open_questions(diagram, case) == apart
