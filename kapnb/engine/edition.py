"""An edition: a guidance pack with every reading chosen. It is what judges cases, and what is passed around."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from os import environ
from pathlib import Path
from types import ModuleType
from typing import cast

from kapnb.engine.assess import Judged, cautions_of, check_case
from kapnb.engine.conditions import ALWAYS
from kapnb.engine.explore import Hinge, Question, Twin, Way, find_hinges, find_twins, find_ways, rank_questions
from kapnb.engine.ledger import load_reviews
from kapnb.engine.pack import Bound, Pack, bind
from kapnb.engine.problems import GuidanceError, Problem
from kapnb.engine.rules import Rule, Writing
from kapnb.limits import PACK


@dataclass(frozen=True, eq=False)
class Assessment(Judged):
    """What an edition says of a case, and what could be otherwise."""

    edition: Edition

    @cached_property
    def next_questions(self) -> tuple[Question, ...]:
        return rank_questions(self)

    @cached_property
    def changes(self) -> tuple[Way, ...]:
        """The smallest sets of possible changes that lead to each less cautious outcome; none where nothing leads there."""
        return find_ways(self)

    @cached_property
    def twins(self) -> tuple[Twin, ...]:
        return find_twins(self)

    @cached_property
    def hinges_on(self) -> tuple[Hinge, ...]:
        """Choices of readings, one at a time, under which this case comes to another outcome."""
        return find_hinges(self)


@dataclass(frozen=True, eq=False)
class Edition(Bound):
    """A pack with every reading chosen, ready to assess cases."""

    guidance: Guidance

    def assess(self, answers: Mapping[str, str | None]) -> Assessment:
        """Assess one invented case.

        Args:
            answers: field names with one of their options each; absent or None means not recorded, which is never "no".

        Raises:
            CaseError: listing every unknown field and option, with what is allowed and what may have been meant.

        >>> a = load_guidance("begley").bind().assess({"bipolar_disorder": "not_stabilized"})
        >>> str(a.outcome), a.at_least, str(a.most_cautious)
        ('not_at_present', True, 'not_recommended')
        >>> [finding.rule for finding in a.findings]
        ['bipolar_not_stabilized']
        """
        recorded = check_case(answers, self.fields)
        return Assessment(recorded, self, cautions_of(recorded, self))

    @property
    def pack(self) -> str:
        return self.guidance.name

    @property
    def number(self) -> str:
        """The number of the edition, as the ledger gives it and files state it."""
        return self.ledger.edition

    def examples(self) -> dict[str, Path]:
        return _list_files(self.guidance.folder / "examples", "json")

    def vignettes(self) -> dict[str, Path]:
        return _list_files(self.guidance.folder / "vignettes", "md")


@dataclass(frozen=True, eq=False)
class Guidance(Pack):
    def bind(self, readings: Mapping[str, str] | None = None) -> Edition:
        """Choose readings, as :meth:`Pack.choose` does."""
        return cast("Edition", bind(Edition, self, readings))


def assess(case: Mapping[str, str | None], readings: Mapping[str, str] | None = None, guidance: str = PACK) -> Assessment:
    """Assess one invented case by a pack under some readings: a short way to :meth:`Edition.assess`.

    Raises:
        CaseError: as there.
        GuidanceError: for an unknown pack, reading or choice, with what is allowed and what may have been meant.
    """
    return load_guidance(guidance).bind(readings).assess(case)


def served_edition() -> Edition:
    """The edition of a page: of the pack that the variable KAPNB_GUIDANCE names, under its default readings.

    Raises:
        GuidanceError: when there is no such pack, or the pack has mistakes.
    """
    return load_guidance(environ.get("KAPNB_GUIDANCE", PACK)).bind()


def list_packs() -> tuple[str, ...]:
    """The names of the packs: every folder of :mod:`kapnb.packs` with a ``rules.py`` is one."""
    folders = map(Path, import_module("kapnb.packs").__path__)
    return tuple(sorted(rules.parent.name for folder in folders for rules in folder.glob("*/rules.py")))


@cache
def load_guidance(name: str) -> Guidance:
    """Load a pack by its name.

    Raises:
        GuidanceError: when there is no such pack, or the pack has mistakes.
    """
    known = list_packs()
    if name not in known:
        raise GuidanceError([Problem.unknown("guidance", name, "is not a pack", known)])
    return collect(import_module(f"kapnb.packs.{name}.rules"))


def collect(module: ModuleType) -> Guidance:
    """Make a pack of a module of rules.

    Raises:
        GuidanceError: when a rule that the ledger words is not written, or none is the default.
    """
    written = vars(module).values()
    rules = tuple(value for value in written if isinstance(value, Rule))
    writing = next(value for value in written if isinstance(value, Writing))
    ledger, file = writing.ledger, Path(str(getattr(module, "__file__", "rules.py")))
    where, names = file.name, [rule.name for rule in rules]
    problems = [
        Problem(where, f'the rule "{name}" has words in the ledger but no function') for name in ledger.words if name not in names
    ]
    if sum(rule.condition == ALWAYS for rule in rules) != 1:
        problems.append(Problem(where, "no rule, or more than one, is the default", "exactly one rule that returns otherwise"))
    problems += [
        Problem.unknown(f"card {card.name}", f"{name}: {option}", "is no answer", ())
        for card in ledger.cards
        for row in card.rows
        for name, options in row.items()
        for option in options
        if (name, option) not in writing.fields.pairs
    ]
    if problems:
        raise GuidanceError(problems)
    reviews = load_reviews(file.with_name("reviews.yaml"), tuple(names))
    return Guidance(file.parent.name, file.parent, ledger, rules, writing.fields, reviews)


def _list_files(folder: Path, ending: str) -> dict[str, Path]:
    return {path.stem: path for path in sorted(folder.glob(f"*.{ending}"))}
