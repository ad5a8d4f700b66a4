"""A trainee's session as a frozen value. Every step takes one and gives the next.

How a page goes through it::

    training = begin(library, ["V01", "V12"])      # of load_library(edition) or, with cases of one's own, sets.gather
    training = choose(training, "outcome", "clarify_first")  # "confidence" and "finding" likewise; record and mark are optional
    training = commit(training)                    # from here on the judgment stays as it is
    training = uncover(training)
    shown = explain_reveal(training, library)      # a query, it changes nothing
    training = respond(training, library, 0, -1)   # to a follow-up, of reveal.ask
    training = annotate(training, "The second hospital stay weighs more than I gave it.")
    text = save(training)                          # load(text, library) brings it back

A draft can change; a commitment, a reveal, a response and an annotation are events. Each attempt has a log of them that only grows,
and :func:`apply_event` is the only way into it, for the steps here as for a saved file. A step that cannot be taken raises a
:class:`TrainingError` with everything that is wrong or missing.

A :class:`Training` holds ids, lengths and digests of stories, and what the trainee said. The answers are in the library, and
:func:`kapnb.training.reveal.explain_reveal` refuses to tell them of an attempt that is not revealed.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

from kapnb.engine.conditions import NOT_APPLICABLE
from kapnb.engine.edition import Edition
from kapnb.engine.fields import Dictionary
from kapnb.engine.outcomes import Outcome
from kapnb.engine.problems import Problem, shorten, suggest
from kapnb.group.judgments import Confidence, Judgment
from kapnb.text.words import words
from kapnb.training.errors import MOST_NAME, NothingAtHandError, TrainingError, find_text_problems, is_name, problem
from kapnb.training.library import FollowUp, Library, Vignette

MOST_ITEMS: Final = 200
MOST_STORY: Final = 5_000
MOST_PASSAGES: Final = 100
MOST_ANNOTATION: Final = 2_000
"""Characters of all annotations of an item together: as many as the comment of a judgment can hold."""
RESPONSES: Final = range(-2, 3)
NO_ANSWERS: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Item:
    """A vignette of the session, without what it answers.

    Attributes:
        story: a digest of the story, by which another one under the same id is told.
        characters: the length of the story.
    """

    id: str
    story: str
    characters: int


@dataclass(frozen=True, slots=True, order=True)
class Passage:
    """A marked part of a story: from one character up to, and without, another."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Draft:
    """What a trainee says of an item. It can change until it is committed.

    Attributes:
        fields: the questions that the trainee recorded, with one of their options each.
        passages: marked passages of the story, in order, apart from each other.
        finding: the rule that decides; empty for "none of these", None where nothing was chosen.
    """

    fields: Mapping[str, str] = field(default_factory=lambda: NO_ANSWERS)
    passages: tuple[Passage, ...] = ()
    outcome: Outcome | None = None
    confidence: Confidence | None = None
    finding: str | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """What a commitment still needs: any of outcome, confidence, finding."""
        return tuple(name for name in ("outcome", "confidence", "finding") if getattr(self, name) is None)


BLANK: Final = Draft()


@dataclass(frozen=True, slots=True)
class Committed:
    """The draft was committed."""

    draft: Draft


@dataclass(frozen=True, slots=True)
class Revealed:
    """The answer of the source was asked for."""


@dataclass(frozen=True, slots=True)
class Responded:
    """A response to a follow-up of the vignette, by its place from 0: from -2, KAP fits much less, to 2, fits much more."""

    place: int
    field: str
    answer: str
    response: int


@dataclass(frozen=True, slots=True)
class Annotated:
    """Something was added to the judgment."""

    text: str


Event = Committed | Revealed | Responded | Annotated


@dataclass(frozen=True)
class Attempt:
    """What a trainee has done with an item so far.

    Attributes:
        draft: what is said so far or, from the commitment on, what was committed.
        events: what happened to it and stays, in order.
    """

    item: Item
    draft: Draft = BLANK
    events: tuple[Event, ...] = ()

    @property
    def open(self) -> bool:
        """Whether the draft can still be changed."""
        return not self.events

    @property
    def revealed(self) -> bool:
        """Whether the answer of the source may be shown."""
        return len(self.events) > 1

    @property
    def stage(self) -> str:
        """How far it has come: open, committed, revealed or annotated."""
        return "annotated" if self.annotations else ("open", "committed", "revealed")[min(len(self.events), 2)]

    @cached_property
    def responses(self) -> Mapping[int, Responded]:
        """Responses to follow-ups by their place, in the order in which they were given."""
        return MappingProxyType({event.place: event for event in self.events if isinstance(event, Responded)})

    @cached_property
    def annotations(self) -> tuple[str, ...]:
        """Annotations in the order in which they were written."""
        return tuple(event.text for event in self.events if isinstance(event, Annotated))

    def as_judgment(self, edition: Edition, rater: str = "") -> Judgment:
        """What was said as a judgment. What the edition does not know any more is left out."""
        draft, own = self.draft, keep_known(self.draft.fields, edition.fields)
        finding = draft.finding if draft.finding in list_findings(edition) else ""
        comment = "\n".join(self.annotations)
        return Judgment(self.item.id, rater, draft.outcome, draft.confidence, finding or "", own or None, comment)


@dataclass(frozen=True)
class Training:
    """A session.

    Attributes:
        edition: the guidance that the judgments are held against.
        attempts: every item by its id, in order, with what was done with it.
        current: the id of the item on view.
        aside: ids that the library at hand does not have, or has with another story. What was done with them is kept and saved.
    """

    edition: Edition = field(repr=False)
    attempts: Mapping[str, Attempt]
    current: str
    aside: frozenset[str] = frozenset()

    @property
    def now(self) -> Attempt:
        """The item on view."""
        return self.attempts[self.current]

    @property
    def items(self) -> tuple[Item, ...]:
        """All items, in their order."""
        return tuple(one.item for one in self.attempts.values())

    @property
    def present(self) -> tuple[Attempt, ...]:
        """All items but those set aside."""
        return tuple(one for name, one in self.attempts.items() if name not in self.aside)

    @property
    def coming(self) -> tuple[str, ...]:
        """The items after the one on view, without those set aside."""
        names = list(self.attempts)
        return tuple(name for name in names[names.index(self.current) + 1 :] if name not in self.aside)


def begin(library: Library, items: Iterable[str]) -> Training:
    """A new session on items of a library, none of them twice."""
    items = tuple(items)
    problems = [] if 1 <= len(items) <= MOST_ITEMS else [problem("items", "count", limit=MOST_ITEMS)]
    for name, times in Counter(items).items():
        if times > 1:
            problems.append(problem(shorten(name), "twice"))
        if name not in library:
            problems.append(Problem(shorten(name), words("training.unknown_item"), remedy=suggest(name, library)))
        elif not (library[name].story.strip() and len(library[name].story) <= MOST_STORY):
            problems.append(problem(shorten(name), "no_story", limit=f"{MOST_STORY:,}"))
        elif not is_name(name):
            problems.append(problem("items", "no_name", limit=MOST_NAME))
    if problems:
        raise TrainingError(problems)
    attempts = {name: Attempt(make_item(library[name])) for name in items}
    return Training(library.edition, MappingProxyType(attempts), items[0])


# Steps while an item is open


def record(training: Training, field: str, option: str | None) -> Training:
    """Record a question as it is seen in the story; None takes it back. Answers to questions that no longer apply go."""
    draft, fields = _open(training), training.edition.fields
    _check_one_of(training, "field", field, tuple(fields))
    if option is not None:
        _check_one_of(training, "option", option, [one.name for one in fields[field].options])
    answers = {name: given for name, given in {**draft.fields, field: option}.items() if given is not None}
    return _draft(training, fields=keep_known(answers, fields))


def mark(training: Training, start: int, end: int) -> Training:
    """Mark a passage of the story; passages that touch become one."""
    draft = _open(training)
    _check_range(training, start, end)
    apart = [one for one in draft.passages if one.end < start or one.start > end]
    near = [Passage(start, end), *(one for one in draft.passages if one not in apart)]
    whole = Passage(min(one.start for one in near), max(one.end for one in near))
    if len(apart) >= MOST_PASSAGES:
        raise _refuse(training, "too_many_passages", limit=MOST_PASSAGES)
    return _draft(training, passages=tuple(sorted((*apart, whole))))


def unmark(training: Training, start: int, end: int) -> Training:
    """Take marks back between two places; what is marked beyond them stays."""
    draft = _open(training)
    _check_range(training, start, end)
    cut = ((Passage(one.start, min(one.end, start)), Passage(max(one.start, end), one.end)) for one in draft.passages)
    left = tuple(one for pair in cut for one in pair if one.start < one.end)
    if len(left) > MOST_PASSAGES:
        raise _refuse(training, "too_many_passages", limit=MOST_PASSAGES)
    return _draft(training, passages=left)


def choose(training: Training, part: str, value: str | None) -> Training:
    """Choose the outcome, the confidence or the finding that decides; None takes it back, and an empty finding is none of these."""
    _open(training)
    if value is not None:
        findings = ("", *list_findings(training.edition))
        known = {"outcome": tuple(Outcome), "confidence": tuple(Confidence), "finding": findings}[part]
        _check_one_of(training, part, value, known)
        value = {"outcome": Outcome, "confidence": Confidence}.get(part, str)(value)
    return _draft(training, **{part: value})


# Steps that stay


def commit(training: Training) -> Training:
    """Lock the judgment. From here on it can be annotated, not edited."""
    return _append(training, Committed(training.now.draft))


def uncover(training: Training) -> Training:
    """Ask for the answer of the source; asking again changes nothing."""
    return training if training.now.revealed else _append(training, Revealed())


def respond(training: Training, library: Library, place: int, response: int) -> Training:
    """Respond to a follow-up, from -2 to 2; what the source makes of it is shown only then, and the response stays."""
    attempt = training.now
    follow_ups = find(library, attempt.item).follow_ups
    if not attempt.revealed:
        raise _refuse(training, "not_revealed")
    if type(place) is not int or not 0 <= place < len(follow_ups):
        raise _refuse(training, "no_follow_up", count=len(follow_ups))
    if tells_twin(training, library, follow_ups[place]):
        raise _refuse(training, "follow_up_waits")
    if type(response) is not int or response not in RESPONSES:
        raise _refuse(training, "no_response")
    name, answer = next(iter(follow_ups[place].changes.items()))
    return _append(training, Responded(place, name, answer, response))


def annotate(training: Training, text: str) -> Training:
    """Add what changed one's mind; an annotation stays as it is, and identifies nobody."""
    return _append(training, Annotated(text.strip() if isinstance(text, str) else text))


def apply_event(attempt: Attempt, event: Event) -> Attempt:
    """The attempt after an event. Nothing comes before a commitment, and no second one."""
    check_event(attempt, event)
    draft = event.draft if isinstance(event, Committed) else attempt.draft
    return Attempt(attempt.item, draft, (*attempt.events, event))


def check_event(attempt: Attempt, event: Event) -> None:
    """See that an event can follow on those before it; everything that keeps it from that is raised at once."""
    where = attempt.item.id
    problems: list[Problem] = []
    match event:
        case Committed(draft):
            keys = [f"missing_{name}" for name in draft.missing] if attempt.open else ["committed"]
        case Revealed():
            keys = ["not_committed"] if attempt.open else ["revealed_twice"] if attempt.revealed else []
        case _ if not attempt.revealed:
            keys = ["not_revealed"]
        case Responded(place):
            keys = ["responded"] if place in attempt.responses else []
        case Annotated(text):
            keys = []
            problems += find_text_problems(where, text, MOST_ANNOTATION)
            if not problems and sum(len(one) + 1 for one in attempt.annotations) + len(text) > MOST_ANNOTATION:
                problems.append(problem(where, "annotations_full", limit=f"{MOST_ANNOTATION:,}"))
    problems += [problem(where, key) for key in keys]
    if problems:
        raise TrainingError(problems)


# From item to item


def go_to(training: Training, item: str) -> Training:
    """Turn to an item, whatever the stages are."""
    _check_one_of(training, "item_here", item, [one.item.id for one in training.present])
    return replace(training, current=item)


def set_aside(training: Training, library: Library) -> Training:
    """Set aside what a library does not have, or has with another story; that cannot be everything."""
    aside = frozenset(one.id for one in training.items if not has(library, one))
    left = [name for name in training.attempts if name not in aside]
    if not left:
        raise NothingAtHandError([Problem("", words("training.nothing_left"), remedy=words("training.remedy_nothing_left"))])
    return replace(training, aside=aside, current=training.current if training.current in left else left[0])


def continues(training: Training, earlier: Training) -> bool:
    """Whether a training is about other items, or holds everything that can no longer change in an earlier state of it."""
    if training.items != earlier.items:
        return True
    return all(training.attempts[name].events[: len(one.events)] == one.events for name, one in earlier.attempts.items())


# What others need as well


def make_item(vignette: Vignette) -> Item:
    """A vignette without what it answers."""
    digest = hashlib.sha256(vignette.story.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return Item(vignette.id, digest, len(vignette.story))


def has(library: Library, item: Item) -> bool:
    """Whether a library has an item, and with the same story."""
    return item.id in library and make_item(library[item.id]) == item


def find(library: Library, item: Item) -> Vignette:
    """The vignette of an item, which the library must have with the same story."""
    if not has(library, item):
        raise TrainingError([problem(shorten(item.id), "other_story" if item.id in library else "unknown_item")])
    return library[item.id]


def twin_waits(training: Training, library: Library) -> bool:
    """Whether the twin of the item on view is an item of the session too and still to be judged: nothing may tell its answer."""
    twin = find(library, training.now.item).twin
    return twin in training.attempts and training.attempts[twin].open


def tells_twin(training: Training, library: Library, follow_up: FollowUp) -> bool:
    """Whether a follow-up tells the answer of a twin that waits: it makes the case like it, or may, where the twin is set aside."""
    twin = find(library, training.now.item).twin
    if not twin_waits(training, library):
        return False
    return twin in training.aside or any(library[twin].answers.get(name) == given for name, given in follow_up.changes.items())


def keep_known(answers: Mapping[str, str], fields: Dictionary) -> Mapping[str, str]:
    """The answers that are fields and options of the dictionary, and whose questions may apply, in its order."""
    known = {name: answers[name] for name in fields if (name, answers.get(name)) in fields.pairs}
    states = fields.states(known)
    kept = {name: given for name, given in known.items() if states[name] != {NOT_APPLICABLE}}
    return MappingProxyType(kept) if kept else NO_ANSWERS


def list_findings(edition: Edition) -> tuple[str, ...]:
    """The rules that a judgment can name as the one that decides."""
    return tuple(rule.name for rule in edition.guidance.rules)


def _append(training: Training, event: Event) -> Training:
    return _with(training, apply_event(training.now, event))


def _with(training: Training, attempt: Attempt) -> Training:
    return replace(training, attempts=MappingProxyType({**training.attempts, attempt.item.id: attempt}))


def _draft(training: Training, **changes: Any) -> Training:
    return _with(training, replace(training.now, draft=replace(training.now.draft, **changes)))


def _open(training: Training) -> Draft:
    if not training.now.open:
        raise _refuse(training, "committed")
    return training.now.draft


def _check_range(training: Training, start: int, end: int) -> None:
    characters = training.now.item.characters
    if not (type(start) is type(end) is int and 0 <= start < end <= characters):
        raise _refuse(training, "no_passage", characters=characters)


def _check_one_of(training: Training, what: str, given: object, known: Sequence[str]) -> None:
    if given not in known:
        raise TrainingError([Problem.unknown(training.current, given, words(f"training.unknown_{what}"), known)])


def _refuse(training: Training, key: str, **values: object) -> TrainingError:
    return TrainingError([problem(training.now.item.id, key, **values)])
