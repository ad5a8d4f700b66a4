"""Conditions on the answers of a case, and the one evaluator that asks them.

A condition is a small tree: atoms such as "mood_shift is mania_or_hypomania" joined by ``&`` and ``|``. :func:`evaluate` walks
the tree and lets a ``leaf`` function say what an atom is worth. The result depends only on the input:

- :data:`FALSE`, :data:`UNKNOWN` and :data:`TRUE` as plain ints: one case, three-valued (strong Kleene logic);
- numpy arrays of the same three numbers: a table, or the whole case space.

The truth values are chosen so that ``&`` and ``|`` mean the same on ints and on arrays. Nothing here imports numpy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import and_, or_
from typing import Any, Final, NoReturn

FALSE: Final = 0
UNKNOWN: Final = 2
TRUE: Final = 3
"""Bit 1: possible. Bit 0: certain. So ``UNKNOWN & TRUE == UNKNOWN`` and ``UNKNOWN | TRUE == TRUE``."""

NOT_APPLICABLE: Final = ""
"""The answer of a question that is not asked; it is beside the options of every conditional field."""

HOW_TO_JOIN: Final = "write & for 'and', | for 'or', ~ for 'not', and .one_of(...) for 'in'; use parentheses around each comparison"


class Condition:
    """A statement about the answers of a case. Join with ``&`` and ``|``, turn around with ``~``."""

    __slots__ = ()

    def __and__(self, other: Condition) -> Condition:
        return _join(Every, self, other)

    def __or__(self, other: Condition) -> Condition:
        return _join(Either, self, other)

    def __invert__(self) -> Condition:
        raise NotImplementedError

    def __bool__(self) -> NoReturn:
        raise TypeError(f"a condition has no truth value of its own: {HOW_TO_JOIN}")

    @property
    def fields(self) -> frozenset[str]:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Constant(Condition):
    """A condition that no answer can change."""

    value: bool

    def __and__(self, other: Condition) -> Condition:
        return other if self.value else self

    def __or__(self, other: Condition) -> Condition:
        return self if self.value else other

    def __invert__(self) -> Condition:
        return NEVER if self.value else ALWAYS

    @property
    def fields(self) -> frozenset[str]:
        return frozenset()


ALWAYS: Final = Constant(value=True)
NEVER: Final = Constant(value=False)


@dataclass(frozen=True, slots=True)
class Atom(Condition):
    """One field has one of some answers; ``others`` are all its remaining ones, so that ``~`` is exact."""

    field: str
    answers: frozenset[str]
    others: frozenset[str]

    def __invert__(self) -> Condition:
        return Atom(self.field, self.others, self.answers)

    @property
    def fields(self) -> frozenset[str]:
        return frozenset((self.field,))


@dataclass(frozen=True, slots=True)
class _Joined(Condition):
    parts: frozenset[Condition]
    _fields: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_fields", frozenset().union(*(part.fields for part in self.parts)))

    @property
    def fields(self) -> frozenset[str]:
        return self._fields

    def __invert__(self) -> Condition:
        return reduce(or_ if isinstance(self, Every) else and_, (~part for part in self.parts))


class Every(_Joined):
    __slots__ = ()


class Either(_Joined):
    __slots__ = ()


def _join(kind: type[_Joined], *conditions: Condition) -> Condition:
    """Join conditions, flat and in one normal form: at most one atom for each field, no constant inside."""
    nothing, decided = (ALWAYS, NEVER) if kind is Every else (NEVER, ALWAYS)
    atoms: dict[str, Atom] = {}
    rest: set[Condition] = set()
    for condition in conditions:
        for part in condition.parts if isinstance(condition, kind) else (condition,):
            if isinstance(part, Atom):
                other = atoms.get(part.field)
                atoms[part.field] = part if other is None else _merge(kind, other, part)
            elif not isinstance(part, Constant):
                rest.add(part)
            elif part.value is decided.value:
                return decided
    for atom in list(atoms.values()):
        if not (atom.answers if kind is Every else atom.others):
            return decided
        if not (atom.answers and atom.others):  # says nothing: every answer within Every, none within Either
            del atoms[atom.field]
    parts = rest.union(atoms.values())
    if not parts:
        return nothing
    return next(iter(parts)) if len(parts) == 1 else kind(frozenset(parts))


def _merge(kind: type[_Joined], one: Atom, two: Atom) -> Atom:
    if kind is Every:
        return Atom(one.field, one.answers & two.answers, one.others | two.others)
    return Atom(one.field, one.answers | two.answers, one.others & two.others)


def evaluate(condition: Condition, leaf: Callable[[Atom], Any], *, true: Any = TRUE, false: Any = FALSE) -> Any:
    """Ask a condition.

    ``leaf`` gives the value of an atom: one of the three truth values, or an array of them. ``true`` and ``false`` are
    the values of a condition that always holds, and of one that never does.
    """
    if isinstance(condition, Atom):
        return leaf(condition)
    if isinstance(condition, Constant):
        return true if condition.value else false
    if isinstance(condition, _Joined):
        join = and_ if isinstance(condition, Every) else or_
        return reduce(join, [evaluate(part, leaf, true=true, false=false) for part in condition.parts])
    raise TypeError(f"{condition!r} is not a condition")


def ask(condition: Condition, states: Mapping[str, frozenset[str]]) -> int:
    """Ask a condition of one case; ``states`` holds the answers that each field may still have.

    >>> ocd = Atom("ocd", frozenset({"yes"}), frozenset({"no"}))
    >>> ask(ocd, {"ocd": frozenset({"yes"})}), ask(ocd, {"ocd": frozenset({"no", "yes"})})
    (3, 2)
    """

    def leaf(atom: Atom) -> int:
        state = states[atom.field]
        return TRUE if state <= atom.answers else FALSE if state.isdisjoint(atom.answers) else UNKNOWN

    return int(evaluate(condition, leaf))


def restrict(condition: Condition, known: Mapping[str, str]) -> Condition:
    """What is left of a condition once some answers are known.

    >>> ocd = Atom("ocd", frozenset({"yes"}), frozenset({"no"}))
    >>> restrict(ocd, {"ocd": "yes"})
    Constant(value=True)
    """
    if isinstance(condition, Atom) and condition.field in known:
        return ALWAYS if known[condition.field] in condition.answers else NEVER
    if isinstance(condition, _Joined) and not condition.fields.isdisjoint(known):
        return _join(type(condition), *(restrict(part, known) for part in condition.parts))
    return condition
