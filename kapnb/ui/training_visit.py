"""One visit to the training page, as a value: what is chosen, what is under way, what has just been said.

The training itself, and what may be told when, is in :mod:`kapnb.training`; here is what the page adds to it. Every change is a
function from one visit to the next, and what cannot be done raises and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Final

from kapnb.engine.edition import load_guidance
from kapnb.engine.problems import Problem
from kapnb.group.judgments import Judgment
from kapnb.text.cases import Case
from kapnb.text.words import words
from kapnb.training import session as trainee
from kapnb.training.checking import NothingAtHandError, TrainingError
from kapnb.training.content import SUICIDAL, involves, notes
from kapnb.training.follow_ups import GroupResponse, ask
from kapnb.training.journal import BLANK
from kapnb.training.library import load_library
from kapnb.training.looking_back import look_back
from kapnb.training.reveal import reveal
from kapnb.training.saving import load, save
from kapnb.training.session import Library, Training
from kapnb.training.sets import (
    Selection,
    as_vignette,
    choose,
    choose_cases,
    gather,
    load_set,
    order_by_claims,
    order_by_dispute,
    save_set,
)
from kapnb.ui.session import Notice

MOST_NOTE: Final = trainee.MOST_ANNOTATION


class Part(StrEnum):
    """What is on view."""

    CHOOSE = "choose"
    PRACTICE = "practice"
    BACK = "back"


class Order(StrEnum):
    """What comes first in a set."""

    MIXED = "mixed"
    CLAIMS = "claims"
    DISPUTED = "disputed"


class Ask(StrEnum):
    """What waits for a second word before it is done."""

    NOTHING = ""
    COMMIT = "commit"
    ANEW = "anew"
    EXPORT = "export"
    SHEET = "sheet"


class Place(StrEnum):
    """Where something is said: beside what it is about, else at the head of the page."""

    HEAD = "head"
    JUDGMENT = "judgment"
    FOLLOW_UP = "follow_up"
    NOTE = "note"
    EXPORT = "export"


@dataclass(frozen=True)
class Wish:
    """What the next set should be like.

    Attributes:
        minutes: about how long it takes; None for everything.
        skip: leave out what involves suicidal ideation, wherever it would come up.
        own: from the cases at hand, not from the library.
        seed: of the mixed order.
        picked: single items in the order in which they were picked, whatever else is wished for; None where nobody picks.
        title: of a set to share.
        note: to be shown before its first case.
    """

    topics: frozenset[str] = frozenset()
    minutes: int | None = 10
    twins: bool = False
    skip: bool = False
    own: bool = False
    order: Order = Order.MIXED
    seed: int = 0
    picked: tuple[str, ...] | None = None
    title: str = ""
    note: str = ""


@dataclass(frozen=True)
class Visit:
    """The state of the page.

    Attributes:
        invented: somebody has confirmed that the cases are invented; nothing is shown before.
        own: cases of one's own, or of a shared set.
        met: claims that trainings before this one have brought up.
        shared: the set that was shared, if one is at hand.
        panel: what others judged.
        group: what others responded to follow-ups.
        waiting: a kept training of which nothing is at hand, as it was saved; it comes back with its cases.
        asking: what waits for a second word.
        marking: sentences can be marked one by one.
        recording: the form for the fields is unfolded.
        entered: items whose content notes were read, and whose story was asked for.
        leaning: the response to the follow-up at hand, not yet given.
        note: what is written of a changed mind, not yet added.
        label: the label to hand judgments over under.
        busy: a table is being read.
        place: where the notice stands.
    """

    invented: bool = False
    part: Part = Part.CHOOSE
    wish: Wish = Wish()
    own: tuple[Case, ...] = ()
    shared: Selection | None = None
    panel: tuple[Judgment, ...] = ()
    group: tuple[GroupResponse, ...] = ()
    met: frozenset[str] = frozenset()
    training: Training | None = None
    waiting: str = ""
    asking: Ask = Ask.NOTHING
    marking: bool = False
    recording: bool = False
    entered: frozenset[str] = frozenset()
    leaning: int | None = None
    note: str = ""
    label: str = ""
    busy: bool = False
    notice: Notice | None = None
    place: Place = Place.HEAD

    @cached_property
    def library(self) -> Library:
        """The vignettes and the cases at hand."""
        return gather(Selection((), self.own))

    @cached_property
    def held(self) -> Library:
        """The own cases alone."""
        return {one.case_id: as_vignette(one) for one in self.own}

    @cached_property
    def source(self) -> Library:
        """What a set is chosen from."""
        return self.held if self.wish.own else {name: one for name, one in load_library().items() if name not in self.held}

    @property
    def picks(self) -> bool:
        """Whether single items are picked; a shared set is as it was made."""
        return self.wish.picked is not None and not (self.wish.own and self.shared)

    def said_at(self, place: Place) -> Notice | None:
        """What has just been said there."""
        return self.notice if self.place is place else None

    @property
    def under_way(self) -> Training:
        """The training; whoever asks for a step of one that is not there is told."""
        if self.training is None:
            raise refuse("no_training")
        return self.training

    @property
    def hushed(self) -> bool:
        """Whether the story waits behind its content notes: it involves suicidal ideation, and nothing was said of it yet."""
        now = self.under_way.now
        told = SUICIDAL.intersection(notes(trainee.find(self.library, now.item)))
        return bool(told) and now.open and now.draft == BLANK and now.item.id not in self.entered


def refuse(key: str, **values: object) -> TrainingError:
    """What to raise when the page itself cannot do something."""
    return TrainingError([Problem("", words(f"training_page.{key}", **values))])


# A set


def propose(visit: Visit) -> Selection:
    """The set that the wish comes to."""
    wish, library = visit.wish, visit.library
    found = _find_made(visit)
    if found:
        found = replace(found, items=tuple(name for name in found.items if not (wish.skip and _is_skipped(library, name))))
    else:
        found = choose(
            _sort(visit, visit.source),
            topics=wish.topics,
            minutes=wish.minutes,
            twins_only=wish.twins and not wish.own,
            skip=SUICIDAL if wish.skip else (),
            seed=wish.seed if wish.order is Order.MIXED else None,
        )
    cases = tuple(one for one in visit.own if wish.own and one.case_id in found.items)
    return replace(found, cases=cases, title=wish.title.strip() or found.title, note=wish.note.strip() or found.note)


def _find_made(visit: Visit) -> Selection | None:
    """A set that somebody put together, item by item."""
    if visit.picks:
        return Selection(tuple(name for name in visit.wish.picked or () if name in visit.source))
    return visit.shared if visit.wish.own else None


def prepare(visit: Visit) -> Selection:
    """The set to hand out.

    Raises:
        TrainingError: where there is none, and for a title or a note that nobody could load again.
    """
    selection = propose(visit)
    if not selection.items:
        raise refuse("nothing_fits")
    load_set(save_set(selection), visit.library)
    return selection


def _sort(visit: Visit, library: Library) -> Library:
    """What is wanted first comes first; nothing is left out."""
    first: tuple[str, ...] = ()
    if visit.wish.order is Order.CLAIMS:
        first = order_by_claims(library, visit.met)
    elif visit.wish.order is Order.DISPUTED:
        first = order_by_dispute(library, visit.panel)
    return {**{name: library[name] for name in first}, **library}


def _is_skipped(library: Library, name: str) -> bool:
    return bool(SUICIDAL.intersection(involves(library[name], library)))


def wish(visit: Visit, **changes: object) -> Visit:
    """Wish for another set."""
    return replace(visit, wish=replace(visit.wish, **changes))  # type: ignore[arg-type]


def pick(visit: Visit, name: str, *, on: bool) -> Visit:
    """Pick a single item for the set, or take it out again."""
    left = tuple(one for one in visit.wish.picked or () if one != name)
    if name not in visit.source or not visit.picks:
        raise refuse("not_to_pick")
    return wish(visit, picked=(*left, name) if on else left)


def wish_topic(visit: Visit, topic: str, *, on: bool) -> Visit:
    return wish(visit, topics=visit.wish.topics | {topic} if on else visit.wish.topics - {topic})


def begin(visit: Visit) -> Visit:
    """Begin with the proposed set."""
    if visit.training is not None:
        raise refuse("one_at_a_time")
    selection = propose(visit)
    if not selection.items:
        raise refuse("nothing_fits")
    training = trainee.begin(visit.library, selection.items)
    notice = Notice(selection.note) if selection.note else None
    return replace(_clear(visit, Part.PRACTICE), training=training, notice=notice)


def start_anew(visit: Visit) -> Visit:
    """Let go of the training; what is at hand stays."""
    missing = look_back(visit.training, visit.library).claims_not_met if visit.training else load_guidance().ledger.claims
    met = visit.met.union(load_guidance().ledger.claims).difference(missing)
    again = replace(visit.wish, seed=visit.wish.seed + 1)
    return replace(_clear(visit, Part.CHOOSE), wish=again, met=met, notice=Notice(_say("started_anew")))


def _clear(visit: Visit, part: Part) -> Visit:
    """What outlasts a training: the gate, the wish, and what is at hand."""
    return Visit(visit.invented, part, visit.wish, visit.own, visit.shared, visit.panel, visit.group, visit.met)


def bring_cases(visit: Visit, cases: Iterable[Case], shared: Selection | None = None) -> Visit:
    """Take cases of one's own, or those of a shared set. A training that waited for them goes on.

    Raises:
        TrainingError: for a case without an id or a story, and while a training is under way that waits for none: a case of the
            same id would stand in for one of its own.
    """
    if visit.training is not None and not visit.training.aside:
        raise refuse("one_at_a_time")
    own = tuple(cases)
    if shared is None:
        choose_cases(own)  # each needs an id and a story
    wish_ = replace(visit.wish, own=True, picked=None, title="", note="")
    after = replace(visit, own=own, shared=shared, wish=wish_, busy=False)
    waited = visit.waiting or (save(visit.training) if visit.training and visit.training.aside else "")
    if not waited:
        return after
    try:
        loaded = load(waited, after.library)
    except TrainingError:
        return replace(after, notice=Notice(_say("still_waits")))
    return _resume(after, loaded.training, _say("went_on"), loaded.messages)


# Over a reload, and from a file


class UnreadableError(TrainingError):
    """A kept training that cannot be used; it is set aside."""


def restore(visit: Visit, text: object) -> Visit:
    """Take back the training that the browser kept.

    Raises:
        UnreadableError: with everything that is wrong with it.
        TrainingError: while another training is under way.
    """
    if visit.training is not None:
        raise refuse("one_at_a_time")
    try:
        loaded = load(text if isinstance(text, str) else "", visit.library)
    except NothingAtHandError:
        return replace(visit, waiting=str(text), notice=Notice(_say("waits")))
    except TrainingError as failure:
        raise UnreadableError(failure.problems) from None
    return _resume(visit, loaded.training, _say("restored"), loaded.messages)


def load_file(visit: Visit, data: bytes) -> Visit:
    """Take the training of a saved file.

    Raises:
        TrainingError: with everything that is wrong, and for a file without what was committed in the training that is under way,
            be it an earlier state or another course of the same cases, as a second tab could have gone on with.
    """
    loaded = load(data, visit.library)
    now, then = visit.training, loaded.training
    if now and now.items == then.items and then.journal[: len(now.journal)] != now.journal:
        raise refuse("earlier_file")
    return _resume(visit, then, _say("file_loaded"), loaded.messages)


def _resume(visit: Visit, training: Training, said: str, messages: tuple[str, ...]) -> Visit:
    return replace(_clear(visit, Part.PRACTICE), training=training, notice=Notice(said, messages))


# The item on view


def move(visit: Visit, training: Training) -> Visit:
    """The training takes a step; what waited for a second word waits no more."""
    return replace(visit, training=training, asking=Ask.NOTHING)


def ask_to_commit(visit: Visit) -> Visit:
    """The first of two steps; the second is the commitment.

    Raises:
        TrainingError: with everything that is still missing.
    """
    trainee.commit(visit.under_way)
    return replace(visit, asking=Ask.COMMIT)


def commit(visit: Visit) -> Visit:
    if visit.asking is not Ask.COMMIT:
        return ask_to_commit(visit)
    return replace(move(visit, trainee.commit(visit.under_way)), marking=False, recording=False)


def uncover(visit: Visit) -> Visit:
    """Reveal; refused before the commitment."""
    training, _ = reveal(visit.under_way, visit.library, visit.panel)
    return move(visit, training)


def lean(visit: Visit, response: object) -> Visit:
    """Choose a response to the follow-up at hand, which can still be changed."""
    given = {str(one): one for one in trainee.RESPONSES}.get(str(response))
    if given is None:
        raise refuse("unknown_response")
    ask(visit.under_way, visit.library)  # refused before the reveal
    return replace(visit, leaning=given)


def respond(visit: Visit, place: int) -> Visit:
    """Give the response that was chosen; it stays."""
    if visit.leaning is None:
        ask(visit.under_way, visit.library)
        raise refuse("choose_response")
    return replace(move(visit, trainee.respond(visit.under_way, visit.library, place, visit.leaning)), leaning=None)


def annotate(visit: Visit) -> Visit:
    return replace(move(visit, trainee.annotate(visit.under_way, visit.note)), note="")


def enter(visit: Visit) -> Visit:
    """Ask for the story after its content notes."""
    return replace(visit, entered=visit.entered | {visit.under_way.now.item.id})


def following(visit: Visit) -> str | None:
    """The next item, without those that are to be skipped."""
    training, library = visit.under_way, visit.library
    after = (item.id for item in training.items[training.position + 1 :] if item.id not in training.aside)
    return next((name for name in after if not (visit.wish.skip and _is_skipped(library, name))), None)


def go_on(visit: Visit) -> Visit:
    """Turn to the next item, or look back at the end."""
    name = following(visit)
    return go_to(visit, name) if name else turn_to(visit, Part.BACK)


def go_to(visit: Visit, name: str) -> Visit:
    training = trainee.go_to(visit.under_way, name)
    return replace(move(visit, training), part=Part.PRACTICE, leaning=None, note="", marking=False, recording=False)


def turn_to(visit: Visit, part: Part) -> Visit:
    """Show another part."""
    if part is not Part.CHOOSE:
        visit.under_way  # noqa: B018  # raises where there is none
    elif visit.training is not None:
        raise refuse("one_at_a_time")
    return replace(visit, part=part, asking=Ask.NOTHING)


def tell_nothing(visit: Visit) -> Visit:
    """See that no story waits to be judged, before something that tells answers is handed out."""
    if visit.waiting or (visit.training and any(one.open for one in visit.training.attempts.values())):
        raise refuse("sheet_waits")
    return visit


def _say(key: str) -> str:
    return words(f"training_page.{key}")
