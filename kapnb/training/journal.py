"""The journal of a training: what can no longer be changed, one sealed entry after the other.

Commitments, reveals, responses to follow-ups and annotations are entries; nothing else is. Each entry carries a seal, a digest of
what it says and of the seal before it, so that a changed, added, dropped or moved entry no longer fits. The first seal is made of
the items of the session.

What a digest without a secret can show: that a file was changed, by a slip of an editor, a merge or a broken disk, and where. What
it cannot show: a forgery. Whoever reads this module can make fitting seals, and whoever cuts entries off at the end of a file
leaves no trace. It is a seat belt for people who practice for themselves; there is nobody to be kept out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from kapnb.engine.outcomes import Outcome
from kapnb.group.judgments import Confidence

NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, order=True)
class Passage:
    """A marked part of a story: from one character up to, and without, another."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Draft:
    """What a trainee says of an item. It can change until it is committed.

    Attributes:
        fields: the questions that the trainee recorded, with one of their options each; as many or as few as wanted.
        passages: marked passages of the story, in order, apart from each other.
        finding: the rule that decides; empty for "none of these", None where nothing was chosen.
    """

    fields: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    passages: tuple[Passage, ...] = ()
    outcome: Outcome | None = None
    confidence: Confidence | None = None
    finding: str | None = None


BLANK: Final = Draft()


@dataclass(frozen=True, slots=True)
class Response:
    """A response to a follow-up: from -2, KAP fits much less, to 2, fits much more.

    Attributes:
        place: which follow-up of the vignette, from 0.
        field: the question that it is about.
        answer: the answer that it adds.
    """

    place: int
    field: str
    answer: str
    response: int


class Step(StrEnum):
    """What an entry tells of."""

    COMMITTED = "committed"
    REVEALED = "revealed"
    RESPONDED = "responded"
    ANNOTATED = "annotated"


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened to an item, and stays.

    Attributes:
        said: the draft that was committed, the response, or the text of the annotation; None for a reveal.
    """

    step: Step
    item: str
    said: Draft | Response | str | None
    seal: str


def write_entry(previous: str, step: Step, item: str, said: Draft | Response | str | None = None) -> Entry:
    """An entry that follows on another one, or on the items."""
    return Entry(step, item, said, seal(previous, _describe(step, item, said)))


def fits(entry: Entry, previous: str) -> bool:
    """Whether an entry is as it was written, after that seal."""
    return write_entry(previous, entry.step, entry.item, entry.said).seal == entry.seal


def describe(entry: Entry) -> dict[str, Any]:
    """An entry as the object that a saved file holds."""
    return {**_describe(entry.step, entry.item, entry.said), "seal": entry.seal}


def describe_draft(draft: Draft) -> dict[str, Any]:
    """A draft as the object that a saved file holds."""
    return {
        "outcome": draft.outcome and str(draft.outcome),
        "confidence": draft.confidence and str(draft.confidence),
        "finding": draft.finding,
        "fields": dict(draft.fields),
        "passages": [[one.start, one.end] for one in draft.passages],
    }


def _describe(step: Step, item: str, said: Draft | Response | str | None) -> dict[str, Any]:
    head = {"step": str(step), "item": item}
    match said:
        case Draft():
            return head | describe_draft(said)
        case Response():
            return head | {"place": said.place, "field": said.field, "answer": said.answer, "response": said.response}
        case str():
            return head | {"text": said}
    return head


def seal(previous: str, said: object) -> str:
    """A digest of something that JSON can hold, and of the seal before it."""
    return fingerprint(f"{previous} {json.dumps(said, sort_keys=True)}")


def fingerprint(text: str) -> str:
    """By which a text is known again; what it says cannot be read from it."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
