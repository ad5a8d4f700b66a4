"""Choose what to practice on: from the library or from cases of one's own; by topic, length, twins, and without some content.

A :class:`Selection` names items of the library and carries the cases that are not in it. :func:`gather` gives the library for a
session on it::

    selection = choose(load_library(edition), topics=["substance_use"], minutes=10, skip=SUICIDAL, seed=7)
    training = begin(gather(selection.cases, edition), selection.items)
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any, Final

from kapnb.engine.edition import Edition, Guidance
from kapnb.engine.problems import CaseError, KapnbError, shorten
from kapnb.engine.records import Record, finish, read_record
from kapnb.group.discussion import find_claims, rank_disputes
from kapnb.group.judgments import Judgment
from kapnb.limits import CASE_TEXTS
from kapnb.text.cases import Case, as_record, describe_origin, describe_readings, read_case, read_readings, read_text
from kapnb.text.earlier import describe_case
from kapnb.text.words import words
from kapnb.training.errors import MOST_NAME, TrainingError, is_name, problem
from kapnb.training.library import SUICIDAL, Library, Vignette, find_topics, load_library
from kapnb.training.saving import open_file
from kapnb.training.session import MOST_ITEMS, Training, find

LENGTHS: Final = (15, 30, 60)
"""Minutes: a short sitting, a usual one and a long one."""

APART: Final = 2
"""So many other cases come before a twin of one that was met before."""
MOST_AGAIN: Final = 2

FORMAT: Final = "kapnb training set"
VERSION: Final = 2
MOST_CHARACTERS: Final = 4 * 1024 * 1024
MOST_TEXT: Final = 2_000


@dataclass(frozen=True)
class Selection:
    """What to practice on.

    Attributes:
        items: ids of vignettes and own cases, in their order.
        cases: own cases, those of them that are among the items.
        note: for the trainee; it is shown before the first item.
        readings: those to judge by, where they are not the default.
    """

    items: tuple[str, ...]
    cases: tuple[Case, ...] = ()
    title: str = ""
    note: str = ""
    readings: Mapping[str, str] = field(default_factory=dict)


def choose(
    library: Library,
    *,
    topics: Collection[str] = (),
    minutes: int | None = None,
    twins_only: bool = False,
    skip: Collection[str] = (),
    seed: int | None = None,
    again: Sequence[str] = (),
) -> Selection:
    """Choose from a library.

    Args:
        library: what to choose from, in its order.
        topics: sections of the dictionary; an item needs one of them. None for any.
        minutes: about how long it may take; at least one item, or pair of twins, is chosen whatever its length.
        twins_only: pairs of twins, one after the other.
        skip: content notes to leave out, wherever they come up; to skip suicidal ideation is to skip attempts as well.
        seed: shuffles, always in the same way.
        again: items that come up some time after the first, where they fit: twins of what was met before.
    """
    unwanted = frozenset(skip) | (SUICIDAL if SUICIDAL.intersection(skip) else frozenset())
    fitting = {
        name: one
        for name, one in library.items()
        if (not topics or not set(topics).isdisjoint(one.topics)) and unwanted.isdisjoint(library.find_content(name))
    }
    later = [fitting.pop(name) for name in again if name in fitting][:MOST_AGAIN]
    groups: list[tuple[Vignette, ...]] = [(one,) for one in fitting.values()]
    if twins_only:
        groups = list(Library(library.edition, fitting).pairs)
    if seed is not None:
        Random(seed).shuffle(groups)  # noqa: S311  # an order to practice in, no secret
    groups[APART:APART] = [(one,) for one in later]
    items: list[str] = []
    spent = 0
    for group in groups:  # as long as they fit; one that is too long is passed over, unless it is the first
        takes = sum(one.minutes for one in group)
        if (minutes is None or not items or spent + takes <= minutes) and len(items) + len(group) <= MOST_ITEMS:
            items += [one.id for one in group]
            spent += takes
    return Selection(tuple(items))


def list_again(training: Training, library: Library) -> tuple[str, ...]:
    """The twins, not in the training yet, of those cases in which the trainee came to another outcome than the article."""
    twins = []
    for attempt in training.present:
        vignette = find(library, attempt.item)
        twin = library.find_twin(vignette)
        fresh = not attempt.open and twin and twin.id not in training.attempts
        if twin and fresh and attempt.draft.outcome is not library.edition.assess(vignette.answers).outcome:
            twins.append(twin.id)
    return tuple(twins)


def check_cases(cases: Iterable[Case]) -> None:
    """See that cases of one's own, such as the rows of a case table, can be practiced on.

    Raises:
        TrainingError: with every case that has no id or no story, or whose id is used twice.
    """
    problems, seen = [], set()
    for number, case in enumerate(cases, 1):
        where = case.case_id or words("training.where_case", number=number)
        if not case.case_id:
            problems.append(problem(where, "no_case_id"))
        elif case.case_id in seen:
            problems.append(problem(where, "twice"))
        if not case.vignette.strip():
            problems.append(problem(where, "no_story", limit=f"{CASE_TEXTS['vignette']:,}"))
        seen.add(case.case_id)
    if problems:
        raise TrainingError(problems)


def gather(cases: Iterable[Case], edition: Edition) -> Library:
    """The library for a session: the pack's vignettes, and own cases, which replace vignettes of the same id."""
    own = {one.case_id: as_vignette(one, edition) for one in cases}
    return Library(edition, {**load_library(edition), **own})


def as_vignette(case: Case, edition: Edition) -> Vignette:
    """An own case as something to practice on. Its note is shown after the commitment."""
    assessment = edition.assess(case.answers)
    return Vignette(
        id=case.case_id,
        title=case.title or case.case_id,
        story=case.vignette,
        answers=case.answers,
        topics=find_topics(case.answers, edition.fields),
        debrief=case.note,
        claims=find_claims(assessment),
    )


# For the supervisor


def order_by_claims(library: Library, met: Collection[str] = ()) -> tuple[str, ...]:
    """The items that bring up claims not yet met: each time the one with the most that are still missing, then no more."""
    missing = set(library.edition.ledger.claims).difference(met)
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
    return tuple(name for name in rank_disputes(judgments) if name in library)


# Those that a pack brings along


@dataclass(frozen=True, slots=True)
class Preset:
    """A set to start from: ids of vignettes in their order, and for whom it is."""

    title: str
    text: str
    items: tuple[str, ...]


@cache
def load_presets(guidance: Guidance) -> tuple[Preset, ...]:
    """The sets of a pack; none where it has no ``sets.yaml``.

    Raises:
        KapnbError: with everything that is wrong in the file.
    """
    path = guidance.folder / "sets.yaml"
    if not path.is_file():
        return ()
    file = read_record(path, KapnbError)
    presets = tuple(row.fill(Preset, {"items": guidance.bind().vignettes()}) for row in file.records("sets", required=True))
    file.close()
    finish(file, KapnbError)
    return presets


# As a file


def save_set(selection: Selection, edition: Edition) -> str:
    """The selection as a JSON text. It holds the answers of own cases."""
    value = {
        "format": FORMAT,
        "version": VERSION,
        **describe_origin(edition),
        **describe_readings(edition),
        "title": selection.title,
        "note": selection.note,
        "items": list(selection.items),
        "cases": [as_record(case, edition) for case in selection.cases],
    }
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def load_set(text: str | bytes, edition: Edition) -> tuple[Selection, tuple[str, ...]]:
    """Bring a shared selection back, with a message for every vignette that the library does not have, and for older cases.

    Raises:
        TrainingError: with everything that is wrong, or when nothing is left.
    """
    library = load_library(edition)
    file, version, _ = open_file(text, FORMAT, VERSION, edition, most=MOST_CHARACTERS)
    title, note = (read_text(file, key, MOST_TEXT) for key in ("title", "note"))
    readings = read_readings(file, edition)
    items = tuple(dict.fromkeys(file.texts("items", required=True)))
    if len(items) > MOST_ITEMS:
        file.wrong("items", words("training.count", limit=MOST_ITEMS))
    if not all(map(is_name, items[:MOST_ITEMS])):
        file.wrong("items", words("training.no_name", limit=MOST_NAME))
    cases = tuple(_read_cases(file, version, edition))
    file.close()
    finish(file, TrainingError)
    check_cases(cases)
    known = {*library, *(case.case_id for case in cases)}
    messages = [words("training.aside_item", item=shorten(one)) for one in items if one not in known]
    for case in cases:
        if case.edition:
            messages += describe_case(case.answers, edition, case.edition, case.readings, shorten(case.case_id))
    left = tuple(one for one in items if one in known)
    if not left:
        raise TrainingError([problem("file", "nothing_left")])
    kept = tuple(case for case in cases if case.case_id in left)
    return Selection(left, kept, title, note, readings), tuple(dict.fromkeys(messages))


def _read_cases(file: Record, version: int, edition: Edition) -> Iterator[Case]:
    for row in file.records("cases", most=MOST_ITEMS):
        value = _unpack(row.take()) if version == 1 else row.take()
        try:
            case = read_case(json.dumps(value), edition)
        except CaseError as failure:
            for one in failure.problems:
                row.wrong(one.where, one.what, one.allowed, one.remedy)
            continue
        if not is_name(case.case_id):
            row.wrong("case_id", words("training.no_name", limit=MOST_NAME))
        yield case


def _unpack(row: Mapping[str, Any]) -> dict[str, Any]:
    """A case of version 1, of which the answers and the note are encoded."""
    value = dict(row)
    try:
        return {**json.loads(base64.b64decode(value.pop("closed", ""), validate=True)), **value}
    except (TypeError, ValueError):
        return {**value, "closed": None}  # which no case has
