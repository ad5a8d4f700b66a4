"""Judge a case: what the article would say of it, exactly, with what is and what is not recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from types import MappingProxyType

from kapnb.engine.conditions import ALWAYS, NEVER, NOT_APPLICABLE, TRUE, UNKNOWN, Condition
from kapnb.engine.diagram import build, open_questions, reach
from kapnb.engine.fields import Dictionary
from kapnb.engine.ledger import Ledger
from kapnb.engine.outcomes import BY_CAUTION, Basis, Caution, Kind, Outcome, Reason
from kapnb.engine.pack import Answers, Bound, BoundRule, Group, join_cautions, least_caution, possible_cautions
from kapnb.engine.problems import CaseError, Problem
from kapnb.engine.records import kind_of


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that holds, whatever the unrecorded answers are.

    Attributes:
        outcome: what it leads to, or, where that is open, the least cautious; None for a note or a favorable finding.
        because: recorded answers that suffice for it, none of which can be left out.
        also: recorded answers that would suffice for it beside or instead of some of those.
        text: what the article would say, in our words.
    """

    rule: str
    kind: Kind
    outcome: Outcome | None
    claims: tuple[str, ...]
    basis: Basis
    caution: Caution | None
    reason: Reason | None
    because: Mapping[str, str]
    also: Mapping[str, str]
    text: str


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A rule that may hold, or that holds with an outcome that is open; with the unrecorded answers it waits for."""

    rule: str
    kind: Kind
    outcomes: tuple[Outcome | None, ...]
    waits_for: tuple[str, ...]

    @property
    def outcome(self) -> Outcome | None:
        """The most cautious that it may lead to."""
        return self.outcomes[-1]


@dataclass(frozen=True, slots=True)
class Either:
    """Rules of which one holds whatever the unrecorded answers are, while it is open which.

    Attributes:
        outcome: what each of them leads to, or less cautiously than it.
        because: recorded answers that suffice for it, none of which can be left out.
    """

    rules: tuple[str, ...]
    outcome: Outcome
    because: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Part:
    """What one group of questions contributes. ``clear_because``: the answers that show that none of its rules can decide."""

    findings: tuple[Finding, ...]
    unsettled: tuple[Unsettled, ...]
    clear_because: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Judged:
    """What the rules say of a case; :class:`kapnb.engine.edition.Assessment` adds what could be otherwise.

    Attributes:
        answers: the recorded answers, those that do not count among them.
        edition: the guidance with its readings.
        cautions: the possible outcomes as bits, bit n for caution n.
    """

    answers: Mapping[str, str]
    edition: Bound
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
            found.append(_make_finding(default, self.edition.ledger, self.answers, because, {}, outcome=default.outcome))
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
        found = (_find_either(group, self.answers, self.outcome) for group in self.edition.outcome_groups)
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
    def ignored(self) -> Mapping[str, str]:
        """Recorded answers that do not count, because their question does not apply."""
        fields = self.edition.fields
        states = fields.states(self.answers)
        return {name: given for name, given in self.answers.items() if given not in states[name]}

    @cached_property
    def unrecorded(self) -> tuple[str, ...]:
        states = self.edition.fields.states(self.answers)
        return tuple(name for name, state in states.items() if name not in self.answers and NOT_APPLICABLE not in state)

    @cached_property
    def default_outcome(self) -> Outcome:
        return headline(cautions_of(self.answers, self.edition.bind()))


def cautions_of(answers: Mapping[str, str], edition: Bound) -> int:
    """The possible outcomes alone, as bits, given answers that are known to be fields and options of the dictionary."""
    return join_cautions(possible_cautions(group, answers) for group in edition.outcome_groups)


@cache
def headline(cautions: int) -> Outcome:
    least = BY_CAUTION[least_caution(cautions)]
    settled = cautions & (cautions - 1) == 0
    return least if settled or least >= Outcome.NOT_AT_PRESENT else Outcome.CLARIFY_FIRST


def check_case(case: Mapping[str, str | None], fields: Dictionary) -> dict[str, str]:
    """The recorded answers of a case, checked against the dictionary.

    Raises:
        CaseError: listing everything that is wrong.
    """
    if not isinstance(case, Mapping):
        raise CaseError([Problem("case", f"is {kind_of(case)}", "a mapping of field names to options")])
    problems = []
    for name, given in case.items():
        if name not in fields:
            problems.append(Problem.unknown("case", name, "is not a field", fields))
        elif given is not None and not (isinstance(given, str) and given in fields[name].names):
            options = [option.name for option in fields[name].options]
            remedy = "Leave it out, or give None, when it is not recorded."
            problems.append(Problem.unknown(name, given, "is not an option", options, remedy))
    if problems:
        raise CaseError(problems)
    return {name: given for name, given in case.items() if given is not None}


def outcomes_of(cautions: int) -> frozenset[Outcome]:
    return frozenset(outcome for caution, outcome in enumerate(BY_CAUTION) if cautions >> caution & 1)


@lru_cache(maxsize=1 << 14)
def judge_group(group: Group, given: Answers) -> Part:
    answers = {name: answer for name, answer in zip(group.names, given, strict=True) if answer is not None}
    findings, unsettled = [], []
    for rule in group.rules:
        settled = group.settle(rule.name, answers)
        if settled == TRUE:
            findings.append(find(group, rule, answers))
        outcomes = group.outcomes(rule, answers)
        if settled == UNKNOWN or len(outcomes) > 1:
            waits = open_questions(group.rule_diagrams[rule.name], answers)
            in_order = tuple(name for name in group.names if name in waits)
            unsettled.append(Unsettled(rule.name, rule.rule.kind, outcomes, in_order))
    clear: Mapping[str, str] = {}
    if possible_cautions(group, answers) == 1:  # no rule of the group decides, whatever the rest may be
        clear = _suffice(lambda kept: possible_cautions(group, kept) == 1, answers)
    return Part(tuple(findings), tuple(unsettled), clear)


def _find_either(group: Group, answers: Mapping[str, str], outcome: Outcome) -> Either | None:
    def reaches(kept: Mapping[str, str]) -> bool:
        return least_caution(possible_cautions(group, kept)) >= outcome.caution

    given = {name: answers[name] for name in group.names if name in answers}
    if not reaches(given):
        return None
    because = _suffice(reaches, given)

    def suffice(rules: tuple[BoundRule, ...]) -> bool:
        condition: Condition = NEVER
        for rule in rules:
            for effect, where in rule.effects:
                condition |= where if effect and effect >= outcome else NEVER
        return reach(build(group.names, (ALWAYS, condition), group.fields), because) == 0b10

    rules = tuple(rule for rule in group.rules if rule.most_cautious and rule.most_cautious >= outcome)
    for rule in rules:
        others = tuple(other for other in rules if other is not rule)
        rules = others if suffice(others) else rules
    return Either(tuple(rule.name for rule in rules), outcome, MappingProxyType(because))


def find(group: Group, rule: BoundRule, answers: Mapping[str, str]) -> Finding:
    """The finding of a rule that holds, with its reasons; where its outcome is open, with the least cautious."""
    support = rule.reads.union(*(group.fields[name].parents for name in rule.reads))
    given = {name: answers[name] for name in group.names if name in support and name in answers}
    outcome = group.outcomes(rule, given)[0]

    def holds(kept: Mapping[str, str]) -> bool:
        return group.settle(rule.name, kept) == TRUE and group.outcomes(rule, kept)[0] is outcome

    because = _suffice(holds, given)
    also = {name: answer for name, answer in given.items() if name not in because and name in _suffice(holds, given, keep=name)}
    return _make_finding(rule, group.pack.ledger, answers, because, also, outcome=outcome)


def _make_finding(
    rule: BoundRule,
    ledger: Ledger,
    answers: Mapping[str, str],
    because: Mapping[str, str],
    also: Mapping[str, str],
    *,
    outcome: Outcome | None,
) -> Finding:
    words = ledger.words[rule.name]
    cited = rule.rule.cited_when
    return Finding(
        rule=rule.name,
        kind=rule.rule.kind,
        outcome=outcome,
        claims=tuple(claim for claim in rule.rule.claims if cited.get(claim, {}).items() <= answers.items()),
        basis=rule.rule.basis,
        caution=rule.rule.caution,
        reason=rule.rule.reason if outcome is Outcome.CLARIFY_FIRST else None,
        because=MappingProxyType(because),
        also=MappingProxyType(also),
        text=words.card,
    )


def _suffice(holds: Callable[[Mapping[str, str]], bool], answers: Mapping[str, str], keep: str = "") -> Mapping[str, str]:
    """Answers that suffice, none of which can be left out; early questions, and ``keep``, are kept where there is a choice."""
    kept = dict(answers)
    late_first = [name for name in reversed(list(answers)) if name != keep]
    for name in (*late_first, *([keep] if keep else [])):
        without = {other: answer for other, answer in kept.items() if other != name}
        if holds(without):
            kept = without
    return kept
