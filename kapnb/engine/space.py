"""The whole case space, group by group: every complete case, and every case with some answers not recorded.

Groups of fields share no rule, so the space is never multiplied out: what holds of each group holds of every combination. Numpy is
needed here and is imported with this module only.

An array over a group has one axis for each of its fields. Along an axis are the options in the order of the dictionary; where
unrecorded answers are included, "not recorded" comes last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from kapnb.engine.conditions import NOT_APPLICABLE, Atom, Condition, evaluate
from kapnb.engine.diagram import Diagram, Node
from kapnb.engine.fields import Field
from kapnb.engine.groups import Group

Bits = npt.NDArray[np.uint8]
Truth = npt.NDArray[np.bool_]


@lru_cache(maxsize=64)
def open_space(group: Group) -> Space:
    """The space of a group; what was computed of it is kept for a while."""
    return Space(group)


@dataclass(frozen=True, eq=False)
class Space:
    """The cases of one group of fields."""

    group: Group

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        return tuple(self.group.fields[name] for name in self.group.names)

    @cached_property
    def shape(self) -> tuple[int, ...]:
        return tuple(len(field.options) for field in self.fields)

    @cached_property
    def open_shape(self) -> tuple[int, ...]:
        """The same with "not recorded" added to each."""
        return tuple(size + 1 for size in self.shape)

    def axis(self, name: str, values: Sequence[Any]) -> npt.NDArray[Any]:
        """Values along the axis of one field, ready to be broadcast."""
        place = self.group.names.index(name)
        shape = [1] * len(self.shape)
        shape[place] = len(values)
        return np.array(values).reshape(shape)

    def truth(self, condition: Condition) -> Truth:
        """Where a condition holds, over the complete cases, along the axes that it reads."""

        def leaf(atom: Atom) -> Truth:
            field = self.group.fields[atom.field]
            given: Truth = self.axis(field.name, [option.name in atom.answers for option in field.options])
            if field.always:
                return given
            asked = self.truth(field.asked_when)
            return (asked & given) | (~asked & (NOT_APPLICABLE in atom.answers))

        truth: Truth = np.asarray(evaluate(condition, leaf, true=np.True_, false=np.False_))
        return truth

    def holds(self, condition: Condition) -> Truth:
        return np.broadcast_to(self.truth(condition), self.shape)

    @cached_property
    def distinct(self) -> Truth:
        """One place for each distinct complete case: the answer to a question that is not asked is at its first option."""
        distinct = np.ones(self.shape, dtype=bool)
        for field in self.fields:
            if not field.always:
                first = self.axis(field.name, [place == 0 for place in range(len(field.options))])
                distinct &= self.truth(field.asked_when) | first
        return distinct

    @cached_property
    def cautions(self) -> Bits:
        """The caution of each complete case, from the rules themselves."""
        cautions = np.zeros(self.shape, dtype=np.uint8)
        for caution, condition in enumerate(self.group.levels):
            cautions[self.holds(condition)] = caution
        return cautions

    @cached_property
    def possible(self) -> Bits:
        """The cautions that the completions of each open case reach, as bits: exact, by going through all of them."""
        return reduce(self.open_axis, range(len(self.shape)), np.left_shift(np.uint8(1), self.cautions))

    def open_axis(self, values: Bits, axis: int) -> Bits:
        """Bits with one more place along an axis, for "not recorded": what any of its options has."""
        return np.concatenate((values, np.bitwise_or.reduce(values, axis=axis, keepdims=True)), axis=axis)

    def reached(self, diagram: Diagram) -> Bits:
        """What a decision diagram says of each open case, as bits."""
        return np.broadcast_to(self.reached_small(diagram), self.open_shape)

    def reached_small(self, diagram: Diagram) -> Bits:
        """The same along the axes that the diagram asks for."""
        known: dict[Node, Bits] = {}

        def walk(place: Diagram) -> Bits:
            if isinstance(place, int):
                return np.full((1,) * len(self.shape), 1 << place, dtype=np.uint8)
            if place not in known:
                branches = [walk(branch) for branch in place.branches.values()]
                either: Bits = np.bitwise_or.reduce(np.broadcast_arrays(*branches))
                choices = [*branches, either]
                axis = self.group.names.index(place.field)
                shape = np.broadcast_shapes(*(choice.shape for choice in choices))
                known[place] = np.concatenate([np.broadcast_to(choice, shape) for choice in choices], axis=axis)
            return known[place]

        return walk(diagram)

    def case(self, place: Sequence[int]) -> dict[str, str]:
        """The answers at a place of an array; those not recorded are left out."""
        return {
            field.name: field.options[index].name
            for field, index in zip(self.fields, map(int, place), strict=True)
            if index < len(field.options)
        }

    def place(self, answers: Mapping[str, str]) -> tuple[int, ...]:
        """Where a case is in an array with open cases."""
        place = []
        for field in self.fields:
            names = [option.name for option in field.options]
            place.append(names.index(answers[field.name]) if field.name in answers else len(names))
        return tuple(place)

    def first_case(self, where: Truth) -> dict[str, str] | None:
        """The first case at which something is true, the fewest answers away from the first options; none where it never is."""
        places = np.argwhere(where)
        return self.case(min(places.tolist(), key=lambda place: sum(index > 0 for index in place))) if len(places) else None
