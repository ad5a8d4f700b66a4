"""Choose what to practice on: from the library or from cases of one's own; by topic, length, twins, and without some content.

A :class:`Selection` names items of the library and carries the cases that are not in it. :func:`gather` gives the library for a
session on it::

    selection = choose(load_library(), topics=["substance_use"], minutes=10, skip=SUICIDAL, seed=7)
    library = gather(selection)
    training = begin(library, selection.items)

For a supervisor: :func:`order_by_claims`, :func:`order_by_dispute` and :func:`choose` with ``twins`` propose; ``Selection(items)``
takes whatever was chosen; :func:`save_set` and :func:`load_set` share it as a file. In that file the answers of own cases stand
encoded, so that nobody reads them by accident. They are not secret: whoever wants to read them can.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from types import MappingProxyType
from typing import Any, Final

from kapnb.engine.edition import assess, load_guidance
from kapnb.engine.problems import CaseError, Problem, shorten
from kapnb.group.discussion import cover, rank_disputes
from kapnb.group.judgments import Judgment
from kapnb.limits import CASE_TEXTS
from kapnb.text.cases import Case, read_case
from kapnb.text.words import words
from kapnb.training.checking import Reader, TrainingError, find_text_problems
from kapnb.training.content import SUICIDAL, involves
from kapnb.training.library import Vignette, load_library, twins
from kapnb.training.session import MOST_ITEMS, Library

LENGTHS: Final = (10, 45)
"""Minutes: a short sitting and a long one."""

FORMAT: Final = "kapnb training set"
VERSION: Final = 1
MOST_CHARACTERS: Final = 4 * 1024 * 1024
MOST_TEXT: Final = 2_000


@dataclass(frozen=True)
class Selection:
    """What to practice on.

    Attributes:
        items: ids of vignettes and own cases, in their order.
        cases: own cases, those of them that are among the items.
        note: for whoever practices; it is shown before the first item.
    """

    items: tuple[str, ...]
    cases: tuple[Case, ...] = ()
    title: str = ""
    note: str = ""


def choose(
    library: Library,
    *,
    topics: Collection[str] = (),
    levels: Collection[str] = (),
    minutes: int | None = None,
    twins_only: bool = False,
    skip: Collection[str] = (),
    seed: int | None = None,
) -> Selection:
    """Choose from a library.

    Args:
        library: what to choose from.
        topics: sections of the dictionary; an item needs one of them. None for any.
        levels: an item needs one of them. None for any.
        minutes: about how long it may take; at least one item, or pair of twins, is chosen whatever its length.
        twins_only: pairs of twins, one after the other.
        skip: content notes to leave out. To skip suicidal ideation skips attempts as well. An item is left out where its story, its
            answers, a follow-up or its twin speaks of it, since all of these are shown.
        seed: shuffles, always in the same way; None leaves the order of the library.
    """
    unwanted = frozenset(skip) | (SUICIDAL if SUICIDAL.intersection(skip) else frozenset())
    fitting = {
        name: one
        for name, one in library.items()
        if (not topics or not set(topics).isdisjoint(one.topics))
        and (not levels or one.level in levels)
        and unwanted.isdisjoint(involves(one, library))
    }
    groups = list(twins(fitting)) if twins_only else [(one,) for one in fitting.values()]
    if seed is not None:
        Random(seed).shuffle(groups)  # noqa: S311  # an order to practice in, no secret
    return Selection(tuple(one.id for group in _fill(groups, minutes) for one in group))


def _fill(groups: Sequence[tuple[Vignette, ...]], minutes: int | None) -> Iterator[tuple[Vignette, ...]]:
    """The groups in their order, as long as they fit; one that is too long is passed over, unless it is the first."""
    items, spent = 0, 0
    for group in groups:
        takes = sum(one.minutes for one in group)
        if (minutes is None or not items or spent + takes <= minutes) and items + len(group) <= MOST_ITEMS:
            items, spent = items + len(group), spent + takes
            yield group


def choose_cases(cases: Iterable[Case], *, skip: Collection[str] = (), seed: int | None = None) -> Selection:
    """Choose from cases of one's own, such as the rows of a case table.

    Raises:
        TrainingError: with every case that has no id or no story, or whose id stands twice.
    """
    own = {one.id: one for one in _as_vignettes(cases)}
    chosen = choose(own, skip=skip, seed=seed)
    return Selection(chosen.items, tuple(as_case(own[name]) for name in chosen.items))


def gather(selection: Selection, library: Library | None = None) -> Library:
    """The library for a session: the bundled one, and the own cases, which stand in for vignettes of the same id."""
    own = {one.id: one for one in map(as_vignette, selection.cases)}
    return MappingProxyType({**(load_library() if library is None else library), **own})


def as_vignette(case: Case) -> Vignette:
    """An own case as something to practice on, under the default readings. Its note is kept for after the commitment."""
    assessment = assess(case.answers)
    reach = cover([(case.case_id, assessment)], assessment.edition)
    return Vignette(
        id=case.case_id,
        title=case.title or case.case_id,
        level="",
        tension="",
        traps=(),
        content=(),
        twin="",
        omits=(),
        answers=case.answers,
        outcome=assessment.outcome,
        most_cautious=assessment.most_cautious,
        least_cautious=assessment.least_cautious,
        deciding=tuple(finding.rule for finding in assessment.deciding),
        claims=tuple(claim for claim, cases in reach.claims.items() if cases),
        readings=(),
        follow_ups=(),
        story=case.vignette,
        debrief=case.note,
    )


def as_case(vignette: Vignette) -> Case:
    """The own case that a vignette was made of."""
    return Case(dict(vignette.answers), vignette.id, vignette.title, vignette.story, vignette.debrief)


def _as_vignettes(cases: Iterable[Case]) -> Iterator[Vignette]:
    problems, seen, kept = [], set(), []
    for number, case in enumerate(cases, 1):
        where = case.case_id or words("training.where_case", number=number)
        if not case.case_id:
            problems.append(Problem(where, words("training.no_case_id")))
        elif case.case_id in seen:
            problems.append(Problem(where, words("training.twice")))
        if not case.vignette.strip():
            problems.append(Problem(where, words("training.no_story", limit=f"{CASE_TEXTS['vignette']:,}")))
        seen.add(case.case_id)
        kept.append(case)
    if problems:
        raise TrainingError(problems)
    return map(as_vignette, kept)


# For the supervisor


def order_by_claims(library: Library, met: Collection[str] = ()) -> tuple[str, ...]:
    """The items that bring up claims not yet met: each time the one with the most that are still missing, then no more."""
    missing = set(load_guidance().ledger.claims).difference(met)
    order: list[str] = []
    while missing:
        best = max(library.values(), key=lambda one: len(missing.intersection(one.claims)), default=None)
        if best is None or missing.isdisjoint(best.claims):
            break
        order.append(best.id)
        missing.difference_update(best.claims)
    return tuple(order)


def order_by_dispute(library: Library, judgments: Iterable[Judgment]) -> tuple[str, ...]:
    """The items on which a group's outcomes differ, the most disputed first."""
    return tuple(one.case_id for one in rank_disputes(judgments) if one.span and one.case_id in library)


# As a file


def save_set(selection: Selection) -> str:
    """The selection as a JSON text."""
    value = {
        "format": FORMAT,
        "version": VERSION,
        "title": selection.title,
        "note": selection.note,
        "items": list(selection.items),
        "cases": [_describe(case) for case in selection.cases],
    }
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def load_set(text: str | bytes, library: Library | None = None) -> tuple[Selection, tuple[str, ...]]:
    """Bring a shared selection back, with a message for every vignette that the library does not have.

    Raises:
        TrainingError: with everything that is wrong, or when nothing is left.
    """
    library = load_library() if library is None else library
    reader = Reader()
    value = reader.open(text, MOST_CHARACTERS, FORMAT, VERSION)
    title, note = (_read_text(reader, value, key) for key in ("title", "note"))
    items = tuple(_read_items(reader, value))
    cases = tuple(_read_cases(reader, value))
    reader.close(value, "", {"format", "version", "title", "note", "items", "cases"})
    reader.finish()
    own = {case.case_id for case in cases}
    messages = tuple(words("training.aside_item", item=shorten(one)) for one in items if one not in own and one not in library)
    left = tuple(one for one in items if one in own or one in library)
    if not left:
        reader.wrong(words("training.file"), "nothing_left")
    reader.finish()
    return Selection(left, tuple(case for case in cases if case.case_id in left), title, note), messages


_OPEN: Final = ("case_id", "title", "vignette")
"""The texts of an own case that are no secret."""


def _describe(case: Case) -> dict[str, str]:
    closed = {"note": case.note, "readings": dict(case.readings), **case.answers}
    envelope = base64.b64encode(json.dumps(closed).encode()).decode()
    return {**{name: getattr(case, name) for name in _OPEN}, "closed": envelope}


def _read_items(reader: Reader, value: Mapping[str, Any]) -> Iterator[str]:
    seen = set()
    names = reader.items(value, "items", "items", MOST_ITEMS)
    if not names:
        reader.wrong("items", "count", limit=MOST_ITEMS)
    for number, name in enumerate(names, 1):
        if reader.is_name(name, f"items, {number}"):
            if name in seen:
                reader.wrong(f"items, {number}", "twice")
            seen.add(name)
            yield name


def _read_cases(reader: Reader, value: Mapping[str, Any]) -> Iterator[Case]:
    for where, row in reader.rows(value, "cases", "cases", MOST_ITEMS):
        reader.close(row, where, {*_OPEN, "closed"})
        try:
            closed = json.loads(base64.b64decode(row.get("closed", ""), validate=True))
            case = read_case(json.dumps({**closed, **{name: row.get(name) for name in _OPEN}}), load_guidance().bind())
        except (TypeError, ValueError, RecursionError, binascii.Error) as failure:
            told = failure.problems if isinstance(failure, CaseError) else [Problem("closed", words("training.altered"))]
            reader.problems += [Problem(f"{where}, {one.where}", one.what, one.allowed, one.remedy) for one in told]
            continue
        if reader.is_name(case.case_id, f"{where}, case_id") and not case.vignette.strip():
            reader.wrong(where, "no_story", limit=f"{CASE_TEXTS['vignette']:,}")
        yield case


def _read_text(reader: Reader, value: Mapping[str, Any], key: str) -> str:
    text = value.get(key)
    if text in ("", None):
        return ""
    problems = list(find_text_problems(key, text, MOST_TEXT))
    reader.problems += problems
    return "" if problems else str(text)
