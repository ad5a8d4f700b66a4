"""Conditions and diagrams by themselves, against trying every answer of a small dictionary that no pack knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kapnb.engine.conditions import ALWAYS, NEVER, TRUE, UNKNOWN, Condition, ask, restrict
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
