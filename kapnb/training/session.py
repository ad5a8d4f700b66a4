"""A trainee's session as a frozen value. Every step takes one and gives the next.

How a page goes through it::

    training = begin(library, ["V01", "V12"])      # of load_library(edition) or, with cases of one's own, sets.gather
    training = choose(go_to(training, "V01"), "outcome", "clarify_first")  # "confidence", "finding" and "prediction" likewise
    training = explain_why(training, "Two of them are current.")
    training = point(training, 120, 164)           # or a finding; recording facts is optional
    training = commit(training)                    # from here on the judgment stays as it is, and the article's answer may be shown
    shown = explain_reveal(training, library)      # a query, it changes nothing
    training = respond(training, library, 0, -1, "A pattern outweighs it.")  # to a follow-up, of reveal.ask
    training = reconsider(training, "not_at_present", "high", "Two others saw what I passed by.")
    training = reflect(training, "The second hospital stay weighs more than I gave it.")
    text = save(training)                          # load(text, library) brings it back

What a trainee would do, what the article is expected to say, the judgment after talking, and what is written later are four things,
and none is ever mixed with another.

A draft can change; a commitment, a response, a second judgment and a reflection are events. Each attempt has a log of
them that only grows, and :func:`apply_event` is the only way into it, for the steps here as for a saved file. A step that cannot be
taken raises a :class:`TrainingError` with everything that is wrong or missing.

A :class:`Training` holds ids, lengths and digests of stories, and what the trainee said. The answers are in the library, and
:func:`kapnb.training.reveal.explain_reveal` refuses to tell them of an attempt that is not committed.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

from kapnb.engine.conditions import NOT_APPLICABLE
from kapnb.engine.edition import Edition
from kapnb.engine.fields import Dictionary
from kapnb.engine.outcomes import Outcome
from kapnb.engine.problems import Problem, shorten, suggest
from kapnb.group.judgments import Confidence, Judgment, Second
from kapnb.text.words import words
from kapnb.training.errors import MOST_NAME, NothingAtHandError, TrainingError, find_text_problems, is_name, problem
from kapnb.training.library import FollowUp, Library, Vignette

MOST_ITEMS: Final = 200
MOST_STORY: Final = 5_000
MOST_PASSAGES: Final = 100
MOST_TEXT: Final = 2_000
"""Characters of a reason, and of all reflections on an item together: as many as a cell of the judgments table can hold."""
RESPONSES: Final = range(-2, 3)
SCREENS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"open": ("read", "judge", "decide"), "committed": ("reveal", "follow", "followed")}
)
"""What can be on view of an item, before its commitment and after it; the first is what comes by itself."""
ANYTIME: Final = ("list", "back")
"""What can be on view at any time: the cases by title, and the training in retrospect."""


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
    """A part of a story: from one character up to, and without, another."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Draft:
    """What a trainee says of an item. It can change until it is committed.

    Attributes:
        fields: facts that the trainee recorded, with one of their options each.
        passages: what of the story decides; a file of an earlier version can have several, in order, apart from each other.
        outcome: what the trainee would do.
        reason: why, in the trainee's own words.
        finding: the rule that decides; empty for "none of these", None where nothing was chosen.
        prediction: what the trainee expects the article to say; optional.
        interview: the case is asked for, not read.
        asked: in an interview, the questions asked so far, in their order.
    """

    fields: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    passages: tuple[Passage, ...] = ()
    outcome: Outcome | None = None
    confidence: Confidence | None = None
    reason: str = ""
    finding: str | None = None
    prediction: Outcome | None = None
    interview: bool = False
    asked: tuple[str, ...] = ()

    @property
    def unjudged(self) -> tuple[str, ...]:
        """What the judgment itself still needs: any of outcome, confidence, reason."""
        given = {"outcome": self.outcome, "confidence": self.confidence, "reason": self.reason}
        return tuple(name for name, one in given.items() if not one)

    @property
    def missing(self) -> tuple[str, ...]:
        """What a commitment still needs: the judgment, and what decides, be it a passage or a finding."""
        return (*self.unjudged, *([] if self.passages or self.finding is not None else ["ground"]))


BLANK: Final = Draft()


@dataclass(frozen=True, slots=True)
class Committed:
    """The draft was committed."""

    draft: Draft


@dataclass(frozen=True, slots=True)
class Responded:
    """A response to a follow-up of the vignette, by its place from 0: from -2, KAP fits much less, to 2, fits much more."""

    place: int
    field: str
    answer: str
    response: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reconsidered:
    """The judgment after talking with others. It is beside the first and does not change it."""

    outcome: Outcome
    confidence: Confidence
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reflected:
    """Something was written later."""

    text: str


Event = Committed | Responded | Reconsidered | Reflected


@dataclass(frozen=True, slots=True)
class Unsaid:
    """What is chosen or typed of a committed item, and not yet given; nothing of it counts before that.

    Attributes:
        lean: the response to the current follow-up; ``why`` is its reason.
        outcome: of a judgment after talking, as ``confidence`` and ``reason`` are.
        thought: a later reflection.
    """

    lean: int | None = None
    why: str = ""
    outcome: Outcome | None = None
    confidence: Confidence | None = None
    reason: str = ""
    thought: str = ""


NOTHING: Final = Unsaid()


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
    def stage(self) -> str:
        """How far it has come: open or committed."""
        return "open" if self.open else "committed"

    @cached_property
    def responses(self) -> Mapping[int, Responded]:
        """Responses to follow-ups by their place, in the order in which they were given."""
        return MappingProxyType({event.place: event for event in self.events if isinstance(event, Responded)})

    @cached_property
    def second(self) -> Reconsidered | None:
        """The judgment after talking, if there is one."""
        return next((event for event in self.events if isinstance(event, Reconsidered)), None)

    @cached_property
    def reflections(self) -> tuple[str, ...]:
        """What was written later, in the order in which it was written."""
        return tuple(event.text for event in self.events if isinstance(event, Reflected))

    def as_judgment(self, edition: Edition, rater: str = "") -> Judgment:
        """What was said as a judgment. What the edition no longer knows is left out."""
        draft, own = self.draft, keep_known(self.draft.fields, edition.fields)
        known = draft.finding in edition.guidance.meanings
        return Judgment(
            case_id=self.item.id,
            rater=rater,
            outcome=draft.outcome,
            confidence=draft.confidence,
            deciding_finding=draft.finding if draft.finding and known else "",
            own=own or None,
            comment=draft.reason,
            prediction=draft.prediction,
            second=Second(self.second.outcome, self.second.confidence, self.second.reason) if self.second else Second(),
            reflection="\n".join(self.reflections),
        )


@dataclass(frozen=True)
class Training:
    """A session.

    Attributes:
        edition: the guidance that the judgments are held against.
        attempts: every item by its id, in order, with what was done with it.
        current: the id of the current item.
        screen: what is on view: a part of that item, the cases by title, or the training in retrospect.
        since: the place of the first item of the present set; those before it are of earlier ones.
        unsaid: what is chosen or typed for the current item, once it is committed, and not yet given.
        mark: tells this training from others on the same items, so that what is typed for one never comes up in another.
        aside: ids that this library does not have, or has with another story. What was done with them is kept and saved.
    """

    edition: Edition = field(repr=False)
    attempts: Mapping[str, Attempt]
    current: str
    screen: str = "list"
    since: int = 0
    unsaid: Unsaid = NOTHING
    mark: str = ""
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
    def here(self) -> tuple[Attempt, ...]:
        """The items of the present set, but those set aside."""
        return tuple(one for name, one in [*self.attempts.items()][self.since :] if name not in self.aside)

    @property
    def coming(self) -> tuple[str, ...]:
        """The items after the one on view, without those set aside."""
        names = list(self.attempts)
        return tuple(name for name in names[names.index(self.current) + 1 :] if name not in self.aside)


def begin(library: Library, items: Iterable[str], mark: str = "") -> Training:
    """A new session on items of a library, none of them twice."""
    found = _make_attempts(library, items, ())
    return Training(library.edition, MappingProxyType(found), next(iter(found)), mark=mark)


def extend(training: Training, library: Library, items: Iterable[str]) -> Training:
    """Go on with another set; what was done stays."""
    found = _make_attempts(library, items, training.attempts)
    every = MappingProxyType({**training.attempts, **found})
    since = len(training.attempts)
    return replace(training, attempts=every, since=since, current=next(iter(found)), screen="list", unsaid=NOTHING)


def _make_attempts(library: Library, items: Iterable[str], there: Collection[str]) -> dict[str, Attempt]:
    items = tuple(items)
    problems = [] if items and len(items) + len(there) <= MOST_ITEMS else [problem("items", "count", limit=MOST_ITEMS)]
    for name, times in Counter((*there, *items)).items():
        if times > 1:
            problems.append(problem(shorten(name), "twice"))
        if name in there:
            continue
        if name not in library:
            problems.append(Problem(shorten(name), words("training.unknown_item"), remedy=suggest(name, library)))
        elif not (library[name].story.strip() and len(library[name].story) <= MOST_STORY):
            problems.append(problem(shorten(name), "no_story", limit=f"{MOST_STORY:,}"))
        elif not is_name(name):
            problems.append(problem("items", "no_name", limit=MOST_NAME))
    if problems:
        raise TrainingError(problems)
    return {name: Attempt(make_item(library[name])) for name in items}


# Steps while an item is open


def record(training: Training, field: str, option: str | None) -> Training:
    """Record a question as it is seen in the story; None takes it back. Answers to questions that no longer apply go."""
    draft, fields = _open(training), training.edition.fields
    _check_one_of(training, "field", field, tuple(fields))
    if option is not None:
        _check_one_of(training, "option", option, [one.name for one in fields[field].options])
    answers = {name: given for name, given in {**draft.fields, field: option}.items() if given is not None}
    return _draft(training, fields=keep_known(answers, fields))


def point(training: Training, start: int, end: int, *, on: bool = True) -> Training:
    """Point at a passage of the story as what decides, instead of the one before; ``on=False`` takes that back."""
    characters = training.now.item.characters
    if not (type(start) is type(end) is int and 0 <= start < end <= characters):
        raise _refuse(training, "no_passage", characters=characters)
    return _draft(training, passages=(Passage(start, end),) if on else ())


def choose(training: Training, part: str, value: str | None) -> Training:
    """Choose the outcome, confidence, prediction, or the finding that decides; None takes it back, and "" is none of these."""
    if value is not None:
        if part == "finding":
            _check_one_of(training, part, value, ("", *training.edition.guidance.meanings))
        else:
            value = _make(training, part, value)
    return _draft(training, **{part: value})


def explain_why(training: Training, text: str) -> Training:
    """Say why, in one's own words; it can change until the commitment, and identifies nobody. Nothing takes it back."""
    return _draft(training, reason=_check_text(training, text))


def interview(training: Training, library: Library, *, on: bool) -> Training:
    """Ask for the case question by question, or read it; what was asked stays asked."""
    if on and not find(library, training.now.item).interview:
        raise _refuse(training, "no_interview")
    return _draft(training, interview=on)


def put_question(training: Training, library: Library, name: str) -> Training:
    """Ask the person one question; asking again changes nothing."""
    draft, vignette = _open(training), find(library, training.now.item)
    if not draft.interview:
        raise _refuse(training, "no_interview")
    _check_one_of(training, "question", name, list_askable(vignette, draft.asked, training.edition.fields))
    return training if name in draft.asked else _draft(training, asked=(*draft.asked, name))


# Steps that stay


def commit(training: Training) -> Training:
    """Lock the judgment, after which the article's answer may be shown. From here on it can be added to, not edited."""
    draft = training.now.draft
    if training.now.open and draft.missing:
        raise TrainingError([problem("", f"missing_{name}") for name in draft.missing])
    return replace(_append(training, Committed(draft)), screen="reveal")


def respond(training: Training, library: Library, place: int, response: int, reason: str = "") -> Training:
    """Respond to a follow-up, from -2 to 2, and say why; what it changes is shown only then, and the response stays."""
    attempt = training.now
    follow_ups = find(library, attempt.item).follow_ups
    if attempt.open:
        raise _refuse(training, "not_committed")
    if type(place) is not int or not 0 <= place < len(follow_ups):
        raise _refuse(training, "no_follow_up", count=len(follow_ups))
    if tells_twin(training, library, follow_ups[place]):
        raise _refuse(training, "follow_up_waits")
    if type(response) is not int or response not in RESPONSES:
        raise _refuse(training, "no_response")
    name, answer = next(iter(follow_ups[place].changes.items()))
    after = _append(training, Responded(place, name, answer, response, _check_text(training, reason)))
    return replace(after, unsaid=replace(after.unsaid, lean=None, why=""), screen="followed")


def prepare(training: Training, name: str, given: Any) -> Training:
    """Choose or type what is not given yet: lean, why, outcome, confidence, reason or thought; see :class:`Unsaid`."""
    if training.now.open:
        raise _refuse(training, "not_committed")
    if name in {"outcome", "confidence"}:
        given = _make(training, name, given)
    elif name == "lean" and given not in RESPONSES:
        raise _refuse(training, "no_response")
    elif name != "lean":
        given = _check_text(training, given)
    return replace(training, unsaid=replace(training.unsaid, **{name: given}))


def reconsider(training: Training, outcome: str, confidence: str, reason: str = "") -> Training:
    """Judge once more, after talking with others; the first judgment stays beside it."""
    given = _make(training, "outcome", outcome), _make(training, "confidence", confidence)
    after = _append(training, Reconsidered(*given, _check_text(training, reason)))
    return replace(after, unsaid=replace(after.unsaid, outcome=None, confidence=None, reason=""))


def reflect(training: Training, text: str) -> Training:
    """Add a later thought; it stays as it is, and identifies nobody."""
    after = _append(training, Reflected(text.strip() if isinstance(text, str) else text))
    return replace(after, unsaid=replace(after.unsaid, thought=""))


def apply_event(attempt: Attempt, event: Event) -> Attempt:
    """The attempt after an event. Nothing comes before a commitment, and no second one; all that keeps it from that is raised.

    A commitment needs an outcome and a confidence. One of an earlier version has no more; :func:`commit` asks for all.
    """
    where, draft, problems = attempt.item.id, attempt.draft, list[Problem]()
    match event:
        case Committed(draft):
            needs = [name for name in draft.unjudged if name != "reason"]
            keys = [f"missing_{name}" for name in needs] if attempt.open else ["committed"]
        case _ if attempt.open:
            keys = ["not_committed"]
        case Responded(place):
            keys = ["responded"] if place in attempt.responses else []
        case Reconsidered():
            keys = ["reconsidered"] if attempt.second else []
        case Reflected(text):
            keys = []
            problems += find_text_problems(where, text, MOST_TEXT)
            if not problems and sum(len(one) + 1 for one in attempt.reflections) + len(text) > MOST_TEXT:
                problems.append(problem(where, "reflections_full", limit=f"{MOST_TEXT:,}"))
    problems += [problem(where, key) for key in keys]
    if problems:
        raise TrainingError(problems)
    return Attempt(attempt.item, draft, (*attempt.events, event))


# From item to item


def go_to(training: Training, item: str) -> Training:
    """Turn to an item, whatever the stages are."""
    _check_one_of(training, "item_here", item, [one.item.id for one in training.present])
    unsaid = training.unsaid if item == training.current else NOTHING
    return replace(training, current=item, screen=SCREENS[training.attempts[item].stage][0], unsaid=unsaid)


def turn(training: Training, screen: str) -> Training:
    """Put another screen on view. What decides comes after the judgment itself."""
    if screen not in {*ANYTIME, *SCREENS[training.now.stage]}:
        raise _refuse(training, "no_screen")
    if screen == "decide" and training.now.draft.unjudged:
        raise TrainingError([problem("", f"missing_{name}") for name in training.now.draft.unjudged])
    return replace(training, screen=screen)


def set_aside(training: Training, library: Library) -> Training:
    """Set aside what a library does not have, or has with another story; that cannot be everything."""
    aside = frozenset(one.id for one in training.items if not has(library, one))
    left = [name for name in training.attempts if name not in aside]
    if not left:
        raise NothingAtHandError([Problem("", words("training.nothing_left"), remedy=words("training.remedy_nothing_left"))])
    if training.current in left:
        return replace(training, aside=aside)
    return replace(training, aside=aside, current=left[0], screen="list", unsaid=NOTHING)


def continues(training: Training, earlier: Training) -> bool:
    """Whether a training is another one, or holds everything that can no longer change in an earlier state of it."""
    if training.items != earlier.items and not (training.mark and training.mark == earlier.mark):
        return True
    nothing: tuple[Event, ...] = ()
    there = {name: one.events for name, one in training.attempts.items()}
    return all(there.get(name, nothing)[: len(one.events)] == one.events for name, one in earlier.attempts.items())


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
    return MappingProxyType({name: given for name, given in known.items() if states[name] != {NOT_APPLICABLE}})


def list_askable(vignette: Vignette, asked: Collection[str], fields: Dictionary) -> tuple[str, ...]:
    """The questions that the person can be asked: those that always apply, and those that an answer heard so far raises."""
    states = fields.states(vignette.hear(asked))
    return tuple(
        name
        for name, one in fields.items()
        if name in vignette.replies
        and (one.always or (states[name] != {NOT_APPLICABLE} and not set(one.parents).isdisjoint(asked)))
    )


def _append(training: Training, event: Event) -> Training:
    return _with(training, apply_event(training.now, event))


def _with(training: Training, attempt: Attempt) -> Training:
    return replace(training, attempts=MappingProxyType({**training.attempts, attempt.item.id: attempt}))


def _draft(training: Training, **changes: Any) -> Training:
    _open(training)
    return _with(training, replace(training.now, draft=replace(training.now.draft, **changes)))


def _open(training: Training) -> Draft:
    if not training.now.open:
        raise _refuse(training, "committed")
    return training.now.draft


def _check_text(training: Training, text: str) -> str:
    """A text without blanks around it; nothing, or one that can be kept."""
    said = text.strip() if isinstance(text, str) else text
    problems = [] if said == "" else list(find_text_problems(training.now.item.id, said, MOST_TEXT))
    if problems:
        raise TrainingError(problems)
    return said


def _check_one_of(training: Training, what: str, given: object, known: Sequence[str]) -> None:
    if given not in known:
        raise TrainingError([Problem.unknown(training.current, given, words(f"training.unknown_{what}"), known)])


def _make(training: Training, part: str, given: str) -> Any:
    """An outcome, a confidence or a prediction by its name."""
    kind = Confidence if part == "confidence" else Outcome
    _check_one_of(training, part, given, tuple(kind))
    return kind(given)


def _refuse(training: Training, key: str, **values: object) -> TrainingError:
    return TrainingError([problem(training.now.item.id, key, **values)])
