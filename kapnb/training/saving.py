"""Save a training as one readable JSON text, and load it again: strictly, and with every problem at once.

A file holds the items, the drafts and the journal, and nothing from the library: of an item that is not committed it cannot tell
the answer, since it does not know it. :func:`load` does not believe a file. It takes the steps of the journal one after the other,
as the page would, so that a file can lead nowhere that clicks cannot lead: never to a reveal before the commitment, nor to a second
judgment. An entry that was changed after it was written is told by its seal, and the file is refused; what such a seal can
and cannot show stands in :mod:`kapnb.training.journal`. An open draft may be edited by hand.

What is no mistake of the file is set aside with a message, and everything else is kept: an item that the library at hand does not
have or has with another story, and a field, option or rule that has been renamed since. What belongs to a commitment stays in it as
it was written, and is left out where judgments are compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

from kapnb.engine.edition import load_guidance
from kapnb.engine.outcomes import Outcome
from kapnb.engine.problems import shorten
from kapnb.group.judgments import Confidence
from kapnb.text.words import words
from kapnb.training.checking import Reader
from kapnb.training.journal import BLANK, NOTHING, Draft, Entry, Passage, Response, Step, describe, describe_draft, fits
from kapnb.training.session import (
    MOST_ANNOTATION,
    MOST_ITEMS,
    MOST_PASSAGES,
    MOST_STORY,
    RESPONSES,
    Attempt,
    Item,
    Library,
    Training,
    check_journal,
    first_seal,
    keep_known,
    set_aside,
    tell,
)

FORMAT: Final = "kapnb training"
VERSION: Final = 1
MOST_CHARACTERS: Final = 2 * 1024 * 1024
MOST_FIELDS: Final = 100


@dataclass(frozen=True, slots=True)
class Loaded:
    """A training from a file.

    Attributes:
        messages: what was set aside, and why; nothing is lost by it.
    """

    training: Training
    messages: tuple[str, ...] = ()


def save(training: Training) -> str:
    """The training as a JSON text.

    Raises:
        TrainingError: when somebody reached into the value and changed what was committed.
    """
    check_journal(training)
    value = {
        "format": FORMAT,
        "version": VERSION,
        "edition": load_guidance().ledger.edition,
        "position": training.now.item.id,
        "items": [{"id": one.id, "story": one.story, "characters": one.characters} for one in training.items],
        "drafts": {name: describe_draft(draft) for name, draft in training.drafts.items()},
        "journal": [describe(entry) for entry in training.journal],
    }
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def load(text: str | bytes, library: Library) -> Loaded:
    """Bring a saved training back.

    Args:
        text: what :func:`save` wrote.
        library: the vignettes and cases at hand; what it does not have is set aside.

    Raises:
        TrainingError: with everything that is wrong.
        NothingAtHandError: when nothing is wrong, and nothing of it is in the library.
    """
    reader = Reader()
    value = reader.open(text, MOST_CHARACTERS, FORMAT, VERSION)
    edition, position = reader.name(value, "edition", "edition"), reader.name(value, "position", "position")
    items = tuple(_read_items(reader, value))
    known = {one.id: one for one in items}
    drafts, messages = _read_drafts(reader, reader.mapping(value, "drafts", "drafts"), known)
    entries = tuple(_read_journal(reader, value, known))
    reader.close(value, "", {"format", "version", "edition", "position", "items", "drafts", "journal"})
    if position not in known:
        reader.wrong("position", "not_here", position, known)
    reader.finish()
    training = Training(items, MappingProxyType(drafts), position=[one.id for one in items].index(position))
    training = _replay(reader, training, entries)
    reader.finish()
    training = set_aside(training, library)
    told = (*_tell_aside(training, library), *messages, *_tell_renamed(training), *_tell_edition(training, edition))
    return Loaded(training, told)


# The steps of a file, taken again


def _replay(reader: Reader, training: Training, entries: tuple[Entry, ...]) -> Training:
    """Take the steps of a journal one after the other; what could not have happened, or was changed since, is a problem."""
    previous, attempts = first_seal(training.items), dict(training.attempts)
    for number, entry in enumerate(entries, 1):
        where = words("training.where_entry", number=number)
        wrong = _refuse_step(training, attempts[entry.item], entry)
        if wrong:
            reader.wrong(where, wrong)
        if not fits(entry, previous):  # the next one is held against the seal as it stands, so that only this one is told
            reader.wrong(where, "altered")
        previous = entry.seal
        attempts[entry.item] = tell(attempts[entry.item], entry)
    return replace(training, journal=entries)


def _refuse_step(training: Training, attempt: Attempt, entry: Entry) -> str:
    """Why a step could not have been taken after those before it; nothing where it could."""
    match entry.step, entry.said:
        case Step.COMMITTED, Draft():
            if not attempt.open:
                return "committed_twice"
            if entry.item in training.drafts:
                return "committed"
            return "missing" if None in {entry.said.outcome, entry.said.confidence, entry.said.finding} else ""
        case Step.REVEALED, _:
            return "not_committed" if attempt.open else "revealed_twice" if attempt.revealed else ""
        case Step.RESPONDED, Response():
            return "not_revealed" if not attempt.revealed else "responded" if entry.said.place in attempt.responses else ""
    full = sum(len(one) + 1 for one in attempt.annotations) + len(str(entry.said)) > MOST_ANNOTATION
    return "not_revealed" if not attempt.revealed else "too_much" if full else ""


# The parts of a file


def _read_items(reader: Reader, value: Mapping[str, Any]) -> Iterator[Item]:
    rows, seen = reader.rows(value, "items", "items", MOST_ITEMS), set()
    if not rows:
        reader.wrong("items", "count", limit=MOST_ITEMS)
    for where, row in rows:
        item = Item(
            reader.name(row, "id", where),
            reader.digest(row, "story", where),
            reader.number(row, "characters", where, range(1, MOST_STORY + 1)),
        )
        reader.close(row, where, {"id", "story", "characters"})
        if item.id in seen:
            reader.wrong(where, "twice")
        elif item.id:
            seen.add(item.id)
            yield item


def _read_drafts(reader: Reader, value: Mapping[str, Any], items: Mapping[str, Item]) -> tuple[dict[str, Draft], list[str]]:
    """The open drafts. What the dictionary does not know any more is left out of them, with a message."""
    drafts, messages = {}, []
    for name, row in value.items():
        if name not in items:
            reader.wrong("drafts", "not_here", name, items)
            continue
        draft = _read_draft(reader, reader.as_mapping(row, name), name, items[name])
        known = keep_known(draft.fields)
        if len(known) < len(draft.fields):
            messages.append(words("training.aside_answers", item=name, count=len(draft.fields) - len(known)))
        if draft.finding and not _is_rule(draft.finding):
            messages.append(words("training.aside_finding", item=name))
            draft = replace(draft, finding=None)
        drafts[name] = replace(draft, fields=known)
    return {name: draft for name, draft in drafts.items() if draft != BLANK}, messages


def _read_journal(reader: Reader, value: Mapping[str, Any], items: Mapping[str, Item]) -> Iterator[Entry]:
    # at most: each item committed and revealed, with its follow-ups and annotations
    for where, row in reader.rows(value, "journal", "journal", 100 * MOST_ITEMS):
        step, item = reader.choice(row, "step", where, tuple(Step)), reader.name(row, "item", where)
        if item and item not in items:
            reader.wrong(where, "not_here", item, items)
            continue
        seal = reader.digest(row, "seal", where)
        own = {"step", "item", "seal"}
        said: Draft | Response | str | None = None
        if step == Step.COMMITTED and item:
            said = _read_draft(reader, row, where, items[item], own)
        elif step == Step.RESPONDED:
            said = _read_response(reader, row, where)
            reader.close(row, where, own | {"place", "field", "answer", "response"})
        elif step == Step.ANNOTATED:
            said = reader.text(row, "text", where, MOST_ANNOTATION)
            reader.close(row, where, own | {"text"})
        elif step:
            reader.close(row, where, own)
        if step and item:
            yield Entry(Step(step), item, said, seal)


def _read_draft(
    reader: Reader, row: Mapping[str, Any], where: str, item: Item, own: frozenset[str] | set[str] = frozenset()
) -> Draft:
    outcome = reader.choice(row, "outcome", where, tuple(Outcome), optional=True)
    confidence = reader.choice(row, "confidence", where, tuple(Confidence), optional=True)
    finding = row.get("finding")
    if finding not in ("", None):
        finding = reader.name(row, "finding", where)
    fields = reader.mapping(row, "fields", where)
    if len(fields) > MOST_FIELDS:
        reader.wrong(f"{where}, fields", "too_many", limit=MOST_FIELDS)
        fields = {}
    answers = {name: reader.name(fields, name, f"{where}, fields") for name in fields if reader.is_name(name, f"{where}, fields")}
    passages = tuple(_read_passages(reader, row, where, item))
    reader.close(row, where, {*own, "outcome", "confidence", "finding", "fields", "passages"})
    return Draft(
        MappingProxyType(answers) if answers else NOTHING,
        passages,
        Outcome(outcome) if outcome else None,
        Confidence(confidence) if confidence else None,
        finding,
    )


def _read_passages(reader: Reader, row: Mapping[str, Any], where: str, item: Item) -> Iterator[Passage]:
    last = -1
    for pair in reader.items(row, "passages", where, MOST_PASSAGES):
        ends = pair if isinstance(pair, list) and len(pair) == 2 and all(type(one) is int for one in pair) else (0, 0)
        if not last < ends[0] < ends[1] <= item.characters:
            reader.wrong(f"{where}, passages", "no_passage", characters=item.characters)
            return
        last = ends[1]
        yield Passage(*ends)


def _read_response(reader: Reader, row: Mapping[str, Any], where: str) -> Response:
    return Response(
        reader.number(row, "place", where, range(MOST_FIELDS)),
        reader.name(row, "field", where),
        reader.name(row, "answer", where),
        reader.number(row, "response", where, range(RESPONSES[0], RESPONSES[-1] + 1)),
    )


# What is set aside


def _tell_aside(training: Training, library: Library) -> Iterator[str]:
    for one in training.items:
        if one.id in training.aside:
            yield words("training.aside_story" if one.id in library else "training.aside_item", item=shorten(one.id))


def _tell_renamed(training: Training) -> Iterator[str]:
    for entry in training.journal:
        if isinstance(entry.said, Draft):
            unknown = len(entry.said.fields) - len(keep_known(entry.said.fields))
            if unknown:
                yield words("training.aside_answers_committed", item=shorten(entry.item), count=unknown)
            if entry.said.finding and not _is_rule(entry.said.finding):
                yield words("training.aside_finding_committed", item=shorten(entry.item))


def _tell_edition(training: Training, edition: str) -> Iterator[str]:
    now = load_guidance().ledger.edition
    if edition != now and training.journal:
        yield words("training.other_edition", before=shorten(edition), now=now)


def _is_rule(name: str) -> bool:
    return name in {rule.name for rule in load_guidance().rules}
