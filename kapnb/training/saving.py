"""Save a training as one readable JSON text, and load it again: strictly, and with every problem at once.

A file states its version, pack and edition number. It holds the items, the drafts and the events, and nothing from the library: of
an item that is not committed it cannot tell the answer. :func:`load` applies the events one after the other, as the page does, so
that a file never leads to a reveal before the commitment, nor to a second judgment. An open draft may be edited by hand.

What is no mistake of the file is set aside with a message, and everything else is kept: an item that this library does not
have or has with another story, and a field, option or rule that has been renamed since. What belongs to a commitment stays in it as
it was written, and is left out where judgments are compared.

To hand judgments to a supervisor is a deliberate act, under a label that the trainee invents: rows of the judgments table and of
the responses table, without drafts, and without what the library no longer knows.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, astuple, fields, replace
from itertools import chain, pairwise
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from kapnb import limits
from kapnb.engine.earlier import carry, carry_rule, list_earlier
from kapnb.engine.edition import Edition
from kapnb.engine.fields import Dictionary
from kapnb.engine.outcomes import Outcome
from kapnb.engine.problems import Problem, shorten
from kapnb.engine.records import Record, finish, parse_json
from kapnb.group.judgments import Confidence, Judgment
from kapnb.tables.columns import list_columns
from kapnb.text.cases import describe_origin, describe_readings, read_origin, read_readings
from kapnb.text.characters import make_writable, neutralize
from kapnb.text.earlier import describe_edition, describe_replays
from kapnb.text.identifiers import hide
from kapnb.text.words import words
from kapnb.training import session
from kapnb.training.errors import MOST_NAME, TrainingError, find_text_problems, is_name
from kapnb.training.library import Library, Vignette
from kapnb.training.session import Attempt, Draft, Event, Item, Training, Unsaid

FORMAT: Final = "kapnb training"
VERSION: Final = 4
MOST_CHARACTERS: Final = 2 * 1024 * 1024
MOST_FIELDS: Final = 100
MOST_LABEL: Final = 40
_KINDS: Final = {
    session.Committed: "committed",
    session.Responded: "responded",
    session.Reconsidered: "reconsidered",
    session.Reflected: "reflected",
}
REVEALED: Final = "revealed"
"""A step of earlier versions, after a commitment: today the one includes the other."""
EARLIER: Final = {"annotated": "reflected", REVEALED: REVEALED}
"""What a step was called in an earlier version."""


class Loaded(NamedTuple):
    """A training from a file, and what was set aside, and why; nothing is lost by it."""

    training: Training
    messages: tuple[str, ...]


def save(training: Training) -> str:
    """The training as a JSON text."""
    attempts = training.attempts.items()
    value = {
        "format": FORMAT,
        "version": VERSION,
        **describe_origin(training.edition),
        **describe_readings(training.edition),
        "position": training.current,
        "screen": training.screen,
        "since": training.since,
        "mark": training.mark,
        "unsaid": {name: given for name, given in asdict(training.unsaid).items() if given not in {None, ""}},
        "items": [asdict(one) for one in training.items],
        "drafts": {name: _describe_draft(one.draft) for name, one in attempts if one.open and one.draft != session.BLANK},
        "events": [_describe(name, event) for name, one in attempts for event in one.events],
    }
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _describe(item: str, event: Event) -> dict[str, Any]:
    said = _describe_draft(event.draft) if isinstance(event, session.Committed) else asdict(event)
    return {"step": _KINDS[type(event)], "item": item, **said}


def _describe_draft(draft: Draft) -> dict[str, Any]:
    said = {one.name: getattr(draft, one.name) for one in fields(Draft)}
    return {**said, "fields": dict(draft.fields), "passages": list(map(astuple, draft.passages))}


def load(text: str | bytes, library: Library) -> Loaded:
    """Bring a saved training back.

    Args:
        text: what :func:`save` wrote, or wrote in an earlier version.
        library: the vignettes and cases available; what it does not have is set aside.

    Raises:
        TrainingError: with everything that is wrong.
        NothingAtHandError: when nothing is wrong, and nothing of it is in the library.
    """
    file, version, number = open_file(text, FORMAT, VERSION, library.edition, most=MOST_CHARACTERS)
    edition = library.edition.bind(read_readings(file, library.edition))
    library = Library(edition, library)
    attempts = {item.id: Attempt(item) for item in _read_items(file)}
    current = file.choice("position", attempts)
    screen, since, mark, unsaid = "", 0, "", session.NOTHING
    if version > 2:
        mark, unsaid = file.raw("mark", "", most=MOST_NAME), _read_unsaid(file.record("unsaid"))
        screen, since = file.choice("screen", (*session.ANYTIME, *chain(*session.SCREENS.values()))), file.number("since")
        if not 0 <= since < max(len(attempts), 1):
            file.wrong("since", words("training.no_since"))
    for name, row in file.record("drafts").named():
        if name in attempts:
            attempts[name] = Attempt(attempts[name].item, _carry(_read_draft(row, attempts[name].item), name, library))
            row.close()
        else:
            row.wrong("", words("training.unknown_item_here"), ", ".join(attempts))
    drafted = {name for name, one in attempts.items() if one.draft != session.BLANK}
    for row in file.records("journal" if version == 1 else "events", most=100 * session.MOST_ITEMS):
        _read_event(row, attempts, drafted, library)
    file.close()
    finish(file, TrainingError)
    training = session.set_aside(Training(edition, MappingProxyType(attempts), current, "list", since, unsaid, mark), library)
    training, messages = _leave_out_unknown(_turn(training, current, screen or "list"), number, library)
    return Loaded(training, (*_tell_carried(training, version), *messages))


def _read_unsaid(row: Record) -> Unsaid:
    unsaid = Unsaid(
        row.number("lean", session.RESPONSES) if row.has("lean") else None,
        _read_reason(row, "why"),
        row.member("outcome", Outcome),
        row.member("confidence", Confidence),
        _read_reason(row),
        _read_reason(row, "thought"),
    )
    row.close()
    return unsaid


def _turn(training: Training, item: str, screen: str) -> Training:
    """The screen that was on view of an item, or the cases by title where it cannot be."""
    try:
        return session.turn(training, screen if training.current == item else "list")
    except TrainingError:
        return session.go_to(training, item)


def _tell_carried(training: Training, version: int) -> Iterator[str]:
    """What an earlier version asked otherwise, and where it is kept now."""
    if version > 2:
        return
    if any(not one.open for one in training.attempts.values()):
        yield words("training.carried_judgments")
    if count := sum(len(one.reflections) for one in training.attempts.values()):
        yield words("training.carried_notes", count=count)


def open_file(text: str | bytes, kind: str, newest: int, edition: Edition, *, most: int) -> tuple[Record, int, str]:
    """The record that a text holds, the version of its format, and the number of the edition under which it was saved.

    Args:
        text: of the file.
        kind: what the file says that it is.
        newest: the newest version of the format; older ones can be read too.
        edition: the guidance in force; a file of another pack is refused.
        most: a text with more characters is refused unread.

    Raises:
        TrainingError: when it is not a file of this kind, version and pack.
    """
    remedy = words("training.remedy_file")
    file = parse_json(text, TrainingError, most=most, remedy=remedy, quote=hide)
    if file.raw("format", "") != kind:
        raise TrainingError([Problem("file", words("training.other_file"), remedy=remedy)])
    version = file.number("version")
    if not 1 <= version <= newest:
        raise TrainingError([Problem("file", words("training.other_version"), f"1 to {newest}", remedy)])
    if version == 1 and edition.pack != limits.PACK:  # the first version states no pack; there was only this one
        raise TrainingError([Problem("pack", words("case.other_pack", pack=limits.PACK), edition.pack)])
    return file, version, read_origin(file, edition, TrainingError)


def _read_items(file: Record) -> Iterator[Item]:
    rows, seen = file.records("items", required=True, most=session.MOST_ITEMS), set()
    for row in rows:
        item = Item(_read_name(row, "id"), row.raw("story"), row.number("characters", range(1, session.MOST_STORY + 1)))
        if not re.fullmatch("[0-9a-f]{32}", item.story):
            row.wrong("story", "is not the digest of a story", "32 hexadecimal digits")
        row.close()
        if item.id in seen:
            row.wrong("id", words("training.twice"))
        elif item.id:
            seen.add(item.id)
            yield item


def _read_name(record: Record, key: str) -> str:
    name = record.raw(key, "")
    if not is_name(name):
        record.wrong(key, words("training.no_name", limit=MOST_NAME))
        return ""
    return name


def _read_event(row: Record, attempts: dict[str, Attempt], drafted: set[str], library: Library) -> None:
    """Apply what a row tells; what could not have happened is noted as a problem."""
    name, kind = row.choice("item", attempts), row.choice("step", (*_KINDS.values(), *EARLIER))
    if not (name and kind):
        return
    row.raw("seal", "")  # version 1 has one
    event = _read_step(row, EARLIER.get(kind, kind), attempts[name].item, library)
    row.close()
    if kind == "committed" and name in drafted:
        row.wrong("", words("training.committed"))
    try:
        if event:
            attempts[name] = session.apply_event(attempts[name], event)
        elif kind == REVEALED and attempts[name].open:
            row.wrong("", words("training.not_committed"))
    except TrainingError as failure:
        for one in failure.problems:
            row.wrong("", one.what, one.allowed, one.remedy)


def _read_step(row: Record, kind: str, item: Item, library: Library) -> Event | None:
    """What happened; None for what tells nothing more, or not enough."""
    match kind:
        case "committed":
            return session.Committed(_carry(_read_draft(row, item), item.id, library))
        case "responded":
            place, response = row.number("place", range(MOST_FIELDS)), row.number("response", session.RESPONSES)
            about = _read_name(row, "field")
            (answer,) = carry({about: _read_name(row, "answer")}, library.edition.fields).values()
            return session.Responded(place, about, answer, response, _read_reason(row))
        case "reconsidered":
            outcome, confidence = row.member("outcome", Outcome, required=True), row.member("confidence", Confidence, required=True)
            reason = _read_reason(row)
            return session.Reconsidered(outcome, confidence, reason) if outcome and confidence else None
        case "reflected":
            return session.Reflected(row.raw("text"))
    return None


def _read_draft(row: Record, item: Item) -> Draft:
    asked = row.texts("asked")[:MOST_FIELDS]
    finding, fields = row.raw("finding", ""), row.mapping("fields", most=MOST_FIELDS)
    if not all(map(is_name, (*fields, *fields.values(), *asked, *filter(None, [finding])))):
        row.wrong("", words("training.no_name", limit=MOST_NAME))
    passages = tuple(session.Passage(*pair) for pair in row.pairs("passages", most=session.MOST_PASSAGES))
    ends = [-1, *(end for one in passages for end in (one.start, one.end))]
    if any(one >= other for one, other in pairwise(ends)) or ends[-1] > item.characters:
        row.wrong("passages", words("training.no_passage", characters=item.characters))
    return Draft(
        MappingProxyType(fields),
        passages,
        row.member("outcome", Outcome),
        row.member("confidence", Confidence),
        _read_reason(row),
        finding if row.has("finding") else None,
        row.member("prediction", Outcome),
        row.flag("interview"),
        tuple(dict.fromkeys(asked)),
    )


def _read_reason(row: Record, key: str = "reason") -> str:
    """A text that may be missing; one that cannot be kept is a problem of the file."""
    text = row.raw(key, "")
    for one in find_text_problems(key, text, session.MOST_TEXT) if text else ():
        row.wrong(key, one.what, one.allowed, one.remedy)
    return text


def _carry(draft: Draft, item: str, library: Library) -> Draft:
    """The draft with answers and the finding by their names of today: what was meant stays."""
    fields = carry(draft.fields, library.edition.fields)
    told = library[item].answers if item in library else {}
    finding = draft.finding and carry_rule(
        draft.finding, library.edition, {**told, **session.keep_known(fields, library.edition.fields)}
    )
    return replace(draft, fields=MappingProxyType(fields), finding=finding)


def _leave_out_unknown(training: Training, number: str, library: Library) -> tuple[Training, tuple[str, ...]]:
    """The training without what the edition no longer knows, and what there is to tell; commitments stay as they are."""
    attempts, messages, fields = dict(training.attempts), [], training.edition.fields
    for name, one in training.attempts.items():
        draft, kept = one.draft, session.keep_known(one.draft.fields, fields)
        committed = "" if one.open else "_committed"
        if name in training.aside:
            messages.append(words("training.aside_story" if name in library else "training.aside_item", item=shorten(name)))
        if len(kept) < len(draft.fields):
            messages.append(words(f"training.aside_answers{committed}", item=name, count=len(draft.fields) - len(kept)))
        finding = draft.finding
        if finding and finding not in training.edition.guidance.meanings:
            messages.append(words(f"training.aside_finding{committed}", item=name))
            finding = None
        if one.open:
            attempts[name] = replace(one, draft=replace(draft, fields=kept, finding=finding))
    if number != training.edition.number and not all(one.open for one in attempts.values()):
        messages.append(words("training.other_edition", before=shorten(number), now=training.edition.number))
    if number in list_earlier(training.edition.guidance):
        cases = ((name, library[name].answers) for name in attempts if name in library and not attempts[name].open)
        messages += [describe_edition(training.edition, number), *describe_replays(cases, training.edition, number)]
    return replace(training, attempts=MappingProxyType(attempts)), tuple(messages)


# Handed to a supervisor

Row = Mapping[str, str]


def export_judgments(training: Training, rater: str) -> tuple[Row, ...]:
    """A row of the judgments table for each commitment, under an invented label such as R1; what is not recorded is left out.

    Raises:
        TrainingError: when the label is empty, too long, or looks as if it could identify someone.
    """
    label = check_label(rater)
    judged = (one.as_judgment(training.edition, label) for one in training.present if not one.open)
    return tuple(map(as_row, judged))


def as_row(judgment: Judgment) -> Row:
    """A judgment as a row of the judgments table."""
    return {name: str(given) for name, given in _list_cells(judgment) if given}


def _list_cells(judgment: Judgment) -> Iterator[tuple[str, object]]:
    for name in ("case_id", "rater", "outcome", "confidence", "deciding_finding", "comment", "prediction", "reflection"):
        yield name, getattr(judgment, name)
    yield from ((f"second_{name}", getattr(judgment.second, name)) for name in ("outcome", "confidence", "reason"))
    yield from (judgment.own or {}).items()


def export_responses(training: Training, rater: str) -> tuple[Row, ...]:
    """A row of the responses table for each response to a follow-up; the label as above."""
    label, pairs = check_label(rater), training.edition.fields.pairs
    return tuple(
        {
            "case_id": attempt.item.id,
            "rater": label,
            "field": one.field,
            "answer": one.answer,
            "response": str(one.response),
            "comment": one.reason,
        }
        for attempt in training.present
        for one in attempt.responses.values()
        if (one.field, one.answer) in pairs
    )


def export_cases(vignettes: Iterable[Vignette]) -> tuple[Row, ...]:
    """A row of the case table for each vignette: judgments are compared with it. It tells every answer."""
    return tuple(
        {"case_id": one.id, "title": one.title, "vignette": one.story, "note": one.debrief, **one.answers} for one in vignettes
    )


def as_csv(rows: Iterable[Row], table: str, fields: Dictionary) -> bytes:
    """The rows as a CSV file, header first, with the mark by which a spreadsheet knows UTF-8; no cell runs as a formula."""
    text = io.StringIO(newline="")
    columns = list_columns(table, fields)
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([neutralize(make_writable(row.get(name, ""))) for name in columns] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def check_label(rater: str) -> str:
    """The label to hand work over under: short, of one line, and nobody's name."""
    where, remedy = words("training.label"), words("training.remedy_label")
    problems = [Problem(where, one.what, one.allowed, remedy) for one in find_text_problems(where, rater, MOST_LABEL)]
    if not problems and not rater.strip().isprintable():
        problems.append(Problem(where, words("case.not_text"), remedy=remedy))
    if problems:
        raise TrainingError(problems)
    return rater.strip()
