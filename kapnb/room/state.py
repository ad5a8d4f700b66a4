"""What a room is, what each step shows, and which step may follow. Nothing here reads a clock, a file or a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum
from typing import Final

from kapnb.engine.outcomes import Outcome
from kapnb.group.judgments import Confidence

KEPT_SECONDS: Final = 7 * 24 * 3600
"""A room is deleted so long after its last step."""
MOST_MEMBERS: Final = 2_000
MOST_CASES: Final = 64
MOST_REASON: Final = 500
MOST_LINE: Final = 200
LINES: Final = 2
"""Learning lines that each participant may send."""
MOST_NOTED: Final = 6
"""So many of them have room in a note."""
READ_OUT: Final = "signs"
"""The key of a vote that came as ten characters."""
FEW: Final = 5
"""A spread of fewer votes can be read as names."""


class Phase(StrEnum):
    """The steps of a room, in their usual order."""

    BEFORE = "before"
    LOBBY = "lobby"
    STORY = "story"
    FIRST_VOTE = "first_vote"
    FIRST_CLOSED = "first_closed"
    TALK = "talk"
    SECOND_VOTE = "second_vote"
    SECOND_CLOSED = "second_closed"
    SPREAD = "spread"
    MOVEMENT = "movement"
    REASONS = "reasons"
    ARTICLE = "article"
    FOLLOW_UP = "follow_up"
    FOLLOW_UP_CLOSED = "follow_up_closed"
    LEARNING = "learning"
    ENDED = "ended"


REVEAL: Final = (Phase.SPREAD, Phase.MOVEMENT, Phase.REASONS, Phase.ARTICLE)
"""What is shown step by step; each can be covered, and gone back to."""
COVERABLE: Final = frozenset((*REVEAL, Phase.FOLLOW_UP_CLOSED))
CLOSED: Final = frozenset((Phase.FIRST_CLOSED, Phase.TALK, Phase.SECOND_VOTE, Phase.SECOND_CLOSED, *REVEAL))
"""The steps in which the desk knows how the first vote was spread."""


class Round(IntEnum):
    """The first judgment, and the second one after talking."""

    FIRST = 1
    SECOND = 2


class Told(StrEnum):
    """What a participant is told of a vote."""

    COUNTED = "counted"
    AGAIN = "again"  # the same vote once more: it counts once
    KEPT = "kept"  # another vote of the same round was given before, and stays
    LATE = "late"  # it was read out before and counts; the reason that came with it now came too late
    CLOSED = "closed"  # it came too late, or too early, and does not count


class RoomError(Exception):
    """What cannot be done, told in words: its key is in ``room.error_*``."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """One room.

    Attributes:
        desk: hash of the key that moves it.
        title: what the supervisor calls the group.
        cases: ids of the vignettes, in their order; ``turn`` is the place of the one on view.
        added: those of them that the desk put in as twins.
        readings: those in force, where they are not the default.
        rounds: 2 from when the second vote of the case on view was opened.
        asked: follow-ups of the case on view that were put to the vote.
        small: whether a spread of fewer than five may be on the wall.
        prompt: what the wall asks people to talk about.
        timer: when the time for talking or voting is over; 0 where there is no clock.
        until: the vote before the class is open until then; 0 where there is none.
        expires: when it is deleted.
    """

    id: str
    code: str
    desk: str
    title: str
    cases: tuple[str, ...]
    pack: str
    opened: float
    expires: float
    added: frozenset[str] = frozenset()
    readings: Mapping[str, str] = field(default_factory=dict)
    phase: Phase = Phase.LOBBY
    turn: int = 0
    rounds: int = 1
    asked: int = 0
    covered: bool = False
    small: bool = False
    prompt: str = ""
    timer: float = 0
    until: float = 0

    @property
    def case(self) -> str:
        return self.cases[self.turn]

    @property
    def opened_with(self) -> tuple[str, ...]:
        """The set that the room was opened with."""
        return tuple(case for case in self.cases if case not in self.added)

    @property
    def places(self) -> tuple[str, ...]:
        """The cases as ten characters count them: a twin comes last, so that none changes its place."""
        return (*self.opened_with, *(case for case in self.cases if case in self.added))

    @property
    def shown(self) -> Phase:
        """The step that wall and phones show: what is covered is as if the votes had just been closed."""
        if not self.covered:
            return self.phase
        return Phase.FOLLOW_UP if self.phase is Phase.FOLLOW_UP_CLOSED else Phase.SECOND_CLOSED


@dataclass(frozen=True, slots=True)
class Vote:
    """One judgment. It is never changed.

    Attributes:
        key: made by the phone for this vote, so that sending it twice is known as one.
        facts: how the participant read the questions on which the case turns; those that were answered.
    """

    case: str
    round: Round
    outcome: Outcome
    confidence: Confidence
    reason: str = ""
    prediction: Outcome | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    key: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """What a participant says to a follow-up: whether KAP then fits much less (-2) to much more (+2)."""

    case: str
    place: int
    fit: int
    reason: str = ""
    key: str = ""


def accepts_round(room: Room, case: str, now: float) -> Round | None:
    """The round in which a vote on a case counts at this time; None where none does."""
    if room.phase is Phase.BEFORE:
        return Round.FIRST if now < room.until and case in room.cases else None
    if case != room.case:
        return None
    return {Phase.FIRST_VOTE: Round.FIRST, Phase.SECOND_VOTE: Round.SECOND}.get(room.phase)


def accepts_response(room: Room, response: Response) -> bool:
    return room.phase is Phase.FOLLOW_UP and response.case == room.case and response.place == room.asked - 1


def accepts_brought(room: Room, case: str, given: Round) -> bool:
    """Whether a vote that the desk brings counts: also before and after the vote is open, and never once people talk of it."""
    if case not in room.cases[room.turn :] or room.phase is Phase.ENDED:
        return False
    if case != room.case:
        return given is Round.FIRST
    first = {Phase.BEFORE, Phase.LOBBY, Phase.STORY, Phase.FIRST_VOTE, Phase.FIRST_CLOSED}
    return room.phase in (first if given is Round.FIRST else {Phase.SECOND_VOTE, Phase.SECOND_CLOSED})


def completes(kept: Vote | Response | None, new: Vote | Response) -> bool:
    """Whether a phone sends in full what was read out for it as ten characters."""
    if not (isinstance(kept, Vote) and isinstance(new, Vote)):
        return False
    return kept.key == READ_OUT and (kept.outcome, kept.confidence) == (new.outcome, new.confidence)


def tell(kept: Vote | Response | None, new: Vote | Response, *, open_now: bool) -> Told:
    """What becomes of a vote, beside the one that the participant gave before in the same place."""
    if kept is None:
        return Told.COUNTED if open_now else Told.CLOSED
    if kept.key == new.key:
        return Told.AGAIN
    return Told.LATE if new.reason and completes(kept, new) else Told.KEPT


_USUAL: Final[Mapping[Phase, tuple[Phase, ...]]] = {
    Phase.BEFORE: (Phase.STORY,),
    Phase.LOBBY: (Phase.STORY,),
    Phase.STORY: (Phase.FIRST_VOTE, Phase.FIRST_CLOSED),
    Phase.FIRST_VOTE: (Phase.FIRST_CLOSED, Phase.TALK),
    Phase.FIRST_CLOSED: (Phase.TALK, Phase.SPREAD, Phase.FIRST_VOTE),
    Phase.TALK: (Phase.SECOND_VOTE, Phase.SPREAD),
    Phase.SECOND_VOTE: (Phase.SECOND_CLOSED, Phase.SPREAD),
    Phase.SECOND_CLOSED: (Phase.SPREAD, Phase.SECOND_VOTE),
    Phase.SPREAD: (Phase.MOVEMENT, Phase.REASONS, Phase.ARTICLE, Phase.TALK),
    Phase.MOVEMENT: (Phase.REASONS, Phase.ARTICLE, Phase.SPREAD),
    Phase.REASONS: (Phase.ARTICLE, Phase.MOVEMENT, Phase.SPREAD),
    Phase.ARTICLE: (Phase.FOLLOW_UP, Phase.STORY, Phase.LEARNING, Phase.SPREAD, Phase.MOVEMENT, Phase.REASONS),
    Phase.FOLLOW_UP: (Phase.FOLLOW_UP_CLOSED,),
    Phase.FOLLOW_UP_CLOSED: (Phase.STORY, Phase.LEARNING, Phase.FOLLOW_UP, Phase.ARTICLE),
    Phase.LEARNING: (Phase.ENDED, Phase.STORY),
    Phase.ENDED: (),
}
"""What may follow each step, the proposal first. STORY after a reveal is that of the next case."""


def list_moves(room: Room, follow_ups: int = 0) -> tuple[Phase, ...]:
    """The steps that may follow, the one that the desk proposes first; ``follow_ups``: how many the case on view has."""
    second = room.rounds == Round.SECOND
    missing = {
        Phase.FOLLOW_UP: room.asked >= follow_ups,
        Phase.STORY: room.turn + 1 == len(room.cases) and room.phase not in {Phase.BEFORE, Phase.LOBBY},
        Phase.MOVEMENT: not second,
        Phase.TALK: second,  # whoever has seen the spread before may talk about it, and vote again
    }
    return tuple(one for one in _USUAL[room.phase] if not missing.get(one))


def move(room: Room, to: Phase, now: float, follow_ups: int = 0) -> Room:
    """Take a step.

    Raises:
        RoomError: it cannot follow, or the vote before the class is still open.
    """
    if to is Phase.ENDED and room.phase is not Phase.ENDED:  # a room can be ended at any time
        return replace(_settle(room, now), phase=to, covered=False)
    if room.phase is Phase.BEFORE and now < room.until:
        raise RoomError("too_early")
    if to not in list_moves(room, follow_ups):
        raise RoomError("not_next")
    moved = replace(_settle(room, now), phase=to, covered=False)
    match to:
        case Phase.STORY if room.phase not in {Phase.BEFORE, Phase.LOBBY}:
            return replace(moved, turn=room.turn + 1, rounds=1, asked=0, prompt="")
        case Phase.SECOND_VOTE:
            return replace(moved, rounds=2)
        case Phase.FOLLOW_UP:
            return replace(moved, asked=room.asked + 1)
    return moved


def add_twin(room: Room, twin: str, now: float) -> Room:
    """Make the twin of the case on view the next one, and show its story.

    Raises:
        RoomError: the article's answer is not shown yet, or the set holds the twin already.
    """
    if Phase.LEARNING not in list_moves(room) or twin in room.cases or len(room.cases) >= MOST_CASES:
        raise RoomError("not_next")
    cases = (*room.cases[: room.turn + 1], twin, *room.cases[room.turn + 1 :])
    return move(replace(room, cases=cases, added=room.added | {twin}), Phase.STORY, now)


def cover(room: Room, *, covered: bool) -> Room:
    """Take a step of the reveal off wall and phones, or put it back.

    Raises:
        RoomError: nothing is revealed.
    """
    if room.phase not in COVERABLE:
        raise RoomError("nothing_to_cover")
    return replace(room, covered=covered)


def add_time(room: Room, seconds: float, now: float) -> Room:
    """Give people so much time more to talk or to vote."""
    return replace(room, timer=max(room.timer, now) + seconds)


def _settle(room: Room, now: float) -> Room:
    """What every step does: stop the clock, and keep the room from then on."""
    return replace(room, timer=0, expires=max(now, room.until) + KEPT_SECONDS)
