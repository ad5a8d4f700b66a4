"""Decision diagrams: the exact set of outcomes that a half-answered group of questions can still come to.

A diagram asks one field after another and ends in a number, the caution of the outcome. Questions that no longer matter are
left out, equal rests are shared, so it stays small, and following every branch of an unrecorded answer gives exactly the
outcomes of all completions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from kapnb.engine.conditions import ALWAYS, NEVER, NOT_APPLICABLE, Condition, Constant, restrict
from kapnb.engine.fields import Dictionary


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A question with what follows each answer."""

    field: str
    branches: dict[str, Diagram]


Diagram = Node | int
"""A question, or the caution that was reached."""


def build(names: Sequence[str], rules: Sequence[Condition], fields: Dictionary) -> Diagram:
    """Build the diagram of a group of fields.

    Args:
        names: the fields in the order of the dictionary, so that a question comes after those that raise it.
        rules: ``rules[n]`` is the condition under which caution n is reached; the greatest that holds counts.
        fields: where the names come from.
    """
    known: dict[object, Diagram] = {}
    nodes: dict[tuple[str, tuple[int, ...]], Node] = {}

    def grow(index: int, rest: tuple[Condition, ...], asked: tuple[Condition, ...]) -> Diagram:
        """``rest`` and ``asked``: what is left of the rules, and of when each field is asked."""
        certain = max(caution for caution, condition in enumerate(rest) if condition == ALWAYS)
        rest = (*(NEVER,) * certain, *rest[certain:])  # once a caution is certain, no smaller one matters
        if all(isinstance(condition, Constant) for condition in rest):
            return certain
        read = frozenset[str]().union(*(condition.fields for condition in rest))
        asked = tuple(asked[i] if i >= index and name in read else NEVER for i, name in enumerate(names))
        key = index, rest, asked
        if key not in known:
            known[key] = follow(index, rest, asked, read)
        return known[key]

    @cache
    def know(condition: Condition, name: str, given: str) -> Condition:
        return restrict(condition, {name: given}) if name in condition.fields else condition

    def follow(index: int, rest: tuple[Condition, ...], asked: tuple[Condition, ...], read: frozenset[str]) -> Diagram:
        name = names[index]
        if name not in read.union(*(condition.fields for condition in asked)):
            return grow(index + 1, rest, asked)

        def answer(given: str) -> Diagram:
            return grow(index + 1, tuple(know(c, name, given) for c in rest), tuple(know(c, name, given) for c in asked))

        if name in read and asked[index] == NEVER:
            return answer(NOT_APPLICABLE)
        branches = {option.name: answer(option.name) for option in fields[name].options}
        first, *others = branches.values()
        if all(other is first for other in others):
            return first
        return nodes.setdefault((name, tuple(map(id, branches.values()))), Node(name, branches))

    return grow(0, (ALWAYS, *rules[1:]), tuple(fields[name].asked_when for name in names))


def reach(diagram: Diagram, answers: Mapping[str, str]) -> int:
    """The cautions that the completions of some answers reach, as a set of bits: bit n is set where caution n is reached."""
    seen: dict[Node, int] = {}

    def walk(place: Diagram) -> int:
        if isinstance(place, int):
            return 1 << place
        if place not in seen:
            given = answers.get(place.field)
            found = 0
            for branch in place.branches.values() if given is None else (place.branches[given],):
                found |= walk(branch)
            seen[place] = found
        return seen[place]

    return walk(diagram)


def open_questions(diagram: Diagram, answers: Mapping[str, str]) -> frozenset[str]:
    """The unrecorded answers on which the end of a diagram still depends: some change of each, alone, leads to another end."""
    nodes: dict[tuple[str, tuple[int, ...]], Node] = {}
    seen: dict[Node, Diagram] = {}

    def leave_open(place: Diagram) -> Diagram:
        """The diagram without what is answered; where every answer leads to the same rest, the question is gone too."""
        if isinstance(place, int):
            return place
        if place not in seen:
            given = answers.get(place.field)
            if given is not None:
                seen[place] = leave_open(place.branches[given])
            else:
                branches = {option: leave_open(branch) for option, branch in place.branches.items()}
                first, *others = branches.values()
                same = all(other is first for other in others)
                key = place.field, tuple(map(id, branches.values()))
                seen[place] = first if same else nodes.setdefault(key, Node(place.field, branches))
        return seen[place]

    leave_open(diagram)
    return frozenset(node.field for node in nodes.values())
