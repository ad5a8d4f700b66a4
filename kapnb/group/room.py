"""The supervision room as a value: what is on the table, and what the supervisor chose. Every change is a function."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Final

from kapnb.engine.edition import Assessment, Edition, assess
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
from kapnb.group.judgments import Judgment, by_case, read_answers, read_judgment, spread
from kapnb.limits import CASE_TEXTS
from kapnb.text.blocks import Block
from kapnb.text.cases import Case
from kapnb.text.characters import has_halves
from kapnb.text.identifiers import find_identifiers
from kapnb.text.words import words

MOST_CASES: Final = 5_000
MOST_JUDGMENTS: Final = 20_000
LISTED: Final = 1_000
"""How many cases the list on the page shows; everything else counts them all."""

MOST_LEARNING: Final = 2_000
MOST_IN_NOTE: Final = 15
"""A note of a session has room for so many cases: the most disputed of them."""

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
class Material:
    """What a supervisor brought.

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
        return assess(self.cases[case_id].answers, self.edition.changed)

    def differ(self, case_id: str) -> tuple[Difference, ...]:
        """Each judgment of a case beside this source."""
        assessment = self.assess(case_id)
        return tuple(locate(judgment, assessment) for judgment in self.judgments.get(case_id, ()))

    @property
    def everything(self) -> tuple[Judgment, ...]:
        """All judgments, case by case."""
        return tuple(one for given in self.judgments.values() for one in given)

    @cached_property
    def disputed(self) -> tuple[str, ...]:
        """The cases on which outcomes differ, the most disputed first."""
        return tuple(one.case_id for one in rank_disputes(self.everything) if one.span)


def make_material(cases: Iterable[Mapping[str, str]], judgments: Iterable[Mapping[str, str]], edition: Edition) -> Material:
    """Material from the rows of tables that were checked."""
    read = {row["case_id"]: _read_case(row) for row in cases}
    return Material(read, by_case(map(read_judgment, judgments)), edition)


def _read_case(row: Mapping[str, str]) -> Case:
    case_id, title, vignette, note = (row.get(name, "") for name in CASE_TEXTS)
    return Case(read_answers(row), case_id, title, vignette, note)


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


def look_over(material: Material) -> Overview:
    """Work out the overview of a table."""
    from kapnb.group.agreement import compare_with_source, explain_agreement, measure_agreement  # numpy, not before needed

    assessed = {case_id: material.assess(case_id) for case_id in material.cases}
    outcomes = {case_id: one.outcome for case_id, one in assessed.items()}
    judgments = material.everything
    differences = {case_id: tuple(locate(one, assessed[case_id]) for one in given) for case_id, given in material.judgments.items()}
    agreement = explain_agreement(measure_agreement(judgments), compare_with_source(judgments, outcomes)) if judgments else ()
    discussed = [(name, assessed[name], differences.get(name, ())) for name in order_by_dispute(material)[:MOST_LOOKED_AT]]
    return Overview(
        outcomes=Counter(outcomes.values()),
        differences=differences,
        agreement=agreement,
        disputes=explain_disputes(judgments) if judgments else None,
        coverage=explain_coverage(cover(assessed.items(), material.edition), material.edition),
        suggestions=suggest_for_session(discussed),
    )


def order_by_dispute(material: Material) -> tuple[str, ...]:
    """The cases, the most disputed first, those on which nobody differs in the order of the table."""
    return tuple(dict.fromkeys((*material.disputed, *material.cases)))


def spread_words(judgments: Sequence[Judgment]) -> str:
    """The outcomes that were given, by their number on the scale, the most cautious first: one by one while they are few."""
    counts = spread(judgments)
    if sum(counts.values()) <= MOST_ONE_BY_ONE:
        return " ".join(str(outcome.step) for outcome, count in counts.items() for _ in range(count))
    return ", ".join(words("supervision_page.spread_cell", step=outcome.step, count=count) for outcome, count in counts.items())


@dataclass(frozen=True)
class Room:
    """The state of the room.

    Attributes:
        material: without a case until there is a table.
        overview: None while it is being worked out, or where that failed.
        chosen: the label of the case on view; empty where there is none.
        names: whether raters are named.
        ticked: the prompts to use, each by what its note is about and by its key.
        typed: learning points as they were typed, by what their note is about; only those that can be used.
        refused: why learning points cannot be used, likewise.
        stuck: whether the overview could not be worked out.
    """

    material: Material
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
        return self.material.cases[self.chosen]

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
        return suggest(self.chosen, self.material.assess(self.chosen), self.material.differ(self.chosen))

    @property
    def session(self) -> tuple[tuple[Case, Assessment, tuple[Difference, ...]], ...]:
        """What the note of the session is about."""
        names = set(order_by_dispute(self.material)[:MOST_IN_NOTE])
        return tuple(
            (case, self.material.assess(name), self.material.differ(name))
            for name, case in self.material.cases.items()
            if name in names
        )


def bring(room: Room, material: Material) -> Room:
    """Put other material on the table. What was typed and ticked stays, and the case on view where there still is one."""
    chosen = room.chosen if room.chosen in material.listed else material.listed[0]
    return replace(room, material=material, overview=None, stuck=False, chosen=chosen, names=False)


def pick(room: Room, case_id: str) -> Room:
    """Look at another case.

    Raises:
        ValueError: when the list has no such case.
    """
    if case_id not in room.material.listed:
        raise ValueError("the list has no such case")
    return replace(room, chosen=case_id)


def step(room: Room, by: int) -> Room:
    """Go on to the next case, or back; at either end stay."""
    listed = room.material.listed
    place = listed.index(room.chosen) + by
    return pick(room, listed[place]) if 0 <= place < len(listed) else room


def name_raters(room: Room, *, named: bool) -> Room:
    """Turn the names of raters on or off."""
    return replace(room, names=named)


def tick(room: Room, key: str, *, on: bool) -> Room:
    """Use a prompt in the note that is at hand, or leave it."""
    one = (room.about, key)
    return replace(room, ticked=room.ticked | {one} if on else room.ticked - {one})


def narrow(room: Room, name: str, *, on: bool) -> Room:
    """Show the prompts in a role or focus, or hide them.

    Raises:
        ValueError: for a name that is neither.
    """

    def change(chosen: frozenset[str], known: Collection[str]) -> frozenset[str]:
        return (chosen | {name} if on else chosen - {name}) if name in known else chosen

    if name not in {*ROLES, *FOCI}:
        raise ValueError("neither a role nor a focus")
    return replace(room, roles=change(room.roles, ROLES), foci=change(room.foci, FOCI))


def learn(room: Room, about: str, text: str) -> Room:
    """Take learning points as they were typed, for a case or for the session; with a trouble none of them is used.

    Raises:
        ValueError: when they are about no case of the table.
    """
    if about != SESSION and about not in room.material.cases:
        raise ValueError("the table has no such case")
    trouble = _object_to(text)
    typed, refused = ({name: said for name, said in kept.items() if name != about} for kept in (room.typed, room.refused))
    return (
        replace(room, typed=typed, refused=refused | {about: trouble})
        if trouble
        else replace(room, typed=typed | {about: text}, refused=refused)
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
