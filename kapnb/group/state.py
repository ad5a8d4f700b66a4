"""The state of the supervision page: the tables, and what the supervisor chose. Every change is a function."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Final

from kapnb.engine.edition import Assessment, Edition
from kapnb.engine.ledger import FOCI, ROLES
from kapnb.engine.outcomes import Outcome
from kapnb.group.differences import Difference, locate
from kapnb.group.discussion import Suggestion, explain_coverage, rank_disputes, share_alike, suggest, suggest_for_session
from kapnb.group.judgments import Judgment, by_case, read_judgment, read_row
from kapnb.group.overview import Facts, gather_facts
from kapnb.text.blocks import Block
from kapnb.text.cases import Case, find_trouble

if TYPE_CHECKING:  # numpy comes with it
    from kapnb.group.agreement import Agreement

MOST_CASES: Final = 5_000
MOST_JUDGMENTS: Final = 20_000
LISTED: Final = 1_000
"""How many cases the list on the page shows; everything else counts them all."""

MOST_LEARNING: Final = 2_000
MOST_OF_NAME: Final = 80
MOST_IN_NOTE: Final = 15
"""A note of a session has room for so many cases: the most disputed of them."""

MOST_LOOKED_AT: Final = 500
"""For how many cases of a table prompts are gathered."""

SESSION: Final = ""
"""What the session is called where cases go by their labels, which are never empty."""


class Order(StrEnum):
    """In which order the cases are."""

    DIVIDED = "divided"
    GIVEN = "given"


class Scope(StrEnum):
    """What prompts and the note are about."""

    CASE = "case"
    SESSION = "session"


@dataclass(frozen=True, eq=False)
class Dataset:
    """What a supervisor uploads, and what follows from it, each worked out once.

    Attributes:
        cases: by their label, in the order of the table.
        judgments: for each case that has any.
    """

    cases: Mapping[str, Case]
    judgments: Mapping[str, tuple[Judgment, ...]]
    edition: Edition

    @cached_property
    def listed(self) -> tuple[str, ...]:
        """The cases that the page lists and goes through."""
        return tuple(self.cases)[:LISTED]

    @cached_property
    def everything(self) -> tuple[Judgment, ...]:
        """All judgments, case by case."""
        return tuple(one for given in self.judgments.values() for one in given)

    @cached_property
    def assessments(self) -> Mapping[str, Assessment]:
        """What the guidance says of each case."""
        return {name: self.edition.assess(case.answers) for name, case in self.cases.items()}

    @cached_property
    def differences(self) -> Mapping[str, tuple[Difference, ...]]:
        """For each case its judgments beside the article."""
        given = {name: self.judgments.get(name, ()) for name in self.cases}
        return {name: tuple(locate(one, self.assessments[name]) for one in found) for name, found in given.items()}

    @cached_property
    def outcomes(self) -> Mapping[Outcome, int]:
        """How many cases come to each outcome."""
        return Counter(one.outcome for one in self.assessments.values())

    @cached_property
    def disputed(self) -> tuple[str, ...]:
        """The cases that divide the group, the most divided first."""
        return rank_disputes(self.everything)

    def agreeing(self, name: str) -> float | None:
        """Of the pairs of people who judged a case, the share that agrees."""
        return share_alike([one.outcome for one in self.judgments.get(name, ()) if one.outcome])

    @property
    def by_dispute(self) -> tuple[str, ...]:
        """The cases, the most divided first, those that divide nobody in the order of the table."""
        return tuple(dict.fromkeys((*self.disputed, *self.cases)))

    @cached_property
    def measured(self) -> Agreement | None:
        """How far the group agrees; None where there is no judgment."""
        if not self.everything:
            return None
        from kapnb.group.agreement import measure_agreement  # numpy, not before needed

        return measure_agreement(self.everything)

    @cached_property
    def agreement(self) -> tuple[Block, ...]:
        """The same in words; nothing where there is no judgment."""
        if self.measured is None:
            return ()
        from kapnb.group.agreement import compare_with_source, explain_agreement  # as above

        source = compare_with_source(self.everything, {name: one.outcome for name, one in self.assessments.items()})
        return explain_agreement(self.measured, source)

    @cached_property
    def facts(self) -> Facts:
        """What was read otherwise and matters: for each question and case, which answer how often; None for left open."""
        return gather_facts(self.differences)

    @cached_property
    def coverage(self) -> Block:
        """What the cases reach."""
        return explain_coverage(self.assessments.values(), self.edition)

    @cached_property
    def suggestions(self) -> tuple[Suggestion, ...]:
        """Prompts for the session."""
        names = self.by_dispute[:MOST_LOOKED_AT]
        return suggest_for_session((name, self.assessments[name], self.differences[name]) for name in names)

    def prepare(self) -> Dataset:
        """Work out what takes a moment, before it is asked for."""
        _ = self.agreement, self.facts, self.coverage, self.suggestions
        return self


def make_dataset(cases: Iterable[Mapping[str, str]], judgments: Iterable[Mapping[str, str]], edition: Edition) -> Dataset:
    """A dataset from the rows of tables that were checked."""
    read = {row["case_id"]: read_row(row, edition) for row in cases}
    return Dataset(read, by_case(read_judgment(row, edition) for row in judgments), edition)


@dataclass(frozen=True)
class State:
    """What is shown and what was chosen.

    Attributes:
        dataset: without a case until there is a table.
        chosen: the label of the case on view; empty where there is none.
        names: whether raters are named.
        order: of the cases.
        title: of the session, for its note.
        group: whose session it was, for the note.
        hidden: the roles and foci whose prompts are not shown.
        ticked: the prompts to use, each by what its note is about and by its key.
        typed: learning points as they were typed, by what their note is about; only those that can be used.
        refused: why learning points cannot be used, likewise.
    """

    dataset: Dataset
    chosen: str = ""
    names: bool = False
    order: Order = Order.DIVIDED
    title: str = ""
    group: str = ""
    scope: Scope = Scope.CASE
    hidden: frozenset[str] = frozenset()
    ticked: frozenset[tuple[str, str]] = frozenset()
    typed: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)

    @property
    def listed(self) -> tuple[str, ...]:
        """The cases in their order, as they are listed and gone through."""
        if self.order is Order.GIVEN:
            return self.dataset.listed
        listed = set(self.dataset.listed)
        return tuple(name for name in self.dataset.by_dispute if name in listed)

    @property
    def case(self) -> Case:
        """The case on view."""
        return self.dataset.cases[self.chosen]

    @property
    def assessment(self) -> Assessment:
        """What the guidance says of it."""
        return self.dataset.assessments[self.chosen]

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Its judgments beside the article."""
        return self.dataset.differences[self.chosen]

    @property
    def about(self) -> str:
        """What prompts and the note are about: the label of the case on view, or nothing for the session."""
        return SESSION if self.scope is Scope.SESSION else self.chosen

    @property
    def learning(self) -> tuple[str, ...]:
        """The learning points for the note, one a line."""
        return tuple(line.strip() for line in self.typed.get(self.about, "").splitlines() if line.strip())

    @property
    def trouble(self) -> str:
        """Why they cannot be used; empty where they can."""
        return self.refused.get(self.about, "")

    @property
    def raised(self) -> tuple[Suggestion, ...]:
        """The prompts of the case or of the session."""
        if self.scope is Scope.SESSION:
            return self.dataset.suggestions
        return suggest(self.chosen, self.assessment, self.differences)

    @property
    def offered(self) -> tuple[Suggestion, ...]:
        """Those in the roles and foci that are shown."""
        return tuple(one for one in self.raised if not {one.role, one.focus} & self.hidden)

    @property
    def taken(self) -> tuple[Suggestion, ...]:
        """Those to use."""
        return tuple(one for one in self.raised if (self.about, one.key) in self.ticked)

    @property
    def session(self) -> tuple[tuple[Case, Assessment, tuple[Difference, ...]], ...]:
        """What the note of the session is about."""
        data, names = self.dataset, set(self.dataset.by_dispute[:MOST_IN_NOTE])
        return tuple((data.cases[name], data.assessments[name], data.differences[name]) for name in data.cases if name in names)


def load(state: State, dataset: Dataset) -> State:
    """Show another dataset. What was typed and ticked stays, and the case on view where there still is one."""
    state = replace(state, dataset=dataset, names=False)
    return replace(state, chosen=state.chosen if state.chosen in dataset.listed else state.listed[0])


def pick(state: State, case_id: str) -> State:
    """Look at another case.

    Raises:
        ValueError: when the list has no such case.
    """
    if case_id not in state.dataset.listed:
        raise ValueError("the list has no such case")
    return replace(state, chosen=case_id)


def step(state: State, by: int) -> State:
    """Go on to the next case, or back; at either end stay."""
    listed = state.listed
    place = listed.index(state.chosen) + by
    return pick(state, listed[place]) if 0 <= place < len(listed) else state


def tick(state: State, key: str, *, on: bool) -> State:
    """Use a prompt in the current note, or leave it out."""
    one = {(state.about, key)}
    return replace(state, ticked=state.ticked | one if on else state.ticked - one)


def narrow(state: State, name: str, *, on: bool) -> State:
    """Show the prompts in a role or focus, or hide them.

    Raises:
        ValueError: for a name that is neither.
    """
    if name not in {*ROLES, *FOCI}:
        raise ValueError("neither a role nor a focus")
    return replace(state, hidden=state.hidden - {name} if on else state.hidden | {name})


def learn(state: State, about: str, text: str) -> State:
    """Take learning points as they were typed, for a case or for the session; with a trouble none of them is used.

    Raises:
        ValueError: when they are about no case of the table.
    """
    if about != SESSION and about not in state.dataset.cases:
        raise ValueError("the table has no such case")
    trouble = find_trouble(text, MOST_LEARNING)
    typed = {**state.typed, about: "" if trouble else text}
    return replace(state, typed=typed, refused={**state.refused, about: trouble})


def entitle(state: State, name: str, text: str) -> State:
    """Give the session its title or its group; with a trouble it keeps none.

    Raises:
        ValueError: for anything else.
    """
    trouble = find_trouble(text, MOST_OF_NAME)
    given, refused = "" if trouble else text.strip(), {**state.refused, f"{name}:": trouble}
    if name == "group":
        return replace(state, refused=refused, group=given)
    if name != "title":
        raise ValueError("a session has a title and a group")
    return replace(state, refused=refused, title=given)


def read_by(state: State, readings: Mapping[str, str]) -> State:
    """Read the article by these readings, and by the default of each other, for every case and every note.

    Raises:
        KapnbError: when there is no such choice.
    """
    data = state.dataset
    return replace(state, dataset=Dataset(data.cases, data.judgments, data.edition.bind(readings)))
