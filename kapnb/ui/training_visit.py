"""The state of the training page: what is chosen, what is in progress, what has just been said.

The training itself, and what may be told when, is in :mod:`kapnb.training`; here is what the page adds to it. Every change is a
function from one visit to the next, and what cannot be done raises and changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from kapnb.engine.edition import Edition
from kapnb.engine.problems import Problem
from kapnb.group.judgments import Judgment
from kapnb.text.cases import Case
from kapnb.text.words import words
from kapnb.training import session
from kapnb.training.errors import NothingAtHandError, TrainingError, problem
from kapnb.training.follow_ups import NOBODY, Asked, Responses, ask
from kapnb.training.library import SUICIDAL, Library, list_notes, load_library
from kapnb.training.looking_back import look_back
from kapnb.training.reveal import Reveal, explain_reveal
from kapnb.training.saving import Loaded, load, save
from kapnb.training.session import Draft, Training
from kapnb.training.sets import Selection, check_cases, choose, gather, load_set, order_by_claims, order_by_dispute, save_set
from kapnb.ui.controls import Notice


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
    """What waits for a confirmation."""

    NOTHING = ""
    COMMIT = "commit"
    ANEW = "anew"
    EXPORT = "export"
    SHEET = "sheet"


class Place(StrEnum):
    """Where a notice is shown: beside what it is about, else at the head of the page."""

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
        bundled: the vignettes of the pack.
        invented: somebody has confirmed that the cases are invented; nothing is shown before.
        own: cases of one's own, or of a shared set.
        held: the same as a library.
        library: everything at hand.
        shared: the set that was shared, if one is at hand.
        panel: what others judged.
        group: what others responded to follow-ups.
        met: claims that trainings before this one have brought up.
        waiting: a kept training of which nothing is at hand, as it was saved; it comes back with its cases.
        kept: the training as it is saved.
        shown: what the source says of the item on view, once it is revealed.
        asked: its follow-ups, and what they change where there is a response.
        marking: sentences can be marked one by one.
        recording: the form for the fields is unfolded.
        entered: items whose content notes were read, and whose story was asked for.
        leaning: the response to the follow-up at hand, not yet given.
        note: what is written of a changed mind, not yet added.
        label: the label to hand judgments over under.
        busy: a table is being read.
        place: where the notice is shown.
    """

    bundled: Library = field(repr=False)
    invented: bool = False
    part: Part = Part.CHOOSE
    wish: Wish = Wish()
    own: tuple[Case, ...] = ()
    held: Library = field(kw_only=True, repr=False)
    library: Library = field(kw_only=True, repr=False)
    shared: Selection | None = None
    panel: tuple[Judgment, ...] = ()
    group: Responses = field(default_factory=lambda: NOBODY)
    met: frozenset[str] = frozenset()
    training: Training | None = None
    waiting: str = ""
    kept: str = ""
    shown: Reveal | None = None
    asked: tuple[Asked, ...] = ()
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

    @property
    def edition(self) -> Edition:
        """The guidance that judgments are compared with."""
        return self.bundled.edition

    @property
    def source(self) -> Library:
        """What a set is chosen from."""
        if self.wish.own:
            return self.held
        return Library(self.edition, {name: one for name, one in self.bundled.items() if name not in self.held})

    @property
    def picks(self) -> bool:
        """Whether single items are picked; a shared set is as it was made."""
        return self.wish.picked is not None and not (self.wish.own and self.shared)

    def said_at(self, place: Place) -> Notice | None:
        """What has just been said there."""
        return self.notice if self.place is place else None

    @property
    def under_way(self) -> Training:
        """The training; where there is none, that is a problem."""
        if self.training is None:
            raise refuse("no_training")
        return self.training

    @property
    def gated(self) -> bool:
        """Whether the story waits behind its content notes: it involves suicidal ideation, and nothing was said of it yet."""
        now = self.under_way.now
        notes = list_notes(session.find(self.library, now.item), self.edition.fields)
        return bool(SUICIDAL.intersection(notes)) and now.open and now.draft == session.BLANK and now.item.id not in self.entered


def arrive(edition: Edition, seed: int = 0) -> Visit:
    """A new visit; ``seed`` mixes the first set."""
    library = load_library(edition)
    return Visit(library, wish=Wish(seed=seed), held=Library(edition, {}), library=library)


def refuse(key: str, **values: object) -> TrainingError:
    """What to raise when the page itself cannot do something."""
    return TrainingError([Problem("", words(f"training_page.{key}", **values))])


def settle(before: Visit, after: Visit) -> Visit:
    """The visit with what follows from it: saved where the training changed, and explained where another judgment is revealed."""
    training = after.training
    if training is not before.training:
        after = replace(after, kept=save(training) if training else "")
    if training is None or after.part is not Part.PRACTICE or not training.now.revealed:
        return replace(after, shown=None, asked=())
    shown, asked = after.shown, after.asked
    if shown is None or not _is_same_reveal(before, after):
        shown, asked = explain_reveal(training, after.library, after.panel), ()
    answered = sum(one.response is not None for one in asked)
    if not asked or answered < len(training.now.responses) or before.group is not after.group:
        asked = ask(training, after.library, after.group)
    return replace(after, shown=shown, asked=asked)


def _is_same_reveal(before: Visit, after: Visit) -> bool:
    """Annotations and responses change nothing of a reveal; other items can do so, and then this one has to be turned to again."""
    was, now = before.under_way.now, after.under_way.now
    return was.item == now.item and was.draft == now.draft and before.panel is after.panel and before.library is after.library


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
    load_set(save_set(selection, visit.edition), visit.edition)
    return selection


def _sort(visit: Visit, library: Library) -> Library:
    """What is wanted first comes first; nothing is left out."""
    first: tuple[str, ...] = ()
    if visit.wish.order is Order.CLAIMS:
        first = order_by_claims(library, visit.met)
    elif visit.wish.order is Order.DISPUTED:
        first = order_by_dispute(library, visit.panel)
    return Library(visit.edition, {**{name: library[name] for name in first}, **library})


def _is_skipped(library: Library, name: str) -> bool:
    return not SUICIDAL.isdisjoint(library.find_content(name))


def wish(visit: Visit, **changes: object) -> Visit:
    """Wish for another set."""
    return replace(visit, wish=replace(visit.wish, **changes))  # type: ignore[arg-type]


def pick(visit: Visit, name: str, *, on: bool) -> Visit:
    """Pick a single item for the set, or take it out again."""
    left = tuple(one for one in visit.wish.picked or () if one != name)
    if name not in visit.source or not visit.picks:
        raise refuse("not_to_pick")
    return wish(visit, picked=(*left, name) if on else left)


def begin(visit: Visit) -> Visit:
    """Begin with the proposed set."""
    if visit.training is not None:
        raise refuse("one_at_a_time")
    selection = propose(visit)
    if not selection.items:
        raise refuse("nothing_fits")
    training = session.begin(visit.library, selection.items)
    return replace(_clear(visit, Part.PRACTICE), training=training, notice=Notice(selection.note) if selection.note else None)


def start_anew(visit: Visit) -> Visit:
    """Let go of the training; what is at hand stays."""
    met = visit.met
    if visit.training:
        not_met = {claim.id for claim in look_back(visit.training, visit.library).claims_not_met}
        met |= visit.edition.ledger.claims.keys() - not_met
    again = replace(visit.wish, seed=visit.wish.seed + 1)
    return replace(_clear(visit, Part.CHOOSE), wish=again, met=met, notice=Notice(_say("started_anew")))


def _clear(visit: Visit, part: Part) -> Visit:
    """What outlasts a training: the gate, the wish, and what is at hand."""
    kept = ("invented", "wish", "own", "held", "library", "shared", "panel", "group", "met")
    return Visit(visit.bundled, part=part, **{name: getattr(visit, name) for name in kept})


def bring_cases(visit: Visit, cases: Iterable[Case], shared: Selection | None = None) -> Visit:
    """Take cases of one's own, or those of a shared set. A training that waited for them goes on.

    Raises:
        TrainingError: for a case without an id or a story, and during a training that waits for none: a case of the same id would
            replace one of its own.
    """
    if visit.training is not None and not visit.training.aside:
        raise refuse("one_at_a_time")
    own, edition = tuple(cases), visit.edition
    if shared is None:
        check_cases(own)  # each needs an id and a story
    library = gather(own, edition)
    held = Library(edition, {one.case_id: library[one.case_id] for one in own})
    wish_ = replace(visit.wish, own=True, picked=None, title="", note="")
    after = replace(visit, own=own, held=held, library=library, shared=shared, wish=wish_, busy=False)
    waited = visit.waiting or (visit.kept if visit.training else "")
    if not waited:
        return after
    try:
        loaded = load(waited, library)
    except TrainingError:
        return replace(after, notice=Notice(_say("still_waits")))
    return _resume(after, loaded, "went_on")


# After a reload, and from a file


def restore(visit: Visit, text: str) -> Visit:
    """Take back the training that the browser kept.

    Raises:
        TrainingError: with everything that is wrong with it, or while another training is in progress.
    """
    if visit.training is not None:
        raise refuse("one_at_a_time")
    try:
        return _resume(visit, load(text, visit.library), "restored")
    except NothingAtHandError:
        return replace(visit, waiting=text, notice=Notice(_say("waits")))


def load_file(visit: Visit, data: bytes) -> Visit:
    """Take the training of a saved file.

    Raises:
        TrainingError: with everything that is wrong, and for a file without what was committed in the training in progress, be it
            an earlier state or another course of the same cases, as a second tab could have gone on with.
    """
    loaded = load(data, visit.library)
    if visit.training and not session.continues(loaded.training, visit.training):
        raise refuse("earlier_file")
    return _resume(visit, loaded, "file_loaded")


def _resume(visit: Visit, loaded: Loaded, key: str) -> Visit:
    return replace(_clear(visit, Part.PRACTICE), training=loaded.training, notice=Notice(_say(key), loaded.messages))


# The item on view


def move(visit: Visit, training: Training) -> Visit:
    """The training takes a step; what waited for a confirmation waits no more."""
    return replace(visit, training=training, asking=Ask.NOTHING)


def ask_to_commit(visit: Visit) -> Visit:
    """The first of two steps; the second is the commitment.

    Raises:
        TrainingError: with everything that is still missing.
    """
    now = visit.under_way.now
    session.check_event(now, session.Committed(now.draft))
    return replace(visit, asking=Ask.COMMIT)


def commit(visit: Visit, confirmed: object = None) -> Visit:
    """Commit, once it was asked for. A confirmation that names the draft is one too: it may come again after a kernel was lost."""
    training = visit.under_way
    if visit.asking is not Ask.COMMIT and confirmed != digest(training.now.draft):
        return ask_to_commit(visit)
    return replace(move(visit, session.commit(training)), marking=False, recording=False)


def digest(draft: Draft) -> str:
    """By which a confirmation names the draft that it confirms."""
    return hashlib.sha256(repr(draft).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def lean(visit: Visit, response: object) -> Visit:
    """Choose a response to the follow-up at hand, which can still be changed."""
    given = {str(one): one for one in session.RESPONSES}.get(str(response))
    if given is None:
        raise refuse("unknown_response")
    _check_revealed(visit)
    return replace(visit, leaning=given)


def respond(visit: Visit, place: int) -> Visit:
    """Give the response that was chosen; it stays."""
    _check_revealed(visit)
    if visit.leaning is None:
        raise refuse("choose_response")
    return replace(move(visit, session.respond(visit.under_way, visit.library, place, visit.leaning)), leaning=None)


def _check_revealed(visit: Visit) -> None:
    if not visit.under_way.now.revealed:
        raise TrainingError([problem(visit.under_way.current, "not_revealed")])


def annotate(visit: Visit) -> Visit:
    """Add what was written."""
    return replace(move(visit, session.annotate(visit.under_way, visit.note)), note="")


def enter(visit: Visit) -> Visit:
    """Ask for the story after its content notes."""
    return replace(visit, entered=visit.entered | {visit.under_way.current})


def find_next(visit: Visit) -> str | None:
    """The next item, without those that are to be skipped."""
    skip = visit.wish.skip
    return next((name for name in visit.under_way.coming if not (skip and _is_skipped(visit.library, name))), None)


def go_on(visit: Visit) -> Visit:
    """Turn to the next item, or look back at the end."""
    name = find_next(visit)
    return go_to(visit, name) if name else turn_to(visit, Part.BACK)


def go_to(visit: Visit, name: str) -> Visit:
    """Turn to an item."""
    training = session.go_to(visit.under_way, name)
    return replace(move(visit, training), part=Part.PRACTICE, leaning=None, note="", marking=False, recording=False)


def turn_to(visit: Visit, part: Part) -> Visit:
    """Show the cases, or look back."""
    return replace(visit, training=visit.under_way, part=part, asking=Ask.NOTHING)


def ask_for_sheet(visit: Visit) -> Visit:
    """Ask for the facilitator's sheet, which tells every answer.

    Raises:
        TrainingError: as long as a story waits to be judged.
    """
    if visit.waiting or (visit.training and any(one.open for one in visit.training.attempts.values())):
        raise refuse("sheet_waits")
    return replace(visit, asking=Ask.SHEET)


def _say(key: str) -> str:
    return words(f"training_page.{key}")
