"""The state of the training page: what is chosen, what is in progress, what has just been said.

The training itself, and what may be told when, is in :mod:`kapnb.training`; here is what the page adds to it. Every change is a
function from one visit, and mostly an event, to the next visit. What cannot be done raises a :class:`TrainingError` with everything
that is wrong, and changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Final, Literal

from kapnb.engine.edition import Edition
from kapnb.engine.problems import Problem
from kapnb.group.judgments import Judgment
from kapnb.text.cases import Case
from kapnb.text.words import words
from kapnb.training import session
from kapnb.training.errors import NothingAtHandError, TrainingError
from kapnb.training.library import SUICIDAL, Library, Vignette, load_library
from kapnb.training.links import find_link, read_link
from kapnb.training.reveal import NOBODY, Asked, Responses, Reveal, ask, explain_reveal
from kapnb.training.saving import Loaded, load, save
from kapnb.training.session import Attempt, Draft, Training, find
from kapnb.training.sets import (
    LENGTHS,
    Selection,
    check_cases,
    choose,
    gather,
    list_again,
    order_by_claims,
    order_by_dispute,
)
from kapnb.ui.controls import Notice
from kapnb.ui.widget import Event

NONE: Final = "none"
"""The value of "none of these" in the browser; there is no rule of that name, and the empty value stands for no choice yet."""


Order = Literal["mixed", "claims", "disputed"]
"""What comes first in a set."""


@dataclass(frozen=True)
class Wish:
    """What the next set should be like.

    Attributes:
        minutes: about how long it takes; None for everything.
        skip: leave out what involves suicidal ideation, wherever it would come up.
        own: from the cases at hand, not from the library.
        seed: of the mixed order.
    """

    topics: frozenset[str] = frozenset()
    minutes: int | None = LENGTHS[1]
    twins: bool = False
    skip: bool = False
    own: bool = False
    order: Order = "mixed"
    seed: int = 0


@dataclass(frozen=True)
class Visit:
    """The state of the page.

    Attributes:
        library: everything at hand: the vignettes of the pack, and ``own``.
        invented: somebody has confirmed that the cases are invented; nothing is shown before.
        linked: the cases of the link by which somebody came: nobody else chooses then.
        choosing: another set is chosen, while the training waits.
        own: cases of one's own, or of a ``shared`` set.
        panel: what others judged; ``group`` what they responded to follow-ups.
        waiting: a kept training of which nothing is at hand, as it was saved; it comes back with its cases.
        kept: the training as it is saved.
        shown: what is told of the item on view, once it is committed; ``asked`` its follow-ups.
        label: the label to hand judgments over under.
        busy: a table is being read.
        place: what the notice is shown beside: the head, what is on view, or the export.
    """

    edition: Edition
    library: Library = field(repr=False)
    invented: bool = False
    linked: tuple[str, ...] = ()
    choosing: bool = False
    wish: Wish = Wish()
    own: tuple[Case, ...] = ()
    shared: Selection | None = None
    panel: tuple[Judgment, ...] = ()
    group: Responses = field(default_factory=lambda: NOBODY)
    training: Training | None = None
    waiting: str = ""
    kept: str = ""
    shown: Reveal | None = None
    asked: tuple[Asked, ...] = ()
    label: str = ""
    busy: bool = False
    notice: Notice | None = None
    place: str = "head"

    @property
    def now(self) -> Attempt:
        """How far the item on view has come."""
        return self.under_way.now

    @property
    def vignette(self) -> Vignette:
        """The vignette of the item on view."""
        return find(self.library, self.now.item)

    @property
    def source(self) -> Library:
        """What a set is chosen from."""
        own = {one.case_id for one in self.own}
        return Library(self.edition, {name: one for name, one in self.library.items() if (name in own) is self.wish.own})

    @property
    def as_shared(self) -> bool:
        """Whether the set is the shared one, as it was made."""
        return self.wish.own and self.shared is not None

    def skips(self, name: str) -> bool:
        """Whether an item is to be skipped."""
        return self.wish.skip and not SUICIDAL.isdisjoint(self.library.find_content(name))

    @property
    def under_way(self) -> Training:
        """The training; where there is none, that is a problem."""
        if self.training is None:
            raise refuse("no_training")
        return self.training

    @property
    def screen(self) -> str:
        """What is on view: the choice of a set, or a screen of the training."""
        return "choose" if self.training is None or self.choosing else self.training.screen

    @property
    def at_case(self) -> bool:
        """Whether one case is on view."""
        return self.screen not in {"choose", *session.ANYTIME}

    def said_at(self, place: str) -> Notice | None:
        """What has just been said there."""
        return self.notice if self.place == place else None


def arrive(edition: Edition, seed: int = 0) -> Visit:
    """A new visit; ``seed`` mixes the first set."""
    return Visit(edition, load_library(edition), wish=Wish(seed=seed))


def say(key: str, **values: object) -> str:
    """Words of this page."""
    return words(f"training_page.{key}", **values)


def refuse(key: str, **values: object) -> TrainingError:
    """What to raise when the page itself cannot do something."""
    return TrainingError([Problem("", say(key, **values))])


def settle(before: Visit, after: Visit) -> Visit:
    """The visit with what follows from it, saved and explained anew only where something of that has changed."""
    if _what_counts(before) == _what_counts(after):
        return after
    training = after.training
    if training is not before.training:
        after = replace(after, kept=save(training) if training else "")
    if training is None or not after.at_case or training.now.open:
        return replace(after, shown=None, asked=())
    shown = explain_reveal(training, after.library, after.panel)
    return replace(after, shown=shown, asked=ask(training, after.library, after.group))


def _what_counts(visit: Visit) -> tuple[int, ...]:
    return tuple(map(id, attrgetter("training", "choosing", "library", "panel", "group")(visit)))


# A set


def propose(visit: Visit) -> Selection:
    """The set that the wish comes to: what somebody put together item by item, or what fits; nothing that was begun before."""
    wish, library = visit.wish, visit.source
    begun = visit.training.attempts if visit.training else {}
    if visit.shared and visit.as_shared:
        found = visit.shared
    else:
        first: tuple[str, ...] = ()  # comes first; nothing is left out
        if wish.order == "claims":
            first = order_by_claims(library, _find_met(visit))
        elif wish.order == "disputed":
            first = order_by_dispute(library, visit.panel)
        every = {**{name: library[name] for name in first}, **library}
        found = choose(
            Library(visit.edition, {name: one for name, one in every.items() if name not in begun}),
            topics=wish.topics,
            minutes=wish.minutes,
            twins_only=wish.twins and not wish.own,
            skip=SUICIDAL if wish.skip else (),
            seed=wish.seed if wish.order == "mixed" else None,
            again=list_again(visit.training, visit.library) if visit.training else (),
        )
    items = tuple(name for name in found.items if not visit.skips(name) and name not in begun)
    cases = tuple(one for one in visit.own if wish.own and one.case_id in items)
    return Selection(items, cases, found.title, found.note)


def wish(visit: Visit, **changes: object) -> Visit:
    """Wish for another set."""
    return replace(visit, wish=replace(visit.wish, **changes))  # type: ignore[arg-type]


def begin(visit: Visit, _: Event) -> Visit:
    """Begin with the proposed set, or go on with it after those before."""
    selection = propose(visit)
    if not selection.items:
        raise refuse("nothing_fits")
    if visit.training is None:
        training = session.begin(visit.library, selection.items, f"{visit.wish.seed:x}")
    else:
        training = session.extend(visit.training, visit.library, selection.items)
    after = replace(_clear(visit), training=training)
    return replace(after, notice=Notice(selection.note) if selection.note else None)


def follow_link(visit: Visit, query: str) -> Visit:
    """Open the set that an address names. Of a training that was begun before nothing is lost: what is new comes after it."""
    text = find_link(query)
    if text is None:
        return visit
    items, edition = read_link(text, visit.edition)
    library, training = Library(edition, visit.library), visit.training
    after = replace(visit, edition=edition, library=library, linked=items, choosing=False, waiting="")
    if training is None:
        return replace(after, training=session.begin(library, items, f"{visit.wish.seed:x}"))
    training = replace(training, edition=edition)
    new = tuple(name for name in items if name not in training.attempts)
    return replace(after, training=session.extend(training, library, new) if new else training)


def choose_another(visit: Visit, _: Event) -> Visit:
    """Choose another set; what was done stays."""
    after = replace(visit, choosing=True, shared=None)
    return wish(after, seed=visit.wish.seed + 1, own=bool(visit.own) and visit.wish.own)


def _find_met(visit: Visit) -> frozenset[str]:
    """The claims that the training has brought up."""
    training = visit.training
    done = [find(visit.library, one.item) for one in training.present if not one.open] if training else []
    return frozenset(claim for one in done for claim in one.claims)


def start_anew(visit: Visit, _: Event) -> Visit:
    """Let go of the training; what is at hand stays."""
    after = wish(_clear(visit), seed=visit.wish.seed + 1)
    if visit.linked:
        after = replace(after, training=session.begin(visit.library, visit.linked, f"{after.wish.seed:x}"))
    return replace(after, notice=Notice(say("started_anew")))


def _clear(visit: Visit) -> Visit:
    """What outlasts a training: the gate, the wish, and what is at hand."""
    kept = ("edition", "library", "invented", "linked", "wish", "own", "shared", "panel", "group")
    return Visit(**{name: getattr(visit, name) for name in kept})


def bring_cases(visit: Visit, cases: Iterable[Case], shared: Selection | None = None) -> Visit:
    """Take cases of one's own, or those of a shared set. A training that waited for them goes on.

    During any other training none are taken: a case of the same id would replace one of its own.
    """
    own = tuple(cases)
    if visit.training is not None and not visit.training.aside and own:
        raise refuse("one_at_a_time")
    if shared is None:
        check_cases(own)
    edition = visit.edition.bind(shared.readings) if shared else visit.edition
    training = visit.training and replace(visit.training, edition=edition)
    after = replace(visit, edition=edition, library=gather(own, edition), training=training)
    after = wish(replace(after, own=own, shared=shared, busy=False), own=True)
    waited = visit.waiting or (visit.kept if visit.training and visit.training.aside else "")
    if not waited:
        return after
    try:
        return _resume(after, load(waited, after.library), "went_on")
    except TrainingError:
        return replace(after, notice=Notice(say("still_waits")))


# After a reload, and from a file


def restore(visit: Visit, text: str) -> Visit:
    """Take back the training that the browser kept, unless another one is in progress."""
    if visit.training is not None:
        raise refuse("one_at_a_time")
    try:
        return _resume(visit, load(text, visit.library), "restored")
    except NothingAtHandError:
        return replace(visit, waiting=text, notice=Notice(say("waits")))


def load_file(visit: Visit, data: bytes) -> Visit:
    """Take the training of a saved file, unless it lacks what was committed in the training in progress.

    That is an earlier state of it, or another course of the same cases, as a second tab could have gone on with.
    """
    loaded = load(data, visit.library)
    if visit.training and not session.continues(loaded.training, visit.training):
        raise refuse("earlier_file")
    return _resume(visit, loaded, "file_loaded")


def _resume(visit: Visit, loaded: Loaded, key: str) -> Visit:
    edition = loaded.training.edition
    after = replace(_clear(visit), edition=edition, library=Library(edition, visit.library))
    return replace(after, training=loaded.training, notice=Notice(say(key), loaded.messages))


# The item on view


def move(visit: Visit, training: Training) -> Visit:
    """The training takes a step."""
    return replace(visit, training=training, choosing=False)


def open_item(visit: Visit, event: Event) -> Visit:
    """Turn to an item. One with an interview is asked for, where nothing was said of it yet."""
    training = session.go_to(visit.under_way, event.name or str(event.value))
    if training.now.draft == session.BLANK and find(visit.library, training.now.item).interview:
        training = session.interview(training, visit.library, on=True)
    return move(visit, training)


def choose_part(visit: Visit, event: Event) -> Visit:
    """Choose a part of the judgment; the empty value takes it back."""
    value = "" if (event.action, event.value) == ("finding", NONE) else event.value or None
    return move(visit, session.choose(visit.under_way, event.action, value))


def point(visit: Visit, event: Event) -> Visit:
    """Point at a sentence, or take that back: a box without its tick."""
    start, _, end = event.name.partition("-")
    return move(visit, session.point(visit.under_way, number(start), number(end), on=event.value is not False))


def number(text: object) -> int:
    """A number as a script of ours writes it; -1, which is nowhere, for anything else."""
    said = str(text)
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 6 else -1


def digest(draft: Draft) -> str:
    """By which a step names the draft that it locks in."""
    return hashlib.sha256(repr(draft).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def is_done(visit: Visit, event: Event) -> bool:
    """Whether a step is taken already, so that saying it once more after a kernel was lost changes nothing."""
    training = visit.training
    if training is None or event.about is None:
        return False
    attempt = training.attempts.get(event.about)
    match event.action:
        case "lock" if attempt:
            return not attempt.open and digest(attempt.draft) == event.value
        case "respond" if attempt:
            return number(event.name) in attempt.responses
        case "reconsider" if attempt:
            return attempt.second is not None
        case "next":
            return event.about != training.current
    return False


def say_later(visit: Visit, event: Event) -> Visit:
    """Choose or type what is given in a further step."""
    name, value = event.action.removeprefix("later_"), event.value
    if name == "lean":
        value = {str(one): one for one in session.RESPONSES}.get(str(value))
    return replace(visit, training=session.prepare(visit.under_way, name, value))


def respond(visit: Visit, event: Event) -> Visit:
    """Give the response that was chosen; it stays."""
    training = visit.under_way
    said = training.unsaid
    if said.lean is None:
        raise refuse("choose_response")
    return move(visit, session.respond(training, visit.library, number(event.name), said.lean, said.why))


def reconsider(visit: Visit, _: Event) -> Visit:
    """Give the judgment after talking."""
    training = visit.under_way
    said = training.unsaid
    if said.outcome is None or said.confidence is None:
        raise refuse("choose_second")
    return move(visit, session.reconsider(training, said.outcome, said.confidence, said.reason))


def find_next(visit: Visit) -> str | None:
    """The next item that is still open, without those that are to be skipped."""
    training = visit.under_way
    return next((name for name in training.coming if training.attempts[name].open and not visit.skips(name)), None)


def go_on(visit: Visit, event: Event) -> Visit:
    """Turn to the next item, or to the list at the end."""
    name = find_next(visit)
    return open_item(visit, replace(event, name=name)) if name else move(visit, session.turn(visit.under_way, "list"))
