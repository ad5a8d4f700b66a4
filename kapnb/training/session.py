"""A trainee's session as a frozen value. Every function takes one and gives the next; an illegal step raises and changes nothing.

How a page goes through it::

    library = load_library()                       # or sets.gather(selection), with cases of one's own
    training = begin(library, ["V01", "V12"])
    task = read(training, library)                 # title, story, content notes: all that there is to show before a commitment
    training = record(training, "ocd", "yes")      # optional, as is
    training = mark(training, 10, 42)              # a passage of task.story
    training = choose_outcome(training, "clarify_first")
    training = choose_confidence(training, "low")
    training = choose_finding(training, "")        # "none of these"; None takes it back
    training = commit(training)                    # from here on the judgment stays as it is
    training, shown = reveal(training, library)    # kapnb.training.reveal; shown.blocks are drawn as they are
    training = respond(training, library, 0, -1)   # a follow-up, of kapnb.training.follow_ups.ask
    shown = explain_follow_up(training, library, 0)
    training = annotate(training, "The second hospital stay weighs more than I gave it.")
    training = go_on(training)
    text = save(training)                          # kapnb.training.saving; load(text, library) brings it back

All but ``go_on`` and ``go_to`` are about the item on view, ``training.now``. Its stage goes from open to committed, revealed and
annotated, and never back.

What stays secret is kept by what is not there: a :class:`Training` holds ids, lengths and fingerprints of stories, and what the
trainee said. The answers are in the library, and of the functions that get to see both only
:func:`kapnb.training.reveal.reveal` tells them, once there is a commitment. No time is kept, and nothing is counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Final

from kapnb.engine.conditions import NOT_APPLICABLE
from kapnb.engine.edition import load_guidance
from kapnb.engine.fields import load_fields
from kapnb.engine.outcomes import Outcome
from kapnb.engine.problems import Problem, shorten, suggest
from kapnb.group.judgments import Confidence, Judgment
from kapnb.text.blocks import Block
from kapnb.text.explain import support
from kapnb.text.words import words
from kapnb.training.checking import MOST_NAME, NothingAtHandError, TrainingError, find_text_problems, is_name
from kapnb.training.content import notes
from kapnb.training.journal import BLANK, NOTHING, Draft, Entry, Passage, Response, Step, fingerprint, fits, seal, write_entry
from kapnb.training.library import FollowUp, Vignette

MOST_ITEMS: Final = 200
MOST_STORY: Final = 5_000
MOST_PASSAGES: Final = 100
MOST_ANNOTATION: Final = 2_000
"""Characters of all annotations of an item together: as many as the comment of a judgment can hold."""
RESPONSES: Final = (-2, -1, 0, 1, 2)

Library = Mapping[str, Vignette]


class Stage(StrEnum):
    """How far an item has come."""

    OPEN = "open"
    COMMITTED = "committed"
    REVEALED = "revealed"
    ANNOTATED = "annotated"


@dataclass(frozen=True, slots=True)
class Item:
    """A vignette or case of the session, without what it answers.

    Attributes:
        story: a fingerprint, by which another story under the same id is told.
        characters: the length of the story.
    """

    id: str
    story: str
    characters: int


@dataclass(frozen=True, slots=True)
class Task:
    """What may be shown of an item before the commitment.

    Attributes:
        content: content notes, worded under ``vignettes.content``.
        support: what comes first where suicidal ideation is told of.
    """

    id: str
    title: str
    story: str
    content: tuple[str, ...]
    support: Block | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a trainee has done with an item so far.

    Attributes:
        draft: what is said so far or, from the commitment on, what was committed.
        responses: to follow-ups, by their place.
        annotations: in the order in which they were written.
    """

    item: Item
    draft: Draft = BLANK
    stage: Stage = Stage.OPEN
    responses: Mapping[int, Response] = field(default_factory=lambda: MappingProxyType({}))
    annotations: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        """Whether it can still be changed."""
        return self.stage is Stage.OPEN

    @property
    def revealed(self) -> bool:
        """Whether the answer of the source was shown."""
        return self.stage in {Stage.REVEALED, Stage.ANNOTATED}

    @property
    def missing(self) -> tuple[str, ...]:
        """What a commitment still needs: any of outcome, confidence, finding."""
        return tuple(name for name in ("outcome", "confidence", "finding") if getattr(self.draft, name) is None)

    def as_judgment(self, rater: str = "") -> Judgment:
        """What was said as a judgment. What the dictionary or the guidance does not know any more is left out."""
        own, finding = keep_known(self.draft.fields), self.draft.finding or ""
        known = finding in {rule.name for rule in load_guidance().rules}
        comment = "\n".join(self.annotations)
        draft = self.draft
        return Judgment(self.item.id, rater, draft.outcome, draft.confidence, finding if known else "", own or None, comment)


@dataclass(frozen=True)
class Training:
    """A session.

    Attributes:
        items: in their order.
        drafts: what is said of items that are open; those about which nothing is said are left out.
        journal: what can no longer be changed.
        position: the place of the item on view.
        aside: ids that the library at hand does not have, or has with another story. What was done with them is kept and saved.
    """

    items: tuple[Item, ...]
    drafts: Mapping[str, Draft] = field(default_factory=lambda: MappingProxyType({}))
    journal: tuple[Entry, ...] = ()
    position: int = 0
    aside: frozenset[str] = frozenset()

    @cached_property
    def attempts(self) -> Mapping[str, Attempt]:
        """Every item, by its id, with what was done with it."""
        attempts = {item.id: Attempt(item, self.drafts.get(item.id, BLANK)) for item in self.items}
        for entry in self.journal:
            attempts[entry.item] = tell(attempts[entry.item], entry)
        return MappingProxyType(attempts)

    @property
    def now(self) -> Attempt:
        """The item on view."""
        return self.attempts[self.items[self.position].id]

    @property
    def present(self) -> tuple[Attempt, ...]:
        """All items but those set aside."""
        return tuple(one for one in self.attempts.values() if one.item.id not in self.aside)

    @property
    def following(self) -> str | None:
        """The item after the one on view; None at the end."""
        after = (item.id for item in self.items[self.position + 1 :] if item.id not in self.aside)
        return next(after, None)

    @property
    def seal(self) -> str:
        """The last seal, which the next entry follows."""
        return self.journal[-1].seal if self.journal else first_seal(self.items)


def begin(library: Library, items: Iterable[str]) -> Training:
    """A new session.

    Raises:
        TrainingError: with every item that is not in the library, stands twice or has no story.
    """
    items = tuple(items)
    problems = []
    if not 1 <= len(items) <= MOST_ITEMS:
        problems.append(_problem("items", "count", limit=MOST_ITEMS))
    for name in dict.fromkeys(items):
        if items.count(name) > 1:
            problems.append(_problem(shorten(name), "twice"))
        if name not in library:
            problems.append(Problem(shorten(name), _say("unknown_item"), remedy=suggest(name, library)))
        elif not (library[name].story.strip() and len(library[name].story) <= MOST_STORY):
            problems.append(_problem(shorten(name), "no_story", limit=f"{MOST_STORY:,}"))
        elif not is_name(name):
            problems.append(_problem("items", "no_name", limit=MOST_NAME))
    if problems:
        raise TrainingError(problems)
    return Training(tuple(make_item(library[name]) for name in items))


def read(training: Training, library: Library) -> Task:
    """What may be shown of the item on view before the commitment, and all that may."""
    one = find(library, training.now.item)
    return Task(one.id, one.title, one.story, notes(one), support(one.answers))


# While open


def record(training: Training, field: str, option: str | None) -> Training:
    """Record a question as it is seen in the story; None takes it back. Answers to questions that no longer apply go.

    Raises:
        TrainingError: when the item is committed, or the field or option unknown.
    """
    draft, fields = _open(training), load_fields()
    if not isinstance(field, str) or field not in fields:
        raise TrainingError([Problem(shorten(field), _say("unknown_field"), ", ".join(fields), suggest(field, fields))])
    if option is not None and not (isinstance(option, str) and option in fields[field].names):
        options = [one.name for one in fields[field].options]
        raise TrainingError([Problem(field, _say("unknown_option"), ", ".join(options), suggest(option, options))])
    answers = {**draft.fields, field: option}
    kept = keep_known({name: given for name, given in answers.items() if given is not None})
    return _draft(training, fields=kept)


def mark(training: Training, start: int, end: int) -> Training:
    """Mark a passage of the story; passages that touch become one."""
    draft = _open(training)
    _check_range(training, start, end)
    apart = [one for one in draft.passages if one.end < start or one.start > end]
    near = [one for one in draft.passages if one not in apart]
    whole = Passage(min(start, *(one.start for one in near), start), max(end, *(one.end for one in near), end))
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


def choose_outcome(training: Training, outcome: str | None) -> Training:
    """Choose an outcome; None takes it back."""
    _open(training)
    chosen = None if outcome is None else Outcome(_one_of(training, "outcome", outcome, tuple(Outcome)))
    return _draft(training, outcome=chosen)


def choose_confidence(training: Training, confidence: str | None) -> Training:
    """Choose how sure one is; None takes it back."""
    _open(training)
    known = tuple(Confidence)
    chosen = None if confidence is None else Confidence(_one_of(training, "confidence", confidence, known))
    return _draft(training, confidence=chosen)


def choose_finding(training: Training, finding: str | None) -> Training:
    """Choose the rule that decides, or with an empty text none of the rules; None takes it back."""
    _open(training)
    known = tuple(rule.name for rule in load_guidance().rules)
    return _draft(training, finding=finding and _one_of(training, "finding", finding, known))


def commit(training: Training) -> Training:
    """Lock the judgment. From here on it can be annotated, not edited.

    Raises:
        TrainingError: with everything that is still missing.
    """
    draft, attempt = _open(training), training.now
    if attempt.missing:
        raise TrainingError(_problem(attempt.item.id, f"missing_{name}") for name in attempt.missing)
    drafts = {name: one for name, one in training.drafts.items() if name != attempt.item.id}
    return _write(replace(training, drafts=MappingProxyType(drafts)), Step.COMMITTED, draft)


# After the commitment


def uncover(training: Training) -> Training:
    """Note that the answer is shown. It tells nothing; :func:`kapnb.training.reveal.reveal` calls it and tells.

    Raises:
        TrainingError: before the commitment.
    """
    if training.now.open:
        raise _refuse(training, "not_committed")
    return training if training.now.revealed else _write(training, Step.REVEALED)


def respond(training: Training, library: Library, place: int, response: int) -> Training:
    """Respond to a follow-up, from -2 to 2; what the source makes of it is shown only then, and the response stays.

    Raises:
        TrainingError: before the reveal, a second time, for what is no follow-up or no response, and for a follow-up that would
            tell the answer of a twin that is still to be judged.
    """
    attempt = _revealed(training)
    follow_ups = find(library, attempt.item).follow_ups
    if not _is_number(place) or not 0 <= place < len(follow_ups):
        raise _refuse(training, "no_follow_up", count=len(follow_ups))
    if place in attempt.responses:
        raise _refuse(training, "responded")
    if waits_for_twin(training, library, follow_ups[place]):
        raise _refuse(training, "follow_up_waits")
    if not _is_number(response) or response not in RESPONSES:
        raise _refuse(training, "no_response")
    field, answer = next(iter(follow_ups[place].changes.items()))
    return _write(training, Step.RESPONDED, Response(place, field, answer, response))


def annotate(training: Training, text: str) -> Training:
    """Add what changed one's mind; an annotation stays as it is.

    Raises:
        TrainingError: before the reveal, and for a text that is empty, too long or looks as if it could identify someone.
    """
    attempt = _revealed(training)
    problems = list(find_text_problems(attempt.item.id, text, MOST_ANNOTATION))
    if not problems and sum(len(one) + 1 for one in attempt.annotations) + len(text) > MOST_ANNOTATION:
        problems.append(_problem(attempt.item.id, "annotations_full", limit=f"{MOST_ANNOTATION:,}"))
    if problems:
        raise TrainingError(problems)
    return _write(training, Step.ANNOTATED, text.strip())


# From item to item


def go_to(training: Training, item: str) -> Training:
    """Turn to an item, whatever the stages are."""
    known = [one.item.id for one in training.present]
    if item not in known:
        raise TrainingError([Problem(shorten(item), _say("not_here"), ", ".join(known), suggest(item, known))])
    return replace(training, position=next(at for at, one in enumerate(training.items) if one.id == item))


def go_on(training: Training) -> Training:
    """Turn to the next item."""
    if training.following is None:
        raise _refuse(training, "at_the_end")
    return go_to(training, training.following)


def set_aside(training: Training, library: Library) -> Training:
    """Set aside what a library does not have, or has with another story.

    Raises:
        NothingAtHandError: when nothing is left.
    """
    aside = frozenset(one.id for one in training.items if one.id not in library or make_item(library[one.id]) != one)
    left = [at for at, one in enumerate(training.items) if one.id not in aside]
    if not left:
        raise NothingAtHandError([Problem("", _say("nothing_left"), remedy=_say("remedy_nothing_left"))])
    position = training.position if training.position in left else left[0]
    return replace(training, aside=aside, position=position)


# What others need as well


def make_item(vignette: Vignette) -> Item:
    """A vignette without what it answers."""
    return Item(vignette.id, fingerprint(vignette.story), len(vignette.story))


def find(library: Library, item: Item) -> Vignette:
    """The vignette of an item.

    Raises:
        TrainingError: when the library does not have it, or has it with another story.
    """
    if item.id not in library or make_item(library[item.id]) != item:
        raise TrainingError([Problem(shorten(item.id), _say("other_story" if item.id in library else "unknown_item"))])
    return library[item.id]


def find_twin(library: Library, vignette: Vignette) -> Vignette | None:
    """The twin, where each names the other."""
    twin = library.get(vignette.twin)
    return twin if twin and twin.twin == vignette.id else None


def find_waiting_twin(training: Training, library: Library) -> Vignette | None:
    """The twin of the item on view, where it is an item of the session too and not committed yet: its answer must not be told."""
    twin = find_twin(library, find(library, training.now.item))
    return twin if twin and twin.id in training.attempts and training.attempts[twin.id].open else None


def hides_twin(training: Training, vignette: Vignette) -> bool:
    """Whether its twin is an item of the session that is not committed and is set aside: what sets them apart is not at hand."""
    return vignette.twin in training.aside and training.attempts[vignette.twin].open


def waits_for_twin(training: Training, library: Library, follow_up: FollowUp) -> bool:
    """Whether a follow-up of the item on view makes it like a twin that waits, so that it would tell the twin's answer."""
    twin, here = find_waiting_twin(training, library), find(library, training.now.item)
    if hides_twin(training, here):
        return True
    return twin is not None and any(
        twin.answers.get(name) == given != here.answers.get(name) for name, given in follow_up.changes.items()
    )


def keep_known(answers: Mapping[str, str]) -> Mapping[str, str]:
    """The answers that are fields and options of the dictionary, and whose questions may apply, in its order."""
    fields = load_fields()
    known = {name: answers[name] for name in fields if (name, answers.get(name)) in fields.pairs}
    states = fields.states(known)
    kept = {name: given for name, given in known.items() if states[name] != {NOT_APPLICABLE}}
    return MappingProxyType(kept) if kept else NOTHING


def tell(attempt: Attempt, entry: Entry) -> Attempt:
    """What an entry adds. Nothing counts before a commitment, and no second one."""
    if attempt.open:
        return replace(attempt, draft=entry.said, stage=Stage.COMMITTED) if isinstance(entry.said, Draft) else attempt
    match entry.said:
        case Draft():
            return attempt
        case Response():
            return replace(attempt, responses=MappingProxyType({**attempt.responses, entry.said.place: entry.said}))
        case str():
            return replace(attempt, annotations=(*attempt.annotations, entry.said), stage=Stage.ANNOTATED)
    return replace(attempt, stage=Stage.REVEALED)


def first_seal(items: Sequence[Item]) -> str:
    """What the first entry of a journal follows: the items, in their order."""
    return seal("kapnb training", [[one.id, one.story] for one in items])


def find_broken(training: Training) -> tuple[int, ...]:
    """The entries of the journal that are not as they were written, by their places from 0."""
    seals = [first_seal(training.items), *(one.seal for one in training.journal)]
    return tuple(at for at, (previous, _) in enumerate(pairwise(seals)) if not fits(training.journal[at], previous))


def check_journal(training: Training) -> None:
    """See that nobody reached into the value.

    Raises:
        TrainingError: naming each entry that is not as it was written.
    """
    broken = find_broken(training)
    if broken:
        raise TrainingError(_problem(_say("where_entry", number=at + 1), "altered") for at in broken)


def _write(training: Training, step: Step, said: Draft | Response | str | None = None) -> Training:
    check_journal(training)
    entry = write_entry(training.seal, step, training.now.item.id, said)
    return replace(training, journal=(*training.journal, entry))


def _draft(training: Training, **changes: Any) -> Training:
    draft = replace(training.now.draft, **changes)
    drafts = {name: one for name, one in training.drafts.items() if name != training.now.item.id}
    if draft != BLANK:
        drafts[training.now.item.id] = draft
    return replace(training, drafts=MappingProxyType(drafts))


def _open(training: Training) -> Draft:
    if not training.now.open:
        raise _refuse(training, "committed")
    return training.now.draft


def _revealed(training: Training) -> Attempt:
    if not training.now.revealed:
        raise _refuse(training, "not_revealed")
    return training.now


def _check_range(training: Training, start: int, end: int) -> None:
    characters = training.now.item.characters
    if not (_is_number(start) and _is_number(end) and 0 <= start < end <= characters):
        raise _refuse(training, "no_passage", characters=characters)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _one_of(training: Training, what: str, given: object, known: Sequence[str]) -> str:
    if given not in known:
        remedy = suggest(given, known)
        raise TrainingError([Problem(training.now.item.id, _say(f"unknown_{what}"), ", ".join(known), remedy)])
    return str(given)


def _refuse(training: Training, key: str, **values: object) -> TrainingError:
    return TrainingError([_problem(training.now.item.id, key, **values)])


def _problem(where: str, key: str, **values: object) -> Problem:
    return Problem(where, _say(key, **values))


def _say(key: str, **values: object) -> str:
    return words(f"training.{key}", **values)
