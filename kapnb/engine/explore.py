"""Explore a case: what to ask next, what would have to change, what comes close, and which reading of the source it hinges on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, product
from types import MappingProxyType

from kapnb.engine.assess import Judged, cautions_of, headline, outcomes_of
from kapnb.engine.conditions import FALSE, NOT_APPLICABLE, TRUE, UNKNOWN
from kapnb.engine.diagram import open_questions
from kapnb.engine.fields import Change, Field
from kapnb.engine.outcomes import BY_CAUTION, Outcome, Reason
from kapnb.engine.pack import Answers, Bound, Group, join_cautions, possible_cautions


@dataclass(frozen=True, slots=True)
class Question:
    """An unrecorded answer that would narrow the possible outcomes.

    Attributes:
        why: the rules that wait for it, the most cautious first.
        possible: for each option, all outcomes that would remain.
    """

    field: str
    why: tuple[str, ...]
    possible: Mapping[str, frozenset[Outcome]]

    @property
    def settles(self) -> tuple[str, ...]:
        """The options after which one outcome remains."""
        return tuple(option for option, outcomes in self.possible.items() if len(outcomes) == 1)


@dataclass(frozen=True, slots=True)
class Step:
    """One changed answer. ``before`` is empty where the question comes to be asked only through another change."""

    field: str
    before: str
    after: str
    by: str


@dataclass(frozen=True, slots=True)
class Way:
    """A smallest set of changes after which an outcome is the least cautious one possible; no part of it leads any further."""

    outcome: Outcome
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Twin:
    """The same case but for one answer, with its outcome."""

    field: str
    before: str
    after: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Hinge:
    """A choice of a reading under which the outcome is another one."""

    reading: str
    choice: str
    outcome: Outcome


def rank_questions(assessment: Judged) -> tuple[Question, ...]:
    """The unanswered questions that apply, ranked by how much they narrow the possible outcomes.

    The worst case comes first: the fewer outcomes remain after the least helpful option, the higher. Then the number of options
    that leave one outcome. Ties stay in the order of the dictionary. A question that may only come to apply is taken into
    account through the question that raises it.
    """
    before = assessment.possible
    unrecorded = assessment.unrecorded
    questions = []
    for group in assessment.edition.groups:
        for name in group.names:
            if name in unrecorded:
                question = _weigh(assessment, group, name)
                if any(outcomes != before for outcomes in question.possible.values()):
                    questions.append(question)
    order = {name: place for place, name in enumerate(assessment.edition.fields)}
    return tuple(sorted(questions, key=lambda q: (max(map(len, q.possible.values())), -len(q.settles), order[q.field])))


def _weigh(assessment: Judged, group: Group, name: str) -> Question:
    possible = {}
    for option in group.fields[name].options:
        possible[option.name] = outcomes_of(_cautions_with(assessment, group, {**assessment.answers, name: option.name}))
    return Question(
        field=name,
        why=tuple(one.rule for one in assessment.unsettled if name in one.waits_for),
        possible=MappingProxyType(possible),
    )


def _cautions_with(assessment: Judged, group: Group, answers: Mapping[str, str]) -> int:
    """The possible cautions when the answers of one group are others."""
    here = possible_cautions(group, tuple(map(answers.get, group.names)))
    parts = zip(assessment.edition.groups, assessment.parts, strict=True)
    return join_cautions((here, *(part.cautions for other, part in parts if other is not group)))


def find_ways(assessment: Judged) -> tuple[Way, ...]:
    """All smallest sets of changes, among those that the dictionary allows, that lead to each less cautious outcome.

    What is not recorded stays as it is: a way leads to an outcome when that becomes the least cautious one possible. A question
    that a change newly raises is part of the way when its answer matters, and counts as most cautious when it is left out. A set
    of which a part alone leads to a less cautious outcome is no way: its other steps would be taken for nothing, or for worse.
    """
    now, answers = assessment.least_cautious.caution, counting(assessment)
    ways = []
    tables = [_ways_of_group(group, answers, now) for group in assessment.edition.groups]
    for target in range(now):
        best: list[tuple[Step, ...]] = []
        for steps in _combine(tables, target):
            if not best or len(steps) == len(best[0]):
                best.append(steps)
            elif len(steps) < len(best[0]):
                best = [steps]
        ways += [Way(BY_CAUTION[target], steps) for steps in best]
    return tuple(ways)


_Ways = Mapping[int, Sequence[tuple[Step, ...]]]
"""For each caution that a group can come down to, the smallest sets of steps that lead there."""


def _combine(tables: Sequence[_Ways], target: int) -> Iterator[tuple[Step, ...]]:
    """One choice of each group, such that the greatest caution is the target."""
    choices = [[(caution, steps) for caution, sets in table.items() if caution <= target for steps in sets] for table in tables]
    for chosen in product(*choices):
        if max(caution for caution, _ in chosen) == target:
            yield tuple(step for _, steps in chosen for step in steps)


def _ways_of_group(group: Group, answers: Mapping[str, str], most: int) -> _Ways:
    """For the group's own caution and each smaller one that it can come down to, the smallest sets of steps."""
    given = {name: answers[name] for name in group.names if name in answers}
    now = _floor(group, given, ())
    found: dict[int, list[tuple[Step, ...]]] = {now: [()]} if now < most else {}
    if now == 0:
        return found
    asked = _asked(group, given)
    changes = {name: [c for c in group.fields[name].changes if c.is_open(answers)] for name in group.names if name in asked}
    able = [name for name in changes if changes[name]]
    hidden = [name for name in group.names if name not in asked and name not in given]
    whole: list[tuple[int, frozenset[Step]]] = []  # every set so far of which no part leads to less caution than the whole
    for size in range(1, len(able) + 1):
        for names in combinations(able, size):
            for chosen in product(*(changes[name] for name in names)):
                for raised, floor in _raise_questions(group, given, hidden, chosen):
                    if floor >= now:
                        continue
                    way = (*(Step(name, c.before, c.after, c.by) for name, c in zip(names, chosen, strict=True)), *raised)
                    steps = frozenset(way)
                    if any(less < floor and part < steps for less, part in whole):
                        continue
                    whole.append((floor, steps))
                    sets = found.setdefault(floor, [])
                    if not sets or len(way) <= len(sets[0]):
                        found[floor] = [way] if sets and len(way) < len(sets[0]) else [*sets, way]
    return found


def _raise_questions(
    group: Group, given: Mapping[str, str], hidden: Sequence[str], changes: Sequence[Change]
) -> Iterator[tuple[tuple[Step, ...], int]]:
    """The caution that remains after some changes, with each choice of answers to the questions that they raise."""
    fields = group.fields
    after = {**given, **{change.field: change.after for change in changes}}
    raised = [name for name in hidden if name in _asked(group, after)]
    for size in range(len(raised) + 1):
        for names in combinations(raised, size):
            left = tuple(name for name in raised if name not in names)
            for options in product(*(fields[name].options for name in names)):
                chosen = {name: option.name for name, option in zip(names, options, strict=True)}
                steps = tuple(Step(name, "", option, _way_to(fields[name], option)) for name, option in chosen.items())
                yield steps, _floor(group, {**after, **chosen}, left)


def _floor(group: Group, answers: Mapping[str, str], worst: tuple[str, ...]) -> int:
    """The least caution possible, with the questions in ``worst`` at their most cautious answer."""
    if worst:
        name, *rest = worst
        return max(_floor(group, {**answers, name: option.name}, tuple(rest)) for option in group.fields[name].options)
    cautions = possible_cautions(group, tuple(map(answers.get, group.names)))
    return (cautions & -cautions).bit_length() - 1


def _asked(group: Group, answers: Mapping[str, str]) -> frozenset[str]:
    states = group.fields.states(answers, group.names)
    return frozenset(name for name, state in states.items() if NOT_APPLICABLE not in state)


def _way_to(field: Field, option: str) -> str:
    """How an answer is reached that nothing was recorded before: as any recorded one would reach it, else by clarifying."""
    return next((change.by for change in field.changes if change.after == option), "clarifying")


def find_twins(assessment: Judged) -> tuple[Twin, ...]:
    """Each single recorded answer that, as another option, gives another outcome; in the order of the dictionary."""
    twins = []
    answers = counting(assessment)
    for name, field in assessment.edition.fields.items():
        before = answers.get(name)
        if before is None:
            continue
        others = [option.name for option in field.options if option.name != before]
        outcomes = {after: headline(cautions_of({**answers, name: after}, assessment.edition)) for after in others}
        twins += [Twin(name, before, after, outcome) for after, outcome in outcomes.items() if outcome is not assessment.outcome]
    return tuple(twins)


def find_deciding(assessment: Judged, twin: Twin) -> tuple[str, ...]:
    """The rules that do not hold, and that a twin's other answer alone would make hold and ask for its outcome."""
    before = counting(assessment)
    after = {**before, twin.field: twin.after}
    return tuple(
        rule.name
        for group in assessment.edition.groups
        if twin.field in group.names
        for rule in group.rules
        if rule.outcome is twin.outcome and group.settle(rule.name, after) == TRUE and group.settle(rule.name, before) == FALSE
    )


def counting(assessment: Judged) -> dict[str, str]:
    """The answers that count. One that does not is gone for good: it stays out when a change brings its question back."""
    return {name: given for name, given in assessment.answers.items() if name not in assessment.ignored}


def find_reasons(answers: Mapping[str, str], edition: Bound) -> tuple[Reason, ...]:
    """Why the outcome of these answers is "clarify first"; empty where it is another one.

    >>> from kapnb import assess
    >>> [str(reason) for reason in find_reasons({"outside_scope": "yes"}, assess({}).edition)]
    ['information_missing', 'source_silent']
    """
    cautions = cautions_of(answers, edition)
    if headline(cautions) is not Outcome.CLARIFY_FIRST:
        return ()
    certain, _ = _clarify(answers, edition)
    missing = (Reason.INFORMATION_MISSING,) if cautions & (cautions - 1) else ()
    return (*missing, *certain) or find_final_reasons(answers, edition)


def find_final_reasons(answers: Mapping[str, str], edition: Bound) -> tuple[Reason, ...]:
    """Why it may still be "clarify first" when everything is answered: what is certain to ask for it, else whatever may."""
    certain, maybe = _clarify(answers, edition)
    return certain or maybe


def _clarify(answers: Mapping[str, str], edition: Bound) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
    """The reasons of the rules that ask to clarify, and are certain; then of those that are open. In the order of the source."""
    given = [one for group in edition.groups for one in _clarify_in(group, tuple(map(answers.get, group.names)))]
    given.sort(key=lambda one: edition.order[one[0]])
    certain, maybe = (dict.fromkeys(reason for _, reason, at in given if at == wanted) for wanted in (TRUE, UNKNOWN))
    return tuple(certain), tuple(maybe)


@lru_cache(maxsize=1 << 14)
def _clarify_in(group: Group, given: Answers) -> tuple[tuple[str, Reason, int], ...]:
    """The rules of a group that ask to clarify and are not ruled out, each with its reason and whether it is certain."""
    answers = {name: answer for name, answer in zip(group.names, given, strict=True) if answer is not None}
    asking = [(rule.name, rule.rule.reason) for rule in group.rules if rule.outcome is Outcome.CLARIFY_FIRST]
    standing = [(name, reason, group.settle(name, answers)) for name, reason in asking if reason]
    return tuple(one for one in standing if one[-1] != FALSE)


def find_home(assessment: Judged, rule: str) -> str:
    """Of the questions that an open rule waits for the one that is most about it: the fewest of its options leave the rule open.

    Ties go to the earlier question.

    >>> from kapnb import assess
    >>> a = assess({})
    >>> find_home(a, "bpd_not_stabilized"), find_home(a, "stabilized_after_dbt")
    ('bpd_diagnosis', 'structured_therapy')
    """
    waits = next(one.waits_for for one in assessment.unsettled if one.rule == rule)
    group = next(group for group in assessment.edition.groups if waits[0] in group.names)
    return _home(group, rule, waits, tuple(map(assessment.answers.get, group.names)))


@lru_cache(maxsize=1 << 14)
def _home(group: Group, rule: str, waits: tuple[str, ...], given: Answers) -> str:
    answers = {name: answer for name, answer in zip(group.names, given, strict=True) if answer is not None}

    def share(name: str) -> float:
        options = group.fields[name].options
        return sum(group.settle(rule, {**answers, name: option.name}) != FALSE for option in options) / len(options)

    return min(waits, key=share) if len(waits) > 1 else waits[0]


def find_raised(assessment: Judged, changed: Mapping[str, str]) -> tuple[str, ...]:
    """The questions that other answers would raise, and whose own answer would then matter to the outcome.

    >>> from kapnb import assess
    >>> find_raised(assess({"suicide_attempts": "none"}), {"suicide_attempts": "single"})
    ('structured_therapy',)
    """
    before = counting(assessment)
    after = {**before, **changed}
    raised: list[str] = []
    for group in assessment.edition.groups:
        if not changed.keys().isdisjoint(group.names):
            new = _asked(group, after) - _asked(group, before) - after.keys()
            matters = open_questions(group.diagram, after) if new else frozenset()
            raised += [name for name in group.names if name in new & matters]
    return tuple(raised)


def find_hinges(assessment: Judged) -> tuple[Hinge, ...]:
    """Each other choice of one reading under which the outcome moves, and to what."""
    hinges = []
    for name, choice, other in assessment.edition.neighbors:
        outcome = headline(cautions_of(assessment.answers, other))
        if outcome is not assessment.outcome:
            hinges.append(Hinge(name, choice, outcome))
    return tuple(hinges)
