"""Explore a case: what to ask next, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from kapnb.assessment import Assessment, outcomes_of
from kapnb.guidance.pack import Group, join_cautions, possible_cautions
from kapnb.outcomes import Outcome


@dataclass(frozen=True, slots=True)
class Question:
    """An unrecorded answer that would narrow the possible outcomes.

    Attributes:
        why: the rules that wait for it, in the order of the source.
        leads_to: for each option, the most and the least cautious outcome that would remain.
        possible: for each option, all outcomes that would remain.
    """

    field: str
    why: tuple[str, ...]
    leads_to: Mapping[str, tuple[Outcome, Outcome]]
    possible: Mapping[str, frozenset[Outcome]]

    @property
    def settles(self) -> tuple[str, ...]:
        """The options after which one outcome remains."""
        return tuple(option for option, outcomes in self.possible.items() if len(outcomes) == 1)


def rank_questions(assessment: Assessment) -> tuple[Question, ...]:
    """The unanswered questions that apply, ranked by how much they narrow the possible outcomes.

    The worst case comes first: the fewer outcomes remain after the least helpful option, the higher. Then the number of options
    that leave one outcome. Ties stay in the order of the dictionary. A question that may only come to apply is taken into
    account through the question that raises it.
    """
    before = outcomes_of(assessment.cautions)
    questions = []
    for group in assessment.edition.groups:
        for name in group.names:
            if name in assessment.unrecorded:
                question = _weigh(assessment, group, name)
                if any(outcomes != before for outcomes in question.possible.values()):
                    questions.append(question)
    order = {name: place for place, name in enumerate(assessment.edition.guidance.fields)}
    return tuple(
        sorted(questions, key=lambda q: (max(map(len, q.possible.values())), -len(q.settles), order[q.field])),
    )


def _weigh(assessment: Assessment, group: Group, name: str) -> Question:
    groups, parts = assessment.edition.groups, assessment.parts
    elsewhere = [part.cautions for other, part in zip(groups, parts, strict=True) if other is not group]
    possible = {}
    for option in group.fields[name].options:
        answers = {**assessment.answers, name: option.name}
        here = possible_cautions(group, tuple(map(answers.get, group.names)))
        possible[option.name] = outcomes_of(join_cautions(iter((here, *elsewhere))))
    return Question(
        field=name,
        why=tuple(one.rule for one in assessment.unsettled if name in one.waits_for),
        leads_to=MappingProxyType({option: (max(outcomes), min(outcomes)) for option, outcomes in possible.items()}),
        possible=MappingProxyType(possible),
    )
