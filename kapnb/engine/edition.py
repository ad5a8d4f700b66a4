"""Guidance packs, their editions, and what an edition says of a case.

A pack is :class:`Guidance`. With every reading chosen it is an :class:`Edition`, which judges cases and is what code passes around;
what it says of one case is an :class:`Assessment`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from importlib import import_module
from os import environ
from pathlib import Path
from types import MappingProxyType, ModuleType

from kapnb.engine.assess import Either, Finding, Part, Unsettled, check_case, find_either, judge_group, make_finding
from kapnb.engine.conditions import ALWAYS, NEVER, NOT_APPLICABLE, restrict
from kapnb.engine.explore import Hinge, Question, Twin, Way, find_twins, find_ways, rank_questions
from kapnb.engine.fields import Dictionary
from kapnb.engine.groups import BoundRule, Group, cautions_of, headline, least_caution, outcomes_of
from kapnb.engine.ledger import Article, Ledger, Reading, Review, load_article, load_reviews
from kapnb.engine.outcomes import BY_CAUTION, Kind, Outcome, Reason
from kapnb.engine.problems import GuidanceError, Problem
from kapnb.engine.rules import Rule, Writing
from kapnb.limits import PACK


@dataclass(frozen=True, eq=False)
class Guidance:
    """A guidance pack, before any reading is chosen.

    Attributes:
        name: the name of its folder.
        folder: where it is, with all that it owns: its vignettes and examples too.
        ledger: its claims, readings and words.
        rules: in the order of the article.
        fields: the dictionary that the rules read.
        reviews: who reviewed which rule.
    """

    name: str
    folder: Path
    ledger: Ledger
    rules: tuple[Rule, ...]
    fields: Dictionary
    reviews: tuple[Review, ...] = ()

    @property
    def readings(self) -> Mapping[str, Reading]:
        return self.ledger.readings

    @cached_property
    def meanings(self) -> Mapping[str, str]:
        """Each rule in words, without its full stop."""
        return {rule.name: rule.meaning.rstrip(".") for rule in self.rules}

    @cached_property
    def article(self) -> Article:
        return load_article(self.folder / "article.yaml", self.ledger.paragraphs)

    def bind(self, readings: Mapping[str, str] | None = None) -> Edition:
        """Choose readings; those not named keep their default. The same choices give the same object.

        Raises:
            GuidanceError: naming each unknown reading or choice, and what is allowed.
        """
        problems = list(self._check(readings))
        if problems:
            raise GuidanceError(problems)
        return _bind(self, tuple((readings or {}).get(name, reading.default) for name, reading in self.readings.items()))

    def _check(self, readings: object) -> Iterator[Problem]:
        if readings is None:
            return
        if not isinstance(readings, Mapping):
            yield Problem("readings", "are not a mapping", "names of readings, each with one of its choices")
            return
        for name, choice in readings.items():
            choices = [one.name for one in self.readings[name].choices] if name in self.readings else None
            if choices is None:
                yield Problem.unknown("readings", name, "is not a reading", self.readings)
            elif choice not in choices:
                yield Problem.unknown(f"reading {name}", choice, "is not a choice", choices)


@dataclass(frozen=True, eq=False)
class Edition:
    """A pack with every reading chosen: the rules in force, in independent groups, ready to assess cases."""

    guidance: Guidance
    readings: Mapping[str, str]

    @property
    def fields(self) -> Dictionary:
        return self.guidance.fields

    @property
    def ledger(self) -> Ledger:
        return self.guidance.ledger

    @property
    def pack(self) -> str:
        return self.guidance.name

    @property
    def number(self) -> str:
        """The number of the edition, as the ledger gives it and files state it."""
        return self.ledger.edition

    def bind(self, readings: Mapping[str, str] | None = None) -> Edition:
        """The same pack under other readings; those not named keep their default."""
        return self.guidance.bind(readings)

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
        return Assessment(recorded, self, self.find_cautions(recorded))

    def find_cautions(self, answers: Mapping[str, str]) -> int:
        """The possible outcomes alone, as bits, given answers that are known to be fields and options of the dictionary."""
        return cautions_of(answers, self.outcome_groups)

    def examples(self) -> dict[str, Path]:
        return {path.stem: path for path in sorted((self.guidance.folder / "examples").glob("*.json"))}

    def vignettes(self) -> dict[str, Path]:
        return {path.stem: path for path in sorted((self.guidance.folder / "vignettes").glob("*.md"))}

    @cached_property
    def rules(self) -> tuple[BoundRule, ...]:
        chosen = {f"reading.{name}": choice for name, choice in self.readings.items()}
        bound = []
        for rule in self.guidance.rules:
            condition, outcome = restrict(rule.condition, chosen), rule.outcome
            for reading, choices in rule.under.items():
                outcome = choices.get(self.readings[reading], outcome)
            where = tuple((other, restrict(one, chosen)) for other, one in rule.where)
            if condition != NEVER and (outcome or rule.kind is not Kind.OUTCOME):
                bound.append(BoundRule(rule.name, condition, outcome, rule, tuple(one for one in where if one[1] != NEVER)))
        return tuple(bound)

    @cached_property
    def default_rule(self) -> BoundRule:
        return next(rule for rule in self.rules if rule.condition == ALWAYS)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The independent groups, and each rule without an outcome on its own: it decides nothing, and may read across them."""
        return (*self.outcome_groups, *(self.alone(rule) for rule in self.rules if not rule.outcome))

    def alone(self, *rules: BoundRule) -> Group:
        """The fields that some rules read, and those that raise their questions, with these rules only."""
        read = frozenset[str]().union(*(rule.reads for rule in rules))
        names = read.union(*(self.fields[name].parents for name in read))
        return _make_group(self.guidance, tuple(name for name in self.fields if name in names), rules)

    def beside(self, other: Edition) -> Iterator[tuple[Group, Group]]:
        """The rules that lead to an outcome, here and under another choice of readings, over the same groups of fields."""
        sides = [tuple(rule for rule in one.rules if rule.outcome) for one in (self, other)]
        for group in self._tie((*sides[0], *sides[1])):
            one, two = (tuple(rule for rule in rules if not rule.reads.isdisjoint(group.names)) for rules in sides)
            yield _make_group(self.guidance, group.names, one), _make_group(self.guidance, group.names, two)

    @cached_property
    def outcome_groups(self) -> tuple[Group, ...]:
        """The independent groups of fields, which hold all of them, each with the rules that lead to an outcome."""
        return self._tie(tuple(rule for rule in self.rules if rule.outcome))

    def _tie(self, rules: tuple[BoundRule, ...]) -> tuple[Group, ...]:
        """Tie together the fields that one rule reads, and each question to those that raise it."""
        together: list[frozenset[str]] = []
        for names in (*(one.parents | {one.name} for one in self.fields.values()), *(rule.reads for rule in rules)):
            apart = [group for group in together if group.isdisjoint(names)]
            together = [*apart, names.union(*(group for group in together if not group.isdisjoint(names)))]
        order = list(self.fields)
        groups = sorted((sorted(group, key=order.index) for group in together if group), key=lambda names: order.index(names[0]))
        return tuple(
            _make_group(self.guidance, tuple(names), tuple(rule for rule in rules if not rule.reads.isdisjoint(names)))
            for names in groups
        )

    def rank(self, name: str, outcome: Outcome | None) -> tuple[int, int]:
        """Where a finding is listed: the most cautious first, then as in the article; what leads to no outcome comes last."""
        return (-outcome.caution if outcome else 1, self._places[name])

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {rule.name: place for place, rule in enumerate(self.rules)}

    @cached_property
    def by_name(self) -> Mapping[str, BoundRule]:
        return {rule.name: rule for rule in self.rules}

    @cached_property
    def neighbors(self) -> tuple[tuple[str, str, Edition], ...]:
        """The same pack, with one question of the article read otherwise: the reading, its other choice, and what follows."""
        return tuple(
            (name, choice.name, self.bind({**self.readings, name: choice.name}))
            for name, reading in self.guidance.readings.items()
            for choice in reading.choices
            if choice.name != self.readings[name]
        )

    @cached_property
    def changed(self) -> Mapping[str, str]:
        """The readings that differ from their default."""
        return {name: choice for name, choice in self.readings.items() if choice != self.guidance.readings[name].default}


@lru_cache(maxsize=1024)
def _bind(guidance: Guidance, choices: tuple[str, ...]) -> Edition:
    return Edition(guidance, MappingProxyType(dict(zip(guidance.readings, choices, strict=True))))


@lru_cache(maxsize=1024)
def _make_group(guidance: Guidance, names: tuple[str, ...], rules: tuple[BoundRule, ...]) -> Group:
    """Editions of a pack that agree on a group's rules share the group, and what was found out about it."""
    return Group(names, rules, guidance.fields)


@dataclass(frozen=True, eq=False)
class Assessment:
    """What an edition says of a case, and what could be otherwise.

    Attributes:
        answers: the recorded answers, those that do not count among them.
        cautions: the possible outcomes as bits, bit n for caution n.
    """

    answers: Mapping[str, str]
    edition: Edition = field(repr=False)
    cautions: int = field(repr=False)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        return tuple(judge_group(group, tuple(map(self.answers.get, group.names))) for group in self.edition.groups)

    @property
    def possible(self) -> frozenset[Outcome]:
        """The outcomes of all completions of the unrecorded answers: all of these, and no other."""
        return outcomes_of(self.cautions)

    @property
    def most_cautious(self) -> Outcome:
        return BY_CAUTION[self.cautions.bit_length() - 1]

    @property
    def least_cautious(self) -> Outcome:
        return BY_CAUTION[least_caution(self.cautions)]

    @property
    def settled(self) -> bool:
        return self.cautions & (self.cautions - 1) == 0

    @property
    def at_least(self) -> bool:
        """Whether the outcome is certain to be this cautious, while more caution is possible."""
        return not self.settled and self.least_cautious >= Outcome.NOT_AT_PRESENT

    @property
    def outcome(self) -> Outcome:
        """The headline: the one possible outcome, or "at least" its least cautious one, or else: clarify first."""
        return headline(self.cautions)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """The findings that hold, the most cautious first, then in the order of the article; notes and favorable ones last."""
        found = [finding for part in self.parts for finding in part.findings]
        if self.cautions == 1:  # nothing above decides
            default = self.edition.default_rule
            because = {name: given for part in self.parts for name, given in part.clear_because.items()}
            found.append(make_finding(default, self.answers, because, {}, default.outcome))
        return tuple(sorted(found, key=lambda finding: self.edition.rank(finding.rule, finding.outcome)))

    @property
    def deciding(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.outcome is self.outcome)

    @cached_property
    def either(self) -> tuple[Either, ...]:
        """Where the outcome is certain and no single finding asks for it: the rules of which one does, whichever it is.

        >>> from kapnb import assess
        >>> (either,) = assess({"self_injury_or_recklessness": "current"}).either
        >>> either.rules, dict(either.because)
        (('current_features', 'one_current_feature'), {'self_injury_or_recklessness': 'current'})
        """
        if self.deciding or not (self.settled or self.at_least) or self.cautions == 1:
            return ()
        found = (find_either(group, self.answers, self.outcome) for group in self.edition.outcome_groups)
        return tuple(one for one in found if one)

    @cached_property
    def unsettled(self) -> tuple[Unsettled, ...]:
        """The rules that are neither certain nor ruled out, the most cautious first."""
        waiting = [one for part in self.parts for one in part.unsettled]
        if self.cautions & 1 and not self.settled:  # "nothing above decides" is as open as what is above it
            waits = {name for one in waiting if one.outcome for name in one.waits_for}
            default = self.edition.default_rule
            in_order = tuple(name for name in self.edition.fields if name in waits)
            waiting.append(Unsettled(default.name, default.rule.kind, (default.outcome,), in_order))
        return tuple(sorted(waiting, key=lambda one: self.edition.rank(one.rule, one.outcome)))

    @cached_property
    def reasons(self) -> tuple[Reason, ...]:
        """For "clarify first": why, without repetition."""
        if self.outcome is not Outcome.CLARIFY_FIRST:
            return ()
        if self.settled:
            return self.final_reasons
        return tuple(dict.fromkeys((Reason.INFORMATION_MISSING, *(one.reason for one in self.findings if one.reason))))

    @cached_property
    def final_reasons(self) -> tuple[Reason, ...]:
        """Why it may still be "clarify first" when everything is answered: what is certain to ask for it, else whatever may."""
        certain = [one.reason for one in self.findings]
        asking = [one.rule for one in self.unsettled if Outcome.CLARIFY_FIRST in one.outcomes]
        maybe = [self.edition.by_name[name].rule.reason for name in asking]
        return tuple(dict.fromkeys(filter(None, certain))) or tuple(dict.fromkeys(filter(None, maybe)))

    @cached_property
    def states(self) -> Mapping[str, frozenset[str]]:
        """For each field the answers that it may still have; see :meth:`kapnb.engine.fields.Dictionary.states`."""
        return self.edition.fields.states(self.answers)

    @cached_property
    def ignored(self) -> Mapping[str, str]:
        """Recorded answers that do not count, because their question does not apply."""
        return {name: given for name, given in self.answers.items() if given not in self.states[name]}

    @cached_property
    def counted(self) -> Mapping[str, str]:
        """The answers that count. One that does not is gone for good: it stays out when a change brings its question back."""
        return {name: given for name, given in self.answers.items() if name not in self.ignored}

    @cached_property
    def unrecorded(self) -> tuple[str, ...]:
        return tuple(name for name, state in self.states.items() if name not in self.answers and NOT_APPLICABLE not in state)

    @cached_property
    def default_outcome(self) -> Outcome:
        return headline(self.edition.bind().find_cautions(self.answers))

    @cached_property
    def next_questions(self) -> tuple[Question, ...]:
        asked = [self.edition.fields[name] for name in self.unrecorded]
        return rank_questions(self.answers, asked, self.edition.outcome_groups)

    @cached_property
    def changes(self) -> tuple[Way, ...]:
        """The smallest sets of possible changes that lead to each less cautious outcome; none where nothing leads there."""
        return find_ways(self.counted, self.edition.outcome_groups)

    @cached_property
    def twins(self) -> tuple[Twin, ...]:
        return find_twins(self.counted, self.edition.fields, self.edition.outcome_groups)

    @cached_property
    def hinges_on(self) -> tuple[Hinge, ...]:
        """Choices of readings, one at a time, under which this case comes to another outcome."""
        neighbors = self.edition.neighbors
        hinges = (Hinge(name, choice, headline(other.find_cautions(self.answers))) for name, choice, other in neighbors)
        return tuple(hinge for hinge in hinges if hinge.outcome is not self.outcome)


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
    answers = [(f"card {card.name}", pair) for card in ledger.cards for pair in card.answers]
    answers += [(f"reading {one.name}", pair) for one in ledger.readings.values() for pair in one.case.items()]
    unknown = ((place, pair) for place, pair in answers if pair not in writing.fields.pairs)
    problems += [Problem.unknown(place, f"{name}: {option}", "is no answer", ()) for place, (name, option) in unknown]
    if problems:
        raise GuidanceError(problems)
    reviews = load_reviews(file.with_name("reviews.yaml"), tuple(names))
    return Guidance(file.parent.name, file.parent, ledger, rules, writing.fields, reviews)
