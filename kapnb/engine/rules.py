"""How a rule is written: a small function that reads like the clinical sentence.

Its parameters name the fields, the named conditions and, as ``reading``, the ways of reading the article that it looks at. The
function is called once, when its module is imported, and leaves a ``Condition``. What is misspelt fails there
and then, with what was meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType, NoneType
from typing import Any, NoReturn

from kapnb.engine.conditions import ALWAYS, HOW_TO_JOIN, Atom, Condition
from kapnb.engine.fields import Dictionary, load_fields
from kapnb.engine.ledger import Ledger, load_ledger
from kapnb.engine.outcomes import Basis, Caution, Kind, Outcome, Reason
from kapnb.engine.problems import GuidanceError, Problem, suggest
from kapnb.engine.records import kind_of

Effect = Outcome | Kind
Written = Callable[..., Condition]


@dataclass(frozen=True, slots=True)
class Named:
    """A condition with a name, which rules can read by that name."""

    name: str
    meaning: str
    condition: Condition


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a pack, before any reading is chosen.

    Attributes:
        meaning: when it holds, as a sentence.
        outcome: what it leads to; None for a note or a favorable finding.
        under: for a reading and one of its choices, the outcome there; None: the rule does not hold there.
        where: other outcomes, each with the condition under which it counts instead.
        reason: for "clarify first", why.
        cited_when: for a claim, the answers beside which alone it is cited.
        text: the card of the ledger, shown when it holds.
    """

    name: str
    meaning: str
    condition: Condition
    kind: Kind
    outcome: Outcome | None
    claims: tuple[str, ...]
    basis: Basis
    caution: Caution | None = None
    reason: Reason | None = None
    under: Mapping[str, Mapping[str, Outcome | None]] = field(default_factory=dict)
    cited_when: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    where: tuple[tuple[Outcome, Condition], ...] = ()
    text: str = ""

    @property
    def reads(self) -> frozenset[str]:
        read = self.condition.fields.union(*(where.fields for _, where in self.where))
        names = {name.removeprefix("reading.") for name in read if name.startswith("reading.")}
        return frozenset(names | self.under.keys())


class Symbol:
    """Represents a field (or a reading) inside a rule: comparing it with an option gives a condition."""

    __hash__ = None  # type: ignore[assignment]  # == builds a condition, so a symbol cannot be a key

    def __init__(self, where: str, label: str, atom: Callable[[frozenset[str]], Atom], options: Iterable[str]) -> None:
        self._where, self._label, self._atom, self._options = where, label, atom, tuple(options)

    def one_of(self, *names: str) -> Condition:
        for name in names or ("",):
            if name not in self._options:
                _fail(self._where, f'{self._label} has no option "{name}"', self._options, name)
        return self._atom(frozenset(names))

    def __eq__(self, name: object) -> Condition:  # type: ignore[override]  # builds a condition
        return self.one_of(name if isinstance(name, str) else repr(name))

    def __ne__(self, name: object) -> Condition:  # type: ignore[override]  # builds a condition
        return ~(self == name)

    def __bool__(self) -> NoReturn:
        raise TypeError(
            f"{self._label} has no truth value of its own: compare it with one of its options, {', '.join(self._options)}"
        )


class ReadingSymbol:
    """``reading.name`` inside a rule is the choice made for that reading."""

    def __init__(self, where: str, ledger: Ledger) -> None:
        self._where, self._ledger = where, ledger

    def __getattr__(self, name: str) -> Symbol:
        readings = self._ledger.readings
        if name not in readings:
            _fail(self._where, f'there is no reading "{name}"', readings, name)
        choices = tuple(choice.name for choice in readings[name].choices)
        every = frozenset(choices)
        return Symbol(self._where, f"the reading {name}", lambda given: Atom(f"reading.{name}", given, every - given), choices)


@dataclass(frozen=True, slots=True)
class Writing:
    """The two decorators of a rules module, bound to the ledger beside it and to the dictionary that it reads.

    >>> from kapnb.packs.begley import rules
    >>> rules.bipolar_not_stabilized.claims
    ('C05',)
    """

    ledger: Ledger
    fields: Dictionary

    @classmethod
    def beside(cls, module: str) -> Writing:
        """For the rules module in that file; its ledger is ``ledger.yaml`` in the same folder."""
        return cls(load_ledger(Path(module).with_name("ledger.yaml")), load_fields())

    def condition(self, written: Written) -> Named:
        """Name a condition that several rules read."""
        return Named(written.__name__, _meaning(written), self._call(written))

    def rule(
        self,
        effect: Effect,
        *,
        basis: Basis,
        claims: Iterable[str] = (),
        caution: Caution | None = None,
        reason: Reason | None = None,
        under: Mapping[str, Mapping[str, Outcome | None]] = MappingProxyType({}),
        cited_when: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
        where: Mapping[Outcome, Named] = MappingProxyType({}),
    ) -> Callable[[Written], Rule]:
        """Make a rule of a function.

        Args:
            effect: the outcome; or NOTE or FAVORABLE, which change advice only.
            basis: stated, inferred, reading or silent.
            claims: ids of the ledger's claims that it comes from.
            caution: which kind of caution it is.
            reason: for CLARIFY_FIRST, also where only a reading leads to it, why.
            under: outcomes under other readings, as ``{"remitted_bpd": {"lifetime": NOT_AT_PRESENT, "current_only": None}}``.
            cited_when: for a claim, the answers beside which alone it is cited: ``{"C09": {"ideation_onset": "newer"}}``.
            where: outcomes that count instead under a named condition, as ``{CLARIFY_FIRST: unfinished}``.
        """

        def make(written: Written) -> Rule:
            place = f"rule {written.__name__}"
            _check_term(place, "effect", effect, Outcome, Kind)
            _check_term(place, "basis", basis, Basis)
            _check_term(place, "caution", caution, Caution, NoneType)
            _check_term(place, "reason", reason, Reason, NoneType)
            for claim in set(claims) - self.ledger.claims.keys():
                _fail(place, f'there is no claim "{claim}"', self.ledger.claims, claim)
            if written.__name__ not in self.ledger.words:
                _fail(place, "has no words in the ledger", self.ledger.words, written.__name__)
            for reading, choices in under.items():
                for choice, outcome_there in choices.items():
                    getattr(ReadingSymbol(place, self.ledger), reading).one_of(choice)
                    _check_term(place, f"outcome under {reading}", outcome_there, Outcome, NoneType)
            self._check_cited(place, claims, cited_when)
            for outcome_there in where:
                _check_term(place, "outcome where", outcome_there, Outcome)
            effects = {effect, *where, *(outcome for choices in under.values() for outcome in choices.values())}
            if (reason is None) == (Outcome.CLARIFY_FIRST in effects):
                _fail(place, "needs a reason if it asks to clarify first, and only then", Reason, "")
            outcome = effect if isinstance(effect, Outcome) else None
            kind = effect if isinstance(effect, Kind) else Kind.OUTCOME
            about = written.__name__, _meaning(written), self._call(written)
            elsewhere = tuple((there, named.condition) for there, named in where.items())
            at_times = MappingProxyType(dict(under)), MappingProxyType(dict(cited_when)), elsewhere
            text = self.ledger.words[written.__name__].card
            return Rule(*about, kind, outcome, tuple(claims), basis, caution, reason, *at_times, text)

        return make

    def _check_cited(self, place: str, claims: Iterable[str], cited_when: Mapping[str, Mapping[str, str]]) -> None:
        for claim, cited in cited_when.items():
            if claim not in claims:
                _fail(place, f'sometimes cites "{claim}", which is not one of its claims', claims, claim)
            for name, option in cited.items():
                self._symbol(place, name, {}) == option  # noqa: B015  # fails on a misspelt field or option

    def _call(self, written: Written) -> Condition:
        """Call the function once, with a symbol for each parameter."""
        where = f"rule {written.__name__}"
        code = written.__code__
        parameters = code.co_varnames[: code.co_argcount]
        symbols = [self._symbol(where, name, written.__globals__) for name in parameters]
        try:
            condition = written(*symbols)
        except (TypeError, AttributeError, NameError) as failure:
            how = "" if HOW_TO_JOIN in str(failure) else f"Compare fields with options and {HOW_TO_JOIN}."
            raise GuidanceError([Problem(where, str(failure), remedy=how)]) from None
        if not isinstance(condition, Condition):
            _fail(where, "returns no condition", remedy="Return comparisons joined with & and |.")
        return condition

    def _symbol(self, where: str, name: str, scope: Mapping[str, Any]) -> object:
        if name == "reading":
            return ReadingSymbol(where, self.ledger)
        if name == "otherwise":
            return ALWAYS
        if name in self.fields:
            one = self.fields[name]
            return Symbol(where, name, lambda given: one.is_one_of(*given), (option.name for option in one.options))
        named = {key: value for key, value in scope.items() if isinstance(value, Named)}
        if name not in named:
            _fail(where, f'"{name}" is neither a field nor a condition named above it', (*self.fields, *named), name)
        return named[name].condition


def _meaning(written: Written) -> str:
    if not written.__doc__:
        _fail(f"rule {written.__name__}", "does not say when it applies", remedy="Give it a docstring of one sentence.")
    return " ".join(written.__doc__.split())


def _check_term(where: str, what: str, given: object, *kinds: type[StrEnum | None]) -> None:
    """A bare text would equal what it means in one place, and silently mean nothing in the next."""
    if not isinstance(given, kinds):
        terms = (term for kind in kinds if issubclass(kind, StrEnum) for term in kind)
        _fail(where, f'the {what} is {kind_of(given)}, "{given}"', terms, remedy="Use its name.")


def _fail(where: str, what: str, allowed: Iterable[str] = (), given: str = "", remedy: str = "") -> NoReturn:
    known = tuple(allowed)
    raise GuidanceError([Problem(where, what, ", ".join(known), remedy or suggest(given, known))])
