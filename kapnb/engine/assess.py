"""Judge the answers to one group of questions: which rules hold, which may hold, and which answers each finding rests on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from kapnb.engine.conditions import ALWAYS, NEVER, TRUE, UNKNOWN, Condition
from kapnb.engine.diagram import build, open_questions, reach
from kapnb.engine.fields import Dictionary
from kapnb.engine.groups import Answers, BoundRule, Group, least_caution, possible_cautions
from kapnb.engine.outcomes import Basis, Caution, Kind, Outcome, Reason
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


def find_either(group: Group, answers: Mapping[str, str], outcome: Outcome) -> Either | None:
    """The rules of a group of which one leads to at least this outcome, whichever it is; None where the group may not reach it."""

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
    return make_finding(rule, answers, because, also, outcome)


def make_finding(
    rule: BoundRule, answers: Mapping[str, str], because: Mapping[str, str], also: Mapping[str, str], outcome: Outcome | None
) -> Finding:
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
        text=rule.rule.text,
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
