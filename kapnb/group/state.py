"""The state of the supervision page: the tables, and what the supervisor chose. Every change is a function."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any, Final

from kapnb.engine.edition import Assessment, Edition
from kapnb.engine.ledger import FOCI, ROLES
from kapnb.engine.outcomes import Outcome
from kapnb.group.differences import Difference, locate
from kapnb.group.discussion import (
    Suggestion,
    choose,
    cover,
    explain_coverage,
    explain_disputes,
    rank_disputes,
    suggest,
    suggest_for_session,
)
from kapnb.group.judgments import Judgment, by_case, read_judgment, read_row, spread
from kapnb.text.blocks import Block
from kapnb.text.cases import Case
from kapnb.text.characters import has_halves
from kapnb.text.identifiers import find_identifiers
from kapnb.text.phrases import outcome_words
from kapnb.text.words import words

MOST_CASES: Final = 5_000
MOST_JUDGMENTS: Final = 20_000
LISTED: Final = 1_000
"""How many cases the list on the page shows; everything else counts them all."""

MOST_LEARNING: Final = 2_000
MOST_IN_NOTE: Final = 15
"""A note of a session has state for so many cases: the most disputed of them."""

MOST_ONE_BY_ONE: Final = 12
"""So many judgments of a case are listed one by one; more are counted."""

MOST_LOOKED_AT: Final = 500
"""For how many cases of a table prompts are gathered."""


SESSION: Final = ""
"""What the session is called where cases go by their labels, which are never empty."""


class Scope(StrEnum):
    """What prompts and the note are about."""

    CASE = "case"
    SESSION = "session"


@dataclass(frozen=True, eq=False)
class Dataset:
    """What a supervisor upload.

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

    def assess(self, case_id: str) -> Assessment:
        """What the guidance says of a case."""
        return _assess(self, case_id)

    def differ(self, case_id: str) -> tuple[Difference, ...]:
        """Each judgment of a case beside this source."""
        return _differ(self, case_id)

    @property
    def everything(self) -> tuple[Judgment, ...]:
        """All judgments, case by case."""
        return tuple(one for given in self.judgments.values() for one in given)

    @cached_property
    def disputed(self) -> tuple[str, ...]:
        """The cases on which outcomes differ, the most disputed first."""
        return tuple(one.case_id for one in rank_disputes(self.everything) if one.span)


@lru_cache(maxsize=64)
def _assess(dataset: Dataset, case_id: str) -> Assessment:
    return dataset.edition.assess(dataset.cases[case_id].answers)


@lru_cache(maxsize=64)
def _differ(dataset: Dataset, case_id: str) -> tuple[Difference, ...]:
    assessment = _assess(dataset, case_id)
    return tuple(locate(judgment, assessment) for judgment in dataset.judgments.get(case_id, ()))


@lru_cache(maxsize=64)
def _suggest(dataset: Dataset, case_id: str) -> tuple[Suggestion, ...]:
    return suggest(case_id, _assess(dataset, case_id), _differ(dataset, case_id))


def make_dataset(cases: Iterable[Mapping[str, str]], judgments: Iterable[Mapping[str, str]], edition: Edition) -> Dataset:
    """A dataset from the rows of tables that were checked."""
    read = {row["case_id"]: read_row(row, edition) for row in cases}
    return Dataset(read, by_case(read_judgment(row, edition) for row in judgments), edition)


@dataclass(frozen=True, eq=False)
class Overview:
    """What takes a moment to work out of a whole table, worked out once.

    Attributes:
        outcomes: how many cases come to each outcome.
        differences: for each case with judgments.
        agreement: figures of the group, in words; nothing where there is no judgment.
        suggestions: prompts for the session.
    """

    outcomes: Mapping[Outcome, int]
    differences: Mapping[str, tuple[Difference, ...]]
    agreement: tuple[Block, ...]
    disputes: Block | None
    coverage: Block
    suggestions: tuple[Suggestion, ...]


def look_over(dataset: Dataset) -> Overview:
    """Work out the overview of a table."""
    from kapnb.group.agreement import compare_with_source, explain_agreement, measure_agreement  # numpy, not before needed

    assessed = {case_id: dataset.assess(case_id) for case_id in dataset.cases}
    outcomes = {case_id: one.outcome for case_id, one in assessed.items()}
    judgments = dataset.everything
    differences = {case_id: tuple(locate(one, assessed[case_id]) for one in given) for case_id, given in dataset.judgments.items()}
    agreement = explain_agreement(measure_agreement(judgments), compare_with_source(judgments, outcomes)) if judgments else ()
    discussed = [(name, assessed[name], differences.get(name, ())) for name in order_by_dispute(dataset)[:MOST_LOOKED_AT]]
    return Overview(
        outcomes=Counter(outcomes.values()),
        differences=differences,
        agreement=agreement,
        disputes=explain_disputes(judgments) if judgments else None,
        coverage=explain_coverage(cover(assessed.items(), dataset.edition), dataset.edition),
        suggestions=suggest_for_session(discussed),
    )


def order_by_dispute(dataset: Dataset) -> tuple[str, ...]:
    """The cases, the most disputed first, those on which nobody differs in the order of the table."""
    return tuple(dict.fromkeys((*dataset.disputed, *dataset.cases)))


Row = Mapping[str, str]
"""What is listed of a case: for each of :data:`COLUMNS` a text."""

COLUMNS: Final = ("case", "title", "outcome", "span", "deciding", "hinges", "spread")


def list_cases(dataset: Dataset, assessed: Iterable[Mapping[Any, Any]]) -> tuple[Row, ...]:
    """One row for each listed case, in words. An outcome begins with its number, so that sorting it sorts by caution.

    Args:
        dataset: what was read.
        assessed: what :func:`kapnb.assess_table` says of the listed cases, row by row.
    """
    rules, readings = dataset.edition.by_name, dataset.edition.ledger.readings
    rows = []
    for name, table in zip(dataset.listed, assessed, strict=True):
        outcome = Outcome(table["outcome"])
        most, least = Outcome(table["most_cautious"]), Outcome(table["least_cautious"])
        findings, hinges = (list(filter(None, table[key].split("; "))) for key in ("findings", "hinges_on"))
        deciding = [rules[one].rule.meaning for one in findings if rules[one].outcome is outcome]
        reasons = dataset.edition.assess(dataset.cases[name].answers).reasons
        values = (
            name,
            dataset.cases[name].title,
            f"{outcome.step} {outcome_words(outcome, reasons)}",
            words(f"supervision_page.span{'_one' if most is least else ''}", step=most.step, most=most.step, least=least.step),
            " ".join(deciding) or words("supervision_page.none_decides"),
            " ".join(readings[one].question for one in hinges),
            spread_words(dataset.judgments.get(name, ())),
        )
        rows.append(dict(zip(COLUMNS, values, strict=True)))
    return tuple(rows)


def spread_words(judgments: Sequence[Judgment]) -> str:
    """The outcomes that were given, by their number on the scale, the most cautious first: one by one while they are few."""
    counts = spread(judgments)
    if sum(counts.values()) <= MOST_ONE_BY_ONE:
        return " ".join(str(outcome.step) for outcome, count in counts.items() for _ in range(count))
    return ", ".join(words("supervision_page.spread_cell", step=outcome.step, count=count) for outcome, count in counts.items())


@dataclass(frozen=True)
class State:
    """What is shown and what was chosen.

    Attributes:
        dataset: without a case until there is a table.
        overview: None while it is being worked out, or where that failed.
        chosen: the label of the case on view; empty where there is none.
        names: whether raters are named.
        ticked: the prompts to use, each by what its note is about and by its key.
        typed: learning points as they were typed, by what their note is about; only those that can be used.
        refused: why learning points cannot be used, likewise.
        stuck: whether the overview could not be worked out.
    """

    dataset: Dataset
    overview: Overview | None = None
    chosen: str = ""
    names: bool = False
    scope: Scope = Scope.CASE
    roles: frozenset[str] = frozenset(ROLES)
    foci: frozenset[str] = frozenset(FOCI)
    ticked: frozenset[tuple[str, str]] = frozenset()
    typed: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    stuck: bool = False

    @property
    def case(self) -> Case:
        """The case on view."""
        return self.dataset.cases[self.chosen]

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
    def working(self) -> bool:
        """Whether the prompts still lack the overview."""
        return self.scope is Scope.SESSION and self.overview is None

    @property
    def offered(self) -> tuple[Suggestion, ...]:
        """The prompts in the chosen roles and foci, of the case or of the session."""
        return choose(self._raised, self.roles, self.foci)

    @property
    def taken(self) -> tuple[Suggestion, ...]:
        """The prompts to use."""
        return tuple(one for one in self._raised if (self.about, one.key) in self.ticked)

    @property
    def _raised(self) -> tuple[Suggestion, ...]:
        if not self.chosen:
            return ()
        if self.scope is Scope.SESSION:
            return self.overview.suggestions if self.overview else ()
        return _suggest(self.dataset, self.chosen)

    @property
    def session(self) -> tuple[tuple[Case, Assessment, tuple[Difference, ...]], ...]:
        """What the note of the session is about."""
        names = set(order_by_dispute(self.dataset)[:MOST_IN_NOTE])
        return tuple(
            (case, self.dataset.assess(name), self.dataset.differ(name))
            for name, case in self.dataset.cases.items()
            if name in names
        )


def load(state: State, dataset: Dataset) -> State:
    """Show another dataset. What was typed and ticked stays, and the case on view where there still is one."""
    chosen = state.chosen if state.chosen in dataset.listed else dataset.listed[0]
    return replace(state, dataset=dataset, overview=None, stuck=False, chosen=chosen, names=False)


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
    listed = state.dataset.listed
    place = listed.index(state.chosen) + by
    return pick(state, listed[place]) if 0 <= place < len(listed) else state


def name_raters(state: State, *, named: bool) -> State:
    """Turn the names of raters on or off."""
    return replace(state, names=named)


def tick(state: State, key: str, *, on: bool) -> State:
    """Use a prompt in the note that is at hand, or leave it."""
    one = (state.about, key)
    return replace(state, ticked=state.ticked | {one} if on else state.ticked - {one})


def narrow(state: State, name: str, *, on: bool) -> State:
    """Show the prompts in a role or focus, or hide them.

    Raises:
        ValueError: for a name that is neither.
    """

    def change(chosen: frozenset[str], known: Collection[str]) -> frozenset[str]:
        return (chosen | {name} if on else chosen - {name}) if name in known else chosen

    if name not in {*ROLES, *FOCI}:
        raise ValueError("neither a role nor a focus")
    return replace(state, roles=change(state.roles, ROLES), foci=change(state.foci, FOCI))


def learn(state: State, about: str, text: str) -> State:
    """Take learning points as they were typed, for a case or for the session; with a trouble none of them is used.

    Raises:
        ValueError: when they are about no case of the table.
    """
    if about != SESSION and about not in state.dataset.cases:
        raise ValueError("the table has no such case")
    trouble = _object_to(text)
    typed, refused = ({name: said for name, said in kept.items() if name != about} for kept in (state.typed, state.refused))
    return (
        replace(state, typed=typed, refused=refused | {about: trouble})
        if trouble
        else replace(state, typed=typed | {about: text}, refused=refused)
    )


def _object_to(text: str) -> str:
    """Why a text cannot be used, without repeating it; empty where it can."""
    if len(text) > MOST_LEARNING:
        return words("case.too_long", limit=f"{MOST_LEARNING:,}")
    if has_halves(text):
        return words("case.not_text")
    if kinds := find_identifiers(text):
        return words("case.identifier", kind=words("table.and").join(words(f"identifiers.{kind}") for kind in kinds))
    return ""
